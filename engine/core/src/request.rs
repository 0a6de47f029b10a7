//! A request: what was asked, where it stands, who decided (REQ, DEC, EXE).

mod before;
mod beside;
mod execution;
mod files;
mod phase;
mod seat;
mod step;
mod talk;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use before::{Review, Written};
pub use beside::{Closure, Confirmation, RejectedItem};
pub use execution::{AwaitedUse, EndCause, Execution, ExecutionFailure, ExecutionState, FirstUse};
pub use files::{FileLink, Files, MAX_LINKS, MadeFile};
pub use phase::{ApprovedBy, Block, Phase, RejectedBy, Status, WouldTake};
pub use seat::{Added, Further, Merged, Passed, Seat, SeatChanges, SeatId, SeatWho, Without};
pub use step::{
    Choice, Decision, Due, EmptyBecause, EmptySeat, NotApplying, OnlyOne, OpenStep, Overdue,
    Shortage, SkippedBecause, StepRecord, StepState,
};
pub use talk::{Attachment, Talk};

use crate::{
    extension::{Facts, Item},
    ids::{
        AssignmentId, ExecutionId, KindId, OrgId, PropertyName, RequestId, ResourceId, RuleGroupId,
        RuleId, StepId, UserId,
    },
    money::Rates,
    value::Value,
};

/// A request, folded from its events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// For ever.
    pub id: RequestId,
    /// The tenant.
    pub organization: OrgId,
    /// The rule that governs it.
    pub rule: RuleId,
    /// The version it was submitted under (RUL-2).
    pub rule_version: u32,
    /// The rule group that it was submitted to; none where the requester picked the rule (RUL-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<RuleGroupId>,
    /// What is asked for.
    pub kind: KindId,
    /// Who asks.
    pub requester: UserId,
    /// For whom; empty means the requester (REQ-6).
    pub target_users: Vec<UserId>,
    /// In the requester's words.
    pub title: String,
    /// In the requester's words.
    pub reason: String,
    /// The form's values; absent ones are not there.
    pub properties: BTreeMap<PropertyName, Value>,
    /// What is asked for, piece by piece (FIN-23).
    pub items: Vec<Item>,
    /// What was asked for and rejected for good, in order (DEC-7).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected_items: Vec<RejectedItem>,
    /// Whom the requester picked, by assignment (STP-2).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub picks: BTreeMap<AssignmentId, Vec<UserId>>,
    /// Frozen at the first submission (DIR-7).
    pub rates: Option<Rates>,
    /// Run first, approve after (URG).
    pub urgent: bool,
    /// When.
    pub submitted_at: DateTime<Utc>,
    /// Until when it waits for approval; never for urgent ones (REQ-8).
    pub approval_expires: Option<DateTime<Utc>>,
    /// The end of the access or execution that is asked for.
    pub ends: Option<DateTime<Utc>>,
    /// Grows with edits, send-back, return, restart and moves; never with a decision (DEC-8a).
    pub revision: u32,
    /// Where it stands.
    pub phase: Phase,
    /// Why it cannot go on until data or rules change.
    pub blocked: Option<Block>,
    /// Whether somebody set it on hold (REQ-7).
    pub on_hold: bool,
    /// For urgent ones: until when it should be approved (URG-5a).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closure: Option<Closure>,
    /// Who talks about it and watches it, and what they attached (REQ-9).
    #[serde(default, skip_serializing_if = "Talk::is_empty")]
    pub talk: Talk,
    /// Since when it is on hold: until it is released, due dates wait (FIN-11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_since: Option<DateTime<Utc>>,
    /// In the rule's order.
    pub steps: Vec<StepRecord>,
    /// What will be, is, or was done (EXE-1).
    pub executions: Vec<Execution>,
    /// Seats and deciders of steps that were opened and then asked again: whose they are still sees the
    /// request (REQ-10).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_seats: Vec<SeatWho>,
    /// Who read afterwards what was done; at most once each (REQ-12).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmations: Vec<Confirmation>,
    /// Decisions that were made before it moved, and count again once their step opens (RUL-4).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kept: BTreeMap<StepId, Vec<Decision>>,
    /// The last order to restart all requests of its rule that it has followed, or could not (RUL-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart_order: Option<u64>,
    /// What a draft holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Box<Written>>,
    /// Who reviews it before its route, or has (STP-13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
    /// Those who edited it and are not the requester (FIN-22).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub editors: BTreeSet<UserId>,
}

impl Request {
    /// The approval status (REQ-1): `pending` and `in_progress` are computed.
    #[must_use]
    pub fn status(&self) -> Status {
        match &self.phase {
            Phase::Draft => Status::Draft,
            Phase::InReview => Status::InReview,
            Phase::Open if self.live_decisions().next().is_some() => Status::InProgress,
            Phase::Open => Status::Pending,
            Phase::Approved { .. } => Status::Approved,
            Phase::Rejected { .. } => Status::Rejected,
            Phase::Cancelled { .. } => Status::Cancelled,
            Phase::Expired { .. } => Status::Expired,
        }
    }

    /// Whether it is still on its route.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// Whether a date has passed that somebody waits for: the active step's, or the approval's of an
    /// urgent request (DUE-2, URG-5a).
    #[must_use]
    pub fn is_overdue(&self) -> bool {
        let step = self.active().and_then(|(_, open)| open.due.as_ref());
        let closure = self.closure.as_ref().and_then(|closure| closure.missed);
        self.is_open() && step.and_then(|due| due.missed).or(closure).is_some()
    }

    /// Whether it is not submitted yet.
    #[must_use]
    pub fn is_draft(&self) -> bool {
        matches!(self.phase, Phase::Draft)
    }

    /// Whether it is being reviewed before its route.
    #[must_use]
    pub fn is_in_review(&self) -> bool {
        matches!(self.phase, Phase::InReview)
    }

    /// Whether it is submitted and not ended: in review, or on its route.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        self.is_in_review() || self.is_open()
    }

    /// Whether it was submitted and is over.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        !self.is_draft() && !self.is_under_way()
    }

    /// The step being decided.
    #[must_use]
    pub fn active(&self) -> Option<(&StepId, &OpenStep)> {
        self.steps.iter().find_map(|record| match &record.state {
            StepState::Active(step) => Some((&record.id, step)),
            StepState::Waiting
            | StepState::Skipped { .. }
            | StepState::Paused(_)
            | StepState::Complete { .. } => None,
        })
    }

    /// The step's record.
    #[must_use]
    pub fn step(&self, id: &StepId) -> Option<&StepRecord> {
        self.steps.iter().find(|record| record.id == *id)
    }

    /// The execution.
    #[must_use]
    pub fn execution(&self, id: &ExecutionId) -> Option<&Execution> {
        self.executions.iter().find(|execution| execution.id == *id)
    }

    /// Every step that was opened, with its seats and decisions.
    pub fn opened(&self) -> impl Iterator<Item = (&StepId, &OpenStep)> {
        self.steps.iter().filter_map(|record| record.opened().map(|step| (&record.id, step)))
    }

    /// Whether there is something to confirm: it was approved, or released in urgent mode, and nothing
    /// is still to be done (REQ-12).
    #[must_use]
    pub fn is_done(&self) -> bool {
        let released = match self.phase {
            Phase::Approved { .. } => true,
            Phase::Open => self.urgent && !self.executions.is_empty(),
            Phase::Draft
            | Phase::InReview
            | Phase::Rejected { .. }
            | Phase::Cancelled { .. }
            | Phase::Expired { .. } => false,
        };
        released
            && self.executions.iter().all(|execution| match execution.state {
                ExecutionState::Waiting
                | ExecutionState::Scheduled { .. }
                | ExecutionState::Running { .. } => false,
                ExecutionState::Succeeded { .. }
                | ExecutionState::Failed { .. }
                | ExecutionState::Cancelled { .. }
                | ExecutionState::Expired { .. }
                | ExecutionState::Active { .. }
                | ExecutionState::Revoking { .. }
                | ExecutionState::Revoked { .. }
                | ExecutionState::Lapsed { .. } => true,
            })
    }

    /// Every decision that counts.
    pub fn live_decisions(&self) -> impl Iterator<Item = &Decision> {
        self.opened().flat_map(|(_, step)| &step.decisions)
    }

    /// The resources of its items.
    pub fn resources(&self) -> impl Iterator<Item = &ResourceId> {
        self.items.iter().map(|item| &item.resource)
    }

    /// What an extension may see of it, at the instant of a command.
    #[must_use]
    pub fn facts(&self, at: DateTime<Utc>, step: Option<&StepId>) -> Facts {
        Facts {
            organization: self.organization.clone(),
            request: self.id.clone(),
            rule: self.rule.clone(),
            rule_version: self.rule_version,
            kind: self.kind.clone(),
            step: step.cloned(),
            requester: self.requester.clone(),
            target_users: self.target_users.clone(),
            urgent: self.urgent,
            title: self.title.clone(),
            reason: self.reason.clone(),
            properties: self.properties.clone(),
            items: self.items.clone(),
            now: at,
        }
    }

    /// Whether this person is the requester or a target: both are treated alike (STP-9).
    #[must_use]
    pub fn is_for(&self, user: &UserId) -> bool {
        self.requester == *user || self.target_users.contains(user)
    }
}
