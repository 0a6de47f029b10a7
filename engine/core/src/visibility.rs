//! Who sees a request: one definition, used everywhere (REQ-10).

use crate::{
    directory::{Directory, NodeLevel, OrganizationRole, User},
    ids::{NodeId, UserId},
    request::{Request, SeatWho},
    rule::{Rule, Who, definition::AccessPolicy},
    value::Value,
};

/// Whether a person sees a request. Everyone else gets *not found*.
#[must_use]
pub fn sees(directory: &Directory, rule: &Rule, request: &Request, person: &User) -> bool {
    if !person.active {
        return false;
    }
    person.role == OrganizationRole::Auditor
        || request.watchers.contains(&person.id)
        || takes_part(directory, rule, request, person)
}

/// Whether a person sees a request for more than watching or auditing it: those who may talk about it and
/// say who watches it (REQ-9).
#[must_use]
pub fn takes_part(directory: &Directory, rule: &Rule, request: &Request, person: &User) -> bool {
    let by_role = match person.role {
        OrganizationRole::Owner | OrganizationRole::Administrator => true,
        OrganizationRole::Auditor | OrganizationRole::WorkflowManager | OrganizationRole::User => {
            false
        }
    };
    by_role
        || is_involved(directory, request, person)
        || may_execute(rule, request, person)
        || (rule.access == AccessPolicy::Seat && has_seat(directory, request, person))
}

/// Access that `access: strict` asks of a decision-maker: without the roles that see everything, and
/// without seats that do not name the person (ELG-1 b).
#[must_use]
pub(crate) fn is_involved(directory: &Directory, request: &Request, person: &User) -> bool {
    request.is_for(&person.id)
        || named_in_property(request, &person.id)
        || holds_all_nodes(directory, request, person)
        || request
            .opened()
            .flat_map(|(_, step)| &step.seats)
            .any(|seat| is_named(&seat.who, &person.id))
        || request.former_seats.iter().any(|who| is_named(who, &person.id))
}

fn named_in_property(request: &Request, id: &UserId) -> bool {
    fn names(value: &Value, id: &UserId) -> bool {
        match value {
            Value::User(user) => user == id,
            Value::List(values) => values.iter().any(|value| names(value, id)),
            _ => false,
        }
    }
    request.properties.values().any(|value| names(value, id))
}

/// Read permission on all nodes of the request; a request without nodes gives nobody sight this way.
fn holds_all_nodes(directory: &Directory, request: &Request, person: &User) -> bool {
    fn collect<'a>(value: &'a Value, into: &mut Vec<&'a NodeId>) {
        match value {
            Value::Node(node) => into.push(node),
            Value::List(values) => values.iter().for_each(|value| collect(value, into)),
            _ => {}
        }
    }
    let mut nodes = Vec::new();
    request.properties.values().for_each(|value| collect(value, &mut nodes));
    !nodes.is_empty()
        && nodes.iter().all(|node| directory.level(person, node) >= Some(NodeLevel::Read))
}

/// A seat by name: directly, by property, pick or ad hoc.
pub(crate) fn is_named(who: &SeatWho, id: &UserId) -> bool {
    match who {
        SeatWho::Person(person) => person == id,
        SeatWho::AnyOf(several) => several.iter().any(|who| is_named(who, id)),
        SeatWho::Found(_)
        | SeatWho::Group(_)
        | SeatWho::Role(_)
        | SeatWho::Node { .. }
        | SeatWho::Nobody => false,
    }
}

/// A seat of an activated step, past ones too.
fn has_seat(directory: &Directory, request: &Request, person: &User) -> bool {
    request.opened().any(|(_, step)| {
        step.decision_of(&person.id).is_some()
            || step.seats.iter().any(|seat| may_fill(directory, &seat.who, person))
    }) || request.former_seats.iter().any(|who| may_fill(directory, who, person))
}

/// Whether a seat is this person's or their group's or role's, live (FIN-18).
#[must_use]
pub(crate) fn may_fill(directory: &Directory, who: &SeatWho, person: &User) -> bool {
    match who {
        SeatWho::Person(id) | SeatWho::Found(id) => *id == person.id,
        SeatWho::Group(group) => person.groups.contains(group),
        SeatWho::Role(role) => person.role == *role,
        SeatWho::Node { node, level } => directory.level(person, node) >= Some(*level),
        SeatWho::AnyOf(several) => several.iter().any(|who| may_fill(directory, who, person)),
        SeatWho::Nobody => false,
    }
}

/// Whether this person may press *run* on one of its executions.
pub(crate) fn may_execute(rule: &Rule, request: &Request, person: &User) -> bool {
    rule.executors
        .iter()
        .filter_map(|executor| executor.manual.as_ref())
        .any(|whos| is_among(whos, request, person))
}

/// Whether a person is one of `whos`, for lists that name people without seats: submitters,
/// executors.
#[must_use]
pub(crate) fn is_among(whos: &[Who], request: &Request, person: &User) -> bool {
    whos.iter().any(|who| match who {
        Who::User(id) => *id == person.id,
        Who::Group(group) => person.groups.contains(group),
        Who::Role(role) => person.role == *role,
        Who::OfRequest(name, rest) => {
            rest.is_empty() && request.properties.get(name) == Some(&Value::User(person.id.clone()))
        }
        Who::OfRequester(chain) => chain.is_empty() && request.requester == person.id,
        Who::Node { .. }
        | Who::OfApprover(_)
        | Who::OwnerOf(_)
        | Who::OwnersOfItems
        | Who::Script(_)
        | Who::Plugin(_) => false,
    })
}
