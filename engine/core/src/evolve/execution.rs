//! What becomes of an execution, and of the grant that it made.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::{
    event::{Event, GrantEvent},
    ids::ExecutionId,
    request::{AwaitedUse, EndCause, Execution, ExecutionState, FirstUse, Request},
};

pub(super) fn evolve(request: &mut Request, event: &Event, at: DateTime<Utc>) {
    let Some(id) = execution_of(event) else { return };
    let Some(execution) = request.executions.iter_mut().find(|e| e.id == *id) else { return };
    if let Event::ExecutionStarted { attempt, plan, payload, .. } = event {
        execution.first_started.get_or_insert(at);
        execution.attempts = *attempt;
        execution.plan = Some(plan.clone());
        execution.payload = payload.clone();
    }
    if let Event::ExecutionRetryScheduled { attempt, failures, .. } = event {
        execution.attempts = *attempt;
        execution.failures = *failures;
    }
    if let Event::ExecutionInDoubt { failures, .. } = event {
        execution.failures = *failures;
    }
    if let Event::Grant { what: GrantEvent::Used { by, .. }, .. } = event {
        execution.used.get_or_insert_with(|| FirstUse { at, by: by.clone() });
    }
    if let Some(state) = next_state(execution, event, at) {
        execution.state = state;
    }
}

fn execution_of(event: &Event) -> Option<&ExecutionId> {
    match event {
        Event::ExecutionReleased { execution, .. }
        | Event::ExecutionStarted { execution, .. }
        | Event::ExecutionSucceeded { execution, .. }
        | Event::ExecutionRetryScheduled { execution, .. }
        | Event::ExecutionInDoubt { execution, .. }
        | Event::ExecutionFailed { execution, .. }
        | Event::ExecutionExpired { execution }
        | Event::ExecutionCancelled { execution }
        | Event::Grant { execution, .. } => Some(execution),
        _ => None,
    }
}

fn next_state(execution: &Execution, event: &Event, at: DateTime<Utc>) -> Option<ExecutionState> {
    let start_before = start_before(&execution.state);
    Some(match event {
        Event::ExecutionReleased { start_before, .. } => {
            ExecutionState::Scheduled { since: at, start_before: *start_before }
        }
        Event::ExecutionStarted { .. } => ExecutionState::Running { since: at, start_before },
        Event::ExecutionInDoubt { .. } => match &execution.state {
            running @ ExecutionState::Running { .. } => running.clone(),
            _ => ExecutionState::Running { since: at, start_before },
        },
        Event::ExecutionSucceeded { receipt, until, .. } if execution.is_grant => {
            let (until, receipt) = (*until, receipt.clone());
            ExecutionState::Active { since: at, until, receipt, awaits: None }
        }
        Event::ExecutionSucceeded { receipt, .. } => {
            ExecutionState::Succeeded { at, receipt: receipt.clone() }
        }
        Event::ExecutionRetryScheduled { .. } => {
            ExecutionState::Scheduled { since: at, start_before }
        }
        Event::ExecutionFailed { why, may_have_happened, until, .. } => ExecutionState::Failed {
            at,
            why: why.clone(),
            may_have_happened: *may_have_happened,
            start_before,
            until: *until,
        },
        Event::ExecutionExpired { .. } => ExecutionState::Expired { at },
        Event::ExecutionCancelled { .. } => ExecutionState::Cancelled { at },
        Event::Grant { what, .. } => return next_grant_state(&execution.state, what, at),
        _ => return None,
    })
}

fn next_grant_state(
    state: &ExecutionState,
    event: &GrantEvent,
    at: DateTime<Utc>,
) -> Option<ExecutionState> {
    Some(match event {
        GrantEvent::UseAwaited { .. } | GrantEvent::Used { .. } => return used(state, event),
        GrantEvent::Ending { cause } => {
            let receipt = match state {
                ExecutionState::Active { receipt, .. } => Some(receipt.clone()),
                ExecutionState::Failed { may_have_happened: true, .. } => None,
                _ => return None,
            };
            ExecutionState::Revoking {
                since: at,
                cause: cause.clone(),
                receipt,
                failure: None,
                tries: 0,
                passed_on: BTreeSet::new(),
                under_way: false,
            }
        }
        GrantEvent::EndStarted { .. } | GrantEvent::EndFailed { .. } => return tried(state, event),
        GrantEvent::Ended => match state {
            ExecutionState::Revoking { cause: EndCause::Revoked { by, .. }, .. } => {
                ExecutionState::Revoked { at, by: by.clone() }
            }
            ExecutionState::Revoking { cause: EndCause::Lapsed, .. } => {
                ExecutionState::Lapsed { at }
            }
            _ => return None,
        },
    })
}

/// A window waits for a first use, or begins with it.
fn used(state: &ExecutionState, event: &GrantEvent) -> Option<ExecutionState> {
    let mut next = state.clone();
    let ExecutionState::Active { until, awaits, .. } = &mut next else { return None };
    match event {
        GrantEvent::UseAwaited { length } => *awaits = Some(AwaitedUse { length: *length }),
        GrantEvent::Used { until: end, .. } => (*until, *awaits) = (*end, None),
        GrantEvent::Ending { .. }
        | GrantEvent::EndStarted { .. }
        | GrantEvent::EndFailed { .. }
        | GrantEvent::Ended => return None,
    }
    Some(next)
}

/// A try to take a grant back began, or failed.
fn tried(state: &ExecutionState, event: &GrantEvent) -> Option<ExecutionState> {
    let mut next = state.clone();
    let ExecutionState::Revoking { failure, tries, passed_on, under_way, .. } = &mut next else {
        return None;
    };
    match event {
        GrantEvent::EndStarted { passed_on: more } => {
            passed_on.extend(more.iter().cloned());
            *under_way = true;
        }
        GrantEvent::EndFailed { failure: why, .. } => {
            *failure = Some(why.clone());
            *tries = tries.saturating_add(1);
            *under_way = *under_way && why.class.may_have_happened();
        }
        GrantEvent::UseAwaited { .. }
        | GrantEvent::Used { .. }
        | GrantEvent::Ending { .. }
        | GrantEvent::Ended => return None,
    }
    Some(next)
}

fn start_before(state: &ExecutionState) -> Option<DateTime<Utc>> {
    match state {
        ExecutionState::Scheduled { start_before, .. }
        | ExecutionState::Running { start_before, .. }
        | ExecutionState::Failed { start_before, .. } => *start_before,
        ExecutionState::Waiting
        | ExecutionState::Succeeded { .. }
        | ExecutionState::Cancelled { .. }
        | ExecutionState::Expired { .. }
        | ExecutionState::Active { .. }
        | ExecutionState::Revoking { .. }
        | ExecutionState::Revoked { .. }
        | ExecutionState::Lapsed { .. } => None,
    }
}
