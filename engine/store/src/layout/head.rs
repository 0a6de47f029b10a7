//! `org → sequence, end of the log`.

use engine_core::ids::OrgId;

use crate::{
    error::StoreError,
    layout::{
        Family,
        codec::{Reader, Writer},
    },
    query::Log,
};

const FORM: u8 = 1;

pub(crate) fn key(org: &OrgId) -> Vec<u8> {
    Writer::key(org, Family::Head).done()
}

pub(crate) fn encode(log: &Log) -> Vec<u8> {
    Writer::value(FORM).sequence(log.sequence).position(log.end).done()
}

pub(crate) fn decode(value: &[u8]) -> Result<Log, StoreError> {
    let mut reader = Reader::value(value, Family::Head, FORM)?;
    let log = Log { sequence: reader.sequence()?, end: reader.position()? };
    reader.done()?;
    Ok(log)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::layout::samples;

    proptest! {
        #[test]
        fn round_trip(org in samples::org(), log in samples::log()) {
            prop_assert_eq!(decode(&encode(&log)), Ok(log));
            let key = key(&org);
            let (found, reader) = Reader::key(&key, Family::Head).unwrap();
            prop_assert_eq!((found, reader.done()), (org, Ok(())));
        }
    }
}
