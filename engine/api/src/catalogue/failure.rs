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
        FailureClass::Permanent => "something has to be put right first",
        FailureClass::Retryable => "something that it needs is not ready yet",
        FailureClass::UnknownOutcome => "it cannot tell whether its work took effect",
        FailureClass::Refused => "it does not accept this",
        FailureClass::Fuel => "it needed more computing time than it may have",
        FailureClass::Deadline => "it used up the time it may take",
        FailureClass::Memory => "it used up the memory it may have",
        FailureClass::Output => "its answer is too large",
        FailureClass::HostCalls => "it called the engine too often",
        FailureClass::Trap => "it stopped with an error",
        FailureClass::BadOutput => "its answer makes no sense",
        FailureClass::Denied => "it lacks a permission that an administrator can give",
        FailureClass::Contract => "it was made for another version of the engine",
        FailureClass::Busy => "too much is going on at the moment",
        FailureClass::Unavailable => "something it needs cannot be reached at the moment",
        FailureClass::Bug => "the engine made a mistake",
    }
}

/// The cause with what the script or plugin says, to follow *because*.
pub(super) fn cause(failure: &Failure) -> String {
    format!("{}: {}", because(failure.class), failure.message.trim_end_matches('.'))
}

impl Names<'_> {
    /// What a failure means, with what the plugin says.
    #[must_use]
    pub fn failure(&self, failure: &Failure) -> String {
        format!("it failed, because {}", cause(failure))
    }

    /// Why an execution failed.
    #[must_use]
    pub fn execution_failure(&self, why: &ExecutionFailure) -> String {
        match why {
            ExecutionFailure::Plugin(failure) => self.failure(failure),
            ExecutionFailure::PlanChanged { .. } => {
                "nothing was done, because it would now do something else than what was approved; the requester can start a new request from this one".to_owned()
            }
        }
    }
}
