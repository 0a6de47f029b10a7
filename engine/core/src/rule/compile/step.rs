//! Steps and their assignments (STP-1, STP-2).

use super::{Compiler, MAX_STEPS};
use crate::{
    ids::StepId,
    rule::{
        Assignment, Notify, OnOverdue, Step,
        definition::{AssignmentDoc, NotifyDoc, OnOverdueDoc, StepDoc},
    },
};

impl Compiler<'_> {
    pub(super) fn steps(&mut self, docs: &[StepDoc]) -> Vec<Step> {
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
        self.check_names(path, doc, earlier);
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

    /// The steps and properties that it names.
    fn check_names(&mut self, path: &str, doc: &StepDoc, earlier: &[StepId]) {
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
}
