//! Requests: sight, preconditions, idempotency, decisions, lists.

use axum::http::StatusCode;
use serde_json::json;

use crate::place::{Place, submission};

const OK: StatusCode = StatusCode::OK;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_submitted_explained_and_approved() {
    let place = Place::new().await;
    let id = place.submitted().await;
    let path = format!("/api/v1/requests/{id}");
    let seen = place.get("bob", &path).await;
    seen.is(OK);
    assert_eq!(seen.body["status"], "pending");
    assert_eq!(seen.body["requester"], "ann");
    assert_eq!(seen.body["properties"]["amount"], "900 EUR");
    assert_eq!(
        seen.body["allowed"],
        json!(["approve", "reject", "hold", "add_approver", "reassign"])
    );
    let tag = seen.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(tag, "\"1;unit\"");

    let explained = place.get("ann", &format!("{path}/explanation?person=ann")).await;
    explained.is(OK);
    assert_eq!(explained.body["decision_makers"], json!(["bob", "dora"]));
    assert_eq!(explained.body["person"]["can_decide"], false);
    assert_eq!(explained.body["person"]["unmet"][0]["code"], "no_seat");

    let body = json!({"decision": "approve", "comment": "fine"});
    let decided = place
        .ask("POST", &format!("{path}/decisions"))
        .by("bob")
        .header("if-match", &tag)
        .json(&body)
        .send()
        .await;
    decided.is(OK);
    assert_eq!(decided.body["status"], "approved");
    assert_eq!(decided.body["steps"][0]["seats"][0]["filled_by"], "bob");
    assert_eq!(decided.headers["etag"], "\"1;-\"");

    let events = place.get("ann", &format!("{path}/events")).await;
    events.is(OK);
    let names: Vec<_> =
        events.body["items"].as_array().unwrap().iter().map(|e| e["event"].clone()).collect();
    assert_eq!(names.first(), Some(&json!("request_submitted")));
    assert_eq!(names.last(), Some(&json!("request_approved")));
}

/// REQ-10: what is invisible and what does not exist are answered alike, to the byte.
#[tokio::test(flavor = "multi_thread")]
async fn the_invisible_and_the_missing_are_the_same() {
    let place = Place::new().await;
    let id = place.submitted().await;
    let decide = json!({"decision": "approve", "comment": "fine"});
    for (method, tail) in [
        ("GET", ""),
        ("GET", "/explanation"),
        ("GET", "/events"),
        ("POST", "/decisions"),
        ("POST", "/cancel"),
        ("POST", "/reevaluate"),
        ("POST", "/executions/fix/run"),
        ("GET", "/executions/fix/files/export.csv"),
    ] {
        let body = if tail == "/cancel" { json!({"comment": "no more"}) } else { decide.clone() };
        let mut answers = Vec::new();
        for id in [id.as_str(), "r-nowhere", "%00", "NOT-AN-ID", &"a".repeat(300)] {
            let asked = place.ask(method, &format!("/api/v1/requests/{id}{tail}")).by("eve");
            let answer = asked.header("if-match", "\"1;unit\"").json(&body).send().await;
            answer.is_refused(404, "not_found");
            answers.push(answer.body);
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{method} {tail}: {answers:#?}");
    }
}

/// DEC-8a
#[tokio::test(flavor = "multi_thread")]
async fn a_decision_says_what_was_seen() {
    let place = Place::new().await;
    let id = place.submitted().await;
    let path = format!("/api/v1/requests/{id}/decisions");
    let body = json!({"decision": "approve", "comment": "fine"});
    place.post("bob", &path, &body).await.is_refused(428, "precondition_required");
    place.post("eve", &path, &body).await.is_refused(404, "not_found");
    for (seen, status, code) in [
        ("\"2;unit\"", 412, "conflict"),
        ("\"1;board\"", 412, "conflict"),
        ("\"1;-\"", 412, "conflict"),
        ("*", 422, "invalid"),
        ("garbage", 422, "invalid"),
    ] {
        let asked = place.ask("POST", &path).by("bob").header("if-match", seen);
        asked.json(&body).send().await.is_refused(status, code);
    }
    let asked = place.ask("POST", &path).by("ann").header("if-match", "\"1;unit\"");
    let refused = asked.json(&body).send().await;
    refused.is_refused(403, "no_seat");
    assert_eq!(
        refused.body["unmet"][0]["message"],
        "Step “Unit director” asks other people, not you. There is nothing to do. If that is a mistake, tell the requester or an administrator."
    );
}

/// REQ-11
#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_gets_the_first_answer() {
    let place = Place::new().await;
    let submit = || {
        let asked = place.ask("POST", "/api/v1/requests").by("ann");
        asked.header("idempotency-key", "k-1").json(&submission("900 EUR")).send()
    };
    let (first, again) = (submit().await, submit().await);
    first.is(OK);
    again.is(OK);
    assert_eq!(first.body["id"], again.body["id"]);
    let list = place.get("ann", "/api/v1/requests?list=mine").await;
    assert_eq!(list.body["items"].as_array().unwrap().len(), 1);
    let asked = place.ask("POST", "/api/v1/requests").by("ann").header("idempotency-key", "Ä b");
    asked.json(&submission("900 EUR")).send().await.is_refused(422, "invalid");
}

/// REQ-11: a key is of one command; what it is given with again is not taken for done.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_command_is_refused() {
    let place = Place::new().await;
    let (first, second) = (place.submitted().await, place.submitted().await);
    let decide = |id: &str, decision: &str| {
        let path = format!("/api/v1/requests/{id}/decisions");
        let asked = place.ask("POST", &path).by("bob").header("idempotency-key", "k-1");
        let body = json!({"decision": decision, "comment": "fine"});
        asked.header("if-match", "\"1;unit\"").json(&body).send()
    };
    decide(&first, "approve").await.is(OK);
    decide(&first, "approve").await.is(OK);
    for refused in [decide(&second, "approve").await, decide(&first, "reject").await] {
        refused.is_refused(422, "invalid");
        assert_eq!(refused.body["fields"][0]["field"], "Idempotency-Key");
    }
    let seen = place.get("bob", &format!("/api/v1/requests/{second}")).await;
    assert_eq!(seen.body["status"], "pending");
    let submit = |amount: &'static str| {
        let asked =
            place.ask("POST", "/api/v1/requests").by("ann").header("idempotency-key", "k-2");
        asked.json(&submission(amount)).send()
    };
    submit("900 EUR").await.is(OK);
    submit("901 EUR").await.is_refused(422, "invalid");
}

/// DEC-9: whether the request is visible is asked before the key.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_by_somebody_who_no_longer_sees_it_is_not_found() {
    let place = Place::new().await;
    let id = place.submitted().await;
    let path = format!("/api/v1/requests/{id}/reevaluate");
    let again = || place.ask("POST", &path).by("ada").header("idempotency-key", "k-1").send();
    again().await.is(OK);
    let demoted = json!({"login": "ada", "role": "user"});
    place.put("olga", "/api/v1/users/ada", &demoted).await.is(OK);
    again().await.is_refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_is_named_at_once() {
    let place = Place::new().await;
    let wrong = json!({"rule": "capex", "title": "", "reason": "x", "properties": {"amount": "many", "size": 1}});
    let refused = place.post("ann", "/api/v1/requests", &wrong).await;
    refused.is_refused(422, "invalid");
    let fields: Vec<_> =
        refused.body["fields"].as_array().unwrap().iter().map(|f| f["field"].clone()).collect();
    for field in ["properties.amount", "properties.size", "title", "reason"] {
        assert!(fields.contains(&json!(field)), "{fields:?}");
    }
    let missing = json!({"rule": "nowhere", "title": "A lathe", "reason": "It broke"});
    place.post("ann", "/api/v1/requests", &missing).await.is_refused(404, "not_found");
}

/// ELG-2: the refusal has the sentence of the explanation.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_told_in_words() {
    let place = Place::new().await;
    let refused = place.post("ann", "/api/v1/requests", &submission("12000000 EUR")).await;
    refused.is_refused(422, "no_approvers");
    assert_eq!(
        refused.body["message"],
        "Nothing was done, because nobody could approve this request. Nobody is responsible for step “Unit director” of this request. Amount 12,000,000 EUR is above 10,000,000 EUR. Change the request, or ask an administrator."
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_paged_and_filtered() {
    let place = Place::new().await;
    for _ in 0..3 {
        place.submitted().await;
    }
    let first = place.get("bob", "/api/v1/requests?list=to_decide&limit=2").await;
    first.is(OK);
    assert_eq!(first.body["items"].as_array().unwrap().len(), 2);
    assert_eq!(first.body["items"][0]["unmet"], json!([]));
    let cursor = first.body["next"].as_str().unwrap();
    let path = format!("/api/v1/requests?list=to_decide&limit=2&cursor={cursor}");
    let second = place.get("bob", &path).await;
    assert_eq!(second.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(second.body.get("next"), None);
    for (who, query, count) in [
        ("ann", "list=mine", 3),
        ("bob", "list=mine", 0),
        ("ada", "state=pending", 3),
        ("ada", "rule=capex", 3),
        ("eve", "list=all", 0),
    ] {
        let list = place.get(who, &format!("/api/v1/requests?{query}")).await;
        list.is(OK);
        assert_eq!(list.body["items"].as_array().unwrap().len(), count, "{who} {query}");
    }
    for bad in [
        "list=yours",
        "limit=x",
        "what=1",
        "cursor=nonsense",
        "list=mine&rule=capex",
        "state=A%20b",
    ] {
        place.get("bob", &format!("/api/v1/requests?{bad}")).await.is_refused(422, "invalid");
    }
}

/// FIN-25: whom a request asks is told page by page, and each of them once.
#[tokio::test(flavor = "multi_thread")]
async fn decision_makers_are_paged() {
    let place = Place::new().await;
    let id = place.submitted().await;
    let path = format!("/api/v1/requests/{id}/explanation");
    let whole = place.get("ann", &path).await;
    whole.is(OK);
    assert_eq!(whole.body["decision_makers"], json!(["bob", "dora"]));
    assert_eq!(whole.body.get("next"), None);
    let first = place.get("ann", &format!("{path}?limit=1")).await;
    first.is(OK);
    let [one] = first.body["decision_makers"].as_array().unwrap().as_slice() else {
        panic!("{}", first.body)
    };
    assert_eq!(first.body["steps"][0]["people"], json!([one]));
    let next = first.body["next"].as_str().unwrap();
    let second = place.get("ann", &format!("{path}?limit=1&cursor={next}")).await;
    second.is(OK);
    assert_eq!(second.body.get("next"), None);
    let [other] = second.body["decision_makers"].as_array().unwrap().as_slice() else {
        panic!("{}", second.body)
    };
    let mut both = [one.to_string(), other.to_string()];
    both.sort();
    assert_eq!(both, ["\"bob\"", "\"dora\""]);
}

/// FIN-25: what is no page.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_decision_makers_begins_where_one_ended() {
    let place = Place::new().await;
    let id = place.submitted().await;
    let path = format!("/api/v1/requests/{id}/explanation");
    for bad in ["cursor=nobody", "cursor=%0A", "limit=x", "page=1"] {
        place.get("ann", &format!("{path}?{bad}")).await.is_refused(422, "invalid");
    }
    place.get("eve", &format!("{path}?limit=1")).await.is_refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_requester_cancels_with_a_comment() {
    let place = Place::new().await;
    let id = place.submitted().await;
    let path = format!("/api/v1/requests/{id}/cancel");
    place.post("bob", &path, &json!({"comment": "not mine"})).await.is_refused(403, "forbidden");
    place.post("ann", &path, &json!({"comment": ""})).await.is_refused(422, "invalid");
    let cancelled = place.post("ann", &path, &json!({"comment": "not needed"})).await;
    cancelled.is(OK);
    assert_eq!(cancelled.body["status"], "cancelled");
    place
        .post("ann", &path, &json!({"comment": "not needed"}))
        .await
        .is_refused(409, "wrong_status");
}

/// DEC-2: no notice is sent in this version; the request itself says who rejected it, and why.
#[tokio::test(flavor = "multi_thread")]
async fn the_requester_reads_who_rejected_and_why() {
    let place = Place::new().await;
    let id = place.submitted().await;
    let path = format!("/api/v1/requests/{id}");
    let body = json!({"decision": "reject", "comment": "too dear for us"});
    let asked = place.ask("POST", &format!("{path}/decisions")).by("dora");
    asked.header("if-match", "\"1;unit\"").json(&body).send().await.is(OK);
    let seen = place.get("ann", &path).await;
    seen.is(OK);
    assert_eq!(seen.body["status"], "rejected");
    assert_eq!(seen.body["outcome"], "dora rejected it in step “Unit director”: too dear for us.");
    let decision = &seen.body["steps"][0]["decisions"][0];
    assert_eq!(
        (&decision["by"], &decision["decision"], &decision["comment"]),
        (&json!("dora"), &json!("reject"), &json!("too dear for us"))
    );
    let events = place.get("ann", &format!("{path}/events")).await;
    let last = events.body["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["event"], &last["by"]), (&json!("request_rejected"), &json!("dora")));
}
