//! Whom a `who` names: places, each somebody or nobody and why (STP-2, STP-3, STP-8).

use super::Found;
use crate::{
    directory::{NodeLevel, User},
    evaluate::View,
    extension::{Nominee, NomineeKind},
    ids::{AssignmentId, NodeId, PropertyName, ResourceId, UserId},
    question::{Ask, Source},
    request::{EmptyBecause, SeatWho},
    rule::{Assignment, Config, Step, Who, definition::SeatsDoc},
    value::Value,
};

impl View<'_> {
    /// The places of an assignment: one each, or `count` that any of them may fill (STP-3, STP-5).
    pub(crate) fn places(&self, step: &Step, assignment: &Assignment) -> Vec<Found> {
        let found = match &assignment.who {
            Who::Pick(_) => self.picked(step, &assignment.id),
            who => self.who(step, who, assignment.seats),
        };
        match (assignment.seats, assignment.count) {
            (Some(SeatsDoc::One), count) => {
                let several: Vec<SeatWho> =
                    found.iter().filter_map(|place| place.clone().ok()).collect();
                let place = match several.len() {
                    0 => return found,
                    1 => several.into_iter().next().unwrap_or(SeatWho::Nobody),
                    _ => SeatWho::AnyOf(several),
                };
                vec![Ok(place); count as usize]
            }
            (Some(SeatsDoc::Each), _) | (None, 1) => found,
            (None, count) => {
                let several = count as usize;
                found.into_iter().flat_map(|place| vec![place; several]).collect()
            }
        }
    }

    /// Whom a `who` names: never empty, so that every assignment that applies leaves a trace.
    pub(crate) fn who(&self, step: &Step, who: &Who, seats: Option<SeatsDoc>) -> Vec<Found> {
        let directory = &self.organization.directory;
        let each = seats == Some(SeatsDoc::Each);
        match who {
            Who::User(id) => vec![self.person(step, id)],
            Who::Group(group) if each => self
                .each(directory.members(group), EmptyBecause::GroupEmpty { group: group.clone() }),
            Who::Group(group) => vec![Ok(SeatWho::Group(group.clone()))],
            Who::Role(role) if each => {
                self.each(directory.with_role(*role), EmptyBecause::RoleEmpty { role: *role })
            }
            Who::Role(role) => vec![Ok(SeatWho::Role(*role))],
            Who::Node { property, level } => match self.request.properties.get(property) {
                Some(Value::Node(node)) if each => self.each_of_node(node, *level),
                Some(Value::Node(node)) => {
                    vec![Ok(SeatWho::Node { node: node.clone(), level: *level })]
                }
                _ => {
                    vec![Err(EmptyBecause::PropertyUnset { property: property.clone(), of: None })]
                }
            },
            Who::OwnerOf(property) => match self.request.properties.get(property) {
                Some(Value::Resource(resource)) => vec![self.owner(step, resource)],
                _ => vec![Err(EmptyBecause::NoOwner { resource: None })],
            },
            Who::OwnersOfItems => self.owners_of_items(step),
            // Of approvers that a seat has: `decide/due.rs` follows the chain from each.
            Who::OfApprover(_) => Vec::new(),
            Who::OfRequester(chain) => self.follow(step, &self.request.requester, chain),
            Who::OfRequest(first, rest) => self.of_request(step, first, rest),
            // Picks belong to assignments, by their id.
            Who::Pick(_) => vec![Err(EmptyBecause::NobodyPicked)],
            Who::Script(script) => {
                self.nominees(step, Source::Script(script.id.clone()), &script.config)
            }
            Who::Plugin(plugin) => {
                self.nominees(step, Source::Plugin(plugin.id.clone()), &plugin.config)
            }
        }
    }

    /// Whom the requester picked for an assignment (STP-2).
    fn picked(&self, step: &Step, assignment: &AssignmentId) -> Vec<Found> {
        match self.request.picks.get(assignment) {
            Some(people) if !people.is_empty() => {
                people.iter().map(|id| self.person(step, id)).collect()
            }
            Some(_) | None => vec![Err(EmptyBecause::NobodyPicked)],
        }
    }

    fn owners_of_items(&self, step: &Step) -> Vec<Found> {
        let mut owners: Vec<Found> =
            self.request.resources().map(|r| self.owner(step, r)).collect();
        owners.dedup();
        if owners.is_empty() { vec![Err(EmptyBecause::NoOwner { resource: None })] } else { owners }
    }

    /// The person, or who decides in their place (DIR-9).
    fn person(&self, step: &Step, id: &UserId) -> Found {
        match self.organization.directory.stand_in(id, &self.rule.id, &step.id) {
            Some(user) => Ok(SeatWho::Person(user.id.clone())),
            None => Err(EmptyBecause::Deactivated { user: id.clone(), property: None }),
        }
    }

    /// One seat per person, the requester left out where they may not approve (STP-9).
    fn each<'u>(&self, people: impl Iterator<Item = &'u User>, none: EmptyBecause) -> Vec<Found> {
        let mut there = false;
        let mut seats: Vec<Found> = Vec::new();
        for person in people {
            there = true;
            if !self.is_self(&person.id) {
                seats.push(Ok(SeatWho::Found(person.id.clone())));
            }
        }
        match (there, seats.is_empty()) {
            (true, true) => vec![Err(EmptyBecause::OnlyRequester)],
            (false, _) => vec![Err(none)],
            (true, false) => seats,
        }
    }

    fn each_of_node(&self, node: &NodeId, level: NodeLevel) -> Vec<Found> {
        let none = EmptyBecause::NodeEmpty { node: node.clone() };
        self.each(self.holders(node, level), none)
    }

    pub(super) fn holders(&self, node: &NodeId, level: NodeLevel) -> impl Iterator<Item = &User> {
        let directory = &self.organization.directory;
        directory
            .users()
            .filter(move |user| user.active && directory.level(user, node) >= Some(level))
    }

    fn owner(&self, step: &Step, resource: &ResourceId) -> Found {
        let owner = self.organization.directory.resource(resource).and_then(|r| r.owner.as_ref());
        match owner {
            Some(id) => self.person(step, id),
            None => Err(EmptyBecause::NoOwner { resource: Some(resource.clone()) }),
        }
    }

    fn of_request(&self, step: &Step, first: &PropertyName, rest: &[PropertyName]) -> Vec<Found> {
        let unset = || vec![Err(EmptyBecause::PropertyUnset { property: first.clone(), of: None })];
        match self.request.properties.get(first) {
            None => unset(),
            Some(value) => match self.named(step, value, rest) {
                seats if seats.is_empty() => unset(),
                seats => seats,
            },
        }
    }

    /// Follows `rest` from each user in a value; groups end a chain.
    fn named(&self, step: &Step, value: &Value, rest: &[PropertyName]) -> Vec<Found> {
        match value {
            Value::User(id) => match rest {
                [] => vec![self.person(step, id)],
                chain => self.follow(step, id, chain),
            },
            Value::Group(group) if rest.is_empty() => vec![Ok(SeatWho::Group(group.clone()))],
            Value::List(values) => {
                values.iter().flat_map(|value| self.named(step, value, rest)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// `manager.manager` from a person; the message names the property and whose profile lacks it.
    pub(crate) fn follow(&self, step: &Step, start: &UserId, chain: &[PropertyName]) -> Vec<Found> {
        let Some((property, rest)) = chain.split_first() else {
            return vec![self.person(step, start)];
        };
        let unset = || {
            let of = Some(start.clone());
            vec![Err(EmptyBecause::PropertyUnset { property: property.clone(), of })]
        };
        let directory = &self.organization.directory;
        // Of one who left without anybody in their place, the profile still says whom to ask.
        let person = directory.stand_in(start, &self.rule.id, &step.id).or(directory.user(start));
        match person.and_then(|person| person.properties.get(property)) {
            None => unset(),
            Some(value) => match self.named(step, value, rest) {
                seats if seats.is_empty() => unset(),
                seats => seats.into_iter().map(|seat| blame(seat, property, start)).collect(),
            },
        }
    }

    fn nominees(&self, step: &Step, source: Source, config: &Config) -> Vec<Found> {
        let name = source.name().to_owned();
        let nobody = |message| vec![Err(EmptyBecause::NobodyNamed { name: name.clone(), message })];
        let answer =
            self.inquiry.approvers(self.question(Ask::Approvers(source), config, Some(&step.id)));
        match answer {
            Err(failure) => nobody(Some(failure.message)),
            Ok(nominees) if nominees.is_empty() => nobody(None),
            Ok(nominees) => nominees.iter().map(|nominee| self.nominee(step, nominee)).collect(),
        }
    }

    fn nominee(&self, step: &Step, nominee: &Nominee) -> Found {
        match &nominee.who {
            NomineeKind::Group(group) => Ok(SeatWho::Group(group.clone())),
            NomineeKind::User(id) => {
                match self.organization.directory.stand_in(id, &self.rule.id, &step.id) {
                    Some(user) => Ok(SeatWho::Found(user.id.clone())),
                    None => Err(EmptyBecause::Deactivated { user: id.clone(), property: None }),
                }
            }
        }
    }
}

/// Says of a deactivated person which property of whose profile names them (STP-8).
fn blame(seat: Found, property: &PropertyName, of: &UserId) -> Found {
    seat.map_err(|why| match why {
        EmptyBecause::Deactivated { user, property: None } => {
            EmptyBecause::Deactivated { user, property: Some((property.clone(), of.clone())) }
        }
        other => other,
    })
}
