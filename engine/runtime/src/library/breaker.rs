//! Stops asking a plugin that fails again and again.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use engine_core::{
    extension::{Failure, FailureClass},
    ids::{RequestId, UserId},
};

/// Failures in a row that open a breaker.
const FAILURES: u32 = 5;
/// From so many requesters at least: one alone cannot stop a plugin for the others.
const REQUESTERS: usize = 2;
/// How long the first pause is; each further one is twice as long.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(30);
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(10);
/// Requests that are told of a pause are named, so many of them.
const NAMED: usize = 100;

/// Of one use of one version of a plugin.
#[derive(Clone, Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    requesters: BTreeSet<UserId>,
    pause: Option<Pause>,
}

/// A plugin is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it is tried again.
    pub until: DateTime<Utc>,
    /// How often it failed in a row.
    pub failures: u32,
    /// The last failure, in the plugin's words.
    pub last: String,
    /// Some of the requests that wait for it.
    pub waiting: BTreeSet<RequestId>,
    length: TimeDelta,
}

impl Breaker {
    /// Whether a call may go on. After a pause one goes on, and the next ones wait for how it ends.
    ///
    /// # Errors
    /// `unavailable` during a pause.
    pub(super) fn admit(
        &mut self,
        plugin: &str,
        request: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let Some(pause) = &mut self.pause else { return Ok(()) };
        if now >= pause.until {
            pause.until = later(now, pause.length);
            return Ok(());
        }
        if pause.waiting.len() < NAMED {
            pause.waiting.insert(request.clone());
        }
        let message = format!(
            "the plugin `{plugin}` failed {} times in a row and is asked again at {}; the last time \
             it said: {}",
            pause.failures,
            pause.until.format("%H:%M:%S UTC"),
            pause.last
        );
        Err(Failure::new(FailureClass::Unavailable, message))
    }

    /// What came of a call that went on. Says whether a pause begins (`Some(true)`) or ends.
    pub(super) fn ended(
        &mut self,
        requester: &UserId,
        failure: Option<&Failure>,
        now: DateTime<Utc>,
    ) -> Option<bool> {
        let Some(failure) = failure.filter(|failure| is_sick(failure.class)) else {
            if failure.is_none_or(|failure| shows_health(failure.class)) {
                let was = std::mem::take(self);
                return was.pause.map(|_| false);
            }
            return None;
        };
        self.failures = self.failures.saturating_add(1);
        if self.requesters.len() < REQUESTERS {
            self.requesters.insert(requester.clone());
        }
        let is_enough = self.failures >= FAILURES && self.requesters.len() >= REQUESTERS;
        if !is_enough {
            return None;
        }
        let is_new = self.pause.is_none();
        let (since, length, waiting) = match self.pause.take() {
            // Calls that were under way when the pause began.
            Some(pause) if now < pause.until && now < later(pause.since, pause.length) => {
                (pause.since, pause.length, pause.waiting)
            }
            Some(pause) => (pause.since, LONGEST_PAUSE.min(pause.length * 2), pause.waiting),
            None => (now, FIRST_PAUSE, BTreeSet::new()),
        };
        self.pause = Some(Pause {
            since,
            until: later(now, length),
            failures: self.failures,
            last: failure.message.clone(),
            waiting,
            length,
        });
        is_new.then_some(true)
    }

    pub(super) fn pause(&self) -> Option<&Pause> {
        self.pause.as_ref()
    }
}

fn later(at: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    at.checked_add_signed(by).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Whether a failure speaks of a plugin that does not work at present, or of what it needs.
fn is_sick(class: FailureClass) -> bool {
    match class {
        FailureClass::Retryable
        | FailureClass::Fuel
        | FailureClass::Deadline
        | FailureClass::Memory
        | FailureClass::Output
        | FailureClass::HostCalls
        | FailureClass::Trap
        | FailureClass::BadOutput
        | FailureClass::UnknownOutcome
        | FailureClass::Unavailable => true,
        FailureClass::Permanent
        | FailureClass::Refused
        | FailureClass::Denied
        | FailureClass::Contract
        | FailureClass::Busy
        | FailureClass::Bug => false,
    }
}

/// Whether it answered, though not as was hoped for.
fn shows_health(class: FailureClass) -> bool {
    matches!(class, FailureClass::Permanent | FailureClass::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Clinic {
        breaker: Breaker,
        now: DateTime<Utc>,
    }

    impl Clinic {
        fn new() -> Self {
            Self { breaker: Breaker::default(), now: DateTime::UNIX_EPOCH }
        }

        fn fail(&mut self, requester: &str, class: FailureClass) -> Option<bool> {
            let failure = Failure::new(class, "no database");
            self.breaker.ended(&requester.parse().unwrap(), Some(&failure), self.now)
        }

        fn succeed(&mut self) -> Option<bool> {
            self.breaker.ended(&"u-ann".parse().unwrap(), None, self.now)
        }

        fn admits(&mut self, request: &str) -> bool {
            self.breaker.admit("limits", &request.parse().unwrap(), self.now).is_ok()
        }

        fn wait(&mut self, seconds: i64) {
            self.now += TimeDelta::seconds(seconds);
        }

        /// Five failures for two people.
        fn sick() -> Self {
            let mut clinic = Self::new();
            for requester in ["u-ann", "u-bob", "u-ann", "u-ann"] {
                assert_eq!(clinic.fail(requester, FailureClass::Unavailable), None);
            }
            assert_eq!(clinic.fail("u-ann", FailureClass::Trap), Some(true));
            clinic
        }
    }

    #[test]
    fn a_pause_begins_after_failures_for_several_people() {
        let mut clinic = Clinic::sick();
        assert!(!clinic.admits("r1"));
        let failure = clinic.breaker.admit("limits", &"r2".parse().unwrap(), clinic.now);
        let failure = failure.unwrap_err();
        assert_eq!(failure.class, FailureClass::Unavailable);
        assert_eq!(
            failure.message,
            "the plugin `limits` failed 5 times in a row and is asked again at 00:00:30 UTC; the last time it said: no database"
        );
        let pause = clinic.breaker.pause().unwrap();
        assert_eq!(pause.waiting.iter().map(RequestId::as_str).collect::<Vec<_>>(), ["r1", "r2"]);
    }

    #[test]
    fn one_person_alone_stops_nothing() {
        let mut clinic = Clinic::new();
        for _ in 0..50 {
            assert_eq!(clinic.fail("u-ann", FailureClass::Trap), None);
            assert!(clinic.admits("r1"));
        }
        assert_eq!(clinic.fail("u-bob", FailureClass::Trap), Some(true));
    }

    #[test]
    fn one_call_goes_on_after_a_pause() {
        let mut clinic = Clinic::sick();
        clinic.wait(30);
        assert!(clinic.admits("r1"));
        assert!(!clinic.admits("r2"), "the first has not ended");
        assert_eq!(clinic.succeed(), Some(false));
        assert!(clinic.admits("r2"));
        assert_eq!(clinic.breaker.pause(), None);
        assert_eq!(clinic.fail("u-ann", FailureClass::Trap), None, "it is counted anew");
    }

    #[test]
    fn pauses_get_longer_up_to_ten_minutes() {
        let mut clinic = Clinic::sick();
        let mut lengths = Vec::new();
        for _ in 0..7 {
            let until = clinic.breaker.pause().unwrap().until;
            lengths.push((until - clinic.now).num_seconds());
            clinic.now = until;
            assert!(clinic.admits("r1"));
            assert_eq!(clinic.fail("u-ann", FailureClass::Trap), None);
        }
        assert_eq!(lengths, [30, 60, 120, 240, 480, 600, 600]);
    }

    #[test]
    fn calls_under_way_do_not_make_a_pause_longer() {
        let mut clinic = Clinic::sick();
        clinic.wait(5);
        assert_eq!(clinic.fail("u-bob", FailureClass::Deadline), None);
        assert_eq!((clinic.breaker.pause().unwrap().until - clinic.now).num_seconds(), 30);
    }

    #[test]
    fn a_plugin_that_answers_is_well() {
        let mut clinic = Clinic::new();
        for requester in ["u-ann", "u-bob", "u-ann", "u-bob"] {
            clinic.fail(requester, FailureClass::Trap);
        }
        assert_eq!(clinic.fail("u-bob", FailureClass::Refused), None);
        assert_eq!(clinic.fail("u-bob", FailureClass::Trap), None);
        // What says nothing about the plugin changes nothing.
        for class in [FailureClass::Busy, FailureClass::Bug, FailureClass::Denied] {
            assert_eq!(clinic.fail("u-ann", class), None);
        }
        for requester in ["u-ann", "u-bob", "u-ann"] {
            assert_eq!(clinic.fail(requester, FailureClass::Trap), None);
        }
        assert_eq!(clinic.fail("u-bob", FailureClass::Trap), Some(true));
    }
}
