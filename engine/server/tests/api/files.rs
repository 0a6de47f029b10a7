//! Files that executions made: who may have them, and how they are handed out.

use std::{path::Path, sync::Arc};

use axum::http::StatusCode;
use chrono::TimeDelta;
use engine_connect::{ConnectionConfig, Limits, Target};
use engine_core::request::MAX_LINKS;
use engine_server::{config::Config, first_party};
use engine_store::{Limit, Position, Store};
use serde_json::{Value as Json, json};

use crate::place::{Place, in_memory};

const OK: StatusCode = StatusCode::OK;

const RULE: &str = "\
rule: people
kind: export
steps: [{id: unit, approvers: [{id: directors, who: {group: directors}}]}]
executors:
  - id: out
    plugin: export
    config: {connection: hr, query: select name from people order by name, max_rows: 10, file_name: people.csv}
";
/// What the export makes of the names below.
const CSV: &str = "name\r\nAnn\r\n\"O'Hara, Bob\"\r\n";
/// Its SHA-256.
const DIGEST: &str = "sha-256=:G+fyYabAd+SY1tA2SVuoy7qUDuaPGJOSsvfR9Z4gYkU=:";

/// The connection to a new database of people.
fn config(folder: &Path) -> Config {
    let path = folder.join("hr.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    let setup = "create table if not exists people (name text); delete from people;
                 insert into people values ('O''Hara, Bob'), ('Ann')";
    database.execute_batch(setup).unwrap();
    let connection = ConnectionConfig {
        target: Target::Sqlite { path },
        read_only: true,
        limits: Limits::default(),
    };
    let connections = [("hr".parse().unwrap(), connection)].into();
    Config { connections, ..Config::default() }
}

async fn opened(folder: &Path, store: Arc<dyn Store>) -> Place {
    let place = Place::with(store, config(folder)).await;
    first_party::install(&place.state, &"main".parse().unwrap()).await.unwrap();
    let grant = json!({"connections": {"hr": "read"}, "blobs": true});
    place.put("ada", "/api/v1/plugins/export/grant", &grant).await.is(OK);
    let published = place.ask("PUT", "/api/v1/rules/people").by("olga").text(RULE).send().await;
    published.is(OK);
    place
}

/// An export of Ann's that Bob approved; its path.
async fn export(place: &Place) -> String {
    let body = json!({"rule": "people", "title": "People", "reason": "For the party"});
    let submitted = place.post("ann", "/api/v1/requests", &body).await;
    submitted.is(OK);
    let path = format!("/api/v1/requests/{}", submitted.body["id"].as_str().unwrap());
    let links = format!("{path}/executions/out/files/people.csv/links");
    place.post("ann", &links, &json!({})).await.is_refused(404, "not_found");
    let decide = json!({"decision": "approve", "comment": "fine"});
    let asked = place.ask("POST", &format!("{path}/decisions")).by("bob");
    asked.header("if-match", "\"1;unit\"").json(&decide).send().await.is(OK);
    place.state.engine.settle().await.unwrap();
    let done = place.get("ann", &path).await;
    assert_eq!(done.body["executions"][0]["state"], "succeeded", "{:#}", done.body);
    assert_eq!(done.body["executions"][0]["receipt"]["fields"]["file"], "people.csv");
    path
}

async fn exported(folder: &Path) -> (Place, String) {
    let place = opened(folder, in_memory()).await;
    let path = export(&place).await;
    (place, format!("{path}/executions"))
}

/// A new link; its path.
async fn link(place: &Place, who: &str, executions: &str) -> String {
    let links = format!("{executions}/out/files/people.csv/links");
    let made = place.post(who, &links, &json!({})).await;
    made.is(OK);
    made.body["path"].as_str().unwrap().to_owned()
}

async fn pass(place: &Place, time: TimeDelta) {
    place.state.engine.advance_to(place.state.engine.now() + time).await.unwrap();
}

/// The file as the request tells of it.
async fn told(place: &Place, executions: &str) -> Json {
    let request = place.get("bob", executions.strip_suffix("/executions").unwrap()).await;
    request.body["executions"][0]["files"][0].clone()
}

/// EXE-7
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_for_the_requester_and_administrators() {
    let folder = tempfile::tempdir().unwrap();
    let (place, executions) = exported(folder.path()).await;
    for who in ["ann", "ada", "olga"] {
        let path = link(&place, who, &executions).await;
        let (status, headers, bytes) = place.ask("GET", &path).by(who).bytes().await;
        assert_eq!(status, OK);
        assert_eq!(String::from_utf8(bytes).unwrap(), CSV);
        for (name, value) in [
            ("content-type", "text/csv; charset=utf-8"),
            ("content-length", &CSV.len().to_string()),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "private, no-store"),
            ("content-digest", DIGEST),
            (
                "content-disposition",
                "attachment; filename=\"people.csv\"; filename*=UTF-8''people.csv",
            ),
        ] {
            assert_eq!(headers[name], value);
        }
    }
    // Bob sees the request, its receipt and that there is a file, and not what is in it.
    let shown = told(&place, &executions).await;
    assert_eq!((&shown["name"], &shown["rows"]), (&json!("people.csv"), &json!(2)));
    assert_eq!((&shown["size"], &shown["deleted_at"]), (&json!(CSV.len()), &Json::Null));
    assert_eq!(shown["kept_until"], "2026-04-01T09:00:00Z");
    assert_eq!(shown["sha256"].as_str().map(str::len), Some(64));
    let file = format!("{executions}/out/files/people.csv");
    for who in ["bob", "dora", "eve"] {
        let links = format!("{file}/links");
        place.post(who, &links, &json!({})).await.is_refused(404, "not_found");
    }
    let path = link(&place, "ann", &executions).await;
    place.ask("GET", &path).send().await.is_refused(401, "unauthenticated");
    place.ask("POST", &file).by("ann").send().await.is_refused(405, "method_not_allowed");
    let bare = place.get("ann", &file).await;
    bare.is_refused(422, "invalid");
    assert_eq!(bare.body["fields"][0]["field"], "link");
}

/// EXE-7, AUD-1: another person's link is as good as none, and every download is an event.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_one_persons_and_its_use_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let store = in_memory();
    let place = opened(folder.path(), store.clone()).await;
    let request = export(&place).await;
    let executions = format!("{request}/executions");
    let path = link(&place, "ann", &executions).await;
    let (file, secret) = path.split_once("?link=").unwrap();
    let mut answers = Vec::new();
    for (who, path) in [
        ("ada", path.clone()),
        ("bob", path.clone()),
        ("eve", path.clone()),
        ("ann", format!("{file}?link=csl_{}", "0".repeat(64))),
        ("ann", format!("{file}?link=")),
    ] {
        let answer = place.get(who, &path).await;
        answer.is_refused(404, "not_found");
        answers.push(answer.body);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert_eq!(place.ask("GET", &path).by("ann").bytes().await.0, OK);

    let events = place.get("bob", &format!("{request}/events")).await;
    let items = events.body["items"].as_array().unwrap();
    let says: Vec<&str> = items.iter().filter_map(|item| item["message"].as_str()).collect();
    let downloads = says.iter().filter(|text| text.contains("ann downloaded “people.csv”"));
    assert_eq!(downloads.count(), 1, "{says:#?}");
    let (org, id) = ("main".parse().unwrap(), request.rsplit('/').next().unwrap());
    let log = store.history(&org, &id.parse().unwrap(), Position::default(), Limit::MAX).await;
    let log: Vec<String> = log
        .unwrap()
        .iter()
        .map(|event| String::from_utf8(event.body.json.clone()).unwrap())
        .collect();
    assert!(log.iter().any(|event| event.contains("downloaded")), "{log:#?}");
    let snapshot = store.load(&org, &id.parse().unwrap()).await.unwrap().unwrap().snapshot;
    let kept = log.concat() + &String::from_utf8(snapshot.json).unwrap();
    assert!(!kept.contains(secret), "the secret of a link is kept");
}

/// EXE-7, REQ-10: a link is of use only as long as its person may have the file.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_with_the_right_to_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (place, executions) = exported(folder.path()).await;
    let path = link(&place, "ada", &executions).await;
    assert_eq!(place.ask("GET", &path).by("ada").bytes().await.0, OK);
    let role = |role: &str| json!({"login": "ada", "role": role});
    for demoted in ["auditor", "user"] {
        place.put("olga", "/api/v1/users/ada", &role(demoted)).await.is(OK);
        place.get("ada", &path).await.is_refused(404, "not_found");
        let links = format!("{executions}/out/files/people.csv/links");
        place.post("ada", &links, &json!({})).await.is_refused(404, "not_found");
    }
    place.put("olga", "/api/v1/users/ada", &role("administrator")).await.is(OK);
    assert_eq!(place.ask("GET", &path).by("ada").bytes().await.0, OK);
}

/// EXE-7: nobody's links go because somebody else makes many.
#[tokio::test(flavor = "multi_thread")]
async fn the_newest_links_of_each_person_are_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let (place, executions) = exported(folder.path()).await;
    let (of_ann, of_ada) =
        (link(&place, "ann", &executions).await, link(&place, "ada", &executions).await);
    for _ in 0..MAX_LINKS {
        link(&place, "ada", &executions).await;
    }
    place.get("ada", &of_ada).await.is_refused(404, "not_found");
    assert_eq!(place.ask("GET", &of_ann).by("ann").bytes().await.0, OK);
}

/// EXE-7
#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_good_for_so_many_downloads_and_so_long() {
    let folder = tempfile::tempdir().unwrap();
    let (place, executions) = exported(folder.path()).await;
    let links = format!("{executions}/out/files/people.csv/links");
    let made = place.post("ann", &links, &json!({})).await;
    assert_eq!(
        (&made.body["downloads"], &made.body["expires"]),
        (&json!(3), &json!("2026-03-02T10:00:00Z"))
    );
    let path = made.body["path"].as_str().unwrap();
    for _ in 0..3 {
        assert_eq!(place.ask("GET", path).by("ann").bytes().await.0, OK);
    }
    let used_up = place.get("ann", path).await;
    used_up.is_refused(410, "gone");
    assert!(used_up.body["message"].as_str().unwrap().contains("3 downloads, and all were used"));

    let path = link(&place, "ann", &executions).await;
    pass(&place, TimeDelta::minutes(59)).await;
    assert_eq!(place.ask("GET", &path).by("ann").bytes().await.0, OK);
    pass(&place, TimeDelta::minutes(1)).await;
    let expired = place.get("ann", &path).await;
    expired.is_refused(410, "gone");
    assert!(expired.body["message"].as_str().unwrap().contains("was good until"));

    let settings = |files: Json| json!({"files": files});
    for (field, files) in [
        ("files.link_downloads", json!({"link_downloads": 0})),
        ("files.link_expires_after", json!({"link_expires_after": "0m"})),
        ("files.retention", json!({"retention": "5bd"})),
    ] {
        let refused = place.put("ada", "/api/v1/settings", &settings(files)).await;
        refused.is_refused(422, "invalid");
        assert_eq!(refused.body["fields"][0]["field"], field);
    }
    let shorter = settings(json!({"link_downloads": 1, "link_expires_after": "10m"}));
    place.put("ada", "/api/v1/settings", &shorter).await.is(OK);
    let path = link(&place, "ann", &executions).await;
    assert_eq!(place.ask("GET", &path).by("ann").bytes().await.0, OK);
    place.get("ann", &path).await.is_refused(410, "gone");
}

/// EXE-7: what is over is shown, and its content is gone from the disk.
#[tokio::test(flavor = "multi_thread")]
async fn files_are_deleted_after_their_retention() {
    let folder = tempfile::tempdir().unwrap();
    let (place, executions) = exported(folder.path()).await;
    assert_eq!(place.contents().len(), 1);
    pass(&place, TimeDelta::days(30) - TimeDelta::minutes(1)).await;
    let path = link(&place, "ann", &executions).await;
    assert_eq!(place.ask("GET", &path).by("ann").bytes().await.0, OK);
    pass(&place, TimeDelta::minutes(1)).await;
    assert_eq!(place.contents(), [""; 0].map(std::path::PathBuf::from));
    assert_eq!(told(&place, &executions).await["deleted_at"], "2026-04-01T09:00:00Z");
    let gone = place.get("ann", &path).await;
    gone.is_refused(410, "gone");
    assert!(
        gone.body["message"].as_str().unwrap().contains("was deleted on 1 April 2026, 09:00 UTC")
    );
    let links = format!("{executions}/out/files/people.csv/links");
    place.post("ann", &links, &json!({})).await.is_refused(410, "gone");
    place.post("bob", &links, &json!({})).await.is_refused(404, "not_found");
}

/// EXE-7: a content is kept once, for everything that needs it.
#[tokio::test(flavor = "multi_thread")]
async fn a_content_stays_as_long_as_something_needs_it() {
    let folder = tempfile::tempdir().unwrap();
    let (place, first) = exported(folder.path()).await;
    pass(&place, TimeDelta::days(10)).await;
    let second = format!("{}/executions", export(&place).await);
    assert_eq!(place.contents().len(), 1, "two files with the same content");
    pass(&place, TimeDelta::days(20)).await;
    assert!(told(&place, &first).await["deleted_at"].is_string());
    let path = link(&place, "ann", &second).await;
    assert_eq!(place.ask("GET", &path).by("ann").bytes().await.2, CSV.as_bytes());

    let id = place.submitted().await;
    let attach = format!("/api/v1/requests/{id}/attachments?name=people.csv");
    place.ask("POST", &attach).by("ann").text(CSV).send().await.is(OK);
    pass(&place, TimeDelta::days(10)).await;
    assert!(told(&place, &second).await["deleted_at"].is_string());
    let attached = place.ask("GET", &format!("/api/v1/requests/{id}/attachments/1")).by("ann");
    assert_eq!(attached.bytes().await.2, CSV.as_bytes());
    assert_eq!(place.contents().len(), 1);
}

/// EXE-7: the end of a retention survives a restart, also one in the middle of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_retention_ends_whatever_happens_meanwhile() {
    let (folder, store) = (tempfile::tempdir().unwrap(), in_memory());
    let place = opened(folder.path(), store.clone()).await;
    let executions = format!("{}/executions", export(&place).await);
    let place = place.again(store.clone(), config(folder.path())).await;
    let path = link(&place, "ann", &executions).await;
    // Its content cannot be removed.
    let content = place.contents().remove(0);
    let aside = folder.path().join("aside");
    std::fs::rename(&content, &aside).unwrap();
    std::fs::create_dir_all(content.join("in the way")).unwrap();
    let end = place.state.engine.now() + TimeDelta::days(30);
    place.state.engine.advance_to(end).await.unwrap_err();
    place.get("ann", &path).await.is_refused(410, "gone");
    assert!(told(&place, &executions).await["deleted_at"].is_string());

    std::fs::remove_dir_all(&content).unwrap();
    std::fs::rename(&aside, &content).unwrap();
    let place = place.again(store, config(folder.path())).await;
    pass(&place, TimeDelta::minutes(1)).await;
    assert!(!content.exists());
}

/// EXE-7
#[tokio::test(flavor = "multi_thread")]
async fn no_name_leads_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let (place, executions) = exported(folder.path()).await;
    let link = link(&place, "ann", &executions).await;
    let (_, secret) = link.split_once('?').unwrap();
    for tail in [
        "out/files/other.csv",
        "out/files/PEOPLE.CSV",
        "out/files/people.csv%00",
        "out/files/%2e%2e%2fpeople.csv",
        "out/files/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "out/files/..%5c..%5cpeople.csv",
        "out/files/%2fetc%2fpasswd",
        "out/files/.%2fpeople.csv",
        "out/files/..",
        "out/files/%ff",
        "out/files/",
        "in/files/people.csv",
        "out/hr/files/people.csv",
        "..%2fout/files/people.csv",
    ] {
        let answer = place.get("ann", &format!("{executions}/{tail}?{secret}")).await;
        answer.is_refused(404, "not_found");
        let links = format!("{executions}/{tail}/links");
        place.post("ann", &links, &json!({})).await.is_refused(404, "not_found");
    }
    let elsewhere = executions.replace("/requests/r", "/requests/r9");
    let answer = place.get("ann", &format!("{elsewhere}/out/files/people.csv?{secret}")).await;
    answer.is_refused(404, "not_found");
}

/// EXE-7
#[tokio::test(flavor = "multi_thread")]
async fn the_client_downloads_what_fits_and_checks_it() {
    let folder = tempfile::tempdir().unwrap();
    let (place, executions) = exported(folder.path()).await;
    let id = executions.split('/').nth(4).unwrap();
    let caller = |login: &str| {
        let organization = place.state.engine.organization(&"main".parse().unwrap()).unwrap();
        let directory = &organization.organization.directory;
        let user = directory.by_login(&login.parse().unwrap()).unwrap().id.clone();
        engine_runtime::Caller::new("main".parse().unwrap(), user, "test")
    };
    let client = |login: &str| {
        let local = engine_server::local::Local::new(place.state.clone(), caller(login));
        sdk_client::Client::over(Arc::new(local))
    };
    let ann = client("ann");
    assert_eq!(ann.file(id, "out", "people.csv", 1_000).await.unwrap(), CSV.as_bytes());
    let long = ann.file(id, "out", "people.csv", CSV.len() - 1).await.unwrap_err();
    assert!(matches!(long, sdk_client::ClientError::TooLong { status: 200, .. }), "{long}");
    let refused = client("bob").file(id, "out", "people.csv", 1_000).await.unwrap_err();
    assert_eq!(refused.code(), Some("not_found"));
    let link = ann.link_file(id, "out", "people.csv").await.unwrap().link;
    for _ in 0..3 {
        let file = ann.download(id, "out", "people.csv", &link, 1_000).await.unwrap();
        assert_eq!(file, CSV.as_bytes());
    }
    let refused = ann.download(id, "out", "people.csv", &link, 1_000).await.unwrap_err();
    assert_eq!(refused.code(), Some("gone"));
}
