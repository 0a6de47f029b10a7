//! Who lays claim to one right, and what becomes of it when a grant ends.
//!
//! A right is given or taken back by one execution at a time: whoever comes second waits until the first
//! is done. So a grant that ends knows all the others, and what it leaves to them is theirs to take back.

use serde::{Deserialize, Serialize};

use super::Claim;
use crate::ids::{ExecutionId, RequestId};

/// Everybody who lays claim to one right.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    by: Vec<Claimant>,
    /// Whether a grant gave the right that has ended, and left it to those that claim it.
    given_before: bool,
}

/// An execution with a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimant {
    /// Of which request.
    pub request: RequestId,
    /// Which execution.
    pub execution: ExecutionId,
    /// What it has to do with the right.
    pub claim: Claim,
}

/// What becomes of a right when a grant of it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending<'c> {
    /// It stays, for another grant.
    PassedOn,
    /// Another execution is giving it or taking it back: to be looked at again when that is done.
    Waits,
    /// This grant may be there and may not: to leave the right to it could leave the right behind, and to
    /// take the right back could cut it short.
    InDoubt(&'c Claimant),
    /// It is taken back.
    TakenBack {
        /// Also where this grant found it there: one that has ended gave it.
        given_before: bool,
    },
}

impl Claims {
    /// All of them, in the order in which they came to what they claim now.
    pub fn all(&self) -> impl Iterator<Item = &Claimant> {
        self.by.iter()
    }

    /// What becomes of the right when this execution's grant ends.
    #[must_use]
    pub fn ending(&self, request: &RequestId, execution: &ExecutionId) -> Ending<'_> {
        let others = || self.others(request, execution);
        if others().any(|other| matches!(other.claim, Claim::Held { .. })) {
            Ending::PassedOn
        } else if others().any(|other| other.claim.is_exclusive()) {
            Ending::Waits
        } else if let Some(other) = others().next() {
            Ending::InDoubt(other)
        } else {
            Ending::TakenBack { given_before: self.given_before }
        }
    }

    /// Whether this execution may begin to give the right or to take it back.
    #[must_use]
    pub fn is_free_for(&self, request: &RequestId, execution: &ExecutionId) -> bool {
        self.others(request, execution).all(|other| !other.claim.is_exclusive())
    }

    /// Puts a claim in the place of the one that the execution had.
    pub fn put(
        &mut self,
        request: &RequestId,
        execution: &ExecutionId,
        was: Option<Claim>,
        now: Option<Claim>,
    ) {
        self.by.retain(|it| (&it.request, &it.execution) != (request, execution));
        let left_it = was == Some(Claim::Held { gave: true }) && now.is_none();
        self.by.extend(now.map(|claim| {
            let (request, execution) = (request.clone(), execution.clone());
            Claimant { request, execution, claim }
        }));
        self.given_before = (self.given_before || left_it) && !self.by.is_empty();
    }

    fn others<'c>(
        &'c self,
        request: &RequestId,
        execution: &ExecutionId,
    ) -> impl Iterator<Item = &'c Claimant> {
        self.by.iter().filter(move |it| (&it.request, &it.execution) != (request, execution))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(claims: &mut Claims, request: &str, was: Option<Claim>, now: Option<Claim>) {
        claims.put(&request.parse().unwrap(), &"grant".parse().unwrap(), was, now);
    }

    fn ending<'c>(claims: &'c Claims, request: &str) -> Ending<'c> {
        claims.ending(&request.parse().unwrap(), &"grant".parse().unwrap())
    }

    const GAVE: Option<Claim> = Some(Claim::Held { gave: true });
    const FOUND: Option<Claim> = Some(Claim::Held { gave: false });

    /// EXE-6c
    #[test]
    fn the_last_takes_back_what_any_of_them_gave() {
        let mut claims = Claims::default();
        put(&mut claims, "r1", None, GAVE);
        put(&mut claims, "r2", None, FOUND);
        assert_eq!(ending(&claims, "r1"), Ending::PassedOn);
        put(&mut claims, "r1", GAVE, None);
        assert_eq!(ending(&claims, "r2"), Ending::TakenBack { given_before: true });
        put(&mut claims, "r2", FOUND, None);
        assert_eq!(claims, Claims::default(), "nothing is left of it");
    }

    #[test]
    fn what_was_there_before_stays() {
        let mut claims = Claims::default();
        for request in ["r1", "r2"] {
            put(&mut claims, request, None, FOUND);
        }
        put(&mut claims, "r1", FOUND, None);
        assert_eq!(ending(&claims, "r2"), Ending::TakenBack { given_before: false });
    }

    #[test]
    fn one_at_a_time_gives_and_takes_back() {
        let (request, execution) = ("r2".parse().unwrap(), "grant".parse().unwrap());
        for (claim, is_free) in [
            (Claim::Giving, false),
            (Claim::TakingBack, false),
            (Claim::Doubtful, true),
            (Claim::Held { gave: true }, true),
        ] {
            let mut claims = Claims::default();
            put(&mut claims, "r1", None, Some(claim));
            assert_eq!(claims.is_free_for(&request, &execution), is_free, "{claim:?}");
        }
    }

    /// EXE-3: neither left to it nor taken from it.
    #[test]
    fn a_grant_in_doubt_is_waited_for() {
        let mut claims = Claims::default();
        put(&mut claims, "r1", None, Some(Claim::Doubtful));
        assert!(
            matches!(ending(&claims, "r2"), Ending::InDoubt(other) if other.request == "r1".parse().unwrap())
        );
        put(&mut claims, "r1", Some(Claim::Doubtful), Some(Claim::Giving));
        assert_eq!(ending(&claims, "r2"), Ending::Waits);
        put(&mut claims, "r1", Some(Claim::Giving), GAVE);
        assert_eq!(ending(&claims, "r2"), Ending::PassedOn);
    }
}
