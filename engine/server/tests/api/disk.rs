//! A disk that refuses a write while the program serves.

use engine_api::{
    command::SubmitRequest,
    organization::{Bundle, RuleFile},
};
use sdk_client::{Client, ClientError, Deed};

use crate::process::Home;

const RULE: &str =
    "rule: note\nkind: note\nsteps: [{id: s, approvers: [{id: a, who: {user: bob}}]}]\n";

async fn furnish(client: &Client) {
    let bundle = serde_json::json!({"directory": {"users": [{"login": "bob"}]}});
    let bundle = Bundle {
        organization: serde_json::from_value(bundle).unwrap(),
        rules: vec![RuleFile { name: "note.yaml".to_owned(), text: RULE.to_owned() }],
        ..Bundle::default()
    };
    client.apply(&bundle, Deed::Do, false).await.unwrap();
}

fn note(number: usize) -> SubmitRequest {
    SubmitRequest {
        rule: "note".to_owned(),
        title: format!("Note {number}"),
        reason: "x".repeat(1_000),
        ..SubmitRequest::default()
    }
}

/// A failed write stops the process: whoever waits is told, and what was acknowledged is there after
/// the next start.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_fails_stops_the_process_and_loses_nothing() {
    let home = Home::new();
    let server = home.serve();
    furnish(&server.client(&home.token)).await;
    server.stop();

    let size = std::fs::metadata(home.path("store.redb")).unwrap().len();
    let server = home.serve_below(size);
    let client = server.client(&home.token);
    let mut acknowledged = Vec::new();
    let refused = loop {
        match client.submit(&note(acknowledged.len())).await {
            Ok(request) => acknowledged.push(request.id),
            Err(error) => break error,
        }
        assert!(acknowledged.len() < 20_000, "the file never grew");
    };
    let ClientError::Refused(body) = &refused else { panic!("{refused:?}") };
    assert_eq!((body.code.as_str(), body.status, body.retryable), ("unavailable", 503, true));
    assert_eq!(body.message, "The engine is stopping.");
    let (code, log) = server.ended();
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("the store has stopped: what is durable is known after a new start"));
    assert!(!log.contains("panicked"), "{log}");

    let server = home.serve();
    let client = server.client(&home.token);
    assert!(!acknowledged.is_empty());
    for id in &acknowledged {
        assert_eq!(client.request(id).await.unwrap().status, "pending");
    }
    client.submit(&note(acknowledged.len())).await.unwrap();
    server.stop();
}
