//! What happened to a request. Past tense; everything `evolve` needs is in the event.

mod actor;
mod edited;
mod effects;
mod moved;
mod name;
mod recorded;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use actor::Actor;
pub use edited::Edited;
pub use effects::{FilesEvent, GrantEvent};
pub use moved::{Moved, MovedBecause};
pub use recorded::Recorded;

use crate::{
    extension::{Failure, Plan, Receipt},
    ids::{ExecutionId, ResourceId, StepId, UserId},
    payload::PayloadHash,
    rejection::Rejection,
    request::{
        ApprovedBy, Attachment, Block, Choice, Decision, ExecutionFailure, OpenStep, Overdue,
        RejectedBy, Request, Review, Seat, SeatId, SeatWho, SkippedBecause,
    },
};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A request was submitted; its first state, executions planned (REQ-2, EXE-6).
    RequestSubmitted(Box<Request>),
    /// A draft was written, or written anew (REQ-1).
    DraftSaved(Box<Request>),
    /// A draft was thrown away (REQ-4).
    DraftDeleted {
        /// Who.
        by: UserId,
    },
    /// What is asked for was changed (REQ-3, STP-12, STP-13).
    RequestEdited(Box<Edited>),
    /// It begins again, under another rule or another version of its own (RUL-2, RUL-4).
    RequestMoved(Box<Moved>),
    /// All open requests of its rule were to begin again, and this one could not (RUL-2).
    RestartRefused {
        /// Who wanted it.
        by: UserId,
        /// Which order it was.
        order: u64,
        /// Why not.
        why: Box<Rejection>,
    },
    /// The review before the route began (STP-13).
    ReviewStarted {
        /// Who reviews.
        review: Review,
    },
    /// The review is over (STP-13).
    ReviewPassed {
        /// Who.
        by: UserId,
        /// Why.
        comment: String,
    },
    /// An approver wants it reviewed again instead of deciding (DEC-1).
    ReturnedToReview {
        /// From which step.
        step: StepId,
        /// Who.
        by: UserId,
        /// Why.
        comment: String,
    },
    /// A step was skipped (STP-1, STP-6).
    StepSkipped {
        /// Which.
        step: StepId,
        /// Why.
        why: SkippedBecause,
    },
    /// A step opened with these seats (STP-7).
    StepActivated {
        /// Which.
        step: StepId,
        /// Its seats.
        open: OpenStep,
    },
    /// Those who have not decided a step were reminded (DUE-2).
    StepReminded {
        /// Which.
        step: StepId,
        /// Whether people were told: once the date itself is there, that is what they are told.
        told: bool,
    },
    /// A step was not decided in time (DUE-3).
    StepOverdue {
        /// Which.
        step: StepId,
        /// What became of it.
        then: Overdue,
    },
    /// Those who have not decided an urgent request were reminded (URG-4).
    UrgentReminded,
    /// An urgent request was not approved in time (URG-5a).
    UrgentOverdue,
    /// Somebody took over the open seats of a person who left (DIR-9).
    SeatsReplaced {
        /// In which step.
        step: StepId,
        /// Who left.
        from: UserId,
        /// Who took over.
        to: UserId,
    },
    /// Somebody decided (DEC-1).
    DecisionRecorded {
        /// In which step.
        step: StepId,
        /// What.
        decision: Decision,
    },
    /// An approval granted less than was left: these are rejected for good (DEC-7).
    ItemsRejected {
        /// In which step.
        step: StepId,
        /// By whom.
        by: UserId,
        /// Their resources.
        items: Vec<ResourceId>,
    },
    /// Somebody was given a seat (STP-15).
    ApproverAdded {
        /// In which step.
        step: StepId,
        /// Who.
        user: UserId,
        /// By whom.
        by: UserId,
        /// The seat, where the step is open and they have one of their own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seat: Option<Box<Seat>>,
        /// The seats that they may fill beside others, where the step is open.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        beside: Vec<SeatId>,
    },
    /// Somebody was taken out of a step (STP-15).
    ApproverRemoved {
        /// Of which step.
        step: StepId,
        /// Who.
        user: UserId,
        /// By whom.
        by: UserId,
        /// Whether only what somebody added is gone, not what the rule makes.
        was_added: bool,
        /// The seats that are gone with them, where the step is open.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        gone: Vec<SeatId>,
        /// The seats that they may not fill any more, where the step is open.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        without: Vec<SeatId>,
    },
    /// An approver passed their right to decide to somebody else (STP-16).
    SeatReassigned {
        /// In which step.
        step: StepId,
        /// Who.
        from: UserId,
        /// To whom.
        to: UserId,
        /// Why.
        comment: String,
        /// Which seats, and how each names the next.
        seats: Vec<(SeatId, SeatWho)>,
    },
    /// The step's quorum is complete (STP-5).
    StepCompleted {
        /// Which.
        step: StepId,
        /// Who filled which seat.
        filled: BTreeMap<SeatId, UserId>,
    },
    /// Somebody sent it back to an earlier step; what follows from that are events of their own
    /// (DEC-3).
    RequestSentBack {
        /// Who.
        by: UserId,
        /// The step that was active.
        from: StepId,
        /// The step to be decided again.
        to: StepId,
        /// Why.
        comment: String,
        /// For whom, where they stood in for somebody (DEC-8).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_behalf_of: Option<UserId>,
    },
    /// Somebody took their own decision back; it no longer counts (DEC-5).
    DecisionWithdrawn {
        /// Of which step.
        step: StepId,
        /// Who.
        by: UserId,
        /// What it was.
        choice: Choice,
        /// Why; may be empty.
        comment: String,
    },
    /// A rejected request is back where it was (DEC-5).
    RejectionWithdrawn,
    /// Nobody decides until it is released (REQ-7).
    RequestHeld {
        /// Who.
        by: UserId,
        /// Why.
        comment: String,
    },
    /// The hold is lifted (REQ-7).
    RequestReleased {
        /// Who.
        by: UserId,
        /// Why.
        comment: String,
    },
    /// These steps wait to be asked again: their decisions no longer count, and stay in the record; what
    /// the request was blocked by is asked again too (REQ-3, DEC-3, FIN-20).
    StepsReopened {
        /// Which, in the rule's order.
        steps: Vec<StepId>,
        /// The request's revision from now on (DEC-8a).
        revision: u32,
    },
    /// The active step rests, with its decisions, until an earlier one is complete again (DEC-3).
    StepPaused {
        /// Which.
        step: StepId,
    },
    /// A step that rested goes on where it was (DEC-3).
    StepResumed {
        /// Which.
        step: StepId,
    },
    /// The request is approved for good.
    RequestApproved {
        /// By what.
        by: ApprovedBy,
    },
    /// The request is rejected.
    RequestRejected {
        /// By what.
        by: RejectedBy,
    },
    /// The requester took it back (REQ-4).
    RequestCancelled {
        /// Who.
        by: UserId,
        /// Why.
        comment: String,
    },
    /// Nobody decided in time (REQ-8).
    RequestExpired,
    /// Somebody said something about it (REQ-9).
    CommentAdded {
        /// Who.
        by: UserId,
        /// What.
        text: String,
    },
    /// Somebody watches it now (REQ-9).
    WatcherAdded {
        /// Who.
        user: UserId,
        /// Who made them a watcher.
        by: UserId,
    },
    /// A watcher left.
    WatcherLeft {
        /// Who.
        user: UserId,
    },
    /// Somebody attached a file (REQ-9).
    AttachmentAdded(Attachment),
    /// An attachment was taken away (REQ-9).
    AttachmentRemoved {
        /// Which.
        number: u32,
        /// What it was called.
        name: String,
        /// By whom.
        by: UserId,
    },
    /// A receipt reviewer read what was done (REQ-12).
    ReceiptConfirmed {
        /// Who.
        by: UserId,
        /// What they say.
        comment: String,
    },
    /// It cannot go on until data or rules change.
    RequestBlocked {
        /// Why.
        why: Block,
    },
    /// It can go on.
    RequestUnblocked,
    /// An execution may run (EXE-1, URG-2).
    ExecutionReleased {
        /// Which.
        execution: ExecutionId,
        /// Must start before.
        start_before: Option<DateTime<Utc>>,
    },
    /// An execution was started, by a person or the engine.
    ExecutionStarted {
        /// Which.
        execution: ExecutionId,
        /// From 1.
        attempt: u32,
        /// What it is going to do (EXE-6).
        plan: Plan,
        /// The hash of what it is going to do.
        payload: PayloadHash,
    },
    /// It had its effect.
    ExecutionSucceeded {
        /// Which.
        execution: ExecutionId,
        /// What it did.
        receipt: Receipt,
        /// For grants: until when.
        until: Option<DateTime<Utc>>,
    },
    /// It will be tried again by itself (EXE-4).
    ExecutionRetryScheduled {
        /// Which.
        execution: ExecutionId,
        /// After which attempt.
        attempt: u32,
        /// How often in a row it has failed by itself: an engine that went down is no failure of it.
        failures: u32,
        /// Why.
        failure: Failure,
        /// When.
        at: DateTime<Utc>,
    },
    /// Whether it had its effect is to be asked again: it is neither tried again nor over before (EXE-3).
    ExecutionInDoubt {
        /// Which.
        execution: ExecutionId,
        /// How often in a row it has failed by itself.
        failures: u32,
        /// Why nobody knows.
        failure: Failure,
        /// When it is asked again.
        at: DateTime<Utc>,
    },
    /// It failed; a person may retry it.
    ExecutionFailed {
        /// Which.
        execution: ExecutionId,
        /// Why.
        why: ExecutionFailure,
        /// Whether the effect may have happened all the same.
        may_have_happened: bool,
        /// For grants that may have happened: until when.
        until: Option<DateTime<Utc>>,
    },
    /// It did not start in time (EXE-6b).
    ExecutionExpired {
        /// Which.
        execution: ExecutionId,
    },
    /// Its request was cancelled before it started.
    ExecutionCancelled {
        /// Which.
        execution: ExecutionId,
    },
    /// A grant comes to its end (EXE-5, EXE-6b, EXE-6c).
    Grant {
        /// Which.
        execution: ExecutionId,
        /// How far.
        what: GrantEvent,
    },
    /// Of files that an execution made (EXE-7).
    Files {
        /// Which execution.
        execution: ExecutionId,
        /// What became of them.
        what: FilesEvent,
    },
}
