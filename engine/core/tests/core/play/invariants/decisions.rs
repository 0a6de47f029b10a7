//! Who decides, and what their decisions complete.

use std::collections::BTreeSet;

use engine_core::{
    event::{Actor, Event},
    ids::UserId,
    request::{Block, Choice, Phase, SeatId, StepState},
};

use super::{Moment, ensure, requests::is_real};
use crate::play::{
    referee::approvals,
    stage::{Stage, Turn},
};

pub(super) fn entitled(moment: &Moment<'_>) -> Result<(), String> {
    let Event::DecisionRecorded { step, decision } = moment.event else { return Ok(()) };
    let Some(referee) = moment.referee() else { return Ok(()) };
    let request = referee.request;
    let Some(person) = referee.directory.user(&decision.by) else {
        return Err("by nobody of the organization".to_owned());
    };
    let Some((active, open)) = request.active() else {
        return Err("in no active step".to_owned());
    };
    ensure(*moment.actor == Actor::User(person.id.clone()), || "in another's name".to_owned())?;
    ensure(active == step, || format!("the active step is {active:?}"))?;
    ensure(referee.can_decide(person, decision.choice), || "not entitled".to_owned())?;
    ensure(request.blocked.is_none(), || "of a blocked request".to_owned())?;
    let is_self = referee.is_barred_as_requester(&person.id);
    ensure(!is_self, || "by the requester".to_owned())?;
    let separated = referee.is_separated(step, &person.id);
    ensure(!separated, || "by somebody who decided in a step separated from this".to_owned())?;
    let late = request.approval_expires.is_some_and(|expiry| expiry <= referee.at);
    ensure(!late, || "after the approval expiry".to_owned())?;
    let seats = referee.seats_of(step, open, person);
    ensure(decision.seats == seats, || format!("could fill {seats:?}"))?;
    let urgent_rejection = request.urgent && decision.choice == Choice::Reject;
    ensure(!urgent_rejection, || "rejects an urgent request".to_owned())?;
    let payloads: Vec<_> =
        request.executions.iter().map(|execution| (&execution.id, &execution.payload)).collect();
    let bound = decision.choice == Choice::Reject || decision.payloads.iter().eq(payloads);
    ensure(bound && decision.revision == request.revision, || "of something else".to_owned())
}

pub(super) fn once(moment: &Moment<'_>) -> Result<(), String> {
    for (step, open) in moment.after.opened() {
        let people: BTreeSet<&UserId> =
            open.decisions.iter().map(|decision| &decision.by).collect();
        ensure(people.len() == open.decisions.len(), || format!("twice in {step:?}"))?;
    }
    Ok(())
}

pub(super) fn complete(moment: &Moment<'_>) -> Result<(), String> {
    if let Event::StepCompleted { step, filled } = moment.event {
        let Some((active, open)) = moment.referee().and_then(|referee| referee.request.active())
        else {
            return Err("no active step".to_owned());
        };
        let people: BTreeSet<&UserId> = filled.values().collect();
        ensure(active == step && people.len() == filled.len(), || "one person twice".to_owned())?;
        let approvals = approvals(open);
        let held = |(seat, person): (&SeatId, &UserId)| {
            approvals.get(person).is_some_and(|seats| seats.contains(seat))
        };
        ensure(filled.iter().all(held), || "a seat they did not hold".to_owned())?;
        let alone = filled.iter().map(|(seat, person)| (person.clone(), [*seat].into())).collect();
        let enough = moment.referee_after().completes(step, &open.seats, &alone);
        return ensure(enough, || "those seats are not the quorum".to_owned());
    }
    // The other way: a decision that completes the quorum is followed by nothing else.
    let is_last = moment.is_last();
    let request = &moment.changes.request;
    if is_last
        && request.phase == Phase::Open
        && let Some((step, open)) = request.active()
    {
        let referee = moment.stage.referee(request);
        let done = referee.completes(step, &open.seats, &approvals(open));
        ensure(!done, || format!("{step:?} is complete and goes on"))?;
        let rejected = matches!(moment.event, Event::DecisionRecorded { decision, .. } if decision.choice == Choice::Reject);
        let reachable = || referee.completes(step, &open.seats, &referee.remaining(step, open));
        return ensure(!rejected || reachable(), || format!("{step:?} is out of reach"));
    }
    let opened =
        moment.after.steps.iter().filter(|step| matches!(step.state, StepState::Active(_)));
    ensure(opened.count() <= 1, || "two active steps".to_owned())
}

/// Everybody, by the core and by the referee; and whether a block for want of people is one.
pub(super) fn makers(stage: &Stage, _: &Turn) -> Result<(), String> {
    let Some(request) = &stage.office.request else { return Ok(()) };
    let referee = stage.referee(request);
    for person in stage.directory().users() {
        let standing = stage.look(|view| view.standing(person));
        let core = (standing.can_approve(), standing.can_decide());
        let rules = (
            referee.can_decide(person, Choice::Approve),
            referee.can_decide(person, Choice::Reject),
        );
        ensure(core == rules, || {
            format!(
                "{:?} (approve, reject): core {core:?}, rules {rules:?}: {standing:?}",
                person.id
            )
        })?;
        let codes: Vec<_> =
            standing.unmet.iter().map(engine_core::rejection::Unmet::code).collect();
        ensure(codes.is_sorted(), || format!("out of order: {codes:?}"))?;
    }
    let makers = stage.look(|view| BTreeSet::from_iter(view.decision_makers()));
    let people = stage.directory().users();
    let wanted: BTreeSet<UserId> = people
        .filter(|person| referee.can_decide(person, Choice::Reject))
        .map(|person| person.id.clone())
        .collect();
    ensure(makers == wanted, || format!("{makers:?} instead of {wanted:?}"))?;
    match &request.blocked {
        Some(Block::NoApprovers { shortage, .. }) => {
            ensure(is_real(shortage), || format!("{shortage:?} is none"))
        }
        Some(Block::Overdue { step }) => {
            let late = referee.step(step)["on_overdue"] == "reject" && request.urgent;
            ensure(late, || format!("{step:?} is blocked by no date"))
        }
        Some(
            Block::ConditionUndecided { .. }
            | Block::NothingToApprove
            | Block::NotTaken { .. }
            | Block::NoReviewers,
        )
        | None => Ok(()),
    }
}
