//! Two engines on one store: what one of them remembers of a request is not what the store has.

use axum::http::StatusCode;
use engine_server::config::Config;
use serde_json::{Value as Json, json};

use crate::place::{Answer, Place, in_memory};

const OK: StatusCode = StatusCode::OK;

const RELAY: &str = "\
rule: relay
kind: relay
steps:
  - {id: first, approvers: [{id: bob, who: {user: bob}}]}
  - {id: second, approvers: [{id: dora, who: {user: dora}}]}
";

async fn decide(place: &Place, who: &str, id: &str, step: &str) -> Answer {
    let body: Json = json!({"decision": "approve", "comment": "fine"});
    let path = format!("/api/v1/requests/{id}/decisions");
    let tag = format!("\"1;{step}\"");
    place.ask("POST", &path).by(who).header("if-match", &tag).json(&body).send().await
}

const STAFF: &str = "\
rule: staff
kind: staff
when: {property: requester.code, matches: \"x.*\"}
steps:
  - {id: first, approvers: [{id: bob, who: {user: bob}}]}
";

/// RUL-2: a version means what it meant when it was published, to every engine that opens the store.
#[tokio::test(flavor = "multi_thread")]
async fn a_version_outlives_the_types_it_was_published_with() {
    let store = in_memory();
    let here = Place::with(store.clone(), Config::default()).await;
    let typed = |of: &str| json!({"user_properties": {"code": of}});
    here.put("olga", "/api/v1/directory", &typed("text")).await.is(OK);
    let publish = || here.ask("PUT", "/api/v1/rules/staff").by("olga").text(STAFF).send();
    publish().await.is(OK);
    here.put("olga", "/api/v1/directory", &typed("number")).await.is(OK);
    let there = here.twin(store).await;
    let seen = there.get("olga", "/api/v1/rules/staff").await;
    seen.is(OK);
    assert_eq!(seen.body["version"], 1);
    let refused = publish().await;
    refused.is_refused(422, "rule_invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_refused_or_counted_twice_by_what_an_engine_remembers() {
    let store = in_memory();
    let here = Place::with(store.clone(), Config::default()).await;
    here.ask("PUT", "/api/v1/rules/relay").by("olga").text(RELAY).send().await.is(OK);
    let there = here.twin(store).await;
    let request = json!({"rule": "relay", "title": "A lathe", "reason": "The old one broke"});
    let submitted = here.post("ann", "/api/v1/requests", &request).await;
    submitted.is(OK);
    let id = submitted.body["id"].as_str().unwrap();

    decide(&there, "bob", id, "first").await.is(OK);
    // For `here` it is still Bob's turn: it would take his decision again, and none of Dora's.
    decide(&here, "bob", id, "first").await.is_refused(412, "conflict");
    decide(&here, "dora", id, "second").await.is(OK);
    // For `there` it is still Dora's turn.
    decide(&there, "dora", id, "second").await.is_refused(412, "conflict");

    for place in [&here, &there] {
        let seen = place.get("ann", &format!("/api/v1/requests/{id}")).await;
        assert_eq!(seen.body["status"], "approved");
        let events = place.get("ann", &format!("/api/v1/requests/{id}/events")).await;
        let names = events.body["items"].as_array().unwrap().iter().map(|e| e["event"].clone());
        assert_eq!(names.filter(|name| name == "decision_recorded").count(), 2);
    }
}
