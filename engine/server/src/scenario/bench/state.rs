//! Everything that is kept, so that a refused command can be seen to have changed nothing.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use engine_store::{Cursor, DocumentQuery, Key, Lane, Limit, List, Millis, Name, Order, Paging};

use super::{Bench, Broken};
use crate::scenario::stage::State;

impl Bench {
    /// Each request, the log, timers, outbox, documents, answers, what the engine remembers, and how
    /// often anything was written at all.
    pub(in crate::scenario) async fn everything(&self) -> Result<State, Broken> {
        let store = &self.running()?.store;
        let mut state = State::new();
        // Counts every commit, whatever it writes: indexes are read from nowhere else.
        state.insert("commits".to_owned(), *store.activity().borrow());
        let log = store.log(&self.org).await?;
        state.insert("log".to_owned(), hash(&log));
        self.requests(&mut state).await?;
        for (lane, name) in [(Lane::Timer, "timers"), (Lane::Outbox, "outbox")] {
            let all = store.due(&self.org, lane, Millis(i64::MAX), Limit::MAX).await?;
            state.insert(name.to_owned(), hash(&all));
        }
        for collection in engine_runtime::COLLECTIONS {
            self.documents(&mut state, collection).await?;
        }
        let keys = self.keys.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        for (user, key) in keys {
            if let Some(answer) = store.answer(&self.org, &user, &key).await? {
                state.insert(format!("answer to key {key} of {user}"), hash(&answer));
            }
        }
        state.insert("organization in memory".to_owned(), hash(&self.state()?));
        Ok(state)
    }

    async fn requests(&self, state: &mut State) -> Result<(), Broken> {
        let store = &self.running()?.store;
        let mut after: Option<Cursor> = None;
        loop {
            let paging = Paging { order: Order::OldestFirst, after, limit: Limit::MAX };
            let page = store.list(&self.org, &List::All, &paging).await?;
            for row in page.items {
                state.insert(format!("request {}", row.request), hash(&row));
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn documents(&self, state: &mut State, collection: &str) -> Result<(), Broken> {
        let store = &self.running()?.store;
        let name = Name::parse(collection).map_err(|error| Broken::of(&error))?;
        let mut after: Option<Key> = None;
        loop {
            let (collection, prefix) = (name.clone(), String::new());
            let query =
                DocumentQuery { collection, prefix, after: after.clone(), limit: Limit::MAX };
            let page = store.documents(&self.org, &query).await?;
            for document in &page {
                state.insert(format!("{name} {}", document.key.as_str()), hash(document));
            }
            let is_last = page.len() < Limit::MAX.get();
            after = page.into_iter().last().map(|document| document.key);
            if is_last {
                return Ok(());
            }
        }
    }
}

fn hash(value: &impl std::fmt::Debug) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{value:?}").hash(&mut hasher);
    hasher.finish()
}
