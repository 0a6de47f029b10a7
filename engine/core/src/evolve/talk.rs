//! What is said and put beside a request, folded into its state.

use chrono::{DateTime, Utc};

use crate::{
    event::Event,
    request::{Confirmation, Request},
};

pub(super) fn evolve(request: &mut Request, event: &Event, at: DateTime<Utc>) {
    let talk = &mut request.talk;
    match event {
        Event::CommentAdded { by, .. } => {
            talk.commenters.insert(by.clone());
            talk.comments = talk.comments.saturating_add(1);
        }
        Event::WatcherAdded { user, .. } => {
            talk.watchers.insert(user.clone());
        }
        Event::WatcherLeft { user } => {
            talk.watchers.remove(user);
        }
        Event::AttachmentAdded(attachment) => {
            talk.attached = attachment.number;
            talk.attachments.push(attachment.clone());
        }
        Event::AttachmentRemoved { number, .. } => {
            talk.attachments.retain(|attachment| attachment.number != *number);
        }
        Event::ReceiptConfirmed { by, comment } => {
            let (by, comment) = (by.clone(), comment.clone());
            request.confirmations.push(Confirmation { by, comment, at });
        }
        _ => {}
    }
}
