//! Steps of a request: seats, decisions, and why a step cannot be completed (STP, DEC).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::changes::SeatChanges;
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
        /// The seats of which one person is the only candidate, and who (FIN-4).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        same: Vec<OnlyOne>,
    },
    /// The route asks for more people than there are, since one person counts once in it (FIN-5).
    TooFewPeople {
        /// Approvals that the steps from here on need.
        wanted: u32,
        /// Different people who can give them.
        possible: u32,
    },
    /// More seats than a step may have (FIN-25).
    TooManySeats {
        /// How many.
        seats: u32,
    },
}

/// A person who is the only candidate of several seats (FIN-4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlyOne {
    /// Who.
    pub user: UserId,
    /// The seats' assignments.
    pub assignments: Vec<AssignmentId>,
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
    /// The requester picked nobody (STP-2).
    NobodyPicked,
    /// The requester is the only one (STP-9).
    OnlyRequester,
    /// All of them decided in a step that this one is separated from (STP-10).
    Separated,
    /// All of them have approved in another step, and one person counts once in the route (STP-5).
    SatElsewhere,
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
    /// What people changed of its seats: it holds each time the step begins.
    #[serde(default, skip_serializing_if = "SeatChanges::is_empty")]
    pub changes: SeatChanges,
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
    /// The assignments whose seats it is too, since it is the same person's (FIN-4).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<AssignmentId>,
    /// Who gave it to whom it names; none for a seat that the rule made (STP-15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_by: Option<UserId>,
    /// Who may fill it beside those (FIN-7, STP-16).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Further>,
    /// Who of those may not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<Without>,
    /// Who could fill it at activation, for the history (FIN-18); membership is live.
    pub people: Vec<UserId>,
    /// Why nobody could fill it at activation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<EmptyBecause>,
}

/// A further candidate of a seat: added where one approval is enough, escalated to, or passed to
/// (FIN-7, STP-16). They never make a seat more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Further {
    /// Who: `Person` where that gives sight under `access: strict`, else `Found`.
    pub who: SeatWho,
    /// By whom; none where the engine did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
}

/// Somebody whose right to fill a seat was taken or given away (STP-15, STP-16).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Without {
    /// Who.
    pub user: UserId,
    /// To whom they passed it; none where it was taken from them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed_to: Option<UserId>,
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
    /// For whom, where they stood in for somebody (DEC-8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<UserId>,
    /// From which step it was carried over (STP-11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_from: Option<StepId>,
    /// The resources of the items that were granted, where not all were (DEC-7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<BTreeSet<ResourceId>>,
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
    /// A step that is not reached yet.
    #[must_use]
    pub fn waiting(id: StepId) -> Self {
        Self { id, state: StepState::Waiting, changes: SeatChanges::default() }
    }

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

impl Decision {
    /// Whether this person decided, or somebody did for them.
    #[must_use]
    pub fn concerns(&self, user: &UserId) -> bool {
        self.by == *user || self.on_behalf_of.as_ref() == Some(user)
    }
}

impl OpenStep {
    /// The decision that this person made.
    #[must_use]
    pub fn decision_by(&self, user: &UserId) -> Option<&Decision> {
        self.decisions.iter().find(|decision| decision.by == *user)
    }

    /// The decision that settles this person's item: made by them, or for them (DEC-8).
    #[must_use]
    pub fn decision_of(&self, user: &UserId) -> Option<&Decision> {
        self.decisions.iter().find(|decision| decision.concerns(user))
    }

    /// The decisions of this choice.
    pub fn of(&self, choice: Choice) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(move |decision| decision.choice == choice)
    }

    /// The seat with this number.
    #[must_use]
    pub fn seat(&self, id: SeatId) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.id == id)
    }

    /// A number that no seat of this step has, nor any that a decision is about.
    #[must_use]
    pub fn next_seat(&self) -> SeatId {
        let of_decisions = self.decisions.iter().flat_map(|decision| &decision.seats);
        let last = self.seats.iter().map(|seat| &seat.id).chain(of_decisions).max();
        SeatId(last.map_or(0, |last| last.0.saturating_add(1)))
    }
}

impl Seat {
    /// A seat that the rule makes, and nobody has looked at yet.
    #[must_use]
    pub fn new(id: SeatId, assignment: AssignmentId, who: SeatWho) -> Self {
        Self {
            id,
            assignment,
            who,
            by_default: false,
            merged: Vec::new(),
            added_by: None,
            also: Vec::new(),
            without: Vec::new(),
            people: Vec::new(),
            empty: None,
        }
    }

    /// Whether it is a seat of this assignment.
    #[must_use]
    pub fn is_of(&self, assignment: &AssignmentId) -> bool {
        self.assignment == *assignment || self.merged.contains(assignment)
    }

    /// Whether this person's right to fill it was taken or given away.
    #[must_use]
    pub fn is_without(&self, user: &UserId) -> bool {
        self.without.iter().any(|without| without.user == *user)
    }

    /// Whether this person is one of its further candidates.
    #[must_use]
    pub fn is_also(&self, user: &UserId) -> bool {
        self.also.iter().any(|further| further.who.is_one(user))
    }

    /// Whether it would be nobody's without this person, by what it names.
    #[must_use]
    pub fn is_only(&self, user: &UserId) -> bool {
        let others = self.also.iter().any(|further| !further.who.is_one(user));
        let named = match &self.who {
            SeatWho::Person(id) | SeatWho::Found(id) => id != user && !self.is_without(id),
            SeatWho::Group(_) | SeatWho::Role(_) | SeatWho::Node { .. } | SeatWho::AnyOf(_) => true,
            SeatWho::Nobody => false,
        };
        !others && !named
    }
}

impl SeatWho {
    /// Whether it is this person alone.
    #[must_use]
    pub fn is_one(&self, user: &UserId) -> bool {
        match self {
            Self::Person(id) | Self::Found(id) => id == user,
            Self::Group(_) | Self::Role(_) | Self::Node { .. } | Self::AnyOf(_) | Self::Nobody => {
                false
            }
        }
    }
}
