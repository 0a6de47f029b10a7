//! Files of executions, and links to them (EXE-7).

use chrono::{DateTime, Utc};

use crate::{
    event::FilesEvent,
    ids::ExecutionId,
    request::{FileLink, Files, MAX_LINKS, Request},
};

pub(super) fn evolve(
    request: &mut Request,
    id: &ExecutionId,
    event: &FilesEvent,
    at: DateTime<Utc>,
) {
    let mut executions = request.executions.iter_mut();
    let Some(execution) = executions.find(|execution| execution.id == *id) else { return };
    let files = &mut execution.files;
    match event {
        FilesEvent::Made { files: made, until } => {
            files.made.clone_from(made);
            files.until = *until;
            files.deleted = None;
        }
        FilesEvent::Linked { link } => remember(files, link),
        FilesEvent::Downloaded { file, by, hash } => {
            if let Some(link) = files.links.iter_mut().find(|link| link.is(file, by, hash)) {
                link.used = link.used.saturating_add(1);
            }
        }
        FilesEvent::Deleted => files.deleted = Some(at),
    }
}

/// The oldest of the same person makes room: nobody's link goes because somebody else makes many.
fn remember(files: &mut Files, link: &FileLink) {
    let is_theirs = |known: &FileLink| known.of == link.of;
    if files.links.iter().filter(|known| is_theirs(known)).count() >= MAX_LINKS
        && let Some(oldest) = files.links.iter().position(is_theirs)
    {
        files.links.remove(oldest);
    }
    files.links.push(link.clone());
}
