//! Canonical JSON, written as it is met: sorted keys, no spaces.
//!
//! The bytes are those of [`engine_core::payload::write_canonical`] over `serde_json::to_value`,
//! without the tree in between, which costs most of the time of storing a request.

use std::{borrow::Cow, ops::Range};

use serde::{
    Serialize,
    ser::{
        Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
        SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
    },
};
use serde_json::Error;

/// Canonical JSON of a value.
///
/// # Errors
/// Where it is nothing that JSON can be: a map with keys that are not texts, numbers or booleans.
pub(crate) fn to_canonical<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(512);
    value.serialize(Canonical(&mut out))?;
    Ok(out)
}

/// Writes one value to the end of a buffer.
struct Canonical<'a>(&'a mut Vec<u8>);

/// Elements between brackets.
struct Elements<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
    /// What comes after them: that of a variant closes an object too.
    end: &'static [u8],
}

/// Entries between braces. They are written as they come, and put in order at the end where they
/// did not come so.
struct Entries<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    entries: Vec<(Cow<'static, str>, Range<usize>)>,
    /// The key whose value comes next.
    key: Option<Cow<'static, str>>,
    is_sorted: bool,
    end: &'static [u8],
}

impl<'a> Canonical<'a> {
    fn scalar<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(&mut serde_json::Serializer::new(self.0))
    }

    fn elements(self, end: &'static [u8]) -> Elements<'a> {
        self.0.push(b'[');
        Elements { out: self.0, is_empty: true, end }
    }

    fn entries(self, end: &'static [u8]) -> Entries<'a> {
        self.0.push(b'{');
        let start = self.0.len();
        Entries { out: self.0, start, entries: Vec::new(), key: None, is_sorted: true, end }
    }

    /// Begins an object whose one key is the name of a variant.
    fn variant(self, name: &str) -> Result<Self, Error> {
        self.0.push(b'{');
        Canonical(&mut *self.0).scalar(name)?;
        self.0.push(b':');
        Ok(self)
    }
}

impl Elements<'_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
        value.serialize(Canonical(self.out))
    }

    fn finish(self) {
        self.out.extend_from_slice(self.end);
    }
}

impl Entries<'_> {
    fn entry<T: Serialize + ?Sized>(
        &mut self,
        key: Cow<'static, str>,
        value: &T,
    ) -> Result<(), Error> {
        let from = self.out.len();
        Canonical(self.out).scalar(&*key)?;
        self.out.push(b':');
        value.serialize(Canonical(self.out))?;
        self.out.push(b',');
        self.is_sorted &= self.entries.last().is_none_or(|(last, _)| *last < key);
        self.entries.push((key, from..self.out.len()));
        Ok(())
    }

    fn finish(mut self) {
        if !self.is_sorted {
            self.sort();
        }
        if !self.entries.is_empty() {
            self.out.pop();
        }
        self.out.extend_from_slice(self.end);
    }

    fn sort(&mut self) {
        let written = self.out.split_off(self.start);
        self.entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (_, range) in &self.entries {
            let entry = range.start - self.start..range.end - self.start;
            self.out.extend_from_slice(written.get(entry).unwrap_or_default());
        }
    }
}

/// The key of a map: what is not a text is written as one.
fn key_of<T: Serialize + ?Sized>(key: &T) -> Result<String, Error> {
    let json = to_canonical(key)?;
    match json.first() {
        Some(b'"') => serde_json::from_slice(&json),
        Some(b'{' | b'[' | b'n') | None => Err(Error::custom("a key that is not a text")),
        Some(_) => String::from_utf8(json).map_err(Error::custom),
    }
}

impl<'a> Serializer for Canonical<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Elements<'a>;
    type SerializeTuple = Elements<'a>;
    type SerializeTupleStruct = Elements<'a>;
    type SerializeTupleVariant = Elements<'a>;
    type SerializeMap = Entries<'a>;
    type SerializeStruct = Entries<'a>;
    type SerializeStructVariant = Entries<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.scalar(&value)
    }

    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.scalar(&value)
    }

    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.scalar(&value)
    }

    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.scalar(&value)
    }

    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        self.scalar(&value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.scalar(&value)
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.scalar(&value)
    }

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.scalar(&value)
    }

    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.scalar(&value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.scalar(&f64::from(value))
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.scalar(&value)
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.scalar(&value)
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.scalar(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.scalar(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.scalar(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let inner = self.variant(variant)?;
        value.serialize(Canonical(inner.0))?;
        inner.0.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements<'a>, Error> {
        Ok(self.elements(b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Elements<'a>, Error> {
        Ok(self.elements(b"]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Elements<'a>, Error> {
        Ok(self.elements(b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Elements<'a>, Error> {
        Ok(self.variant(variant)?.elements(b"]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'a>, Error> {
        Ok(self.entries(b"}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries<'a>, Error> {
        Ok(self.entries(b"}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Entries<'a>, Error> {
        Ok(self.variant(variant)?.entries(b"}}"))
    }
}

/// The four kinds of elements differ in a name.
macro_rules! elements {
    ($($of:ident $method:ident),+) => {$(
        impl $of for Elements<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish();
                Ok(())
            }
        }
    )+};
}

elements!(
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
);

/// The two kinds of fields differ in a name.
macro_rules! fields {
    ($($of:ident),+) => {$(
        impl $of for Entries<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.entry(Cow::Borrowed(key), value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish();
                Ok(())
            }
        }
    )+};
}

fields!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = Some(Cow::Owned(key_of(key)?));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = self.key.take().ok_or_else(|| Error::custom("a value without a key"))?;
        self.entry(key, value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use engine_core::payload::write_canonical;
    use serde_json::json;

    use super::*;

    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Zero,
        One(u8),
        Two(bool, char),
        Three { z: i8, a: Option<()>, m: Vec<Kind> },
    }

    #[derive(Serialize)]
    struct Unit;

    #[derive(Serialize)]
    struct Newtype(&'static str);

    #[derive(Serialize)]
    struct Everything {
        z: Vec<Kind>,
        numbers: (i64, u64, f64, f32, f64),
        a: BTreeMap<u32, Newtype>,
        flags: BTreeMap<bool, ()>,
        unit: Unit,
        text: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<u8>,
        nested: HashMap<String, serde_json::Value>,
        bytes: [u8; 2],
        empty: (BTreeMap<u8, u8>, Vec<u8>),
    }

    fn everything() -> Everything {
        let keys = ["a", "a!", "a\"", "aB", "a\\", "ab", "\u{1}", "é", "", "a\n"];
        Everything {
            z: vec![
                Kind::Zero,
                Kind::One(7),
                Kind::Two(true, '"'),
                Kind::Three { z: -1, a: None, m: vec![Kind::Zero] },
            ],
            numbers: (i64::MIN, u64::MAX, 0.1, 0.1, f64::NAN),
            a: [(10, Newtype("x")), (9, Newtype("y"))].into(),
            flags: [(true, ()), (false, ())].into(),
            unit: Unit,
            text: "tab\tand \u{7f} and ü",
            absent: None,
            nested: keys
                .into_iter()
                .map(|key| (key.to_owned(), json!({"y": 1, "x": []})))
                .collect(),
            bytes: [0, 255],
            empty: (BTreeMap::new(), Vec::new()),
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_sorted_tree() {
        let mut expected = Vec::new();
        write_canonical(&serde_json::to_value(everything()).unwrap(), &mut expected);
        let written = to_canonical(&everything()).unwrap();
        assert_eq!(String::from_utf8(written), String::from_utf8(expected));
    }

    #[test]
    fn a_key_that_is_no_text_is_an_error() {
        assert!(to_canonical(&BTreeMap::from([(vec![1], 1)])).is_err());
        assert!(to_canonical(&BTreeMap::from([((), 1)])).is_err());
    }
}
