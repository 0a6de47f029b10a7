//! Repeats of a command: they get the first answer (REQ-11).

use std::sync::Arc;

use engine_core::{event::Actor, ids::RequestId, rejection::Rejection, rule::Target};
use engine_store::{Answer, Body, Sequence};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Carried, Errand};
use crate::{
    caller::Caller,
    codec::{decode, encode},
    engine::Engine,
    error::EngineError,
    read::Seen,
};

/// What a repeated command is answered with: the request as it was after the first time.
#[derive(Debug, Serialize, Deserialize)]
struct FirstAnswer {
    request: RequestId,
    sequence: u64,
    /// The [`fingerprint`] of the command.
    of: String,
}

impl Engine {
    /// What a repeat is answered; none where the command comes for the first time.
    pub(super) async fn repeated(
        &self,
        errand: &Errand<'_>,
    ) -> Result<Option<Carried>, EngineError> {
        let (Some(key), Actor::User(actor)) = (errand.key, &errand.actor) else { return Ok(None) };
        match self.inner.store.answer(errand.org, actor, key).await? {
            Some(body) => self.first_answer(errand, &body).await,
            None => Ok(None),
        }
    }

    /// REQ-11: the request as it was after the first time, by its events until then, for somebody who
    /// still sees it (DEC-9). The effects have been ordered already.
    pub(super) async fn first_answer(
        &self,
        errand: &Errand<'_>,
        body: &Body,
    ) -> Result<Option<Carried>, EngineError> {
        let Actor::User(actor) = &errand.actor else { return Ok(None) };
        let answer: FirstAnswer = decode("answer", body)?;
        let caller = Caller::new(errand.org.clone(), actor.clone(), "repeat");
        let about = if errand.target.is_some() { &answer.request } else { errand.request };
        self.request(&caller, about).await?;
        if answer.of != fingerprint(errand)? {
            let message = "another command was given with this key: every command needs its own";
            return Err(Rejection::invalid("Idempotency-Key", message).into());
        }
        let request = self.as_of(&caller, &answer.request, answer.sequence).await?;
        let seen = Seen { request: Arc::new(request), sequence: answer.sequence };
        Ok(Some(Carried { seen, effects: Vec::new() }))
    }
}

/// What a repeat will be answered.
pub(super) fn answer_of(
    errand: &Errand<'_>,
    request: &RequestId,
    next: Sequence,
) -> Result<Option<Answer>, EngineError> {
    let (Some(key), Actor::User(actor)) = (errand.key, &errand.actor) else { return Ok(None) };
    let answer =
        FirstAnswer { request: request.clone(), sequence: next.0, of: fingerprint(errand)? };
    let body = encode("answer", &answer)?;
    Ok(Some(Answer { actor: actor.clone(), command: key.clone(), body }))
}

/// What a repeat must have in common with the first time: rule or request, and what is asked of it.
fn fingerprint(errand: &Errand<'_>) -> Result<String, EngineError> {
    let request = errand.target.is_none().then_some(errand.request);
    let (rule, group) = errand.target.map_or((None, None), Target::parts);
    let (name, command) = (errand.command.name(), errand.command);
    let json = match group {
        Some(group) => serde_json::to_vec(&(group, "rule_group", request, name, command)),
        None => serde_json::to_vec(&(rule, request, name, command)),
    };
    let json =
        json.map_err(|error| EngineError::Unstorable { what: "answer", why: error.to_string() })?;
    Ok(hex::encode(Sha256::digest(&json)))
}
