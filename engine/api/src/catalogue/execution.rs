//! Where the work of a request stands.

use chrono::{DateTime, Utc};
use engine_core::{
    ids::ExecutionId,
    request::{ExecutionFailure, ExecutionState},
};

use super::{Names, failure::cause};

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
            ExecutionState::Active { .. } => "is in force",
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
