//! Receipt reviewers read what was done, and say so (REQ-12). Nothing waits for them, and they cannot
//! undo it.

use super::Draft;
use crate::{
    directory::UserKind,
    event::Event,
    rejection::{Forbidden, Rejection},
    visibility::reviews_receipt,
};

impl Draft<'_> {
    /// Once each, when everything is done that was released.
    pub(super) fn confirm(&mut self, comment: &str) -> Result<(), Rejection> {
        let person = self.person()?;
        if person.kind == UserKind::Service {
            return Err(Rejection::Forbidden(Forbidden::ServiceAccount));
        }
        if !reviews_receipt(self.context.rule, &self.request, person) {
            return Err(Rejection::Forbidden(Forbidden::NotAReceiptReviewer));
        }
        if self.view().is_self(&person.id) {
            return Err(Rejection::Forbidden(Forbidden::OwnReceipt));
        }
        if self.request.confirmations.iter().any(|confirmation| confirmation.by == person.id) {
            return Err(Rejection::AlreadyConfirmed);
        }
        if !self.request.is_done() {
            return Err(Rejection::NothingToConfirm { status: self.request.status() });
        }
        let comment = self.comment(Some(comment), true)?;
        self.record(Event::ReceiptConfirmed { by: person.id.clone(), comment });
        Ok(())
    }
}
