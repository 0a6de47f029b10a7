//! What approvers may edit, and plugins that read it (STP-12, EXE-6a).

use std::{path::Path, sync::Arc};

use axum::http::StatusCode;
use engine_connect::{ConnectionConfig, Limits, Target};
use engine_server::{config::Config, first_party};
use engine_store::Store;
use serde_json::{Value as Json, json};

use crate::place::{Answer, Place, in_memory};

const OK: StatusCode = StatusCode::OK;
/// The manifest of the plugin `export`, as it stands in its component.
const MANIFEST: &str = include_str!("../../../../plugins/export/manifest.json");

/// The rule, whose step lets approvers edit these, and whose executor is this plugin.
fn rule(editable: &str, plugin: &str) -> String {
    format!(
        "\
rule: people
kind: export
form: [{{name: ticket, type: text}}]
steps: [{{id: unit, approvers: [{{id: directors, who: {{group: directors}}}}], editable_properties: [{editable}]}}]
executors:
  - id: out
    plugin: {plugin}
    config: {{connection: hr, query: select name from people, max_rows: 10, file_name: people.csv}}
"
    )
}

/// The component `export`, whose manifest says besides that it reads the property `ticket`.
fn reading(place: &Place) -> Vec<u8> {
    let mut component = place.component("export");
    let mut manifest: Json = serde_json::from_str(MANIFEST).unwrap();
    manifest["reads"] = json!({"request": ["ticket"]});
    let mut manifest = manifest.to_string().into_bytes();
    assert!(manifest.len() <= MANIFEST.len(), "without line breaks there is room for more");
    manifest.resize(MANIFEST.len(), b' ');
    // The crate for authors has it as a constant besides.
    let places = component.windows(MANIFEST.len()).enumerate();
    let places = places.filter(|(_, part)| *part == MANIFEST.as_bytes());
    let places: Vec<usize> = places.map(|(place, _)| place).collect();
    assert!(!places.is_empty(), "the manifest stands in its component");
    for place in places {
        component[place..place + manifest.len()].copy_from_slice(&manifest);
    }
    component
}

async fn place(folder: &Path) -> Place {
    let path = folder.join("hr.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.execute_batch("create table people (name text)").unwrap();
    let target = Target::Sqlite { path };
    let connection = ConnectionConfig { target, read_only: true, limits: Limits::default() };
    let connections = [("hr".parse().unwrap(), connection)].into();
    let store: Arc<dyn Store> = in_memory();
    let place = Place::with(store, Config { connections, ..Config::default() }).await;
    first_party::install(&place.state, &"main".parse().unwrap()).await.unwrap();
    place.put("ada", "/api/v1/plugins/export/grant", &grant()).await.is(OK);
    place
}

fn grant() -> Json {
    json!({"connections": {"hr": "read"}, "blobs": true})
}

async fn publish(place: &Place, rule: &str) -> Answer {
    place.ask("PUT", "/api/v1/rules/people").by("olga").text(rule).send().await
}

async fn install(place: &Place, id: &str, component: &[u8]) -> Answer {
    let asked = place.ask("PUT", &format!("/api/v1/plugins/{id}")).by("ada");
    asked.text(component).send().await
}

/// A request of Ann's; its path.
async fn submitted(place: &Place) -> String {
    let body = json!({"rule": "people", "title": "People", "reason": "For the party"});
    let submitted = place.post("ann", "/api/v1/requests", &body).await;
    submitted.is(OK);
    format!("/api/v1/requests/{}", submitted.body["id"].as_str().unwrap())
}

/// What became of the execution after Bob approved.
async fn approved(place: &Place, path: &str) -> Json {
    let asked = place.ask("POST", &format!("{path}/decisions")).by("bob");
    let body = json!({"decision": "approve", "comment": "fine"});
    asked.header("if-match", "\"1;unit\"").json(&body).send().await.is(OK);
    place.state.engine.settle().await.unwrap();
    place.get("ann", path).await.body["executions"][0].clone()
}

/// STP-12, EXE-6a
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_reads_what_may_be_edited_is_not_published_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path()).await;
    let component = reading(&place);
    install(&place, "reader", &component).await.is(OK);
    place.put("ada", "/api/v1/plugins/reader/grant", &grant()).await.is(OK);

    let refused = publish(&place, &rule("ticket", "reader")).await;
    refused.is_refused(422, "rule_invalid");
    let says = refused.body.to_string();
    assert!(
        says.contains("`ticket` is read by the plugin `reader` of the executor `out`"),
        "{says}"
    );

    publish(&place, &rule("", "reader")).await.is(OK);
    let path = submitted(&place).await;
    assert_eq!(approved(&place, &path).await["state"], "succeeded");
}

/// STP-12, EXE-6a: neither by replacing the plugin, nor for requests that came in before.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_reads_more_than_before_does_not_get_at_what_may_be_edited() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path()).await;
    let component = reading(&place);
    publish(&place, &rule("ticket", "export")).await.is(OK);
    let before = submitted(&place).await;

    let refused = install(&place, "export", &component).await;
    refused.is_refused(422, "invalid");
    let says = refused.body.to_string();
    assert!(says.contains("`ticket`") && says.contains("rule `people`"), "{says}");
    assert!(says.contains("another id"), "{says}");

    publish(&place, &rule("", "export")).await.is(OK);
    install(&place, "export", &component).await.is(OK);
    let failed = approved(&place, &before).await;
    assert_eq!(failed["state"], "failed", "{failed:#}");
    let says = failed["failure"]["message"].as_str().unwrap();
    assert!(says.contains("reads `ticket`, which approvers may edit in step `unit`"), "{says}");
    let links = format!("{before}/executions/out/files/people.csv/links");
    place.post("ann", &links, &json!({})).await.is_refused(404, "not_found");

    let path = submitted(&place).await;
    assert_eq!(approved(&place, &path).await["state"], "succeeded");
}
