//! What became of grants and of files.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use engine_core::{
    event::{FilesEvent, GrantEvent},
    ids::{ExecutionId, UserId},
    request::FileLink,
};

use super::super::{Names, list, time::length};

impl Names<'_> {
    /// How a grant ended.
    pub(super) fn grant_event(&self, execution: &ExecutionId, event: &GrantEvent) -> String {
        let work = || self.work(execution);
        match event {
            GrantEvent::UseAwaited { length: Some(span) } => format!(
                "The time for {} runs from its first use, and is then over after {}.",
                work(),
                length(*span)
            ),
            GrantEvent::UseAwaited { length: None } => {
                format!("{} waits for its first use.", work())
            }
            GrantEvent::Used { by, until } => self.used(execution, by, *until),
            GrantEvent::Ending { cause } => self.ending(execution, cause),
            GrantEvent::EndStarted { passed_on } if passed_on.is_empty() => {
                format!("{} is being taken back now.", work())
            }
            GrantEvent::EndStarted { passed_on } => format!(
                "{} is being taken back now, except for what another grant gives as well: {}.",
                work(),
                quoted(passed_on)
            ),
            GrantEvent::EndFailed { failure, .. } => self.not_taken_back(execution, failure),
            GrantEvent::Ended => format!("{} has ended.", work()),
        }
    }

    /// EXE-6b
    fn used(&self, execution: &ExecutionId, by: &UserId, until: Option<DateTime<Utc>>) -> String {
        let until = until.map(|until| format!(": it ends on {}", self.time(until)));
        format!(
            "{} reported the first use of {}{}.",
            self.person(by),
            self.work(execution),
            until.unwrap_or_default()
        )
    }

    /// What became of files.
    pub(super) fn files_event(&self, execution: &ExecutionId, event: &FilesEvent) -> String {
        match event {
            FilesEvent::Made { files, .. } => {
                let names = files.iter().map(|file| file.name.clone()).collect();
                format!("{} made {}.", self.work(execution), quoted(&names))
            }
            FilesEvent::Linked { link } => self.linked(link),
            FilesEvent::Downloaded { file, by, .. } => {
                format!("{} downloaded “{file}”.", self.person(by))
            }
            FilesEvent::Deleted => format!(
                "What {} made was deleted, since files are not kept for ever.",
                self.work(execution)
            ),
        }
    }

    fn linked(&self, link: &FileLink) -> String {
        let often = match link.downloads {
            1 => "once".to_owned(),
            2 => "twice".to_owned(),
            several => format!("{several} times"),
        };
        format!(
            "{} made a link by which only they can download “{}”, {often}, until {}.",
            self.person(&link.of),
            link.file,
            self.time(link.expires)
        )
    }
}

fn quoted(texts: &BTreeSet<String>) -> String {
    list(&texts.iter().map(|text| format!("“{text}”")).collect::<Vec<_>>())
}
