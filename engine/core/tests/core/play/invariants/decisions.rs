//! Who decides, and what their decisions complete.

use std::collections::BTreeSet;

use engine_core::{
    event::{Actor, Event},
    ids::{ExecutionId, ResourceId, UserId},
    rejection::Unmet,
    request::{Block, Choice, ExecutionState, Overdue, Phase, Request, SeatId, StepState},
};

use super::{Moment, ensure, groups::covers, requests::is_real};
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
    ensure(active == step, || format!("the active step is {active:?}"))?;
    let is_self = referee.is_barred_as_requester(&person.id);
    ensure(!is_self, || "by the requester".to_owned())?;
    let separated = referee.is_separated(step, &person.id);
    ensure(!separated, || "by somebody who decided in a step separated from this".to_owned())?;
    let Some(claim) = referee.free_claim(step, open, person) else {
        return Err("nothing is left for them to decide".to_owned());
    };
    let (seats, of) = (&claim.seats, &claim.of);
    ensure(decision.seats == *seats, || format!("could fill {seats:?}"))?;
    ensure(decision.on_behalf_of == *of, || format!("for {of:?}"))?;
    let mut beside: BTreeSet<SeatId> =
        referee.claims(step, open, person).into_iter().flat_map(|claim| claim.seats).collect();
    beside.retain(|seat| !seats.contains(seat));
    ensure(decision.or_seats == beside, || format!("could fill {beside:?} beside"))?;
    if decision.carried_from.is_some() || decision.kept {
        return Ok(());
    }
    ensure(*moment.actor == Actor::User(person.id.clone()), || "in another's name".to_owned())?;
    ensure(referee.can_decide(person, decision.choice), || "not entitled".to_owned())?;
    let late = request.approval_expires.is_some_and(|expiry| expiry <= referee.at);
    ensure(!late, || "after the approval expiry".to_owned())?;
    let urgent_rejection = request.urgent && decision.choice == Choice::Reject;
    ensure(!urgent_rejection, || "rejects an urgent request".to_owned())?;
    ensure(decision.revision == request.revision, || "of something else".to_owned())
}

/// What a person approves is what is there at that moment, as far as they grant it.
pub(super) fn bound(moment: &Moment<'_>) -> Result<(), String> {
    let Event::DecisionRecorded { decision, .. } = moment.event else { return Ok(()) };
    let Some(request) = moment.before else { return Ok(()) };
    if decision.carried_from.is_some() {
        return Ok(());
    }
    if decision.kept && decision.choice == Choice::Approve {
        let covers = covers(decision, &request.executions);
        return ensure(covers, || format!("{:?}", decision.payloads));
    }
    if decision.choice == Choice::Reject {
        return ensure(decision.payloads.is_empty() && decision.items.is_none(), || {
            "a rejection grants".to_owned()
        });
    }
    let granted = |id: &ExecutionId| match (&decision.items, &id.item) {
        (Some(items), Some(item)) => items.contains(item),
        (_, _) => true,
    };
    let open = request.executions.iter().filter(|execution| {
        !matches!(execution.state, ExecutionState::Cancelled { .. }) && granted(&execution.id)
    });
    let wanted: Vec<_> = open.map(|execution| (&execution.id, &execution.payload)).collect();
    ensure(decision.payloads.iter().eq(wanted), || format!("{:?}", decision.payloads))
}

pub(super) fn once(moment: &Moment<'_>) -> Result<(), String> {
    for (step, open) in moment.after.opened() {
        let mut people: BTreeSet<&UserId> = BTreeSet::new();
        for decision in &open.decisions {
            let both = [Some(&decision.by), decision.on_behalf_of.as_ref()];
            for who in both.into_iter().flatten() {
                ensure(people.insert(who), || format!("{who:?} twice in {step:?}"))?;
            }
        }
    }
    Ok(())
}

/// With `distinct_people: rule`.
pub(super) fn once_in_the_route(moment: &Moment<'_>) -> Result<(), String> {
    if !moment.referee_after().is_distinct() {
        return Ok(());
    }
    let mut people: BTreeSet<&UserId> = BTreeSet::new();
    for (step, open) in moment.after.opened() {
        for decision in open.of(Choice::Approve) {
            let is_first = people.insert(&decision.by);
            ensure(is_first, || format!("{:?} again in {step:?}", decision.by))?;
        }
    }
    Ok(())
}

/// With `all_at_once`, from a first approval for oneself.
pub(super) fn carried(moment: &Moment<'_>) -> Result<(), String> {
    let steps: Vec<_> = moment.after.opened().collect();
    for (place, (step, open)) in steps.iter().enumerate() {
        for decision in &open.decisions {
            let Some(from) = &decision.carried_from else { continue };
            let earlier = steps.iter().take(place).find(|(id, _)| *id == from);
            let first = earlier.and_then(|(_, open)| open.decision_by(&decision.by));
            let is_first = first.is_some_and(|first| {
                first.choice == Choice::Approve
                    && first.on_behalf_of.is_none()
                    && first.carried_from.is_none()
            });
            let may = moment.rule()["repeat_approver"] == "all_at_once"
                && decision.choice == Choice::Approve
                && decision.on_behalf_of.is_none();
            // A route that starts again is cleared step by step.
            ensure(may && (is_first || !moment.is_last()), || {
                format!("{:?} of {step:?} from {from:?}", decision.by)
            })?;
        }
    }
    Ok(())
}

pub(super) fn withdrawn(moment: &Moment<'_>) -> Result<(), String> {
    let Event::DecisionWithdrawn { step, by, choice, .. } = moment.event else { return Ok(()) };
    let Some(before) = moment.before else { return Ok(()) };
    let own = *moment.actor == Actor::User(by.clone());
    let record = before.step(step);
    let stands = record.is_some_and(|record| {
        let live = matches!(record.state, StepState::Active(_) | StepState::Paused(_));
        let decision = record.opened().and_then(|open| open.decision_by(by));
        live && decision.is_some_and(|decision| decision.choice == *choice)
    });
    ensure(own && stands, || "not theirs to take back".to_owned())?;
    let gone = moment.after.step(step).and_then(|record| record.opened());
    ensure(gone.is_some_and(|open| open.decision_by(by).is_none()), || "still there".to_owned())
}

/// Nothing that was refused comes back, no item is lost, and none at all is a rejection.
pub(super) fn items(moment: &Moment<'_>) -> Result<(), String> {
    let Some(before) = moment.before else { return Ok(()) };
    let after = moment.after;
    let left =
        |request: &Request| -> BTreeSet<ResourceId> { request.resources().cloned().collect() };
    let gone = |request: &Request| -> BTreeSet<ResourceId> {
        request.rejected_items.iter().map(|gone| gone.item.resource.clone()).collect()
    };
    ensure(gone(before).is_subset(&gone(after)), || "granted after all".to_owned())?;
    ensure(left(after).is_disjoint(&gone(after)), || "granted and rejected".to_owned())?;
    if let Event::ItemsRejected { items, .. } = moment.event {
        let some = !items.is_empty() && !left(after).is_empty() && !after.urgent;
        ensure(some, || format!("{items:?} rejected, {:?} left", left(after)))?;
    }
    let asked_anew = matches!(
        moment.event,
        Event::RequestEdited(_) | Event::RequestSubmitted(_) | Event::DraftSaved(_)
    );
    let all = |request| left(request).len() + gone(request).len();
    ensure(asked_anew || all(before) == all(after), || "an item is lost".to_owned())
}

pub(super) fn complete(moment: &Moment<'_>) -> Result<(), String> {
    if let Event::StepCompleted { step, filled } = moment.event {
        if let Some(Event::StepOverdue { then: Overdue::Approved, .. }) = moment.earlier.last() {
            let allowed = moment.step(step)["on_overdue"] == "approve";
            return ensure(allowed && !moment.after.urgent, || "approved by a date".to_owned());
        }
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
    // The other way: an approval that completes the quorum is followed by nothing else.
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
    let mut wanted: BTreeSet<UserId> = BTreeSet::new();
    for person in stage.directory().users() {
        let standing = stage.look(|view| view.standing(person));
        let core = (standing.can_approve(), standing.can_decide());
        let rules = (
            referee.can_decide(person, Choice::Approve),
            referee.can_decide(person, Choice::Reject),
        );
        // FIN-5: whom a later step needs is not offered this one.
        let is_kept = referee.is_distinct() && standing.unmet.iter().any(is_needed_elsewhere);
        ensure(core == rules || (is_kept && core == (false, false)), || {
            format!(
                "{:?} (approve, reject): core {core:?}, rules {rules:?}: {standing:?}",
                person.id
            )
        })?;
        if core.1 {
            wanted.insert(person.id.clone());
        }
        let codes: Vec<_> = standing.unmet.iter().map(Unmet::code).collect();
        ensure(codes.is_sorted(), || format!("out of order: {codes:?}"))?;
    }
    let makers = stage.look(|view| BTreeSet::from_iter(view.decision_makers()));
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

fn is_needed_elsewhere(unmet: &Unmet) -> bool {
    matches!(unmet, Unmet::NoSeat { elsewhere: Some(_), .. })
}
