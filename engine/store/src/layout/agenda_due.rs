//! `org, lane, due, key → nothing`: the agenda by time.

use engine_core::ids::OrgId;

use crate::{
    commit::Lane,
    error::StoreError,
    layout::{
        Family,
        agenda::lane_number,
        codec::{Reader, Writer},
    },
    values::{Key, Millis},
};

pub(crate) fn key(org: &OrgId, lane: Lane, due: Millis, key: &Key) -> Vec<u8> {
    let writer = Writer::key(org, Family::AgendaDue).byte(lane_number(lane));
    writer.time(due).text(key.as_str()).done()
}

/// What all keys of the lane begin with.
pub(crate) fn prefix(org: &OrgId, lane: Lane) -> Vec<u8> {
    Writer::key(org, Family::AgendaDue).byte(lane_number(lane)).done()
}

/// What all keys of the lane begin with that are due at one time.
pub(crate) fn at(org: &OrgId, lane: Lane, due: Millis) -> Vec<u8> {
    Writer::key(org, Family::AgendaDue).byte(lane_number(lane)).time(due).done()
}

pub(crate) fn decode(key: &[u8]) -> Result<(Millis, Key), StoreError> {
    let (_, mut reader) = Reader::key(key, Family::AgendaDue)?;
    reader.byte()?;
    let entry = (reader.time()?, reader.parsed()?);
    reader.done()?;
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::layout::samples;

    proptest! {
        #[test]
        fn round_trip(org in samples::org(), due in samples::time(), id in samples::key()) {
            for lane in [Lane::Outbox, Lane::Timer, Lane::Recount] {
                let key = key(&org, lane, due, &id);
                prop_assert!(key.starts_with(&prefix(&org, lane)));
                prop_assert!(key.starts_with(&at(&org, lane, due)));
                prop_assert_eq!(decode(&key), Ok((due, id.clone())));
            }
        }
    }
}
