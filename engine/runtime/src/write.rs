//! The road of a command: look up its first answer, load, decide, commit, and again where another
//! command was faster.

use std::{collections::BTreeMap, sync::Arc};

use engine_core::{
    command::{Command, Meta, Submit},
    decide::Changes,
    effect::{Effect, Timer},
    event::{Actor, Recorded},
    ids::{CommandId, ExecutionId, OrgId, RequestId, RuleId, UserId},
    rejection::Rejection,
    request::{Choice, OpenStep, Request, SeatWho},
};
use engine_store::{
    AgendaChange, Answer, Candidate, Commit, EventRecord, Key, Lane, Millis, Outcome, Present,
    RequestChange, RequestIndex, Sequence,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    caller::Caller,
    codec::{decode, encode},
    engine::Engine,
    error::EngineError,
    load::name,
    organization::OrganizationState,
    read::Seen,
    recent::Known,
};

/// How often a command is decided again because another one was faster.
const MAX_RACES: usize = 64;

/// A command on its way.
pub(crate) struct Errand<'a> {
    pub(crate) org: &'a OrgId,
    pub(crate) request: &'a RequestId,
    /// For a submission: the rule.
    pub(crate) rule: Option<&'a RuleId>,
    pub(crate) command: &'a Command,
    pub(crate) actor: Actor,
    pub(crate) via: &'a str,
    pub(crate) key: Option<&'a CommandId>,
    /// An agenda entry that this command settles.
    pub(crate) settles: Option<(Lane, Key)>,
}

/// What a repeated command is answered with: the request as it was after the first time.
#[derive(Debug, Serialize, Deserialize)]
struct FirstAnswer {
    request: RequestId,
    sequence: u64,
    /// The [`fingerprint`] of the command.
    of: String,
}

/// What is kept of a timer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TimerEntry {
    pub(crate) request: RequestId,
    pub(crate) timer: Timer,
}

/// What is kept of an execution to be worked off.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OutboxEntry {
    pub(crate) request: RequestId,
    pub(crate) execution: ExecutionId,
}

/// What a command is decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ground {
    /// What the store has.
    Store,
    /// What the engine remembers.
    Guess,
}

/// What a command came to.
pub(crate) struct Carried {
    pub(crate) seen: Seen,
    pub(crate) effects: Vec<Effect>,
}

impl Engine {
    /// Submits a request under the newest version of a rule.
    ///
    /// # Errors
    /// [`EngineError::Rejected`] where the rules forbid it; nothing has changed then.
    pub async fn submit(
        &self,
        caller: &Caller,
        rule: &RuleId,
        submit: Submit,
    ) -> Result<Seen, EngineError> {
        let request = submit.id.clone();
        let command = Command::Submit(submit);
        self.on_behalf_of(caller, &request, Some(rule), &command).await
    }

    /// Carries out a command of a person.
    ///
    /// # Errors
    /// [`EngineError::Rejected`] where the rules forbid it; nothing has changed then.
    pub async fn command(
        &self,
        caller: &Caller,
        request: &RequestId,
        command: Command,
    ) -> Result<Seen, EngineError> {
        if matches!(command, Command::Submit(_) | Command::Engine(_)) {
            return Err(Rejection::NotFound.into());
        }
        self.on_behalf_of(caller, request, None, &command).await
    }

    async fn on_behalf_of(
        &self,
        caller: &Caller,
        request: &RequestId,
        rule: Option<&RuleId>,
        command: &Command,
    ) -> Result<Seen, EngineError> {
        let errand = Errand {
            org: &caller.org,
            request,
            rule,
            command,
            actor: Actor::User(caller.user.clone()),
            via: &caller.via,
            key: caller.key.as_ref(),
            settles: None,
        };
        let engine = self.clone();
        let carried = engine.carry_out(&errand).await?;
        self.dispatch(&caller.org, &carried);
        Ok(carried.seen)
    }

    /// Carries out a command until it is committed or refused.
    pub(crate) async fn carry_out(&self, errand: &Errand<'_>) -> Result<Carried, EngineError> {
        if let (Some(key), Actor::User(actor)) = (errand.key, &errand.actor)
            && let Some(body) = self.inner.store.answer(errand.org, actor, key).await?
        {
            return self.first_answer(errand, actor, &decode("answer", &body)?).await;
        }
        let mut refused = None;
        if errand.rule.is_none()
            && let Some(known) = self.inner.recent.get(errand.org, errand.request)
        {
            let sequence = known.sequence;
            match self.attempt(errand, Some(known), Ground::Guess).await {
                Ok(Some(carried)) => return Ok(carried),
                Ok(None) => {}
                Err(EngineError::Rejected(rejection)) => refused = Some((sequence, rejection)),
                Err(error) => return Err(error),
            }
        }
        for _ in 0..MAX_RACES {
            let loaded = match errand.rule {
                Some(_) => None,
                None => self.load_request(errand.org, errand.request).await?,
            };
            if let Some(known) = &loaded {
                self.inner.recent.put(errand.org, errand.request, known.clone());
                if let Some((sequence, rejection)) = refused.take()
                    && sequence == known.sequence
                {
                    return Err(EngineError::Rejected(rejection));
                }
            }
            if let Some(carried) = self.attempt(errand, loaded, Ground::Store).await? {
                return Ok(carried);
            }
        }
        Err(EngineError::Contended)
    }

    /// One try, on a request as it was known before; none where another command was faster, or a
    /// guess says that there is nothing to do.
    async fn attempt(
        &self,
        errand: &Errand<'_>,
        before: Option<Known>,
        ground: Ground,
    ) -> Result<Option<Carried>, EngineError> {
        let state = self.organization(errand.org)?;
        let version = match (&before, errand.rule) {
            (Some(Known { request, .. }), _) => state.version(&request.rule, request.rule_version),
            (None, Some(rule)) => state.newest(rule),
            (None, None) => None,
        };
        let rule = version.map(|version| Arc::clone(&version.rule)).ok_or(Rejection::NotFound)?;
        let meta = Meta { at: self.now(), actor: errand.actor.clone(), via: errand.via.to_owned() };
        let request = before.as_ref().map(|known| known.request.as_ref());
        let changes = self.decide(&state, &rule, request, errand.command, &meta).await?;
        if changes.events.is_empty() && ground == Ground::Guess {
            return Ok(None);
        }
        let expected = before.map_or(Sequence::NONE, |known| known.sequence);
        let next = Sequence(expected.0 + u64::from(!changes.events.is_empty()));
        let commit = self.commit_of(errand, &meta, &changes, expected, next)?;
        let seen = Seen { request: Arc::new(changes.request), sequence: next.0 };
        let Some(commit) = commit else {
            return Ok(Some(Carried { seen, effects: changes.effects }));
        };
        let stored = commit.requests.first().and_then(|change| change.now.as_ref());
        let weight = stored.map(|now| now.snapshot.json.len());
        match self.inner.store.commit(commit).await? {
            Outcome::Committed { .. } => {
                if let Some(weight) = weight {
                    let request = Arc::clone(&seen.request);
                    let known = Known { request, sequence: next, weight };
                    self.inner.recent.put(errand.org, errand.request, known);
                }
                Ok(Some(Carried { seen, effects: changes.effects }))
            }
            Outcome::Conflict { .. } if errand.rule.is_some() => {
                Err(Rejection::invalid("id", "there is a request with this id").into())
            }
            Outcome::Conflict { .. } => Ok(None),
            Outcome::AlreadyAnswered(body) => match &errand.actor {
                Actor::User(actor) => {
                    let answer = decode("answer", &body)?;
                    self.first_answer(errand, actor, &answer).await.map(Some)
                }
                Actor::Engine => Ok(None),
            },
        }
    }

    pub(crate) async fn load_request(
        &self,
        org: &OrgId,
        request: &RequestId,
    ) -> Result<Option<Known>, EngineError> {
        let Some(loaded) = self.inner.store.load(org, request).await? else { return Ok(None) };
        let weight = loaded.snapshot.json.len();
        let request = Arc::new(decode("request", &loaded.snapshot)?);
        Ok(Some(Known { request, sequence: loaded.sequence, weight }))
    }

    /// REQ-11: the request as it was after the first time, by its events until then, for somebody who
    /// still sees it (DEC-9). The effects have been ordered already.
    async fn first_answer(
        &self,
        errand: &Errand<'_>,
        actor: &UserId,
        answer: &FirstAnswer,
    ) -> Result<Carried, EngineError> {
        let caller = Caller::new(errand.org.clone(), actor.clone(), "repeat");
        let about = if errand.rule.is_some() { &answer.request } else { errand.request };
        self.request(&caller, about).await?;
        if answer.of != fingerprint(errand)? {
            let message = "another command was given with this key: every command needs its own";
            return Err(Rejection::invalid("Idempotency-Key", message).into());
        }
        let request = self.as_of(&caller, &answer.request, answer.sequence).await?;
        let seen = Seen { request: Arc::new(request), sequence: answer.sequence };
        Ok(Carried { seen, effects: Vec::new() })
    }

    fn commit_of(
        &self,
        errand: &Errand<'_>,
        meta: &Meta,
        changes: &Changes,
        expected: Sequence,
        next: Sequence,
    ) -> Result<Option<Commit>, EngineError> {
        let mut commit = Commit::new(errand.org.clone(), Millis(meta.at.timestamp_millis()));
        commit.agenda = agenda(errand, meta, &changes.effects)?;
        if changes.events.is_empty() {
            commit.stands.push((errand.request.clone(), expected));
        } else {
            commit.requests.push(request_change(meta, changes, expected)?);
        }
        if let (Some(key), Actor::User(actor)) = (errand.key, &errand.actor) {
            let request = changes.request.id.clone();
            let answer = FirstAnswer { request, sequence: next.0, of: fingerprint(errand)? };
            let body = encode("answer", &answer)?;
            commit.answer = Some(Answer { actor: actor.clone(), command: key.clone(), body });
        }
        let empty =
            commit.agenda.is_empty() && commit.requests.is_empty() && commit.answer.is_none();
        Ok((!empty).then_some(commit))
    }

    /// The version of its rule that a request is bound to, checked.
    pub(crate) fn rule_of(
        state: &OrganizationState,
        request: &Request,
    ) -> Result<Arc<engine_core::rule::Rule>, EngineError> {
        let version = state.version(&request.rule, request.rule_version);
        version.map(|version| Arc::clone(&version.rule)).ok_or_else(|| EngineError::Unreadable {
            what: "rule",
            why: format!("version {} of `{}` is not there", request.rule_version, request.rule),
        })
    }
}

/// What a repeat must have in common with the first time: rule or request, and what is asked of it.
fn fingerprint(errand: &Errand<'_>) -> Result<String, EngineError> {
    let request = errand.rule.is_none().then_some(errand.request);
    let parts = (errand.rule, request, errand.command.name(), errand.command);
    let json = serde_json::to_vec(&parts)
        .map_err(|error| EngineError::Unstorable { what: "answer", why: error.to_string() })?;
    Ok(hex::encode(Sha256::digest(&json)))
}

fn request_change(
    meta: &Meta,
    changes: &Changes,
    expected: Sequence,
) -> Result<RequestChange, EngineError> {
    let mut events = Vec::new();
    for event in &changes.events {
        let recorded = Recorded {
            event: event.clone(),
            at: meta.at,
            by: meta.actor.clone(),
            via: meta.via.clone(),
        };
        events.push(EventRecord { kind: name(event.name())?, body: encode("event", &recorded)? });
    }
    let now = Present {
        snapshot: encode("request", &changes.request)?,
        index: index_of(&changes.request)?,
    };
    Ok(RequestChange { request: changes.request.id.clone(), expected, events, now: Some(now) })
}

/// By what a request is listed.
fn index_of(request: &Request) -> Result<RequestIndex, EngineError> {
    let mut people: std::collections::BTreeSet<UserId> =
        request.target_users.iter().cloned().collect();
    people.insert(request.requester.clone());
    let mut seats = std::collections::BTreeSet::new();
    if let Some((_, open)) = request.active().filter(|_| request.is_open()) {
        for seat in &open.seats {
            candidates(&seat.who, &seat.people, open, &mut seats);
        }
    }
    Ok(RequestIndex {
        time: Millis(request.submitted_at.timestamp_millis()),
        state: name(request.status().as_str())?,
        rule: request.rule.clone(),
        kind: request.kind.clone(),
        people,
        resources: request.resources().cloned().collect(),
        seats,
    })
}

/// Whose *to decide* a seat is in: those named who have not decided, groups and roles as such.
fn candidates(
    who: &SeatWho,
    people: &[UserId],
    open: &OpenStep,
    into: &mut std::collections::BTreeSet<Candidate>,
) {
    let undecided =
        |id: &UserId| !open.of(Choice::Approve).chain(open.of(Choice::Reject)).any(|d| d.by == *id);
    match who {
        SeatWho::Person(id) | SeatWho::Found(id) => {
            into.extend(undecided(id).then(|| Candidate::Person(id.clone())));
        }
        SeatWho::Group(group) => {
            into.insert(Candidate::Group(group.clone()));
        }
        SeatWho::Role(role) => {
            into.insert(Candidate::Role(*role));
        }
        SeatWho::Node { .. } => into.extend(
            people.iter().filter(|id| undecided(id)).map(|id| Candidate::Person(id.clone())),
        ),
        SeatWho::AnyOf(several) => {
            several.iter().for_each(|who| candidates(who, people, open, into));
        }
        SeatWho::Nobody => {}
    }
}

/// Outbox and timers, the last word on each key.
fn agenda(
    errand: &Errand<'_>,
    meta: &Meta,
    effects: &[Effect],
) -> Result<Vec<AgendaChange>, EngineError> {
    let mut changes: BTreeMap<(Lane, Key), AgendaChange> = BTreeMap::new();
    let remove = |lane: Lane, key: Key| AgendaChange::Remove { lane, key };
    if let Some((lane, key)) = &errand.settles {
        changes.insert((*lane, key.clone()), remove(*lane, key.clone()));
    }
    for effect in effects {
        let (lane, key, put) = match effect {
            Effect::Queue(execution) => {
                let entry =
                    OutboxEntry { request: errand.request.clone(), execution: execution.clone() };
                let put = Some((meta.at, encode("outbox entry", &entry)?));
                (Lane::Outbox, outbox_key(errand.request, execution)?, put)
            }
            Effect::Unqueue(execution) => {
                (Lane::Outbox, outbox_key(errand.request, execution)?, None)
            }
            Effect::SetTimer(timer, at) => {
                let entry = TimerEntry { request: errand.request.clone(), timer: timer.clone() };
                let put = Some((*at, encode("timer", &entry)?));
                (Lane::Timer, timer_key(errand.request, timer)?, put)
            }
            Effect::ClearTimer(timer) => (Lane::Timer, timer_key(errand.request, timer)?, None),
            // Orders are made anew from the state at each attempt; who is told follows from the
            // request, and there is no channel yet.
            Effect::Execute(_) | Effect::Revert(_) | Effect::Notify(_) => continue,
        };
        let change = match put {
            Some((due, body)) => {
                let due = Millis(due.timestamp_millis());
                AgendaChange::Put { lane, key: key.clone(), due, body }
            }
            None => remove(lane, key.clone()),
        };
        changes.insert((lane, key), change);
    }
    Ok(changes.into_values().collect())
}

pub(crate) fn outbox_key(request: &RequestId, execution: &ExecutionId) -> Result<Key, EngineError> {
    key(&format!("{request} {execution}"))
}

fn timer_key(request: &RequestId, timer: &Timer) -> Result<Key, EngineError> {
    key(&match timer {
        Timer::ApprovalExpiry => format!("{request} approval_expiry"),
        Timer::ExecutionExpiry(id) => format!("{request} execution_expiry {id}"),
        Timer::ExecutionRetry(id) => format!("{request} execution_retry {id}"),
        Timer::GrantEnd(id) => format!("{request} grant_end {id}"),
        Timer::RevertRetry(id) => format!("{request} revert_retry {id}"),
    })
}

fn key(text: &str) -> Result<Key, EngineError> {
    Key::parse(text).map_err(|bad| EngineError::Unstorable { what: "key", why: bad.to_string() })
}
