//! `org, lane, key → when it is due, and what`.

use engine_core::ids::OrgId;

use crate::{
    commit::Lane,
    error::StoreError,
    layout::{
        Family,
        codec::{Reader, Writer},
    },
    values::{Body, Key, Millis},
};

const FORM: u8 = 1;

/// The lane's number in keys. Never changed.
pub(crate) const fn lane_number(lane: Lane) -> u8 {
    match lane {
        Lane::Outbox => 1,
        Lane::Timer => 2,
        Lane::Recount => 3,
    }
}

pub(crate) fn key(org: &OrgId, lane: Lane, key: &Key) -> Vec<u8> {
    Writer::key(org, Family::Agenda).byte(lane_number(lane)).text(key.as_str()).done()
}

pub(crate) fn encode(due: Millis, body: &Body) -> Vec<u8> {
    Writer::value(FORM).time(due).body(body)
}

pub(crate) fn decode(value: &[u8]) -> Result<(Millis, Body), StoreError> {
    let mut reader = Reader::value(value, Family::Agenda, FORM)?;
    Ok((reader.time()?, reader.body()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::layout::samples;

    proptest! {
        #[test]
        fn round_trip(due in samples::time(), body in samples::body()) {
            prop_assert_eq!(decode(&encode(due, &body)), Ok((due, body)));
        }

        #[test]
        fn lanes_are_apart(org in samples::org(), id in samples::key()) {
            prop_assert_ne!(key(&org, Lane::Outbox, &id), key(&org, Lane::Timer, &id));
        }
    }
}
