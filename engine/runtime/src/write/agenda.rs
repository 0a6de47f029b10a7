//! What follows from a command: outbox entries and timers.

use std::collections::BTreeMap;

use engine_core::{
    command::Meta,
    effect::{Effect, Timer},
    ids::{ExecutionId, RequestId},
};
use engine_store::{AgendaChange, Key, Lane, Millis};
use serde::{Deserialize, Serialize};

use super::Errand;
use crate::{codec::encode, error::EngineError};

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

/// Outbox and timers, the last word on each key.
pub(super) fn agenda(
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
            // Orders are made anew from the state at each attempt; those who are told have their
            // notices as documents.
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
        Timer::ExecutionStart(id) => format!("{request} execution_start {id}"),
        Timer::ExecutionRetry(id) => format!("{request} execution_retry {id}"),
        Timer::GrantEnd(id) => format!("{request} grant_end {id}"),
        Timer::RevertRetry(id) => format!("{request} revert_retry {id}"),
        Timer::FilesEnd(id) => format!("{request} files_end {id}"),
        Timer::StepReminder => format!("{request} step_reminder"),
        Timer::StepDue => format!("{request} step_due"),
        Timer::UrgentReminder => format!("{request} urgent_reminder"),
        Timer::UrgentDue => format!("{request} urgent_due"),
    })
}

fn key(text: &str) -> Result<Key, EngineError> {
    Key::parse(text).map_err(|bad| EngineError::Unstorable { what: "key", why: bad.to_string() })
}
