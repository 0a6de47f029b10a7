//! Test control: only where the server was started for it.

use std::process::Stdio;

use serde_json::json;

use crate::{
    place::Place,
    process::{program, text},
};

/// Any other server answers `forbidden`, to everybody and for every path, and describes none of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_normal_server_forbids_it() {
    let place = Place::new().await;
    place.get("olga", "/test-control/v1").await.is_refused(403, "forbidden");
    let worlds = "/test-control/v1/worlds";
    place.post("olga", worlds, &json!({})).await.is_refused(403, "forbidden");
    let inside = "/test-control/v1/worlds/0/api/v1/me";
    place.get("olga", inside).await.is_refused(403, "forbidden");
    let document = place.get("ann", "/api/v1/openapi.json").await.body.to_string();
    assert!(!document.contains("test-control"));
}

/// It keeps its data for itself, and listens to nobody from elsewhere.
#[test]
fn it_takes_no_data_folder_and_no_other_address() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = program(&["serve", "--test-control", "--listen", "127.0.0.1:0", "--data"]);
    let refused = serve.arg(folder.path()).stdin(Stdio::null()).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("temporary folder"), "{}", text(&refused.stderr));
    let nowhere = folder.path().join("nowhere");
    let mut serve = program(&["serve", "--test-control", "--listen", "0.0.0.0:0", "--data"]);
    let refused = serve.arg(&nowhere).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("loopback"), "{}", text(&refused.stderr));
    assert!(!nowhere.exists());
}
