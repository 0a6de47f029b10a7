//! A request: what was asked, where it stands, who decided (REQ, DEC, EXE).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    directory::{NodeLevel, OrganizationRole},
    explanation::Explanation,
    extension::{Facts, Failure, Item, Plan, Receipt, ResolvedConfig},
    ids::{
        AssignmentId, BindingId, ExecutionId, GroupId, KindId, NodeId, OrgId, PluginId,
        PropertyName, RequestId, ResourceId, RuleId, StepId, UserId,
    },
    money::Rates,
    payload::PayloadHash,
    rule::definition::QuorumDoc,
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
    /// In the rule's order.
    pub steps: Vec<StepRecord>,
    /// What will be, is, or was done (EXE-1).
    pub executions: Vec<Execution>,
}

/// Where a request stands (REQ-1). What is computed from it is in [`Status`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// On its route: `pending` or `in_progress`.
    Open,
    /// For good.
    Approved {
        /// When.
        at: DateTime<Utc>,
        /// By what.
        by: ApprovedBy,
    },
    /// For good.
    Rejected {
        /// When.
        at: DateTime<Utc>,
        /// By what.
        by: RejectedBy,
    },
    /// By the requester (REQ-4).
    Cancelled {
        /// When.
        at: DateTime<Utc>,
        /// By whom.
        by: UserId,
        /// Why.
        comment: String,
    },
    /// Nobody decided in time (REQ-8).
    Expired {
        /// When.
        at: DateTime<Utc>,
    },
}

/// The approval status that people see (REQ-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not submitted.
    Draft,
    /// Before the route.
    InReview,
    /// On the route, no live decision yet.
    Pending,
    /// At least one live decision.
    InProgress,
    /// For good.
    Approved,
    /// By people, or out of reach.
    Rejected,
    /// By the requester.
    Cancelled,
    /// Too late.
    Expired,
}

impl Status {
    /// Every status, in the order of a request's life.
    pub const ALL: [Self; 8] = [
        Self::Draft,
        Self::InReview,
        Self::Pending,
        Self::InProgress,
        Self::Approved,
        Self::Rejected,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The word used everywhere.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InReview => "in_review",
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// What approved a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovedBy {
    /// Every step that was not skipped is complete.
    Steps,
    /// All steps were skipped and the rule says `safety_catch: approve` (STP-6).
    SafetyCatch,
}

/// What rejected a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectedBy {
    /// Enough rejections of one step (DEC-2).
    Decision {
        /// The step.
        step: StepId,
    },
    /// A rejection put the step's quorum out of reach (DEC-2).
    QuorumOutOfReach {
        /// The step.
        step: StepId,
    },
    /// All steps were skipped (STP-6).
    SafetyCatch,
}

/// Why a request cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A step's `when` could not be decided (CND-3).
    ConditionUndecided {
        /// The step.
        step: StepId,
        /// What was seen.
        explanation: Explanation,
    },
    /// Nobody can complete a step (STP-6a).
    NoApprovers {
        /// The step.
        step: StepId,
        /// What is missing.
        shortage: Shortage,
    },
    /// All steps of an urgent request were skipped (DEC-4).
    NothingToApprove,
}

/// Why a step cannot be completed by the people there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shortage {
    /// No assignment yields a seat that somebody can fill.
    Nobody {
        /// The seats that nobody can fill, and why; none where no assignment applies.
        empty: Vec<EmptySeat>,
    },
    /// Some seats have people, and the quorum asks for more than they can fill.
    TooFew {
        /// Seats that must be filled.
        wanted: u32,
        /// Seats that can be filled at most.
        possible: u32,
        /// The seats that nobody can fill, and why.
        empty: Vec<EmptySeat>,
    },
    /// More seats than a step may have (FIN-25).
    TooManySeats {
        /// How many.
        seats: u32,
    },
}

/// A seat nobody can fill (STP-3a).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmptySeat {
    /// Of which assignment.
    pub assignment: AssignmentId,
    /// Why.
    pub why: EmptyBecause,
}

/// Why nobody can fill a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmptyBecause {
    /// A property names nobody (STP-8).
    PropertyUnset {
        /// The property.
        property: PropertyName,
        /// Whose profile lacks it; none where the request does.
        of: Option<UserId>,
    },
    /// The person is deactivated (STP-8).
    Deactivated {
        /// Who.
        user: UserId,
    },
    /// The group has no active member.
    GroupEmpty {
        /// Which.
        group: GroupId,
    },
    /// Nobody holds the role.
    RoleEmpty,
    /// The resource has no owner.
    NoOwner {
        /// Which; none where the request names none.
        resource: Option<ResourceId>,
    },
    /// The script or plugin named nobody, or gave no answer.
    NobodyNamed {
        /// Its name.
        name: String,
        /// What it said.
        message: Option<String>,
    },
    /// The requester is the only one (STP-9).
    OnlyRequester,
    /// All of them decided in a step that this one is separated from (STP-10).
    Separated,
    /// None of them may see the request (FIN-12).
    NoSight,
}

/// A step of this request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The rule's step.
    pub id: StepId,
    /// How far it is.
    pub state: StepState,
}

/// How far a step is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not reached.
    Waiting,
    /// Its `when` was unmet, or nobody was there and the rule says `skip`.
    Skipped {
        /// When.
        at: DateTime<Utc>,
        /// Why.
        why: SkippedBecause,
    },
    /// Being decided.
    Active(OpenStep),
    /// Its quorum is complete.
    Complete {
        /// When.
        at: DateTime<Utc>,
        /// Seats and decisions as they were.
        step: OpenStep,
        /// Who filled which seat.
        filled: BTreeMap<SeatId, UserId>,
    },
}

/// Why a step was skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkippedBecause {
    /// Its `when` (STP-1).
    Condition(Explanation),
    /// `if_nobody: skip` (STP-6).
    Nobody(Shortage),
}

/// The seats and decisions of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenStep {
    /// When it was activated.
    pub since: DateTime<Utc>,
    /// When it is complete.
    pub quorum: QuorumDoc,
    /// As resolved at activation (STP-7).
    pub seats: Vec<Seat>,
    /// Oldest first; at most one live one per person.
    pub decisions: Vec<Decision>,
}

/// The number of a seat in its step, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SeatId(pub u16);

/// A seat of a step (STP-3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Its number.
    pub id: SeatId,
    /// The assignment that made it; `default_approvers` for theirs.
    pub assignment: AssignmentId,
    /// Who may fill it.
    pub who: SeatWho,
    /// Whether it belongs to default approvers (STP-6): then no permissions hold it back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_default: bool,
    /// Who could fill it at activation, for the history (FIN-18); membership is live.
    pub people: Vec<UserId>,
    /// Why nobody could fill it at activation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<EmptyBecause>,
}

/// Who may fill a seat; groups and roles are looked up live (FIN-18).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatWho {
    /// This person, named directly or by a property: also gives sight under `access: strict`.
    Person(UserId),
    /// This person, named by a script or plugin or as one of a group.
    Found(UserId),
    /// Any active member.
    Group(GroupId),
    /// Any active holder of the organization role.
    Role(OrganizationRole),
    /// Any active holder of this level on the node.
    Node {
        /// The node.
        node: NodeId,
        /// At least.
        level: NodeLevel,
    },
    /// Any of these.
    AnyOf(Vec<SeatWho>),
    /// Nobody.
    Nobody,
}

/// What a person decided (DEC-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Who.
    pub by: UserId,
    /// What.
    pub choice: Choice,
    /// Why.
    pub comment: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Of which revision (DEC-8a).
    pub revision: u32,
    /// Which seats this person could fill when they decided; one of them is theirs (STP-5).
    pub seats: BTreeSet<SeatId>,
    /// What exactly was approved, per execution (EXE-6a).
    pub payloads: BTreeMap<ExecutionId, PayloadHash>,
}

/// Approve or reject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Counts towards the quorum.
    Approve,
    /// Counts towards `reject_after`.
    Reject,
}

/// An execution (EXE-1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// The binding, and the item where there are items.
    pub id: ExecutionId,
    /// The executor.
    pub plugin: PluginId,
    /// Its configuration for this request.
    pub config: ResolvedConfig,
    /// What it will do; for urgent requests made just before the run (EXE-6).
    pub plan: Option<Plan>,
    /// What approvals are bound to (EXE-6a).
    pub payload: PayloadHash,
    /// Whether a person presses *run* (EXE-2).
    pub manual: bool,
    /// Whether what it gives can be taken back: then it becomes active, not succeeded.
    pub is_grant: bool,
    /// How far it is.
    pub state: ExecutionState,
    /// How often it was started.
    pub attempts: u32,
}

impl Execution {
    /// The rule's binding.
    #[must_use]
    pub fn binding(&self) -> &BindingId {
        &self.id.binding
    }
}

/// How far an execution is (EXE-1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionState {
    /// Not released.
    Waiting,
    /// Released: a person may run it, or the engine is about to.
    Scheduled {
        /// Since when.
        since: DateTime<Utc>,
        /// Must start before (EXE-6b).
        start_before: Option<DateTime<Utc>>,
    },
    /// Started; the outcome is not known yet.
    Running {
        /// Since when.
        since: DateTime<Utc>,
        /// Must start before, should this attempt come to nothing.
        start_before: Option<DateTime<Utc>>,
    },
    /// Done.
    Succeeded {
        /// When.
        at: DateTime<Utc>,
        /// What it did.
        receipt: Receipt,
    },
    /// Not done; a person may retry it (EXE-4).
    Failed {
        /// When.
        at: DateTime<Utc>,
        /// Why.
        why: ExecutionFailure,
        /// Whether the effect may have happened all the same (EXE-3).
        may_have_happened: bool,
    },
    /// The request was cancelled before it started.
    Cancelled {
        /// When.
        at: DateTime<Utc>,
    },
    /// It did not start in time (EXE-6b).
    Expired {
        /// When.
        at: DateTime<Utc>,
    },
    /// A grant in force.
    Active {
        /// Since when.
        since: DateTime<Utc>,
        /// Until when; none means until it is revoked.
        until: Option<DateTime<Utc>>,
        /// What it did.
        receipt: Receipt,
    },
    /// A grant being taken back; retried until it succeeds (EXE-5).
    Revoking {
        /// Since when.
        since: DateTime<Utc>,
        /// Why.
        cause: EndCause,
        /// What it did.
        receipt: Receipt,
        /// The last failure: then people see `revoke_failed`.
        failure: Option<Failure>,
        /// How often it was tried.
        tries: u32,
    },
    /// Taken back early.
    Revoked {
        /// When.
        at: DateTime<Utc>,
        /// By whom.
        by: UserId,
    },
    /// Ended by its window.
    Lapsed {
        /// When.
        at: DateTime<Utc>,
    },
}

/// Why an execution failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionFailure {
    /// The plugin, or what it needs.
    Plugin(Failure),
    /// The plan at run time is not the approved one (EXE-6).
    PlanChanged {
        /// What was approved.
        approved: PayloadHash,
        /// What it would do now.
        now: PayloadHash,
    },
}

/// Why a grant ends (EXE-5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// Its window is over.
    Lapsed,
    /// Somebody took it back.
    Revoked {
        /// Who.
        by: UserId,
        /// Why.
        comment: String,
    },
}

impl ExecutionState {
    /// The word used everywhere.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Scheduled { .. } => "scheduled",
            Self::Running { .. } => "running",
            Self::Succeeded { .. } => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
            Self::Expired { .. } => "expired",
            Self::Active { .. } => "active",
            Self::Revoking { failure: None, .. } => "revoking",
            Self::Revoking { failure: Some(_), .. } => "revoke_failed",
            Self::Revoked { .. } => "revoked",
            Self::Lapsed { .. } => "lapsed",
        }
    }
}

impl Request {
    /// The approval status (REQ-1): `pending` and `in_progress` are computed.
    #[must_use]
    pub fn status(&self) -> Status {
        match &self.phase {
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

    /// The step being decided.
    #[must_use]
    pub fn active(&self) -> Option<(&StepId, &OpenStep)> {
        self.steps.iter().find_map(|record| match &record.state {
            StepState::Active(step) => Some((&record.id, step)),
            StepState::Waiting | StepState::Skipped { .. } | StepState::Complete { .. } => None,
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

impl StepRecord {
    /// Its seats and decisions, once it was opened.
    #[must_use]
    pub fn opened(&self) -> Option<&OpenStep> {
        match &self.state {
            StepState::Active(step) | StepState::Complete { step, .. } => Some(step),
            StepState::Waiting | StepState::Skipped { .. } => None,
        }
    }
}

impl OpenStep {
    /// This person's decision, if they made one.
    #[must_use]
    pub fn decision_of(&self, user: &UserId) -> Option<&Decision> {
        self.decisions.iter().find(|decision| decision.by == *user)
    }

    /// The decisions of this choice.
    pub fn of(&self, choice: Choice) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(move |decision| decision.choice == choice)
    }

    /// The seat with this number.
    #[must_use]
    pub fn seat(&self, id: SeatId) -> Option<&Seat> {
        self.seats.get(usize::from(id.0))
    }
}
