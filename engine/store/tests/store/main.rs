//! The store through its public face.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on ends by a panic"
)]

mod lifecycle;
mod model;
mod opening;
mod race;

use engine_store::{
    Body, EmbeddedStore, EventRecord, Millis, Options, Present, RequestChange, RequestIndex,
    Sequence,
};

fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

fn body(text: &str) -> Body {
    Body { schema: 1, json: text.as_bytes().to_vec() }
}

fn event(text: &str) -> EventRecord {
    EventRecord { kind: id("changed"), body: body(text) }
}

fn index(time: i64, state: &str) -> RequestIndex {
    RequestIndex {
        time: Millis(time),
        state: id(state),
        rule: id("capex"),
        kind: id("sql"),
        people: [].into(),
        resources: [].into(),
        seats: [].into(),
    }
}

fn change(request: &str, expected: u64, index: RequestIndex) -> RequestChange {
    let text = format!("\"{request} {expected}\"");
    RequestChange {
        request: id(request),
        expected: Sequence(expected),
        events: vec![event(&text)],
        now: Some(Present { snapshot: body(&text), index }),
    }
}

fn memory() -> EmbeddedStore {
    EmbeddedStore::in_memory(&Options::default()).unwrap()
}
