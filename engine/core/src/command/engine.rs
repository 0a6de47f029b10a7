//! What the engine tells itself.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    extension::{Failure, Receipt},
    ids::{ExecutionId, UserId},
    request::MadeFile,
    rights::SharedRights,
};

/// What the engine tells itself.
#[derive(Clone, Debug)]
pub enum EngineCommand {
    /// The approval expiry has passed (REQ-8).
    Expire,
    /// The active step is due soon (DUE-2).
    Remind,
    /// The active step is overdue (DUE-3).
    Miss,
    /// An urgent request still waits (URG-4).
    RemindUrgent,
    /// An urgent request should have been approved by now (URG-5a).
    MissUrgent,
    /// People changed who may hold a seat of the active step (STP-6a).
    Recount,
    /// All open requests of the rule begin again (RUL-2).
    Restart(RestartOrder),
    /// Somebody takes over the open seats of a person who leaves (DIR-9).
    Replace {
        /// Who leaves.
        from: UserId,
        /// Who takes over.
        to: UserId,
    },
    /// The outbox is about to run an execution.
    Start(ExecutionId),
    /// An attempt came to an end.
    Finish {
        /// Which.
        execution: ExecutionId,
        /// Of which attempt.
        attempt: u32,
        /// How.
        outcome: AttemptOutcome,
    },
    /// Its start expiry has passed (EXE-6b).
    ExpireExecution(ExecutionId),
    /// The time for another attempt has come (EXE-4).
    RetryDue(ExecutionId),
    /// The grant's window is over (EXE-5).
    EndGrant(ExecutionId),
    /// The outbox is about to take a grant back.
    StartRevert(ExecutionId, SharedRights),
    /// Taking it back came to an end.
    FinishRevert {
        /// Which.
        execution: ExecutionId,
        /// How.
        outcome: Result<(), Failure>,
    },
    /// An execution made these files, by name (EXE-7).
    FilesMade {
        /// Which.
        execution: ExecutionId,
        /// All of them.
        files: Vec<MadeFile>,
    },
    /// The retention of an execution's files is over (EXE-7).
    EndFiles(ExecutionId),
}

/// An order that all open requests of a rule begin again (RUL-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartOrder {
    /// Grows with every order of the organization: no request follows one twice.
    pub number: u64,
    /// When it was given: requests that were submitted later are not meant.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: UserId,
    /// Why; may be empty.
    pub comment: String,
}

impl EngineCommand {
    /// The stable name.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Expire => "expire",
            Self::Remind => "remind",
            Self::Miss => "miss",
            Self::RemindUrgent => "remind_urgent",
            Self::MissUrgent => "miss_urgent",
            Self::Recount => "recount",
            Self::Restart(_) => "restart",
            Self::Replace { .. } => "replace",
            Self::Start(_) => "start_execution",
            Self::Finish { .. } => "finish_execution",
            Self::ExpireExecution(_) => "expire_execution",
            Self::RetryDue(_) => "retry_due",
            Self::EndGrant(_) => "end_grant",
            Self::StartRevert(..) => "start_revert",
            Self::FinishRevert { .. } => "finish_revert",
            Self::FilesMade { .. } => "files_made",
            Self::EndFiles(_) => "end_files",
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub enum AttemptOutcome {
    /// With its effect.
    Succeeded(Receipt),
    /// Without it, for certain: where the class says that it may have happened, a probe said no.
    Failed(Failure),
    /// A probe found that the interrupted attempt had no effect: it may run again.
    NeverHappened,
    /// Nobody could be asked yet whether it had its effect: it is asked about again (EXE-3).
    Unclear(Failure),
    /// Nobody can tell whether it had its effect (EXE-3).
    CannotTell(Failure),
}
