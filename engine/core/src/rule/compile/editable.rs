//! What approvers may edit in their step cannot be part of what runs: its payload stands (STP-12,
//! EXE-6a).

use std::collections::BTreeMap;

use super::Compiler;
use crate::{
    ids::PropertyName,
    rule::{ConfigEntry, Definition, Executor, Rule, WindowLength},
};

impl Compiler<'_> {
    pub(super) fn check_editable(&mut self, definition: &Definition, rule: &Rule) {
        let mut used: BTreeMap<&PropertyName, String> = BTreeMap::new();
        for executor in &rule.executors {
            for name in of_payload(executor) {
                mark(&mut used, rule, name, &format!("the executor `{}`", executor.id));
            }
        }
        for (step, doc) in definition.steps.iter().enumerate() {
            for (index, name) in doc.editable_properties.iter().enumerate() {
                let Some(by) = used.get(name) else { continue };
                let message = format!(
                    "`{name}` is used by {by}: what was approved could be changed without being \
                     approved again"
                );
                self.problem(format!("steps[{step}].editable_properties[{index}]"), message);
            }
        }
    }
}

/// FIN-23: with all that it is calculated from.
fn mark<'r>(
    used: &mut BTreeMap<&'r PropertyName, String>,
    rule: &'r Rule,
    name: &'r PropertyName,
    by: &str,
) {
    if used.contains_key(name) {
        return;
    }
    used.insert(name, by.to_owned());
    let field = rule.form.iter().find(|field| field.name == *name);
    if let Some(expression) = field.and_then(|field| field.calculated.as_ref()) {
        expression.uses().iter().for_each(|other| mark(used, rule, other, by));
    }
}

/// The properties of the request that an executor's payload is resolved from.
fn of_payload(executor: &Executor) -> impl Iterator<Item = &PropertyName> {
    let config = executor.config.values().filter_map(|entry| match entry {
        ConfigEntry::Property(name) => Some(name),
        ConfigEntry::Literal(_) => None,
    });
    let window = executor.window.iter().filter_map(|window| match &window.length {
        WindowLength::Property(name) => Some(name),
        WindowLength::Fixed(_) => None,
    });
    config.chain(window)
}
