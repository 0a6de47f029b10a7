//! The rule document.

use engine_core::rule::definition::{
    AccessPolicy, AfterSendBack, AssignmentDoc, ChoicesForDoc, ConditionDoc, Definition,
    DistinctPeople, DueDoc, DueFrom, EditPolicy, ExecutorDoc, FieldDoc, IfNobody,
    NamedConditionDoc, NodeWhoDoc, PickDoc, RepeatApprover, ReviewDoc, SafetyCatch, SamePerson,
    SeatsDoc, StepDoc, WhoDoc, WindowDoc,
};
use engine_core::{directory::NodeLevel, directory::OrganizationRole};
use serde_json::{Value as Json, json};

use super::{
    DIALECT, boolean, count, fields_of, id, list, map, object, part, span, text, word,
};

/// The schema of a rule document.
#[must_use]
pub fn rule() -> Json {
    let mut schema = definition();
    schema["$schema"] = json!(DIALECT);
    schema["title"] = json!("A rule of approval");
    schema["$defs"] = parts();
    schema
}

/// What a rule document is made of, for schemas that have rules in them.
#[must_use]
pub(super) fn parts() -> Json {
    json!({
        "condition": condition(),
        "who": who(),
        "field": field(),
        "step": step(),
        "assignment": assignment(),
        "executor": executor(),
    })
}

fn definition() -> Json {
    let conditions = list(&part("condition"));
    let named = object::<NamedConditionDoc>(
        &["name", "when"],
        &[("name", text()), ("when", part("condition"))],
    );
    let review = object::<ReviewDoc>(&["reviewers"], &[("reviewers", list(&part("who")))]);
    let mut schema = object::<Definition>(
        &["rule", "kind", "steps"],
        &[
            ("rule", id()),
            ("title", text()),
            ("kind", id()),
            ("submitters", list(&part("who"))),
            ("for_others", boolean()),
            ("form", list(&part("field"))),
            ("item_form", list(&part("field"))),
            ("when", part("condition")),
            ("criteria", conditions),
            ("urgent", boolean()),
            ("self_approval", boolean()),
            ("editors_may_approve", boolean()),
            ("edit", word::<EditPolicy>()),
            ("after_send_back", word::<AfterSendBack>()),
            ("repeat_approver", word::<RepeatApprover>()),
            ("distinct_people", word::<DistinctPeople>()),
            ("access", word::<AccessPolicy>()),
            ("safety_catch", word::<SafetyCatch>()),
            ("keep_decisions", boolean()),
            ("approval_expires_after", span()),
            ("review_first", review),
            ("auto_approve", list(&named)),
            ("executors", list(&part("executor"))),
            ("receipt_reviewers", list(&part("who"))),
        ],
    );
    schema["properties"]["steps"] =
        json!({ "type": "array", "items": part("step"), "minItems": 1, "maxItems": 32 });
    schema
}

/// One of the shapes of a condition, each with the keys that go together.
fn condition() -> Json {
    let keys = fields_of::<ConditionDoc>();
    let shapes = ["property", "all", "any", "not", "script", "plugin", "config", "half_open"];
    let operators: Vec<&str> = keys.iter().copied().filter(|key| !shapes.contains(key)).collect();
    let one = |operator: &str| {
        let mut fields = vec!["property", operator];
        if operator == "between" {
            fields.push("half_open");
        }
        let operand = match operator {
            "in" | "not_in" => json!({ "type": "array" }),
            "between" => json!({ "type": "array", "minItems": 2, "maxItems": 2 }),
            "is_set" => boolean(),
            _ => Json::Bool(true),
        };
        let types = [("property", text()), (operator, operand), ("half_open", boolean())];
        map(&fields, &["property", operator], &types)
    };
    let mut alternatives: Vec<Json> = operators.into_iter().map(one).collect();
    for several in ["all", "any"] {
        alternatives.push(map(&[several], &[several], &[(several, list(&part("condition")))]));
    }
    alternatives.push(map(&["not"], &["not"], &[("not", part("condition"))]));
    alternatives.extend(["script", "plugin"].map(extension));
    json!({ "anyOf": alternatives })
}

fn extension(key: &str) -> Json {
    let types = [(key, id()), ("config", json!({ "type": "object" }))];
    map(&[key, "config"], &[key], &types)
}

fn who() -> Json {
    let node = object::<NodeWhoDoc>(
        &["property", "level"],
        &[("property", id()), ("level", word::<NodeLevel>())],
    );
    let from = json!({ "anyOf": [{ "const": "everyone" }, part("who")] });
    let pick = object::<PickDoc>(&["from"], &[("from", from), ("min", count()), ("max", count())]);
    let one = |key: &&str| match *key {
        "script" | "plugin" => extension(key),
        "node" => map(&[key], &[key], &[(key, node.clone())]),
        "pick" => map(&[key], &[key], &[(key, pick.clone())]),
        "role" => map(&[key], &[key], &[(key, word::<OrganizationRole>())]),
        other => map(&[other], &[other], &[(other, text())]),
    };
    let keys = fields_of::<WhoDoc>().iter().filter(|key| **key != "config");
    json!({ "anyOf": keys.map(one).collect::<Vec<Json>>() })
}

fn field() -> Json {
    let choices = object::<ChoicesForDoc>(
        &["who", "values"],
        &[("who", part("who")), ("values", list(&text()))],
    );
    object::<FieldDoc>(
        &["name", "type"],
        &[
            ("name", id()),
            ("type", json!({ "type": "string" })),
            ("required", boolean()),
            ("under", id()),
            ("values", list(&text())),
            ("choices_for", list(&choices)),
            ("calculated", text()),
        ],
    )
}

fn step() -> Json {
    let people = list(&part("who"));
    let at_least = map(&["at_least"], &["at_least"], &[("at_least", count())]);
    let paths = map(&["paths"], &["paths"], &[("paths", list(&list(&id())))]);
    let due = object::<DueDoc>(&["after"], &[("after", span()), ("from", word::<DueFrom>())]);
    let towards = |key: &str| map(&[key], &[key], &[(key, list(&part("who")))]);
    object::<StepDoc>(
        &["id", "approvers"],
        &[
            ("id", id()),
            ("title", text()),
            ("when", part("condition")),
            ("quorum", json!({ "anyOf": [{ "enum": ["any", "all"] }, at_least, paths] })),
            ("reject_after", count()),
            ("same_person", word::<SamePerson>()),
            ("approvers", list(&part("assignment"))),
            ("default_approvers", people.clone()),
            ("if_nobody", word::<IfNobody>()),
            ("separation", list(&id())),
            ("required_properties", list(&id())),
            ("editable_properties", list(&id())),
            ("notify", json!({ "anyOf": [{ "enum": ["approvers", "none"] }, people] })),
            ("due", due),
            (
                "on_overdue",
                json!({ "anyOf": [
                    { "enum": ["none", "approve", "reject"] },
                    towards("reassign"),
                    towards("escalate"),
                ] }),
            ),
        ],
    )
}

fn assignment() -> Json {
    object::<AssignmentDoc>(
        &["id", "who"],
        &[
            ("id", id()),
            ("who", part("who")),
            ("count", count()),
            ("seats", word::<SeatsDoc>()),
            ("permissions", list(&list(&part("condition")))),
            ("optional", boolean()),
        ],
    )
}

fn executor() -> Json {
    let manual = map(&["manual"], &["manual"], &[("manual", list(&part("who")))]);
    let window =
        object::<WindowDoc>(&["length"], &[("from", text()), ("length", text())]);
    object::<ExecutorDoc>(
        &["id", "plugin"],
        &[
            ("id", id()),
            ("plugin", id()),
            ("run", json!({ "anyOf": [{ "const": "automatic" }, manual] })),
            ("config", json!({ "type": "object" })),
            ("start_within", span()),
            ("window", window),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every name that has a line here is one that the engine reads.
    #[test]
    fn no_schema_knows_a_name_that_the_engine_does_not() {
        let schema = rule();
        let keys = |json: &Json| {
            json["properties"].as_object().unwrap().keys().cloned().collect::<Vec<String>>()
        };
        for (found, known) in [
            (keys(&schema), fields_of::<Definition>()),
            (keys(&schema["$defs"]["step"]), fields_of::<StepDoc>()),
            (keys(&schema["$defs"]["field"]), fields_of::<FieldDoc>()),
        ] {
            let mut known: Vec<&str> = known.to_vec();
            known.sort_unstable();
            let mut found = found;
            found.sort();
            assert_eq!(found, known);
        }
    }
}
