//! `org, time, actor, command → nothing`: the answers by age, for forgetting them.

use engine_core::ids::{CommandId, OrgId, UserId};

use crate::{
    error::StoreError,
    layout::{
        Family,
        codec::{Reader, Writer},
    },
    values::Millis,
};

/// Which answer, and when it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Aged {
    pub(crate) org: OrgId,
    pub(crate) at: Millis,
    pub(crate) actor: UserId,
    pub(crate) command: CommandId,
}

pub(crate) fn key(org: &OrgId, at: Millis, actor: &UserId, command: &CommandId) -> Vec<u8> {
    let writer = Writer::key(org, Family::AnswerAge).time(at);
    writer.text(actor.as_str()).text(command.as_str()).done()
}

/// What all keys of the organization begin with.
pub(crate) fn prefix(org: &OrgId) -> Vec<u8> {
    Writer::key(org, Family::AnswerAge).done()
}

/// What is before all keys of this time and later.
pub(crate) fn from(org: &OrgId, at: Millis) -> Vec<u8> {
    Writer::key(org, Family::AnswerAge).time(at).done()
}

pub(crate) fn decode(key: &[u8]) -> Result<Aged, StoreError> {
    let (org, mut reader) = Reader::key(key, Family::AnswerAge)?;
    let aged = Aged { org, at: reader.time()?, actor: reader.parsed()?, command: reader.parsed()? };
    reader.done()?;
    Ok(aged)
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
            at in samples::time(),
            actor in samples::user(),
            command in samples::command(),
        ) {
            let key = key(&org, at, &actor, &command);
            prop_assert!(key.starts_with(&prefix(&org)) && key > from(&org, at));
            prop_assert_eq!(decode(&key), Ok(Aged { org, at, actor, command }));
        }
    }
}
