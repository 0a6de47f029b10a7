//! A question to a plugin, with everything that its answer rested on: so that it can be asked again
//! exactly, anywhere, and of another version too.
//!
//! Of the people of the organization a capsule holds those that were read, those whom the request names,
//! and those whom the answer names. A version that looks at others does not find them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use engine_core::{
    calendar::CalendarSettings,
    directory::{Directory, Group, User},
    extension::{Facts, Failure, Nominee, NomineeKind, Problem, ResolvedConfig, Verdict},
    ids::{GroupId, UserId},
    money::Rates,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    call::{Answer, Call, HttpRecord, LookupRecord, Read, Trace},
    component::{Plugin, manifest::World},
    grant::Grant,
    host::Host,
    limits::LimitChanges,
};

/// How long a repetition may take at least: it says nothing about the machine it was recorded on.
const PATIENCE: Duration = Duration::from_secs(10);

/// A question, and all that belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capsule {
    /// The plugin's id in rules.
    pub plugin: String,
    /// The SHA-256 of its component, in hexadecimal.
    pub digest: String,
    /// What it was asked.
    pub world: World,
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

impl<T: Into<Self>> From<Result<T, Failure>> for Answered {
    fn from(result: Result<T, Failure>) -> Self {
        result.map_or_else(Self::Failed, Into::into)
    }
}

/// What was looked up when a question was first asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    pub(crate) lookups: Vec<LookupRecord>,
    pub(crate) http: Vec<HttpRecord>,
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
        let (users, groups) = people(call, &trace, &answer);
        Self {
            plugin: asked.plugin.to_owned(),
            digest: asked.digest.to_owned(),
            world: asked.world,
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
        self.gave(again)
            && before.reads == *reads
            && before.lookups == *lookups
            && before.http == *http
            && before.denials == *denials
            && (&before.log, before.log_cut) == (log, *log_cut)
            && before.notes == *notes
            && (before.fuel, before.host_calls) == (*fuel, *host_calls)
    }

    /// Whether another answer is the one that was given.
    #[must_use]
    pub fn gave(&self, again: &Answer<Answered>) -> bool {
        match (&self.answer, &again.result) {
            (Answered::Failed(before), Err(now)) => before == now,
            (before, Ok(now)) => before == now,
            (_, Err(_)) => false,
        }
    }

    /// The call, as it was.
    fn call(&self) -> Call {
        let mut directory = Directory::default();
        self.groups.iter().cloned().for_each(|group| directory.put_group(group));
        self.users.iter().cloned().for_each(|user| directory.put_user(user));
        let recorded =
            Recorded { lookups: self.trace.lookups.clone(), http: self.trace.http.clone() };
        Call {
            config: Arc::new(self.config.clone()),
            rates: self.rates.clone().map(Arc::new),
            zone: self.zone.parse().unwrap_or_default(),
            calendar: Arc::new(self.calendar.clone()),
            grant: Arc::new(self.grant.clone()),
            recorded: Some(Arc::new(recorded)),
            ..Call::new(Arc::new(self.facts.clone()), Arc::new(directory))
        }
    }
}

/// The people that a question rested on, and the groups.
fn people(call: &Call, trace: &Trace, answer: &Answered) -> (Vec<User>, Vec<Group>) {
    let directory = &call.directory;
    let mut users: BTreeMap<&UserId, &User> = BTreeMap::new();
    let mut groups: BTreeMap<&GroupId, &Group> = BTreeMap::new();
    let named = std::iter::once(&call.facts.requester).chain(&call.facts.target_users);
    let mut ids: Vec<UserId> = named.cloned().collect();
    let mut wanted: Vec<GroupId> = Vec::new();
    for read in trace.reads.iter() {
        match read {
            Read::User(id, _) => ids.push(id.clone()),
            Read::Login(login) => {
                ids.extend(directory.by_login(login).map(|user| user.id.clone()));
            }
            Read::Members(group) => {
                wanted.push(group.clone());
                ids.extend(directory.members(group).map(|user| user.id.clone()));
            }
            Read::Group(group) => wanted.push(group.clone()),
            Read::Fact(_) | Read::Property(_) | Read::Field(..) | Read::Other(_) => {}
        }
    }
    if let Answered::Nominees(nominees) = answer {
        for nominee in nominees {
            match &nominee.who {
                NomineeKind::User(id) => ids.push(id.clone()),
                NomineeKind::Group(id) => wanted.push(id.clone()),
            }
        }
    }
    for user in ids.iter().filter_map(|id| directory.user(id)) {
        users.insert(&user.id, user);
        wanted.extend(user.groups.iter().cloned());
    }
    for group in wanted.iter().filter_map(|id| directory.group(id)) {
        groups.insert(&group.id, group);
    }
    (users.into_values().cloned().collect(), groups.into_values().cloned().collect())
}

impl Host {
    /// Asks a plugin what a capsule holds, with what was looked up then. Nothing of the world outside is
    /// reached. Blocks.
    #[must_use]
    pub fn replay(&self, plugin: &Plugin, capsule: &Capsule) -> Answer<Answered> {
        let mut call = capsule.call();
        let defaults = self.usual_limits(plugin, capsule.world);
        let mut limits = capsule.limits.over(defaults);
        limits.deadline = limits.deadline.max(PATIENCE);
        call.limits = Some(Arc::new(limits));
        match capsule.world {
            World::Condition => said(self.condition(plugin, &call)),
            World::Approvers => said(self.approvers(plugin, &call)),
            World::Validator => said(self.validate(plugin, &call)),
            World::Executor | World::Notifier => Answer {
                result: Err(Failure::new(
                    engine_core::extension::FailureClass::Contract,
                    "only questions are repeated, and this is an order",
                )),
                trace: Trace::default(),
            },
        }
    }
}

/// An answer of any world.
pub(crate) fn said<T: Into<Answered>>(answer: Answer<T>) -> Answer<Answered> {
    let Answer { result, trace } = answer;
    Answer { result: result.map(Into::into), trace }
}
