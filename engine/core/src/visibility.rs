//! Who sees a request: one definition, used everywhere (REQ-10).

use chrono::{DateTime, Utc};

use crate::{
    directory::{Directory, NodeLevel, OrganizationRole, User, UserKind},
    ids::{NodeId, UserId},
    request::{Execution, Request, Seat, SeatWho},
    rule::{Rule, Who, definition::AccessPolicy},
    value::Value,
};

/// Whether a person sees a request. Everyone else gets *not found*.
#[must_use]
pub fn sees(
    directory: &Directory,
    rule: &Rule,
    request: &Request,
    person: &User,
    at: DateTime<Utc>,
) -> bool {
    if !person.active {
        return false;
    }
    if request.is_draft() {
        return request.requester == person.id || administrates(person);
    }
    person.role == OrganizationRole::Auditor
        || request.talk.watchers.contains(&person.id)
        || takes_part(directory, rule, request, person, at)
}

/// Whether a person sees a request for more than watching or auditing it: those who may talk about it and
/// say who watches it (REQ-9).
#[must_use]
pub fn takes_part(
    directory: &Directory,
    rule: &Rule,
    request: &Request,
    person: &User,
    at: DateTime<Utc>,
) -> bool {
    let by_role = match person.role {
        OrganizationRole::Owner | OrganizationRole::Administrator => true,
        OrganizationRole::Auditor | OrganizationRole::WorkflowManager | OrganizationRole::User => {
            false
        }
    };
    by_role
        || is_involved(directory, request, person)
        || may_execute(rule, request, person)
        || reviews_receipt(rule, request, person)
        || reviews(directory, request, person)
        || (rule.access == AccessPolicy::Seat && has_seat(directory, request, person))
        || has_decided_for_others(request, &person.id)
        || stands_in(directory, rule, request, person, at)
}

/// Whether this person stands in for somebody who sees it and has a seat (DEC-8).
pub(crate) fn stands_in(
    directory: &Directory,
    rule: &Rule,
    request: &Request,
    person: &User,
    at: DateTime<Utc>,
) -> bool {
    let mut delegators = directory.delegators(&person.id, at);
    delegators.any(|of| {
        has_seat(directory, request, of)
            && match rule.access {
                AccessPolicy::Seat => true,
                AccessPolicy::Strict => is_involved(directory, request, of),
            }
    })
}

/// Who decided for somebody keeps sight of it when the delegation has ended (DEC-8).
fn has_decided_for_others(request: &Request, id: &UserId) -> bool {
    request.opened().any(|(_, step)| {
        step.decision_by(id).is_some_and(|decision| decision.on_behalf_of.is_some())
    })
}

/// Drafts are their author's, and administrators'.
fn administrates(person: &User) -> bool {
    match person.role {
        OrganizationRole::Owner | OrganizationRole::Administrator => true,
        OrganizationRole::WorkflowManager | OrganizationRole::Auditor | OrganizationRole::User => {
            false
        }
    }
}

/// A reviewer of it, once it was in review.
fn reviews(directory: &Directory, request: &Request, person: &User) -> bool {
    let review = request.review.iter();
    review.flat_map(|review| &review.reviewers).any(|who| may_fill(directory, who, person))
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
            .any(|seat| person.kind == UserKind::Person && is_named_by(seat, &person.id))
        || (person.kind == UserKind::Person
            && request.former_seats.iter().any(|who| is_named(who, &person.id)))
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

/// A seat that names a person, also one that they passed on: only the right to decide moves (STP-16).
pub(crate) fn is_named_by(seat: &Seat, id: &UserId) -> bool {
    is_named(&seat.who, id)
        || seat.merged.iter().any(|same| is_named(&same.who, id))
        || seat.also.iter().any(|further| is_named(&further.who, id))
}

/// A seat of an activated step, past ones too.
fn has_seat(directory: &Directory, request: &Request, person: &User) -> bool {
    request.opened().any(|(_, step)| {
        step.decision_of(&person.id).is_some()
            || step
                .seats
                .iter()
                .any(|seat| may_fill_seat(directory, seat, person) || has_passed(seat, &person.id))
    }) || request.former_seats.iter().any(|who| may_fill(directory, who, person))
}

fn has_passed(seat: &Seat, id: &UserId) -> bool {
    seat.without.iter().any(|without| without.user == *id && without.passed_to.is_some())
}

/// Whether a seat is this person's to fill, as it is named and as people changed it.
#[must_use]
pub(crate) fn may_fill_seat(directory: &Directory, seat: &Seat, person: &User) -> bool {
    seat.is_also(&person.id)
        || (may_fill(directory, &seat.who, person)
            && seat.merged.iter().all(|same| may_fill(directory, &same.who, person))
            && !seat.is_without(&person.id))
}

/// Whether a person may set and lift a hold: the owner, an administrator, the requester, and an approver,
/// who is somebody with a seat or a decision in a step that is or was active (REQ-7).
#[must_use]
pub fn may_hold(directory: &Directory, request: &Request, person: &User) -> bool {
    matches!(person.role, OrganizationRole::Owner | OrganizationRole::Administrator)
        || request.requester == person.id
        || has_seat(directory, request, person)
}

/// Whether a seat is this person's or their group's or role's, live (FIN-18).
#[must_use]
pub(crate) fn may_fill(directory: &Directory, who: &SeatWho, person: &User) -> bool {
    // Service accounts submit and never decide: a seat is never theirs, and shows them nothing.
    person.kind == UserKind::Person && is_seated(directory, who, person)
}

fn is_seated(directory: &Directory, who: &SeatWho, person: &User) -> bool {
    match who {
        SeatWho::Person(id) | SeatWho::Found(id) => *id == person.id,
        SeatWho::Group(group) => person.groups.contains(group),
        SeatWho::Role(role) => person.role == *role,
        SeatWho::Node { node, level } => directory.level(person, node) >= Some(*level),
        SeatWho::AnyOf(several) => several.iter().any(|who| is_seated(directory, who, person)),
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

/// Whether this person says that a grant is used for the first time (EXE-6b): those who have it, who gave it
/// by hand, administrators, and service accounts, since a gateway sees what people use. Of those who see the
/// request.
#[must_use]
pub fn may_report_use(
    rule: &Rule,
    request: &Request,
    execution: &Execution,
    person: &User,
) -> bool {
    let manual = rule.executor(execution.binding()).and_then(|executor| executor.manual.as_ref());
    request.is_for(&person.id)
        || administrates(person)
        || person.kind == UserKind::Service
        || manual.is_some_and(|whos| is_among(whos, request, person))
}

/// Whether this person reads afterwards what was done (REQ-12).
#[must_use]
pub fn reviews_receipt(rule: &Rule, request: &Request, person: &User) -> bool {
    is_among(&rule.receipt_reviewers, request, person)
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
        | Who::Pick(_)
        | Who::Script(_)
        | Who::Plugin(_) => false,
    })
}
