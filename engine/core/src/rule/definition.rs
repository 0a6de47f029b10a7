//! The rule document as people write it (`docs/rules.md`): shapes only, nothing resolved.

mod notify;
mod step;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use super::written::{ConditionDoc, ExtensionDoc, OperatorDoc, WhoDoc};
use crate::{
    directory::NodeLevel,
    ids::{BindingId, KindId, PluginId, PropertyName, RuleId, ScriptId},
    value::{PropertyType, Span},
};
pub use notify::NotifyDoc;
pub use step::{
    AssignmentDoc, DueDoc, DueFrom, IfNobody, OnOverdueDoc, QuorumDoc, SamePerson, SeatsDoc,
    StepDoc,
};

/// An approval rule, as written (RUL-1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Never reused.
    pub rule: RuleId,
    /// Shown to people; the id where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Immutable after the first version.
    pub kind: KindId,
    /// Who may submit; every active user where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitters: Option<Vec<WhoDoc>>,
    /// Whether one may submit for others (REQ-6).
    #[serde(default, skip_serializing_if = "is_default")]
    pub for_others: bool,
    /// The properties of a request.
    #[serde(default, skip_serializing_if = "is_default")]
    pub form: Vec<FieldDoc>,
    /// What an item has beside its resource (FIN-23).
    #[serde(default, skip_serializing_if = "is_default")]
    pub item_form: Vec<FieldDoc>,
    /// The entry condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<ConditionDoc>,
    /// Who looks for what is wrong, on submission and on every edit (REQ-2).
    #[serde(default, skip_serializing_if = "is_default")]
    pub validators: Vec<ValidatorDoc>,
    /// Route criteria (CND-5).
    #[serde(default, skip_serializing_if = "is_default")]
    pub criteria: Vec<ConditionDoc>,
    /// The rule's gate of urgent mode (URG-1).
    #[serde(default, skip_serializing_if = "is_default")]
    pub urgent: bool,
    /// Whether the requester may hold a seat (STP-9).
    #[serde(default, skip_serializing_if = "is_default")]
    pub self_approval: bool,
    /// FIN-22.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub editors_may_approve: bool,
    /// REQ-3.
    #[serde(default, skip_serializing_if = "is_default")]
    pub edit: EditPolicy,
    /// DEC-3.
    #[serde(default, skip_serializing_if = "is_default")]
    pub after_send_back: AfterSendBack,
    /// STP-11.
    #[serde(default, skip_serializing_if = "is_default")]
    pub repeat_approver: RepeatApprover,
    /// STP-5.
    #[serde(default, skip_serializing_if = "is_default")]
    pub distinct_people: DistinctPeople,
    /// ELG-1 b.
    #[serde(default, skip_serializing_if = "is_default")]
    pub access: AccessPolicy,
    /// STP-6.
    #[serde(default, skip_serializing_if = "is_default")]
    pub safety_catch: SafetyCatch,
    /// RUL-4.
    #[serde(default, skip_serializing_if = "is_default")]
    pub keep_decisions: bool,
    /// The organization's maximum where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_expires_after: Option<Span>,
    /// STP-13.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_first: Option<ReviewDoc>,
    /// STP-14.
    #[serde(default, skip_serializing_if = "is_default")]
    pub auto_approve: Vec<NamedConditionDoc>,
    /// 1 to 32 (STP-1).
    pub steps: Vec<StepDoc>,
    /// EXE-1.
    #[serde(default, skip_serializing_if = "is_default")]
    pub executors: Vec<ExecutorDoc>,
    /// REQ-12.
    #[serde(default, skip_serializing_if = "is_default")]
    pub receipt_reviewers: Vec<WhoDoc>,
}

/// A property of a form (DIR-6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldDoc {
    /// Unique in the form.
    pub name: PropertyName,
    /// Such as `money` or `list of choice`.
    #[serde(rename = "type")]
    pub of: PropertyType,
    /// Whether a submission must fill it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub required: bool,
    /// The least value; for money 0 where absent (FIN-15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Json>,
    /// The greatest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Json>,
    /// For nodes: in this subtree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<String>,
    /// For choices: the closed list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
    /// What particular people may pick instead.
    #[serde(default, skip_serializing_if = "is_default")]
    pub choices_for: Vec<ChoicesForDoc>,
    /// An expression over other properties (FIN-23).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calculated: Option<String>,
}

/// The choices that some people have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoicesForDoc {
    /// These people …
    pub who: WhoDoc,
    /// … may pick these.
    pub values: Vec<String>,
}

/// What an edit by the requester does (REQ-3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EditPolicy {
    /// Decisions are cleared, the route starts again.
    #[default]
    Restart,
    /// Not possible.
    Forbid,
}

/// How the flow goes on after a step was decided again (DEC-3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterSendBack {
    /// Each following step is decided again.
    #[default]
    AllFollowing,
    /// Where it was.
    TargetOnly,
}

/// What a person's first approval means for later steps (STP-11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepeatApprover {
    /// Asked again in each.
    #[default]
    EachStep,
    /// Counts wherever they hold a seat.
    AllAtOnce,
}

/// How far "one person, one seat" reaches (STP-5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DistinctPeople {
    /// Within a step.
    #[default]
    Step,
    /// Over the whole route.
    Rule,
}

/// Whether a seat is access enough (ELG-1 b).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessPolicy {
    /// It is.
    #[default]
    Seat,
    /// Seats that do not name the person give the right to decide, not to see.
    Strict,
}

/// What becomes of a request all of whose steps were skipped (STP-6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SafetyCatch {
    /// Rejected.
    #[default]
    Reject,
    /// Approved.
    Approve,
}

/// The optional review before all steps (STP-13).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewDoc {
    /// Who reviews.
    pub reviewers: Vec<WhoDoc>,
}

/// A condition with a name (STP-14).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedConditionDoc {
    /// Shown in the record.
    pub name: String,
    /// What must hold.
    pub when: ConditionDoc,
}

/// A validator with its configuration: a script or a plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidatorDoc {
    /// A script of the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<ScriptId>,
    /// An installed validator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin: Option<PluginId>,
    /// Values may be `{property: name}`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub config: BTreeMap<String, Json>,
}

/// A binding of an executor (EXE-1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecutorDoc {
    /// Unique in the rule.
    pub id: BindingId,
    /// An installed executor.
    pub plugin: PluginId,
    /// EXE-2.
    #[serde(default, skip_serializing_if = "is_default")]
    pub run: RunDoc,
    /// Checked against the plugin's schema; values may be `{property: name}`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub config: BTreeMap<String, Json>,
    /// How long after approval it may start (EXE-6b).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_within: Option<Span>,
    /// How long its grant lasts (EXE-6b).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<WindowDoc>,
}

/// Who starts an execution (EXE-2).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunDoc {
    /// The engine, at once.
    #[default]
    Automatic,
    /// One of these people.
    Manual(Vec<WhoDoc>),
}

/// The window of a grant (EXE-6b).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowDoc {
    /// `effect`, `first_use`, or a time in RFC 3339.
    #[serde(default = "from_effect")]
    pub from: String,
    /// A duration such as `2h`, or the name of a duration property.
    pub length: String,
    /// With `from: first_use`: after how long a grant that nobody has used is taken back. A duration such
    /// as `2d`, or the name of a duration property; `7d` where it is left out, or the property is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused: Option<String>,
}

/// A bounded choice by the requester (STP-2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PickDoc {
    /// `everyone`, or a who.
    pub from: PickFromDoc,
    /// At least.
    #[serde(default = "one")]
    pub min: u32,
    /// At most.
    #[serde(default = "one")]
    pub max: u32,
}

/// From whom one may pick.
#[derive(Clone, Debug, PartialEq)]
pub enum PickFromDoc {
    /// Every active user.
    Everyone,
    /// These.
    Who(Box<WhoDoc>),
}

/// Holders of a node permission on a node property of the request (STP-2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeWhoDoc {
    /// A node property of the form.
    pub property: PropertyName,
    /// At least this level.
    pub level: NodeLevel,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_true(value: &bool) -> bool {
    *value
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_one(value: &u32) -> bool {
    *value == 1
}

fn from_effect() -> String {
    "effect".to_owned()
}
