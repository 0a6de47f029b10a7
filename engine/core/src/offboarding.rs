//! Where an organization still rests on somebody who leaves (DIR-9, FIN-8).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    directory::{Directory, OrganizationRole, User, UserKind},
    evaluate::View,
    ids::{GroupId, PropertyName, RequestId, ResourceId, RuleId, StepId, UserId},
    request::{Seat, SeatWho},
    rule::{Rule, Step, Who, definition::QuorumDoc},
    value::Value,
};

/// A place where somebody is needed who leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeededPlace {
    /// Who leaves.
    pub user: UserId,
    /// Where they are needed.
    pub place: Place,
    /// The title of the rule or request.
    pub title: String,
    /// The title of the step.
    pub step: String,
    /// Why.
    pub why: NeededBecause,
}

/// A step of a rule or of an open request. Written `capex/unit`, as people name it in `replace_by`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A step of the newest version of a rule.
    Rule(RuleId, StepId),
    /// The active step of a request.
    Request(RequestId, StepId),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(rule, step) => write!(f, "{rule}/{step}"),
            Self::Request(request, step) => write!(f, "{request}/{step}"),
        }
    }
}

/// Why somebody is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeededBecause {
    /// The rule names them.
    Named,
    /// These people's property names them.
    Property {
        /// Such as `manager`.
        property: PropertyName,
        /// Whose.
        of: Vec<UserId>,
    },
    /// They own these resources.
    Owner(Vec<ResourceId>),
    /// The last active member of a group that has a seat.
    LastOfGroup(GroupId),
    /// The last one in an organization role that has a seat.
    LastOfRole(OrganizationRole),
    /// They hold an open seat by name.
    Seat,
    /// Nobody else can fill an open seat of several people.
    LastOfSeat,
}

/// The steps of a rule that somebody is a source of approvers for; `after` is the directory without
/// them (FIN-8).
#[must_use]
pub fn places_of_rule(rule: &Rule, user: &User, after: &Directory) -> Vec<NeededPlace> {
    let mut places = Vec::new();
    for step in &rule.steps {
        let named = step.assignments.iter().map(|assignment| &assignment.who);
        let whos = named.chain(&step.default_approvers);
        let why = whos.filter_map(|who| why_needed(who, user, after)).next();
        places.extend(why.map(|why| NeededPlace {
            user: user.id.clone(),
            place: Place::Rule(rule.id.clone(), step.id.clone()),
            title: rule.title.clone(),
            step: step.title.clone(),
            why,
        }));
    }
    places
}

fn why_needed(who: &Who, user: &User, after: &Directory) -> Option<NeededBecause> {
    let is_person = |user: &&User| user.kind == UserKind::Person;
    match who {
        Who::User(id) => (*id == user.id).then_some(NeededBecause::Named),
        Who::Group(group) => {
            let is_last =
                user.groups.contains(group) && !after.members(group).any(|u| is_person(&u));
            is_last.then(|| NeededBecause::LastOfGroup(group.clone()))
        }
        Who::Role(role) => {
            let is_last = user.role == *role && !after.with_role(*role).any(|u| is_person(&u));
            is_last.then_some(NeededBecause::LastOfRole(*role))
        }
        Who::OfRequester(chain) => {
            let property = chain.last()?;
            let of: Vec<UserId> = after
                .users()
                .filter(|other| other.active)
                .filter(|other| other.properties.get(property).is_some_and(|v| names(v, &user.id)))
                .map(|other| other.id.clone())
                .collect();
            (!of.is_empty()).then(|| NeededBecause::Property { property: property.clone(), of })
        }
        Who::OwnerOf(_) | Who::OwnersOfItems => {
            let owned = after.resources().filter(|r| r.owner.as_ref() == Some(&user.id));
            let owned: Vec<ResourceId> = owned.map(|resource| resource.id.clone()).collect();
            (!owned.is_empty()).then_some(NeededBecause::Owner(owned))
        }
        // Whom these name is known request by request.
        Who::Node { .. }
        | Who::OfRequest(..)
        | Who::OfApprover(_)
        | Who::Pick(_)
        | Who::Script(_)
        | Who::Plugin(_) => None,
    }
}

fn names(value: &Value, id: &UserId) -> bool {
    match value {
        Value::User(user) => user == id,
        Value::List(values) => values.iter().any(|value| names(value, id)),
        _ => false,
    }
}

/// Whether a step that needs every seat filled has one already that is this person's alone.
#[must_use]
pub fn decides_already(step: &Step, person: &UserId) -> bool {
    step.quorum == QuorumDoc::All
        && step.assignments.iter().any(|assignment| assignment.who == Who::User(person.clone()))
}

/// The open seat of a request that nobody else can fill, where there is one; both views are of the
/// same request, with the people before and after somebody left.
#[must_use]
pub fn place_of_request(before: &View<'_>, after: &View<'_>, user: &UserId) -> Option<NeededPlace> {
    let (id, open, step) = before.active_step()?;
    if !before.request.is_open() || open.decision_of(user).is_some() {
        return None;
    }
    let held = open.seats.iter().filter(|seat| {
        before.seat_candidates(step, seat).contains(user)
            && after.seat_candidates(step, seat).is_empty()
    });
    let why = held
        .map(|seat| if holds(seat, user) { NeededBecause::Seat } else { NeededBecause::LastOfSeat })
        .min_by_key(|why| *why != NeededBecause::Seat)?;
    let place = Place::Request(before.request.id.clone(), id.clone());
    let (title, step) = (before.request.title.clone(), step.title.clone());
    Some(NeededPlace { user: user.clone(), place, title, step, why })
}

/// Whether a seat is held by this person, named or found.
#[must_use]
pub(crate) fn holds(seat: &Seat, user: &UserId) -> bool {
    fn names_one(who: &SeatWho, user: &UserId) -> bool {
        match who {
            SeatWho::Person(id) | SeatWho::Found(id) => id == user,
            SeatWho::AnyOf(several) => several.iter().any(|who| names_one(who, user)),
            SeatWho::Group(_) | SeatWho::Role(_) | SeatWho::Node { .. } | SeatWho::Nobody => false,
        }
    }
    let further = || seat.also.iter().any(|further| names_one(&further.who, user));
    !seat.is_without(user) && (names_one(&seat.who, user) || further())
}
