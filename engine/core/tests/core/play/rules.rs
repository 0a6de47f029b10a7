//! Rule documents made up: every setting there is, and most of them can be published.

use proptest::{collection::vec, option, prelude::*};
use serde_json::{Value as Json, json};

use super::script::{GROUPS, NODES, PEOPLE, currency};

/// A rule document; most of them can be published.
pub(crate) fn rule() -> impl Strategy<Value = Json> {
    let flags = (
        prop::bool::weighted(0.85),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.5),
    );
    let steps = vec(step(), 1..=4);
    let executors = vec(executor(), 0..=2);
    let criteria = prop_oneof![3 => vec(money_test("fee"), 0), 1 => vec(money_test("fee"), 1)];
    let entry = option::weighted(0.1, condition());
    let expiry = option::weighted(0.5, prop_oneof![Just("1d"), Just("20d")]);
    let auto = option::weighted(0.1, condition());
    let before = (option::weighted(0.3, vec(plain_who(), 1..=2)), vec(plain_who(), 0..=1));
    let route = (route_settings(), entry, expiry, auto, before);
    (flags, steps, executors, criteria, route).prop_map(
        |(
            (urgent, self_approval, strict, approve, access),
            steps,
            executors,
            criteria,
            (mut rule, entry, expiry, auto, (reviewers, receipt_reviewers)),
        )| {
            let more = json!({
                "rule": "any",
                "kind": if access { "access" } else { "sql" },
                "urgent": urgent,
                "self_approval": self_approval,
                "access": if strict { "strict" } else { "seat" },
                "safety_catch": if approve { "approve" } else { "reject" },
                "form": [
                    {"name": "amount", "type": "money", "required": true},
                    {"name": "fee", "type": "money"},
                    {"name": "unit", "type": "node"},
                    {"name": "owner", "type": "user"},
                    {"name": "db", "type": "resource"},
                    {"name": "code", "type": "text"},
                    {"name": "length", "type": "duration"},
                ],
                "criteria": criteria,
                "steps": numbered("s", steps),
                "executors": numbered("e", executors),
                "receipt_reviewers": receipt_reviewers,
            });
            rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            set(&mut rule, "when", entry);
            set(&mut rule, "approval_expires_after", expiry.map(Json::from));
            let named = |when| json!([{"name": "by itself", "when": when}]);
            set(&mut rule, "auto_approve", auto.map(named));
            set(&mut rule, "review_first", reviewers.map(|whos| json!({"reviewers": whos})));
            rule
        },
    )
}

/// What a rule says of its route as a whole.
fn route_settings() -> impl Strategy<Value = Json> {
    let flag = prop::bool::weighted;
    (flag(0.4), flag(0.3), flag(0.2), flag(0.4), flag(0.35), flag(0.2)).prop_map(
        |(for_others, editors, forbid, target_only, all_at_once, distinct)| {
            json!({
                "for_others": for_others,
                "editors_may_approve": !editors,
                "edit": if forbid { "forbid" } else { "restart" },
                "after_send_back": if target_only { "target_only" } else { "all_following" },
                "repeat_approver": if all_at_once { "all_at_once" } else { "each_step" },
                "distinct_people": if distinct { "rule" } else { "step" },
            })
        },
    )
}

fn numbered(letter: &str, mut documents: Vec<Json>) -> Vec<Json> {
    for (index, document) in documents.iter_mut().enumerate() {
        document["id"] = json!(format!("{letter}{index}"));
        // Separation names earlier steps by number.
        if let Some(mask) = document.get("separation").and_then(Json::as_u64) {
            let earlier = (0..index).filter(|earlier| mask & (1 << earlier) != 0);
            document["separation"] = earlier.map(|earlier| json!(format!("s{earlier}"))).collect();
        }
    }
    documents
}

fn set(document: &mut Json, key: &str, value: Option<Json>) {
    if let Some(value) = value {
        document[key] = value;
    }
}

fn step() -> impl Strategy<Value = Json> {
    let assignments = vec(assignment(), 1..=3);
    let quorum = (0..5_u8, 1..=3_u32, vec(1..8_u8, 1..=2));
    let when = option::weighted(0.25, condition());
    let defaults = vec(plain_who(), 0..=1);
    let if_nobody = prop_oneof![2 => Just("refuse"), 1 => Just("skip"), 1 => Just("block")];
    let separation = prop_oneof![1 => Just(0_u8), 2 => 1..8_u8];
    let properties = (prop::bool::weighted(0.1), prop::bool::weighted(0.3));
    let dates = (option::weighted(0.6, due()), on_overdue(), prop::bool::weighted(0.2));
    let nobody = (defaults, if_nobody, separation);
    (assignments, quorum, when, nobody, 1..=2_u32, properties, dates, prop::bool::weighted(0.3))
        .prop_map(
            |(
                assignments,
                quorum,
                when,
                (defaults, if_nobody, separation),
                reject_after,
                (required, editable),
                (due, on_overdue, silent),
                merges,
            )| {
                let assignments = numbered("a", assignments);
                let code = |is_so: bool| if is_so { vec!["code"] } else { vec![] };
                let mut step = json!({
                    "quorum": quorum_of(&quorum, assignments.len()),
                    "approvers": assignments,
                    "default_approvers": defaults,
                    "if_nobody": if_nobody,
                    "separation": separation,
                    "reject_after": reject_after,
                    "required_properties": code(required),
                    "editable_properties": code(editable),
                    "same_person": if merges { "one_seat" } else { "separate" },
                    "notify": if silent { "none" } else { "approvers" },
                });
                set(&mut step, "when", when);
                set(&mut step, "on_overdue", due.is_some().then_some(on_overdue));
                set(&mut step, "due", due);
                step
            },
        )
}

fn due() -> impl Strategy<Value = Json> {
    let after = prop_oneof![2 => Just("1h"), 1 => Just("30h"), 1 => Just("2bd")];
    (after, prop_oneof![3 => Just("activation"), 1 => Just("submission")])
        .prop_map(|(after, from)| json!({"after": after, "from": from}))
}

fn on_overdue() -> impl Strategy<Value = Json> {
    let manager = Just(json!({"property": "approver.manager"}));
    let further = prop_oneof![1 => plain_who(), 1 => manager];
    prop_oneof![
        2 => Just(json!("none")),
        3 => Just(json!("approve")),
        1 => Just(json!("reject")),
        1 => vec(plain_who(), 1..=2).prop_map(|whos| json!({"reassign": whos})),
        2 => vec(further, 1..=2).prop_map(|whos| json!({"escalate": whos})),
    ]
}

fn quorum_of((kind, wanted, masks): &(u8, u32, Vec<u8>), assignments: usize) -> Json {
    match kind {
        0 | 1 => json!("any"),
        2 => json!("all"),
        3 => json!({"at_least": (*wanted).min(assignments as u32)}),
        _ => {
            let path = |mask: &u8| -> Vec<String> {
                let on = (0..assignments).filter(|index| mask & (1 << index) != 0);
                let mut ids: Vec<String> = on.map(|index| format!("a{index}")).collect();
                if ids.is_empty() {
                    ids.push("a0".to_owned());
                }
                ids
            };
            json!({"paths": masks.iter().map(path).collect::<Vec<_>>()})
        }
    }
}

fn assignment() -> impl Strategy<Value = Json> {
    let shape = prop_oneof![
        5 => (any_who(), Just(1_u32), Just(None)),
        2 => (any_who(), Just(1_u32), Just(Some("each"))),
        1 => (any_who(), Just(1_u32), Just(Some("one"))),
        1 => (group(), Just(2_u32), Just(None)),
    ];
    let permissions = vec(vec(condition(), 1..=3), 0..=2);
    let permissions = prop_oneof![2 => Just(Vec::new()), 1 => permissions];
    (shape, permissions, prop::bool::weighted(0.15)).prop_map(
        |((who, count, seats), permissions, optional)| {
            let mut assignment = json!({
                "who": who,
                "count": count,
                "permissions": permissions,
                "optional": optional,
            });
            set(&mut assignment, "seats", seats.map(Json::from));
            assignment
        },
    )
}

fn group() -> BoxedStrategy<Json> {
    (0..GROUPS).prop_map(|group| json!({"group": format!("g{group}")})).boxed()
}

pub(super) fn plain_who() -> BoxedStrategy<Json> {
    let user = (0..PEOPLE).prop_map(|user| json!({"user": format!("p{user}")}));
    prop_oneof![user, group()].boxed()
}

fn any_who() -> BoxedStrategy<Json> {
    prop_oneof![
        6 => plain_who(),
        1 => prop_oneof![Just("administrator"), Just("auditor")].prop_map(|role| json!({"role": role})),
        2 => prop_oneof![
            Just("requester.manager"),
            Just("requester.manager.manager"),
            Just("request.owner"),
            Just("request.owner.manager"),
        ]
        .prop_map(|path| json!({"property": path})),
        1 => prop_oneof![Just("read"), Just("edit")]
            .prop_map(|level| json!({"node": {"property": "unit", "level": level}})),
        1 => Just(json!({"owner_of": "db"})),
        1 => Just(json!({"owner_of": "items"})),
        1 => Just(json!({"pick": {"from": "everyone", "max": 2}})),
        1 => Just(json!({"script": "chain.rhai"})),
        1 => Just(json!({"plugin": "org-chart", "config": {"for": {"property": "amount"}}})),
    ]
    .boxed()
}

pub(super) fn money_test(name: &'static str) -> impl Strategy<Value = Json> {
    let operator = prop_oneof![
        Just("less"),
        Just("less_or_equal"),
        Just("greater"),
        Just("greater_or_equal"),
        Just("between"),
    ];
    (operator, 0..2_000_u16, 0..2_000_u16, prop::bool::weighted(0.3)).prop_map(
        move |(operator, low, high, dollars)| {
            let money = |amount: u16| format!("{amount}.00 {}", currency(dollars));
            let operand = match operator {
                "between" => json!([money(low.min(high)), money(low.max(high))]),
                _ => json!(money(low)),
            };
            json!({"property": name, operator: operand})
        },
    )
}

pub(super) fn condition() -> BoxedStrategy<Json> {
    let leaf = prop_oneof![
        4 => money_test("amount"),
        2 => (0..NODES.len()).prop_map(|node| json!({"property": "unit", "within": NODES[node]})),
        1 => any::<bool>().prop_map(|set| json!({"property": "unit", "is_set": set})),
        1 => any::<bool>().prop_map(|urgent| json!({"property": "request.urgent", "equal": urgent})),
        1 => (0..GROUPS).prop_map(|group| {
            json!({"property": "requester.groups", "contains": format!("g{group}")})
        }),
        1 => Just(json!({"script": "freeze.rhai", "config": {"calendar": "de"}})),
        1 => Just(json!({"plugin": "calendar"})),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..=2).prop_map(|parts| json!({"all": parts})),
            vec(inner.clone(), 1..=2).prop_map(|parts| json!({"any": parts})),
            inner.prop_map(|part| json!({"not": part})),
        ]
    })
    .boxed()
}

fn executor() -> impl Strategy<Value = Json> {
    let run = prop_oneof![
        2 => Just(json!("automatic")),
        1 => vec(plain_who(), 1..=2).prop_map(|whos| json!({"manual": whos})),
    ];
    let window = option::weighted(0.6, prop_oneof![Just("2h"), Just("length")]);
    let start_within = option::weighted(0.4, prop_oneof![Just("1h"), Just("1d")]);
    (run, window, start_within).prop_map(|(run, window, start_within)| {
        let mut executor = json!({
            "plugin": "sql",
            "run": run,
            "config": {"limit": {"property": "amount"}, "statement": "delete"},
        });
        set(&mut executor, "window", window.map(|length| json!({"length": length})));
        set(&mut executor, "start_within", start_within.map(Json::from));
        executor
    })
}
