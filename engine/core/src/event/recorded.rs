//! Events as they are kept.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Actor, Event};

/// An event with when and by whom, as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// What happened.
    pub event: Event,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: Actor,
    /// Through what: `api`, `console`, `engine`, ….
    pub via: String,
}
