//! Events folded into the state. Dumb: no judgement, no look-ups; what does not fit is left alone.

use chrono::{DateTime, Utc};

use crate::{
    event::{Event, Recorded},
    ids::{ExecutionId, StepId},
    request::{EndCause, Execution, ExecutionState, Overdue, Phase, Request, SeatWho, StepState},
};

/// The request after its events, oldest first; none before it was submitted.
pub fn replay<'a>(events: impl IntoIterator<Item = &'a Recorded>) -> Option<Request> {
    let mut request = None;
    for recorded in events {
        match (&mut request, &recorded.event) {
            (None, Event::RequestSubmitted(first)) => request = Some((**first).clone()),
            (None, _) => {}
            (Some(request), event) => evolve(request, event, recorded.at),
        }
    }
    request
}

/// Applies one event.
pub fn evolve(request: &mut Request, event: &Event, at: DateTime<Utc>) {
    match event {
        Event::RequestSubmitted(first) => *request = (**first).clone(),
        Event::StepSkipped { step, why } => {
            set_step(request, step, StepState::Skipped { at, why: why.clone() });
        }
        Event::StepActivated { step, open } => {
            set_step(request, step, StepState::Active(open.clone()));
        }
        Event::DecisionRecorded { step, decision } => {
            if let Some(StepState::Active(open)) = state_of(request, step) {
                open.decisions.push(decision.clone());
            }
        }
        Event::StepCompleted { step, filled } => {
            if let Some(state) = state_of(request, step)
                && let StepState::Active(open) = state
            {
                *state = StepState::Complete { at, step: open.clone(), filled: filled.clone() };
            }
        }
        Event::StepsReopened { steps, revision } => {
            steps.iter().for_each(|step| reopen(request, step));
            request.revision = *revision;
            request.blocked = None;
        }
        Event::StepPaused { step } => pause(request, step),
        Event::StepResumed { step } => resume(request, step),
        Event::StepReminded { .. }
        | Event::StepOverdue { .. }
        | Event::UrgentReminded
        | Event::UrgentOverdue => evolve_due(request, event, at),
        Event::RequestApproved { by } => {
            request.blocked = None;
            request.phase = Phase::Approved { at, by: *by };
        }
        Event::RequestRejected { by } => {
            request.blocked = None;
            request.phase = Phase::Rejected { at, by: by.clone() };
        }
        Event::RequestCancelled { by, comment } => {
            request.blocked = None;
            let (by, comment) = (by.clone(), comment.clone());
            request.phase = Phase::Cancelled { at, by, comment };
        }
        Event::RequestExpired => {
            request.blocked = None;
            request.phase = Phase::Expired { at };
        }
        Event::CommentAdded { by, .. } => {
            request.commenters.insert(by.clone());
            request.comments = request.comments.saturating_add(1);
        }
        Event::AttachmentAdded(attachment) => request.attachments.push(attachment.clone()),
        Event::WatcherAdded { user, .. } => {
            request.watchers.insert(user.clone());
        }
        Event::WatcherLeft { user } => {
            request.watchers.remove(user);
        }
        Event::RequestBlocked { why } => request.blocked = Some(why.clone()),
        Event::RequestUnblocked => request.blocked = None,
        Event::ExecutionReleased { .. }
        | Event::ExecutionStarted { .. }
        | Event::ExecutionSucceeded { .. }
        | Event::ExecutionRetryScheduled { .. }
        | Event::ExecutionInDoubt { .. }
        | Event::ExecutionFailed { .. }
        | Event::ExecutionExpired { .. }
        | Event::ExecutionCancelled { .. }
        | Event::GrantEnding { .. }
        | Event::GrantEndFailed { .. }
        | Event::GrantEnded { .. } => evolve_execution(request, event, at),
    }
}

fn evolve_due(request: &mut Request, event: &Event, at: DateTime<Utc>) {
    match event {
        Event::StepReminded { step } => {
            if let Some(StepState::Active(open)) = state_of(request, step)
                && let Some(due) = &mut open.due
            {
                due.reminded = Some(at);
            }
        }
        Event::StepOverdue { step, then } => {
            let Some(StepState::Active(open)) = state_of(request, step) else { return };
            if let Some(due) = &mut open.due {
                due.missed = Some(at);
            }
            if let Overdue::Reassigned { seats } | Overdue::Escalated { seats } = then {
                for seat in seats {
                    if let Some(there) = open.seats.iter_mut().find(|there| there.id == seat.id) {
                        *there = seat.clone();
                    }
                }
            }
        }
        Event::UrgentReminded => {
            if let Some(closure) = &mut request.closure {
                closure.reminded = Some(at);
            }
        }
        Event::UrgentOverdue => {
            if let Some(closure) = &mut request.closure {
                closure.missed = Some(at);
            }
        }
        _ => {}
    }
}

fn state_of<'a>(request: &'a mut Request, id: &StepId) -> Option<&'a mut StepState> {
    let record = request.steps.iter_mut().find(|record| record.id == *id);
    record.map(|record| &mut record.state)
}

/// Those who had a seat, or decided, still see the request (REQ-10).
fn reopen(request: &mut Request, id: &StepId) {
    let Some(state) = state_of(request, id) else { return };
    let before = std::mem::replace(state, StepState::Waiting);
    let (StepState::Active(open)
    | StepState::Paused(open)
    | StepState::Complete { step: open, .. }) = before
    else {
        return;
    };
    let deciders = open.decisions.into_iter().map(|decision| SeatWho::Found(decision.by));
    for who in open.seats.into_iter().map(|seat| seat.who).chain(deciders) {
        if !request.former_seats.contains(&who) {
            request.former_seats.push(who);
        }
    }
}

fn pause(request: &mut Request, id: &StepId) {
    if let Some(state) = state_of(request, id)
        && let StepState::Active(open) = state
    {
        *state = StepState::Paused(open.clone());
    }
}

fn resume(request: &mut Request, id: &StepId) {
    if let Some(state) = state_of(request, id)
        && let StepState::Paused(open) = state
    {
        *state = StepState::Active(open.clone());
    }
}

fn set_step(request: &mut Request, id: &StepId, to: StepState) {
    if let Some(state) = state_of(request, id) {
        *state = to;
    }
}

fn evolve_execution(request: &mut Request, event: &Event, at: DateTime<Utc>) {
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
        | Event::GrantEnding { execution, .. }
        | Event::GrantEndFailed { execution, .. }
        | Event::GrantEnded { execution } => Some(execution),
        Event::RequestSubmitted(_)
        | Event::StepSkipped { .. }
        | Event::StepActivated { .. }
        | Event::StepReminded { .. }
        | Event::StepOverdue { .. }
        | Event::UrgentReminded
        | Event::UrgentOverdue
        | Event::DecisionRecorded { .. }
        | Event::StepCompleted { .. }
        | Event::StepsReopened { .. }
        | Event::StepPaused { .. }
        | Event::StepResumed { .. }
        | Event::RequestApproved { .. }
        | Event::RequestRejected { .. }
        | Event::RequestCancelled { .. }
        | Event::RequestExpired
        | Event::CommentAdded { .. }
        | Event::AttachmentAdded(_)
        | Event::WatcherAdded { .. }
        | Event::WatcherLeft { .. }
        | Event::RequestBlocked { .. }
        | Event::RequestUnblocked => None,
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
            ExecutionState::Active { since: at, until: *until, receipt: receipt.clone() }
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
        Event::GrantEnding { .. } | Event::GrantEndFailed { .. } | Event::GrantEnded { .. } => {
            return next_grant_state(&execution.state, event, at);
        }
        _ => return None,
    })
}

fn next_grant_state(
    state: &ExecutionState,
    event: &Event,
    at: DateTime<Utc>,
) -> Option<ExecutionState> {
    Some(match event {
        Event::GrantEnding { cause, .. } => {
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
            }
        }
        Event::GrantEndFailed { failure: why, .. } => {
            let mut next = state.clone();
            let ExecutionState::Revoking { failure, tries, .. } = &mut next else { return None };
            *failure = Some(why.clone());
            *tries = tries.saturating_add(1);
            next
        }
        Event::GrantEnded { .. } => match state {
            ExecutionState::Revoking { cause: EndCause::Revoked { by, .. }, .. } => {
                ExecutionState::Revoked { at, by: by.clone() }
            }
            ExecutionState::Revoking { cause: EndCause::Lapsed, .. } => {
                ExecutionState::Lapsed { at }
            }
            _ => return None,
        },
        _ => return None,
    })
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
