//! Rights that are given and taken back, and files that are made and handed out.

use chrono::{DateTime, TimeDelta, Utc};
use engine_core::{
    command::Command,
    directory::OrganizationRole,
    event::{Actor, Event, FilesEvent},
    ids::{ExecutionId, UserId},
    rejection::Rejection,
    request::{ExecutionState, Files, MAX_LINKS, Request},
};

use super::{Moment, ensure};
use crate::play::stage::{Stage, Turn};

/// How long a link can be used, how often, and how long files are kept, where nothing else is set.
const LINK_EXPIRES_AFTER: TimeDelta = TimeDelta::hours(1);
const LINK_DOWNLOADS: u32 = 3;
const RETENTION: TimeDelta = TimeDelta::days(30);

/// EXE-6c
pub(super) fn not_cut_short(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let executions = stage.office.request.iter().flat_map(|request| &request.executions);
    for execution in executions {
        let is_active = matches!(execution.state, ExecutionState::Active { .. });
        let lost: Vec<String> =
            execution.rights().difference(&stage.world.rights).cloned().collect();
        ensure(!is_active || lost.is_empty(), || {
            format!("after `{}`: {:?} has lost {lost:?}", turn.command.name(), execution.id)
        })?;
    }
    Ok(())
}

/// EXE-6c
pub(super) fn not_left_behind(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let Some(request) = &stage.office.request else { return Ok(()) };
    for right in stage.world.rights.difference(&stage.world.before) {
        let is_claimed = request.executions.iter().any(|it| it.claims().contains_key(right));
        ensure(is_claimed, || format!("after `{}`: nobody claims {right}", turn.command.name()))?;
    }
    ensure(stage.world.index_follows_from(request), || "the index of claims is wrong".to_owned())
}

/// EXE-6c; of what a grant in doubt was about, nobody knows who gave it.
pub(super) fn had_before(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let lost = stage.world.before.difference(&stage.world.rights);
    let lost: Vec<&String> = lost.filter(|right| !stage.world.doubtful.contains(*right)).collect();
    ensure(lost.is_empty(), || format!("after `{}`: {lost:?} is gone", turn.command.name()))
}

/// EXE-7, event by event.
pub(super) fn files(moment: &Moment<'_>) -> Result<(), String> {
    let Event::Files { execution, what } = moment.event else { return Ok(()) };
    let at = moment.stage.office.at;
    let of = |request: &Request| request.execution(execution).unwrap().files.clone();
    let (before, after) = (of(moment.before.unwrap()), of(moment.after));
    match what {
        FilesEvent::Made { files, until } => {
            ensure(!files.is_empty() && *until == Some(at + RETENTION), || format!("{what:?}"))
        }
        FilesEvent::Linked { link } => {
            let is_own = *moment.actor == Actor::User(link.of.clone());
            let is_new = link.used == 0 && link.downloads == LINK_DOWNLOADS;
            let in_time = link.expires == at + LINK_EXPIRES_AFTER;
            let room = after.links.iter().filter(|known| known.of == link.of).count() <= MAX_LINKS;
            let others = |files: &Files| {
                files.links.iter().filter(|known| known.of != link.of).cloned().collect::<Vec<_>>()
            };
            ensure(is_own && is_new && in_time && room, || format!("{link:?}"))?;
            ensure(others(&before) == others(&after), || "somebody else's link went".to_owned())
        }
        FilesEvent::Downloaded { file, by, hash } => {
            ensure(*moment.actor == Actor::User(by.clone()), || "by somebody else".to_owned())?;
            downloaded(&before, &after, (file, by, hash), at)
        }
        FilesEvent::Deleted => {
            let is_due = before.until.is_some_and(|until| until <= at);
            ensure(is_due && before.deleted.is_none(), || format!("{before:?}"))
        }
    }
}

/// One link was used, which may be, and once.
fn downloaded(
    before: &Files,
    after: &Files,
    (file, by, hash): (&str, &UserId, &str),
    at: DateTime<Utc>,
) -> Result<(), String> {
    ensure(before.deleted.is_none(), || "what is deleted was downloaded".to_owned())?;
    let mut expected = before.links.clone();
    let link = expected.iter_mut().find(|it| it.hash == hash && it.of == *by && it.file == file);
    let link = link.ok_or("by no link")?;
    ensure(link.expires > at && link.used < link.downloads, || format!("{link:?}"))?;
    link.used += 1;
    ensure(expected == after.links, || format!("{:?}", after.links))
}

/// EXE-7: the requester, those it is for, the owner and administrators; the others hear the same as who does
/// not see the request.
pub(super) fn file_is_for(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let (Command::LinkFile { execution, file, .. } | Command::Download { execution, file, .. }) =
        &turn.command
    else {
        return Ok(());
    };
    let (Some(before), Actor::User(who)) = (&turn.before, &turn.actor) else { return Ok(()) };
    let may = may_have(stage, before, who) && is_there(before, execution, file);
    let own = match &turn.command {
        Command::Download { hash, .. } => {
            let links = before.execution(execution).map(|it| it.files.links.clone());
            let mut links = links.unwrap_or_default().into_iter();
            links.any(|link| link.hash == *hash && link.of == *who)
        }
        _ => true,
    };
    match &turn.outcome {
        Err(Rejection::NotFound) => ensure(!may || !own, || "not found".to_owned()),
        _ => ensure(may && own, || format!("{:?}", turn.outcome)),
    }
}

fn may_have(stage: &Stage, request: &Request, who: &UserId) -> bool {
    let Some(person) = stage.directory().active(who) else { return false };
    let administers =
        matches!(person.role, OrganizationRole::Owner | OrganizationRole::Administrator);
    let is_theirs = request.requester == *who || request.target_users.contains(who);
    (administers || is_theirs) && stage.sees(request, person)
}

fn is_there(request: &Request, execution: &ExecutionId, file: &str) -> bool {
    let Some(execution) = request.execution(execution) else { return false };
    let states = ["succeeded", "active", "revoking", "revoke_failed"];
    let names = execution.files.made.iter().any(|made| made.name == file);
    names && states.contains(&execution.state.as_str())
}

/// EXE-7: what is acknowledged is counted, and what is made ends.
pub(super) fn counted(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let executions = stage.office.request.iter().flat_map(|request| &request.executions);
    for execution in executions {
        for link in &execution.files.links {
            let is_use = |event: &Event| {
                matches!(event, Event::Files { what: FilesEvent::Downloaded { by, hash, .. }, .. }
                    if *by == link.of && *hash == link.hash)
            };
            let records = stage.office.records.iter();
            let uses = records.filter(|record| is_use(&record.event)).count() as u64;
            let is_right = uses == u64::from(link.used) && link.used <= link.downloads;
            ensure(is_right, || format!("{uses} downloads by {link:?}"))?;
        }
        let ends = stage.has_files_end(&execution.id);
        let is_over = execution.files.is_empty() || execution.files.deleted.is_some();
        ensure(is_over || ends, || format!("after `{}`: {execution:?}", turn.command.name()))?;
    }
    Ok(())
}
