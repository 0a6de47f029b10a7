//! Schemas of settings: the part of JSON Schema (2020-12) with which a plugin describes its
//! configuration.
//!
//! A schema comes from outside, with a plugin, so it is read strictly and its work is bounded:
//!
//! - a keyword that is not known here is refused when the plugin is installed, never ignored when a
//!   rule is published; [`KEYWORDS`] and [`NOTES`] are all there are, and those that start with `x-`;
//! - a `$ref` leads to a place of the same document (`#/$defs/time`), never elsewhere;
//! - patterns are few, small when compiled, and matched in linear time;
//! - one check looks at no more than [`MAX_STEPS`] keywords, [`MAX_DEPTH`] of them in each other.
//!
//! A setting that is `{property: name}` has its value with each request only. When a rule is
//! published its type is known and nothing else, so that a keyword holds, fails, or is *open*; a
//! fault is what fails whatever the value will be.

mod check;
mod read;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;

use regex::Regex;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use crate::value::PropertyType;

/// The keywords that are checked.
pub const KEYWORDS: [&str; 32] = [
    "$ref",
    "type",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "properties",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "required",
    "dependentRequired",
    "minProperties",
    "maxProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "$defs",
];
/// The keywords that tell people something and check nothing; `then` and `else` go with `if`.
pub const NOTES: [&str; 12] = [
    "$schema",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "contentMediaType",
    "then",
    "else",
];
/// The most keywords that one check looks at.
pub const MAX_STEPS: u32 = 100_000;
/// How deep keywords may lead into each other in one check.
pub const MAX_DEPTH: u32 = 64;

/// A schema that was read.
#[derive(Clone, Debug)]
pub struct Schema {
    /// What holds at each place that is a schema, by its JSON pointer.
    places: BTreeMap<Place, Vec<Keyword>>,
}

/// A JSON pointer into the schema, such as `/properties/days/items`.
type Place = String;

/// The settings of one use of a plugin, as the rule writes them.
pub type Settings<'a> = BTreeMap<&'a str, Setting<'a>>;

/// A setting.
#[derive(Clone, Copy, Debug)]
pub enum Setting<'a> {
    /// As written.
    Json(&'a Json),
    /// The value that a property of this type will have.
    Property(&'a PropertyType),
}

/// Something in the settings that the schema does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Below the settings, such as `.freezes[0].from`; empty for the settings as a whole.
    pub path: String,
    /// What was found, what was expected.
    pub message: String,
}

/// One thing that a schema asks for.
#[derive(Clone, Debug)]
enum Keyword {
    /// The schema `false`.
    Never,
    Type(Vec<Kind>),
    Value(OfValue),
    Items {
        first: Vec<Place>,
        rest: Option<Place>,
    },
    Entries(Entries),
    Names(Place),
    Required(Vec<String>),
    DependentRequired(BTreeMap<String, Vec<String>>),
    All(Vec<Place>),
    Any(Vec<Place>),
    One(Vec<Place>),
    Not(Place),
    If {
        this: Place,
        then: Option<Place>,
        otherwise: Option<Place>,
    },
    Ref(Place),
}

/// What needs the value itself.
#[derive(Clone, Debug)]
enum OfValue {
    /// One of these; `const` is one alone.
    Among(Vec<Json>),
    Number(OfNumber),
    Text(OfText),
    /// How many characters, items or entries there are.
    Count {
        of: Counted,
        least: u64,
        most: u64,
    },
    /// No item stands twice.
    Unique,
}

/// What a number must be.
#[derive(Clone, Debug)]
enum OfNumber {
    Least { bound: Decimal, exclusive: bool },
    Most { bound: Decimal, exclusive: bool },
    MultipleOf(Decimal),
}

/// What a text must be.
#[derive(Clone, Debug)]
enum OfText {
    Like(Regex),
    Date,
    DateTime,
}

/// What the entries of a map must be.
#[derive(Clone, Debug, Default)]
struct Entries {
    known: BTreeMap<String, Place>,
    patterns: Vec<(Regex, Place)>,
    others: Option<Place>,
}

/// What has a number of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    Characters,
    Items,
    Entries,
}

/// A type of JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl Schema {
    /// Reads a schema.
    ///
    /// # Errors
    /// A sentence that names the place and what is wrong there.
    pub fn read(json: &Map<String, Json>) -> Result<Self, String> {
        read::read(json)
    }

    /// Everything in the settings that is wrong whatever values their properties will have.
    #[must_use]
    pub fn faults(&self, settings: &Settings<'_>) -> Vec<Fault> {
        check::faults(self, settings)
    }
}

/// A path and one key more, as documents' paths are written.
pub(crate) fn at_key(path: &str, key: &str) -> String {
    let is_word =
        !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if is_word { format!("{path}.{key}") } else { format!("{path}[{}]", Json::from(key)) }
}
