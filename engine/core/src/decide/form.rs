//! A submission's values: complete, typed, within what this requester may pick (REQ-2).

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::Value as Json;

use crate::{
    directory::{Directory, User},
    evaluate::{Incomparable, View},
    expression::Expression,
    extension::Item,
    ids::{PropertyName, ResourceId, UserId},
    money::{Money, Rates},
    rejection::{FieldProblem, Wrong, WrongItems, WrongPerson, WrongValue},
    request::Request,
    rule::{Field, Names, Window, read_literal, unknown_name},
    value::{PropertyType, Span, Value},
    visibility::is_among,
};

/// The most items of a request.
const MAX_ITEMS: usize = 100;
/// The most people that a request is for.
const MAX_TARGETS: usize = 100;

/// Reads a form, collecting every problem.
pub(super) struct FormReader<'a> {
    pub(super) names: &'a Names<'a>,
    /// Frozen into the request (DIR-7).
    pub(super) rates: Option<&'a Rates>,
    pub(super) problems: Vec<FieldProblem>,
}

impl FormReader<'_> {
    pub(super) fn problem(&mut self, field: impl Into<String>, wrong: impl Into<Wrong>) {
        self.problems.push(FieldProblem { field: field.into(), wrong: wrong.into() });
    }

    /// The values of a form; absent and `null` ones are left out.
    pub(super) fn read(
        &mut self,
        at: &str,
        form: &[Field],
        values: &BTreeMap<String, Json>,
    ) -> BTreeMap<PropertyName, Value> {
        self.unknown_names(at, form, values);
        let mut read = self.values(at, form, values);
        self.calculate(at, form, &mut read);
        read
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
                None if field.calculated.is_some() => {}
                Some(_) if field.calculated.is_some() => self.problem(path, WrongValue::Calculated),
                None if field.required => self.problem(path, WrongValue::Missing),
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

    /// FIN-23: what is calculated, after what it is calculated from. What is absent leaves absent what
    /// needs it.
    fn calculate(&mut self, at: &str, form: &[Field], values: &mut BTreeMap<PropertyName, Value>) {
        let mut open: Vec<(&Field, &Expression)> = form
            .iter()
            .filter_map(|field| field.calculated.as_ref().map(|expression| (field, expression)))
            .collect();
        open.iter().for_each(|(field, _)| drop(values.remove(&field.name)));
        let mut failed: BTreeSet<&PropertyName> = BTreeSet::new();
        while !open.is_empty() {
            let names: BTreeSet<&PropertyName> =
                open.iter().map(|(field, _)| &field.name).collect();
            let (ready, later): (Vec<_>, Vec<_>) = open
                .iter()
                .partition(|(_, expression)| expression.uses().iter().all(|u| !names.contains(u)));
            if ready.is_empty() {
                // A ring, which no rule that was published has.
                return;
            }
            for (field, expression) in ready {
                let path = format!("{at}.{}", field.name);
                let is_told = expression.uses().iter().any(|name| failed.contains(name));
                match expression.evaluate(&field.of, values, self.rates) {
                    Ok(Some(value)) => drop(values.insert(field.name.clone(), value)),
                    // What it is calculated from is a problem already.
                    Ok(None) if is_told => drop(failed.insert(&field.name)),
                    Ok(None) if !field.required => {}
                    Ok(None) => self.problem(path, missing_for(expression, values)),
                    Err(why) => {
                        failed.insert(&field.name);
                        let from = expression.uses().iter().cloned().collect();
                        self.problem(path, WrongValue::NotCalculated { from, why });
                    }
                }
            }
            open = later;
        }
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
        self.calculate(at, form, &mut after);
        after
    }

    pub(super) fn items(&mut self, form: &[Field], items: &[Json]) -> Vec<Item> {
        if items.len() > MAX_ITEMS {
            self.problem("items", WrongItems::TooMany { found: items.len(), most: MAX_ITEMS });
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
                self.problem(path, WrongItems::Twice { item: item.resource });
            }
        }
        read
    }

    /// For whom it is: active people and service accounts, each once (REQ-6).
    pub(super) fn target_users(&mut self, directory: &Directory, logins: &[String]) -> Vec<UserId> {
        if logins.len() > MAX_TARGETS {
            let wrong = WrongPerson::TooMany { found: logins.len(), most: MAX_TARGETS };
            self.problem("target_users", wrong);
            return Vec::new();
        }
        let mut users = Vec::new();
        for (index, login) in logins.iter().enumerate() {
            let path = format!("target_users[{index}]");
            match read_literal(&PropertyType::User, &Json::String(login.clone()), self.names) {
                Ok(Value::User(person)) if directory.active(&person).is_none() => {
                    self.problem(path, WrongPerson::Deactivated { person });
                }
                Ok(Value::User(person)) if users.contains(&person) => {
                    self.problem(path, WrongPerson::Twice { person });
                }
                Ok(Value::User(id)) => users.push(id),
                Ok(_) => {}
                Err(message) => self.problem(path, message),
            }
        }
        users
    }

    /// DEC-7: what an approver did not grant is rejected for good.
    pub(super) fn refuse_rejected(&mut self, request: &Request) {
        let gone = |item: &&Item| {
            request.rejected_items.iter().any(|gone| gone.item.resource == item.resource)
        };
        for item in request.items.iter().filter(gone) {
            self.problem("items", WrongItems::RejectedForGood { item: item.resource.clone() });
        }
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

/// How two amounts compare by their signs alone.
fn signs(left: &Value, right: &Value) -> Option<Ordering> {
    let (Value::Money(left), Value::Money(right)) = (left, right) else { return None };
    let sign = |money: &Money| match money.amount {
        amount if amount.is_zero() => 0,
        amount if amount.is_sign_negative() => -1,
        _ => 1,
    };
    Some(sign(left).cmp(&sign(right))).filter(|order| order.is_ne())
}

fn missing_for(expression: &Expression, values: &BTreeMap<PropertyName, Value>) -> WrongValue {
    let uses = expression.uses().iter();
    let missing = uses.filter(|name| !values.contains_key(*name)).cloned().collect();
    WrongValue::CalculatedFromMissing { missing }
}

impl View<'_> {
    /// Bounds, subtrees and closed lists, of the properties and of each item (REQ-2, FIN-23). `found` is what
    /// reading them has found: items that could not be read are not among the request's.
    pub(super) fn check_values(
        &self,
        requester: &User,
        found: &[FieldProblem],
    ) -> Vec<FieldProblem> {
        let of_form =
            self.check_fields("properties", &self.rule.form, &self.request.properties, requester);
        let is_read = |place: &usize| {
            let path = format!("items[{place}]");
            let resource = format!("{path}.resource");
            found.iter().all(|problem| problem.field != path && problem.field != resource)
        };
        let of_items = (0..).filter(is_read).zip(&self.request.items).flat_map(|(place, item)| {
            let path = format!("items[{place}]");
            self.check_fields(&path, &self.rule.item_form, &item.fields, requester)
        });
        of_form.into_iter().chain(of_items).chain(self.check_lengths()).collect()
    }

    /// EXE-6b: windows are lengths on the clock.
    fn check_lengths(&self) -> Vec<FieldProblem> {
        let windows = self.rule.executors.iter().filter_map(|executor| executor.window.as_ref());
        let names: BTreeSet<&PropertyName> = windows.flat_map(Window::properties).collect();
        let is_of_business_days = |name: &&PropertyName| {
            let value = self.request.properties.get(*name);
            matches!(value, Some(Value::Duration(Span::BusinessDays(_))))
        };
        let problem = |name: &PropertyName| {
            FieldProblem::new(format!("properties.{name}"), WrongValue::NotOnTheClock)
        };
        names.into_iter().filter(is_of_business_days).map(problem).collect()
    }

    fn check_fields(
        &self,
        path: &str,
        form: &[Field],
        filled: &BTreeMap<PropertyName, Value>,
        requester: &User,
    ) -> Vec<FieldProblem> {
        let mut problems = Vec::new();
        for field in form {
            let Some(value) = filled.get(&field.name) else { continue };
            let values = match value {
                Value::List(values) => values.as_slice(),
                single => std::slice::from_ref(single),
            };
            let wrong = values.iter().filter_map(|value| self.check_value(field, value, requester));
            let path = format!("{path}.{}", field.name);
            problems.extend(wrong.map(|wrong| FieldProblem::new(&path, wrong)));
        }
        problems
    }

    fn check_value(&self, field: &Field, value: &Value, requester: &User) -> Option<WrongValue> {
        if let (Value::Money(money), None) = (value, &field.min)
            && money.amount.is_sign_negative()
            && !money.amount.is_zero()
        {
            return Some(WrongValue::Negative { money: money.clone() });
        }
        if let Some(wrong) = self.check_bounds(field, value) {
            return Some(wrong);
        }
        match value {
            Value::Node(node) => {
                let top = field.under.as_ref()?;
                let within = self.organization.directory.is_within(node, top);
                (!within).then(|| WrongValue::NotUnder { node: node.clone(), top: top.clone() })
            }
            Value::Choice(choice) => {
                let may = self.choices(field, requester);
                let wrong =
                    || WrongValue::NotAChoice { found: choice.clone(), among: may.to_vec() };
                (!may.contains(choice)).then(wrong)
            }
            Value::Attachment(sha256) => self.check_attached(sha256),
            _ => None,
        }
    }

    /// A bound that a value cannot be held against is not kept.
    fn check_bounds(&self, field: &Field, value: &Value) -> Option<WrongValue> {
        let found = || value.clone();
        let against =
            |bound: &Value, beyond: Ordering, wrong: WrongValue| match self.order(value, bound) {
                Ok(order) => (order == beyond).then_some(wrong),
                // Below and above zero it is on this side of the bound, whatever the rate.
                Err(Incomparable::NoRate(_)) => match signs(value, bound) {
                    Some(order) => (order == beyond).then_some(wrong),
                    None => Some(WrongValue::NoRate { value: found() }),
                },
                Err(Incomparable::Types) => {
                    Some(WrongValue::OtherUnit { value: found(), bound: bound.clone() })
                }
            };
        let least = field.min.as_ref().and_then(|least| {
            let wrong = WrongValue::BelowLeast { value: found(), least: least.clone() };
            against(least, Ordering::Less, wrong)
        });
        least.or_else(|| {
            let most = field.max.as_ref()?;
            let wrong = WrongValue::AboveMost { value: found(), most: most.clone() };
            against(most, Ordering::Greater, wrong)
        })
    }

    /// DIR-6, REQ-9: a file that the request does not have is no value of it.
    fn check_attached(&self, sha256: &str) -> Option<WrongValue> {
        let mut attached = self.request.talk.attachments.iter();
        let is_attached = attached.any(|file| file.sha256 == sha256);
        (!is_attached).then(|| WrongValue::NotAttached { sha256: sha256.to_owned() })
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
