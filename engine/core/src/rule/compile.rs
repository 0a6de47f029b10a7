//! From the written document to the checked rule. Every problem is found in one pass (FIN-9).

mod calculated;
mod condition;
mod config;
pub(super) mod editable;
mod executor;
mod form;
mod limits;
mod step;
mod validator;
mod who;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Definition, NamedCondition, Names, Rule, Who,
    definition::{NamedConditionDoc, ReviewDoc},
    literal::unknown,
};
use crate::{
    ids::{Login, PropertyName, UserId},
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
        self.check_ids(definition);
        let submitters = definition.submitters.as_ref().map(|whos| self.named("submitters", whos));
        let form = self.fields("form", &definition.form);
        let item_form = self.fields("item_form", &definition.item_form);
        let when = definition.when.as_ref().and_then(|doc| self.condition("when", doc));
        let criteria = self.conditions("criteria", &definition.criteria);
        let review_first = definition.review_first.as_ref().map(|doc| self.reviewers(doc));
        let auto_approve = self.named_conditions(&definition.auto_approve);
        let steps = self.steps(&definition.steps);
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
            validators: self.validators(&definition.validators),
            executors: self.executors(&definition.executors),
            receipt_reviewers: self.named("receipt_reviewers", &definition.receipt_reviewers),
        }
    }

    fn check_ids(&mut self, definition: &Definition) {
        self.unique("form", definition.form.iter().map(|field| field.name.as_str()));
        self.unique("steps", definition.steps.iter().map(|step| step.id.as_str()));
        self.unique("executors", definition.executors.iter().map(|e| e.id.as_str()));
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

    fn require_property(&mut self, path: &str, name: &PropertyName) {
        if !self.types.contains_key(name) {
            let known = self.types.keys().map(PropertyName::as_str);
            let message = unknown("property", name.as_str(), known);
            self.problem(path, message);
        }
    }
}
