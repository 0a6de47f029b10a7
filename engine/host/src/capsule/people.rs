//! The people that an answer rested on.

use std::collections::BTreeMap;

use engine_core::{
    directory::{Directory, Group, User},
    extension::{ConfigValue, NomineeKind, Presence, Receipt, Verdict},
    ids::{GroupId, UserId},
    value::Value,
};
use serde_json::Value as Json;

use super::Answered;
use crate::call::{Call, Read, Trace};

/// People and their groups, and other groups that were looked at.
pub(super) fn that_matter(
    call: &Call,
    trace: &Trace,
    answer: &Answered,
) -> (Vec<User>, Vec<Group>) {
    let directory = &call.directory;
    let mut users: BTreeMap<&UserId, &User> = BTreeMap::new();
    let mut groups: BTreeMap<&GroupId, &Group> = BTreeMap::new();
    let (mut ids, mut wanted) = (asked_about(call), Vec::new());
    for read in trace.reads.iter() {
        match read {
            Read::User(id, _) => ids.push(id.clone()),
            Read::Login(login) => {
                ids.extend(directory.by_login(login).map(|user| user.id.clone()));
            }
            Read::Members(group) => {
                wanted.push(group.clone());
                ids.extend(directory.members(group).map(|user| user.id.clone()));
            }
            Read::Group(group) => wanted.push(group.clone()),
            Read::Fact(_) | Read::Property(_) | Read::Field(..) | Read::Other(_) => {}
        }
    }
    answered(answer, &mut ids, &mut wanted);
    for user in ids.iter().filter_map(|id| directory.user(id)) {
        users.insert(&user.id, user);
        wanted.extend(user.groups.iter().cloned());
    }
    for group in wanted.iter().filter_map(|id| directory.group(id)) {
        groups.insert(&group.id, group);
    }
    (users.into_values().cloned().collect(), groups.into_values().cloned().collect())
}

/// Adds those whom a receipt names.
pub(super) fn add_named(users: &mut Vec<User>, receipt: &Receipt, directory: &Directory) {
    let mut ids = Vec::new();
    of_receipt(receipt, &mut ids);
    for user in ids.iter().filter_map(|id| directory.user(id)) {
        if !users.iter().any(|known| known.id == user.id) {
            users.push(user.clone());
        }
    }
}

/// Those whom the request and the settings name.
fn asked_about(call: &Call) -> Vec<UserId> {
    let facts = &call.facts;
    let mut ids: Vec<UserId> =
        std::iter::once(&facts.requester).chain(&facts.target_users).cloned().collect();
    let fields = facts.items.iter().flat_map(|item| item.fields.values());
    let settings = call.config.values().filter_map(|setting| match setting {
        ConfigValue::Property(value) => Some(value),
        ConfigValue::Json(_) => None,
    });
    for value in facts.properties.values().chain(fields).chain(settings) {
        of_value(value, &mut ids);
    }
    ids
}

/// Those whom the answer names.
fn answered(answer: &Answered, ids: &mut Vec<UserId>, groups: &mut Vec<GroupId>) {
    match answer {
        Answered::Nominees(nominees) => {
            for nominee in nominees {
                match &nominee.who {
                    NomineeKind::User(id) => ids.push(id.clone()),
                    NomineeKind::Group(id) => groups.push(id.clone()),
                }
            }
        }
        Answered::Verdict(Verdict::Unmet(why)) => {
            why.arguments.values().for_each(|value| of_value(value, ids));
        }
        Answered::Problems(problems) => {
            let arguments = problems.iter().flat_map(|problem| problem.why.arguments.values());
            arguments.for_each(|value| of_value(value, ids));
        }
        Answered::Receipt(receipt) | Answered::Presence(Presence::Happened(receipt)) => {
            of_receipt(receipt, ids);
        }
        Answered::Verdict(Verdict::Met)
        | Answered::Plan(_)
        | Answered::Presence(Presence::DidNotHappen | Presence::CannotTell(_))
        | Answered::Failed(_) => {}
    }
}

fn of_value(value: &Value, ids: &mut Vec<UserId>) {
    match value {
        Value::User(id) => ids.push(id.clone()),
        Value::List(values) => values.iter().for_each(|value| of_value(value, ids)),
        _ => {}
    }
}

/// A receipt holds users as `{"user": "u-ann"}`, in lists too.
fn of_receipt(receipt: &Receipt, ids: &mut Vec<UserId>) {
    let mut left: Vec<&Json> = receipt.fields.values().collect();
    while let Some(json) = left.pop() {
        match json {
            Json::Array(values) => left.extend(values),
            Json::Object(fields) => {
                let named = fields.get("user").and_then(Json::as_str);
                ids.extend(named.and_then(|id| UserId::parse(id).ok()));
            }
            _ => {}
        }
    }
}
