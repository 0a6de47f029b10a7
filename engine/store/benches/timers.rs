//! What pending timers cost while they wait: a look for what is due, and a commit that sets one, with
//! none waiting and with a million.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on ends by a panic")]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use engine_store::{
    AgendaChange, Body, Commit, EmbeddedStore, Lane, Limit, Millis, Options, Outcome, Store,
};
use tokio::runtime::Runtime;

/// Now; every timer but one is due after it.
const NOW: Millis = Millis(1_700_000_000_000);
/// Timers of one commit while they are put there.
const AT_ONCE: u64 = 2_000;

fn timer(number: u64, due: i64) -> AgendaChange {
    AgendaChange::Put {
        lane: Lane::Timer,
        key: format!("0198f2c4-7a3e-7c11-8000-{number:012} approval_expiry").parse().unwrap(),
        due: Millis(due),
        body: Body { schema: 1, json: vec![b'x'; 80] },
    }
}

fn commit(agenda: Vec<AgendaChange>) -> Commit {
    Commit { agenda, ..Commit::new("acme".parse().unwrap(), NOW) }
}

async fn put(store: &dyn Store, agenda: Vec<AgendaChange>) {
    let outcome = store.commit(commit(agenda)).await.unwrap();
    assert!(matches!(outcome, Outcome::Committed { .. }));
}

/// A store in which so many timers wait for days to come.
async fn waiting(store: &dyn Store, timers: u64) {
    let mut next = 0;
    while next < timers {
        let end = timers.min(next + AT_ONCE);
        // Neighbours in time are not neighbours in the store.
        let due = |number: u64| NOW.0 + 60_000 + i64::try_from(number * 7_919 % 1_000_003).unwrap();
        put(store, (next..end).map(|number| timer(number, due(number))).collect()).await;
        next = end;
    }
}

fn timers(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let org = "acme".parse().unwrap();
    for pending in [0, 1_000_000] {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(folder.path(), &Options::default()).unwrap();
        runtime.block_on(waiting(&store, pending));
        let mut group = criterion.benchmark_group("timers");
        group.sample_size(20);
        group.bench_function(BenchmarkId::new("look", pending), |bencher| {
            bencher.iter(|| {
                let due = store.due(&org, Lane::Timer, NOW, Limit::new(100));
                assert_eq!(runtime.block_on(due).unwrap().len(), 0);
            });
        });
        group.bench_function(BenchmarkId::new("next", pending), |bencher| {
            bencher.iter(|| runtime.block_on(store.next_due(Lane::Timer)).unwrap());
        });
        let mut number = pending;
        group.bench_function(BenchmarkId::new("set_and_fire", pending), |bencher| {
            bencher.iter(|| {
                number += 1;
                runtime.block_on(async {
                    put(&store, vec![timer(number, NOW.0)]).await;
                    let due = store.due(&org, Lane::Timer, NOW, Limit::new(100)).await.unwrap();
                    assert_eq!(due.len(), 1);
                    let key = due.first().unwrap().key.clone();
                    put(&store, vec![AgendaChange::Remove { lane: Lane::Timer, key }]).await;
                });
            });
        });
        group.finish();
    }
}

criterion_group!(benches, timers);
criterion_main!(benches);
