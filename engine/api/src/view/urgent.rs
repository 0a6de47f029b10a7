//! What administrators look at of urgent requests.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A concern that somebody approved with (URG-5a).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncidentView {
    /// For ever.
    pub id: String,
    /// When.
    pub at: DateTime<Utc>,
    /// About which request.
    pub request: String,
    /// The request's title.
    pub title: String,
    /// The login of who approved.
    pub by: String,
    /// What they are concerned about.
    pub text: String,
}

/// A page of incidents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncidentList {
    /// Newest first.
    pub items: Vec<IncidentView>,
    /// Where the next page begins; none where this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An urgent request without its approval (URG-5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnapprovedView {
    /// The request.
    pub request: String,
    /// The request's title.
    pub title: String,
    /// The login of who asked.
    pub requester: String,
    /// When it was released to be done.
    pub released_at: DateTime<Utc>,
    /// Until when it should be approved.
    pub approval_due: DateTime<Utc>,
    /// Whether that time has passed.
    pub overdue: bool,
}

/// A page of urgent requests without their approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnapprovedList {
    /// By requester.
    pub items: Vec<UnapprovedView>,
    /// Where the next page begins; none where this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
