//! Events folded into the state. Dumb: no judgement, no look-ups; what does not fit is left alone.

mod execution;
mod files;
mod moved;
mod seats;
mod talk;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{
    event::{Event, Recorded},
    ids::{ResourceId, StepId, UserId},
    request::{OpenStep, Overdue, Phase, RejectedItem, Request, Seat, SeatId, SeatWho, StepState},
    wake::shift_due,
};

/// The request after its events, oldest first; none before it was submitted.
pub fn replay<'a>(events: impl IntoIterator<Item = &'a Recorded>) -> Option<Request> {
    let mut request = None;
    for recorded in events {
        match (&mut request, &recorded.event) {
            (None, Event::RequestSubmitted(first) | Event::DraftSaved(first)) => {
                request = Some((**first).clone());
            }
            (None, _) => {}
            (Some(request), event) => evolve(request, event, recorded.at),
        }
    }
    request
}

/// Applies one event.
pub fn evolve(request: &mut Request, event: &Event, at: DateTime<Utc>) {
    match event {
        Event::RequestSubmitted(now) | Event::DraftSaved(now) => write(request, now),
        // What is there of a deleted draft is removed with this event.
        Event::DraftDeleted { .. } | Event::ReturnedToReview { .. } => {}
        Event::RequestEdited(edited) => moved::edit(request, edited),
        Event::RequestMoved(moved) => moved::move_to(request, moved),
        Event::RestartRefused { order, .. } => request.restart_order = Some(*order),
        Event::ReviewStarted { review } => {
            request.phase = Phase::InReview;
            request.review = Some(review.clone());
        }
        Event::ReviewPassed { .. } => request.phase = Phase::Open,
        Event::StepSkipped { .. }
        | Event::StepActivated { .. }
        | Event::SeatsReplaced { .. }
        | Event::ApproverAdded { .. }
        | Event::ApproverRemoved { .. }
        | Event::SeatReassigned { .. }
        | Event::DecisionRecorded { .. }
        | Event::ItemsRejected { .. }
        | Event::StepCompleted { .. }
        | Event::StepsReopened { .. }
        | Event::StepPaused { .. }
        | Event::StepResumed { .. }
        | Event::DecisionWithdrawn { .. } => evolve_step(request, event, at),
        Event::RejectionWithdrawn
        | Event::RequestSentBack { .. }
        | Event::RequestHeld { .. }
        | Event::RequestReleased { .. } => evolve_back(request, event, at),
        Event::StepReminded { .. }
        | Event::StepOverdue { .. }
        | Event::UrgentReminded
        | Event::UrgentOverdue => evolve_due(request, event, at),
        Event::RequestApproved { .. }
        | Event::RequestRejected { .. }
        | Event::RequestCancelled { .. }
        | Event::RequestExpired => end(request, event, at),
        Event::CommentAdded { .. }
        | Event::WatcherAdded { .. }
        | Event::WatcherLeft { .. }
        | Event::AttachmentAdded(_)
        | Event::AttachmentRemoved { .. }
        | Event::ReceiptConfirmed { .. } => talk::evolve(request, event, at),
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
        | Event::Grant { .. } => execution::evolve(request, event, at),
        Event::Files { execution, what } => files::evolve(request, execution, what, at),
    }
}

/// What people put beside a draft stays with the request.
fn write(request: &mut Request, now: &Request) {
    let talk = std::mem::take(&mut request.talk);
    *request = Request { talk, ..now.clone() };
}

/// The request is over.
fn end(request: &mut Request, event: &Event, at: DateTime<Utc>) {
    request.blocked = None;
    request.phase = match event {
        Event::RequestApproved { by } => Phase::Approved { at, by: by.clone() },
        Event::RequestRejected { by } => Phase::Rejected { at, by: by.clone() },
        Event::RequestCancelled { by, comment } => {
            lift_hold(request);
            Phase::Cancelled { at, by: by.clone(), comment: comment.clone() }
        }
        Event::RequestExpired => {
            lift_hold(request);
            Phase::Expired { at }
        }
        _ => return,
    };
}

fn evolve_due(request: &mut Request, event: &Event, at: DateTime<Utc>) {
    match event {
        Event::StepReminded { step, .. } => {
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
                let mut former = Vec::new();
                for seat in seats {
                    if let Some(there) = open.seats.iter_mut().find(|there| there.id == seat.id) {
                        former.extend(people_of(std::mem::replace(there, seat.clone())));
                    }
                }
                if matches!(then, Overdue::Reassigned { .. }) {
                    remember_seats(request, former);
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

fn evolve_back(request: &mut Request, event: &Event, at: DateTime<Utc>) {
    match event {
        Event::RejectionWithdrawn => request.phase = Phase::Open,
        Event::RequestHeld { .. } => {
            request.on_hold = true;
            request.held_since = Some(at);
        }
        Event::RequestReleased { .. } => {
            if let Some(since) = request.held_since {
                shift_due(request, at - since);
            }
            lift_hold(request);
        }
        // What follows from being sent back are events of their own.
        _ => {}
    }
}

fn lift_hold(request: &mut Request) {
    request.on_hold = false;
    request.held_since = None;
}

fn evolve_step(request: &mut Request, event: &Event, at: DateTime<Utc>) {
    match event {
        Event::StepSkipped { step, why } => {
            set_step(request, step, StepState::Skipped { at, why: why.clone() });
        }
        Event::StepActivated { step, open } => {
            request.kept.remove(step);
            set_step(request, step, StepState::Active(open.clone()));
        }
        Event::SeatsReplaced { step, from, to } => {
            if let Some(StepState::Active(open)) = state_of(request, step) {
                open.seats.iter_mut().for_each(|seat| replace(seat, from, to));
            }
        }
        Event::DecisionRecorded { step, decision } => {
            if let Some(StepState::Active(open)) = state_of(request, step) {
                open.decisions.push(decision.clone());
            }
        }
        Event::ApproverAdded { .. }
        | Event::ApproverRemoved { .. }
        | Event::SeatReassigned { .. } => seats::evolve(request, event),
        Event::ItemsRejected { step, by, items } => reject_items(request, step, by, items, at),
        Event::StepCompleted { step, filled } => {
            complete(request, step, filled, at);
        }
        Event::DecisionWithdrawn { step, by, .. } => {
            if let Some(StepState::Active(open) | StepState::Paused(open)) = state_of(request, step)
            {
                take_back(open, by);
            }
        }
        Event::StepsReopened { steps, revision } => reopen_all(request, steps, *revision),
        Event::StepPaused { step } => pause(request, step),
        Event::StepResumed { step } => resume(request, step),
        _ => {}
    }
}

fn state_of<'a>(request: &'a mut Request, id: &StepId) -> Option<&'a mut StepState> {
    let record = request.steps.iter_mut().find(|record| record.id == *id);
    record.map(|record| &mut record.state)
}

/// What was carried over and taken back is not carried again while the step lasts (STP-11, DEC-5).
fn take_back(open: &mut OpenStep, by: &UserId) {
    if open.decision_by(by).is_some_and(|decision| decision.carried_from.is_some()) {
        open.taken_back.insert(by.clone());
    }
    open.decisions.retain(|decision| decision.by != *by);
}

fn reject_items(
    request: &mut Request,
    step: &StepId,
    by: &UserId,
    rejected: &[ResourceId],
    at: DateTime<Utc>,
) {
    let items = std::mem::take(&mut request.items);
    for item in items {
        if rejected.contains(&item.resource) {
            let (step, by) = (step.clone(), by.clone());
            request.rejected_items.push(RejectedItem { item, step, by, at });
        } else {
            request.items.push(item);
        }
    }
}

/// FIN-21: what was carried over from a step that is decided again is carried again from there. A step that
/// was complete with it waits to be looked at again.
fn drop_carried(request: &mut Request, from: &[StepId]) {
    for record in &mut request.steps {
        let was_carried = |carried: Option<&StepId>| carried.is_some_and(|id| from.contains(id));
        let (StepState::Active(open)
        | StepState::Paused(open)
        | StepState::Complete { step: open, .. }) = &mut record.state
        else {
            continue;
        };
        let before = open.decisions.len();
        open.decisions.retain(|decision| !was_carried(decision.carried_from.as_ref()));
        if open.decisions.len() < before
            && let StepState::Complete { step, .. } = &record.state
        {
            record.state = StepState::Paused(step.clone());
        }
    }
}

/// Those who had a seat, or decided, still see the request (REQ-10).
fn reopen_all(request: &mut Request, steps: &[StepId], revision: u32) {
    steps.iter().for_each(|step| reopen(request, step));
    request.kept.retain(|step, _| !steps.contains(step));
    drop_carried(request, steps);
    request.revision = revision;
    request.blocked = None;
}

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
    remember_seats(request, open.seats.into_iter().flat_map(people_of).chain(deciders));
}

/// All that a seat names, and those who passed it on.
fn people_of(seat: Seat) -> impl Iterator<Item = SeatWho> {
    let merged = seat.merged.into_iter().map(|same| same.who);
    let further = seat.also.into_iter().map(|further| further.who);
    let passed = seat.without.into_iter().filter(|without| without.passed_to.is_some());
    let passed = passed.map(|without| SeatWho::Found(without.user));
    std::iter::once(seat.who).chain(merged).chain(further).chain(passed)
}

/// Whose seats were still see the request (REQ-10).
fn remember_seats(request: &mut Request, seats: impl IntoIterator<Item = SeatWho>) {
    for who in seats {
        if !request.former_seats.contains(&who) {
            request.former_seats.push(who);
        }
    }
}

fn complete(
    request: &mut Request,
    id: &StepId,
    filled: &BTreeMap<SeatId, UserId>,
    at: DateTime<Utc>,
) {
    if let Some(state) = state_of(request, id)
        && let StepState::Active(open) = state
    {
        *state = StepState::Complete { at, step: open.clone(), filled: filled.clone() };
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

fn replace(seat: &mut Seat, from: &UserId, to: &UserId) {
    fn replace_in(who: &mut SeatWho, from: &UserId, to: &UserId) -> bool {
        match who {
            SeatWho::Person(id) | SeatWho::Found(id) if id == from => {
                *id = to.clone();
                true
            }
            SeatWho::AnyOf(several) => {
                // All of them, not only the first that is found.
                several.iter_mut().filter_map(|who| replace_in(who, from, to).then_some(())).count()
                    > 0
            }
            SeatWho::Person(_)
            | SeatWho::Found(_)
            | SeatWho::Group(_)
            | SeatWho::Role(_)
            | SeatWho::Node { .. }
            | SeatWho::Nobody => false,
        }
    }
    if seat.is_without(from) {
        return;
    }
    let mut is_replaced = replace_in(&mut seat.who, from, to);
    let merged = seat.merged.iter_mut().map(|same| &mut same.who);
    for who in merged.chain(seat.also.iter_mut().map(|further| &mut further.who)) {
        is_replaced |= replace_in(who, from, to);
    }
    if is_replaced {
        seat.people.retain(|id| id != from && id != to);
        seat.people.push(to.clone());
        seat.empty = None;
    }
}
