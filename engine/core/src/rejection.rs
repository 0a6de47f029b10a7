//! What the rules forbid, as codes with typed arguments. Sentences are made at the edge.

mod code;
mod unfit;
mod unmet;
mod wrong;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use code::Code;
pub use unfit::Unfit;
pub use unmet::{Own, Unmet};
pub use wrong::{
    FieldProblem, Lost, Wrong, WrongFile, WrongItems, WrongPerson, WrongStep, WrongText, WrongTime,
    WrongValue,
};

use crate::{
    explanation::Explanation,
    extension::FailureClass,
    ids::{BindingId, ExecutionId, PropertyName, ResourceId, RuleGroupId, StepId, UserId},
    offboarding::NeededPlace,
    question::Source,
    request::{EmptyBecause, SeatWho, Shortage, Status},
    rule::Problem,
};

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
        /// The rule's title.
        title: String,
    },
    /// The rule takes no requests for others (REQ-6).
    NotForOthers {
        /// The rule's title.
        title: String,
    },
    /// Only the requester does this, and of a request in review its reviewers (REQ-4, STP-13).
    OnlyRequester {
        /// Who asks.
        requester: UserId,
        /// Whether it is in review.
        in_review: bool,
    },
    /// The rule says `edit: forbid` (REQ-3).
    EditForbidden {
        /// Whether it could still be cancelled.
        under_way: bool,
    },
    /// In their step, approvers change these and nothing else (STP-12).
    NotEditable {
        /// The step.
        step: StepId,
        /// Which; none where the step names none.
        properties: Vec<PropertyName>,
    },
    /// Only reviewers do this (STP-13).
    NotAReviewer {
        /// They; none where the request has no review.
        reviewers: Vec<SeatWho>,
    },
    /// Nobody reviews their own request where nobody may approve it (STP-9, STP-13).
    OwnReview,
    /// The rule has no review (STP-13).
    NoReview,
    /// Only those whom the rule names run it, and nobody where the engine does (EXE-2); administrators
    /// try it again too (EXE-4).
    NotAnExecutor {
        /// What would be run.
        execution: ExecutionId,
        /// Whether it would be tried again.
        again: bool,
    },
    /// Only the owner and administrators do this.
    OnlyAdministrators,
    /// Only the owner, administrators and workflow managers do this (FIN-17).
    OnlyRuleManagers,
    /// Only the owner, administrators, workflow managers and auditors see this (FIN-17).
    OnlyOverseers,
    /// Only one's own decision can be taken back, and this person has made none (DEC-5).
    NoDecision,
    /// Only the owner, administrators, the requester and approvers set and lift a hold (REQ-7).
    NotAHolder,
    /// Only the requester, an administrator or the resource's owner takes a grant back (EXE-5).
    NotARevoker {
        /// The resource, where it is about one item.
        resource: Option<ResourceId>,
    },
    /// Only the requester, those it is for, who may run it, administrators and service accounts report the
    /// first use of a grant (EXE-6b).
    NotAReporter {
        /// Of which.
        execution: ExecutionId,
    },
    /// Only those who have a part in the request do this, and not those who only see it (REQ-9).
    TakesNoPart {
        /// Whether this person watches it.
        watches: bool,
    },
    /// Only watchers leave (REQ-9).
    NotAWatcher,
    /// Only who attached it, the owner and administrators take an attachment away (REQ-9).
    NotYourAttachment,
    /// Not among the rule's receipt reviewers (REQ-12).
    NotAReceiptReviewer,
    /// Nobody confirms what was done for themself, as nobody approves it (STP-9).
    OwnReceipt,
    /// Service accounts submit and never decide.
    ServiceAccount,
    /// Only administrators, the requester, and the approvers of the active step, in their step, change
    /// who approves (STP-15).
    NotYourStep {
        /// The step; none where there is none to change.
        step: Option<StepId>,
    },
    /// Where a number of approvals is enough, only administrators add somebody (STP-15).
    EnoughApprovals {
        /// The step.
        step: StepId,
    },
    /// Only administrators remove seats that somebody else added or the rule made (STP-15).
    NotYourSeat,
    /// Nobody removes those who decide their own request, unless they added them (STP-9).
    OwnRequest,
    /// An administrator does not add themself to a seat (DIR-3).
    OwnSeat,
    /// Nobody makes themself somebody's stand-in (DIR-3).
    OwnStandIn,
    /// Only somebody with a seat in the active step passes it on (STP-16).
    NotAnApprover,
    /// The organization lets nobody stand in for anybody (DEC-8).
    NoDelegation,
    /// Only administrators let somebody stand in for another (DEC-8).
    OthersDelegation,
    /// Nobody changes their own rights (DIR-3).
    OwnRights,
    /// The owner's role moves by a transfer only (DIR-3).
    OnlyTransfer,
    /// Only the owner does this (DIR-3).
    OnlyOwner,
}

/// What is refused under a rule that is retired (RUL-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tried {
    /// A new request.
    Request,
    /// A new version.
    Version,
    /// A restart of a request under it (RUL-2).
    Restart,
}

/// A step that cannot be completed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepShortage {
    /// The step.
    pub step: StepId,
    /// What is missing.
    pub shortage: Shortage,
}

/// What is no more (EXE-7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// The link's time is over.
    LinkExpired {
        /// Since when.
        at: DateTime<Utc>,
    },
    /// The link was used as often as it may be.
    LinkUsedUp {
        /// So often.
        downloads: u32,
    },
    /// The file's retention is over.
    FileDeleted {
        /// Since when.
        at: DateTime<Utc>,
    },
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
        /// Why, where the status alone does not say it.
        why: Option<Box<Unfit>>,
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
        /// So many are overdue; none where that cannot be found out.
        overdue: Option<u32>,
        /// So many may be.
        limit: u32,
    },
    /// STP-6, STP-6a.
    NoApprovers(Vec<StepShortage>),
    /// Nobody can review it (STP-13): for each place that is named, why nobody is there.
    NoReviewers(Vec<EmptyBecause>),
    /// The rule's entry condition is unmet (FIN-19), or that of every rule of the group (RUL-4).
    NoRule {
        /// The group, where the requester named one.
        group: Option<RuleGroupId>,
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
        /// The rule's title.
        title: String,
        /// What was tried.
        tried: Tried,
    },
    /// A rule that something rests on is not deleted (RUL-3).
    RuleInUse {
        /// The rule's title.
        title: String,
        /// The group that names it; none where requests were made under it.
        group: Option<RuleGroupId>,
    },
    /// Somebody must take the place of who leaves (DIR-9, FIN-8).
    ReplacementNeeded(Vec<NeededPlace>),
    /// An executor cannot say what it would do (EXE-6).
    PlanFailed {
        /// Which binding.
        binding: BindingId,
        /// What kind of failure.
        class: FailureClass,
        /// What it says.
        message: String,
    },
    /// A validator cannot say whether something is wrong (REQ-2).
    ValidatorFailed {
        /// The script or the plugin.
        source: Source,
        /// What kind of failure.
        class: FailureClass,
        /// What it says.
        message: String,
    },
    /// There is no receipt to confirm yet, or ever (REQ-12).
    NothingToConfirm {
        /// What the request is.
        status: Status,
    },
    /// This person confirmed already (REQ-12).
    AlreadyConfirmed,
    /// The request is on hold, and this command waits for its release (REQ-7).
    OnHold,
    /// The request is not open (DEC-9).
    NotPending {
        /// What it is.
        status: Status,
    },
    /// This person cannot decide; the first is the error's code (ELG-1, DEC-9).
    CannotDecide(Vec<Unmet>),
    /// Somebody who cannot hold a seat of the step (STP-15, STP-16).
    CannotHoldSeat {
        /// Who.
        user: UserId,
        /// Why.
        why: Box<Unmet>,
    },
    /// A file, or a link to one, that there is no more (EXE-7).
    Gone(Gone),
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
            Self::Invalid(_) | Self::PlanFailed { .. } | Self::ValidatorFailed { .. } => {
                Code::Invalid
            }
            Self::WrongStatus { .. }
            | Self::TooLate { .. }
            | Self::NothingToConfirm { .. }
            | Self::AlreadyConfirmed => Code::WrongStatus,
            Self::Conflict { .. } => Code::Conflict,
            Self::Gone(_) => Code::Gone,
            Self::StepComplete { .. } => Code::StepComplete,
            Self::UrgentApproveOnly => Code::UrgentApproveOnly,
            Self::UrgentNotAllowed(_) => Code::UrgentNotAllowed,
            Self::UrgentOverdue { .. } => Code::UrgentOverdue,
            Self::NoApprovers(_) | Self::NoReviewers(_) => Code::NoApprovers,
            Self::NoRule { .. } => Code::NoRule,
            Self::ConditionFailed { .. } => Code::ConditionFailed,
            Self::RuleInvalid(_) => Code::RuleInvalid,
            Self::RuleRetired { .. } => Code::RuleRetired,
            Self::RuleInUse { .. } => Code::RuleInUse,
            Self::ReplacementNeeded(_) => Code::ReplacementNeeded,
            Self::OnHold => Code::OnHold,
            Self::NotPending { .. } => Code::NotPending,
            Self::CannotHoldSeat { why, .. } => why.code(),
            Self::CannotDecide(unmet) => unmet.first().map_or(Code::Forbidden, Unmet::code),
        }
    }

    /// One wrong field.
    #[must_use]
    pub fn invalid(field: impl Into<String>, wrong: impl Into<Wrong>) -> Self {
        Self::Invalid(vec![FieldProblem::new(field, wrong)])
    }
}
