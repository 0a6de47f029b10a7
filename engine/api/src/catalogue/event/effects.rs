//! What became of grants and of files.

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
            Event::GrantEnding { execution, cause } => self.ending(execution, cause),
            Event::GrantEndFailed { execution, failure, .. } => {
                self.not_taken_back(execution, failure)
            }
            Event::GrantEndStarted { execution, passed_on } if passed_on.is_empty() => {
                format!("{} is being taken back now.", self.work(execution))
            }
            Event::GrantEndStarted { execution, passed_on } => {
                let rights: Vec<String> =
                    passed_on.iter().map(|right| format!("`{right}`")).collect();
                format!(
                    "{} is being taken back now, but for {}, which another grant gives too.",
                    self.work(execution),
                    list(&rights)
                )
            }
            Event::GrantEnded { execution } => format!("{} has ended.", self.work(execution)),
            _ => String::new(),
        }
    }

    /// What became of files.
    fn file_event(&self, event: &Event) -> String {
        match event {
            Event::FilesMade { execution, files } => {
                let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
                format!("{} made {}.", self.work(execution), list(&names))
            }
            Event::FileLinked { link, .. } => format!(
                "{} made a link to {}, good for {} until {}.",
                self.person(&link.of),
                link.file,
                match link.downloads {
                    1 => "one download".to_owned(),
                    several => format!("{several} downloads"),
                },
                self.time(link.expires)
            ),
            Event::FileDownloaded { file, by, .. } => {
                format!("{} downloaded {file}.", self.person(by))
            }
            Event::FilesDeleted { execution } => format!(
                "The files of {} were deleted, since files are not kept for ever.",
                self.work(execution)
            ),
            _ => String::new(),
        }
    }
}
