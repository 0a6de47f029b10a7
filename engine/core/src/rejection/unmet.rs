//! What keeps a person from deciding.

use serde::{Deserialize, Serialize};

use super::Code;
use crate::{
    explanation::Explanation,
    ids::{PropertyName, StepId, UserId},
    request::{Block, Status},
};

/// Why a person cannot decide, in the order of `rule-format.md` (ELG-1, FIN-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unmet {
    /// Not an active member of the organization.
    Inactive,
    /// No access by REQ-10.
    NoAccess,
    /// No free seat.
    NoSeat {
        /// The step.
        step: StepId,
        /// Who has taken the seats this person could fill.
        taken_by: Vec<UserId>,
        /// The other step that has, or needs, this person, where one counts once in the route (FIN-5).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        elsewhere: Option<StepId>,
    },
    /// A seat but for its permissions.
    Permission {
        /// The step.
        step: StepId,
        /// What was seen.
        explanation: Explanation,
    },
    /// Route criteria.
    Criteria {
        /// What was seen.
        explanation: Explanation,
    },
    /// Properties to be filled before approving.
    RequiredProperties {
        /// Which.
        properties: Vec<PropertyName>,
    },
    /// Their own request, or treated as such (STP-9, FIN-22).
    SelfApproval {
        /// What makes it theirs.
        own: Own,
    },
    /// Decided in a step that this one is separated from.
    Separation {
        /// Which.
        step: StepId,
    },
    /// The request is not open.
    NotPending {
        /// What it is.
        status: Status,
    },
    /// The request is on hold.
    OnHold,
    /// The request is blocked.
    Blocked {
        /// By what.
        why: Box<Block>,
    },
    /// Decided already.
    AlreadyDecided {
        /// In which step.
        step: StepId,
        /// Who decided in this person's place; none where they did themself (DEC-8).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
}

impl Unmet {
    /// The code of `unmet`.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Inactive => Code::Inactive,
            Self::NoAccess => Code::NoAccess,
            Self::NoSeat { .. } => Code::NoSeat,
            Self::Permission { .. } => Code::Permission,
            Self::Criteria { .. } => Code::Criteria,
            Self::RequiredProperties { .. } => Code::RequiredProperties,
            Self::SelfApproval { .. } => Code::SelfApproval,
            Self::Separation { .. } => Code::Separation,
            Self::NotPending { .. } => Code::NotPending,
            Self::OnHold => Code::OnHold,
            Self::Blocked { .. } => Code::Blocked,
            Self::AlreadyDecided { .. } => Code::AlreadyDecided,
        }
    }
}

/// What makes a request somebody's own (STP-9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Own {
    /// They asked for it.
    Asked,
    /// It is for them (REQ-6).
    Target,
    /// They changed it (FIN-22).
    Edited,
}
