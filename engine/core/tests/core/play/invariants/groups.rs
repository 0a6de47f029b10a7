//! Which rule takes a request, what of it counts there, and what its form makes of it.

use std::collections::BTreeMap;

use engine_core::{
    event::{Event, MovedBecause},
    ids::{PropertyName, StepId},
    rejection::{FieldProblem, Rejection},
    request::{Block, Choice, Decision, Execution, Request},
    value::Value,
};
use serde_json::Value as Json;

use super::{Moment, ensure};
use crate::play::{
    groups::{LEVELS, MOST_DAYS},
    referee::cents,
    stage::{Stage, Turn},
};

/// RUL-4: the id of the first rule whose entry condition is met, where those before it can be asked.
fn taker<'a>(stage: &'a Stage, request: &Request) -> Option<&'a str> {
    for document in &stage.rules {
        let met = match document.get("when") {
            None => Some(true),
            Some(when) => stage.referee(request).condition(when, None),
        };
        match met {
            Some(true) => return document["rule"].as_str(),
            Some(false) => {}
            None => return None,
        }
    }
    None
}

fn asked(event: &Event) -> bool {
    matches!(event, Event::RequestSubmitted(_) | Event::RequestEdited(_))
}

/// What was just asked for, or asked for anew, is where it belongs.
pub(super) fn taken(moment: &Moment<'_>) -> Result<(), String> {
    let after = moment.after;
    if moment.stage.rules.len() == 1 || after.urgent {
        return Ok(());
    }
    let taker = || taker(moment.stage, after);
    match moment.event {
        Event::RequestMoved(moved) if moved.why == MovedBecause::Routed => {
            ensure(moved.rule != moved.from, || "to where it was".to_owned())?;
            ensure(taker() == Some(moved.rule.as_str()), || format!("taken by {:?}", taker()))
        }
        Event::RequestBlocked { why: Block::NotTaken { .. } } => {
            // Without an edit it stays where the rule that would take it asks for more than it says.
            let is_edited = moment.changes.events.iter().any(asked);
            let may = taker() != Some(after.rule.as_str()) && (taker().is_none() || !is_edited);
            ensure(may, || format!("taken by {:?}", taker()))
        }
        _ => {
            let is_not_taken = matches!(after.blocked, Some(Block::NotTaken { .. }));
            let is_about = moment.is_last()
                && moment.changes.events.iter().any(asked)
                && after.is_open()
                && !is_not_taken;
            ensure(!is_about || taker() == Some(after.rule.as_str()), || {
                format!("under {:?}, and taken by {:?}", after.rule, taker())
            })
        }
    }
}

/// Who asks for something under a rule is among its submitters, also where an edit or anything else that
/// has changed brings it there.
pub(super) fn submitters(moment: &Moment<'_>) -> Result<(), String> {
    let is_asked = match moment.event {
        Event::RequestSubmitted(_) => true,
        Event::RequestMoved(moved) => moved.why == MovedBecause::Routed,
        _ => false,
    };
    let referee = moment.referee_after();
    let may = |whos: &Json| {
        let requester = referee.directory.user(&moment.after.requester);
        requester.is_some_and(|person| referee.is_listed(whos.as_array().unwrap(), person))
    };
    let fits = moment.rule().get("submitters").is_none_or(may);
    ensure(!is_asked || fits, || format!("asked for by {:?}", moment.after.requester))
}

/// All decisions that can count again, and no others.
pub(super) fn kept(moment: &Moment<'_>) -> Result<(), String> {
    let Event::RequestMoved(moved) = moment.event else { return Ok(()) };
    let routed = moved.why == MovedBecause::Routed;
    let keeps = routed && moment.rule()["keep_decisions"] == true;
    // As it was before the command: an edit of what was rejected opens it first.
    let Some(before) = &moment.stage.office.request else { return Ok(()) };
    let mut wanted: BTreeMap<StepId, Vec<Decision>> = BTreeMap::new();
    if keeps {
        let waiting = before.kept.iter().flat_map(|(step, all)| all.iter().map(move |d| (step, d)));
        let made =
            before.opened().flat_map(|(id, open)| open.decisions.iter().map(move |d| (id, d)));
        for (step, decision) in waiting.chain(made) {
            let counts = match decision.choice {
                Choice::Approve => covers(decision, &moved.executions),
                Choice::Reject => before.is_open(),
            };
            if counts && decision.carried_from.is_none() && moved.steps.contains(step) {
                wanted.entry(step.clone()).or_default().push(decision.clone());
            }
        }
    }
    ensure(moved.kept == wanted, || format!("{:?} instead of {wanted:?}", moved.kept))
}

/// EXE-6a: whether an approval was given for all that these executions would do.
pub(super) fn covers(decision: &Decision, executions: &[Execution]) -> bool {
    let given = |execution: &Execution| decision.payloads.get(&execution.id);
    executions.iter().all(|execution| given(execution) == Some(&execution.payload))
}

/// A decision that was made before counts in the step of the same name, as what it was.
pub(super) fn was_made_before(moment: &Moment<'_>) -> Result<(), String> {
    let Event::DecisionRecorded { step, decision } = moment.event else { return Ok(()) };
    if !decision.kept {
        return Ok(());
    }
    // The step takes with it what waited for it when it opens.
    let moved = moment.earlier.iter().rev().find_map(|event| match event {
        Event::RequestMoved(moved) => Some(&moved.kept),
        _ => None,
    });
    let before = moment.stage.office.request.as_ref().map(|request| &request.kept);
    let waiting = moved.or(before).and_then(|kept| kept.get(step)).map_or(&[][..], Vec::as_slice);
    let is_it = |known: &Decision| {
        let Decision { seats, or_seats, kept, .. } = decision.clone();
        Decision { seats, or_seats, kept, ..known.clone() } == *decision
    };
    ensure(waiting.iter().any(is_it), || format!("{decision:?} waited for nothing"))
}

/// FIN-23, worked out once more.
pub(super) fn forms(stage: &Stage, _: &Turn) -> Result<(), String> {
    let Some(request) = stage.office.request.as_ref().filter(|it| !it.is_draft()) else {
        return Ok(());
    };
    let rule = stage.document(request);
    let has = |form: &str, name: &str| {
        rule[form].as_array().is_some_and(|all| all.iter().any(|field| field["name"] == name))
    };
    let text = |name: &str| match request.properties.get(name) {
        Some(Value::Money(money)) => Some(money.to_string()),
        _ => None,
    };
    let (amount, yearly) = (text("amount"), text("yearly"));
    let wanted = amount.as_deref().filter(|_| has("form", "yearly")).map(cents);
    let wanted = wanted.map(|(amount, currency)| (amount * 12, currency));
    let found = yearly.as_deref().map(cents);
    ensure(found == wanted, || format!("{found:?} instead of {wanted:?}"))?;
    let has_fields = has("item_form", "level");
    request.items.iter().try_for_each(|item| fields(&item.fields, has_fields))
}

fn fields(fields: &BTreeMap<PropertyName, Value>, are_there: bool) -> Result<(), String> {
    let wrong = || format!("an item with {fields:?}");
    if !are_there {
        return ensure(fields.is_empty(), wrong);
    }
    let level = matches!(fields.get("level"), Some(Value::Choice(level)) if LEVELS[..2].contains(&level.as_str()));
    let hours = match (fields.get("days"), fields.get("hours")) {
        (None, None) => true,
        (Some(Value::Number(days)), Some(Value::Number(hours))) => {
            (1..=MOST_DAYS).contains(days) && *hours == days * 24
        }
        _ => false,
    };
    ensure(level && hours, wrong)
}

/// REQ-2: what is refused for its fields says which.
pub(super) fn named(_: &Stage, turn: &Turn) -> Result<(), String> {
    let Err(Rejection::Invalid(problems)) = &turn.outcome else { return Ok(()) };
    let all: Vec<&str> = problems.iter().map(|FieldProblem { field, .. }| field.as_str()).collect();
    ensure(!all.is_empty() && !all.contains(&""), || format!("{problems:?}"))
}
