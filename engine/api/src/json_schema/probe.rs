//! The names that a type reads, asked of the type itself.
//!
//! A type is given something to read that gives nothing away: a struct and an enum say then which
//! names they know, and a map with a key that nobody knows is refused with those that are known.

use std::fmt;

use serde::{
    Deserializer,
    de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess, Visitor},
    forward_to_deserialize_any,
};

/// A key that no document has.
const NOBODYS: &str = "\u{0}";

/// The fields of a struct, or the keys of what reads maps by itself; none where `T` is neither.
#[must_use]
pub fn fields_of<T: DeserializeOwned>() -> &'static [&'static str] {
    match T::deserialize(Probe) {
        Err(Names::Fields(names)) => names,
        Err(Names::Words(_) | Names::None) | Ok(_) => &[],
    }
}

/// The words of an enum; none where `T` is no enum.
#[must_use]
pub fn words_of<T: DeserializeOwned>() -> &'static [&'static str] {
    match T::deserialize(Probe) {
        Err(Names::Words(names)) => names,
        Err(Names::Fields(_) | Names::None) | Ok(_) => &[],
    }
}

struct Probe;

/// What a type said about itself.
#[derive(Debug)]
enum Names {
    Fields(&'static [&'static str]),
    Words(&'static [&'static str]),
    None,
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing to read")
    }
}

impl std::error::Error for Names {}

impl de::Error for Names {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self::None
    }

    fn unknown_field(_field: &str, expected: &'static [&'static str]) -> Self {
        Self::Fields(expected)
    }
}

impl<'de> Deserializer<'de> for Probe {
    type Error = Names;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Names> {
        visitor.visit_map(OneKey)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Names> {
        Err(Names::Fields(fields))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Names> {
        Err(Names::Words(variants))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct OneKey;

impl<'de> MapAccess<'de> for OneKey {
    type Error = Names;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Names> {
        seed.deserialize(NOBODYS.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, _seed: V) -> Result<V::Value, Names> {
        Err(Names::None)
    }
}

#[cfg(test)]
mod tests {
    use engine_core::rule::definition::{ConditionDoc, DueFrom, QuorumDoc, StepDoc, WhoDoc};

    use super::*;

    #[test]
    fn types_tell_the_names_they_read() {
        assert_eq!(&fields_of::<StepDoc>()[..2], ["id", "title"]);
        assert!(fields_of::<WhoDoc>().contains(&"owner_of"));
        assert!(fields_of::<ConditionDoc>().contains(&"half_open"));
        assert_eq!(words_of::<QuorumDoc>(), ["any", "all", "at_least", "paths"]);
        assert_eq!(words_of::<DueFrom>(), ["activation", "submission"]);
        assert!(fields_of::<String>().is_empty() && words_of::<u32>().is_empty());
    }
}
