//! The road of a command: look up its first answer, load, decide, commit, and again where another
//! command was faster.

mod agenda;
mod index;
mod repeat;

use std::sync::Arc;

pub(crate) use agenda::{OutboxEntry, TimerEntry, outbox_key};
use engine_core::{
    command::{Command, Meta, Resubmit, Submit},
    decide::Changes,
    effect::Effect,
    event::{Actor, Recorded},
    ids::{CommandId, OrgId, RequestId},
    rejection::Rejection,
    request::Request,
    rule::{Rule, Target},
};
use engine_store::{
    AgendaChange, Commit, DocumentChange, EventRecord, Key, Lane, Millis, Outcome, Present,
    RequestChange, Sequence,
};

use self::{agenda::agenda, index::index_of, repeat::answer_of};
use crate::{
    caller::Caller,
    closure,
    codec::{decode, encode},
    engine::Engine,
    error::EngineError,
    files,
    load::name,
    notices,
    organization::OrganizationState,
    read::Seen,
    recent::Known,
    route::Rules,
};

/// How often a command is decided again because another one was faster.
const MAX_RACES: usize = 64;

/// A command on its way.
pub(crate) struct Errand<'a> {
    pub(crate) org: &'a OrgId,
    pub(crate) request: &'a RequestId,
    /// For a new request: under what.
    pub(crate) target: Option<&'a Target>,
    pub(crate) command: &'a Command,
    pub(crate) actor: Actor,
    pub(crate) via: &'a str,
    pub(crate) key: Option<&'a CommandId>,
    /// An agenda entry that this command settles.
    pub(crate) settles: Option<(Lane, Key)>,
}

/// What a command is decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ground {
    /// What the store has.
    Store,
    /// What the engine remembers.
    Guess,
}

/// What a command on one of several requests adds to a commit (DIR-9).
pub(crate) struct Part {
    pub(crate) request: RequestChange,
    pub(crate) agenda: Vec<AgendaChange>,
    pub(crate) documents: Vec<DocumentChange>,
}

/// What a command came to.
pub(crate) struct Carried {
    pub(crate) seen: Seen,
    pub(crate) effects: Vec<Effect>,
}

impl Engine {
    /// Submits a request under the newest version of a rule, or to a rule group.
    ///
    /// # Errors
    /// [`EngineError::Rejected`] where the rules forbid it; nothing has changed then.
    pub async fn submit(
        &self,
        caller: &Caller,
        target: &Target,
        submit: Submit,
    ) -> Result<Seen, EngineError> {
        let request = submit.id.clone();
        let command = Command::Submit(submit);
        self.on_behalf_of(caller, &request, Some(target), &command).await
    }

    /// Makes a draft for a request under a rule, or to a rule group (REQ-1).
    ///
    /// # Errors
    /// As for a submission.
    pub async fn save_draft(
        &self,
        caller: &Caller,
        target: &Target,
        submit: Submit,
    ) -> Result<Seen, EngineError> {
        let request = submit.id.clone();
        let command = Command::SaveDraft(Box::new(submit));
        self.on_behalf_of(caller, &request, Some(target), &command).await
    }

    /// Makes a draft, with this id, of what an ended request asked for (REQ-5).
    ///
    /// # Errors
    /// `not_found` where the caller does not see that one, `wrong_status` where it has not ended.
    pub async fn resubmit(
        &self,
        caller: &Caller,
        of: &RequestId,
        id: RequestId,
    ) -> Result<Seen, EngineError> {
        let old = self.request(caller, of).await?.request;
        let rule = Target::Rule(old.rule.clone());
        let old = Box::new((*old).clone());
        let command = Command::Resubmit(Resubmit { id: id.clone(), old, of: of.clone() });
        self.on_behalf_of(caller, &id, Some(&rule), &command).await
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
        if matches!(command, Command::Submit(_) | Command::Resubmit(_) | Command::Engine(_)) {
            return Err(Rejection::NotFound.into());
        }
        self.on_behalf_of(caller, request, None, &command).await
    }

    async fn on_behalf_of(
        &self,
        caller: &Caller,
        request: &RequestId,
        target: Option<&Target>,
        command: &Command,
    ) -> Result<Seen, EngineError> {
        let errand = Errand {
            org: &caller.org,
            request,
            target,
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
        if let Some(carried) = self.repeated(errand).await? {
            return Ok(carried);
        }
        match self.carry_out_now(errand).await {
            // The same command may have come at the same time: then it was done since it was looked up.
            Err(EngineError::Rejected(rejection)) => {
                self.repeated(errand).await?.ok_or(EngineError::Rejected(rejection))
            }
            carried => carried,
        }
    }

    async fn carry_out_now(&self, errand: &Errand<'_>) -> Result<Carried, EngineError> {
        let mut refused = None;
        if errand.target.is_none()
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
            let loaded = match errand.target {
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
        let rules = rules_for(&state, errand, before.as_ref()).ok_or(Rejection::NotFound)?;
        let meta = Meta { at: self.now(), actor: errand.actor.clone(), via: errand.via.to_owned() };
        let request = before.as_ref().map(|known| known.request.as_ref());
        let (changes, claims) = self.work_out(errand, &state, &rules, request, &meta).await?;
        if changes.events.is_empty() && ground == Ground::Guess {
            return Ok(None);
        }
        let expected = before.as_ref().map_or(Sequence::NONE, |known| known.sequence);
        let next = Sequence(expected.0 + u64::from(!changes.events.is_empty()));
        let has_claims = !claims.is_empty();
        let commit = self.commit_of(errand, &meta, &changes, expected, next, claims)?;
        let is_deletion = changes.is_deletion();
        let seen = Seen { request: Arc::new(changes.request), sequence: next.0 };
        let Some(commit) = commit else {
            return Ok(Some(Carried { seen, effects: changes.effects }));
        };
        let stored = commit.requests.first().and_then(|change| change.now.as_ref());
        let weight = stored.map(|now| now.snapshot.json.len());
        match self.inner.store.commit(commit).await? {
            Outcome::Committed { .. } => {
                if has_claims {
                    self.claims_changed();
                }
                self.remember(errand, &seen, weight, is_deletion);
                Ok(Some(Carried { seen, effects: changes.effects }))
            }
            Outcome::Conflict { .. } if errand.target.is_some() => {
                Err(Rejection::invalid("id", "there is a request with this id").into())
            }
            Outcome::Conflict { .. } => Ok(None),
            Outcome::AlreadyAnswered(body) => self.first_answer(errand, &body).await,
        }
    }

    /// What a command comes to, and what that changes of the claims to rights (EXE-6c).
    async fn work_out(
        &self,
        errand: &Errand<'_>,
        state: &OrganizationState,
        rules: &Rules,
        request: Option<&Request>,
        meta: &Meta,
    ) -> Result<(Box<Changes>, Vec<DocumentChange>), EngineError> {
        let mut rights = self.rights_read();
        let command = self.with_rights(errand, request, &mut rights).await?;
        let changes = self.decide(state, rules, request, &command, meta).await?;
        let claims = self.claims(errand.org, request, &changes.request, &mut rights).await?;
        Ok((changes, claims))
    }

    /// With its size as it is stored, where it is.
    fn remember(&self, errand: &Errand<'_>, seen: &Seen, weight: Option<usize>, is_deletion: bool) {
        if is_deletion {
            self.inner.recent.forget(errand.request);
        }
        let Some(weight) = weight else { return };
        let (request, sequence) = (Arc::clone(&seen.request), Sequence(seen.sequence));
        let known = Known { request, sequence, weight };
        self.inner.recent.put(errand.org, errand.request, known);
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

    fn commit_of(
        &self,
        errand: &Errand<'_>,
        meta: &Meta,
        changes: &Changes,
        expected: Sequence,
        next: Sequence,
        claims: Vec<DocumentChange>,
    ) -> Result<Option<Commit>, EngineError> {
        let mut commit = Commit::new(errand.org.clone(), Millis(meta.at.timestamp_millis()));
        commit.agenda = agenda(errand, meta, &changes.effects)?;
        if changes.events.is_empty() {
            commit.stands.push((errand.request.clone(), expected));
        } else {
            commit.requests.push(request_change(meta, changes, expected)?);
            commit.documents = documents(meta, changes, next)?;
        }
        commit.documents.extend(claims);
        commit.answer = answer_of(errand, &changes.request.id, next)?;
        let empty =
            commit.agenda.is_empty() && commit.requests.is_empty() && commit.answer.is_none();
        Ok((!empty).then_some(commit))
    }

    /// What of a command that was decided elsewhere goes into a commit of several requests (DIR-9).
    pub(crate) fn part_of_commit(
        errand: &Errand<'_>,
        meta: &Meta,
        changes: &Changes,
        expected: Sequence,
    ) -> Result<Part, EngineError> {
        let next = Sequence(expected.0 + 1);
        Ok(Part {
            request: request_change(meta, changes, expected)?,
            agenda: agenda(errand, meta, &changes.effects)?,
            documents: documents(meta, changes, next)?,
        })
    }

    /// The version of its rule that a request is bound to, checked.
    pub(crate) fn rule_of(
        state: &OrganizationState,
        request: &Request,
    ) -> Result<Arc<Rule>, EngineError> {
        let version = state.version(&request.rule, request.rule_version);
        version.map(|version| Arc::clone(&version.rule)).ok_or_else(|| EngineError::Unreadable {
            what: "rule",
            why: format!("version {} of `{}` is not there", request.rule_version, request.rule),
        })
    }
}

/// What people are told, and what urgent requests leave for the administrators.
fn documents(
    meta: &Meta,
    changes: &Changes,
    next: Sequence,
) -> Result<Vec<DocumentChange>, EngineError> {
    let mut documents = notices::documents(meta, changes, next)?;
    documents.extend(closure::documents(meta.at, changes, next)?);
    documents.extend(files::documents(changes)?);
    Ok(documents)
}

/// The rules that a command is decided by: for a submission and for drafts the newest versions, for a request
/// its own (RUL-2), and beside it those that it may come under.
fn rules_for(
    state: &OrganizationState,
    errand: &Errand<'_>,
    before: Option<&Known>,
) -> Option<Rules> {
    match (before, errand.target) {
        (Some(Known { request, .. }), _) if request.is_draft() => Rules::of_draft(state, request),
        (Some(Known { request, .. }), _) => Rules::of_request(state, request),
        (None, Some(target)) => Rules::of_target(state, target),
        (None, None) => None,
    }
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
    let now = if changes.is_deletion() {
        None
    } else {
        let snapshot = encode("request", &changes.request)?;
        Some(Present { snapshot, index: index_of(&changes.request)? })
    };
    Ok(RequestChange { request: changes.request.id.clone(), expected, events, now })
}
