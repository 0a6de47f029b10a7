//! Ids of rules, rule groups and steps, as they come over the wire.

use engine_core::{
    ids::{BadId, RuleGroupId, RuleId, StepId},
    rejection::Rejection,
    rule::Target,
};

/// Under what a request is submitted: a rule or a rule group (RUL-4).
///
/// # Errors
/// [`Rejection::Invalid`] where not exactly one is named, or its id is not one.
pub fn target(rule: Option<&str>, group: Option<&str>) -> Result<Target, Rejection> {
    let bad = |field: &str, bad: BadId| Rejection::invalid(field, bad.to_string());
    match (rule, group) {
        (Some(rule), None) => {
            RuleId::parse(rule).map(Target::Rule).map_err(|error| bad("rule", error))
        }
        (None, Some(group)) => {
            RuleGroupId::parse(group).map(Target::Group).map_err(|error| bad("rule_group", error))
        }
        (Some(_), Some(_)) => {
            Err(Rejection::invalid("rule_group", "expected either a `rule` or a `rule_group`"))
        }
        (None, None) => Err(Rejection::invalid("rule", "expected a `rule` or a `rule_group`")),
    }
}

/// A step, by its id in this field.
pub(super) fn step_id(field: &str, text: &str) -> Result<StepId, Rejection> {
    StepId::parse(text).map_err(|bad| Rejection::invalid(field, bad.to_string()))
}
