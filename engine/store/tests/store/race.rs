//! Many commit to one request at the same time.

use std::{collections::BTreeMap, sync::Arc};

use engine_store::{
    Commit, EmbeddedStore, Limit, Millis, Options, Outcome, Position, Store, StoreError, Subject,
};
use tokio::task::JoinSet;

use crate::{change, id, index, memory};

/// Commits to `r-1` until it is at `end`; which sequences this task won.
async fn climb(store: Arc<EmbeddedStore>, end: u64) -> Vec<u64> {
    let mut won = Vec::new();
    let mut at = 0;
    while at < end {
        let commit = Commit {
            requests: vec![change("r-1", at, index(1, "pending"))],
            ..Commit::new(id("acme"), Millis(1))
        };
        match store.commit(commit).await.unwrap() {
            Outcome::Committed { .. } => {
                at += 1;
                won.push(at);
            }
            Outcome::Conflict { subject, current } => {
                assert_eq!(subject, Subject::Request(id("r-1")));
                assert!(current.0 > at, "a conflict names what is there now");
                at = current.0;
            }
            Outcome::AlreadyAnswered(body) => panic!("{body:?}"),
        }
    }
    won
}

/// REQ-11
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn exactly_one_of_64_wins_each_sequence() {
    const END: u64 = 200;
    let store = Arc::new(memory());
    let mut tasks = JoinSet::new();
    for _ in 0..64 {
        tasks.spawn(climb(store.clone(), END));
    }
    let mut wins: BTreeMap<u64, usize> = BTreeMap::new();
    for sequence in tasks.join_all().await.into_iter().flatten() {
        *wins.entry(sequence).or_default() += 1;
    }
    assert!(wins.keys().copied().eq(1..=END));
    assert!(wins.values().all(|winners| *winners == 1));
    let loaded = store.load(&id("acme"), &id("r-1")).await.unwrap().unwrap();
    assert_eq!(loaded.sequence.0, END);
    let events = store.history(&id("acme"), &id("r-1"), Position(0), Limit::MAX).await.unwrap();
    assert!(events.iter().map(|event| event.sequence.0).eq(1..=END));
}

#[tokio::test]
async fn a_full_queue_is_said_and_nothing_of_it_is_written() {
    let store =
        Arc::new(EmbeddedStore::in_memory(&Options { queue: 1, ..Options::default() }).unwrap());
    let mut tasks = JoinSet::new();
    for n in 0..500 {
        let store = store.clone();
        tasks.spawn(async move {
            let request = format!("r-{n}");
            let commit = Commit {
                requests: vec![change(&request, 0, index(1, "pending"))],
                ..Commit::new(id("acme"), Millis(1))
            };
            (request, store.commit(commit).await)
        });
    }
    let mut busy = 0;
    for (request, result) in tasks.join_all().await {
        let there = store.load(&id("acme"), &id(&request)).await.unwrap().is_some();
        match result {
            Ok(Outcome::Committed { .. }) => assert!(there),
            Err(StoreError::Busy) => {
                busy += 1;
                assert!(!there);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(busy > 0, "500 commits at once fit in a queue of 1");
}

#[tokio::test]
async fn a_commit_that_was_begun_is_finished_though_nobody_waits() {
    let store = memory();
    let mut activity = store.activity();
    let commit = Commit {
        requests: vec![change("r-1", 0, index(1, "pending"))],
        ..Commit::new(id("acme"), Millis(1))
    };
    {
        let mut waiting = store.commit(commit);
        // Polled once, so that it is begun, and dropped.
        tokio::select! {
            biased;
            done = &mut waiting => panic!("{done:?}"),
            () = std::future::ready(()) => {}
        }
    }
    activity.changed().await.unwrap();
    assert!(store.load(&id("acme"), &id("r-1")).await.unwrap().is_some());
}
