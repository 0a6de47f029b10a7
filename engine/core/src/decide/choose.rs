//! Approve and reject (DEC-1, DEC-2, DEC-8a, DEC-9).

use std::collections::{BTreeMap, BTreeSet};

use super::Draft;
use crate::{
    command::{Decide, Seen},
    directory::UserKind,
    event::Event,
    ids::{ExecutionId, ResourceId, StepId},
    payload::PayloadHash,
    rejection::{Forbidden, Rejection},
    request::{Choice, Decision, ExecutionState, Phase, RejectedBy, Status, StepState},
};

impl Draft<'_> {
    /// Records a decision, in the order of checks that DEC-9 gives.
    pub(super) fn choose(&mut self, decide: &Decide) -> Result<(), Rejection> {
        let person = self.person()?;
        if person.kind == UserKind::Service {
            return Err(Rejection::Forbidden(Forbidden::ServiceAccount));
        }
        let choice = self.meant(decide);
        if self.request.urgent && (choice == Choice::Reject || self.grants_less(decide)) {
            return Err(Rejection::UrgentApproveOnly);
        }
        self.check_seen(decide.seen.as_ref())?;
        self.check_step(decide.step.as_ref())?;
        self.check_open()?;
        let standing = self.view().standing(person);
        let may = match choice {
            Choice::Approve => standing.can_approve(),
            Choice::Reject => standing.can_decide(),
        };
        if !may {
            return Err(Rejection::CannotDecide(standing.unmet));
        }
        let required = match choice {
            Choice::Approve => self.context.organization.settings.comments.required,
            Choice::Reject => true,
        };
        let comment = self.comment(decide.comment.as_deref(), required)?;
        let granted = self.granted(decide)?;
        let Some((step, _)) = self.request.active() else { return Err(self.wrong_status(None)) };
        let step = step.clone();
        let decision = Decision {
            by: person.id.clone(),
            choice,
            comment,
            at: self.at(),
            revision: self.request.revision,
            seats: standing.seats,
            on_behalf_of: standing.on_behalf_of,
            carried_from: None,
            payloads: self.payloads(choice, granted.as_ref()),
            items: granted.clone(),
        };
        self.record(Event::DecisionRecorded { step: step.clone(), decision });
        if let Some(granted) = granted {
            self.narrow(&step, &person.id, &granted);
        }
        match choice {
            Choice::Approve => self.after_approval(step),
            Choice::Reject => self.after_rejection(step),
        }
        Ok(())
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
    fn check_step(&self, named: Option<&StepId>) -> Result<(), Rejection> {
        let Some(named) = named else { return Ok(()) };
        let active = self.request.active().map(|(id, _)| id.clone());
        if active.as_ref() == Some(named) {
            return Ok(());
        }
        match self.request.step(named).map(|record| &record.state) {
            None => {
                Err(Rejection::invalid("step", format!("`{named}` is not a step of this rule")))
            }
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

    fn check_open(&self) -> Result<(), Rejection> {
        match self.request.phase {
            Phase::Open => {}
            Phase::Approved { .. } => return Err(Rejection::StepComplete { step: None }),
            Phase::Rejected { .. } | Phase::Cancelled { .. } | Phase::Expired { .. } => {
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
    fn after_rejection(&mut self, id: StepId) {
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
