//! Files of executions, and links to them (EXE-7).

use chrono::{DateTime, Utc};

use crate::{
    event::Event,
    ids::ExecutionId,
    request::{Files, MAX_LINKS, Request},
};

pub(super) fn evolve(request: &mut Request, event: &Event, at: DateTime<Utc>) {
    match event {
        Event::FilesMade { execution, files: made } => {
            if let Some(files) = files(request, execution) {
                files.made.clone_from(made);
                files.deleted = None;
            }
        }
        Event::FileLinked { execution, link } => {
            if let Some(files) = files(request, execution) {
                files.links.push(link.clone());
                let too_many = files.links.len().saturating_sub(MAX_LINKS);
                files.links.drain(..too_many);
            }
        }
        Event::FileDownloaded { execution, hash, .. } => {
            let links = files(request, execution).map(|files| &mut files.links);
            if let Some(link) = links.and_then(|all| all.iter_mut().find(|it| it.hash == *hash)) {
                link.used = link.used.saturating_add(1);
            }
        }
        Event::FilesDeleted { execution } => {
            if let Some(files) = files(request, execution) {
                files.deleted = Some(at);
            }
        }
        _ => {}
    }
}

fn files<'r>(request: &'r mut Request, id: &ExecutionId) -> Option<&'r mut Files> {
    let mut executions = request.executions.iter_mut();
    executions.find(|execution| execution.id == *id).map(|execution| &mut execution.files)
}
