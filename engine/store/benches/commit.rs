//! Durable commits per second, by how many commit at the same time.
//!
//! One commit is what a decision writes: an event, a snapshot of half a KiB, the lists of the
//! request, an outbox entry, and the answer.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on ends by a panic")]

use std::{sync::Arc, time::Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use engine_store::{
    AgendaChange, Answer, Body, Candidate, Commit, EmbeddedStore, EventRecord, Lane, Millis,
    Options, Outcome, Present, RequestChange, RequestIndex, Sequence, Store,
};
use tokio::{runtime::Runtime, task::JoinSet};

fn body(size: usize) -> Body {
    Body { schema: 1, json: vec![b'x'; size] }
}

fn decision(request: &str, at: u64) -> Commit {
    let time = Millis(1_700_000_000_000);
    let index = RequestIndex {
        time,
        state: "pending".parse().unwrap(),
        rule: "capex".parse().unwrap(),
        kind: "sql".parse().unwrap(),
        people: ["u-requester".parse().unwrap()].into(),
        resources: ["orders".parse().unwrap()].into(),
        seats: [Candidate::Group("finance".parse().unwrap())].into(),
    };
    let request_id = request.parse().unwrap();
    Commit {
        requests: vec![RequestChange {
            request: request_id,
            expected: Sequence(at),
            events: vec![EventRecord { kind: "decided".parse().unwrap(), body: body(200) }],
            now: Some(Present { snapshot: body(500), index }),
        }],
        agenda: vec![AgendaChange::Put {
            lane: Lane::Outbox,
            key: format!("{request}/{at}").parse().unwrap(),
            due: time,
            body: body(50),
        }],
        answer: Some(Answer {
            actor: "u-approver".parse().unwrap(),
            command: format!("{request}-{at}").parse().unwrap(),
            body: body(200),
        }),
        ..Commit::new("acme".parse().unwrap(), time)
    }
}

/// `each` commits of one task, each answered before the next.
async fn work(store: Arc<dyn Store>, round: u64, task: usize, each: u64) {
    let request = format!("r-{round}-{task}");
    for at in 0..each {
        let outcome = store.commit(decision(&request, at)).await.unwrap();
        assert!(matches!(outcome, Outcome::Committed { .. }));
    }
}

fn commits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("commit");
    group.sample_size(10).throughput(Throughput::Elements(1));
    let runtime = Runtime::new().unwrap();
    for tasks in [1, 8, 64] {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(folder.path(), &Options::default()).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let mut round = 0;
        group.bench_function(BenchmarkId::new("committers", tasks), |bencher| {
            bencher.iter_custom(|times| {
                round += 1;
                let each = times.div_ceil(tasks as u64);
                let begun = Instant::now();
                runtime.block_on(async {
                    let mut set = JoinSet::new();
                    for task in 0..tasks {
                        set.spawn(work(store.clone(), round, task, each));
                    }
                    set.join_all().await;
                });
                // `each` is rounded up: what was measured is a little more than what was asked.
                begun.elapsed().mul_f64(times as f64 / (each * tasks as u64) as f64)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, commits);
criterion_main!(benches);
