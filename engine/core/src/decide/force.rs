//! The whole request at once, by somebody who may (DEC-6).

use super::{Draft, is_administrator};
use crate::{
    command::Seen,
    rejection::{Forbidden, Rejection, Unmet},
    request::{ApprovedBy, Choice, RejectedBy},
};

impl Draft<'_> {
    /// Approves or rejects for good. An administrator may reject their own request, which is a
    /// cancellation with a reason (FIN-16), and approve it only where the rule allows self-approval.
    pub(super) fn force(
        &mut self,
        choice: Choice,
        comment: &str,
        seen: Option<&Seen>,
    ) -> Result<(), Rejection> {
        let person = self.person()?;
        if self.request.urgent && choice == Choice::Reject {
            return Err(Rejection::UrgentApproveOnly);
        }
        self.check_seen(seen)?;
        if !is_administrator(person) {
            return Err(Rejection::Forbidden(Forbidden::OnlyAdministrators));
        }
        if choice == Choice::Approve
            && let Some(own) = self.view().own(&person.id)
        {
            return Err(Rejection::CannotDecide(vec![Unmet::SelfApproval { own }]));
        }
        self.check_free()?;
        self.check_time()?;
        let comment = self.comment(Some(comment), true)?;
        let by = person.id.clone();
        match choice {
            Choice::Approve => self.approve(ApprovedBy::Force { by, comment }),
            Choice::Reject => self.reject(RejectedBy::Force { by, comment }),
        }
        Ok(())
    }
}
