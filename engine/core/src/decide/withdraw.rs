//! A person takes their own decision back (DEC-5).

use super::Draft;
use crate::{
    command::Seen,
    effect::{Effect, Timer},
    event::Event,
    ids::{StepId, UserId},
    rejection::{Forbidden, Rejection, Unfit, WrongStep},
    request::{Choice, Phase, RejectedBy, StepState},
};

impl Draft<'_> {
    /// An approval until it completed its step; a rejection while nothing was changed since, also where
    /// it ended the request.
    pub(super) fn withdraw(
        &mut self,
        comment: &str,
        step: Option<&StepId>,
        seen: Option<&Seen>,
    ) -> Result<(), Rejection> {
        let person = self.person()?;
        self.check_seen(seen)?;
        let (step, choice) = self.own_decision(&person.id, step)?;
        match &self.request.phase {
            Phase::Open => self.check_free()?,
            Phase::Rejected { by, .. } if choice == Choice::Reject && is_of(by, &step) => {}
            Phase::Draft
            | Phase::InReview
            | Phase::Rejected { .. }
            | Phase::Approved { .. }
            | Phase::Cancelled { .. }
            | Phase::Expired { .. } => return Err(self.wrong_status(None)),
        }
        self.check_time()?;
        let comment = self.comment(Some(comment), false)?;
        self.record(Event::DecisionWithdrawn { step, by: person.id.clone(), choice, comment });
        if self.request.is_open() {
            self.recount_step();
        } else {
            self.return_from_rejection();
        }
        Ok(())
    }

    /// The step and choice of a decision that counts and has not completed its step.
    fn own_decision(
        &self,
        person: &UserId,
        named: Option<&StepId>,
    ) -> Result<(StepId, Choice), Rejection> {
        if let Some(named) = named
            && self.request.step(named).is_none()
        {
            return Err(Rejection::invalid("step", WrongStep::Unknown { step: named.clone() }));
        }
        let mut complete = None;
        for record in &self.request.steps {
            if named.is_some_and(|named| *named != record.id) {
                continue;
            }
            let Some(decision) = record.opened().and_then(|open| open.decision_by(person)) else {
                continue;
            };
            if !matches!(record.state, StepState::Complete { .. }) {
                return Ok((record.id.clone(), decision.choice));
            }
            complete = Some(record.id.clone());
        }
        Err(match (complete, named) {
            (Some(step), Some(_)) => Rejection::StepComplete { step: Some(step) },
            (Some(step), None) => self.unfit(Unfit::CompletedStep { step }),
            (None, _) => Rejection::Forbidden(Forbidden::NoDecision),
        })
    }

    /// Back to where it was, unless the rejections that are left keep the step from its quorum.
    fn return_from_rejection(&mut self) {
        let view = self.view();
        let Some((_, open, step)) = view.active_step() else { return };
        let left = open.of(Choice::Reject).count();
        if left > 0 && view.remaining_shortage(step, open).is_some() {
            return;
        }
        self.record(Event::RejectionWithdrawn);
        if let Some(expiry) = self.request.approval_expires {
            self.order(Effect::SetTimer(Timer::ApprovalExpiry, expiry));
        }
        self.recount_step();
    }
}

/// Whether a rejection was decided in this step.
fn is_of(by: &RejectedBy, step: &StepId) -> bool {
    match by {
        RejectedBy::Decision { step: decided } | RejectedBy::QuorumOutOfReach { step: decided } => {
            decided == step
        }
        RejectedBy::Overdue { .. } | RejectedBy::Force { .. } | RejectedBy::SafetyCatch => false,
    }
}
