//! Nobody decides for a while (REQ-7, FIN-11).

use super::Draft;
use crate::{
    command::Seen,
    directory::User,
    event::Event,
    rejection::{Forbidden, Rejection},
    visibility::may_hold,
};

impl Draft<'_> {
    /// Sets the hold. The approval expiry runs on (FIN-11).
    pub(super) fn hold(&mut self, comment: &str, seen: Option<&Seen>) -> Result<(), Rejection> {
        let person = self.holder(seen)?;
        self.check_free()?;
        self.check_time()?;
        let comment = self.comment(Some(comment), true)?;
        self.record(Event::RequestHeld { by: person.id.clone(), comment });
        Ok(())
    }

    /// Lifts it, and looks at what changed meanwhile.
    pub(super) fn release_hold(
        &mut self,
        comment: &str,
        seen: Option<&Seen>,
    ) -> Result<(), Rejection> {
        let person = self.holder(seen)?;
        if !self.request.is_open() || !self.request.on_hold {
            return Err(self.wrong_status(None));
        }
        let comment = self.comment(Some(comment), true)?;
        self.record(Event::RequestReleased { by: person.id.clone(), comment });
        self.look_again();
        Ok(())
    }

    /// The owner, an administrator, the requester or an approver.
    fn holder(&self, seen: Option<&Seen>) -> Result<&User, Rejection> {
        let person = self.person()?;
        self.check_seen(seen)?;
        if may_hold(&self.context.organization.directory, &self.request, person) {
            Ok(person)
        } else {
            Err(Rejection::Forbidden(Forbidden::NotAHolder))
        }
    }

    /// Open, and not on hold.
    pub(super) fn check_free(&self) -> Result<(), Rejection> {
        if !self.request.is_open() {
            return Err(self.wrong_status(None));
        }
        if self.request.on_hold { Err(Rejection::OnHold) } else { Ok(()) }
    }

    /// EXE-6b: the expiry counts also where its timer has not come by yet.
    pub(super) fn check_time(&self) -> Result<(), Rejection> {
        match self.request.approval_expires {
            Some(expired) if expired <= self.at() => Err(Rejection::TooLate { expired }),
            Some(_) | None => Ok(()),
        }
    }
}
