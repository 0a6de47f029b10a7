//! `org, facet, value, time, request → nothing`: every list of requests.

use std::collections::BTreeSet;

use engine_core::{
    directory::OrganizationRole,
    ids::{OrgId, RequestId},
};

use crate::{
    commit::{Candidate, RequestIndex},
    error::StoreError,
    layout::{
        Family,
        codec::{Reader, Writer},
    },
    query::List,
    values::Millis,
};

/// By what a request is listed. The numbers never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FacetKind {
    All = 1,
    State = 2,
    Rule = 3,
    Kind = 4,
    Resource = 5,
    Person = 6,
    SeatOfPerson = 7,
    SeatOfGroup = 8,
    SeatOfRole = 9,
}

impl FacetKind {
    const EVERY: [Self; 9] = [
        Self::All,
        Self::State,
        Self::Rule,
        Self::Kind,
        Self::Resource,
        Self::Person,
        Self::SeatOfPerson,
        Self::SeatOfGroup,
        Self::SeatOfRole,
    ];

    pub(crate) const fn number(self) -> u8 {
        self as u8
    }
}

/// One list that a request can stand in, such as the seats of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Facet {
    pub(crate) kind: FacetKind,
    /// An id or name; empty for [`FacetKind::All`].
    pub(crate) value: String,
}

impl Facet {
    fn new(kind: FacetKind, value: &str) -> Self {
        Self { kind, value: value.to_owned() }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, StoreError> {
        let number = reader.byte()?;
        let known = FacetKind::EVERY.into_iter().find(|kind| kind.number() == number);
        let Some(kind) = known else { return Err(reader.damaged("its facet is unknown")) };
        Ok(Self::new(kind, reader.text()?))
    }

    /// Every list that a request stands in.
    pub(crate) fn of(index: &RequestIndex) -> BTreeSet<Self> {
        let mut facets = BTreeSet::from([
            Self::new(FacetKind::All, ""),
            Self::new(FacetKind::State, index.state.as_str()),
            Self::new(FacetKind::Rule, index.rule.as_str()),
            Self::new(FacetKind::Kind, index.kind.as_str()),
        ]);
        facets.extend(index.people.iter().map(|id| Self::new(FacetKind::Person, id.as_str())));
        facets.extend(index.resources.iter().map(|id| Self::new(FacetKind::Resource, id.as_str())));
        facets.extend(index.seats.iter().map(Self::seat));
        facets
    }

    /// The facets whose requests make up a list.
    pub(crate) fn in_list(list: &List) -> Vec<Self> {
        match list {
            // A request that stands in two lists by one facet is still one.
            List::Several(lists) => {
                let all: BTreeSet<Self> = lists.iter().flat_map(Self::in_list).collect();
                all.into_iter().collect()
            }
            List::All => vec![Self::new(FacetKind::All, "")],
            List::State(state) => vec![Self::new(FacetKind::State, state.as_str())],
            List::Rule(rule) => vec![Self::new(FacetKind::Rule, rule.as_str())],
            List::Kind(kind) => vec![Self::new(FacetKind::Kind, kind.as_str())],
            List::Resource(id) => vec![Self::new(FacetKind::Resource, id.as_str())],
            List::Mine(person) => vec![Self::new(FacetKind::Person, person.as_str())],
            List::ToDecide { person, groups, role } => {
                let mut facets = vec![
                    Self::new(FacetKind::SeatOfPerson, person.as_str()),
                    Self::new(FacetKind::SeatOfRole, role_name(*role)),
                ];
                facets
                    .extend(groups.iter().map(|id| Self::new(FacetKind::SeatOfGroup, id.as_str())));
                facets
            }
        }
    }

    fn seat(candidate: &Candidate) -> Self {
        match candidate {
            Candidate::Person(id) => Self::new(FacetKind::SeatOfPerson, id.as_str()),
            Candidate::Group(id) => Self::new(FacetKind::SeatOfGroup, id.as_str()),
            Candidate::Role(role) => Self::new(FacetKind::SeatOfRole, role_name(*role)),
        }
    }
}

/// Never changed: it stands in keys.
const fn role_name(role: OrganizationRole) -> &'static str {
    match role {
        OrganizationRole::Owner => "owner",
        OrganizationRole::Administrator => "administrator",
        OrganizationRole::WorkflowManager => "workflow_manager",
        OrganizationRole::Auditor => "auditor",
        OrganizationRole::User => "user",
    }
}

/// A request's place in a list: by time, then by id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) time: Millis,
    pub(crate) request: RequestId,
}

pub(crate) fn key(org: &OrgId, facet: &Facet, place: &Place) -> Vec<u8> {
    let writer = Writer::key(org, Family::List).byte(facet.kind.number()).text(&facet.value);
    writer.time(place.time).text(place.request.as_str()).done()
}

/// What all keys of a list begin with.
pub(crate) fn prefix(org: &OrgId, facet: &Facet) -> Vec<u8> {
    Writer::key(org, Family::List).byte(facet.kind.number()).text(&facet.value).done()
}

pub(crate) fn entry(key: &[u8]) -> Result<(Facet, Place), StoreError> {
    let (_, mut reader) = Reader::key(key, Family::List)?;
    let facet = Facet::read(&mut reader)?;
    let place = Place { time: reader.time()?, request: reader.parsed()? };
    reader.done()?;
    Ok((facet, place))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::layout::samples;

    proptest! {
        #[test]
        fn round_trip(org in samples::org(), facet in samples::facet(), place in samples::place()) {
            let key = key(&org, &facet, &place);
            prop_assert!(key.starts_with(&prefix(&org, &facet)));
            prop_assert_eq!(entry(&key), Ok((facet, place)));
        }

        #[test]
        fn keys_sort_by_time_then_id(
            org in samples::org(),
            facet in samples::facet(),
            (a, b) in (samples::place(), samples::place()),
        ) {
            prop_assert_eq!(key(&org, &facet, &a).cmp(&key(&org, &facet, &b)), a.cmp(&b));
        }
    }
}
