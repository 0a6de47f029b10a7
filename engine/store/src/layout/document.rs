//! `org, collection, key → a document`.

use engine_core::ids::OrgId;

use crate::{
    error::StoreError,
    layout::{
        Family,
        codec::{Reader, Writer},
    },
    query::Document,
    values::{Body, Key, Name, Sequence},
};

const FORM: u8 = 1;

pub(crate) fn key(org: &OrgId, collection: &Name, key: &Key) -> Vec<u8> {
    Writer::key(org, Family::Document).text(collection.as_str()).text(key.as_str()).done()
}

/// What the keys of all documents begin with whose key begins so.
pub(crate) fn prefix(org: &OrgId, collection: &Name, start: &str) -> Vec<u8> {
    Writer::key(org, Family::Document).text(collection.as_str()).text_prefix(start).done()
}

pub(crate) fn key_of(key: &[u8]) -> Result<Key, StoreError> {
    let (_, mut reader) = Reader::key(key, Family::Document)?;
    reader.text()?;
    let key = reader.parsed()?;
    reader.done()?;
    Ok(key)
}

pub(crate) fn encode(sequence: Sequence, body: &Body) -> Vec<u8> {
    Writer::value(FORM).sequence(sequence).body(body)
}

pub(crate) fn decode(value: &[u8]) -> Result<(Sequence, Body), StoreError> {
    let mut reader = Reader::value(value, Family::Document, FORM)?;
    Ok((reader.sequence()?, reader.body()?))
}

/// A whole record.
pub(crate) fn document(key: &[u8], value: &[u8]) -> Result<Document, StoreError> {
    let (sequence, body) = decode(value)?;
    Ok(Document { key: key_of(key)?, sequence, body })
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
            collection in samples::name(),
            id in samples::key(),
            sequence in any::<u64>().prop_map(Sequence),
            body in samples::body(),
        ) {
            let key = key(&org, &collection, &id);
            prop_assert!(key.starts_with(&prefix(&org, &collection, &id.as_str()[..0])));
            let value = encode(sequence, &body);
            prop_assert_eq!(document(&key, &value), Ok(Document { key: id, sequence, body }));
        }
    }
}
