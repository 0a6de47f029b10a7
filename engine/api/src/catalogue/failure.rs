//! What a failure of a script or plugin means.

use engine_core::{
    extension::{Failure, FailureClass},
    request::ExecutionFailure,
};

use super::Names;

/// The cause, to follow *because*.
#[must_use]
pub fn because(class: FailureClass) -> &'static str {
    match class {
        FailureClass::Permanent => "it says that trying again alone does not help",
        FailureClass::Retryable => "it says that this may work later",
        FailureClass::UnknownOutcome => "it does not know whether its effect happened",
        FailureClass::Refused => "it refuses to",
        FailureClass::Fuel => "it used up the work it may do",
        FailureClass::Deadline => "it used up the time it may take",
        FailureClass::Memory => "it used up the memory it may have",
        FailureClass::Output => "its answer is too large",
        FailureClass::HostCalls => "it called the engine too often",
        FailureClass::Trap => "it stopped with an error",
        FailureClass::BadOutput => "its answer makes no sense",
        FailureClass::Denied => "it was not granted what it needs; an administrator can grant it",
        FailureClass::Contract => "it was made for another version of the engine",
        FailureClass::Busy => "too much is going on at the moment",
        FailureClass::Unavailable => "something it needs cannot be reached at the moment",
        FailureClass::Bug => "the engine made a mistake",
    }
}

impl Names<'_> {
    /// What a failure means, with what the plugin says.
    #[must_use]
    pub fn failure(&self, failure: &Failure) -> String {
        format!("it failed, because {}: {}", because(failure.class), failure.message)
    }

    /// Why an execution failed.
    #[must_use]
    pub fn execution_failure(&self, why: &ExecutionFailure) -> String {
        match why {
            ExecutionFailure::Plugin(failure) => self.failure(failure),
            ExecutionFailure::PlanChanged { .. } => {
                "what it would do now is not what was approved; submit the request again to have the new plan approved".to_owned()
            }
        }
    }
}
