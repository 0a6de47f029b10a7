//! Where somebody who leaves is still needed, and what to write (DIR-9).

use std::collections::BTreeMap;

use engine_core::{
    ids::UserId,
    offboarding::{NeededBecause, NeededPlace},
};

use super::{Names, holders, list, property};

impl Names<'_> {
    pub(super) fn replacement_needed(&self, places: &[NeededPlace]) -> String {
        let mut of_person: BTreeMap<&UserId, Vec<&NeededPlace>> = BTreeMap::new();
        for place in places {
            of_person.entry(&place.user).or_default().push(place);
        }
        let each = of_person.into_iter().map(|(user, places)| {
            let where_needed: Vec<String> =
                places.iter().map(|p| format!("`{}` ({})", p.place, self.needed(&p.why))).collect();
            let example = places.first().map(|p| p.place.to_string()).unwrap_or_default();
            format!(
                "{} is still needed at {}. Say who takes over: `replace_by: <login>` for all of it, or one each, as in \
                 `replace_by: {{{example}: <login>}}`. `force: true` goes without, and blocks the requests that then \
                 nobody can decide.",
                self.person(user),
                list(&where_needed),
            )
        });
        each.collect::<Vec<_>>().join(" ")
    }

    /// Why somebody is needed, as a part of a sentence.
    #[must_use]
    pub fn needed(&self, why: &NeededBecause) -> String {
        match why {
            NeededBecause::Named => "the rule names them".to_owned(),
            NeededBecause::Property { property: name, of } => {
                let shown: Vec<String> = of.iter().take(5).map(|id| self.person(id)).collect();
                let more = of.len().saturating_sub(shown.len());
                let more = if more == 0 { String::new() } else { format!(" and {more} more") };
                format!("they are the {} of {}{more}", property(name), list(&shown))
            }
            NeededBecause::Owner(resources) => {
                let owned: Vec<String> = resources.iter().map(|id| self.resource(id)).collect();
                format!("they own {}", list(&owned))
            }
            NeededBecause::LastOfGroup(group) => {
                format!("nobody else is in {}", self.group(group))
            }
            NeededBecause::LastOfRole(role) => {
                format!("nobody else is among the {}", holders(*role))
            }
            NeededBecause::Seat => "they hold an open seat of this request".to_owned(),
            NeededBecause::LastOfSeat => {
                "nobody else can fill an open seat of this request".to_owned()
            }
        }
    }
}
