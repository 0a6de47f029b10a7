//! Plays about which rule takes a request, and what its form makes of it: rule groups that route again,
//! submitters, calculated properties, items with fields (RUL-1, RUL-4, FIN-23).

use proptest::{collection::vec, option, prelude::*};
use serde_json::{Value as Json, json};

use super::{
    rules::{condition, money_test, plain_who, rule},
    script::{Act, Changed, Move, Saw, Script, Who, changed, scripts, who},
};

/// What every run of these comes across.
pub(crate) const WANTED: [&str; 13] = [
    "submit: ok",
    "submit: forbidden",
    "submit: no_rule",
    "submit: condition_failed",
    "edit: forbidden",
    "edit: no_rule",
    "edit: invalid",
    "routed",
    "routed by an approver",
    "routed from a rejection",
    "blocked: not taken",
    "approval kept",
    "rejection kept",
];

/// What is the same in all rules of a group, and what is each one's own.
#[derive(Clone, Debug)]
struct Group {
    calculated: bool,
    item_form: bool,
    same_executors: bool,
    same_steps: bool,
    rules: Vec<Own>,
}

#[derive(Clone, Debug)]
struct Own {
    document: Json,
    when: Option<Json>,
    keep_decisions: bool,
    submitters: Option<Vec<Json>>,
    without_items: bool,
    editable: bool,
}

/// A play under a group of rules, with many edits.
pub(crate) fn plays_of_groups() -> impl Strategy<Value = Script> {
    (scripts(), group(), vec(edit(), 20)).prop_map(|(script, group, edits)| {
        let mut rules = documents(&group);
        let rule = rules.remove(0);
        Script { rule, others: rules, moves: moves(script.moves, edits), ..script }
    })
}

/// An edit after every second move, and little work; nothing is urgent, of which nothing is routed again
/// (DEC-4).
fn moves(script: Vec<Move>, edits: Vec<Move>) -> Vec<Move> {
    let mut edits = edits.into_iter();
    let mut all = Vec::new();
    for (place, mut step) in script.into_iter().enumerate() {
        match &mut step {
            Move::Submit { urgent, .. } => *urgent = false,
            // A rejection that does not end the request is kept with it.
            Move::Decide { reject, .. } => *reject |= place.is_multiple_of(3),
            _ => {}
        }
        let is_route = !matches!(step, Move::Submit { .. });
        let is_work = matches!(
            step,
            Move::Work { .. }
                | Move::Run { .. }
                | Move::Retry { .. }
                | Move::Use { .. }
                | Move::Revoke { .. }
        );
        if is_work && !place.is_multiple_of(4) {
            continue;
        }
        all.push(step);
        if is_route && place.is_multiple_of(2) {
            all.extend(edits.next());
        }
    }
    all
}

fn edit() -> impl Strategy<Value = Move> {
    let by = prop_oneof![3 => Just(Who::Requester), 4 => who()];
    let seen = prop_oneof![3 => Just(Saw::Nothing), 2 => Just(Saw::Now)];
    // Mostly of the code alone: what was approved is then still what there is.
    let code = any::<bool>().prop_map(|code| Changed {
        form: None,
        code: Some(code),
        title: None,
        items: None,
        target: None,
        pick: None,
        urgent: None,
        expires: None,
    });
    let changed = prop_oneof![3 => code, 2 => changed(2)];
    (by, changed, seen).prop_map(|(by, changed, seen)| Move::Act {
        by,
        act: Act::Edit(Box::new(changed)),
        comment: true,
        seen,
    })
}

fn group() -> impl Strategy<Value = Group> {
    let flag = prop::bool::weighted;
    (flag(0.6), flag(0.6), flag(0.8), flag(0.6), vec(own(), 3..=6)).prop_map(
        |(calculated, item_form, same_executors, same_steps, rules)| Group {
            calculated,
            item_form,
            same_executors,
            same_steps,
            rules,
        },
    )
}

fn own() -> impl Strategy<Value = Own> {
    let flag = prop::bool::weighted;
    let is_set = any::<bool>().prop_map(|set| json!({"property": "code", "is_set": set}));
    let when = prop_oneof![
        5 => is_set.prop_map(Some),
        3 => money_test("amount").prop_map(Some),
        1 => money_test("yearly").prop_map(Some),
        2 => condition().prop_map(Some),
        1 => Just(None),
    ];
    let submitters = option::weighted(0.3, vec(plain_who(), 1..=3));
    (rule(), when, flag(0.7), submitters, flag(0.1), flag(0.5)).prop_map(
        |(document, when, keep_decisions, submitters, without_items, editable)| Own {
            document,
            when,
            keep_decisions,
            submitters,
            without_items,
            editable,
        },
    )
}

fn documents(group: &Group) -> Vec<Json> {
    let first = &group.rules[0].document;
    let name = |place: usize| format!("any-{place}");
    let document = |(place, own): (usize, &Own)| {
        let mut rule = own.document.clone();
        rule["rule"] = json!(name(place));
        rule["keep_decisions"] = json!(own.keep_decisions);
        rule.as_object_mut().unwrap().remove("when");
        if let Some(when) = &own.when {
            rule["when"] = when.clone();
        }
        if let Some(submitters) = &own.submitters {
            rule["submitters"] = json!(submitters);
        }
        if group.same_executors {
            rule["executors"] = first["executors"].clone();
        }
        if group.same_steps {
            rule["steps"] = first["steps"].clone();
            rule["steps"][0]["reject_after"] = json!(2);
        }
        if group.calculated {
            let yearly = json!({"name": "yearly", "type": "money", "calculated": "amount * 12"});
            rule["form"].as_array_mut().unwrap().push(yearly);
        }
        if group.item_form && !own.without_items {
            rule["item_form"] = item_form();
        }
        if own.editable {
            rule["steps"][0]["editable_properties"] = json!(["code"]);
        }
        rule
    };
    group.rules.iter().enumerate().map(document).collect()
}

/// What an item has beside its resource.
fn item_form() -> Json {
    json!([
        {"name": "level", "type": "choice", "values": LEVELS[..2], "required": true},
        {"name": "days", "type": "number", "min": 1, "max": MOST_DAYS},
        {"name": "hours", "type": "number", "calculated": "days * 24"},
    ])
}

/// Two that there are, and one that is none.
pub(crate) const LEVELS: [&str; 3] = ["read", "write", "own"];
/// The most that an item can be for.
pub(crate) const MOST_DAYS: i64 = 30;

/// An item with its fields, by a number; some of them are wrong.
pub(crate) fn item(resource: &Json, number: usize) -> Json {
    let level = LEVELS[[0, 1, 0, 1, 0, 1, 0, 2][number % 8]];
    let days = (number * 7) % 34;
    match number % 5 {
        0 => json!({"resource": resource, "level": level}),
        _ => json!({"resource": resource, "level": level, "days": days}),
    }
}
