//! What people said and attached, and who listens.

use engine_core::{event::Event, request::Attachment};

use super::Names;

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

/// How large a file is, as people say it.
fn bytes(size: u64) -> String {
    let tenths = |unit: u64| {
        let tenths = size.saturating_mul(10).div_ceil(unit);
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match size {
        1 => "1 byte".to_owned(),
        0..1_024 => format!("{size} bytes"),
        1_024..1_048_576 => format!("{} KB", tenths(1_024)),
        _ => format!("{} MB", tenths(1_048_576)),
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_told_with_their_unit() {
        for (size, told) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1_023, "1023 bytes"),
            (1_024, "1.0 KB"),
            (1_025, "1.1 KB"),
            (1 << 20, "1.0 MB"),
            (25 << 20, "25.0 MB"),
        ] {
            assert_eq!(bytes(size), told);
        }
    }
}
