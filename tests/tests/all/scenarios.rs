//! Every scenario, at three levels: the engine with its data in memory, with its data on disk, and
//! through the HTTP API of a server.

use std::path::{Path, PathBuf};

use engine_server::{
    config::Config,
    data,
    http::test_router,
    scenario::{Options, Report, StoreKind, run},
};
use tokio::net::TcpListener;

/// Where the scenarios are.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/scenarios")
}

async fn play(options: Options) -> Report {
    run(&[folder()], &options).await
}

fn check(report: &Report) {
    assert!(report.passed() >= 60, "only {} cases:\n{report}", report.passed());
    assert_eq!(report.failed(), 0, "\n{}", failed(report));
}

/// The cases that are not as they say, without those that are.
fn failed(report: &Report) -> String {
    let failed = report.cases.iter().filter(|case| !case.failures.is_empty());
    failed.map(|case| format!("{case}\n")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_memory() {
    check(&play(Options { store: StoreKind::Memory, ..Options::default() }).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redb() {
    check(&play(Options { store: StoreKind::Redb, ..Options::default() }).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_http() {
    let folder = tempfile::tempdir().unwrap();
    let state = data::open(folder.path(), &Config::default()).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async { axum::serve(listener, test_router(state)).await });
    check(&play(Options { server: Some(url), ..Options::default() }).await);
    serving.abort();
}
