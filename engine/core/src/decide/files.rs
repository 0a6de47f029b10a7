//! Files that executions made: recorded, handed out by links, deleted after their retention (EXE-7).

use chrono::TimeDelta;

use super::{Draft, is_administrator, submit::after};
use crate::{
    effect::{Effect, Timer},
    event::{Event, FilesEvent},
    ids::ExecutionId,
    rejection::{Gone, Rejection},
    request::{Execution, FileLink, MadeFile},
};

impl Draft<'_> {
    /// An attempt has made files; from now on runs their retention.
    pub(super) fn files_made(
        &mut self,
        id: &ExecutionId,
        files: &[MadeFile],
    ) -> Result<(), Rejection> {
        let known = &self.execution(id)?.files;
        if known.made != files || known.deleted.is_some() {
            let until = after(self.at(), self.context.organization.settings.files.retention);
            if let Some(time) = until {
                self.order(Effect::SetTimer(Timer::FilesEnd(id.clone()), time));
            }
            self.record_files(id, FilesEvent::Made { files: files.to_vec(), until });
        }
        Ok(())
    }

    /// Makes a link, for the person who asks alone. Others who see the request may know of the file and
    /// not have it.
    pub(super) fn link_file(
        &mut self,
        id: &ExecutionId,
        name: &str,
        hash: &str,
    ) -> Result<(), Rejection> {
        let person = self.person()?.id.clone();
        let files = &self.readable(id, name)?.files;
        if let Some(at) = files.deleted {
            return Err(Rejection::Gone(Gone::FileDeleted { at }));
        }
        let settings = &self.context.organization.settings.files;
        let expires = after(self.at(), settings.link_expires_after).unwrap_or(self.at());
        let link = FileLink {
            hash: hash.to_owned(),
            file: name.to_owned(),
            of: person,
            expires,
            downloads: settings.link_downloads,
            used: 0,
        };
        self.record_files(id, FilesEvent::Linked { link });
        Ok(())
    }

    /// Uses a link once. Another person's is answered as one that never was.
    pub(super) fn download(
        &mut self,
        id: &ExecutionId,
        name: &str,
        hash: &str,
    ) -> Result<(), Rejection> {
        let person = self.person()?.id.clone();
        let files = &self.readable(id, name)?.files;
        let mine = |link: &&FileLink| link.is(name, &person, hash);
        let link = files.links.iter().find(mine).ok_or(Rejection::NotFound)?;
        let gone = if let Some(at) = files.deleted {
            Some(Gone::FileDeleted { at })
        } else if link.expires <= self.at() {
            Some(Gone::LinkExpired { at: link.expires })
        } else if link.used >= link.downloads {
            Some(Gone::LinkUsedUp { downloads: link.downloads })
        } else {
            None
        };
        if let Some(gone) = gone {
            return Err(Rejection::Gone(gone));
        }
        let (file, hash) = (name.to_owned(), hash.to_owned());
        self.record_files(id, FilesEvent::Downloaded { file, by: person, hash });
        Ok(())
    }

    /// The requester, those it was asked for, the owner and administrators may have what was made.
    fn readable(&self, id: &ExecutionId, name: &str) -> Result<&Execution, Rejection> {
        let person = self.person()?;
        let execution = self.execution(id)?;
        let may = is_administrator(person) || self.request.is_for(&person.id);
        if may && execution.state.has_receipt() && execution.files.file(name).is_some() {
            Ok(execution)
        } else {
            Err(Rejection::NotFound)
        }
    }

    /// The retention is over, or was and the contents are still to go. What may make files at any moment
    /// keeps them for another day.
    pub(super) fn end_files(&mut self, id: &ExecutionId) -> Result<(), Rejection> {
        let Execution { files, state, .. } = self.execution(id)?;
        let is_due = files.until.is_some_and(|until| until <= self.at());
        if files.is_empty() || !is_due {
            return Err(self.wrong_status(Some(id)));
        }
        let is_deleted = files.deleted.is_some();
        let next = if state.may_make_files() {
            self.at() + TimeDelta::days(1)
        } else {
            if !is_deleted {
                self.record_files(id, FilesEvent::Deleted);
            }
            self.at()
        };
        // Once more, to take away their contents.
        self.order(Effect::SetTimer(Timer::FilesEnd(id.clone()), next));
        Ok(())
    }

    fn record_files(&mut self, execution: &ExecutionId, what: FilesEvent) {
        self.record(Event::Files { execution: execution.clone(), what });
    }
}
