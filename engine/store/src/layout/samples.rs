//! Arbitrary fields for the round trips, and the bytes that must never change.

use engine_core::{
    directory::OrganizationRole,
    ids::{CommandId, OrgId, RequestId, UserId},
};
use proptest::prelude::*;

use crate::{
    commit::{Candidate, EventRecord, RequestIndex},
    layout::{
        list::{Facet, Place},
        *,
    },
    query::Log,
    values::{Body, Key, Millis, Name, Position, Sequence},
};

const ID: &str = "[a-z0-9][a-z0-9._-]{0,12}";

pub(crate) fn org() -> impl Strategy<Value = OrgId> {
    ID.prop_map(|text| text.parse().unwrap())
}

pub(crate) fn request() -> impl Strategy<Value = RequestId> {
    ID.prop_map(|text| text.parse().unwrap())
}

pub(crate) fn user() -> impl Strategy<Value = UserId> {
    ID.prop_map(|text| text.parse().unwrap())
}

pub(crate) fn command() -> impl Strategy<Value = CommandId> {
    ID.prop_map(|text| text.parse().unwrap())
}

pub(crate) fn name() -> impl Strategy<Value = Name> {
    "[a-z0-9._-]{1,12}".prop_map(|text| text.parse().unwrap())
}

pub(crate) fn key() -> impl Strategy<Value = Key> {
    "[^\\p{Cc}]{1,20}".prop_map(|text| text.parse().unwrap())
}

pub(crate) fn time() -> impl Strategy<Value = Millis> {
    any::<i64>().prop_map(Millis)
}

pub(crate) fn body() -> impl Strategy<Value = Body> {
    (any::<u16>(), prop::collection::vec(any::<u8>(), 0..40))
        .prop_map(|(schema, json)| Body { schema, json })
}

pub(crate) fn event() -> impl Strategy<Value = EventRecord> {
    (name(), body()).prop_map(|(kind, body)| EventRecord { kind, body })
}

pub(crate) fn log() -> impl Strategy<Value = Log> {
    any::<(u64, u64)>().prop_map(|(s, p)| Log { sequence: Sequence(s), end: Position(p) })
}

pub(crate) fn place() -> impl Strategy<Value = Place> {
    (time(), request()).prop_map(|(time, request)| Place { time, request })
}

pub(crate) fn facet() -> impl Strategy<Value = Facet> {
    (user(), name(), 0_usize..9).prop_map(|(person, state, which)| {
        let index = RequestIndex {
            time: Millis(0),
            state,
            rule: person.as_str().parse().unwrap(),
            kind: person.as_str().parse().unwrap(),
            people: [person.clone()].into(),
            resources: [person.as_str().parse().unwrap()].into(),
            seats: [
                Candidate::Group(person.as_str().parse().unwrap()),
                Candidate::Person(person),
                Candidate::Role(OrganizationRole::Auditor),
            ]
            .into(),
        };
        let facets = Facet::of(&index);
        assert_eq!(facets.len(), 9);
        facets.into_iter().nth(which).unwrap()
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What stands in data folders that exist. A difference here is a new [`DATA_VERSION`].
#[test]
fn stored_bytes_never_change() {
    let org: OrgId = "ab".parse().unwrap();
    let request: RequestId = "r1".parse().unwrap();
    let (actor, command): (UserId, CommandId) = ("u".parse().unwrap(), "c".parse().unwrap());
    let (name, id): (Name, Key) = ("n".parse().unwrap(), "K/1".parse().unwrap());
    let body = Body { schema: 2, json: b"{}".to_vec() };
    let event = EventRecord { kind: name.clone(), body: body.clone() };
    let place = Place { time: Millis(3), request: request.clone() };
    let index = RequestIndex {
        time: Millis(3),
        state: name.clone(),
        rule: "x".parse().unwrap(),
        kind: "y".parse().unwrap(),
        people: [actor.clone()].into(),
        resources: ["z".parse().unwrap()].into(),
        seats: [
            Candidate::Person(actor.clone()),
            Candidate::Group("g".parse().unwrap()),
            Candidate::Role(OrganizationRole::WorkflowManager),
        ]
        .into(),
    };
    let facets = Facet::of(&index);
    let listing = request::Listing { sequence: Sequence(1), time: Millis(3), facets };
    let group = listing.facets.iter().nth(7).unwrap().clone();
    let outbox = crate::Lane::Outbox;
    let lines = [
        head::key(&org),
        head::encode(&Log { sequence: Sequence(1), end: Position(2) }),
        log::key(&org, Position(2)),
        log::encode(Millis(3), None, Sequence(1), &event),
        log::encode(Millis(-3), Some("r1"), Sequence(1), &event),
        request::key(&org, &request),
        request::encode(&listing),
        snapshot::key(&org, &request),
        snapshot::encode(&body),
        trail::key(&org, &request, Position(2)),
        list::key(&org, &group, &place),
        document::key(&org, &name, &id),
        document::encode(Sequence(1), &body),
        answer::key(&org, &actor, &command),
        answer::encode(Millis(3), &body),
        answer_age::key(&org, Millis(3), &actor, &command),
        agenda::key(&org, outbox, &id),
        agenda::encode(Millis(3), &body),
        agenda_due::key(&org, crate::Lane::Timer, Millis(3), &id),
    ];
    let found = lines.map(|line| hex(&line)).join("\n");
    assert_eq!(found, include_str!("stored_bytes.txt").trim_end());
}
