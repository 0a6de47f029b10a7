//! Back to a step that was decided (DEC-3).

use super::Draft;
use crate::{
    command::SendBack,
    event::Event,
    ids::StepId,
    rejection::{FieldProblem, Rejection, WrongStep},
    request::StepState,
    rule::definition::AfterSendBack,
};

impl Draft<'_> {
    /// Asked like a decision, in the order of DEC-9; never of an urgent request (DEC-4).
    pub(super) fn send_back(&mut self, wanted: &SendBack) -> Result<(), Rejection> {
        let (person, standing) = self.decider(true, wanted.seen.as_ref(), wanted.step.as_ref())?;
        if !standing.can_decide() {
            return Err(Rejection::CannotDecide(standing.unmet));
        }
        let Some((from, _)) = self.request.active() else { return Err(self.wrong_status(None)) };
        let from = from.clone();
        let comment = self.check_target(wanted)?;
        let (by, to) = (person.id.clone(), wanted.to.clone());
        let on_behalf_of = standing.on_behalf_of;
        let (from_step, to_step) = (from.clone(), to.clone());
        self.record(Event::RequestSentBack {
            by,
            from: from_step,
            to: to_step,
            comment,
            on_behalf_of,
        });
        let steps = match self.context.rule.after_send_back {
            AfterSendBack::AllFollowing => self.asked_from(&to),
            AfterSendBack::TargetOnly => {
                self.record(Event::StepPaused { step: from });
                vec![to]
            }
        };
        self.reopen(steps);
        self.advance();
        Ok(())
    }

    /// The comment, where both it and the step are right; every mistake at once.
    fn check_target(&self, wanted: &SendBack) -> Result<String, Rejection> {
        let target = match self.request.step(&wanted.to).map(|record| &record.state) {
            Some(StepState::Complete { .. }) => Ok(()),
            Some(
                StepState::Waiting
                | StepState::Skipped { .. }
                | StepState::Active(_)
                | StepState::Paused(_),
            ) => Err(WrongStep::NotDecided { step: wanted.to.clone() }),
            None => Err(WrongStep::Unknown { step: wanted.to.clone() }),
        };
        let comment = self.comment(wanted.comment.as_deref(), true);
        match (target, comment) {
            (Ok(()), comment) => comment,
            (Err(wrong), comment) => {
                let mut problems = vec![FieldProblem::new("to", wrong)];
                if let Err(Rejection::Invalid(more)) = comment {
                    problems.extend(more);
                }
                Err(Rejection::Invalid(problems))
            }
        }
    }

    /// A step and all after it that were reached, skipped ones too (FIN-20).
    fn asked_from(&self, first: &StepId) -> Vec<StepId> {
        let from_there = self.request.steps.iter().skip_while(|record| record.id != *first);
        from_there
            .filter(|record| !matches!(record.state, StepState::Waiting))
            .map(|record| record.id.clone())
            .collect()
    }

    /// Puts steps back to be asked again, as a new revision (DEC-8a); what follows opens them.
    pub(super) fn reopen(&mut self, steps: Vec<StepId>) {
        let revision = self.request.revision.saturating_add(1);
        self.record(Event::StepsReopened { steps, revision });
    }
}
