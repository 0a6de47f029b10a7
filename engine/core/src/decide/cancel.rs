//! The requester takes a request back (REQ-4); nobody decides in time (REQ-8).

use super::Draft;
use crate::{
    command::Seen,
    effect::{Effect, Notice, Timer},
    event::Event,
    ids::ExecutionId,
    rejection::{Forbidden, Rejection, Unfit},
    request::ExecutionState,
};

impl Draft<'_> {
    /// REQ-4: until final approval, in review also by a reviewer; an urgent one only while nothing has
    /// started. Drafts are deleted instead.
    pub(super) fn cancel(&mut self, comment: &str, seen: Option<&Seen>) -> Result<(), Rejection> {
        let person = self.person()?;
        self.check_seen(seen)?;
        if self.request.is_draft() {
            return self.delete_draft();
        }
        let reviews = self.request.is_in_review() && self.view().may_review(person);
        if self.request.requester != person.id && !reviews {
            return Err(self.only_requester());
        }
        if !self.request.is_under_way() {
            return Err(self.wrong_status(None));
        }
        if self.request.urgent && self.anything_started() {
            return Err(self.unfit(Unfit::WorkBegun));
        }
        let comment = self.comment(Some(comment), true)?;
        self.record(Event::RequestCancelled { by: person.id.clone(), comment });
        self.order(Effect::ClearTimer(Timer::ApprovalExpiry));
        self.cancel_executions();
        Ok(())
    }

    /// What the requester alone may do, and in review its reviewers.
    pub(super) fn only_requester(&self) -> Rejection {
        let (requester, in_review) = (self.request.requester.clone(), self.request.is_in_review());
        Rejection::Forbidden(Forbidden::OnlyRequester { requester, in_review })
    }

    fn cancel_executions(&mut self) {
        let not_started: Vec<ExecutionId> = self
            .request
            .executions
            .iter()
            .filter(|execution| {
                matches!(
                    execution.state,
                    ExecutionState::Waiting | ExecutionState::Scheduled { .. }
                )
            })
            .map(|execution| execution.id.clone())
            .collect();
        for execution in not_started {
            self.order(Effect::Unqueue(execution.clone()));
            self.order(Effect::ClearTimer(Timer::ExecutionExpiry(execution.clone())));
            self.record(Event::ExecutionCancelled { execution });
        }
    }

    /// REQ-8: never an urgent one (DEC-4).
    pub(super) fn expire(&mut self) -> Result<(), Rejection> {
        if self.request.urgent {
            return Err(Rejection::UrgentApproveOnly);
        }
        if !self.request.is_under_way() || !self.has_run_out() {
            return Err(self.wrong_status(None));
        }
        self.run_out();
        Ok(())
    }

    /// Whether its approval expiry has passed: it counts also where its timer has not come by yet (EXE-6b).
    pub(super) fn has_run_out(&self) -> bool {
        self.request.approval_expires.is_some_and(|expiry| expiry <= self.at())
    }

    pub(super) fn run_out(&mut self) {
        self.record(Event::RequestExpired);
        self.order(Effect::ClearTimer(Timer::ApprovalExpiry));
        self.order(Effect::Notify(Notice::Outcome));
    }
}
