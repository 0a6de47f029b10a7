//! `org, request → its whole state`.
//!
//! Apart from the listing, which the writer reads with every commit, while this it only replaces.

use engine_core::ids::{OrgId, RequestId};

use crate::{
    error::StoreError,
    layout::{
        Family,
        codec::{Reader, Writer},
    },
    values::Body,
};

const FORM: u8 = 1;

pub(crate) fn key(org: &OrgId, request: &RequestId) -> Vec<u8> {
    Writer::request_key(org, request, Family::Snapshot).done()
}

pub(crate) fn encode(body: &Body) -> Vec<u8> {
    Writer::value(FORM).body(body)
}

pub(crate) fn decode(value: &[u8]) -> Result<Body, StoreError> {
    Reader::value(value, Family::Snapshot, FORM)?.body()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::layout::samples;

    proptest! {
        #[test]
        fn round_trip(body in samples::body()) {
            prop_assert_eq!(decode(&encode(&body)), Ok(body));
        }
    }
}
