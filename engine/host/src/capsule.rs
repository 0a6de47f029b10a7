//! A question to a plugin or a script, or an order to an executor, with everything that its answer
//! rested on: so that it can be asked again exactly, anywhere, and of another version too.
//!
//! Of the people of the organization a capsule holds those that were read, those whom the request names,
//! and those whom the answer names. A version that looks at others does not find them.
//!
//! An order is repeated dry: what it was answered outside the first time is given again, in order, and
//! nothing is done. One that asks for something else ends there.

mod people;
mod replay;

use std::{sync::Arc, time::Duration};

use engine_core::{
    calendar::CalendarSettings,
    directory::{Directory, Group, User},
    extension::{
        Facts, Failure, FailureClass, Nominee, Plan, PlannedStatement, Presence, Problem, Receipt,
        ResolvedConfig, Verdict,
    },
    money::Rates,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    call::{Answer, Call, HttpRecord, LookupRecord, Trace},
    component::manifest::World,
    grant::Grant,
    limits::LimitChanges,
    outside::{Exchange, Recording},
};

/// A question or an order, and all that belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capsule {
    /// The id of the plugin, or of the script, in rules.
    pub plugin: String,
    /// The SHA-256 of its component, or of its text, in hexadecimal.
    pub digest: String,
    /// The text of a script; none of a plugin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    /// What it was asked.
    pub world: World,
    /// What an executor was told to do; none where a question was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// What the approved plan covered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<PlannedStatement>,
    /// What it could see of the request.
    pub facts: Facts,
    /// Its settings.
    pub config: ResolvedConfig,
    /// The rates frozen with the request.
    pub rates: Option<Rates>,
    /// The time zone, an IANA name.
    pub zone: String,
    /// Working days, holidays and hours.
    pub calendar: CalendarSettings,
    /// What it was granted.
    pub grant: Grant,
    /// What it had in place of the usual limits.
    pub limits: LimitChanges,
    /// The people that matter.
    pub users: Vec<User>,
    /// Their groups, and others that were looked at.
    pub groups: Vec<Group>,
    /// What it answered.
    pub answer: Answered,
    /// What happened on the way; the time it took is left out.
    pub trace: Trace,
}

/// What an executor was told to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// To say what it would do.
    Plan,
    /// To do it, under this key.
    Execute(String),
    /// To find out whether it was done under this key.
    Probe(String),
    /// To take back what was done.
    Revert {
        /// What was done.
        done: Receipt,
        /// The key under which it was.
        once_key: String,
    },
}

/// What a plugin answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answered {
    /// As a condition.
    Verdict(Verdict),
    /// As a resolver.
    Nominees(Vec<Nominee>),
    /// As a validator.
    Problems(Vec<Problem>),
    /// As an executor, before the approval.
    Plan(Plan),
    /// As an executor that did it, or took it back.
    Receipt(Receipt),
    /// As an executor that looked whether it was done.
    Presence(Presence),
    /// It failed.
    Failed(Failure),
}

impl From<Verdict> for Answered {
    fn from(verdict: Verdict) -> Self {
        Self::Verdict(verdict)
    }
}

impl From<Vec<Nominee>> for Answered {
    fn from(nominees: Vec<Nominee>) -> Self {
        Self::Nominees(nominees)
    }
}

impl From<Vec<Problem>> for Answered {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Problems(problems)
    }
}

impl From<Plan> for Answered {
    fn from(plan: Plan) -> Self {
        Self::Plan(plan)
    }
}

impl From<Receipt> for Answered {
    fn from(receipt: Receipt) -> Self {
        Self::Receipt(receipt)
    }
}

impl From<Presence> for Answered {
    fn from(presence: Presence) -> Self {
        Self::Presence(presence)
    }
}

impl<T: Into<Self>> From<Result<T, Failure>> for Answered {
    fn from(result: Result<T, Failure>) -> Self {
        result.map_or_else(Self::Failed, Into::into)
    }
}

/// What was answered when a question was first asked, or an order first given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// To the look-ups of a question.
    pub(crate) lookups: Vec<LookupRecord>,
    pub(crate) http: Vec<HttpRecord>,
    /// To everything that an order asked.
    pub(crate) order: Arc<Recording>,
}

/// What was recorded of a question that comes again: of equal ones that of as many as came before, and beyond
/// them the last.
pub(crate) fn nth_equal<'a, T>(
    recorded: &'a [T],
    before: &[T],
    is_same: impl Fn(&&T) -> bool,
) -> Option<&'a T> {
    let place = before.iter().filter(&is_same).count();
    let equal: Vec<&T> = recorded.iter().filter(&is_same).collect();
    equal.get(place).or(equal.last()).copied()
}

/// Which plugin was asked, and how.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Its id in rules.
    pub plugin: &'a str,
    /// The SHA-256 of its component, in hexadecimal.
    pub digest: &'a str,
    /// What it was asked.
    pub world: World,
    /// What it had in place of the usual limits.
    pub limits: LimitChanges,
}

impl Capsule {
    /// Puts together what belongs to a question that was answered.
    #[must_use]
    pub fn of(asked: &Asked<'_>, call: &Call, answer: Answer<Answered>) -> Self {
        let Answer { result, trace } = answer;
        let answer = Answered::from(result);
        let (users, groups) = people::that_matter(call, &trace, &answer);
        Self {
            plugin: asked.plugin.to_owned(),
            digest: asked.digest.to_owned(),
            script: None,
            world: asked.world,
            order: None,
            statements: call.statements.to_vec(),
            facts: (*call.facts).clone(),
            config: (*call.config).clone(),
            rates: call.rates.as_deref().cloned(),
            zone: call.zone.name().to_owned(),
            calendar: (*call.calendar).clone(),
            grant: (*call.grant).clone(),
            limits: asked.limits,
            users,
            groups,
            answer,
            trace: Trace { elapsed: Duration::ZERO, ..trace },
        }
    }

    /// The same for an order. What it was answered stands among its exchanges, and nowhere twice.
    #[must_use]
    pub fn of_order(
        asked: &Asked<'_>,
        call: &Call,
        order: Order,
        answer: Answer<Answered>,
    ) -> Self {
        let mut capsule = Self::of(asked, call, answer);
        capsule.trace.lookups.clear();
        capsule.trace.http.clear();
        if let Order::Revert { done, .. } = &order {
            people::add_named(&mut capsule.users, done, &call.directory);
        }
        Self { order: Some(order), ..capsule }
    }

    /// Whether too much was answered to be kept, so that it cannot be repeated.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.trace.exchanges_cut
    }

    /// Whether the time was over while it waited for a place or computed. How far that comes is another thing
    /// at every moment, so that it cannot be repeated; what was asked outside and waited for in vain can.
    #[must_use]
    pub fn ran_out_of_time(&self) -> bool {
        let Answered::Failed(failure) = &self.answer else { return false };
        let is_late = matches!(failure.class, FailureClass::Deadline | FailureClass::Busy);
        let waited = self.trace.exchanges.last().is_some_and(|last| last.answer.is_none());
        is_late && !waited
    }

    /// Its text, and the name that follows from it: the same content has the same name.
    ///
    /// # Errors
    /// Where it cannot be written as JSON; every capsule can.
    pub fn sealed(&self) -> Result<(String, Vec<u8>), serde_json::Error> {
        let text = serde_json::to_vec(self)?;
        Ok((hex::encode(Sha256::digest(&text)), text))
    }

    /// Whether a repetition came to the same, with the same work.
    #[must_use]
    pub fn is_repeated_by(&self, again: &Answer<Answered>) -> bool {
        let Trace { reads, lookups, http, denials, log, log_cut, notes, fuel, host_calls, .. } =
            &again.trace;
        let before = &self.trace;
        let looked_up = self.order.is_some() || (&before.lookups, &before.http) == (lookups, http);
        self.gave(again)
            && looked_up
            && before.reads == *reads
            && before.denials == *denials
            && (&before.log, before.log_cut) == (log, *log_cut)
            && before.notes == *notes
            && (before.fuel, before.host_calls) == (*fuel, *host_calls)
    }

    /// Whether another answer is the one that was given and, of an order, whether everything was asked for
    /// it that was asked then.
    #[must_use]
    pub fn gave(&self, again: &Answer<Answered>) -> bool {
        let is_given = match (&self.answer, &again.result) {
            (Answered::Failed(before), Err(now)) => before == now,
            (before, Ok(now)) => before == now,
            (_, Err(_)) => false,
        };
        is_given && self.left_out(again).is_none()
    }

    /// The first thing that was asked outside for this answer and was not for another.
    #[must_use]
    pub fn left_out(&self, again: &Answer<Answered>) -> Option<String> {
        let left = self.trace.exchanges.get(again.trace.exchanges.len());
        left.map(Exchange::told)
    }

    /// The call, as it was.
    fn call(&self) -> Call {
        let mut directory = Directory::default();
        self.groups.iter().cloned().for_each(|group| directory.put_group(group));
        self.users.iter().cloned().for_each(|user| directory.put_user(user));
        let Trace { lookups, http, exchanges, exchanges_cut, .. } = &self.trace;
        let order = Recording { exchanges: exchanges.clone(), cut: *exchanges_cut };
        let recorded =
            Recorded { lookups: lookups.clone(), http: http.clone(), order: Arc::new(order) };
        Call {
            config: Arc::new(self.config.clone()),
            rates: self.rates.clone().map(Arc::new),
            zone: self.zone.parse().unwrap_or_default(),
            calendar: Arc::new(self.calendar.clone()),
            grant: Arc::new(self.grant.clone()),
            statements: self.statements.as_slice().into(),
            recorded: Some(Arc::new(recorded)),
            ..Call::new(Arc::new(self.facts.clone()), Arc::new(directory))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_questions_get_their_answers_in_order() {
        let recorded = [("a", "failed"), ("b", "other"), ("a", "found")];
        let found = |before: &[(&str, &'static str)]| {
            nth_equal(&recorded, before, |one| one.0 == "a").map(|one| one.1)
        };
        assert_eq!(found(&[]), Some("failed"));
        assert_eq!(found(&[("b", "other")]), Some("failed"));
        assert_eq!(found(&recorded[..1]), Some("found"));
        assert_eq!(found(&recorded), Some("found"), "the last, where it is asked more often");
        assert_eq!(nth_equal(&recorded, &[], |one| one.0 == "c"), None);
    }
}
