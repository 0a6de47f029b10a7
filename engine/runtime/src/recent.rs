//! Requests as they were last written or read, so that the next command need not read and parse them
//! again.
//!
//! What is found here is a guess. A commit stands only on the sequence that the store has; and a guess by
//! which somebody is refused, or nothing is to be done, is held against the store first.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use engine_core::{
    ids::{OrgId, RequestId},
    request::Request,
};
use engine_store::Sequence;

/// How much a generation holds, in bytes of stored requests.
const MAX_WEIGHT: usize = 1 << 20;

/// A request, and how many commits led to it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) request: Arc<Request>,
    pub(crate) sequence: Sequence,
    /// Its size as it is stored, in bytes.
    pub(crate) weight: usize,
}

/// Two generations: when the young one is full, it becomes the old one, and what nobody has asked
/// for since is gone.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    generations: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    young: Generation,
    old: Generation,
}

#[derive(Debug, Default)]
struct Generation {
    /// By the request alone: that of another organization with the same id takes its place.
    requests: HashMap<RequestId, (OrgId, Known)>,
    weight: usize,
}

impl Recent {
    pub(crate) fn get(&self, org: &OrgId, id: &RequestId) -> Option<Known> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = generations.young.get(org, id) {
            return Some(known);
        }
        let known = generations.old.get(org, id)?;
        generations.put(org, id, known.clone());
        Some(known)
    }

    pub(crate) fn put(&self, org: &OrgId, id: &RequestId, known: Known) {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner).put(org, id, known);
    }

    /// What was there is gone.
    pub(crate) fn forget(&self, id: &RequestId) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.young.remove(id);
        generations.old.remove(id);
    }
}

impl Generations {
    /// One that is larger than a generation is not kept, and one that is older than what is known is
    /// of a slower command.
    fn put(&mut self, org: &OrgId, id: &RequestId, known: Known) {
        let there = self.young.get(org, id).or_else(|| self.old.get(org, id));
        if there.is_some_and(|there| there.sequence > known.sequence) {
            return;
        }
        self.young.remove(id);
        self.old.remove(id);
        if known.weight > MAX_WEIGHT {
            return;
        }
        if self.young.weight + known.weight > MAX_WEIGHT {
            self.old = mem::take(&mut self.young);
        }
        self.young.weight += known.weight;
        self.young.requests.insert(id.clone(), (org.clone(), known));
    }
}

impl Generation {
    fn get(&self, org: &OrgId, id: &RequestId) -> Option<Known> {
        let (whose, known) = self.requests.get(id)?;
        (whose == org).then(|| known.clone())
    }

    fn remove(&mut self, id: &RequestId) {
        if let Some((_, known)) = self.requests.remove(id) {
            self.weight -= known.weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn known(id: &str, sequence: u64, weight: usize) -> Known {
        let request = json!({
            "id": id, "organization": "o", "rule": "r", "rule_version": 1, "kind": "k",
            "requester": "u", "target_users": [], "title": "", "reason": "", "properties": {},
            "items": [], "rates": null, "urgent": false, "submitted_at": "2026-01-01T00:00:00Z",
            "approval_expires": null, "ends": null, "revision": 0, "phase": "open",
            "blocked": null, "on_hold": false, "steps": [], "executions": [],
        });
        let request = Arc::new(serde_json::from_value(request).unwrap());
        Known { request, sequence: Sequence(sequence), weight }
    }

    fn put(recent: &Recent, org: &str, id: &str, sequence: u64, weight: usize) {
        let known = known(id, sequence, weight);
        recent.put(&org.parse().unwrap(), &id.parse().unwrap(), known);
    }

    fn get(recent: &Recent, org: &str, id: &str) -> Option<u64> {
        let known = recent.get(&org.parse().unwrap(), &id.parse().unwrap());
        known.map(|known| known.sequence.0)
    }

    #[test]
    fn the_last_one_put_is_found_and_only_by_its_organization() {
        let recent = Recent::default();
        put(&recent, "a", "x", 1, 10);
        put(&recent, "a", "x", 2, 10);
        assert_eq!(get(&recent, "a", "x"), Some(2));
        put(&recent, "a", "x", 1, 10);
        assert_eq!(get(&recent, "a", "x"), Some(2));
        assert_eq!(get(&recent, "b", "x"), None);
        put(&recent, "b", "x", 1, 10);
        assert_eq!(get(&recent, "a", "x"), None);
        assert_eq!(get(&recent, "b", "x"), Some(1));
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let recent = Recent::default();
        put(&recent, "a", "kept", 1, MAX_WEIGHT / 4);
        put(&recent, "a", "left", 1, MAX_WEIGHT / 4);
        for other in 0..100 {
            put(&recent, "a", &format!("other-{other}"), 1, MAX_WEIGHT / 4);
            assert_eq!(get(&recent, "a", "kept"), Some(1), "after {other} others");
        }
        assert_eq!(get(&recent, "a", "left"), None);
        let generations = recent.generations.lock().unwrap();
        let Generations { young, old } = &*generations;
        assert!(young.requests.len() <= 4 && young.weight <= MAX_WEIGHT);
        assert!(old.requests.len() <= 4 && old.weight <= MAX_WEIGHT);
    }

    #[test]
    fn one_that_is_too_large_takes_what_was_there_with_it() {
        let recent = Recent::default();
        put(&recent, "a", "x", 1, 10);
        put(&recent, "a", "x", 2, MAX_WEIGHT + 1);
        assert_eq!(get(&recent, "a", "x"), None);
        assert_eq!(recent.generations.lock().unwrap().young.weight, 0);
    }
}
