//! What the rules forbid, as codes with typed arguments. Sentences are made at the edge.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    explanation::Explanation,
    extension::FailureClass,
    ids::{BindingId, GroupId, PropertyName, RuleId, StepId, UserId},
    request::{Shortage, Status},
    rule::Problem,
};

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
    /// The requester or a target.
    SelfApproval,
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
    Blocked,
    /// Decided already.
    AlreadyDecided {
        /// In which step.
        step: StepId,
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
            Self::SelfApproval => Code::SelfApproval,
            Self::Separation { .. } => Code::Separation,
            Self::NotPending { .. } => Code::NotPending,
            Self::OnHold => Code::OnHold,
            Self::Blocked => Code::Blocked,
            Self::AlreadyDecided { .. } => Code::AlreadyDecided,
        }
    }
}

/// A field that is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    /// Such as `title`, `properties.amount` or `items[0]`.
    pub field: String,
    /// What was found, what was expected.
    pub message: String,
}

/// Which gate of urgent mode is shut (URG-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UrgentGate {
    /// The organization's setting.
    Organization,
    /// The rule's setting.
    Rule,
}

/// Why a visible command is not this person's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forbidden {
    /// Not among the rule's submitters (RUL-1).
    NotASubmitter {
        /// The rule.
        rule: RuleId,
    },
    /// Only the requester does this.
    OnlyRequester,
    /// Only these groups or people run it (EXE-2).
    NotAnExecutor {
        /// The binding.
        binding: BindingId,
        /// The groups that may.
        groups: Vec<GroupId>,
    },
    /// Only the owner and administrators do this.
    OnlyAdministrators,
    /// Only the requester, an administrator or the resource's owner takes a grant back (EXE-5).
    NotARevoker,
    /// Only those who have a part in the request do this, and not those who only see it (REQ-9).
    TakesNoPart,
    /// Only watchers leave (REQ-9).
    NotAWatcher,
    /// Service accounts submit and never decide.
    ServiceAccount,
    /// Nobody changes their own rights, and the owner's role moves by transfer only (DIR-3).
    OwnRights,
}

/// A step that cannot be completed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepShortage {
    /// The step.
    pub step: StepId,
    /// What is missing.
    pub shortage: Shortage,
}

/// Why a command is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// No such id, or not visible: the same answer (REQ-10).
    NotFound,
    /// Visible, but not this person's command.
    Forbidden(Forbidden),
    /// Every field that is wrong, at once (REQ-2).
    Invalid(Vec<FieldProblem>),
    /// The command does not fit the state.
    WrongStatus {
        /// The request's status.
        status: Status,
        /// The execution's, where the command is about one.
        execution: Option<String>,
    },
    /// What the person saw has moved on (DEC-8a).
    Conflict {
        /// The revision now.
        revision: u32,
        /// The active step now.
        step: Option<StepId>,
    },
    /// The named step is complete (DEC-9).
    StepComplete {
        /// Which; none for the last one of an approved request.
        step: Option<StepId>,
    },
    /// DEC-4.
    UrgentApproveOnly,
    /// URG-1.
    UrgentNotAllowed(UrgentGate),
    /// Too many urgent requests of this person should have been approved by now (URG-5a).
    UrgentOverdue {
        /// So many are overdue.
        overdue: u32,
        /// So many may be.
        limit: u32,
    },
    /// STP-6, STP-6a.
    NoApprovers(Vec<StepShortage>),
    /// The rule's entry condition is unmet (FIN-19).
    NoRule {
        /// What was seen.
        explanation: Box<Explanation>,
    },
    /// The rule's entry condition could not be decided (CND-3).
    ConditionFailed {
        /// What was seen.
        explanation: Box<Explanation>,
    },
    /// The document has errors (RUL-5).
    RuleInvalid(Vec<Problem>),
    /// RUL-3.
    RuleRetired {
        /// Which.
        rule: RuleId,
    },
    /// An executor cannot say what it would do (EXE-6).
    PlanFailed {
        /// Which binding.
        binding: BindingId,
        /// What kind of failure.
        class: FailureClass,
        /// What it says.
        message: String,
    },
    /// The request is not open (DEC-9).
    NotPending {
        /// What it is.
        status: Status,
    },
    /// This person cannot decide; the first is the error's code (ELG-1, DEC-9).
    CannotDecide(Vec<Unmet>),
    /// The expiry has passed and the timer has not come by yet (EXE-6b).
    TooLate {
        /// The expiry.
        expired: DateTime<Utc>,
    },
}

impl Rejection {
    /// The code that the caller sees.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::NotFound,
            Self::Forbidden(_) => Code::Forbidden,
            Self::Invalid(_) | Self::PlanFailed { .. } => Code::Invalid,
            Self::WrongStatus { .. } | Self::TooLate { .. } => Code::WrongStatus,
            Self::Conflict { .. } => Code::Conflict,
            Self::StepComplete { .. } => Code::StepComplete,
            Self::UrgentApproveOnly => Code::UrgentApproveOnly,
            Self::UrgentNotAllowed(_) => Code::UrgentNotAllowed,
            Self::UrgentOverdue { .. } => Code::UrgentOverdue,
            Self::NoApprovers(_) => Code::NoApprovers,
            Self::NoRule { .. } => Code::NoRule,
            Self::ConditionFailed { .. } => Code::ConditionFailed,
            Self::RuleInvalid(_) => Code::RuleInvalid,
            Self::RuleRetired { .. } => Code::RuleRetired,
            Self::NotPending { .. } => Code::NotPending,
            Self::CannotDecide(unmet) => unmet.first().map_or(Code::Forbidden, Unmet::code),
        }
    }

    /// One wrong field.
    #[must_use]
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldProblem { field: field.into(), message: message.into() }])
    }
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
