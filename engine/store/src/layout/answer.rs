//! `org, actor, command → when it was answered, and what`.

use engine_core::ids::{CommandId, OrgId, UserId};

use crate::{
    error::StoreError,
    layout::{
        Family,
        codec::{Reader, Writer},
    },
    values::{Body, Millis},
};

const FORM: u8 = 1;

pub(crate) fn key(org: &OrgId, actor: &UserId, command: &CommandId) -> Vec<u8> {
    Writer::key(org, Family::Answer).text(actor.as_str()).text(command.as_str()).done()
}

pub(crate) fn encode(at: Millis, body: &Body) -> Vec<u8> {
    Writer::value(FORM).time(at).body(body)
}

pub(crate) fn decode(value: &[u8]) -> Result<(Millis, Body), StoreError> {
    let mut reader = Reader::value(value, Family::Answer, FORM)?;
    Ok((reader.time()?, reader.body()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::layout::samples;

    proptest! {
        #[test]
        fn round_trip(at in samples::time(), body in samples::body()) {
            prop_assert_eq!(decode(&encode(at, &body)), Ok((at, body)));
        }

        #[test]
        fn one_actor_never_reads_the_answers_of_another(
            org in samples::org(),
            (a, b) in (samples::user(), samples::user()),
            (c, d) in (samples::command(), samples::command()),
        ) {
            prop_assert_eq!(key(&org, &a, &c) == key(&org, &b, &d), (a, c) == (b, d));
        }
    }
}
