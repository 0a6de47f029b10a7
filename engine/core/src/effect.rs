//! What a decision orders. The runtime commits effects together with the events they follow from.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use crate::notice::Notice;
use crate::{
    ids::ExecutionId,
    order::{ExecutionOrder, RevertOrder},
};

/// Something for the runtime to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Put an execution into the outbox: it is to be started, or found out about.
    Queue(ExecutionId),
    /// Take it out of the outbox: there is nothing left to do.
    Unqueue(ExecutionId),
    /// Run it now. Never stored: made anew from the request's state at each attempt.
    Execute(ExecutionOrder),
    /// Take it back now. Never stored.
    Revert(RevertOrder),
    /// Wake the request at a time.
    SetTimer(Timer, DateTime<Utc>),
    /// Do not.
    ClearTimer(Timer),
    /// Tell people (DUE-4). What a decision comes to says whom, in its `told`.
    Notify(Notice),
}

/// What a request is woken for; at most one of each kind at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// REQ-8.
    ApprovalExpiry,
    /// EXE-6b.
    ExecutionExpiry(ExecutionId),
    /// EXE-6b: the window of a grant opens.
    ExecutionStart(ExecutionId),
    /// EXE-4.
    ExecutionRetry(ExecutionId),
    /// EXE-5.
    GrantEnd(ExecutionId),
    /// EXE-5.
    RevertRetry(ExecutionId),
    /// EXE-7: the retention of an execution's files.
    FilesEnd(ExecutionId),
    /// DUE-2: the next reminder of the active step.
    StepReminder,
    /// DUE-3: the active step is due.
    StepDue,
    /// URG-4.
    UrgentReminder,
    /// URG-5a.
    UrgentDue,
}
