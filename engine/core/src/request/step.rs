//! Steps of a request: seats, decisions, and why a step cannot be completed (STP, DEC).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    directory::{NodeLevel, OrganizationRole},
    explanation::Explanation,
    ids::{AssignmentId, ExecutionId, GroupId, NodeId, PropertyName, ResourceId, StepId, UserId},
    payload::PayloadHash,
    rule::definition::QuorumDoc,
};

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
        /// The property that names them, and in whose profile; none where the rule or the request
        /// does.
        property: Option<(PropertyName, UserId)>,
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
    /// Sent back from, to go on where it was once the earlier step is complete again (DEC-3).
    Paused(OpenStep),
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
    /// When it is due (DUE-1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
}

/// When a step is due (DUE-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// Pushed back by the time on hold (FIN-11).
    pub at: DateTime<Utc>,
    /// When those who have not decided were last reminded (DUE-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded: Option<DateTime<Utc>>,
    /// When it was found to be overdue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<DateTime<Utc>>,
}

/// What became of an overdue step (DUE-3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overdue {
    /// It is shown.
    Shown,
    /// The step is approved.
    Approved,
    /// The request is rejected.
    Rejected,
    /// The request is urgent, and blocked instead (DEC-4).
    Blocked,
    /// Open seats passed to others.
    Reassigned {
        /// As they are now.
        seats: Vec<Seat>,
    },
    /// Open seats have further candidates (FIN-7).
    Escalated {
        /// As they are now.
        seats: Vec<Seat>,
    },
    /// Nobody was found to whom they could go.
    NobodyFound,
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
    /// What the approver is concerned about (URG-5a).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concern: Option<String>,
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

impl StepRecord {
    /// Its seats and decisions, once it was opened.
    #[must_use]
    pub fn opened(&self) -> Option<&OpenStep> {
        match &self.state {
            StepState::Active(step)
            | StepState::Paused(step)
            | StepState::Complete { step, .. } => Some(step),
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
