//! What people said and attached, and who listens.

use engine_core::{event::Event, request::Attachment};

use super::{super::value::bytes, Names};

impl Names<'_> {
    /// What people said and attached, and who listens.
    pub(super) fn talk_event(&self, event: &Event) -> String {
        match event {
            Event::CommentAdded { by, text } => format!("{}: {text}", self.person(by)),
            Event::WatcherAdded { user, by } if user == by => {
                format!("{} watches the request.", self.person(by))
            }
            Event::WatcherAdded { user, by } => {
                format!("{} made {} a watcher.", self.person(by), self.person(user))
            }
            Event::WatcherLeft { user } => {
                format!("{} no longer watches the request.", self.person(user))
            }
            Event::AttachmentAdded(Attachment { name, size, by, .. }) => {
                format!("{} attached “{name}” ({}).", self.person(by), bytes(*size))
            }
            Event::AttachmentRemoved { name, by, .. } => {
                format!("{} removed the attachment “{name}”.", self.person(by))
            }
            Event::ReceiptConfirmed { by, comment } => {
                format!("{} confirmed what was done: {comment}", self.person(by))
            }
            _ => String::new(),
        }
    }
}
