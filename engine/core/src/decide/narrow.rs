//! Approvals of less than was asked for (DEC-7).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{Draft, form::FormReader};
use crate::{
    command::Decide,
    effect::Effect,
    event::Event,
    extension::Item,
    ids::{ExecutionId, ResourceId, StepId, UserId},
    rejection::{Rejection, WrongItems},
    request::{Choice, ExecutionState},
    rule::{Field, Names},
};

impl Draft<'_> {
    /// An approval that grants nothing is a rejection.
    pub(super) fn meant(&self, decide: &Decide) -> Choice {
        match (&decide.choice, &decide.items) {
            (Choice::Approve, Some(items))
                if items.is_empty() && !self.request.items.is_empty() =>
            {
                Choice::Reject
            }
            (choice, _) => *choice,
        }
    }

    /// Whether an approval names fewer items than are left (DEC-4).
    pub(super) fn grants_less(&self, decide: &Decide) -> bool {
        let Some(items) = &decide.items else { return false };
        let named: BTreeSet<&str> = items.iter().filter_map(resource_of).collect();
        self.request.items.iter().any(|item| !named.contains(item.resource.as_str()))
    }

    /// The resources that an approval grants; none where that is all there is left.
    pub(super) fn granted(
        &self,
        decide: &Decide,
    ) -> Result<Option<BTreeSet<ResourceId>>, Rejection> {
        let Some(items) = &decide.items else { return Ok(None) };
        if decide.choice == Choice::Reject {
            return Err(Rejection::invalid("items", WrongItems::OfRejection));
        }
        if self.request.items.is_empty() {
            return Err(Rejection::invalid("items", WrongItems::NoneThere));
        }
        let names = Names::of_organization(self.context.organization);
        let mut reader =
            FormReader { names: &names, rates: self.request.rates.as_ref(), problems: Vec::new() };
        let mut granted = BTreeSet::new();
        for (index, json) in items.iter().enumerate() {
            let path = format!("items[{index}]");
            match self.item_named(&mut reader, &path, json) {
                Some(item) if granted.contains(&item) => {
                    reader.problem(path, WrongItems::Twice { item });
                }
                Some(item) => drop(granted.insert(item)),
                None => {}
            }
        }
        if !reader.problems.is_empty() {
            return Err(Rejection::Invalid(reader.problems));
        }
        let is_less = granted.len() < self.request.items.len() && !granted.is_empty();
        Ok(is_less.then_some(granted))
    }

    /// The item that is meant, by its resource, with fields where they are as asked for (FIN-23).
    fn item_named(
        &self,
        reader: &mut FormReader<'_>,
        path: &str,
        json: &Json,
    ) -> Option<ResourceId> {
        let Some(named) = resource_of(json) else {
            reader.problem(path, "expected a resource id, or an object with `resource`");
            return None;
        };
        let Some(item) = self.request.items.iter().find(|item| item.resource.as_str() == named)
        else {
            let left = self.request.resources().cloned().collect();
            reader.problem(path, WrongItems::NotLeft { named: named.to_owned(), left });
            return None;
        };
        let fields = json.as_object().into_iter().flatten();
        let fields: BTreeMap<String, Json> = fields
            .filter(|(key, _)| *key != "resource")
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        self.check_same(reader, path, item, &fields);
        Some(item.resource.clone())
    }

    fn check_same(
        &self,
        reader: &mut FormReader<'_>,
        path: &str,
        item: &Item,
        fields: &BTreeMap<String, Json>,
    ) {
        let form = self.context.rule.item_form.iter();
        let form: Vec<Field> =
            form.map(|field| Field { required: false, ..field.clone() }).collect();
        for (name, value) in reader.read(path, &form, fields) {
            if item.fields.get(&name) != Some(&value) {
                reader.problem(format!("{path}.{name}"), WrongItems::NotAsAsked);
            }
        }
    }

    /// What is not granted is rejected for good, and never runs.
    pub(super) fn narrow(&mut self, step: &StepId, by: &UserId, granted: &BTreeSet<ResourceId>) {
        let left = self.request.resources();
        let items: Vec<ResourceId> =
            left.filter(|resource| !granted.contains(*resource)).cloned().collect();
        let of_items = |id: &ExecutionId| id.item.as_ref().is_some_and(|item| items.contains(item));
        let executions = self.request.executions.iter().filter(|execution| {
            of_items(&execution.id) && matches!(execution.state, ExecutionState::Waiting)
        });
        let executions: Vec<ExecutionId> = executions.map(|e| e.id.clone()).collect();
        self.record(Event::ItemsRejected { step: step.clone(), by: by.clone(), items });
        for execution in executions {
            self.order(Effect::Unqueue(execution.clone()));
            self.record(Event::ExecutionCancelled { execution });
        }
    }
}

fn resource_of(json: &Json) -> Option<&str> {
    match json {
        Json::String(resource) => Some(resource),
        Json::Object(map) => map.get("resource").and_then(Json::as_str),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) => None,
    }
}
