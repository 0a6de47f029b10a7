//! Seats that people and dates change: who may, for whom, and that no step becomes harder by it.

use engine_core::{
    directory::UserKind,
    event::{Actor, Event},
    ids::{StepId, UserId},
    request::{OpenStep, Overdue, Request, StepState},
};

use super::{Moment, ensure, route::is_administrator};

fn opened<'a>(request: &'a Request, step: &StepId) -> Option<&'a OpenStep> {
    request.step(step).and_then(|record| record.opened())
}

pub(super) fn changed_by(moment: &Moment<'_>) -> Result<(), String> {
    let (step, by) = match moment.event {
        Event::ApproverAdded { step, by, .. } | Event::ApproverRemoved { step, by, .. } => {
            (step, by)
        }
        Event::SeatReassigned { step, from, .. } => (step, from),
        _ => return Ok(()),
    };
    let Some(referee) = moment.referee() else { return Ok(()) };
    let request = referee.request;
    let Some(person) = referee.directory.user(by) else { return Err("by nobody".to_owned()) };
    ensure(*moment.actor == Actor::User(by.clone()), || "in another's name".to_owned())?;
    let state = request.step(step).map(|record| &record.state);
    let is_decided =
        matches!(state, Some(StepState::Complete { .. } | StepState::Skipped { .. }) | None);
    ensure(request.is_open() && !is_decided, || format!("{step:?} is locked"))?;
    let holds = request.active().is_some_and(|(active, open)| {
        active == step && open.seats.iter().any(|seat| referee.holds_seat(seat, person))
    });
    let approves = holds && !referee.is_barred_as_requester(by);
    match moment.event {
        Event::ApproverAdded { user, .. } => {
            let quorum = &moment.step(step)["quorum"];
            let by_number = *quorum == "any" || quorum.get("at_least").is_some();
            let others = (request.requester == *by || approves) && !by_number;
            ensure(is_administrator(person) || others, || format!("{by:?} may not add"))?;
            ensure(!is_administrator(person) || user != by, || "their own seat".to_owned())
        }
        Event::ApproverRemoved { user, .. } => {
            let changes = request.step(step).map(|record| &record.changes);
            let added = changes.is_some_and(|changes| {
                changes.added.iter().any(|added| added.user == *user && added.by == *by)
            });
            ensure(is_administrator(person) || added, || format!("{by:?} may not remove"))?;
            let decided =
                opened(request, step).is_some_and(|open| open.decision_of(user).is_some());
            ensure(!decided, || format!("{user:?} has decided"))
        }
        _ => {
            let decided = opened(request, step).is_some_and(|open| open.decision_of(by).is_some());
            ensure(approves && !decided, || format!("{by:?} has nothing to pass on"))
        }
    }
}

pub(super) fn new_holder(moment: &Moment<'_>) -> Result<(), String> {
    let (step, user): (&StepId, &UserId) = match moment.event {
        Event::ApproverAdded { step, user, .. } => (step, user),
        Event::SeatReassigned { step, to, .. } => (step, to),
        _ => return Ok(()),
    };
    let Some(referee) = moment.referee() else { return Ok(()) };
    let Some(person) = referee.directory.user(user) else { return Err("nobody".to_owned()) };
    let can = person.active
        && person.kind == UserKind::Person
        && !referee.is_barred_as_requester(user)
        && !referee.is_separated(step, user);
    ensure(can, || format!("{user:?} cannot hold a seat"))?;
    let holds = |request: &Request| {
        opened(request, step)
            .is_some_and(|open| open.seats.iter().any(|seat| referee.holds_seat(seat, person)))
    };
    ensure(!holds(referee.request), || format!("{user:?} has one already"))?;
    let is_open = opened(moment.after, step).is_some();
    ensure(!is_open || holds(moment.after), || format!("{user:?} has none"))
}

pub(super) fn same_bar(moment: &Moment<'_>) -> Result<(), String> {
    let (step, keeps) = match moment.event {
        Event::StepOverdue { step, then: Overdue::Escalated { .. } } => (step, true),
        Event::StepOverdue { step, .. } | Event::SeatReassigned { step, .. } => (step, false),
        Event::ApproverAdded { step, .. } if moment.step(step)["quorum"] == "any" => (step, true),
        _ => return Ok(()),
    };
    let Some(referee) = moment.referee() else { return Ok(()) };
    let (Some(before), Some(after)) = (opened(referee.request, step), opened(moment.after, step))
    else {
        return Ok(());
    };
    let number = (before.seats.len(), after.seats.len());
    // A step without any seat gets one from who is added.
    ensure(number.0 == number.1 || number.0 == 0, || format!("{number:?} seats"))?;
    for (old, new) in before.seats.iter().zip(&after.seats).filter(|_| keeps) {
        for person in referee.directory.users() {
            let lost = referee.holds_seat(old, person) && !referee.holds_seat(new, person);
            ensure(!lost, || format!("{:?} lost {:?}", person.id, old.id))?;
        }
    }
    Ok(())
}
