//! Where the work of a request stands.

use chrono::{DateTime, Utc};
use engine_core::{
    ids::ExecutionId,
    request::{ExecutionFailure, ExecutionState},
};

use super::{Names, failure::cause, time::length};

impl Names<'_> {
    /// That an execution failed, and why.
    pub(super) fn came_to_nothing(&self, id: &ExecutionId, why: &ExecutionFailure) -> String {
        let work = self.work(id);
        match why {
            ExecutionFailure::Plugin(failure) => {
                format!("{work} failed, because {}.", cause(failure))
            }
            ExecutionFailure::PlanChanged { .. } => format!(
                "{work} was not carried out, because it would now do something else than what was approved."
            ),
        }
    }

    /// When a grant ends that waits for its first use (EXE-6b).
    #[must_use]
    pub fn awaited_use(&self, id: &ExecutionId, state: &ExecutionState) -> Option<String> {
        let ExecutionState::Active { awaits: Some(awaited), until, .. } = state else {
            return None;
        };
        let work = self.work(id);
        let unused = until.map(|until| {
            format!("on {} at the latest if nobody has reported a use by then", self.time(until))
        });
        Some(match (awaited.length, unused) {
            (Some(span), Some(unused)) => {
                format!("{work} ends {} after its first use, and {unused}.", length(span))
            }
            (Some(span), None) => format!("{work} ends {} after its first use.", length(span)),
            (None, Some(unused)) => format!("{work} ends {unused}."),
            (None, None) => format!("{work} waits for its first use."),
        })
    }

    /// Where an execution is, to follow what it is called.
    pub(super) fn execution_state(
        &self,
        state: &ExecutionState,
        opens: Option<DateTime<Utc>>,
    ) -> String {
        let plain = match state {
            ExecutionState::Waiting => "waits for the approval",
            ExecutionState::Scheduled { .. } => {
                return match opens {
                    Some(opens) => format!("is to start on {}", self.time(opens)),
                    None => "is ready to be carried out".to_owned(),
                };
            }
            ExecutionState::Running { .. } => "is being carried out",
            ExecutionState::Succeeded { .. } => "is done",
            ExecutionState::Failed { .. } => "has failed",
            ExecutionState::Cancelled { .. } => "was cancelled",
            ExecutionState::Expired { .. } => "did not start in time",
            ExecutionState::Active { awaits: None, .. } => "is in force",
            ExecutionState::Active { awaits: Some(_), .. } => "waits for its first use",
            ExecutionState::Revoking { failure: None, .. } => "is being taken back",
            ExecutionState::Revoking { failure: Some(_), .. } => {
                "could not be taken back yet, and is tried again"
            }
            ExecutionState::Revoked { .. } => "was taken back",
            ExecutionState::Lapsed { .. } => "has ended",
        };
        plain.to_owned()
    }
}
