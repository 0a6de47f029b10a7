//! What is done because of a request.

use engine_core::{
    effect::{Effect, Timer},
    event::Event,
    order::Ground,
    request::{Choice, Execution, ExecutionState, Phase, Request, StepState},
};

use super::{Moment, ensure};
use crate::play::stage::{Stage, Turn};

pub(super) fn released(moment: &Moment<'_>) -> Result<(), String> {
    let request = moment.after;
    let approved = matches!(request.phase, Phase::Approved { .. });
    let by_urgency = request.urgent && request.phase == Phase::Open;
    if let Event::ExecutionStarted { execution, .. } = moment.event {
        ensure(approved || by_urgency, || format!("{execution:?} started"))?;
    }
    for execution in &request.executions {
        let idle = matches!(
            execution.state,
            ExecutionState::Waiting
                | ExecutionState::Cancelled { .. }
                | ExecutionState::Expired { .. }
        );
        let allowed = idle || approved || by_urgency;
        // A cancelled request and its executions end together.
        ensure(allowed || !moment.is_last(), || format!("{execution:?}"))?;
    }
    for order in orders(moment) {
        let request = &moment.changes.request;
        let ground = match order.ground() {
            Ground::Approved => matches!(request.phase, Phase::Approved { .. }),
            Ground::Urgent => request.urgent && request.phase == Phase::Open,
        };
        ensure(ground, || format!("{order:?}"))?;
    }
    Ok(())
}

fn orders<'a>(
    moment: &'a Moment<'_>,
) -> impl Iterator<Item = &'a engine_core::order::ExecutionOrder> {
    moment.changes.effects.iter().filter_map(|effect| match effect {
        Effect::Execute(order) => Some(order),
        _ => None,
    })
}

/// EXE-1, with taking back (EXE-5).
fn is_edge(from: &str, to: &str, is_grant: bool) -> bool {
    match from {
        "waiting" => ["scheduled", "cancelled"].contains(&to),
        // Tried again where the plan could not be made; failed where it is another one.
        "scheduled" => ["scheduled", "running", "failed", "expired", "cancelled"].contains(&to),
        "running" if is_grant => ["active", "failed", "scheduled"].contains(&to),
        "running" => ["succeeded", "failed", "scheduled"].contains(&to),
        // Asked about again, or taken back, where it may have happened (EXE-3).
        "failed" if is_grant => ["scheduled", "running", "revoking"].contains(&to),
        "failed" => ["scheduled", "running"].contains(&to),
        // One that waits for its first use is as active as one that was used (EXE-6b).
        "active" => ["active", "revoking"].contains(&to),
        // One that begins to be taken back is still being taken back.
        "revoking" => ["revoking", "revoke_failed", "revoked", "lapsed"].contains(&to),
        "revoke_failed" => ["revoke_failed", "revoked", "lapsed"].contains(&to),
        _ => false,
    }
}

/// An edit may ask for other ones.
fn same<'a>(
    before: &'a Request,
    after: &'a Request,
) -> impl Iterator<Item = (&'a Execution, &'a Execution)> {
    let then = |old: &'a Execution| after.execution(&old.id).map(|new| (old, new));
    before.executions.iter().filter_map(then)
}

pub(super) fn edges(moment: &Moment<'_>) -> Result<(), String> {
    let Some(before) = moment.before else { return Ok(()) };
    for (old, new) in same(before, moment.after) {
        let (from, to) = (old.state.as_str(), new.state.as_str());
        let moved = old.state != new.state;
        ensure(!moved || is_edge(from, to, new.is_grant), || format!("{from} to {to}"))?;
    }
    Ok(())
}

pub(super) fn attempts(moment: &Moment<'_>) -> Result<(), String> {
    let Some(before) = moment.before else { return Ok(()) };
    for (old, new) in same(before, moment.after) {
        let grown = new.attempts.checked_sub(old.attempts);
        ensure(grown.is_some_and(|grown| grown <= 1), || format!("{old:?}\n{new:?}"))?;
        let started = matches!(moment.event, Event::ExecutionStarted { execution, .. } if *execution == new.id);
        ensure(!started || grown == Some(1), || "a start that is no attempt".to_owned())?;
    }
    let is_last = moment.is_last();
    let starts: Vec<_> = moment
        .changes
        .events
        .iter()
        .filter_map(|event| match event {
            Event::ExecutionStarted { execution, .. } => Some(execution),
            _ => None,
        })
        .collect();
    let ordered: Vec<_> =
        orders(moment).map(engine_core::order::ExecutionOrder::execution).collect();
    ensure(!is_last || starts == ordered, || format!("{starts:?} started, {ordered:?} ordered"))
}

pub(super) fn payloads(moment: &Moment<'_>) -> Result<(), String> {
    for order in orders(moment) {
        let request = &moment.changes.request;
        let execution = request.execution(order.execution()).unwrap();
        ensure(execution.payload == *order.payload(), || format!("{order:?}"))?;
        if request.urgent {
            continue;
        }
        let complete = request.steps.iter().filter_map(|step| match &step.state {
            StepState::Complete { step, .. } => Some(step),
            StepState::Waiting
            | StepState::Skipped { .. }
            | StepState::Active(_)
            | StepState::Paused(_) => None,
        });
        for decision in complete.flat_map(|step| step.of(Choice::Approve)) {
            let approved = decision.payloads.get(order.execution());
            ensure(approved == Some(order.payload()), || {
                format!("{:?} approved {approved:?}", decision.by)
            })?;
        }
    }
    Ok(())
}

pub(super) fn once(stage: &Stage, _: &Turn) -> Result<(), String> {
    let executions = stage.office.request.iter().flat_map(|request| &request.executions);
    for execution in executions {
        let done = stage.office.records.iter().filter(|record| {
            matches!(&record.event, Event::ExecutionSucceeded { execution: id, .. } if *id == execution.id)
        });
        let number = done.count();
        ensure(number <= 1, || format!("{:?} succeeded {number} times", execution.id))?;
    }
    Ok(())
}

/// Whatever is to go on by itself is in the outbox, or has a timer that is still to fire.
pub(super) fn remembered(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let executions = stage.office.request.iter().flat_map(|request| &request.executions);
    for execution in executions {
        let id = &execution.id;
        let queued = stage.queue.contains(id);
        let timer = |timer: Timer| stage.timers.contains_key(&timer);
        let remembered = match &execution.state {
            ExecutionState::Scheduled { .. } => {
                let later = timer(Timer::ExecutionRetry(id.clone()))
                    || timer(Timer::ExecutionStart(id.clone()));
                waits_for_a_person(execution) || queued || later
            }
            ExecutionState::Running { .. } => queued || timer(Timer::ExecutionRetry(id.clone())),
            ExecutionState::Active { until, .. } | ExecutionState::Failed { until, .. } => {
                let due = until.is_none_or(|until| until <= stage.office.at);
                due || timer(Timer::GrantEnd(id.clone()))
            }
            ExecutionState::Revoking { .. } => queued || timer(Timer::RevertRetry(id.clone())),
            ExecutionState::Waiting
            | ExecutionState::Succeeded { .. }
            | ExecutionState::Cancelled { .. }
            | ExecutionState::Expired { .. }
            | ExecutionState::Revoked { .. }
            | ExecutionState::Lapsed { .. } => true,
        };
        ensure(remembered, || format!("after `{}`: {execution:?}", turn.command.name()))?;
    }
    Ok(())
}

fn waits_for_a_person(execution: &Execution) -> bool {
    execution.manual && execution.attempts == 0
}
