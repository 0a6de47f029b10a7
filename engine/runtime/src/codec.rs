//! Values and their stored form: JSON with a schema number. The same value has the same bytes.
//!
//! A type whose form changes gets the next number, and an upcaster here that turns the JSON of the
//! number before into it. Files of every released number are kept as test data.

use engine_store::Body;
use serde::{Serialize, de::DeserializeOwned};

use crate::error::EngineError;

/// The schema that this engine writes.
const SCHEMA: u16 = 1;

pub(crate) fn encode<T: Serialize>(what: &'static str, value: &T) -> Result<Body, EngineError> {
    let json = serde_json::to_vec(value)
        .map_err(|error| EngineError::Unstorable { what, why: error.to_string() })?;
    Ok(Body { schema: SCHEMA, json })
}

pub(crate) fn decode<T: DeserializeOwned>(
    what: &'static str,
    body: &Body,
) -> Result<T, EngineError> {
    let unreadable = EngineError::unreadable(what);
    if body.schema != SCHEMA {
        let found = body.schema;
        return Err(unreadable(format!("its schema is {found}; this engine reads {SCHEMA}")));
    }
    serde_json::from_slice(&body.json).map_err(|error| unreadable(error.to_string()))
}
