//! The JSON Schemas of documents, over HTTP and from the command line.

use axum::http::StatusCode;
use serde_json::Value as Json;

use crate::{
    place::Place,
    process::{program, text},
};

#[tokio::test]
async fn schemas_are_served_to_everybody() {
    let place = Place::new().await;
    for kind in ["organization", "rule", "scenario"] {
        let path = format!("/api/v1/schemas/{kind}");
        let answer = place.ask("GET", &path).send().await;
        answer.is(StatusCode::OK);
        assert_eq!(answer.headers["content-type"], "application/schema+json");
        assert_eq!(answer.body["$schema"], "https://json-schema.org/draft/2020-12/schema");

        let printed = program(&["schema", kind]).output().unwrap();
        assert!(printed.status.success());
        let printed: Json = serde_json::from_str(&text(&printed.stdout)).unwrap();
        assert_eq!(printed, answer.body, "the command prints what the server serves");
    }
    let answer = place.ask("GET", "/api/v1/schemas/request").send().await;
    answer.is_refused(422, "invalid");
    assert!(answer.body["message"].as_str().unwrap().contains("`rule`"), "{:#}", answer.body);
}

#[test]
fn there_is_no_schema_of_other_documents() {
    let printed = program(&["schema", "request"]).output().unwrap();
    assert_eq!(printed.status.code(), Some(2), "wrong usage");
    assert!(text(&printed.stderr).contains("expected `organization`, `rule` or `scenario`"));
}
