//! Who caused an event.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// Who caused something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A user.
    User(UserId),
    /// The engine itself: timers, executors.
    Engine,
}
