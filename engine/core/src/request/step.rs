//! Steps of a request: decisions, and why a step cannot be completed (STP, DEC).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::seat::{Seat, SeatChanges, SeatId, SeatWho};
use crate::{
    directory::OrganizationRole,
    explanation::Explanation,
    ids::{AssignmentId, ExecutionId, GroupId, NodeId, PropertyName, ResourceId, StepId, UserId},
    payload::PayloadHash,
    rule::{Rule, definition::QuorumDoc},
};

/// Why a step cannot be completed by the people there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shortage {
    /// No assignment yields a seat that somebody can fill.
    Nobody {
        /// The seats that nobody can fill, and why; none where no assignment applies.
        empty: Vec<EmptySeat>,
        /// What keeps the assignments that do not apply from it (STP-4).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unmet: Vec<NotApplying>,
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

/// An assignment that yields no seat, since its permissions are not met (STP-4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotApplying {
    /// Which.
    pub assignment: AssignmentId,
    /// What was seen.
    pub explanation: Explanation,
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
    RoleEmpty {
        /// Which.
        role: OrganizationRole,
    },
    /// Nobody has the rights at the node.
    NodeEmpty {
        /// Which.
        node: NodeId,
    },
    /// Nobody is in any of several places.
    NobodyThere,
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
    /// It is the own request of everybody who is there (STP-9).
    OnlyRequester,
    /// All of them decided in a step that this one is separated from (STP-10).
    Separated,
    /// All of them have approved in another step, and one person counts once in the route (STP-5).
    SatElsewhere,
    /// None of them may see the request (FIN-12).
    NoSight,
    /// Nobody who is there may fill it, and there is no one reason for all of them.
    EachBarred,
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
    /// Who took back here what was carried over (STP-11, DEC-5).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub taken_back: BTreeSet<UserId>,
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
    /// Which seats of people for whom they stood in they could fill beside (DEC-8): one of them is theirs
    /// where those do not help (FIN-6).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub or_seats: BTreeSet<SeatId>,
    /// For whom, where they stood in for somebody (DEC-8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<UserId>,
    /// From which step it was carried over (STP-11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_from: Option<StepId>,
    /// Whether it was made before the request came under this rule (RUL-4).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kept: bool,
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

    /// All steps of a rule, none of them reached.
    #[must_use]
    pub fn all_waiting(rule: &Rule) -> Vec<Self> {
        rule.steps.iter().map(|step| Self::waiting(step.id.clone())).collect()
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
    /// Every seat that it could fill.
    pub fn possible_seats(&self) -> impl Iterator<Item = &SeatId> {
        self.seats.iter().chain(&self.or_seats)
    }

    /// Whether this person decided, or somebody did for them.
    #[must_use]
    pub fn concerns(&self, user: &UserId) -> bool {
        self.by == *user || self.on_behalf_of.as_ref() == Some(user)
    }
}

impl OpenStep {
    /// The groups that have seats.
    pub fn groups(&self) -> impl Iterator<Item = &GroupId> {
        fn groups<'w>(who: &'w SeatWho, into: &mut Vec<&'w GroupId>) {
            match who {
                SeatWho::Group(group) => into.push(group),
                SeatWho::AnyOf(several) => several.iter().for_each(|who| groups(who, into)),
                SeatWho::Person(_)
                | SeatWho::Found(_)
                | SeatWho::Role(_)
                | SeatWho::Node { .. }
                | SeatWho::Nobody => {}
            }
        }
        let mut found = Vec::new();
        self.seats.iter().for_each(|seat| groups(&seat.who, &mut found));
        found.into_iter()
    }

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
    pub fn of(&self, choice: Choice) -> impl Iterator<Item = &Decision> + Clone {
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
        let of_decisions = self.decisions.iter().flat_map(Decision::possible_seats);
        let last = self.seats.iter().map(|seat| &seat.id).chain(of_decisions).max();
        SeatId(last.map_or(0, |last| last.0.saturating_add(1)))
    }
}
