//! What stands beside a request's route: what was not granted, who confirmed its receipts, and when an urgent
//! one is due.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    extension::Item,
    ids::{StepId, UserId},
};

/// A receipt reviewer read what was done (REQ-12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// Who.
    pub by: UserId,
    /// What they say.
    pub comment: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Until when an urgent request should be approved (URG-4, URG-5a).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    /// Pushed back by the time on hold (FIN-11).
    pub due: DateTime<Utc>,
    /// When those who have not decided were last reminded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded: Option<DateTime<Utc>>,
    /// When it was found to be overdue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<DateTime<Utc>>,
}

/// An item that an approver did not grant (DEC-7).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RejectedItem {
    /// What was asked for.
    pub item: Item,
    /// In which step.
    pub step: StepId,
    /// By whom.
    pub by: UserId,
    /// When.
    pub at: DateTime<Utc>,
}
