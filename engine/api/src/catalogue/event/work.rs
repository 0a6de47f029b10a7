//! What became of the work of a request.

use chrono::{DateTime, Utc};
use engine_core::{
    event::Event,
    extension::Failure,
    ids::ExecutionId,
    request::{EndCause, ExecutionFailure},
};

use super::{
    super::{Names, failure::cause},
    said,
};

impl Names<'_> {
    /// What happened to an execution.
    pub(super) fn execution_event(&self, event: &Event) -> String {
        match event {
            Event::ExecutionReleased { execution, .. } => {
                format!("{} can be carried out now.", self.work(execution))
            }
            Event::ExecutionStarted { execution, attempt, .. } => {
                let again = if *attempt > 1 { " again" } else { "" };
                format!("{} started{again}.", self.work(execution))
            }
            Event::ExecutionSucceeded { execution, until: Some(until), .. } => {
                format!("{} is in force until {}.", self.work(execution), self.time(*until))
            }
            Event::ExecutionSucceeded { execution, until: None, .. } => {
                format!("{} is done.", self.work(execution))
            }
            Event::ExecutionRetryScheduled { execution, failure, at, .. } => {
                self.tried_again(execution, failure, *at)
            }
            Event::ExecutionInDoubt { execution, failure, .. } => self.in_doubt(execution, failure),
            Event::ExecutionFailed { execution, why, may_have_happened, .. } => {
                self.failed(execution, why, *may_have_happened)
            }
            Event::ExecutionExpired { execution } => format!(
                "{} was not started in time, and will not be. The requester can start a new request from this one.",
                self.work(execution)
            ),
            Event::ExecutionCancelled { execution } => {
                format!("{} will not be carried out.", self.work(execution))
            }
            _ => String::new(),
        }
    }

    fn tried_again(&self, execution: &ExecutionId, failure: &Failure, at: DateTime<Utc>) -> String {
        format!(
            "{} did not work, because {}. It is tried again by itself on {}.",
            self.work(execution),
            cause(failure),
            self.time(at)
        )
    }

    fn in_doubt(&self, execution: &ExecutionId, failure: &Failure) -> String {
        format!(
            "It is not clear whether {} took effect, because {}. That is checked again by itself.",
            self.work(execution),
            cause(failure)
        )
    }

    pub(super) fn not_taken_back(&self, execution: &ExecutionId, failure: &Failure) -> String {
        format!(
            "{} could not be taken back, because {}. It may still be in force. It is tried again by itself, and the administrators were told.",
            self.work(execution),
            cause(failure)
        )
    }

    pub(super) fn ending(&self, execution: &ExecutionId, cause: &EndCause) -> String {
        let work = self.work(execution);
        match cause {
            EndCause::Lapsed => {
                format!("The time for {work} is over, and it is being taken back.")
            }
            EndCause::Revoked { by, comment } => {
                said(&format!("{} has {work} taken back", self.person(by)), comment)
            }
        }
    }

    fn failed(
        &self,
        execution: &ExecutionId,
        why: &ExecutionFailure,
        may_have_happened: bool,
    ) -> String {
        let doubt = if may_have_happened { " It may have taken effect all the same." } else { "" };
        let next = match why {
            ExecutionFailure::Plugin(_) => "An administrator has to look, and can try it again.",
            ExecutionFailure::PlanChanged { .. } => {
                "The requester can start a new request from this one."
            }
        };
        format!("{}{doubt} {next}", self.came_to_nothing(execution, why))
    }

    /// What became of an attempt that the engine did not see the end of.
    pub(super) fn found_out(&self, event: &Event) -> Option<String> {
        match event {
            Event::ExecutionSucceeded { execution, .. } => {
                Some(format!("{} was interrupted, but had been done.", self.work(execution)))
            }
            Event::ExecutionRetryScheduled { execution, .. } => Some(format!(
                "{} was interrupted before anything was done, and starts again.",
                self.work(execution)
            )),
            _ => None,
        }
    }
}
