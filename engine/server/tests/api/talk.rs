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
    assert_eq!(notice["text"], "“A lathe”, asked for by ann, is now at step “Unit director”.");
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
    place.get("bob", "/api/v1/notices?cursor=%0A").await.is_refused(400, "invalid");
    place.get("bob", "/api/v1/notices?of=ann").await.is_refused(400, "invalid");
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
    place.post("ann", &watch, &json!({"user": "nobody"})).await.is_refused(400, "invalid");
    let watched = place.post("ann", &watch, &json!({"user": "eve"})).await;
    watched.is(OK);
    assert_eq!(watched.body["watchers"], json!(["eve"]));
    place.post("eve", &comments, &say("I know a better one, @ann")).await.is(OK);
    place.post("ann", &comments, &say("")).await.is_refused(400, "invalid");
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

/// REQ-9: files come back as they were sent, to those who see the request and nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn files_are_attached_and_come_back() {
    let place = Place::new().await;
    let id = place.submitted().await;
    let path = format!("/api/v1/requests/{id}/attachments");
    let attach = |who: &'static str, name: &str, bytes: Vec<u8>| {
        place.ask("POST", &format!("{path}?name={name}")).by(who).text(bytes).send()
    };
    attach("eve", "bill.pdf", b"content".to_vec()).await.is_refused(404, "not_found");
    for bad in ["run.exe", "RUN.EXE", "run.Exe...", "a%2Fb", "%20"] {
        attach("ann", bad, b"content".to_vec()).await.is_refused(400, "invalid");
    }
    attach("ann", "empty.txt", Vec::new()).await.is_refused(400, "invalid");
    let attached = attach("ann", "bill%20%C3%A4.pdf", b"content".to_vec()).await;
    attached.is(OK);
    let file = &attached.body["attachments"][0];
    assert_eq!(
        (&file["number"], &file["name"], &file["size"]),
        (&json!(1), &json!("bill ä.pdf"), &json!(7))
    );
    assert_eq!(file["sha256"], "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73");
    let got = place.ask("GET", &format!("{path}/1")).by("bob").bytes().await;
    assert_eq!((got.0, got.2), (OK, b"content".to_vec()));
    assert_eq!(got.1["content-type"], "application/octet-stream");
    assert!(got.1["content-disposition"].to_str().unwrap().starts_with("attachment; "));
    for tail in ["2", "0", "x", "1%2F..%2F1"] {
        place.get("bob", &format!("{path}/{tail}")).await.is_refused(404, "not_found");
    }
    place.get("eve", &format!("{path}/1")).await.is_refused(404, "not_found");
    for number in 2..=20 {
        attach("bob", &format!("{number}.txt"), b"content".to_vec()).await.is(OK);
    }
    attach("bob", "21.txt", b"content".to_vec()).await.is_refused(400, "invalid");
    assert_eq!(told(&place, "ann").await.len(), 19);
}

/// REQ-9: 25 MiB are the most.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_too_large_is_refused() {
    let place = Place::new().await;
    let id = place.submitted().await;
    let path = format!("/api/v1/requests/{id}/attachments?name=video.mp4");
    let size = usize::try_from(engine_core::decide::attach::MAX_ATTACHMENT).unwrap();
    let most = place.ask("POST", &path).by("ann").text(vec![1; size]).send().await;
    most.is(OK);
    let more = place.ask("POST", &path).by("ann").text(vec![1; size + 1]).send().await;
    more.is_refused(413, "too_large");
    let read = place.get("ann", &format!("/api/v1/requests/{id}")).await;
    assert_eq!(read.body["attachments"].as_array().unwrap().len(), 1);
}

/// DUE-4: everybody chooses what not to be told about.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_to_hear_nothing_of_it_does_not() {
    let place = Place::new().await;
    let path = "/api/v1/notices/choices";
    place.put("bob", path, &json!({"mute": ["everything"]})).await.is_refused(400, "invalid");
    place.put("bob", path, &json!({"mute": ["new_work"]})).await.is(OK);
    let read = place.get("bob", path).await;
    read.is(OK);
    assert_eq!(read.body, json!({"mute": ["new_work"]}));
    place.submitted().await;
    assert_eq!(told(&place, "bob").await, Vec::<String>::new());
    assert_eq!(told(&place, "dora").await, ["new_work"]);
    place.put("bob", path, &json!({"mute": []})).await.is(OK);
    place.submitted().await;
    assert_eq!(told(&place, "bob").await, ["new_work"]);
}
