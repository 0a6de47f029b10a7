//! Wire types, error codes and documents of the HTTP API.

pub mod document;
