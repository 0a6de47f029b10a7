//! Why a command does not fit.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{ExecutionId, StepId, UserId},
    request::ExecutionState,
};

/// Why a command does not fit, where the status alone does not say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfit {
    /// The execution that it is about is not where it would fit.
    Execution {
        /// Which.
        execution: ExecutionId,
        /// Where it is.
        state: ExecutionState,
        /// When it may start at the earliest, where that is later (EXE-6b).
        opens: Option<DateTime<Utc>>,
    },
    /// Its window does not run from its first use, so that nobody reports one (EXE-6b).
    NotFromFirstUse {
        /// Which execution.
        execution: ExecutionId,
    },
    /// Its first use was reported before (EXE-6b).
    UsedBefore {
        /// Which execution.
        execution: ExecutionId,
        /// By whom.
        by: UserId,
        /// When.
        at: DateTime<Utc>,
        /// Until when it lasts; none means until it is revoked.
        until: Option<DateTime<Utc>>,
    },
    /// Nobody reported a first use in time, and the timer has not come by yet (EXE-6b).
    NeverUsed {
        /// Which execution.
        execution: ExecutionId,
        /// In what time.
        until: Option<DateTime<Utc>>,
    },
    /// The work of an urgent request has begun (REQ-4).
    WorkBegun,
    /// This person's approval has completed its step (DEC-5).
    CompletedStep {
        /// Which.
        step: StepId,
    },
    /// The step is decided or was skipped, so that its approvers stay (STP-15).
    StepDecided {
        /// Which.
        step: StepId,
    },
    /// Nothing is left to pass on: they decided, or others did in their place (STP-16).
    NothingToPassOn,
}
