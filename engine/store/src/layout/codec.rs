//! Fields of keys and values as bytes, and back.

use engine_core::ids::{OrgId, RequestId};

use crate::{
    error::StoreError,
    layout::Family,
    values::{Body, Millis, Position, Sequence},
};

/// What ends a text in a key or value.
const END: u8 = 0;
/// Turned over in times, so that those before 1970 sort first.
const SIGN: u64 = 1 << 63;

/// Writes fields.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    /// Begins a key.
    pub(crate) fn key(org: &OrgId, family: Family) -> Self {
        Self(Vec::with_capacity(96)).text(org.as_str()).byte(family.number())
    }

    /// Begins a key of what belongs to one request: all of it lies together, so that a commit of
    /// the request touches few pages.
    pub(crate) fn request_key(org: &OrgId, request: &RequestId, family: Family) -> Self {
        let writer = Self::key(org, Family::Request).text(request.as_str());
        writer.byte(family.number())
    }

    /// Begins a value of a form.
    pub(crate) fn value(form: u8) -> Self {
        Self(Vec::with_capacity(64)).byte(form)
    }

    pub(crate) fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        debug_assert!(!text.as_bytes().contains(&END), "a text that would end early");
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(END);
        self
    }

    /// The beginning of a text: for a range over all that begin so.
    pub(crate) fn text_prefix(mut self, text: &str) -> Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    pub(crate) fn number(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub(crate) fn sequence(self, sequence: Sequence) -> Self {
        self.number(sequence.0)
    }

    pub(crate) fn position(self, position: Position) -> Self {
        self.number(position.0)
    }

    pub(crate) fn time(self, time: Millis) -> Self {
        self.number(time.0.cast_unsigned() ^ SIGN)
    }

    /// A body, which takes the rest of a value.
    pub(crate) fn body(mut self, body: &Body) -> Vec<u8> {
        self.0.reserve_exact(body.json.len() + 2);
        self.0.extend_from_slice(&body.schema.to_be_bytes());
        self.0.extend_from_slice(&body.json);
        self.0
    }

    pub(crate) fn done(self) -> Vec<u8> {
        self.0
    }
}

/// The first key after all that begin with `prefix`; none where every byte of it is the last.
pub(crate) fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut next = prefix.get(..=last)?.to_vec();
    if let Some(byte) = next.last_mut() {
        *byte += 1;
    }
    Some(next)
}

/// The organization that a key of whatever family belongs to.
pub(crate) fn organization(key: &[u8]) -> Result<OrgId, StoreError> {
    Reader { rest: key, family: Family::Head }.parsed()
}

/// Reads fields of one family.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    family: Family,
}

impl<'a> Reader<'a> {
    /// Begins with a value, which must be of a form.
    pub(crate) fn value(bytes: &'a [u8], family: Family, form: u8) -> Result<Self, StoreError> {
        let mut reader = Self { rest: bytes, family };
        if reader.byte()? == form { Ok(reader) } else { Err(reader.damaged("its form is unknown")) }
    }

    /// Begins with a key, and reads its organization.
    pub(crate) fn key(bytes: &'a [u8], family: Family) -> Result<(OrgId, Self), StoreError> {
        let mut reader = Self { rest: bytes, family };
        let org = reader.parsed()?;
        if reader.byte()? == family.number() {
            Ok((org, reader))
        } else {
            Err(reader.damaged("its key is of another family"))
        }
    }

    pub(crate) const fn damaged(&self, reason: &'static str) -> StoreError {
        StoreError::Damaged { family: self.family.name(), reason }
    }

    pub(crate) fn byte(&mut self) -> Result<u8, StoreError> {
        let Some((byte, rest)) = self.rest.split_first() else {
            return Err(self.damaged("it ends early"));
        };
        self.rest = rest;
        Ok(*byte)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let Some((bytes, rest)) = self.rest.split_first_chunk::<N>() else {
            return Err(self.damaged("it ends early"));
        };
        self.rest = rest;
        Ok(*bytes)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, StoreError> {
        let Some(end) = self.rest.iter().position(|byte| *byte == END) else {
            return Err(self.damaged("a text has no end"));
        };
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        std::str::from_utf8(text).map_err(|_| self.damaged("a text is not UTF-8"))
    }

    /// An id, name or key.
    pub(crate) fn parsed<T: std::str::FromStr>(&mut self) -> Result<T, StoreError> {
        let text = self.text()?;
        text.parse().map_err(|_| self.damaged("an id is not one"))
    }

    pub(crate) fn number(&mut self) -> Result<u64, StoreError> {
        self.bytes().map(u64::from_be_bytes)
    }

    pub(crate) fn sequence(&mut self) -> Result<Sequence, StoreError> {
        self.number().map(Sequence)
    }

    pub(crate) fn position(&mut self) -> Result<Position, StoreError> {
        self.number().map(Position)
    }

    pub(crate) fn time(&mut self) -> Result<Millis, StoreError> {
        self.number().map(|number| Millis((number ^ SIGN).cast_signed()))
    }

    /// The rest, as a body.
    pub(crate) fn body(mut self) -> Result<Body, StoreError> {
        let schema = u16::from_be_bytes(self.bytes()?);
        Ok(Body { schema, json: self.rest.to_vec() })
    }

    pub(crate) fn done(self) -> Result<(), StoreError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.damaged("it goes on after its end")) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn times_sort_as_numbers(a in any::<i64>(), b in any::<i64>()) {
            let bytes = |t| Writer(Vec::new()).time(Millis(t)).done();
            prop_assert_eq!(bytes(a).cmp(&bytes(b)), a.cmp(&b));
        }

        #[test]
        fn what_follows_a_prefix_is_the_least_key_beyond_it(
            prefix in prop::collection::vec(any::<u8>(), 1..5),
            rest in prop::collection::vec(any::<u8>(), 0..5),
        ) {
            if let Some(after) = after_prefix(&prefix) {
                prop_assert!(after > [prefix.clone(), rest].concat());
                prop_assert!(after <= [prefix, vec![255; 9], vec![0]].concat() || after.len() < 5);
            } else {
                prop_assert!(prefix.iter().all(|b| *b == 255));
            }
        }

        #[test]
        fn no_bytes_make_a_reader_fail_otherwise_than_by_an_error(
            bytes in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            use crate::layout::*;
            let _ = head::decode(&bytes);
            let _ = log::decode(&bytes);
            let _ = request::decode(&bytes);
            let _ = snapshot::decode(&bytes);
            let _ = document::decode(&bytes);
            let _ = answer::decode(&bytes);
            let _ = agenda::decode(&bytes);
            for family in [trail::position(&bytes).is_ok(), list::entry(&bytes).is_ok()] {
                let _ = family;
            }
            let _ = answer_age::decode(&bytes);
            let _ = agenda_due::decode(&bytes);
            let _ = document::key_of(&bytes);
        }
    }
}
