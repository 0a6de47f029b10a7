//! Notices, comments, watchers, and what administrators look at of urgent requests.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};

use crate::place::{Place, submission};

const OK: StatusCode = StatusCode::OK;

/// What somebody was told, newest first.
async fn told(place: &Place, who: &str) -> Vec<String> {
    let answer = place.get(who, "/api/v1/notices").await;
    answer.is(OK);
    let items = answer.body["items"].as_array().unwrap();
    items.iter().map(|notice| notice["about"].as_str().unwrap().to_owned()).collect()
}

/// DUE-4: everybody reads what they were told, page by page, and nothing of others.
#[tokio::test(flavor = "multi_thread")]
async fn notices_are_read_by_those_who_were_told() {
    let place = Place::new().await;
    let (one, two) = (place.submitted().await, place.submitted().await);
    let first = place.get("bob", "/api/v1/notices?limit=1").await;
    first.is(OK);
    let notice = &first.body["items"][0];
    assert_eq!(notice["about"], "new_work");
    assert_eq!(
        notice["text"],
        "ann asks for “A lathe”. You are asked to decide step “Unit director”. Open it, and approve or reject it."
    );
    let next = first.body["next"].as_str().unwrap().replace(' ', "%20");
    let second = place.get("bob", &format!("/api/v1/notices?limit=1&cursor={next}")).await;
    second.is(OK);
    let mut requests =
        [&notice["request"], &second.body["items"][0]["request"]].map(Json::to_string);
    requests.sort();
    assert_eq!(requests, [json!(one).to_string(), json!(two).to_string()]);
    assert_eq!(told(&place, "dora").await, ["new_work", "new_work"]);
    for who in ["ann", "eve", "ada"] {
        assert_eq!(told(&place, who).await, Vec::<String>::new(), "{who}");
    }
    place.get("bob", "/api/v1/notices?cursor=%0A").await.is_refused(422, "invalid");
    place.get("bob", "/api/v1/notices?of=ann").await.is_refused(422, "invalid");
}

/// DUE-4: everybody chooses what they are not told, and nobody chooses for another.
#[tokio::test(flavor = "multi_thread")]
async fn people_choose_what_they_are_not_told() {
    let place = Place::new().await;
    let path = "/api/v1/notices/choices";
    let chosen = place.get("ann", path).await;
    chosen.is(OK);
    assert_eq!(chosen.body, json!({"mute": []}));
    let mute = json!({"mute": ["watching", "comment"]});
    let made = place.put("ann", &format!("{path}?dry_run=true"), &mute).await;
    made.is(OK);
    assert_eq!(place.get("ann", path).await.body, json!({"mute": []}));
    place.put("ann", path, &mute).await.is(OK);
    assert_eq!(place.get("ann", path).await.body, json!({"mute": ["comment", "watching"]}));
    assert_eq!(place.get("bob", path).await.body, json!({"mute": []}));

    let id = place.submitted().await;
    let comments = format!("/api/v1/requests/{id}/comments");
    place.post("bob", &comments, &json!({"text": "what for?"})).await.is(OK);
    place.post("bob", &comments, &json!({"text": "what for, @ann?"})).await.is(OK);
    assert_eq!(told(&place, "ann").await, ["mention"]);

    let refused = place.put("ann", path, &json!({"mute": ["comment", "new_work"]})).await;
    refused.is_refused(422, "invalid");
    assert_eq!(refused.body["fields"][0]["field"], "mute[1]");
    place.put("ann", path, &json!({"want": ["comment"]})).await.is_refused(422, "invalid");
    assert_eq!(place.get("ann", path).await.body, json!({"mute": ["comment", "watching"]}));
}

/// REQ-9: who is not told what a request is called any more once they have left it.
#[tokio::test(flavor = "multi_thread")]
async fn watchers_comment_and_leave() {
    let place = Place::new().await;
    let id = place.submitted().await;
    let path = format!("/api/v1/requests/{id}");
    let say = |text: &str| json!({"text": text});
    let comments = format!("{path}/comments");
    place.post("eve", &comments, &say("hello")).await.is_refused(404, "not_found");
    let watch = format!("{path}/watchers");
    place.post("eve", &watch, &json!({"user": "eve"})).await.is_refused(404, "not_found");
    place.post("ann", &watch, &json!({"user": "nobody"})).await.is_refused(422, "invalid");
    let watched = place.post("ann", &watch, &json!({"user": "eve"})).await;
    watched.is(OK);
    assert_eq!(watched.body["watchers"], json!(["eve"]));
    place.post("eve", &comments, &say("I know a better one, @ann")).await.is(OK);
    place.post("ann", &comments, &say("")).await.is_refused(422, "invalid");
    let listed = place.get("bob", &comments).await;
    listed.is(OK);
    assert_eq!(listed.body["items"][0]["by"], "eve");
    assert_eq!(listed.body["items"][0]["text"], "I know a better one, @ann");
    assert_eq!(told(&place, "ann").await, ["mention"]);
    assert_eq!(told(&place, "eve").await, ["watching"]);
    let left = place.ask("POST", &format!("{path}/leave")).by("eve").send().await;
    left.is(OK);
    assert_eq!(left.body["request"], json!(id));
    place.get("eve", &path).await.is_refused(404, "not_found");
    let after = place.get("eve", "/api/v1/notices").await;
    assert_eq!(after.body["items"][0].get("title"), None);
    assert!(!after.body["items"][0].to_string().contains("lathe"));
}

/// URG-5, URG-5a: the record says what was done before approval, and administrators see what is open.
#[tokio::test(flavor = "multi_thread")]
async fn administrators_see_what_urgent_requests_leave_open() {
    let place = Place::new().await;
    place.put("ada", "/api/v1/settings", &json!({"urgent": true})).await.is(OK);
    let rule = "rule: fix\nkind: fix\nurgent: true\nsteps: [{id: s, approvers: [{id: d, who: {group: directors}}]}]\n";
    place.ask("PUT", "/api/v1/rules/fix").by("ada").text(rule).send().await.is(OK);
    let mut body = submission("900 EUR");
    body["rule"] = json!("fix");
    body["properties"] = json!({});
    body["urgent"] = json!(true);
    let submitted = place.post("ann", "/api/v1/requests", &body).await;
    submitted.is(OK);
    assert_eq!(submitted.body["before_approval"]["released_at"], "2026-03-02T09:00:00Z");
    assert_eq!(submitted.body["approval_due"], "2026-03-05T09:00:00Z");
    let report = "/api/v1/reports/urgent-without-approval";
    let open = place.get("ada", report).await;
    open.is(OK);
    assert_eq!(open.body["items"][0]["requester"], "ann");
    assert_eq!(open.body["items"][0]["overdue"], false);
    for path in [report, "/api/v1/incidents"] {
        place.get("bob", path).await.is_refused(403, "forbidden");
    }
    let id = submitted.body["id"].as_str().unwrap();
    let approve = json!({"decision": "approve", "comment": "fine", "concern": "It was not tested"});
    let approved = place
        .ask("POST", &format!("/api/v1/requests/{id}/decisions"))
        .by("bob")
        .header("if-match", submitted.headers["etag"].to_str().unwrap())
        .json(&approve)
        .send()
        .await;
    approved.is(OK);
    assert_eq!(approved.body["before_approval"]["approved_at"], "2026-03-02T09:00:00Z");
    assert_eq!(approved.body["before_approval"]["approval_took_seconds"], 0);
    let open = place.get("ada", report).await;
    assert_eq!(open.body["items"], json!([]));
    let incidents = place.get("olga", "/api/v1/incidents").await;
    incidents.is(OK);
    assert_eq!(incidents.body["items"][0]["by"], "bob");
    assert_eq!(incidents.body["items"][0]["text"], "It was not tested");
    assert_eq!(told(&place, "ada").await, ["concern"]);
}
