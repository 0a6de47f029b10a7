//! From the written document to the checked rule. Every problem is found in one pass (FIN-9).

mod calculated;
mod condition;
pub(super) mod editable;
mod form;
mod limits;
mod who;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{
    Assignment, Config, ConfigEntry, Definition, Executor, Extension, NamedCondition, Names,
    Notify, OnOverdue, Rule, Step, Who, Window, WindowLength,
    definition::{
        AssignmentDoc, ExecutorDoc, NamedConditionDoc, NotifyDoc, OnOverdueDoc, ReviewDoc, RunDoc,
        StepDoc, WindowDoc,
    },
    literal::unknown,
    names::World,
    written::{ExtensionDoc, property_reference},
};
use crate::{
    ids::{Login, PluginId, PropertyName, ScriptId, StepId, UserId},
    schema::{Setting, Settings, at_key},
    value::PropertyType,
};

/// The most steps of a rule (STP-1).
pub const MAX_STEPS: usize = 32;
/// The most seats of a step (FIN-25).
pub const MAX_SEATS: u32 = 200;

/// Something wrong, or doubtful, in a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where, such as `steps[0].approvers[1].who.group`.
    pub path: String,
    /// What was found, what was expected.
    pub message: String,
}

/// A document that compiled.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The rule.
    pub rule: Rule,
    /// Whom its logins name.
    pub people: BTreeMap<Login, UserId>,
    /// The types of the properties of people that its conditions look at.
    pub user_properties: BTreeMap<PropertyName, PropertyType>,
    /// What is doubtful (RUL-5).
    pub warnings: Vec<Problem>,
}

/// Checks a document and gives its names and literals their types (RUL-5, FIN-9).
///
/// # Errors
/// Every problem found, in the document's order.
pub fn compile(
    definition: &Definition,
    version: u32,
    names: &Names<'_>,
) -> Result<Compiled, Vec<Problem>> {
    let types =
        definition.form.iter().map(|field| (field.name.clone(), field.of.clone())).collect();
    let mut compiler = Compiler {
        names,
        types,
        people: BTreeMap::new(),
        user_properties: BTreeMap::new(),
        problems: Vec::new(),
        warnings: Vec::new(),
    };
    compiler.refuse_unavailable(definition);
    let rule = compiler.rule(definition, version);
    if names.is_publish() {
        compiler.check_limits(definition, &rule);
    }
    if compiler.problems.is_empty() {
        let Compiler { people, user_properties, warnings, .. } = compiler;
        Ok(Compiled { rule, people, user_properties, warnings })
    } else {
        Err(compiler.problems)
    }
}

struct Compiler<'a> {
    names: &'a Names<'a>,
    types: BTreeMap<PropertyName, PropertyType>,
    people: BTreeMap<Login, UserId>,
    user_properties: BTreeMap<PropertyName, PropertyType>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Compiler<'_> {
    fn problem(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem { path: path.into(), message: message.into() });
    }

    fn warn(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.warnings.push(Problem { path: path.into(), message: message.into() });
    }

    /// Records a problem and goes on without the value.
    fn keep<T>(&mut self, path: &str, result: Result<T, String>) -> Option<T> {
        result.map_err(|message| self.problem(path, message)).ok()
    }

    fn rule(&mut self, definition: &Definition, version: u32) -> Rule {
        self.unique("form", definition.form.iter().map(|field| field.name.as_str()));
        self.unique("steps", definition.steps.iter().map(|step| step.id.as_str()));
        self.unique("executors", definition.executors.iter().map(|e| e.id.as_str()));
        let submitters = definition.submitters.as_ref().map(|whos| self.named("submitters", whos));
        let form = self.fields("form", &definition.form);
        let item_form = self.fields("item_form", &definition.item_form);
        let when = definition.when.as_ref().and_then(|doc| self.condition("when", doc));
        let criteria = self.conditions("criteria", &definition.criteria);
        let review_first = definition.review_first.as_ref().map(|doc| self.reviewers(doc));
        let auto_approve = self.named_conditions(&definition.auto_approve);
        let steps = self.steps(&definition.steps);
        let executors = self.executors(&definition.executors);
        let receipt_reviewers = self.named("receipt_reviewers", &definition.receipt_reviewers);
        Rule {
            id: definition.rule.clone(),
            version,
            title: definition.title.clone().unwrap_or_else(|| definition.rule.to_string()),
            kind: definition.kind.clone(),
            submitters,
            for_others: definition.for_others,
            form,
            item_form,
            when,
            criteria,
            urgent: definition.urgent,
            self_approval: definition.self_approval,
            editors_may_approve: definition.editors_may_approve,
            repeat_approver: definition.repeat_approver,
            distinct_people: definition.distinct_people,
            edit: definition.edit,
            after_send_back: definition.after_send_back,
            access: definition.access,
            safety_catch: definition.safety_catch,
            keep_decisions: definition.keep_decisions,
            approval_expires_after: definition.approval_expires_after,
            review_first,
            auto_approve,
            steps,
            executors,
            receipt_reviewers,
        }
    }

    fn unique<'t>(&mut self, path: &str, ids: impl Iterator<Item = &'t str>) {
        let mut seen = BTreeSet::new();
        for (index, id) in ids.enumerate() {
            if !seen.insert(id) {
                self.problem(format!("{path}[{index}]"), format!("`{id}` stands twice"));
            }
        }
    }

    fn reviewers(&mut self, doc: &ReviewDoc) -> Vec<Who> {
        if doc.reviewers.is_empty() {
            self.problem("review_first.reviewers", "a review needs reviewers");
        }
        self.whos("review_first.reviewers", &doc.reviewers)
    }

    /// STP-14: the record names the condition, so each needs a name of its own.
    fn named_conditions(&mut self, docs: &[NamedConditionDoc]) -> Vec<NamedCondition> {
        self.unique("auto_approve", docs.iter().map(|doc| doc.name.trim()));
        let mut conditions = Vec::new();
        for (index, doc) in docs.iter().enumerate() {
            let path = format!("auto_approve[{index}]");
            let name = doc.name.trim().to_owned();
            if name.is_empty() {
                self.problem(format!("{path}.name"), "expected a name for the record");
            }
            let when = self.condition(&format!("{path}.when"), &doc.when);
            conditions.extend(when.map(|when| NamedCondition { name, when }));
        }
        conditions
    }

    fn steps(&mut self, docs: &[StepDoc]) -> Vec<Step> {
        if docs.is_empty() || docs.len() > MAX_STEPS {
            self.problem("steps", format!("{} steps: expected 1 to {MAX_STEPS}", docs.len()));
        }
        let mut earlier: Vec<StepId> = Vec::new();
        let mut steps = Vec::new();
        for (index, doc) in docs.iter().enumerate() {
            steps.push(self.step(&format!("steps[{index}]"), doc, &earlier));
            earlier.push(doc.id.clone());
        }
        steps
    }

    fn step(&mut self, path: &str, doc: &StepDoc, earlier: &[StepId]) -> Step {
        for (index, id) in doc.separation.iter().enumerate() {
            if !earlier.contains(id) {
                let message = format!("`{id}` is not an earlier step of this rule");
                self.problem(format!("{path}.separation[{index}]"), message);
            }
        }
        for (index, name) in doc.required_properties.iter().enumerate() {
            self.require_property(&format!("{path}.required_properties[{index}]"), name);
        }
        for (index, name) in doc.editable_properties.iter().enumerate() {
            self.require_property(&format!("{path}.editable_properties[{index}]"), name);
        }
        let approvers = format!("{path}.approvers");
        let default_approvers = format!("{path}.default_approvers");
        let defaults = self.whos(&default_approvers, &doc.default_approvers);
        self.refuse_picks(&default_approvers, &defaults);
        self.unique(&approvers, doc.approvers.iter().map(|a| a.id.as_str()));
        let when = format!("{path}.when");
        Step {
            id: doc.id.clone(),
            title: doc.title.clone().unwrap_or_else(|| doc.id.to_string()),
            when: doc.when.as_ref().and_then(|condition| self.condition(&when, condition)),
            quorum: doc.quorum.clone(),
            reject_after: doc.reject_after,
            same_person: doc.same_person,
            assignments: self.assignments(&approvers, &doc.approvers),
            default_approvers: defaults,
            if_nobody: doc.if_nobody,
            separation: doc.separation.iter().cloned().collect(),
            required_properties: doc.required_properties.clone(),
            editable_properties: doc.editable_properties.iter().cloned().collect(),
            due: doc.due.clone(),
            on_overdue: self.on_overdue(&format!("{path}.on_overdue"), doc),
            notify: match &doc.notify {
                NotifyDoc::Approvers => Notify::Approvers,
                NotifyDoc::None => Notify::Nobody,
                NotifyDoc::People(whos) => {
                    Notify::People(self.whos(&format!("{path}.notify"), whos))
                }
            },
        }
    }

    fn on_overdue(&mut self, path: &str, doc: &StepDoc) -> OnOverdue {
        if doc.on_overdue != OnOverdueDoc::None && doc.due.is_none() {
            self.problem(path, "the step is never overdue: it needs `due`");
        }
        match &doc.on_overdue {
            OnOverdueDoc::None => OnOverdue::Nothing,
            OnOverdueDoc::Approve => OnOverdue::Approve,
            OnOverdueDoc::Reject => OnOverdue::Reject,
            OnOverdueDoc::Reassign(whos) => {
                OnOverdue::Reassign(self.escalation(&format!("{path}.reassign"), whos))
            }
            OnOverdueDoc::Escalate(whos) => {
                OnOverdue::Escalate(self.escalation(&format!("{path}.escalate"), whos))
            }
        }
    }

    fn assignments(&mut self, path: &str, docs: &[AssignmentDoc]) -> Vec<Assignment> {
        let mut assignments = Vec::new();
        for (index, doc) in docs.iter().enumerate() {
            let path = format!("{path}[{index}]");
            let mut permissions = Vec::new();
            for (entry, conditions) in doc.permissions.iter().enumerate() {
                let path = format!("{path}.permissions[{entry}]");
                permissions.push(self.conditions(&path, conditions));
            }
            let Some(who) = self.who(&format!("{path}.who"), &doc.who) else { continue };
            assignments.push(Assignment {
                id: doc.id.clone(),
                who,
                count: doc.count,
                seats: doc.seats,
                permissions,
                optional: doc.optional,
            });
        }
        assignments
    }

    fn executors(&mut self, docs: &[ExecutorDoc]) -> Vec<Executor> {
        let mut executors = Vec::new();
        for (index, doc) in docs.iter().enumerate() {
            let path = format!("executors[{index}]");
            let known = self.names.check_plugin(&doc.plugin, World::Executor);
            self.keep(&format!("{path}.plugin"), known);
            let manual = match &doc.run {
                RunDoc::Automatic => None,
                RunDoc::Manual(whos) => Some(self.named(&format!("{path}.run.manual"), whos)),
            };
            let window = doc
                .window
                .as_ref()
                .and_then(|window| self.window(&format!("{path}.window"), window));
            executors.push(Executor {
                id: doc.id.clone(),
                plugin: doc.plugin.clone(),
                manual,
                config: self.plugin_config(&path, &doc.plugin, &doc.config),
                start_within: doc.start_within,
                window,
            });
        }
        executors
    }

    fn window(&mut self, path: &str, doc: &WindowDoc) -> Option<Window> {
        let from = match doc.from.as_str() {
            "effect" => None,
            "first_use" => {
                self.problem(
                    format!("{path}.from"),
                    "`first_use` is not available: no plugin can say when a grant is first used; use `effect`",
                );
                None
            }
            time => match chrono::DateTime::parse_from_rfc3339(time) {
                Ok(time) => Some(time.with_timezone(&chrono::Utc)),
                Err(_) => {
                    let message = format!("`{time}` is not `effect` or a time in RFC 3339");
                    self.problem(format!("{path}.from"), message);
                    None
                }
            },
        };
        let path = format!("{path}.length");
        if let Ok(length) = doc.length.parse() {
            return Some(Window { from, length: WindowLength::Fixed(length) });
        }
        let name = PropertyName::parse(&doc.length).ok()?;
        match self.types.get(&name) {
            Some(PropertyType::Duration) => {
                Some(Window { from, length: WindowLength::Property(name) })
            }
            Some(_) | None => {
                let message = format!("`{name}` is neither a duration nor a duration property");
                self.problem(path, message);
                None
            }
        }
    }

    fn config(&mut self, path: &str, doc: &BTreeMap<String, Json>) -> Config {
        let mut config = Config::new();
        for (key, value) in doc {
            let path = at_key(path, key);
            let entry = match property_reference(value) {
                None => ConfigEntry::Literal(value.clone()),
                Some(Err(message)) => {
                    self.problem(path, message);
                    continue;
                }
                Some(Ok(name)) => {
                    self.require_property(&path, &name);
                    ConfigEntry::Property(name)
                }
            };
            config.insert(key.clone(), entry);
        }
        config
    }

    fn script(&mut self, path: &str, doc: &ExtensionDoc<ScriptId>) -> Extension<ScriptId> {
        let known = self.names.check_script(&doc.id);
        self.keep(&format!("{path}.script"), known);
        let config = self.config(&format!("{path}.config"), &doc.config);
        Extension { id: doc.id.clone(), config }
    }

    fn plugin(
        &mut self,
        path: &str,
        doc: &ExtensionDoc<PluginId>,
        world: World,
    ) -> Extension<PluginId> {
        let known = self.names.check_plugin(&doc.id, world);
        self.keep(&format!("{path}.plugin"), known);
        Extension { id: doc.id.clone(), config: self.plugin_config(path, &doc.id, &doc.config) }
    }

    /// A plugin's configuration, checked against what the plugin says of it.
    fn plugin_config(
        &mut self,
        path: &str,
        plugin: &PluginId,
        doc: &BTreeMap<String, Json>,
    ) -> Config {
        let path = format!("{path}.config");
        let config = self.config(&path, doc);
        let Some(schema) = self.names.schema(plugin) else { return config };
        let mut settings = Settings::new();
        for (key, entry) in &config {
            let setting = match entry {
                ConfigEntry::Literal(json) => Setting::Json(json),
                // Which properties there are was checked already.
                ConfigEntry::Property(name) => match self.types.get(name) {
                    Some(of) => Setting::Property(of),
                    None => return config,
                },
            };
            settings.insert(key, setting);
        }
        if settings.len() == doc.len() {
            for fault in schema.faults(&settings) {
                self.problem(format!("{path}{}", fault.path), fault.message);
            }
        }
        config
    }

    fn require_property(&mut self, path: &str, name: &PropertyName) {
        if !self.types.contains_key(name) {
            let known = self.types.keys().map(PropertyName::as_str);
            let message = unknown("property", name.as_str(), known);
            self.problem(path, message);
        }
    }
}
