//! A tree to a typed value, by serde.
//!
//! Every error is raised without a place, as serde does it, and given one by the innermost part that
//! it comes out of; the path grows from there outwards.

mod error;

use serde::{
    Deserializer,
    de::{
        self, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
        Visitor, value::StrDeserializer,
    },
};

pub(super) use self::error::Error;
use super::{
    Format, Segment, Span,
    node::{Data, Entry, Node},
};

/// Reads one part of a document.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    node: &'a Node,
    /// The key that it stands under, if it stands in a map.
    key: Option<Span>,
    format: Format,
}

impl<'a> Reader<'a> {
    pub(super) fn new(node: &'a Node, format: Format) -> Self {
        Self { node, key: None, format }
    }

    fn inner(self, node: &'a Node, key: Option<Span>) -> Self {
        Self { node, key, format: self.format }
    }

    /// Hands over what the part is.
    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.data {
            Data::Null => visitor.visit_unit(),
            Data::Boolean(value) => visitor.visit_bool(*value),
            Data::Number(text) => number(text, visitor),
            Data::Text(text) => visitor.visit_str(text),
            Data::List(nodes) => visitor.visit_seq(Elements { of: self, nodes, next: 0 }),
            Data::Map(entries) => {
                visitor.visit_map(Fields { of: self, entries: entries.iter(), value: None })
            }
        }
        .map_err(|error| self.place(error))
    }

    fn place(self, error: Error) -> Error {
        error.at(self.node, self.key)
    }

    fn wrong<'de, V: Visitor<'de>>(self, visitor: &V) -> Error {
        self.place(Error::expected(visitor))
    }

    /// Text, or in YAML a number, which is written like text there.
    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match (&self.node.data, self.format) {
            (Data::Text(_), _) => self.visit(visitor),
            (Data::Number(text), Format::Yaml) => {
                visitor.visit_str(text).map_err(|error| self.place(error))
            }
            (Data::Number(text), Format::Json) => {
                Err(self.wrong(&visitor).or_perhaps(format!("\"{text}\"")))
            }
            (Data::Null | Data::Boolean(_) | Data::List(_) | Data::Map(_), _) => {
                Err(self.wrong(&visitor))
            }
        }
    }

    /// A number, exact or not at all.
    fn numeric<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.data {
            Data::Number(_) => self.visit(visitor),
            Data::Null | Data::Boolean(_) | Data::Text(_) | Data::List(_) | Data::Map(_) => {
                Err(self.wrong(&visitor))
            }
        }
    }

    fn float<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Data::Number(text) = &self.node.data else { return Err(self.wrong(&visitor)) };
        let Ok(value) = text.parse() else { return Err(self.wrong(&visitor)) };
        visitor.visit_f64(value).map_err(|error| self.place(error))
    }

    fn list<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.data {
            Data::List(_) => self.visit(visitor),
            Data::Null | Data::Boolean(_) | Data::Number(_) | Data::Text(_) | Data::Map(_) => {
                Err(self.wrong(&visitor))
            }
        }
    }

    fn map<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.data {
            Data::Map(_) => self.visit(visitor),
            Data::Null | Data::Boolean(_) | Data::Number(_) | Data::Text(_) | Data::List(_) => {
                Err(self.wrong(&visitor))
            }
        }
    }
}

/// A whole number as such; any other as its text, so that it is never rounded.
fn number<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, Error> {
    if let Ok(value) = text.parse() {
        visitor.visit_i64(value)
    } else if let Ok(value) = text.parse() {
        visitor.visit_u64(value)
    } else {
        visitor.visit_str(text)
    }
}

macro_rules! read_as {
    ($how:ident: $($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.$how(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Error;

    read_as! { visit: deserialize_any deserialize_ignored_any }
    read_as! { text: deserialize_char deserialize_str deserialize_string deserialize_identifier }
    read_as! { numeric:
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }
    read_as! { float: deserialize_f32 deserialize_f64 }
    read_as! { list: deserialize_seq deserialize_bytes deserialize_byte_buf }
    read_as! { map: deserialize_map }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.data {
            Data::Null => visitor.visit_none(),
            Data::Boolean(_) | Data::Number(_) | Data::Text(_) | Data::List(_) | Data::Map(_) => {
                visitor.visit_some(self)
            }
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.visit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.list(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.list(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.map(visitor)
    }

    /// A word, or a map with the word as its only key.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let chosen = match &self.node.data {
            Data::Text(word) => Choice { of: self, word, entry: None },
            Data::Map(entries) => {
                let mut entries = entries.iter();
                let (Some(entry), None) = (entries.next(), entries.next()) else {
                    return Err(self.place(Error::one_key(variants)));
                };
                Choice { of: self, word: &entry.key, entry: Some(entry) }
            }
            Data::Null | Data::Boolean(_) | Data::Number(_) | Data::List(_) => {
                return Err(self.place(Error::word(variants)));
            }
        };
        visitor.visit_enum(chosen).map_err(|error| self.place(error))
    }
}

struct Elements<'a> {
    of: Reader<'a>,
    nodes: &'a [Node],
    next: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let index = self.next;
        let Some(node) = self.nodes.get(index) else { return Ok(None) };
        self.next += 1;
        let reader = self.of.inner(node, None);
        let read = seed.deserialize(reader);
        read.map(Some).map_err(|error| reader.place(error).within(Segment::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.nodes.len() - self.next)
    }
}

struct Fields<'a> {
    of: Reader<'a>,
    entries: std::slice::Iter<'a, Entry>,
    value: Option<&'a Entry>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        self.value = self.entries.next();
        let Some(entry) = self.value else { return Ok(None) };
        key(&entry.key, seed)
            .map(Some)
            .map_err(|error| error.at_key(entry).within(Segment::Key(entry.key.clone())))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let Some(entry) = self.value.take() else {
            return Err(de::Error::custom("a value was asked for without its key"));
        };
        let reader = self.of.inner(&entry.value, Some(entry.key_span));
        let read = seed.deserialize(reader);
        read.map_err(|error| reader.place(error).within(Segment::Key(entry.key.clone())))
    }
}

fn key<'de, K: DeserializeSeed<'de>>(key: &str, seed: K) -> Result<K::Value, Error> {
    let reader: StrDeserializer<'_, Error> = key.into_deserializer();
    seed.deserialize(reader)
}

/// One word of a closed list, with what stands under it.
struct Choice<'a> {
    of: Reader<'a>,
    word: &'a str,
    entry: Option<&'a Entry>,
}

impl<'de> EnumAccess<'de> for Choice<'_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Error> {
        match key(self.word, seed) {
            Ok(value) => Ok((value, self)),
            Err(error) => Err(match self.entry {
                Some(entry) => error.at_key(entry),
                None => error,
            }),
        }
    }
}

impl Choice<'_> {
    fn content<T>(self, read: impl FnOnce(Reader<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let Some(entry) = self.entry else { return Err(Error::needs_value(self.word)) };
        let reader = self.of.inner(&entry.value, Some(entry.key_span));
        read(reader).map_err(|error| reader.place(error).within(Segment::Key(entry.key.clone())))
    }
}

impl<'de> VariantAccess<'de> for Choice<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.entry {
            None => Ok(()),
            Some(Entry { value: Node { data: Data::Null, .. }, .. }) => Ok(()),
            Some(entry) => Err(Error::needs_no_value(self.word).at_key(entry)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        self.content(|reader| seed.deserialize(reader))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        self.content(|reader| reader.list(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.content(|reader| reader.map(visitor))
    }
}
