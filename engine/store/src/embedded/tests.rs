//! The store on disks of every kind.

mod cost;
mod power;
mod space;

use std::collections::{BTreeMap, BTreeSet};

use engine_core::ids::OrgId;

use crate::{
    AgendaChange, Answer, Body, Commit, EventRecord, Lane, Limit, List, Millis, Order, Paging,
    Position, Present, RequestChange, RequestIndex, Sequence, Store,
};

fn org() -> OrgId {
    "acme".parse().unwrap()
}

fn body(text: String) -> Body {
    Body { schema: 1, json: text.into_bytes() }
}

/// The `n`th commit of a request: large enough that the file grows now and then.
fn commit(request: &str, n: u64) -> Commit {
    let text = format!("\"{request} {n} {}\"", "x".repeat((n as usize * 977) % 9_000));
    let index = RequestIndex {
        time: Millis(1),
        state: if n.is_multiple_of(2) { "pending" } else { "in_progress" }.parse().unwrap(),
        rule: "capex".parse().unwrap(),
        kind: "sql".parse().unwrap(),
        people: BTreeSet::new(),
        resources: BTreeSet::new(),
        seats: BTreeSet::new(),
    };
    Commit {
        requests: vec![RequestChange {
            request: request.parse().unwrap(),
            expected: Sequence(n),
            events: vec![EventRecord {
                kind: "changed".parse().unwrap(),
                body: body(text.clone()),
            }],
            now: Some(Present { snapshot: body(text.clone()), index }),
        }],
        agenda: vec![AgendaChange::Put {
            lane: Lane::Outbox,
            key: request.parse().unwrap(),
            due: Millis(n as i64),
            body: body(text.clone()),
        }],
        answer: Some(Answer {
            actor: "u-1".parse().unwrap(),
            command: format!("{request}-{n}").parse().unwrap(),
            body: body(text),
        }),
        ..Commit::new(org(), Millis(n as i64))
    }
}

fn all(limit: usize) -> Paging {
    Paging { order: Order::OldestFirst, after: None, limit: Limit::new(limit) }
}

/// Checks that every commit is there whole or not at all, and no acknowledged one is missing.
async fn check_whole(store: &dyn Store, acknowledged: &BTreeMap<String, u64>, context: &str) {
    let mut events = 0;
    for (name, least) in acknowledged {
        let request = name.parse().unwrap();
        let loaded = store.load(&org(), &request).await.unwrap();
        let sequence = loaded.as_ref().map_or(0, |loaded| loaded.sequence.0);
        assert!(sequence >= *least, "{context}: `{name}` is at {sequence}, {least} was said");
        let history = store.history(&org(), &request, Position(0), Limit::MAX).await.unwrap();
        assert_eq!(history.len() as u64, sequence, "{context}: events of `{name}`");
        for n in 0..sequence + 2 {
            let command = format!("{name}-{n}").parse().unwrap();
            let answer = store.answer(&org(), &"u-1".parse().unwrap(), &command).await.unwrap();
            assert_eq!(answer.is_some(), n < sequence, "{context}: answer {n} of `{name}`");
        }
        let entry = store.agenda_entry(&org(), Lane::Outbox, &name.parse().unwrap()).await.unwrap();
        assert_eq!(entry.is_some(), sequence > 0, "{context}: agenda of `{name}`");
        if let Some(loaded) = loaded {
            let Commit { mut requests, .. } = commit(name, sequence - 1);
            let now = requests.remove(0).now.unwrap();
            assert_eq!(loaded.snapshot, now.snapshot, "{context}: snapshot of `{name}`");
            assert_eq!(entry.unwrap().body, now.snapshot, "{context}: agenda of `{name}`");
            let list = store.list(&org(), &List::State(now.index.state), &all(200)).await.unwrap();
            assert!(list.items.iter().any(|row| row.request == request), "{context}: list");
        }
        events += sequence;
    }
    assert_eq!(store.log(&org()).await.unwrap().end, Position(events), "{context}: log");
    let feed = store.changes(&org(), Position(0), Limit::MAX).await.unwrap();
    assert!(feed.iter().map(|event| event.position.0).eq(1..=events), "{context}: feed");
}
