//! What becomes of a request that comes under another rule, or another version of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    extension::Item,
    ids::{AssignmentId, KindId, PropertyName, RuleId, StepId, UserId},
    request::{Decision, Execution},
    value::Value,
};

/// A request as its new rule takes it: no step is reached, and nothing is decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// Why.
    pub why: MovedBecause,
    /// The rule that governed it.
    pub from: RuleId,
    /// Its version.
    pub from_version: u32,
    /// Its title then; empty where it was not recorded.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub from_title: String,
    /// The rule that governs it from now on.
    pub rule: RuleId,
    /// Its version.
    pub version: u32,
    /// Its title; empty where it was not recorded.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What is asked for.
    pub kind: KindId,
    /// The values of the new rule's form.
    pub properties: BTreeMap<PropertyName, Value>,
    /// What is asked for, piece by piece.
    pub items: Vec<Item>,
    /// Whom the requester picked, by assignment of the new rule (STP-2).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub picks: BTreeMap<AssignmentId, Vec<UserId>>,
    /// The new rule's, in its order.
    pub steps: Vec<StepId>,
    /// Whether it is in review then, and not on its route (STP-13).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub to_review: bool,
    /// Planned anew (EXE-6).
    pub executions: Vec<Execution>,
    /// Decisions that count again once their step opens (RUL-4).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kept: BTreeMap<StepId, Vec<Decision>>,
    /// The request's revision from now on (DEC-8a).
    pub revision: u32,
}

/// Why a request moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovedBecause {
    /// Somebody restarted it (RUL-2).
    Restarted {
        /// Who.
        by: UserId,
        /// Why; may be empty.
        comment: String,
        /// Where all open requests of the rule were restarted: the number of that order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<u64>,
    },
    /// Its data or the rules changed, and another rule of its group takes it now (RUL-4).
    Routed,
}
