//! Rule groups: which of several rules takes a request (RUL-4).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Rule;
use crate::ids::{RuleGroupId, RuleId};

/// Rules with entry conditions; the first that is met takes the request (RUL-4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleGroup {
    /// By what requesters name it.
    pub id: RuleGroupId,
    /// In the order in which they are tried.
    pub rules: Vec<RuleId>,
}

/// The rules that a request may come under, as of now (RUL-3, RUL-4).
#[derive(Clone, Copy, Debug, Default)]
pub struct Route<'a> {
    /// The group, where the requester named one and no rule.
    pub group: Option<&'a RuleGroupId>,
    /// The newest version of each, in the order in which they are tried. A retired rule is among them only
    /// for a request that it governs already.
    pub rules: &'a [Arc<Rule>],
    /// The newest version of the rule that governs the request already (RUL-2).
    pub own: Option<&'a Rule>,
}

/// Under what a request is submitted (RUL-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The newest version of a rule.
    Rule(RuleId),
    /// The first rule of a group whose entry condition is met.
    Group(RuleGroupId),
}

impl Target {
    /// Its rule or its group: one of both.
    #[must_use]
    pub fn parts(&self) -> (Option<&RuleId>, Option<&RuleGroupId>) {
        match self {
            Self::Rule(rule) => (Some(rule), None),
            Self::Group(group) => (None, Some(group)),
        }
    }
}
