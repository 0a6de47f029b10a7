//! What approvers see of the work before they approve it, and what becomes of it when it changes.

use std::{path::Path, sync::Arc};

use axum::http::StatusCode;
use engine_connect::{ConnectionConfig, Limits, Target};
use engine_server::{config::Config, first_party};
use engine_store::Store;
use serde_json::{Value as Json, json};

use crate::place::{Answer, Place, in_memory};

const OK: StatusCode = StatusCode::OK;

const RULE: &str = "\
rule: people
kind: export
steps: [{id: unit, approvers: [{id: directors, who: {group: directors}}]}]
executors:
  - id: out
    plugin: export
    config: {connection: hr, query: select * from people, max_rows: 10, file_name: people.csv}
";

/// A database of people, an export of which Ann has asked for; the path of her request.
async fn asked(folder: &Path) -> (Place, rusqlite::Connection, String) {
    let path = folder.join("hr.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    database
        .execute_batch("create table people (name text); insert into people values ('Ann')")
        .unwrap();
    let target = Target::Sqlite { path };
    let connection = ConnectionConfig { target, read_only: true, limits: Limits::default() };
    let connections = [("hr".parse().unwrap(), connection)].into();
    let store: Arc<dyn Store> = in_memory();
    let place = Place::with(store, Config { connections, ..Config::default() }).await;
    first_party::install(&place.state, &"main".parse().unwrap()).await.unwrap();
    let grant = json!({"connections": {"hr": "read"}, "blobs": true});
    place.put("ada", "/api/v1/plugins/export/grant", &grant).await.is(OK);
    place.ask("PUT", "/api/v1/rules/people").by("olga").text(RULE).send().await.is(OK);
    let body = json!({"rule": "people", "title": "People", "reason": "For the party"});
    let submitted = place.post("ann", "/api/v1/requests", &body).await;
    submitted.is(OK);
    let path = format!("/api/v1/requests/{}", submitted.body["id"].as_str().unwrap());
    (place, database, path)
}

async fn approve(place: &Place, path: &str) -> Answer {
    let asked = place.ask("POST", &format!("{path}/decisions")).by("bob");
    let body = json!({"decision": "approve", "comment": "fine"});
    let answer = asked.header("if-match", "\"1;unit\"").json(&body).send().await;
    answer.is(OK);
    place.state.engine.settle().await.unwrap();
    place.get("bob", path).await
}

fn execution(answer: &Answer) -> &Json {
    &answer.body["executions"][0]
}

/// EXE-6
#[tokio::test(flavor = "multi_thread")]
async fn approvers_see_the_plan_before_they_approve() {
    let folder = tempfile::tempdir().unwrap();
    let (place, _database, path) = asked(folder.path()).await;
    for who in ["bob", "dora", "ann"] {
        let seen = place.get(who, &path).await;
        seen.is(OK);
        assert_eq!(
            (&seen.body["status"], &execution(&seen)["state"]),
            (&json!("pending"), &json!("waiting"))
        );
        let plan = &execution(&seen)["plan"];
        let effect = json!({
            "kind": "export",
            "target": "hr: people",
            "summary": "at most 10 rows with name into people.csv",
        });
        assert_eq!(plan["effects"], json!([effect]));
        assert_eq!(plan["binding"]["columns"], json!(["name"]));
        assert_eq!(plan["binding"]["tables"], json!(["people"]));
        assert_eq!(plan["binding"]["query"], "select * from people");
        let statement = json!({
            "during": "execute", "connection": "hr", "kind": "select", "reads": ["people"],
            "exact": true,
        });
        assert_eq!(plan["statements"], json!([statement]));
    }
    let done = approve(&place, &path).await;
    assert_eq!(execution(&done)["state"], "succeeded", "{:#}", done.body);
}

/// EXE-6, EXE-6a: the failure says in a word and in a sentence that the plan changed; a person's retry
/// does not get round it, and nothing leaves the database.
#[tokio::test(flavor = "multi_thread")]
async fn another_plan_than_the_approved_one_is_not_carried_out() {
    let folder = tempfile::tempdir().unwrap();
    let (place, database, path) = asked(folder.path()).await;
    let approved = place.get("bob", &path).await;
    database.execute_batch("alter table people add column salary integer").unwrap();

    let failed = approve(&place, &path).await;
    assert_eq!(failed.body["status"], "approved");
    for _ in 0..2 {
        let failed = place.get("ann", &path).await;
        let execution = execution(&failed);
        assert_eq!(execution["state"], "failed", "{execution:#}");
        let failure = &execution["failure"];
        assert_eq!(
            (&failure["class"], &failure["may_have_happened"]),
            (&json!("plan_changed"), &json!(false))
        );
        let says = failure["message"].as_str().unwrap();
        assert!(says.contains("something else than what was approved"), "{says}");
        assert_eq!(
            execution["plan"], approved.body["executions"][0]["plan"],
            "what was approved stays"
        );
        let links = format!("{path}/executions/out/files/people.csv/links");
        place.post("ann", &links, &json!({})).await.is_refused(404, "not_found");
        place.post("ada", &format!("{path}/executions/out/retry"), &json!({})).await.is(OK);
        place.state.engine.settle().await.unwrap();
    }
    // The table is again what it was when the plan was approved.
    database.execute_batch("alter table people drop column salary").unwrap();
    place.post("ada", &format!("{path}/executions/out/retry"), &json!({})).await.is(OK);
    place.state.engine.settle().await.unwrap();
    let done = place.get("ann", &path).await;
    assert_eq!(execution(&done)["state"], "succeeded", "{:#}", done.body);
}
