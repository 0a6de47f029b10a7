//! `org, position → an event in its place`.

use engine_core::ids::OrgId;

use crate::{
    commit::{EventRecord, Subject},
    error::StoreError,
    layout::{
        Family,
        codec::{Reader, Writer},
    },
    query::StoredEvent,
    values::{Body, Millis, Name, Position, Sequence},
};

const FORM: u8 = 1;
/// What an event is about. Never renumbered.
const ORGANIZATION: u8 = 1;
const REQUEST: u8 = 2;

/// What the value holds: the event, without its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Logged {
    pub(crate) at: Millis,
    pub(crate) subject: Subject,
    pub(crate) sequence: Sequence,
    pub(crate) kind: Name,
    pub(crate) body: Body,
}

impl Logged {
    pub(crate) fn placed(self, position: Position) -> StoredEvent {
        let Self { at, subject, sequence, kind, body } = self;
        StoredEvent { position, at, subject, sequence, kind, body }
    }
}

pub(crate) fn key(org: &OrgId, position: Position) -> Vec<u8> {
    Writer::key(org, Family::Log).position(position).done()
}

/// What all keys of the organization's log begin with.
pub(crate) fn prefix(org: &OrgId) -> Vec<u8> {
    Writer::key(org, Family::Log).done()
}

pub(crate) fn position(key: &[u8]) -> Result<Position, StoreError> {
    let (_, mut reader) = Reader::key(key, Family::Log)?;
    let position = reader.position()?;
    reader.done()?;
    Ok(position)
}

/// An event of the organization, or of a request.
pub(crate) fn encode(
    at: Millis,
    request: Option<&str>,
    sequence: Sequence,
    event: &EventRecord,
) -> Vec<u8> {
    let writer = Writer::value(FORM).time(at);
    let writer = match request {
        None => writer.byte(ORGANIZATION),
        Some(request) => writer.byte(REQUEST).text(request),
    };
    writer.sequence(sequence).text(event.kind.as_str()).body(&event.body)
}

pub(crate) fn decode(value: &[u8]) -> Result<Logged, StoreError> {
    let mut reader = Reader::value(value, Family::Log, FORM)?;
    let at = reader.time()?;
    let subject = match reader.byte()? {
        ORGANIZATION => Subject::Organization,
        REQUEST => Subject::Request(reader.parsed()?),
        _ => return Err(reader.damaged("its subject is unknown")),
    };
    let (sequence, kind) = (reader.sequence()?, reader.parsed()?);
    Ok(Logged { at, subject, sequence, kind, body: reader.body()? })
}

#[cfg(test)]
mod tests {
    use engine_core::ids::RequestId;
    use proptest::prelude::*;

    use super::*;
    use crate::layout::samples;

    proptest! {
        #[test]
        fn round_trip(
            org in samples::org(),
            place in any::<u64>().prop_map(Position),
            at in samples::time(),
            request in prop::option::of(samples::request()),
            sequence in any::<u64>().prop_map(Sequence),
            event in samples::event(),
        ) {
            prop_assert_eq!(position(&key(&org, place)), Ok(place));
            prop_assert!(key(&org, place).starts_with(&prefix(&org)));
            let value = encode(at, request.as_ref().map(RequestId::as_str), sequence, &event);
            let EventRecord { kind, body } = event;
            let subject = request.map_or(Subject::Organization, Subject::Request);
            prop_assert_eq!(decode(&value), Ok(Logged { at, subject, sequence, kind, body }));
        }
    }
}
