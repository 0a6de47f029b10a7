//! JSON Schemas (2020-12) of the documents that people write, for editors and for other programs.
//!
//! The names of fields and words are asked of the types that read the documents ([`fields_of`],
//! [`words_of`]), so that a schema cannot know others than the engine does; what stands behind each
//! name is told here. Values that a schema cannot judge (literals, whose type the form says) are left
//! open: the engine judges them.

mod probe;
mod rule;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json, json};

pub use probe::{fields_of, words_of};
pub use rule::rule;

/// The dialect of every schema here.
pub const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// A map with the fields of `T` and no others. A field without a line in `types` takes anything.
#[must_use]
pub fn object<T: DeserializeOwned>(required: &[&str], types: &[(&str, Json)]) -> Json {
    map(fields_of::<T>(), required, types)
}

/// A map with these fields and no others.
#[must_use]
pub fn map(fields: &[&str], required: &[&str], types: &[(&str, Json)]) -> Json {
    let of = |field: &&str| {
        let line = types.iter().find(|(name, _)| name == field);
        ((*field).to_owned(), line.map_or(Json::Bool(true), |(_, of)| of.clone()))
    };
    let properties: Map<String, Json> = fields.iter().map(of).collect();
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// One of the words of `T`.
#[must_use]
pub fn word<T: DeserializeOwned>() -> Json {
    json!({ "enum": words_of::<T>() })
}

/// A list.
#[must_use]
pub fn list(of: &Json) -> Json {
    json!({ "type": "array", "items": of })
}

/// A text. Numbers are texts too where one is asked for, as they are in YAML.
#[must_use]
pub fn text() -> Json {
    json!({ "type": ["string", "number"] })
}

/// An id of the kind that people choose.
#[must_use]
pub fn id() -> Json {
    json!({ "type": ["string", "number"], "pattern": "^[a-z0-9][a-z0-9._-]*$", "maxLength": 64 })
}

/// `true` or `false`.
#[must_use]
pub fn boolean() -> Json {
    json!({ "type": "boolean" })
}

/// A whole number from 0.
#[must_use]
pub fn count() -> Json {
    json!({ "type": "integer", "minimum": 0 })
}

/// A duration such as `90m`, `3d` or `5bd`.
#[must_use]
pub fn span() -> Json {
    json!({ "type": "string", "pattern": "^[0-9]+(s|m|h|d|w|bd)$" })
}

/// A part defined under `$defs`.
#[must_use]
pub fn part(name: &str) -> Json {
    json!({ "$ref": format!("#/$defs/{name}") })
}
