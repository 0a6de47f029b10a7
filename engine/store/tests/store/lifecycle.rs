//! Single behaviours that the model does not reach.

use engine_store::{
    AgendaChange, Commit, Cursor, DocumentChange, DueAt, EventRecord, Lane, Limit, List, MAX_BODY,
    Millis, Order, Outcome, Paging, Position, Sequence, Store, StoreError, Subject,
};

use crate::{body, change, id, index, memory};

fn first(limit: usize) -> Paging {
    Paging { order: Order::NewestFirst, after: None, limit: Limit::new(limit) }
}

#[tokio::test]
async fn bounds_are_checked_before_anything_is_written() {
    let store = memory();
    let commit = |events| Commit {
        requests: vec![engine_store::RequestChange { events, ..change("r-1", 0, index(1, "x")) }],
        ..Commit::new(id("acme"), Millis(1))
    };
    let small = EventRecord { kind: id("e"), body: body("1") };
    let large = EventRecord { kind: id("e"), body: body(&"x".repeat(MAX_BODY + 1)) };
    for events in [vec![large], vec![small; 1_001]] {
        let refused = store.commit(commit(events)).await.unwrap_err();
        assert_eq!(refused.code(), "too_large", "{refused}");
    }
    let mut twice = commit(Vec::new());
    twice.requests.push(change("r-1", 0, index(1, "x")));
    assert_eq!(store.commit(twice).await, Err(StoreError::Repeated));
    assert_eq!(store.load(&id("acme"), &id("r-1")).await, Ok(None));
}

#[tokio::test]
async fn a_commit_of_two_requests_is_there_whole_or_not_at_all() {
    let store = memory();
    let both = |a, b| Commit {
        requests: vec![change("r-a", a, index(1, "x")), change("r-b", b, index(1, "x"))],
        documents: vec![DocumentChange::Put {
            collection: id("users"),
            key: id("u-1"),
            body: body("1"),
            expected: None,
        }],
        ..Commit::new(id("acme"), Millis(1))
    };
    let refused = store.commit(both(0, 3)).await.unwrap();
    assert!(matches!(refused, Outcome::Conflict { current: Sequence(0), .. }), "{refused:?}");
    assert_eq!(store.load(&id("acme"), &id("r-a")).await, Ok(None));
    assert_eq!(store.document(&id("acme"), &id("users"), &id("u-1")).await, Ok(None));
    let done = store.commit(both(0, 0)).await.unwrap();
    assert_eq!(done, Outcome::Committed { position: Position(2) });
}

#[tokio::test]
async fn what_rests_on_a_request_is_not_written_where_it_has_moved_on() {
    let store = memory();
    let at = |sequence| Commit {
        stands: vec![(id("r-a"), Sequence(sequence))],
        agenda: vec![AgendaChange::Put {
            lane: Lane::Outbox,
            key: id("r-a do"),
            due: Millis(1),
            body: body("1"),
        }],
        ..Commit::new(id("acme"), Millis(1))
    };
    let first = Commit {
        requests: vec![change("r-a", 0, index(1, "x"))],
        ..Commit::new(id("acme"), Millis(1))
    };
    store.commit(first).await.unwrap();
    let refused = store.commit(at(0)).await.unwrap();
    let subject = Subject::Request(id("r-a"));
    assert_eq!(refused, Outcome::Conflict { subject, current: Sequence(1) });
    let (org, key) = (id("acme"), id("r-a do"));
    assert_eq!(store.agenda_entry(&org, Lane::Outbox, &key).await, Ok(None));
    let done = store.commit(at(1)).await.unwrap();
    assert!(matches!(done, Outcome::Committed { .. }), "{done:?}");
    assert!(store.agenda_entry(&org, Lane::Outbox, &key).await.unwrap().is_some());
}

#[tokio::test]
async fn what_is_no_cursor_is_refused() {
    let store = memory();
    for n in 0..3 {
        let commit = Commit {
            requests: vec![change(&format!("r-{n}"), 0, index(n, "x"))],
            ..Commit::new(id("acme"), Millis(1))
        };
        store.commit(commit).await.unwrap();
    }
    let page = store.list(&id("acme"), &List::All, &first(1)).await.unwrap();
    let next = page.next.unwrap();
    let other = Paging { order: Order::OldestFirst, after: Some(next), limit: Limit::MAX };
    let error = store.list(&id("acme"), &List::All, &other).await.unwrap_err();
    assert_eq!(error.code(), "bad_cursor");
    for text in ["", "n", "n8", "n000000000000000gr-1", "n0000000000000001R", "né", "nééééééééé"]
    {
        let paging = Paging { after: Some(Cursor(text.to_owned())), ..first(1) };
        let error = store.list(&id("acme"), &List::All, &paging).await.unwrap_err();
        assert_eq!(error, StoreError::BadCursor(text.to_owned()));
    }
}

#[tokio::test]
async fn what_is_due_next_is_found_over_all_organizations() {
    let store = memory();
    assert_eq!(store.next_due(Lane::Timer).await, Ok(None));
    for (org, due) in [("acme", 9), ("b", 5), ("beta", -4)] {
        let commit = Commit {
            agenda: vec![AgendaChange::Put {
                lane: Lane::Timer,
                key: id("t"),
                due: Millis(due),
                body: body("1"),
            }],
            ..Commit::new(id(org), Millis(1))
        };
        store.commit(commit).await.unwrap();
    }
    let expected = DueAt { org: id("beta"), due: Millis(-4) };
    assert_eq!(store.next_due(Lane::Timer).await, Ok(Some(expected)));
    assert_eq!(store.next_due(Lane::Outbox).await, Ok(None));
    let all = store.organizations(None, Limit::MAX).await.unwrap();
    assert_eq!(all, [id("acme"), id("b"), id("beta")]);
    let rest = store.organizations(Some(&id("acme")), Limit::new(1)).await.unwrap();
    assert_eq!(rest, [id("b")]);
}

#[test]
fn a_limit_is_between_1_and_200() {
    for (wanted, got) in [(0, 1), (1, 1), (200, 200), (201, 200), (usize::MAX, 200)] {
        assert_eq!(Limit::new(wanted).get(), got);
    }
}
