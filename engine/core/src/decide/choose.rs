//! Approve and reject (DEC-1, DEC-2, DEC-8a, DEC-9).

use std::collections::{BTreeMap, BTreeSet};

use super::{Draft, wrong_length};
use crate::{
    command::{Decide, Seen},
    directory::{User, UserKind},
    effect::{Effect, Notice},
    eligibility::Standing,
    event::Event,
    ids::{ExecutionId, ResourceId, StepId},
    payload::PayloadHash,
    rejection::{Forbidden, Rejection, Wrong, WrongStep},
    request::{Choice, Decision, ExecutionState, Phase, RejectedBy, Status, StepState},
};

impl<'a> Draft<'a> {
    /// Records a decision.
    pub(super) fn choose(&mut self, decide: &Decide) -> Result<(), Rejection> {
        let choice = self.meant(decide);
        let never_urgent = choice == Choice::Reject || self.grants_less(decide);
        let (person, standing) =
            self.decider(never_urgent, decide.seen.as_ref(), decide.step.as_ref())?;
        let standing = may_choose(standing, choice)?;
        let required = match choice {
            Choice::Approve => self.context.organization.settings.comments.required,
            Choice::Reject => true,
        };
        let comment = self.comment(decide.comment.as_deref(), required)?;
        let concern = self.concern(decide)?;
        let granted = self.granted(decide)?;
        let Some((step, _)) = self.request.active() else { return Err(self.wrong_status(None)) };
        let step = step.clone();
        let decision = Decision {
            by: person.id.clone(),
            choice,
            comment,
            concern,
            at: self.at(),
            revision: self.request.revision,
            seats: standing.seats,
            or_seats: standing.or_seats,
            on_behalf_of: standing.on_behalf_of,
            carried_from: None,
            kept: false,
            payloads: self.payloads(choice, granted.as_ref()),
            items: granted.clone(),
        };
        self.decided(step, decision, granted.as_ref());
        Ok(())
    }

    /// Records a decision, and what follows from it.
    fn decided(
        &mut self,
        step: StepId,
        decision: Decision,
        granted: Option<&BTreeSet<ResourceId>>,
    ) {
        let (by, choice) = (decision.by.clone(), decision.choice);
        if decision.concern.is_some() {
            self.order(Effect::Notify(Notice::Concern(by.clone())));
        }
        self.record(Event::DecisionRecorded { step: step.clone(), decision });
        if let Some(granted) = granted {
            self.narrow(&step, &by, granted);
        }
        match choice {
            Choice::Approve => self.after_approval(step),
            Choice::Reject => self.after_rejection(step),
        }
    }

    /// URG-5a: an approval with a concern is an approval.
    fn concern(&self, decide: &Decide) -> Result<Option<String>, Rejection> {
        let Some(text) = decide.concern.as_deref().map(str::trim) else { return Ok(None) };
        if decide.choice != Choice::Approve {
            return Err(Rejection::invalid("concern", Wrong::ConcernWithoutApproval));
        }
        let bounds = &self.context.organization.settings.reason;
        match wrong_length(text, bounds.min, bounds.max) {
            Some(wrong) => Err(Rejection::invalid("concern", wrong)),
            None => Ok(Some(text.to_owned())),
        }
    }

    /// Who is about to decide, and how they stand, in the order of checks that DEC-9 gives up to there;
    /// `never_urgent` is what is refused of an urgent request (DEC-4).
    pub(super) fn decider(
        &self,
        never_urgent: bool,
        seen: Option<&Seen>,
        step: Option<&StepId>,
    ) -> Result<(&'a User, Standing), Rejection> {
        let person = self.person()?;
        if person.kind == UserKind::Service {
            return Err(Rejection::Forbidden(Forbidden::ServiceAccount));
        }
        if self.request.urgent && never_urgent {
            return Err(Rejection::UrgentApproveOnly);
        }
        self.check_seen(seen)?;
        self.check_step(step)?;
        self.check_open()?;
        Ok((person, self.view().standing(person)))
    }

    /// What exactly an approval is given for (EXE-6a).
    fn payloads(
        &self,
        choice: Choice,
        granted: Option<&BTreeSet<ResourceId>>,
    ) -> BTreeMap<ExecutionId, PayloadHash> {
        match choice {
            Choice::Approve => {
                let executions = self.request.executions.iter().filter(|execution| {
                    !matches!(execution.state, ExecutionState::Cancelled { .. })
                        && execution
                            .id
                            .item
                            .as_ref()
                            .zip(granted)
                            .is_none_or(|(i, g)| g.contains(i))
                });
                executions.map(|e| (e.id.clone(), e.payload.clone())).collect()
            }
            Choice::Reject => BTreeMap::new(),
        }
    }

    /// DEC-8a: never applied to what the person did not see.
    pub(super) fn check_seen(&self, seen: Option<&Seen>) -> Result<(), Rejection> {
        let Some(seen) = seen else { return Ok(()) };
        let step = self.request.active().map(|(id, _)| id.clone());
        if seen.revision == self.request.revision && seen.step == step {
            return Ok(());
        }
        Err(Rejection::Conflict { revision: self.request.revision, step })
    }

    /// A step that is named must be the active one.
    pub(super) fn check_step(&self, named: Option<&StepId>) -> Result<(), Rejection> {
        let Some(named) = named else { return Ok(()) };
        let active = self.request.active().map(|(id, _)| id.clone());
        if active.as_ref() == Some(named) {
            return Ok(());
        }
        match self.request.step(named).map(|record| &record.state) {
            None => Err(Rejection::invalid("step", WrongStep::Unknown { step: named.clone() })),
            Some(StepState::Complete { .. }) => {
                Err(Rejection::StepComplete { step: Some(named.clone()) })
            }
            Some(StepState::Active(_)) if !self.request.is_open() => Ok(()),
            Some(
                StepState::Waiting
                | StepState::Skipped { .. }
                | StepState::Active(_)
                | StepState::Paused(_),
            ) => Err(Rejection::Conflict { revision: self.request.revision, step: active }),
        }
    }

    pub(super) fn check_open(&self) -> Result<(), Rejection> {
        match self.request.phase {
            Phase::Open => {}
            Phase::Approved { .. } => return Err(Rejection::StepComplete { step: None }),
            Phase::Draft
            | Phase::InReview
            | Phase::Rejected { .. }
            | Phase::Cancelled { .. }
            | Phase::Expired { .. } => {
                return Err(Rejection::NotPending { status: self.request.status() });
            }
        }
        // EXE-6b: the expiry counts also where its timer has not come by yet.
        match self.request.approval_expires {
            Some(expiry) if expiry <= self.at() => {
                Err(Rejection::NotPending { status: Status::Expired })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// STP-5: complete when some assignment of the approvals to distinct seats is.
    fn after_approval(&mut self, step: StepId) {
        if let Some(filled) = self.filled() {
            self.record(Event::StepCompleted { step, filled });
            self.advance();
        }
    }

    /// DEC-2: enough rejections, or a quorum that the rest can no longer reach.
    pub(super) fn after_rejection(&mut self, id: StepId) {
        let view = self.view();
        let Some((_, open, step)) = view.active_step() else { return };
        if open.of(Choice::Reject).count() >= step.reject_after as usize {
            return self.reject(RejectedBy::Decision { step: id });
        }
        if view.remaining_shortage(step, open).is_some() {
            self.reject(RejectedBy::QuorumOutOfReach { step: id });
        }
    }
}

/// ELG-1
fn may_choose(standing: Standing, choice: Choice) -> Result<Standing, Rejection> {
    let may = match choice {
        Choice::Approve => standing.can_approve(),
        Choice::Reject => standing.can_decide(),
    };
    if may { Ok(standing) } else { Err(Rejection::CannotDecide(standing.unmet)) }
}
