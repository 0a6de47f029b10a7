//! A disk that fails, and one that is full, while the program serves.

use engine_api::{
    catalogue::SaidByServer,
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
        rule: Some("note".to_owned()),
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
    assert_eq!(body.message, SaidByServer::Stopping.message());
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

/// A full disk stops nobody: changes are refused and reads go on until there is room again, and what
/// was acknowledged is there, on that disk and after a move to another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_changes_until_there_is_room_and_loses_nothing() {
    let home = Home::new();
    let disk = tempfile::tempdir().unwrap();
    let server = home.serve_on_small_disk(disk.path());
    let client = server.client(&home.token);
    furnish(&client).await;

    let mut acknowledged = Vec::new();
    let refused = loop {
        match client.submit(&note(acknowledged.len())).await {
            Ok(request) => acknowledged.push(request.id),
            Err(error) => break error,
        }
        assert!(acknowledged.len() < 20_000, "the disk never was full");
    };
    let ClientError::Refused(body) = &refused else { panic!("{refused:?}") };
    assert_eq!((body.code.as_str(), body.status, body.retryable), ("unavailable", 503, true));
    assert_eq!(body.message, SaidByServer::NoRoom.message());
    for id in &acknowledged {
        assert_eq!(client.request(id).await.unwrap().status, "pending");
    }

    server.make_room();
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while let Err(error) = client.submit(&note(acknowledged.len())).await {
        assert!(std::time::Instant::now() < patience, "there is room, but: {error}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    server.stop();

    let server = home.serve();
    let client = server.client(&home.token);
    assert!(!acknowledged.is_empty());
    for id in &acknowledged {
        assert_eq!(client.request(id).await.unwrap().status, "pending");
    }
    server.stop();
}
