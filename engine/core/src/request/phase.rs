//! Where a request stands, and what brought it there (REQ-1).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Shortage;
use crate::{
    explanation::Explanation,
    ids::{StepId, UserId},
    rejection::Rejection,
};

/// Where a request stands (REQ-1). What is computed from it is in [`Status`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Not submitted: nobody is asked for anything (REQ-1).
    Draft,
    /// Before its route (STP-13).
    InReview,
    /// On its route: `pending` or `in_progress`.
    Open,
    /// For good.
    Approved {
        /// When.
        at: DateTime<Utc>,
        /// By what.
        by: ApprovedBy,
    },
    /// For good.
    Rejected {
        /// When.
        at: DateTime<Utc>,
        /// By what.
        by: RejectedBy,
    },
    /// By the requester (REQ-4).
    Cancelled {
        /// When.
        at: DateTime<Utc>,
        /// By whom.
        by: UserId,
        /// Why.
        comment: String,
    },
    /// Nobody decided in time (REQ-8).
    Expired {
        /// When.
        at: DateTime<Utc>,
    },
}

/// The approval status that people see (REQ-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not submitted.
    Draft,
    /// Before the route.
    InReview,
    /// On the route, no live decision yet.
    Pending,
    /// At least one live decision.
    InProgress,
    /// For good.
    Approved,
    /// By people, or out of reach.
    Rejected,
    /// By the requester.
    Cancelled,
    /// Too late.
    Expired,
}

impl Status {
    /// Every status, in the order of a request's life.
    pub const ALL: [Self; 8] = [
        Self::Draft,
        Self::InReview,
        Self::Pending,
        Self::InProgress,
        Self::Approved,
        Self::Rejected,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The word used everywhere.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InReview => "in_review",
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// What approved a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovedBy {
    /// Every step that was not skipped is complete.
    Steps,
    /// Somebody who may, for the whole request (DEC-6).
    Force {
        /// Who.
        by: UserId,
        /// Why.
        comment: String,
    },
    /// All steps were skipped and the rule says `safety_catch: approve` (STP-6).
    SafetyCatch,
    /// A condition of the rule's `auto_approve` (STP-14).
    Condition {
        /// Its name.
        name: String,
        /// What was seen.
        explanation: Explanation,
    },
}

/// What rejected a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectedBy {
    /// Enough rejections of one step (DEC-2).
    Decision {
        /// The step.
        step: StepId,
    },
    /// A rejection put the step's quorum out of reach (DEC-2).
    QuorumOutOfReach {
        /// The step.
        step: StepId,
    },
    /// Somebody who may, for the whole request (DEC-6).
    Force {
        /// Who.
        by: UserId,
        /// Why.
        comment: String,
    },
    /// All steps were skipped (STP-6).
    SafetyCatch,
    /// Nobody decided a step in time, and the rule rejects then (DUE-3).
    Overdue {
        /// The step.
        step: StepId,
    },
}

/// Why a request cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A step's `when` could not be decided (CND-3).
    ConditionUndecided {
        /// The step.
        step: StepId,
        /// What was seen.
        explanation: Explanation,
    },
    /// Nobody can complete a step (STP-6a).
    NoApprovers {
        /// The step.
        step: StepId,
        /// What is missing.
        shortage: Shortage,
    },
    /// All steps of an urgent request were skipped (DEC-4).
    NothingToApprove,
    /// Nobody decided a step of an urgent request in time, and the rule rejects then (DEC-4).
    Overdue {
        /// The step.
        step: StepId,
    },
    /// As it is now, its rule does not take it, or nobody can say whether it does (CND-3, RUL-4).
    NotTaken {
        /// What was seen.
        explanation: Explanation,
        /// The rule of its group that would take it, and could not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        other: Option<Box<WouldTake>>,
    },
    /// Nobody can review it (STP-13).
    NoReviewers,
}

/// A rule whose entry condition a request meets, and under which it cannot come as it is (RUL-4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WouldTake {
    /// The rule's title.
    pub title: String,
    /// What is in the way.
    pub why: Rejection,
}

impl Block {
    /// Whether no rule takes the request, so that its route has not begun (RUL-4).
    #[must_use]
    pub fn is_before_route(&self) -> bool {
        match self {
            Self::NotTaken { .. } => true,
            Self::ConditionUndecided { .. }
            | Self::NoApprovers { .. }
            | Self::NothingToApprove
            | Self::Overdue { .. }
            | Self::NoReviewers => false,
        }
    }
}
