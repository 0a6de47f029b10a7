//! Attachments of requests (REQ-9): who may add, have and remove them, which are refused, what is kept.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use engine_api::{
    command::SubmitRequest,
    organization::{Bundle, RuleFile},
};
use engine_core::decide::attach::{MAX_ATTACHMENT, MAX_ATTACHMENTS};
use engine_runtime::Caller;
use engine_server::{http::router, local::Local};
use sdk_client::{Client, ClientError, Deed};
use serde_json::{Value as Json, json};
use tower::ServiceExt as _;

use crate::{
    place::{Answer, Place, files_below, submission},
    process::Home,
};

const OK: StatusCode = StatusCode::OK;
/// The SHA-256 of `hello world`.
const HELLO: &str = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";

fn path(id: &str) -> String {
    format!("/api/v1/requests/{id}/attachments")
}

/// Attaches; the name is in the query as it is.
async fn attach(place: &Place, who: &str, id: &str, name: &str, content: &[u8]) -> Answer {
    place.ask("POST", &format!("{}?name={name}", path(id))).by(who).text(content).send().await
}

async fn remove(place: &Place, who: &str, id: &str, number: u32) -> Answer {
    place.ask("DELETE", &format!("{}/{number}", path(id))).by(who).send().await
}

async fn names(place: &Place, id: &str) -> Vec<String> {
    let listed = place.get("ann", &path(id)).await;
    listed.is(OK);
    let items = listed.body["items"].as_array().unwrap();
    items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

/// REQ-9, REQ-10: those with a part in it and watchers attach; whoever sees it lists and downloads.
#[tokio::test(flavor = "multi_thread")]
async fn those_who_take_part_attach_and_whoever_sees_it_downloads() {
    let place = Place::new().await;
    let id = place.submitted().await;
    let file = "Angebot%20%22M%C3%A4rz%22.pdf";
    let attached = attach(&place, "ann", &id, file, b"hello world").await;
    attached.is(OK);
    let shown = json!([{"number": 1, "name": "Angebot \"März\".pdf", "size": 11, "sha256": HELLO,
        "by": "ann", "at": "2026-03-02T09:00:00Z"}]);
    assert_eq!(attached.body["attachments"], shown);
    // Not a decision, and nothing that those who decide have to look at again.
    assert_eq!(attached.headers["etag"], "\"1;unit\"");
    attach(&place, "bob", &id, "notes.txt", b"fine").await.is(OK);
    for who in ["ann", "bob", "dora", "ada", "olga"] {
        let listed = place.get(who, &path(&id)).await;
        listed.is(OK);
        assert_eq!(listed.body["items"][0], shown[0]);
        let asked = place.ask("GET", &format!("{}/1", path(&id))).by(who);
        let (status, headers, bytes) = asked.bytes().await;
        assert_eq!((status, bytes.as_slice()), (OK, b"hello world".as_slice()));
        for (name, value) in [
            ("content-type", "application/octet-stream"),
            ("content-length", "11"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "private, no-store"),
            (
                "content-disposition",
                "attachment; filename=\"Angebot _M_rz_.pdf\"; \
                 filename*=UTF-8''Angebot%20%22M%C3%A4rz%22.pdf",
            ),
        ] {
            assert_eq!(headers[name], value);
        }
    }
    let events = place.get("bob", &format!("/api/v1/requests/{id}/events")).await;
    assert!(events.body["items"].as_array().unwrap().iter().any(|event| {
        event["event"] == "attachment_added"
            && event["message"] == "ann attached “Angebot \"März\".pdf” (11 bytes)."
    }));
}

/// REQ-9, REQ-10: nothing is there for those who do not see the request; those who only see it have its
/// files and attach none.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_take_part_attaches_nothing() {
    let place = Place::new().await;
    let id = place.submitted().await;
    attach(&place, "ann", &id, "a.txt", b"a").await.is(OK);
    let one = format!("{}/1", path(&id));
    attach(&place, "eve", &id, "b.txt", b"b").await.is_refused(404, "not_found");
    attach(&place, "eve", &id, "b.exe", b"b").await.is_refused(404, "not_found");
    for hidden in [&path(&id), &one] {
        place.get("eve", hidden).await.is_refused(404, "not_found");
    }
    remove(&place, "eve", &id, 1).await.is_refused(404, "not_found");
    attach(&place, "ann", "r99", "b.txt", b"b").await.is_refused(404, "not_found");
    for tail in ["0", "2", "-1", "a", "1%2f..%2f2", "99999999999"] {
        let answer = place.get("ann", &format!("{}/{tail}", path(&id))).await;
        answer.is_refused(404, "not_found");
    }
    place.ask("GET", &one).send().await.is_refused(401, "unauthenticated");
    let auditor = json!({"login": "eve", "role": "auditor"});
    place.put("ada", "/api/v1/users/eve", &auditor).await.is(OK);
    let (status, _, bytes) = place.ask("GET", &one).by("eve").bytes().await;
    assert_eq!((status, bytes.as_slice()), (OK, b"a".as_slice()));
    let refused = attach(&place, "eve", &id, "b.txt", b"b").await;
    refused.is_refused(403, "forbidden");
    assert_eq!(
        refused.body["message"],
        "You can read this request, but not comment, attach files or add watchers. Ask its requester to make you a watcher."
    );
    assert_eq!(place.contents().len(), 1, "nothing is kept of what is refused");
    let watch = json!({"user": "eve"});
    place.post("ann", &format!("/api/v1/requests/{id}/watchers"), &watch).await.is(OK);
    attach(&place, "eve", &id, "b.txt", b"b").await.is(OK);
    assert_eq!(names(&place, &id).await, ["a.txt", "b.txt"]);
}

/// REQ-9: refused by extension, whatever the case and trailing dots; which is a setting.
#[tokio::test(flavor = "multi_thread")]
async fn extensions_are_refused_by_the_setting() {
    let place = Place::new().await;
    let id = place.submitted().await;
    for name in ["setup.exe", "SETUP.EXE", "setup.exe...", "setup.Exe.%20.", "a.pdf.bat", ".cmd"] {
        attach(&place, "ann", &id, name, b"MZ").await.is_refused(422, "invalid");
    }
    let refused = attach(&place, "ann", &id, "setup.exe", b"MZ").await;
    assert_eq!(refused.body["fields"][0]["field"], "name");
    assert_eq!(
        refused.body["message"],
        "The name: files that end in .exe are not taken; an administrator can tell you why."
    );
    assert!(place.contents().is_empty(), "nothing is kept of what is refused");
    attach(&place, "ann", &id, "exe", b"x").await.is(OK);
    attach(&place, "ann", &id, "macro.docm", b"x").await.is(OK);
    let settings = json!({"attachments": {"refused": [".DOCM"]}});
    place.put("ada", "/api/v1/settings", &settings).await.is(OK);
    attach(&place, "ann", &id, "other.docm", b"x").await.is_refused(422, "invalid");
    attach(&place, "ann", &id, "setup.exe", b"MZ").await.is(OK);
    for wrong in ["", ".", "a/b", "*"] {
        let settings = json!({"attachments": {"refused": [wrong]}});
        place.put("ada", "/api/v1/settings", &settings).await.is_refused(422, "invalid");
    }
}

/// REQ-9: a name is that of a file, and shown as it is.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_are_refused() {
    let place = Place::new().await;
    let id = place.submitted().await;
    let long = "a".repeat(256);
    for name in [
        "",
        "%20",
        ".",
        "..",
        "..%2f..%2fetc%2fpasswd",
        "a%2fb",
        "a%5cb",
        "c:a",
        "a%0d%0aX:%20y",
        "a%00",
        "a%7f",
        "a%e2%80%aefdp.sh",
        "a%e2%80%8b",
        &long,
        "a%ff",
    ] {
        attach(&place, "ann", &id, name, b"x").await.is_refused(422, "invalid");
    }
    for query in ["", "?name=a&name=b", "?name=a&size=1", "?nom=a"] {
        let asked = place.ask("POST", &format!("{}{query}", path(&id))).by("ann").text("x");
        asked.send().await.is_refused(422, "invalid");
    }
    attach(&place, "ann", &id, "empty.txt", b"").await.is_refused(422, "invalid");
    assert_eq!(names(&place, &id).await, Vec::<String>::new());
    attach(&place, "ann", &id, &"a".repeat(255), b"x").await.is(OK);
}

/// REQ-9: 25 MiB, and not a byte more; nothing is left of one that is too large or cut off.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_taken_whole_or_not_at_all() {
    let place = Place::new().await;
    let id = place.submitted().await;
    let most = usize::try_from(MAX_ATTACHMENT).unwrap();
    let too_large = attach(&place, "ann", &id, "big.bin", &vec![7; most + 1]).await;
    too_large.is_refused(413, "too_large");
    assert_eq!(
        too_large.body["message"],
        "The file is larger than 25 MB, the most that can be attached."
    );
    assert!(place.contents().is_empty());
    let said = place.ask("POST", &format!("{}?name=big.bin", path(&id))).by("ann");
    let said = said.header("content-length", &(most + 1).to_string()).send().await;
    said.is_refused(413, "too_large");

    let parts = [Ok("half of it"), Err(std::io::Error::other("the line is gone"))];
    let cut_off = Request::post(format!("{}?name=half.txt", path(&id)))
        .header("authorization", format!("Bearer {}", place.token("ann")))
        .body(Body::from_stream(futures::stream::iter(parts)))
        .unwrap();
    let answer = router(place.state.clone()).oneshot(cut_off).await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(place.contents().is_empty());
    assert_eq!(names(&place, &id).await, Vec::<String>::new());

    attach(&place, "ann", &id, "big.bin", &vec![7; most]).await.is(OK);
    assert_eq!(names(&place, &id).await, ["big.bin"]);
}

/// REQ-9: one content is kept once, however often and wherever it is attached.
#[tokio::test(flavor = "multi_thread")]
async fn a_content_is_kept_once() {
    let place = Place::new().await;
    let (one, two) = (place.submitted().await, place.submitted().await);
    attach(&place, "ann", &one, "a.txt", b"hello world").await.is(OK);
    attach(&place, "bob", &one, "b.txt", b"hello world").await.is(OK);
    attach(&place, "ann", &two, "c.txt", b"hello world").await.is(OK);
    let kept = place.contents();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(kept[0].ends_with(HELLO));
    remove(&place, "ann", &one, 1).await.is(OK);
    place.get("ann", &format!("{}/1", path(&one))).await.is_refused(404, "not_found");
    for (id, number) in [(&one, 2), (&two, 1)] {
        let asked = place.ask("GET", &format!("{}/{number}", path(id))).by("ann");
        assert_eq!(asked.bytes().await.2, b"hello world");
    }
}

/// REQ-9: at most 20 at a time; a number is never given again.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_so_many_and_no_more() {
    let place = Place::new().await;
    let id = place.submitted().await;
    for number in 1..=MAX_ATTACHMENTS {
        attach(&place, "ann", &id, &format!("{number}.txt"), b"x").await.is(OK);
    }
    let refused = attach(&place, "bob", &id, "more.txt", b"y").await;
    refused.is_refused(422, "invalid");
    assert_eq!(
        refused.body["message"],
        "Attachments: the request has 20 files, and that is the most; remove one first."
    );
    assert_eq!(place.contents().len(), 1, "nothing is kept of what is refused");
    let keyed = place.ask("POST", &format!("{}?name=more.txt", path(&id))).by("bob");
    keyed.header("idempotency-key", "m").text("y").send().await.is_refused(422, "invalid");
    assert_eq!(place.contents().len(), 1, "neither of what is read before it is refused");
    remove(&place, "ann", &id, 20).await.is(OK);
    let attached = attach(&place, "bob", &id, "more.txt", b"y").await;
    attached.is(OK);
    let numbers = attached.body["attachments"].as_array().unwrap().iter();
    let numbers: Vec<u64> = numbers.map(|item| item["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..20).chain([21]).collect::<Vec<_>>());
}

/// REQ-9: who attached it and administrators remove it, while the request is open; the record keeps it.
#[tokio::test(flavor = "multi_thread")]
async fn attachments_are_removed_by_their_own_and_administrators() {
    let place = Place::new().await;
    let id = place.submitted().await;
    for (who, name) in [("ann", "1.txt"), ("bob", "2.txt"), ("bob", "3.txt")] {
        attach(&place, who, &id, name, b"x").await.is(OK);
    }
    let refused = remove(&place, "ann", &id, 2).await;
    refused.is_refused(403, "forbidden");
    assert_eq!(
        refused.body["message"],
        "Only the person who attached this file, or an administrator, can remove it. Ask one of them."
    );
    remove(&place, "bob", &id, 1).await.is_refused(403, "forbidden");
    remove(&place, "ann", &id, 1).await.is(OK);
    remove(&place, "ann", &id, 1).await.is_refused(404, "not_found");
    let removed = remove(&place, "ada", &id, 2).await;
    removed.is(OK);
    assert_eq!(removed.body["attachments"][0]["number"], 3);
    let events = place.get("ann", &format!("/api/v1/requests/{id}/events")).await;
    let said: Vec<&Json> = events.body["items"].as_array().unwrap().iter().rev().take(2).collect();
    assert_eq!(said[1]["message"], "ann removed the attachment “1.txt”.");
    assert_eq!(said[0]["message"], "ada removed the attachment “2.txt”.");
    assert_eq!(said[0]["event"], "attachment_removed");

    let cancel = json!({"comment": "not needed"});
    place.post("ann", &format!("/api/v1/requests/{id}/cancel"), &cancel).await.is(OK);
    remove(&place, "bob", &id, 3).await.is_refused(409, "wrong_status");
    remove(&place, "ada", &id, 3).await.is_refused(409, "wrong_status");
    attach(&place, "ann", &id, "receipt.pdf", b"paid").await.is(OK);
    assert_eq!(names(&place, &id).await, ["3.txt", "receipt.pdf"]);
}

/// REQ-11: a repeat is answered as the first time, and attaches nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_attaches_nothing() {
    let place = Place::new().await;
    let id = place.submitted().await;
    let again = async |name: &str, content: &str| {
        let asked = place.ask("POST", &format!("{}?name={name}", path(&id))).by("ann");
        asked.header("idempotency-key", "k-1").text(content).send().await
    };
    let first = again("a.exe.txt", "x").await;
    first.is(OK);
    attach(&place, "bob", &id, "b.txt", b"y").await.is(OK);
    // Also where it would be refused by now.
    let settings = json!({"attachments": {"refused": ["txt"]}});
    place.put("ada", "/api/v1/settings", &settings).await.is(OK);
    let second = again("a.exe.txt", "x").await;
    second.is(OK);
    assert_eq!(second.body, first.body);
    again("a.exe.txt", "z").await.is_refused(422, "invalid");
    again("c.txt", "x").await.is_refused(422, "invalid");
    assert_eq!(names(&place, &id).await, ["a.exe.txt", "b.txt"]);
}

/// REQ-1, REQ-9: what was attached to a draft stays when it is written anew and submitted.
#[tokio::test(flavor = "multi_thread")]
async fn attachments_of_a_draft_are_those_of_the_request() {
    let place = Place::new().await;
    let saved = place.post("ann", "/api/v1/drafts", &submission("900 EUR")).await;
    saved.is(OK);
    let id = saved.body["id"].as_str().unwrap();
    attach(&place, "bob", id, "a.txt", b"a").await.is_refused(404, "not_found");
    attach(&place, "ann", id, "a.txt", b"a").await.is(OK);
    attach(&place, "ann", id, "b.txt", b"b").await.is(OK);
    remove(&place, "ann", id, 1).await.is(OK);
    let draft = format!("/api/v1/drafts/{id}");
    place.put("ann", &draft, &submission("800 EUR")).await.is(OK);
    assert_eq!(names(&place, id).await, ["b.txt"]);
    let submitted = place.post("ann", &format!("{draft}/submit"), &json!({})).await;
    submitted.is(OK);
    assert_eq!(submitted.body["status"], "pending");
    assert_eq!(submitted.body["attachments"][0]["number"], 2);
    // As the record tells it, too: a repeat is answered from it.
    let comment = json!({"text": "see the file"});
    let said = place.ask("POST", &format!("/api/v1/requests/{id}/comments")).by("bob");
    let said = said.header("idempotency-key", "c-1").json(&comment).send().await;
    said.is(OK);
    let again = place.ask("POST", &format!("/api/v1/requests/{id}/comments")).by("bob");
    let again = again.header("idempotency-key", "c-1").json(&comment).send().await;
    assert_eq!(again.body, said.body);
    assert_eq!(again.body["attachments"][0]["name"], "b.txt");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_attaches_and_checks_what_it_downloads() {
    let place = Place::new().await;
    let id = place.submitted().await;
    let client = |login: &str| {
        let organization = place.state.engine.organization(&"main".parse().unwrap()).unwrap();
        let directory = &organization.organization.directory;
        let user = directory.by_login(&login.parse().unwrap()).unwrap().id.clone();
        let caller = Caller::new("main".parse().unwrap(), user, "test");
        Client::over(std::sync::Arc::new(Local::new(place.state.clone(), caller)))
    };
    let (ann, bob) = (client("ann"), client("bob"));
    let name = "Größe & Preis?.txt";
    let seen = ann.attach(&id, name, "hello world").await.unwrap();
    assert_eq!(seen.attachments[0].name, name);
    assert_eq!(bob.attachments(&id).await.unwrap().items, seen.attachments);
    assert_eq!(bob.attachment(&id, 1, 11).await.unwrap(), b"hello world");
    let long = bob.attachment(&id, 1, 10).await.unwrap_err();
    assert!(matches!(long, ClientError::TooLong { status: 200, .. }), "{long}");
    let refused = bob.remove_attachment(&id, 1).await.unwrap_err();
    assert_eq!(refused.code(), Some("forbidden"));
    assert!(ann.remove_attachment(&id, 1).await.unwrap().attachments.is_empty());
    assert_eq!(bob.attachment(&id, 1, 1_000).await.unwrap_err().code(), Some("not_found"));
}

/// REQ-9: a process that is killed loses no attachment that it acknowledged, and keeps none that no request
/// names.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_the_process() {
    let home = Home::new();
    let server = home.serve();
    let client = server.client(&home.token);
    let people = json!({"directory": {"users": [{"login": "bob"}]}});
    let text = "rule: note\nkind: note\nsteps: [{id: s, approvers: [{id: a, who: {user: bob}}]}]\n";
    let rule = RuleFile { name: "note.yaml".to_owned(), text: text.to_owned() };
    let organization = serde_json::from_value(people).unwrap();
    let bundle = Bundle { organization, rules: vec![rule], ..Bundle::default() };
    client.apply(&bundle, Deed::Do, false).await.unwrap();
    let submit = SubmitRequest {
        rule: Some("note".to_owned()),
        title: "A note".to_owned(),
        reason: "To keep".to_owned(),
        ..SubmitRequest::default()
    };
    let id = client.submit(&submit).await.unwrap().id;
    let content = vec![5; 3 << 20];
    client.attach(&id, "a.bin", content.clone()).await.unwrap();
    // Killed, not stopped.
    drop(server);
    std::fs::write(home.path("blobs/parts/1-1"), b"half").unwrap();
    // As if it had died after the request named the content and before it was given its name …
    let kept = files_below(&home.path("blobs")).into_iter().find(|path| !path.ends_with("1-1"));
    let kept = kept.unwrap();
    let sha256 = kept.file_name().unwrap().to_str().unwrap();
    let waiting = format!("blobs/waiting/{sha256}~1-2~main~{id}");
    std::fs::rename(&kept, home.path(&waiting)).unwrap();
    // … and before a request named these.
    for wanted_by in [format!("main~{id}"), "main~none".to_owned(), "none~none".to_owned()] {
        let waiting = format!("blobs/waiting/{HELLO}~1-3~{wanted_by}");
        std::fs::write(home.path(&waiting), b"hello world").unwrap();
    }

    let server = home.serve();
    let client = server.client(&home.token);
    assert_eq!(client.attachment(&id, 1, content.len()).await.unwrap(), content);
    assert_eq!(files_below(&home.path("blobs")), [kept]);
    server.stop();
}
