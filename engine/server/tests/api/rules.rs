//! Rules as they are published: their versions, and how long they may be.

use std::fmt::Write as _;

use axum::http::StatusCode;
use serde_json::{Value as Json, json};

use crate::place::{Place, RULE};

const OK: StatusCode = StatusCode::OK;

/// What a version says of itself.
fn about(rule: &Json) -> [&Json; 5] {
    ["version", "author", "published_at", "comment", "title"].map(|field| &rule[field])
}

/// RUL-2
#[tokio::test(flavor = "multi_thread")]
async fn every_version_says_who_published_it_when_and_why() {
    let place = Place::new().await;
    let path = "/api/v1/rules/capex";
    let before = place.get("ann", path).await;
    before.is(OK);
    let first = [json!(1), json!("olga"), json!("2026-03-02T09:00:00Z"), json!(""), json!("capex")];
    assert_eq!(about(&before.body), first.each_ref());

    place.state.engine.advance_to("2026-03-03T10:30:00Z".parse().unwrap()).await.unwrap();
    let changed = RULE.replace("kind: capex\n", "kind: capex\ntitle: Investments\n");
    let asked = place.ask("PUT", &format!("{path}?comment=a%20name%20for%20people")).by("ada");
    asked.text(changed).send().await.is(OK);
    let second = [
        json!(2),
        json!("ada"),
        json!("2026-03-03T10:30:00Z"),
        json!("a name for people"),
        json!("Investments"),
    ];
    for (which, expected) in [("", &second), ("?version=2", &second), ("?version=1", &first)] {
        let read = place.get("ann", &format!("{path}{which}")).await;
        read.is(OK);
        assert_eq!(about(&read.body), expected.each_ref(), "{which}");
        assert_eq!(read.body["versions"], json!([1, 2]));
    }
    let old = place.get("ann", &format!("{path}?version=1")).await;
    assert_eq!(old.body["definition"], before.body["definition"], "a version never changes");
    place.get("ann", &format!("{path}?version=3")).await.is_refused(404, "not_found");
    let list = place.get("ann", "/api/v1/rules").await;
    assert_eq!(about(&list.body["items"][0]), second.each_ref());
}

fn rule_of(steps: usize) -> String {
    let mut text = "rule: long\nkind: long\nsteps:".to_owned();
    for step in 1..=steps {
        write!(text, "\n  - {{id: s{step}, approvers: [{{id: a, who: {{group: directors}}}}]}}")
            .unwrap();
    }
    if steps == 0 { text + " []\n" } else { text + "\n" }
}

/// STP-1
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_has_one_to_thirty_two_steps() {
    let place = Place::new().await;
    let publish = |steps| place.ask("PUT", "/api/v1/rules/long").by("olga").text(rule_of(steps));
    for steps in [0, 33] {
        let refused = publish(steps).send().await;
        refused.is_refused(422, "rule_invalid");
        let mistake = &refused.body["diagnostics"][0];
        assert_eq!(mistake["path"], "steps");
        let says = format!("{steps} steps: expected 1 to 32");
        assert_eq!(mistake["message"], says);
    }
    place.get("olga", "/api/v1/rules/long").await.is_refused(404, "not_found");
    for steps in [1, 32] {
        publish(steps).send().await.is(OK);
        let request = json!({"rule": "long", "title": "A lathe", "reason": "The old one broke"});
        let submitted = place.post("ann", "/api/v1/requests", &request).await;
        submitted.is(OK);
        assert_eq!(submitted.body["steps"].as_array().unwrap().len(), steps);
    }
}

fn words(changes: &Json) -> Vec<(&str, &str)> {
    let changes = changes["changes"].as_array().unwrap();
    changes.iter().map(|c| (c["change"].as_str().unwrap(), c["what"].as_str().unwrap())).collect()
}

/// RUL-3
#[tokio::test(flavor = "multi_thread")]
async fn a_retired_rule_says_so_and_a_deleted_one_is_gone() {
    let place = Place::new().await;
    for step in ["capex?dry_run=true", "capex"] {
        let (rule, query) = step.split_once('?').unwrap_or((step, ""));
        let path = format!("/api/v1/rules/{rule}/retire?{query}");
        let retired = place.ask("POST", &path).by("olga").send().await;
        retired.is(OK);
        assert_eq!(words(&retired.body), [("retired", "rule capex")]);
    }
    let read = place.get("ann", "/api/v1/rules/capex").await;
    assert_eq!(read.body["retired_at"], "2026-03-02T09:00:00Z");
    let request = json!({"rule": "capex", "title": "A lathe", "reason": "The old one broke"});
    let refused = place.post("ann", "/api/v1/requests", &request).await;
    refused.is_refused(409, "rule_retired");

    let deleted = place.ask("DELETE", "/api/v1/rules/capex").by("olga").send().await;
    deleted.is(OK);
    assert_eq!(words(&deleted.body), [("removed", "rule capex")]);
    for path in ["/api/v1/rules/capex", "/api/v1/rules/capex?version=1"] {
        place.get("olga", path).await.is_refused(404, "not_found");
    }
    let list = place.get("ann", "/api/v1/rules").await;
    assert_eq!(list.body["items"], json!([]));
    place.post("ann", "/api/v1/requests", &request).await.is_refused(404, "not_found");
}

/// RUL-4
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_group_is_put_listed_used_and_removed() {
    let place = Place::new().await;
    let path = "/api/v1/rule-groups/spending";
    let put = |rules: Json| {
        let body = json!({ "rules": rules });
        place.ask("PUT", path).by("olga").json(&body).send()
    };
    let refused = put(json!(["capx", "capex", "capex"])).await;
    refused.is_refused(422, "invalid");
    let fields = refused.body["fields"].as_array().unwrap();
    let named: Vec<&str> = fields.iter().map(|f| f["field"].as_str().unwrap()).collect();
    assert_eq!(named, ["rule_groups.spending.rules[0]", "rule_groups.spending.rules[2]"]);
    assert!(fields[0]["message"].as_str().unwrap().contains("did you mean `capex`"));
    put(json!([])).await.is_refused(422, "invalid");

    put(json!(["capex"])).await.is(OK);
    let list = place.get("ann", "/api/v1/rule-groups").await;
    assert_eq!(list.body["items"], json!([{"id": "spending", "rules": ["capex"]}]));
    let both = json!({"rule": "capex", "rule_group": "spending"});
    place.post("ann", "/api/v1/requests", &both).await.is_refused(422, "invalid");
    place.post("ann", "/api/v1/requests", &json!({})).await.is_refused(422, "invalid");
    let gone = json!({"rule_group": "buying", "title": "A lathe", "reason": "The old one broke"});
    place.post("ann", "/api/v1/requests", &gone).await.is_refused(404, "not_found");

    let in_use = place.ask("DELETE", "/api/v1/rules/capex").by("olga").send().await;
    in_use.is_refused(409, "rule_in_use");
    place.ask("DELETE", path).by("ann").send().await.is_refused(403, "forbidden");
    place.ask("DELETE", path).by("olga").send().await.is(OK);
    place.ask("DELETE", path).by("olga").send().await.is_refused(404, "not_found");
}
