//! What approvers may edit in their step cannot be part of what runs: its payload stands (STP-12,
//! EXE-6a).

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Compiler;
use crate::{
    ids::{BindingId, PluginId, PropertyName, StepId},
    rule::{ConfigEntry, Definition, Executor, Read, Rule, Window},
};

/// A property that approvers may edit in a step, and that an executor's plugin reads (STP-12, EXE-6a).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedRead {
    /// The step.
    pub step: StepId,
    /// The property.
    pub property: PropertyName,
    /// The executor.
    pub executor: BindingId,
}

impl EditedRead {
    /// The first one of a rule whose executors have this plugin, which reads so much of the form.
    #[must_use]
    pub fn first(rule: &Rule, plugin: &PluginId, reads: &[Read]) -> Option<Self> {
        let mut used = BTreeMap::new();
        for executor in rule.executors.iter().filter(|executor| executor.plugin == *plugin) {
            read_by(executor, reads, rule).for_each(|name| mark(&mut used, rule, name, executor));
        }
        rule.steps.iter().find_map(|step| {
            let (property, executor) =
                step.editable_properties.iter().find_map(|name| Some((name, used.get(name)?)))?;
            let (step, property, executor) =
                (step.id.clone(), property.clone(), executor.id.clone());
            Some(Self { step, property, executor })
        })
    }
}

impl Compiler<'_> {
    pub(super) fn check_editable(&mut self, definition: &Definition, rule: &Rule) {
        let (mut used, mut read) = (BTreeMap::new(), BTreeMap::new());
        for executor in &rule.executors {
            of_payload(executor).for_each(|name| mark(&mut used, rule, name, executor));
            let reads = self.names.reads(&executor.plugin);
            read_by(executor, reads, rule).for_each(|name| mark(&mut read, rule, name, executor));
        }
        for (step, doc) in definition.steps.iter().enumerate() {
            for (index, name) in doc.editable_properties.iter().enumerate() {
                let by = match (used.get(name), read.get(name)) {
                    (Some(executor), _) => format!("used by the executor `{}`", executor.id),
                    (None, Some(Executor { id, plugin, .. })) => {
                        format!("read by the plugin `{plugin}` of the executor `{id}`")
                    }
                    (None, None) => continue,
                };
                let message = format!(
                    "`{name}` is {by}: what was approved could be changed without being approved \
                     again. Take it out of `editable_properties`, or let the executor do without it"
                );
                self.problem(format!("steps[{step}].editable_properties[{index}]"), message);
            }
        }
    }
}

/// FIN-23: with all that it is calculated from.
fn mark<'r>(
    used: &mut BTreeMap<&'r PropertyName, &'r Executor>,
    rule: &'r Rule,
    name: &'r PropertyName,
    by: &'r Executor,
) {
    if used.contains_key(name) {
        return;
    }
    used.insert(name, by);
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
    config.chain(executor.window.iter().flat_map(Window::properties))
}

/// The properties of the request's form that an executor's plugin reads. Where only a request says
/// which, it may be any of them.
fn read_by<'r>(
    executor: &'r Executor,
    reads: &'r [Read],
    rule: &'r Rule,
) -> impl Iterator<Item = &'r PropertyName> {
    let form = rule.form.iter().map(|field| &field.name);
    form.filter(move |name| {
        reads.iter().any(|read| match read {
            Read::Property(fixed) => fixed == name.as_str(),
            Read::Setting(key) => match executor.config.get(key) {
                Some(ConfigEntry::Literal(json)) => names(json, name),
                Some(ConfigEntry::Property(_)) => true,
                None => false,
            },
        })
    })
}

fn names(json: &Json, name: &PropertyName) -> bool {
    match json {
        Json::String(found) => found == name.as_str(),
        Json::Array(all) => all.iter().any(|found| found == name.as_str()),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => false,
    }
}
