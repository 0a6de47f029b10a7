//! What people changed of a step's seats, for each time it begins.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;

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

impl SeatChanges {
    /// Whether the seats are as the rule makes them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.passed.is_empty()
    }
}
