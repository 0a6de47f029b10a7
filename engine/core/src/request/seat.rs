//! Seats of a step: who may fill them, and what people changed of them (STP-3, STP-15, STP-16).

use serde::{Deserialize, Serialize};

use super::step::EmptyBecause;
use crate::{
    directory::{NodeLevel, OrganizationRole},
    ids::{AssignmentId, GroupId, NodeId, UserId},
};

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
    /// What else it is, since one person was the only candidate of both (FIN-4): who fills it may fill all
    /// of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<Merged>,
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

/// A seat that became part of another (FIN-4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// The assignment that made it.
    pub assignment: AssignmentId,
    /// Who may fill it.
    pub who: SeatWho,
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

/// What people changed of a step's seats (STP-15, STP-16).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatChanges {
    /// Who was given a seat, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<Added>,
    /// Who was taken out of the seats that the rule makes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<UserId>,
    /// Who passed their right to decide to whom, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<Passed>,
}

/// Somebody who was given a seat of a step (STP-15).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// Who.
    pub user: UserId,
    /// By whom.
    pub by: UserId,
}

/// A right to decide that moved (STP-16).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// From whom.
    pub from: UserId,
    /// To whom.
    pub to: UserId,
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
        self.assignments().any(|id| id == assignment)
    }

    /// The assignments whose seat it is: one, or several where they were made one (FIN-4).
    pub fn assignments(&self) -> impl Iterator<Item = &AssignmentId> {
        std::iter::once(&self.assignment).chain(self.merged.iter().map(|same| &same.assignment))
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

impl SeatChanges {
    /// Whether the seats are as the rule makes them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.passed.is_empty()
    }
}
