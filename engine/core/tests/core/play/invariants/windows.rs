//! Windows that run from the first use of a grant (EXE-6b), by the rule's document.

use chrono::{DateTime, TimeDelta, Utc};
use engine_core::{
    command::Command,
    directory::{OrganizationRole, User, UserKind},
    event::{Actor, Event, GrantEvent},
    ids::{BindingId, ExecutionId, UserId},
    rejection::Rejection,
    request::{Execution, ExecutionState, Request},
    value::{Span, Value},
};
use serde_json::Value as Json;

use super::{Moment, ensure};
use crate::play::stage::{Stage, Turn};

/// How long a grant waits for its first use where nothing says it.
const UNUSED: TimeDelta = TimeDelta::days(7);

fn executor<'a>(stage: &'a Stage, request: &Request, binding: &BindingId) -> &'a Json {
    let executors = stage.document(request)["executors"].as_array().unwrap();
    executors.iter().find(|document| document["id"] == binding.as_str()).unwrap()
}

/// The document of a window that runs from the first use.
fn window<'a>(stage: &'a Stage, request: &Request, binding: &BindingId) -> Option<&'a Json> {
    executor(stage, request, binding).get("window").filter(|window| window["from"] == "first_use")
}

/// A length as it is written, or as the request's form says it.
fn length(request: &Request, written: &Json) -> Option<TimeDelta> {
    let written = written.as_str()?;
    match (written.parse::<Span>(), request.properties.get(written)) {
        (Ok(span), _) => span.on_the_clock(),
        (Err(_), Some(Value::Duration(span))) => span.on_the_clock(),
        (Err(_), _) => None,
    }
}

/// Never after what the request asks for.
fn until(
    request: &Request,
    from: DateTime<Utc>,
    length: Option<TimeDelta>,
) -> Option<DateTime<Utc>> {
    length.map(|length| from + length).into_iter().chain(request.ends).min()
}

/// Event by event.
pub(super) fn reported(moment: &Moment<'_>) -> Result<(), String> {
    let Event::Grant { execution, what: GrantEvent::Used { by, .. } } = moment.event else {
        return Ok(());
    };
    let before = moment.before.and_then(|request| request.execution(execution));
    let Some(Execution { used: None, state: ExecutionState::Active { until, .. }, .. }) = before
    else {
        return Err(format!("{before:?} was used"));
    };
    let in_time = until.is_none_or(|until| until > moment.stage.office.at);
    ensure(in_time, || format!("used too late: {until:?}"))?;
    ensure(*moment.actor == Actor::User(by.clone()), || "by somebody else".to_owned())
}

/// A grant ends so long after its first use, and where nobody reported one, in the time that it has for that.
pub(super) fn from_first_use(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let Some(request) = &stage.office.request else { return Ok(()) };
    for execution in &request.executions {
        let window = window(stage, request, execution.binding());
        let is_used = execution.used.is_some();
        ensure(!is_used || window.is_some(), || "a use that nobody waited for".to_owned())?;
        let ExecutionState::Active { since, until: end, awaits, .. } = &execution.state else {
            continue;
        };
        let waits = window.is_some() && !is_used;
        ensure(awaits.is_some() == waits, || format!("{execution:?}"))?;
        let Some(window) = window else { continue };
        let wanted = match &execution.used {
            Some(first) => until(request, first.at, length(request, &window["length"])),
            None => {
                let unused = length(request, &window["unused"]).unwrap_or(UNUSED);
                until(request, *since, Some(unused))
            }
        };
        ensure(*end == wanted, || {
            format!("after `{}`: {wanted:?} for {execution:?}", turn.command.name())
        })?;
    }
    Ok(())
}

/// The requester, those it is for, who runs it, administrators and service accounts.
pub(super) fn reporters(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let (Command::Use(id), Some(before), Actor::User(who)) =
        (&turn.command, &turn.before, &turn.actor)
    else {
        return Ok(());
    };
    let person = stage.directory().active(who).filter(|person| stage.sees(before, person));
    let (Some(person), true) = (person, before.execution(id).is_some()) else {
        return ensure(turn.outcome == Err(Rejection::NotFound), || format!("{:?}", turn.outcome));
    };
    let refused = matches!(turn.outcome, Err(Rejection::Forbidden(_)));
    let may = may_report(stage, before, person, id);
    ensure(refused != may, || format!("{who:?} may: {may}, hears {:?}", turn.outcome))
}

fn may_report(stage: &Stage, request: &Request, person: &User, id: &ExecutionId) -> bool {
    let administers =
        matches!(person.role, OrganizationRole::Owner | OrganizationRole::Administrator);
    let is_named = |who: &Json| {
        let is_user = who["user"] == person.login.as_str();
        is_user || person.groups.iter().any(|group| who["group"] == group.as_str())
    };
    let manual = executor(stage, request, &id.binding)["run"]["manual"].as_array();
    let is_theirs = |id: &UserId| request.requester == *id || request.target_users.contains(id);
    administers
        || person.kind == UserKind::Service
        || is_theirs(&person.id)
        || manual.is_some_and(|whos| whos.iter().any(is_named))
}
