//! A submission's values: complete, typed, within what this requester may pick (REQ-2).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::{
    directory::User,
    evaluate::View,
    extension::Item,
    ids::{PropertyName, ResourceId},
    rejection::FieldProblem,
    rule::{Field, Names, read_literal, unknown_name},
    value::{PropertyType, Value},
    visibility::is_among,
};

/// The most items of a request.
const MAX_ITEMS: usize = 100;

/// Reads a form, collecting every problem.
pub(super) struct FormReader<'a> {
    pub(super) names: &'a Names<'a>,
    pub(super) problems: Vec<FieldProblem>,
}

impl FormReader<'_> {
    pub(super) fn problem(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.problems.push(FieldProblem { field: field.into(), message: message.into() });
    }

    /// The values of a form; absent and `null` ones are left out.
    pub(super) fn read(
        &mut self,
        at: &str,
        form: &[Field],
        values: &BTreeMap<String, Json>,
    ) -> BTreeMap<PropertyName, Value> {
        self.unknown_names(at, form, values);
        self.values(at, form, values)
    }

    fn unknown_names(&mut self, at: &str, form: &[Field], values: &BTreeMap<String, Json>) {
        for name in values.keys() {
            if !form.iter().any(|field| field.name.as_str() == name) {
                let known = form.iter().map(|field| field.name.as_str());
                self.problem(format!("{at}.{name}"), unknown_name("property", name, known));
            }
        }
    }

    fn values(
        &mut self,
        at: &str,
        form: &[Field],
        values: &BTreeMap<String, Json>,
    ) -> BTreeMap<PropertyName, Value> {
        let mut read = BTreeMap::new();
        for field in form {
            let path = format!("{at}.{}", field.name);
            match values.get(field.name.as_str()).filter(|json| !json.is_null()) {
                None if field.required => self.problem(path, "is required"),
                None => {}
                Some(json) => match read_literal(&field.of, json, self.names) {
                    Ok(value) => {
                        read.insert(field.name.clone(), value);
                    }
                    Err(message) => self.problem(path, message),
                },
            }
        }
        read
    }

    /// The values of a form after some of them are changed; `null` empties one.
    pub(super) fn change(
        &mut self,
        at: &str,
        form: &[Field],
        changes: &BTreeMap<String, Json>,
        before: &BTreeMap<PropertyName, Value>,
    ) -> BTreeMap<PropertyName, Value> {
        let named: Vec<Field> = form
            .iter()
            .filter(|field| changes.contains_key(field.name.as_str()))
            .cloned()
            .collect();
        self.unknown_names(at, form, changes);
        let mut after = before.clone();
        after.retain(|name, _| !changes.contains_key(name.as_str()));
        after.extend(self.values(at, &named, changes));
        after
    }

    pub(super) fn items(&mut self, form: &[Field], items: &[Json]) -> Vec<Item> {
        if items.len() > MAX_ITEMS {
            self.problem("items", format!("{} items: expected at most {MAX_ITEMS}", items.len()));
            return Vec::new();
        }
        let mut seen: BTreeSet<ResourceId> = BTreeSet::new();
        let mut read = Vec::new();
        for (index, json) in items.iter().enumerate() {
            let path = format!("items[{index}]");
            let Some(item) = self.item(&path, form, json) else { continue };
            if seen.insert(item.resource.clone()) {
                read.push(item);
            } else {
                self.problem(path, format!("`{}` stands twice", item.resource));
            }
        }
        read
    }

    fn item(&mut self, path: &str, form: &[Field], json: &Json) -> Option<Item> {
        let mut fields: BTreeMap<String, Json> = match json {
            Json::Object(map) => map.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
            _ => [("resource".to_owned(), json.clone())].into(),
        };
        let resource = fields.remove("resource").unwrap_or(Json::Null);
        let fields = self.read(path, form, &fields);
        match read_literal(&PropertyType::Resource, &resource, self.names) {
            Ok(Value::Resource(resource)) => Some(Item { resource, fields }),
            Ok(_) => None,
            Err(message) => {
                self.problem(format!("{path}.resource"), message);
                None
            }
        }
    }
}

impl View<'_> {
    /// Bounds, subtrees and closed lists (REQ-2).
    pub(super) fn check_values(&self, requester: &User) -> Vec<FieldProblem> {
        let mut problems = Vec::new();
        for field in &self.rule.form {
            let Some(value) = self.request.properties.get(&field.name) else { continue };
            let values = match value {
                Value::List(values) => values.as_slice(),
                single => std::slice::from_ref(single),
            };
            let messages =
                values.iter().filter_map(|value| self.check_value(field, value, requester));
            problems.extend(messages.map(|message| FieldProblem {
                field: format!("properties.{}", field.name),
                message,
            }));
        }
        problems
    }

    fn check_value(&self, field: &Field, value: &Value, requester: &User) -> Option<String> {
        if let (Value::Money(money), None) = (value, &field.min)
            && money.amount.is_sign_negative()
            && !money.amount.is_zero()
        {
            return Some(format!("{money} is negative"));
        }
        if let Some(min) = &field.min
            && self.order(value, min).is_ok_and(std::cmp::Ordering::is_lt)
        {
            return Some(format!("{value} is below {min}, the least"));
        }
        if let Some(max) = &field.max {
            match self.order(value, max) {
                Ok(order) if order.is_gt() => {
                    return Some(format!("{value} is above {max}, the most"));
                }
                Ok(_) => {}
                Err(_) => {
                    return Some(format!(
                        "{value} cannot be compared with {max}: no rate for its currency"
                    ));
                }
            }
        }
        match value {
            Value::Node(node) => {
                let top = field.under.as_ref()?;
                let within = self.organization.directory.is_within(node, top);
                (!within).then(|| format!("`{node}` is not under `{top}`"))
            }
            Value::Choice(choice) => {
                let may = self.choices(field, requester);
                (!may.contains(choice))
                    .then(|| format!("`{choice}` is not one of {}", may.join(", ")))
            }
            _ => None,
        }
    }

    /// What this requester may pick: by the first entry of `choices_for` that names them.
    fn choices<'f>(&self, field: &'f Field, requester: &User) -> &'f [String] {
        field
            .choices_for
            .iter()
            .find(|(who, _)| is_among(std::slice::from_ref(who), self.request, requester))
            .map_or(&field.values, |(_, values)| values)
    }
}
