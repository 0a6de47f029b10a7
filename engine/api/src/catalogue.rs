//! Codes and typed arguments to sentences for people.
//!
//! Whoever reads them knows no code: names instead of ids, and what to do next where something can
//! be done. To add a code: its variant in the core; the exhaustive matches here then ask for a
//! sentence, and `tests.rs` for its wording.

mod condition;
mod event;
mod failure;
mod notice;
mod rejection;
mod request;
#[cfg(test)]
mod tests;
mod unmet;
mod value;

use engine_core::{
    directory::{Directory, OrganizationRole, User},
    ids::{AssignmentId, GroupId, NodeId, PropertyName, ResourceId, StepId, UserId},
    request::SeatWho,
    rule::{Rule, Who},
};

pub use failure::because;

/// Where names are looked up: the people of today, and the rule of the request.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    directory: &'a Directory,
    rule: Option<&'a Rule>,
}

impl<'a> Names<'a> {
    /// Names of people and places only.
    #[must_use]
    pub fn of_directory(directory: &'a Directory) -> Self {
        Self { directory, rule: None }
    }

    /// Names of people and places, and titles of the rule's steps.
    #[must_use]
    pub fn of_rule(directory: &'a Directory, rule: &'a Rule) -> Self {
        Self { directory, rule: Some(rule) }
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
        self.directory.group(id).map_or_else(|| id.to_string(), |group| group.name.clone())
    }

    pub(crate) fn node(&self, id: &NodeId) -> String {
        self.directory.node(id).map_or_else(|| id.to_string(), |node| node.name.clone())
    }

    pub(crate) fn resource(&self, id: &ResourceId) -> String {
        self.directory.resource(id).map_or_else(|| id.to_string(), |resource| resource.name.clone())
    }

    /// The step's title in quotes.
    pub(crate) fn step(&self, id: &StepId) -> String {
        let step = self.rule.and_then(|rule| rule.step(id));
        format!("“{}”", step.map_or(id.as_str(), |step| step.title.as_str()))
    }

    /// Whom an assignment of a step names, such as `Unit Directors`.
    pub(crate) fn assignment(&self, step: &StepId, id: &AssignmentId) -> String {
        let step = self.rule.and_then(|rule| rule.step(step));
        let assignment = step.and_then(|step| step.assignment(id));
        assignment.map_or_else(|| label(id.as_str()), |assignment| self.who(&assignment.who, id))
    }

    pub(crate) fn who(&self, who: &Who, id: &AssignmentId) -> String {
        match who {
            Who::User(user) => self.person(user),
            Who::Group(group) => self.group(group),
            Who::Role(role) => holders(*role).to_owned(),
            Who::Node { .. }
            | Who::OwnerOf(_)
            | Who::OwnersOfItems
            | Who::OfRequester(_)
            | Who::OfRequest(..)
            | Who::OfApprover(_)
            | Who::Script(_)
            | Who::Plugin(_) => label(id.as_str()),
        }
    }

    /// Who may fill a seat.
    pub(crate) fn seat(&self, who: &SeatWho) -> String {
        match who {
            SeatWho::Person(user) | SeatWho::Found(user) => self.person(user),
            SeatWho::Group(group) => format!("any of {}", self.group(group)),
            SeatWho::Role(role) => format!("any of the {}", holders(*role)),
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

fn label(id: &str) -> String {
    capitalized(&id.replace(['_', '-'], " "))
}

fn holders(role: OrganizationRole) -> &'static str {
    match role {
        OrganizationRole::Owner => "owner of the organization",
        OrganizationRole::Administrator => "administrators",
        OrganizationRole::WorkflowManager => "workflow managers",
        OrganizationRole::Auditor => "auditors",
        OrganizationRole::User => "users",
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list(words: &[String]) -> String {
    joined(words, "and")
}

/// `a`, `a or b`, `a, b or c`.
pub(crate) fn alternatives(words: &[String]) -> String {
    joined(words, "or")
}

fn joined(words: &[String], with: &str) -> String {
    match words {
        [] => "nobody".to_owned(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} {with} {last}", most.join(", ")),
    }
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
