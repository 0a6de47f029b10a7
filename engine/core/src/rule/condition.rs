//! Conditions whose names and types are checked (CND).

use serde::{Deserialize, Serialize};

use super::Extension;
use crate::{
    ids::{NodeId, PluginId, PropertyName, ScriptId},
    value::Value,
};

/// A condition whose names and types are checked (CND).
#[derive(Clone, Debug)]
pub enum Condition {
    /// A property compared.
    Test(Test),
    /// All must hold.
    All(Vec<Condition>),
    /// One must hold.
    Any(Vec<Condition>),
    /// Must not hold.
    Not(Box<Condition>),
    /// Asked of a script.
    Script(Extension<ScriptId>),
    /// Asked of a plugin.
    Plugin(Extension<PluginId>),
}

/// A property compared.
#[derive(Clone, Debug)]
pub struct Test {
    /// What is looked at.
    pub path: Path,
    /// How it must be.
    pub operator: Operator,
}

/// What a condition can look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Path {
    /// A property of the request.
    Property(PropertyName),
    /// `request.urgent`.
    Urgent,
    /// `request.kind`.
    Kind,
    /// `request.items`: the resources asked for.
    Items,
    /// `requester.login`.
    Login,
    /// `requester.groups`.
    Groups,
    /// A property of the requester.
    Requester(PropertyName),
}

/// An operator with its typed operands (CND-2).
#[derive(Clone, Debug)]
pub enum Operator {
    /// `equal`.
    Equal(Value),
    /// `not_equal`.
    NotEqual(Value),
    /// `less`.
    Less(Value),
    /// `less_or_equal`.
    LessOrEqual(Value),
    /// `greater`.
    Greater(Value),
    /// `greater_or_equal`.
    GreaterOrEqual(Value),
    /// `between`, inclusive unless half open.
    Between {
        /// The lower bound, included.
        low: Value,
        /// The upper bound.
        high: Value,
        /// The upper bound is not included.
        half_open: bool,
    },
    /// `in`.
    In(Vec<Value>),
    /// `not_in`.
    NotIn(Vec<Value>),
    /// `contains`.
    Contains(Value),
    /// `within`.
    Within(NodeId),
    /// `is_set`.
    IsSet(bool),
    /// `matches`, anchored at both ends.
    Matches(regex::Regex),
}
