//! What passes between a decision and the scripts and plugins it asks or orders.
//!
//! The core never calls an extension: it asks questions and orders
//! effects; the runtime answers with these types.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    ids::{GroupId, KindId, OrgId, PropertyName, RequestId, ResourceId, RuleId, StepId, UserId},
    value::Value,
};

/// An item with its fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The resource; unique within the request.
    pub resource: ResourceId,
    /// By the rule's `item_form`.
    pub fields: BTreeMap<PropertyName, Value>,
}

/// What an extension may see of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The tenant.
    pub organization: OrgId,
    /// The request.
    pub request: RequestId,
    /// Its rule.
    pub rule: RuleId,
    /// Its rule's version.
    pub rule_version: u32,
    /// Its kind.
    pub kind: KindId,
    /// The step that is being asked about, if one is.
    pub step: Option<StepId>,
    /// Who submitted it.
    pub requester: UserId,
    /// For whom; empty means the requester (REQ-6).
    pub target_users: Vec<UserId>,
    /// Run first, approve after (URG).
    pub urgent: bool,
    /// In the requester's words.
    pub title: String,
    /// In the requester's words.
    pub reason: String,
    /// The form's values; absent ones are not there.
    pub properties: BTreeMap<PropertyName, Value>,
    /// The items asked for; for an execution, the one it is about.
    pub items: Vec<Item>,
    /// The instant of the command: the only clock an extension has.
    pub now: DateTime<Utc>,
}

/// A configuration with its property references resolved.
pub type ResolvedConfig = BTreeMap<String, ConfigValue>;

/// A value of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfigValue {
    /// As the rule has it.
    Json(Json),
    /// The value that a property of the request had.
    Property(Value),
}

/// A sentence for a person, translatable: a code, arguments, and the text to show by default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// For catalogues, such as `outside_working_hours`.
    pub code: String,
    /// By name.
    pub arguments: BTreeMap<String, Value>,
    /// English, for a person.
    pub text: String,
}

/// What a condition answers (CND-3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The condition holds.
    Met,
    /// It does not, and why.
    Unmet(Message),
}

/// Something that is wrong with a request, by the word of a validator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The property of the form, or the field of `item`; none is the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<PropertyName>,
    /// The item; none is the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<ResourceId>,
    /// What is wrong and what to do about it.
    pub why: Message,
}

/// Somebody that a resolver names (STP-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nominee {
    /// A user or a group.
    pub who: NomineeKind,
    /// Why, for the explanation.
    pub reason: Option<String>,
}

/// A user or a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NomineeKind {
    /// A user.
    User(UserId),
    /// A group.
    Group(GroupId),
}

/// What an executor would do (EXE-6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What people see, one effect a line.
    pub effects: Vec<PlannedEffect>,
    /// What the approval binds (EXE-6a): kinds of statement, tables, columns, grants.
    pub binding: Json,
    /// Shown, never bound: estimated rows and the like.
    pub estimates: BTreeMap<String, String>,
    /// The only statements that the executor may send, in a fixed order; bound as well (EXE-6a).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<PlannedStatement>,
}

/// Statements that a plan covers: one alone, or all of a shape.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PlannedStatement {
    /// When they may be sent.
    pub during: Stage,
    /// Where.
    pub connection: ResourceId,
    /// The classifier's word, such as `update`.
    pub kind: String,
    /// What `create`, `alter` or `drop` is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Tables that they may read.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reads: BTreeSet<String>,
    /// Tables that they may change.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub writes: BTreeSet<String>,
    /// Functions that they may call, standard ones aside.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub functions: BTreeSet<String>,
    /// The SHA-256 of the text, in hexadecimal, where one text alone is covered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The SHA-256 of the parameters, in hexadecimal, where the text is covered with these alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<String>,
}

/// When an executor sends a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// While it does what was approved, and while it finds out whether it did.
    Execute,
    /// While it takes that back.
    Revert,
}

/// One line of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedEffect {
    /// Such as `update` or `grant`.
    pub kind: String,
    /// Such as `orders-db: table orders`.
    pub target: String,
    /// For a person.
    pub summary: String,
}

/// What an executor did (EXE-7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The plugin's own name for the effect; handed back on `revert`.
    pub reference: String,
    /// Affected rows, file name, size, hash, ….
    pub fields: BTreeMap<String, Json>,
}

/// What a probe finds out (EXE-3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// The effect happened.
    Happened(Receipt),
    /// It did not, and cannot any more unless it is run again.
    DidNotHappen,
    /// A person must look.
    CannotTell(String),
}

/// Why an extension gave no answer, each class with a fixed consequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// It says: never.
    Permanent,
    /// It says: later, perhaps.
    Retryable,
    /// It says: the effect may have happened.
    UnknownOutcome,
    /// It understood and refuses.
    Refused,
    /// It used up its fuel or operations.
    Fuel,
    /// It used up its time, host calls included.
    Deadline,
    /// It wanted more memory, tables or stack than it may have.
    Memory,
    /// Its answer or its log is too large.
    Output,
    /// It called the host too often.
    HostCalls,
    /// It trapped, or the script threw.
    Trap,
    /// Its answer makes no sense.
    BadOutput,
    /// It wanted what it was not granted.
    Denied,
    /// It is of another contract.
    Contract,
    /// The host has no free place.
    Busy,
    /// Something the host needs is away: a database, a directory.
    Unavailable,
    /// A mistake of the host's own.
    Bug,
}

impl FailureClass {
    /// For programs: the word of documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Retryable => "retryable",
            Self::UnknownOutcome => "unknown_outcome",
            Self::Refused => "refused",
            Self::Fuel => "fuel",
            Self::Deadline => "deadline",
            Self::Memory => "memory",
            Self::Output => "output",
            Self::HostCalls => "host_calls",
            Self::Trap => "trap",
            Self::BadOutput => "bad_output",
            Self::Denied => "denied",
            Self::Contract => "contract",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::Bug => "bug",
        }
    }

    /// Whether the same call may succeed later by itself (EXE-4).
    #[must_use]
    pub fn is_retryable(self) -> bool {
        match self {
            Self::Retryable | Self::Deadline | Self::Busy | Self::Unavailable => true,
            Self::Permanent
            | Self::UnknownOutcome
            | Self::Refused
            | Self::Fuel
            | Self::Memory
            | Self::Output
            | Self::HostCalls
            | Self::Trap
            | Self::BadOutput
            | Self::Denied
            | Self::Contract
            | Self::Bug => false,
        }
    }

    /// Whether an `execute` that ended so may have had its effect: `probe` before anything else (EXE-3).
    #[must_use]
    pub fn may_have_happened(self) -> bool {
        match self {
            Self::UnknownOutcome
            | Self::Fuel
            | Self::Deadline
            | Self::Memory
            | Self::Output
            | Self::HostCalls
            | Self::Trap
            | Self::BadOutput
            | Self::Bug => true,
            Self::Permanent
            | Self::Retryable
            | Self::Refused
            | Self::Denied
            | Self::Contract
            | Self::Busy
            | Self::Unavailable => false,
        }
    }
}

/// Why an extension gave no answer. The person gets a sentence, the administrator `detail`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What follows from it.
    pub class: FailureClass,
    /// One sentence, without secrets.
    pub message: String,
    /// The whole story: backtrace, log, line and column.
    pub detail: Option<String>,
    /// The earliest useful next try, in milliseconds.
    pub retry_after_ms: Option<u32>,
}

impl Failure {
    /// A failure with one sentence.
    #[must_use]
    pub fn new(class: FailureClass, message: impl Into<String>) -> Self {
        Self { class, message: message.into(), detail: None, retry_after_ms: None }
    }
}
