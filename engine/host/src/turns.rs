//! One at a time, of many things by name.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError, Weak},
};

/// A lock for each thing, for as long as somebody holds it or waits for it.
#[derive(Debug)]
pub(crate) struct Turns<K, L>(Mutex<HashMap<K, Weak<L>>>);

impl<K, L> Default for Turns<K, L> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, L: Default> Turns<K, L> {
    /// The lock of a thing, the same for everybody.
    pub(crate) fn of(&self, thing: K) -> Arc<L> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = turns.get(&thing).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::default();
        turns.insert(thing, Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_has_one_lock_and_what_nobody_holds_is_forgotten() {
        let turns = Turns::<&str, Mutex<()>>::default();
        let (one, again, other) = (turns.of("a"), turns.of("a"), turns.of("b"));
        assert!(Arc::ptr_eq(&one, &again) && !Arc::ptr_eq(&one, &other));
        drop((one, again));
        drop(turns.of("c"));
        assert!(Arc::ptr_eq(&other, &turns.of("b")));
        assert_eq!(turns.0.lock().unwrap().keys().collect::<Vec<_>>(), [&"b"]);
    }
}
