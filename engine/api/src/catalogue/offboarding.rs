//! Where somebody who leaves is still needed (DIR-9).

use std::collections::BTreeMap;

use engine_core::{
    directory::OrganizationRole,
    ids::UserId,
    offboarding::{NeededBecause, NeededPlace, Place},
};

use super::{Names, list, property};

/// How many people are named before the rest is counted.
const NAMED: usize = 5;

impl Names<'_> {
    pub(super) fn replacement_needed(&self, places: &[NeededPlace]) -> String {
        let mut of_person: BTreeMap<&UserId, Vec<&NeededPlace>> = BTreeMap::new();
        for place in places {
            of_person.entry(&place.user).or_default().push(place);
        }
        let each =
            of_person.into_iter().map(|(user, places)| self.needed_everywhere(user, &places));
        each.collect::<Vec<_>>().join(" ")
    }

    fn needed_everywhere(&self, user: &UserId, places: &[&NeededPlace]) -> String {
        let person = self.person(user);
        let at: Vec<String> = places.iter().map(|needed| self.needed_at(needed)).collect();
        format!(
            "{person} cannot be deactivated yet, being needed in {}. Name somebody who takes over, for everything or for each place. You can also deactivate {person} without that; requests that nobody can decide are then blocked.",
            list(&at)
        )
    }

    /// *step “Director” of “Capital expenditure” (the rule names them)*
    fn needed_at(&self, needed: &NeededPlace) -> String {
        let (step, title, why) = (&needed.step, &needed.title, self.needed(&needed.why));
        match &needed.place {
            Place::Rule(..) => format!("step “{step}” of “{title}” ({why})"),
            Place::Request(..) => format!("step “{step}” of the request “{title}” ({why})"),
        }
    }

    /// Why somebody is needed, as a part of a sentence.
    #[must_use]
    pub fn needed(&self, why: &NeededBecause) -> String {
        match why {
            NeededBecause::Named => "the rule names them".to_owned(),
            NeededBecause::Property { property: name, of } => {
                let mut shown: Vec<String> =
                    of.iter().take(NAMED).map(|id| self.person(id)).collect();
                match of.len().saturating_sub(shown.len()) {
                    0 => {}
                    1 => shown.push("1 other".to_owned()),
                    more => shown.push(format!("{more} others")),
                }
                format!("they are the {} of {}", property(name), list(&shown))
            }
            NeededBecause::Owner(resources) => {
                let owned: Vec<String> = resources.iter().map(|id| self.resource(id)).collect();
                format!("they own {}", list(&owned))
            }
            NeededBecause::LastOfGroup(group) => {
                format!("nobody else is in {}", self.group(group))
            }
            NeededBecause::LastOfRole(role) => last_of(*role).to_owned(),
            NeededBecause::Seat => "this request waits for their approval".to_owned(),
            NeededBecause::LastOfSeat => {
                "this request waits for an approval that nobody else can give".to_owned()
            }
        }
    }
}

fn last_of(role: OrganizationRole) -> &'static str {
    match role {
        OrganizationRole::Owner => "they are the owner of the organization",
        OrganizationRole::Administrator => "nobody else is an administrator",
        OrganizationRole::WorkflowManager => "nobody else is a workflow manager",
        OrganizationRole::Auditor => "nobody else is an auditor",
        OrganizationRole::User => "nobody else has the role of a user",
    }
}
