//! Statuses, steps, seats, and who sees them.

use engine_core::{
    command::Command,
    directory::OrganizationRole,
    effect::Timer,
    event::{Actor, Event},
    rejection::Rejection,
    request::{
        ApprovedBy, Block, Choice, EmptyBecause, Phase, RejectedBy, Request, Shortage,
        SkippedBecause, Status, StepState,
    },
};

use super::{Moment, ensure};
use crate::play::{
    referee::Edges,
    stage::{Stage, Turn},
};

pub(super) fn status_edges(moment: &Moment<'_>) -> Result<(), String> {
    use Status::{Approved, Cancelled, Draft, Expired, InProgress, InReview, Pending, Rejected};
    let after = moment.after.status();
    let Some(before) = moment.before else {
        return ensure(matches!(after, Draft | Pending), || format!("begins as {after:?}"));
    };
    let before = before.status();
    let event = moment.event;
    let is_edge = match (before, after) {
        (before, after) if before == after => true,
        (Draft, Pending) => matches!(event, Event::RequestSubmitted(_)),
        (InReview, Pending) => {
            matches!(event, Event::ReviewPassed { .. } | Event::RequestMoved(_))
        }
        (Pending | InProgress, InReview) => matches!(event, Event::ReviewStarted { .. }),
        (Pending, InProgress) => matches!(event, Event::DecisionRecorded { .. }),
        (InProgress, Pending) => {
            matches!(
                event,
                Event::DecisionWithdrawn { .. }
                    | Event::StepsReopened { .. }
                    | Event::RequestMoved(_)
            )
        }
        (Rejected, Pending | InProgress) => {
            matches!(event, Event::RejectionWithdrawn | Event::RequestEdited(_))
        }
        (Pending | InProgress, Approved | Rejected) => true,
        (InReview | Pending | InProgress, Cancelled | Expired) => true,
        (_, _) => false,
    };
    ensure(is_edge, || format!("from {before:?} to {after:?}"))
}

/// Looked at when a command is through.
pub(super) fn one_place(moment: &Moment<'_>) -> Result<(), String> {
    let active = |request: &Request| {
        let steps = request.steps.iter();
        steps.filter(|step| matches!(step.state, StepState::Active(_))).count()
    };
    let number = active(moment.after);
    ensure(number <= 1, || format!("{number} active steps"))?;
    let is_last = moment.is_last();
    let request = &moment.changes.request;
    let has_place = !request.is_open() || request.blocked.is_some() || active(request) == 1;
    ensure(!is_last || has_place, || "open, and nobody is asked".to_owned())
}

pub(super) fn steps_by_condition(moment: &Moment<'_>) -> Result<(), String> {
    let Some(referee) = moment.referee() else { return Ok(()) };
    let when = |step| match referee.step(step).get("when") {
        None => Some(true),
        Some(condition) => referee.condition(condition, Some(step)),
    };
    let (step, wanted) = match moment.event {
        Event::StepActivated { step, .. }
        | Event::StepSkipped { step, why: SkippedBecause::Nobody(_) } => (step, Some(true)),
        Event::StepSkipped { step, why: SkippedBecause::Condition(_) } => (step, Some(false)),
        Event::RequestBlocked { why: Block::ConditionUndecided { step, .. } } => (step, None),
        _ => return Ok(()),
    };
    ensure(when(step) == wanted, || format!("the condition of {step:?} is {:?}", when(step)))
}

pub(super) fn seats(moment: &Moment<'_>) -> Result<(), String> {
    let Some(referee) = moment.referee() else { return Ok(()) };
    if let Event::StepSkipped { step, why: SkippedBecause::Nobody(_) } = moment.event {
        let allowed = referee.step(step)["if_nobody"] == "skip";
        return ensure(allowed, || format!("{step:?} does not say `skip`"));
    }
    let Event::StepActivated { step, open } = moment.event else { return Ok(()) };
    let mut edges = Edges::new();
    for seat in &open.seats {
        let permitted = referee.is_permitted(step, seat);
        ensure(permitted, || format!("{seat:?} against its permissions"))?;
        for person in referee.directory.users() {
            let could = referee.could_fill(step, seat, person);
            let listed = seat.people.contains(&person.id);
            ensure(could == listed, || format!("{:?} and {seat:?}: {could}", person.id))?;
            if could {
                edges.entry(person.id.clone()).or_default().insert(seat.id);
            }
        }
        let marked = seat.empty.is_some() == seat.people.is_empty();
        ensure(marked, || format!("{seat:?} does not say why nobody is there"))?;
        let only_requester = seat.empty != Some(EmptyBecause::OnlyRequester)
            || moment.rule()["self_approval"] == false;
        ensure(only_requester, || format!("{seat:?} in a rule with self-approval"))?;
    }
    let possible = referee.completes(step, &open.seats, &edges);
    ensure(possible, || "a step opened that nobody can complete".to_owned())
}

pub(super) fn rejections(moment: &Moment<'_>) -> Result<(), String> {
    let Event::RequestRejected { by } = moment.event else { return Ok(()) };
    let Some(referee) = moment.referee() else { return Ok(()) };
    let (step, out_of_reach) = match by {
        RejectedBy::Decision { step } => (step, false),
        RejectedBy::QuorumOutOfReach { step } => (step, true),
        RejectedBy::Overdue { step } => {
            let due = moment.after.step(step).and_then(|record| record.opened()?.due.clone());
            let missed = due.is_some_and(|due| due.at <= moment.stage.office.at);
            let rejects = referee.step(step)["on_overdue"] == "reject";
            return ensure(missed && rejects, || "rejected before its time".to_owned());
        }
        RejectedBy::Force { .. } => return by_force(moment),
        RejectedBy::SafetyCatch => {
            let skipped = moment.after.opened().next().is_none();
            let caught = moment.rule()["safety_catch"] == "reject";
            return ensure(skipped && caught, || "not caught by the safety catch".to_owned());
        }
    };
    let Some((active, open)) = referee.request.active() else {
        return Err("rejected without an active step".to_owned());
    };
    let rejections = open.of(Choice::Reject).count() as u64;
    let enough = rejections >= referee.step(step)["reject_after"].as_u64().unwrap();
    let reachable = referee.completes(step, &open.seats, &referee.remaining(step, open));
    // FIN-5: more people may be missing than the referee counts.
    let short = !reachable || referee.is_distinct();
    let right = active == step && if out_of_reach { short && rejections > 0 } else { enough };
    ensure(right, || format!("{rejections} rejections, reachable: {reachable}"))
}

pub(super) fn urgent(moment: &Moment<'_>) -> Result<(), String> {
    let ended = matches!(moment.after.phase, Phase::Rejected { .. } | Phase::Expired { .. });
    ensure(!(moment.after.urgent && ended), || format!("{:?}", moment.after.phase))?;
    let begun = || {
        let executions = moment.after.executions.iter();
        executions.filter(|execution| execution.attempts > 0).count()
    };
    let cancelled = matches!(moment.after.phase, Phase::Cancelled { .. });
    ensure(!cancelled || begun() == 0, || "cancelled after an execution began".to_owned())
}

pub(super) fn approval(moment: &Moment<'_>) -> Result<(), String> {
    let Event::RequestApproved { by } = moment.event else { return Ok(()) };
    let steps = &moment.after.steps;
    let through = steps
        .iter()
        .all(|step| matches!(step.state, StepState::Complete { .. } | StepState::Skipped { .. }));
    let complete = steps.iter().any(|step| matches!(step.state, StepState::Complete { .. }));
    let right = match by {
        ApprovedBy::Force { .. } => return by_force(moment),
        ApprovedBy::Steps => complete,
        ApprovedBy::SafetyCatch => {
            !complete && !moment.after.urgent && moment.rule()["safety_catch"] == "approve"
        }
        // Before the first step, or again before it after a restart.
        ApprovedBy::Condition { name, explanation } => {
            let rules = moment.rule()["auto_approve"].as_array();
            let is_named =
                rules.is_some_and(|all| all.iter().any(|one| one["name"] == name.as_str()));
            let is_first = steps.iter().all(|step| matches!(step.state, StepState::Waiting));
            return ensure(
                is_named && is_first && explanation.is_met() && !moment.after.urgent,
                || format!("{name} approved {steps:?}"),
            );
        }
    };
    ensure(through && right, || format!("{steps:?}"))
}

/// DEC-6: by the owner or an administrator, while the request was open and not on hold.
fn by_force(moment: &Moment<'_>) -> Result<(), String> {
    let (Some(referee), Actor::User(id)) = (moment.referee(), moment.actor) else {
        return Err("by nobody".to_owned());
    };
    let may = referee.directory.user(id).is_some_and(|person| {
        matches!(person.role, OrganizationRole::Owner | OrganizationRole::Administrator)
    });
    ensure(may, || "by somebody who may not".to_owned())?;
    let own =
        matches!(moment.event, Event::RequestApproved { .. }) && referee.is_barred_as_requester(id);
    ensure(!own, || "their own request".to_owned())?;
    ensure(referee.request.is_open() && !referee.request.on_hold, || "not open".to_owned())
}

/// REQ-10, against the request as it was; a submission is its author's.
pub(super) fn sight(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let Some(before) = &turn.before else { return Ok(()) };
    let referee = stage.referee(before);
    for person in stage.directory().users() {
        let (rules, core) = (referee.sees(person), stage.sees(before, person));
        ensure(rules == core, || format!("{:?} sees it: rules {rules}, core {core}", person.id))?;
    }
    let Actor::User(id) = &turn.actor else { return Ok(()) };
    let person = stage.directory().user(id);
    let sees = person.is_some_and(|person| referee.sees(person));
    let hidden = turn.outcome == Err(Rejection::NotFound);
    let known = match &turn.command {
        Command::Run(execution)
        | Command::Retry(execution)
        | Command::Use(execution)
        | Command::Revoke { execution, .. } => before.execution(execution).is_some(),
        // Who sees the request may not have its files, and hears the same as who does not see it.
        Command::LinkFile { .. } | Command::Download { .. } => return Ok(()),
        Command::RemoveAttachment { number } => before.talk.attachment(*number).is_some(),
        Command::Submit(_) => false,
        _ => true,
    };
    ensure(hidden != (sees && known), || {
        format!("{id:?} sees it: {sees}, hears {:?}", turn.outcome)
    })
}

pub(super) fn expiry(stage: &Stage, _: &Turn) -> Result<(), String> {
    let Some(request) = &stage.office.request else { return Ok(()) };
    let timer = stage.timers.get(&Timer::ApprovalExpiry);
    if !request.is_under_way() {
        return ensure(timer.is_none(), || "nobody decides, and it waits for that".to_owned());
    }
    let wanted = request.approval_expires.as_ref();
    let wrong = request.urgent == wanted.is_some();
    ensure(!wrong, || format!("urgent: {}, expires: {wanted:?}", request.urgent))?;
    // A timer that is due was taken from the list when it fired.
    let due = wanted.is_some_and(|expiry| *expiry <= stage.office.at);
    ensure(due || timer == wanted, || format!("{timer:?} instead of {wanted:?}"))
}

/// STP-6a: a shortage that a block names is one.
pub(super) fn is_real(shortage: &Shortage) -> bool {
    match shortage {
        Shortage::Nobody { .. } => true,
        Shortage::TooFew { wanted, possible, .. } | Shortage::TooFewPeople { wanted, possible } => {
            possible < wanted
        }
        Shortage::TooManySeats { seats } => *seats > 200,
    }
}
