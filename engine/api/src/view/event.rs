//! The history of a request.

use chrono::{DateTime, Utc};
use engine_core::event::{Actor, Recorded};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalogue::Names;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventView {
    /// For programs, such as `decision_recorded`.
    pub event: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The login; absent where the engine itself did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Through what, such as `api`.
    pub via: String,
    /// For people.
    pub message: String,
}

impl EventView {
    /// The event as seen with these names.
    #[must_use]
    pub fn new(recorded: &Recorded, names: &Names<'_>) -> Self {
        let by = match &recorded.by {
            Actor::User(user) => Some(names.login(user)),
            Actor::Engine => None,
        };
        Self {
            event: recorded.event.name().to_owned(),
            at: recorded.at,
            by,
            via: recorded.via.clone(),
            message: names.event(recorded),
        }
    }
}
