//! Codes and typed arguments to sentences for people.
//!
//! Whoever reads them knows no code: names instead of ids, and what to do next where something can
//! be done. To add a code: its variant in the core; the exhaustive matches here then ask for a
//! sentence, and `tests.rs` for its wording.

mod condition;
mod event;
mod execution;
mod failure;
mod field;
mod forbidden;
mod meaning;
mod notice;
mod offboarding;
mod rejection;
mod request;
mod shortage;
#[cfg(test)]
mod tests;
mod time;
mod unmet;
mod value;
mod wrong;

use chrono_tz::Tz;
use engine_core::{
    directory::{Directory, OrganizationRole, User},
    ids::{AssignmentId, ExecutionId, GroupId, NodeId, PropertyName, ResourceId, StepId, UserId},
    request::{Seat, SeatWho},
    rule::{Rule, Who},
};

pub use failure::because;
pub use meaning::{SaidByServer, meaning};
pub use notice::NOT_SEEN;
pub use unmet::Whom;

/// How many of several things one reads before the rest is counted.
const READ: usize = 8;

/// Where names are looked up: the people of today, and the rule of the request.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    directory: &'a Directory,
    rule: Option<&'a Rule>,
    zone: Tz,
}

impl<'a> Names<'a> {
    /// Names of people and places only.
    #[must_use]
    pub fn of_directory(directory: &'a Directory) -> Self {
        Self { directory, rule: None, zone: Tz::UTC }
    }

    /// Names of people and places, and titles of the rule's steps.
    #[must_use]
    pub fn of_rule(directory: &'a Directory, rule: &'a Rule) -> Self {
        Self { rule: Some(rule), ..Self::of_directory(directory) }
    }

    /// The same, with times told in this time zone; else they are told in UTC.
    #[must_use]
    pub fn in_zone(self, zone: Tz) -> Self {
        Self { zone, ..self }
    }

    /// The rule whose titles are used.
    #[must_use]
    pub fn rule(&self) -> Option<&'a Rule> {
        self.rule
    }

    /// `Ann Example (ann)`, or the login where that is all there is.
    #[must_use]
    pub fn person(&self, id: &UserId) -> String {
        match self.directory.user(id) {
            Some(User { login, name, .. }) if name == login.as_str() => name.clone(),
            Some(User { login, name, .. }) => format!("{name} ({login})"),
            None => "somebody who is no longer in the directory".to_owned(),
        }
    }

    /// The login; the id of somebody who was removed.
    #[must_use]
    pub fn login(&self, id: &UserId) -> String {
        self.directory.user(id).map_or_else(|| id.to_string(), |user| user.login.to_string())
    }

    /// The group's name.
    #[must_use]
    pub fn group(&self, id: &GroupId) -> String {
        let group = self.directory.group(id);
        group.map_or_else(|| gone("group", id.as_str()), |group| group.name.clone())
    }

    pub(crate) fn node(&self, id: &NodeId) -> String {
        let node = self.directory.node(id);
        node.map_or_else(|| gone("place", id.as_str()), |node| node.name.clone())
    }

    pub(crate) fn resource(&self, id: &ResourceId) -> String {
        let resource = self.directory.resource(id);
        resource.map_or_else(|| gone("resource", id.as_str()), |resource| resource.name.clone())
    }

    /// The step's title in quotes.
    pub(crate) fn step(&self, id: &StepId) -> String {
        let step = self.rule.and_then(|rule| rule.step(id));
        let title = step.map(|step| step.title.as_str()).filter(|title| *title != id.as_str());
        format!("“{}”", title.map_or_else(|| label(id.as_str()), str::to_owned))
    }

    /// What an execution does: `“Grant” for Orders`.
    pub(crate) fn work(&self, id: &ExecutionId) -> String {
        let what = format!("“{}”", label(id.binding.as_str()));
        match &id.item {
            Some(item) => format!("{what} for {}", self.resource(item)),
            None => what,
        }
    }

    /// Whom an assignment of a step names, such as `Unit Directors`.
    pub(crate) fn assignment(&self, step: &StepId, id: &AssignmentId) -> String {
        let step = self.rule.and_then(|rule| rule.step(step));
        let assignment = step.and_then(|step| step.assignment(id));
        assignment.map_or_else(|| label(id.as_str()), |assignment| self.who(&assignment.who, id))
    }

    pub(crate) fn who(&self, who: &Who, id: &AssignmentId) -> String {
        self.named(who).unwrap_or_else(|| label(id.as_str()))
    }

    /// What a rule calls somebody in words; none where it only says how they are found.
    pub(crate) fn named(&self, who: &Who) -> Option<String> {
        match who {
            Who::User(user) => Some(self.person(user)),
            Who::Group(group) => Some(self.group(group)),
            Who::Role(role) => Some(holders(*role).to_owned()),
            Who::Node { .. }
            | Who::OwnerOf(_)
            | Who::OwnersOfItems
            | Who::OfRequester(_)
            | Who::OfRequest(..)
            | Who::Pick(_)
            | Who::OfApprover(_)
            | Who::Script(_)
            | Who::Plugin(_) => None,
        }
    }

    /// Somebody whom a rule names, in a sentence about people: `the requester's manager`.
    pub(crate) fn somebody(&self, who: &Who) -> String {
        let chain = |first: &str, rest: &[PropertyName]| {
            rest.iter().fold(first.to_owned(), |of, name| format!("{of}'s {}", property(name)))
        };
        match who {
            Who::User(user) => self.person(user),
            Who::Group(group) => self.group(group),
            Who::Role(role) => holders(*role).to_owned(),
            Who::OfRequester(rest) => chain("the requester", rest),
            Who::OfRequest(name, rest) => chain(&format!("the {}", property(name)), rest),
            Who::OwnerOf(name) => format!("the owner of the {}", property(name)),
            Who::Node { property: name, .. } => {
                format!("those responsible for the {}", property(name))
            }
            Who::OwnersOfItems => "the owners of what is asked for".to_owned(),
            Who::OfApprover(rest) => chain("an approver", rest),
            Who::Pick(_) => "whom the requester picks".to_owned(),
            Who::Script(_) | Who::Plugin(_) => "whom the rule finds".to_owned(),
        }
    }

    /// Who may fill a seat, as people changed it.
    pub(crate) fn seat_of(&self, seat: &Seat) -> String {
        let is_passed = match &seat.who {
            SeatWho::Person(user) | SeatWho::Found(user) => seat.is_without(user),
            SeatWho::Nobody => !seat.also.is_empty(),
            SeatWho::Group(_) | SeatWho::Role(_) | SeatWho::Node { .. } | SeatWho::AnyOf(_) => {
                false
            }
        };
        let mut all: Vec<String> =
            seat.also.iter().map(|further| self.seat(&further.who)).collect();
        if !is_passed {
            all.insert(0, self.seat(&seat.who));
        }
        alternatives(&all)
    }

    /// Who may fill a seat.
    pub(crate) fn seat(&self, who: &SeatWho) -> String {
        match who {
            SeatWho::Person(user) | SeatWho::Found(user) => self.person(user),
            SeatWho::Group(group) => format!("any of {}", self.group(group)),
            SeatWho::Role(role @ OrganizationRole::Owner) => holders(*role).to_owned(),
            SeatWho::Role(role) => format!("any of {}", holders(*role)),
            SeatWho::Node { node, .. } => format!("anybody with rights at {}", self.node(node)),
            SeatWho::AnyOf(several) => {
                alternatives(&several.iter().map(|who| self.seat(who)).collect::<Vec<_>>())
            }
            SeatWho::Nobody => "nobody".to_owned(),
        }
    }

    /// Names of several people.
    pub(crate) fn people(&self, ids: &[UserId]) -> String {
        list(&ids.iter().map(|id| self.person(id)).collect::<Vec<_>>())
    }
}

/// A property's name as a word of a sentence: `max_rows` is *max rows*.
pub(crate) fn property(name: &PropertyName) -> String {
    name.as_str().replace(['_', '-'], " ")
}

/// Properties as a list of words.
fn properties<'p>(names: impl IntoIterator<Item = &'p PropertyName>) -> String {
    every(&names.into_iter().map(property).collect::<Vec<_>>())
}

/// An id as a name: `unit_check` is *Unit check*; of a script, without what its file ends in.
fn label(id: &str) -> String {
    let id = id.strip_suffix(".rhai").unwrap_or(id);
    capitalized(&id.replace(['_', '-'], " "))
}

fn gone(what: &str, id: &str) -> String {
    format!("a {what} that no longer exists ({id})")
}

/// Those who have a role.
fn holders(role: OrganizationRole) -> &'static str {
    match role {
        OrganizationRole::Owner => "the owner of the organization",
        OrganizationRole::Administrator => "the administrators",
        OrganizationRole::WorkflowManager => "the workflow managers",
        OrganizationRole::Auditor => "the auditors",
        OrganizationRole::User => "the users",
    }
}

/// `a`, `a and b`, `a, b and c`, as many as one reads; then how many more there are.
pub(crate) fn list(words: &[String]) -> String {
    cut(words, "and", |more| format!("{more} more"))
}

/// `a`, `a or b`, `a, b or c`, as many as one reads; then how many more there are.
pub(crate) fn alternatives(words: &[String]) -> String {
    cut(words, "or", |more| format!("one of {more} more"))
}

/// As a list, and however many.
fn every(words: &[String]) -> String {
    joined(words, "and")
}

fn cut(words: &[String], with: &str, rest: impl Fn(usize) -> String) -> String {
    match words.split_at_checked(READ) {
        Some((shown, more)) if more.len() > 1 => {
            joined(&[shown, &[rest(more.len())]].concat(), with)
        }
        Some(_) | None => joined(words, with),
    }
}

fn joined(words: &[String], with: &str) -> String {
    match words {
        [] => "nobody".to_owned(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} {with} {last}", most.join(", ")),
    }
}

/// `1 approval`, `2 approvals`.
fn counted(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// With a capital letter.
pub(crate) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Several sentences, each without its full stop, as one text.
pub(crate) fn sentences(parts: &[String]) -> String {
    parts.iter().map(|part| format!("{}.", capitalized(part))).collect::<Vec<_>>().join(" ")
}
