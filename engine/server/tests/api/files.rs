//! Files that executions made: who may have them, and how they are handed out.

use axum::http::StatusCode;
use engine_connect::{ConnectionConfig, Limits, Target};
use engine_server::{config::Config, first_party};
use engine_store::Store;
use serde_json::json;
use std::sync::Arc;

use crate::place::{Place, in_memory};

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

/// An export of Ann's that Bob approved; its path.
async fn exported(folder: &std::path::Path) -> (Place, String) {
    let path = folder.join("hr.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    let setup =
        "create table people (name text); insert into people values ('O''Hara, Bob'), ('Ann')";
    database.execute_batch(setup).unwrap();
    let connection = ConnectionConfig {
        target: Target::Sqlite { path },
        read_only: true,
        limits: Limits::default(),
    };
    let connections = [("hr".parse().unwrap(), connection)].into();
    let config = Config { connections, ..Config::default() };
    let store: Arc<dyn Store> = in_memory();
    let place = Place::with(store, config).await;
    first_party::install(&place.state, &"main".parse().unwrap()).await.unwrap();
    let grant = json!({"connections": {"hr": "read"}, "blobs": true});
    place.put("ada", "/api/v1/plugins/export/grant", &grant).await.is(StatusCode::OK);
    let published = place.ask("PUT", "/api/v1/rules/people").by("olga").text(RULE).send().await;
    published.is(StatusCode::OK);

    let body = json!({"rule": "people", "title": "People", "reason": "For the party"});
    let submitted = place.post("ann", "/api/v1/requests", &body).await;
    submitted.is(StatusCode::OK);
    let path = format!("/api/v1/requests/{}", submitted.body["id"].as_str().unwrap());
    let file = format!("{path}/executions/out/files/people.csv");
    place.get("ann", &file).await.is_refused(404, "not_found");
    let decide = json!({"decision": "approve", "comment": "fine"});
    let asked = place.ask("POST", &format!("{path}/decisions")).by("bob");
    asked.header("if-match", "\"1;unit\"").json(&decide).send().await.is(StatusCode::OK);
    place.state.engine.settle().await.unwrap();
    let done = place.get("ann", &path).await;
    assert_eq!(done.body["executions"][0]["state"], "succeeded", "{:#}", done.body);
    assert_eq!(done.body["executions"][0]["receipt"]["fields"]["file"], "people.csv");
    (place, format!("{path}/executions"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_for_the_requester_and_administrators() {
    let folder = tempfile::tempdir().unwrap();
    let (place, executions) = exported(folder.path()).await;
    let path = format!("{executions}/out/files/people.csv");
    for who in ["ann", "ada", "olga"] {
        let (status, headers, bytes) = place.ask("GET", &path).by(who).bytes().await;
        assert_eq!(status, StatusCode::OK);
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
    // Bob sees the request and its receipt, and not what is in the file.
    for who in ["bob", "dora", "eve"] {
        place.get(who, &path).await.is_refused(404, "not_found");
    }
    place.ask("GET", &path).send().await.is_refused(401, "unauthenticated");
    place.ask("POST", &path).by("ann").send().await.is_refused(405, "method_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_leads_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let (place, executions) = exported(folder.path()).await;
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
        let answer = place.get("ann", &format!("{executions}/{tail}")).await;
        answer.is_refused(404, "not_found");
    }
    let elsewhere = executions.replace("/requests/r", "/requests/r9");
    let answer = place.get("ann", &format!("{elsewhere}/out/files/people.csv")).await;
    answer.is_refused(404, "not_found");
}

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
}
