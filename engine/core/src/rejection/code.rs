//! The codes that a caller sees.

use serde::{Deserialize, Serialize};

/// The error codes of `rule-format.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// No such id, or not visible.
    NotFound,
    /// Visible, but not this person's command, or a setting forbids it.
    Forbidden,
    /// Fields are wrong; they are named.
    Invalid,
    /// The command does not fit the state.
    WrongStatus,
    /// What the person saw has moved on.
    Conflict,
    /// The step is complete.
    StepComplete,
    /// Urgent requests can only be approved.
    UrgentApproveOnly,
    /// A gate of urgent mode is shut.
    UrgentNotAllowed,
    /// Too many urgent requests of this person wait for approval.
    UrgentOverdue,
    /// Nobody can complete a step.
    NoApprovers,
    /// No rule takes this request.
    NoRule,
    /// An entry condition could not be decided.
    ConditionFailed,
    /// The rule document has errors.
    RuleInvalid,
    /// A rule in use cannot be deleted.
    RuleInUse,
    /// A retired rule takes no new requests.
    RuleRetired,
    /// Somebody must take the place of this person.
    ReplacementNeeded,
    /// The plan is not the approved one.
    PlanChanged,
    /// It was there, and is no more.
    Gone,
    /// Not an active member.
    Inactive,
    /// No access to the request.
    NoAccess,
    /// No free seat.
    NoSeat,
    /// The seat's permissions are unmet.
    Permission,
    /// The route criteria are unmet.
    Criteria,
    /// Required properties are not filled.
    RequiredProperties,
    /// The requester may not decide.
    SelfApproval,
    /// Decided in a step that this one is separated from.
    Separation,
    /// The request is not open.
    NotPending,
    /// The request is on hold.
    OnHold,
    /// The request is blocked.
    Blocked,
    /// This person decided in this step already.
    AlreadyDecided,
}

impl Code {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Forbidden => "forbidden",
            Self::Invalid => "invalid",
            Self::WrongStatus => "wrong_status",
            Self::Conflict => "conflict",
            Self::StepComplete => "step_complete",
            Self::UrgentApproveOnly => "urgent_approve_only",
            Self::UrgentNotAllowed => "urgent_not_allowed",
            Self::UrgentOverdue => "urgent_overdue",
            Self::NoApprovers => "no_approvers",
            Self::NoRule => "no_rule",
            Self::ConditionFailed => "condition_failed",
            Self::RuleInvalid => "rule_invalid",
            Self::RuleInUse => "rule_in_use",
            Self::RuleRetired => "rule_retired",
            Self::ReplacementNeeded => "replacement_needed",
            Self::PlanChanged => "plan_changed",
            Self::Gone => "gone",
            Self::Inactive => "inactive",
            Self::NoAccess => "no_access",
            Self::NoSeat => "no_seat",
            Self::Permission => "permission",
            Self::Criteria => "criteria",
            Self::RequiredProperties => "required_properties",
            Self::SelfApproval => "self_approval",
            Self::Separation => "separation",
            Self::NotPending => "not_pending",
            Self::OnHold => "on_hold",
            Self::Blocked => "blocked",
            Self::AlreadyDecided => "already_decided",
        }
    }
}
