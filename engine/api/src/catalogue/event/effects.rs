//! What became of grants and of files.

use chrono::SecondsFormat;
use engine_core::event::Event;

use super::super::{Names, list};

impl Names<'_> {
    /// What became of grants and of files.
    pub(super) fn effect_event(&self, event: &Event) -> String {
        match event {
            Event::FilesMade { .. }
            | Event::FileLinked { .. }
            | Event::FileDownloaded { .. }
            | Event::FilesDeleted { .. } => self.file_event(event),
            _ => self.grant_event(event),
        }
    }

    /// How a grant ended.
    fn grant_event(&self, event: &Event) -> String {
        match event {
            Event::GrantEnding { execution, cause } => self.ending(&execution.to_string(), cause),
            Event::GrantEndFailed { execution, failure, .. } => format!(
                "`{execution}` could not be taken back and will be tried again: {}.",
                self.failure(failure)
            ),
            Event::GrantEndStarted { execution, passed_on } if passed_on.is_empty() => {
                format!("`{execution}` is being taken back.")
            }
            Event::GrantEndStarted { execution, passed_on } => {
                let rights = passed_on.iter().map(|right| format!("`{right}`"));
                let rights = list(&rights.collect::<Vec<_>>());
                format!(
                    "`{execution}` is being taken back, but for what other grants give too: {rights}."
                )
            }
            Event::GrantEnded { execution } => format!("`{execution}` has ended."),
            _ => String::new(),
        }
    }

    /// What became of files.
    fn file_event(&self, event: &Event) -> String {
        match event {
            Event::FilesMade { execution, files } => {
                let names = files.iter().map(|file| format!("`{}`", file.name));
                format!("`{execution}` made {}.", list(&names.collect::<Vec<_>>()))
            }
            Event::FileLinked { execution, link } => format!(
                "{} made a link to `{}` of `{execution}`, good for {} downloads until {}.",
                self.person(&link.of),
                link.file,
                link.downloads,
                link.expires.to_rfc3339_opts(SecondsFormat::Secs, true)
            ),
            Event::FileDownloaded { execution, file, by, .. } => {
                format!("{} downloaded `{file}` of `{execution}`.", self.person(by))
            }
            Event::FilesDeleted { execution } => {
                format!("The files of `{execution}` were deleted at the end of their retention.")
            }
            _ => String::new(),
        }
    }
}
