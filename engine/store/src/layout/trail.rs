//! `org, request, position → nothing`: which events of the log are about a request.

use engine_core::ids::{OrgId, RequestId};

use crate::{
    error::StoreError,
    layout::{
        Family,
        codec::{Reader, Writer},
    },
    values::Position,
};

pub(crate) fn key(org: &OrgId, request: &RequestId, position: Position) -> Vec<u8> {
    Writer::request_key(org, request, Family::Trail).position(position).done()
}

/// What all keys of the request's trail begin with.
pub(crate) fn prefix(org: &OrgId, request: &RequestId) -> Vec<u8> {
    Writer::request_key(org, request, Family::Trail).done()
}

pub(crate) fn position(key: &[u8]) -> Result<Position, StoreError> {
    let (_, mut reader) = Reader::key(key, Family::Request)?;
    reader.text()?;
    if reader.byte()? != Family::Trail.number() {
        return Err(reader.damaged("its key is not of a trail"));
    }
    let position = reader.position()?;
    reader.done()?;
    Ok(position)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::layout::samples;

    proptest! {
        #[test]
        fn round_trip(
            org in samples::org(),
            request in samples::request(),
            place in any::<u64>().prop_map(Position),
        ) {
            let key = key(&org, &request, place);
            prop_assert_eq!(position(&key), Ok(place));
            prop_assert!(key.starts_with(&prefix(&org, &request)));
        }
    }
}
