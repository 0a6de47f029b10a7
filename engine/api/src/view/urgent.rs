//! What is told of urgent requests: what was done before approval, and what administrators look at.

use chrono::{DateTime, Utc};
use engine_core::request::{Phase, Request};
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

/// What was done before anybody approved it (URG-5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BeforeApproval {
    /// When it was released to be done.
    pub released_at: DateTime<Utc>,
    /// When the first of it began; absent while nothing has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_at: Option<DateTime<Utc>>,
    /// When it was approved; absent while it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<DateTime<Utc>>,
    /// How long approval took, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_took_seconds: Option<i64>,
}

impl BeforeApproval {
    pub(super) fn of(request: &Request) -> Option<Self> {
        let approved_at = match &request.phase {
            Phase::Approved { at, .. } => Some(*at),
            Phase::Draft
            | Phase::InReview
            | Phase::Open
            | Phase::Rejected { .. }
            | Phase::Cancelled { .. }
            | Phase::Expired { .. } => None,
        };
        let released_at = request.submitted_at;
        let took = approved_at.map(|at| (at - released_at).num_seconds());
        request.urgent.then(|| Self {
            released_at,
            began_at: request.executions.iter().filter_map(|e| e.first_started).min(),
            approved_at,
            approval_took_seconds: took,
        })
    }
}
