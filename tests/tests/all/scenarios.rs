//! Every scenario, on every store.

use std::path::{Path, PathBuf};

use engine_server::scenario::{Options, StoreKind, run};

/// Where the scenarios are.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/scenarios")
}

async fn check(store: StoreKind) {
    let report = run(&[folder()], &Options { filter: None, store }).await;
    assert!(report.passed() >= 60, "only {} cases:\n{report}", report.passed());
    assert_eq!(report.failed(), 0, "\n{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_memory() {
    check(StoreKind::Memory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redb() {
    check(StoreKind::Redb).await;
}
