//! A grant whose window runs from its first use, as it is reported and shown (EXE-6b).

use axum::http::StatusCode;
use engine_connect::{ConnectionConfig, Limits, Target};
use engine_server::{config::Config, first_party};
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
    config: {connection: hr, query: select * from people, max_rows: 10, file_name: people.csv}
    window: {from: first_use, length: 2h, unused: 3d}
";

#[tokio::test(flavor = "multi_thread")]
async fn a_first_use_is_reported_once_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hr.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.execute_batch("create table people (name text)").unwrap();
    let target = Target::Sqlite { path };
    let connection = ConnectionConfig { target, read_only: true, limits: Limits::default() };
    let connections = [("hr".parse().unwrap(), connection)].into();
    let place = Place::with(in_memory(), Config { connections, ..Config::default() }).await;
    first_party::install(&place.state, &"main".parse().unwrap()).await.unwrap();
    let grant = json!({"connections": {"hr": "read"}, "blobs": true});
    place.put("ada", "/api/v1/plugins/export/grant", &grant).await.is(OK);
    place.ask("PUT", "/api/v1/rules/people").by("olga").text(RULE).send().await.is(OK);

    let body = json!({"rule": "people", "title": "People", "reason": "For the party"});
    let submitted = place.post("ann", "/api/v1/requests", &body).await;
    submitted.is(OK);
    let path = format!("/api/v1/requests/{}", submitted.body["id"].as_str().unwrap());
    let report = format!("{path}/executions/out/use");
    place.post("ann", &report, &Json::Null).await.is_refused(409, "wrong_status");
    let decide = json!({"decision": "approve", "comment": "fine"});
    let asked = place.ask("POST", &format!("{path}/decisions")).by("bob");
    asked.header("if-match", "\"1;unit\"").json(&decide).send().await.is(OK);
    place.state.engine.settle().await.unwrap();

    let waits = place.get("ann", &path).await.body["executions"][0].clone();
    let told = "“Out” ends 2 hours after its first use, and on 5 March 2026, 09:00 UTC at the latest \
                if nobody has reported a use by then.";
    assert_eq!(
        (&waits["state"], &waits["until"], &waits["awaits_use"], &waits["used_at"]),
        (&json!("active"), &json!("2026-03-05T09:00:00Z"), &json!(told), &Json::Null)
    );
    let hour = chrono::TimeDelta::hours(1);
    place.state.engine.advance_to(place.state.engine.now() + hour).await.unwrap();
    place.post("bob", &report, &Json::Null).await.is_refused(403, "forbidden");
    place.post("eve", &report, &Json::Null).await.is_refused(404, "not_found");
    let nowhere = format!("{path}/executions/out/db1/use");
    place.post("ann", &nowhere, &Json::Null).await.is_refused(404, "not_found");
    let again = || place.ask("POST", &report).by("ann").header("idempotency-key", "first").send();
    for answer in [again().await, again().await] {
        answer.is(OK);
        let used = &answer.body["executions"][0];
        assert_eq!(
            [&used["used_at"], &used["used_by"], &used["until"], &used["awaits_use"]],
            [
                &json!("2026-03-02T10:00:00Z"),
                &json!("ann"),
                &json!("2026-03-02T12:00:00Z"),
                &Json::Null
            ]
        );
    }
    place.post("ada", &report, &Json::Null).await.is_refused(409, "wrong_status");
}
