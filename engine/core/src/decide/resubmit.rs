//! An ended request is asked for again, as a draft (REQ-5, FIN-20).

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{Changes, Context, Draft, active_person, draft::unsubmitted};
use crate::{
    command::{Resubmit, Submit},
    event::Event,
    extension::Item,
    ids::{PropertyName, UserId},
    organization::Organization,
    question::Inquiry,
    rejection::{FieldProblem, Forbidden, Lost, Rejection, Wrong, WrongPerson},
    request::{Request, Written},
    rule::{Field, Names, read_literal, write_literal},
    value::Value,
    visibility::sees,
};

/// The draft of a new request with what the old one asked for; what is not there any more is left out
/// and named. It is not urgent: what was urgent then need not be now.
pub(super) fn resubmit<'a>(
    context: &'a Context<'a>,
    inquiry: &'a Inquiry<'a>,
    command: &Resubmit,
) -> Result<Changes, Rejection> {
    let author = active_person(context)?;
    let old = &*command.old;
    if !sees(&context.organization.directory, context.rule, old, author, context.meta.at) {
        return Err(Rejection::NotFound);
    }
    if old.requester != author.id {
        let requester = old.requester.clone();
        let why = Forbidden::OnlyRequester { requester, in_review: false };
        return Err(Rejection::Forbidden(why));
    }
    if !old.has_ended() {
        return Err(Rejection::WrongStatus { status: old.status(), why: None });
    }
    let names = Names::of_organization(context.organization);
    let mut copy = Copy { names: &names, dropped: Vec::new() };
    let submit = Submit {
        id: command.id.clone(),
        properties: copy.values("properties", &context.rule.form, &old.properties),
        items: copy.items(&context.rule.item_form, &old.items),
        picks: copy.picks(context.organization, old),
        target_users: copy.people("target_users", context.organization, &old.target_users),
        title: old.title.clone(),
        reason: old.reason.clone(),
        urgent: false,
        approval_expires: None,
        ends: copy.end(old.ends, context.meta.at),
    };
    let written = Written { submit, resubmits: Some(command.of.clone()), dropped: copy.dropped };
    let request = Request { group: old.group.clone(), ..unsubmitted(context, author, written, 1) };
    let mut draft = Draft::new(context, inquiry, request);
    draft.record(Event::DraftSaved(Box::new(draft.request.clone())));
    Ok(draft.finish())
}

/// Takes over what is still there.
struct Copy<'a> {
    names: &'a Names<'a>,
    dropped: Vec<FieldProblem>,
}

impl Copy<'_> {
    fn drop(&mut self, field: String, wrong: impl Into<Wrong>) {
        self.dropped.push(FieldProblem::new(field, wrong));
    }

    fn values(
        &mut self,
        at: &str,
        form: &[Field],
        values: &BTreeMap<PropertyName, Value>,
    ) -> BTreeMap<String, Json> {
        let mut copied = BTreeMap::new();
        for (name, value) in values {
            let path = format!("{at}.{name}");
            let Some(field) = form.iter().find(|field| field.name == *name) else {
                self.drop(path, Lost::NotInForm);
                continue;
            };
            match self.value(field, value) {
                Ok(json) => drop(copied.insert(name.to_string(), json)),
                Err(wrong) => self.drop(path, wrong),
            }
        }
        copied
    }

    fn value(&self, field: &Field, value: &Value) -> Result<Json, Wrong> {
        let parts = match value {
            Value::List(values) => values.as_slice(),
            single => std::slice::from_ref(single),
        };
        if let Some(wrong) = parts.iter().find_map(|part| self.gone(field, part)) {
            return Err(wrong.into());
        }
        let json = write_literal(value, self.names)?;
        read_literal(&field.of, &json, self.names)?;
        Ok(json)
    }

    /// What cannot be there any more though the form asks for the same.
    fn gone(&self, field: &Field, value: &Value) -> Option<Lost> {
        let is_there = match value {
            // It belongs to the request that it was attached to.
            Value::Attachment(_) => return Some(Lost::OfOldRequest),
            Value::Choice(found) if !field.values.contains(found) => {
                let (found, among) = (found.clone(), field.values.clone());
                return Some(Lost::NotAChoice { found, among });
            }
            Value::User(id) => self.names.directory().user(id).is_some(),
            Value::Group(id) => self.names.has_group(id),
            Value::Node(id) => self.names.has_node(id),
            Value::Resource(id) => self.names.has_resource(id),
            Value::Text(_)
            | Value::Number(_)
            | Value::Decimal(_)
            | Value::Money(_)
            | Value::Boolean(_)
            | Value::Date(_)
            | Value::Timestamp(_)
            | Value::Duration(_)
            | Value::Choice(_)
            | Value::List(_) => true,
        };
        (!is_there).then(|| Lost::NotThere { value: value.clone() })
    }

    fn items(&mut self, form: &[Field], items: &[Item]) -> Vec<Json> {
        let mut copied = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = format!("items[{index}]");
            if !self.names.has_resource(&item.resource) {
                let value = Value::Resource(item.resource.clone());
                self.drop(path, Lost::NotThere { value });
                continue;
            }
            let resource = Json::String(item.resource.to_string());
            let mut fields = self.values(&path, form, &item.fields);
            fields.insert("resource".to_owned(), resource);
            copied.push(Json::Object(fields.into_iter().collect()));
        }
        copied
    }

    /// By login; somebody who may not be picked any more is found when the draft is submitted.
    fn picks(
        &mut self,
        organization: &Organization,
        old: &Request,
    ) -> BTreeMap<String, Vec<String>> {
        let mut copied = BTreeMap::new();
        for (assignment, people) in &old.picks {
            let logins = self.people(&format!("picks.{assignment}"), organization, people);
            copied.insert(assignment.to_string(), logins);
        }
        copied
    }

    fn people(
        &mut self,
        field: &str,
        organization: &Organization,
        people: &[UserId],
    ) -> Vec<String> {
        let mut logins = Vec::new();
        for id in people {
            match organization.directory.user(id) {
                Some(user) if user.active => logins.push(user.login.to_string()),
                Some(_) => {
                    self.drop(field.to_owned(), WrongPerson::Deactivated { person: id.clone() });
                }
                None => {
                    let value = Value::User(id.clone());
                    self.drop(field.to_owned(), Lost::NotThere { value });
                }
            }
        }
        logins
    }

    fn end(
        &mut self,
        ends: Option<chrono::DateTime<chrono::Utc>>,
        at: chrono::DateTime<chrono::Utc>,
    ) -> Option<chrono::DateTime<chrono::Utc>> {
        if ends.is_some_and(|ends| ends <= at) {
            self.drop("ends".to_owned(), Lost::NotAhead);
            return None;
        }
        ends
    }
}
