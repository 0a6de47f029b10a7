//! A step of the rule document, as written (STP).

use serde::{Deserialize, Serialize};

use super::{ConditionDoc, NotifyDoc, WhoDoc, is_default, is_one, one};
use crate::{
    ids::{AssignmentId, PropertyName, StepId},
    value::Span,
};

/// A step (STP).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepDoc {
    /// Unique in the rule.
    pub id: StepId,
    /// Shown to people; the id where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Skipped when unmet (STP-1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<ConditionDoc>,
    /// STP-5.
    #[serde(default, skip_serializing_if = "is_default")]
    pub quorum: QuorumDoc,
    /// DEC-2.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub reject_after: u32,
    /// FIN-4.
    #[serde(default, skip_serializing_if = "is_default")]
    pub same_person: SamePerson,
    /// The assignments (STP-2).
    pub approvers: Vec<AssignmentDoc>,
    /// STP-6.
    #[serde(default, skip_serializing_if = "is_default")]
    pub default_approvers: Vec<WhoDoc>,
    /// STP-6.
    #[serde(default, skip_serializing_if = "is_default")]
    pub if_nobody: IfNobody,
    /// Earlier steps whose deciders may not decide here (STP-10).
    #[serde(default, skip_serializing_if = "is_default")]
    pub separation: Vec<StepId>,
    /// STP-12.
    #[serde(default, skip_serializing_if = "is_default")]
    pub required_properties: Vec<PropertyName>,
    /// STP-12.
    #[serde(default, skip_serializing_if = "is_default")]
    pub editable_properties: Vec<PropertyName>,
    /// Who is told when the step opens.
    #[serde(default, skip_serializing_if = "is_default")]
    pub notify: NotifyDoc,
    /// DUE-1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DueDoc>,
    /// DUE-3.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_overdue: OnOverdueDoc,
}

/// When a step is complete (STP-5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuorumDoc {
    /// One seat filled.
    Any,
    /// Every seat filled.
    #[default]
    All,
    /// This many seats filled.
    AtLeast(u32),
    /// For one of these sets of assignments, every seat filled.
    Paths(Vec<Vec<AssignmentId>>),
}

/// Whether seats with the same only candidate are merged (FIN-4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SamePerson {
    /// They stay two.
    #[default]
    Separate,
    /// They become one.
    OneSeat,
}

/// What happens when a step has nobody to decide it (STP-6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IfNobody {
    /// The submission is refused; later the request is blocked.
    #[default]
    Refuse,
    /// The step is skipped.
    Skip,
    /// The request is blocked.
    Block,
}

/// An assignment (STP-2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignmentDoc {
    /// Unique in the step.
    pub id: AssignmentId,
    /// Whom it names.
    pub who: WhoDoc,
    /// How many seats (STP-5).
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count: u32,
    /// STP-3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<SeatsDoc>,
    /// OR between the entries, AND within one (CND-1); empty means always.
    #[serde(default, skip_serializing_if = "is_default")]
    pub permissions: Vec<Vec<ConditionDoc>>,
    /// May be missing (STP-3a).
    #[serde(default, skip_serializing_if = "is_default")]
    pub optional: bool,
}

/// How many seats a set of people makes (STP-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatsDoc {
    /// One that any of them may fill.
    One,
    /// One per person.
    Each,
}

/// When a step is due (DUE-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DueDoc {
    /// After this long …
    pub after: Span,
    /// … counted from here.
    #[serde(default)]
    pub from: DueFrom,
}

/// Where a due date is counted from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueFrom {
    /// The step's activation.
    #[default]
    Activation,
    /// The submission.
    Submission,
}

/// What a missed due date does (DUE-3).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnOverdueDoc {
    /// It is shown.
    #[default]
    None,
    /// The step is approved.
    Approve,
    /// The request is rejected.
    Reject,
    /// The open seats pass to these.
    Reassign(Vec<WhoDoc>),
    /// These become further candidates.
    Escalate(Vec<WhoDoc>),
}
