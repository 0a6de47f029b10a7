//! `org, request → its sequence, and where it is listed`.

use std::collections::BTreeSet;

use engine_core::ids::{OrgId, RequestId};

use crate::{
    error::StoreError,
    layout::{
        Family,
        codec::{Reader, Writer},
        list::Facet,
    },
    values::{Millis, Sequence},
};

const FORM: u8 = 1;

/// What the store itself knows of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) sequence: Sequence,
    pub(crate) time: Millis,
    /// Every list it stands in; the difference to the next one is what a commit writes.
    pub(crate) facets: BTreeSet<Facet>,
}

pub(crate) fn key(org: &OrgId, request: &RequestId) -> Vec<u8> {
    Writer::request_key(org, request, Family::Request).done()
}

pub(crate) fn encode(listing: &Listing) -> Vec<u8> {
    let writer = Writer::value(FORM).sequence(listing.sequence).time(listing.time);
    let writer = writer.number(listing.facets.len() as u64);
    listing
        .facets
        .iter()
        .fold(writer, |writer, facet| writer.byte(facet.kind.number()).text(&facet.value))
        .done()
}

pub(crate) fn decode(value: &[u8]) -> Result<Listing, StoreError> {
    let mut reader = Reader::value(value, Family::Request, FORM)?;
    let (sequence, time) = (reader.sequence()?, reader.time()?);
    let mut facets = BTreeSet::new();
    for _ in 0..reader.number()? {
        facets.insert(Facet::read(&mut reader)?);
    }
    reader.done()?;
    Ok(Listing { sequence, time, facets })
}

/// The sequence alone.
pub(crate) fn sequence(value: &[u8]) -> Result<Sequence, StoreError> {
    Reader::value(value, Family::Request, FORM)?.sequence()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::layout::samples;

    proptest! {
        #[test]
        fn round_trip(
            sequence in any::<u64>().prop_map(Sequence),
            time in samples::time(),
            facets in prop::collection::btree_set(samples::facet(), 0..20),
        ) {
            let listing = Listing { sequence, time, facets };
            let value = encode(&listing);
            prop_assert_eq!(super::sequence(&value), Ok(sequence));
            prop_assert_eq!(decode(&value), Ok(listing));
        }

        #[test]
        fn keys_sort_as_their_ids(
            (a, b) in (samples::org(), samples::org()),
            (c, d) in (samples::request(), samples::request()),
        ) {
            prop_assert_eq!(key(&a, &c).cmp(&key(&b, &d)), (&a, &c).cmp(&(&b, &d)));
        }
    }
}
