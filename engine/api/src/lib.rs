//! Wire types, error codes and documents of the HTTP API.
//!
//! - [`endpoint`]: every endpoint, for the router, the client and [`openapi`];
//! - [`command`]: what comes in about requests; unknown fields are refused;
//! - [`view`]: what goes out about requests: logins, literals, sentences;
//! - [`organization`], [`directory`]: the same for everything else of an organization;
//! - [`code`], [`problem`]: what is answered when something is refused or fails;
//! - [`json_schema`]: the schemas of documents that people write;
//! - [`catalogue`]: the sentences;
//! - [`test_control`]: what a server for tests does beside the API;
//! - [`document`]: YAML and JSON that people write, with places for mistakes.

pub mod catalogue;
pub mod code;
pub mod command;
pub mod directory;
pub mod document;
pub mod endpoint;
pub mod json_schema;
pub mod openapi;
pub mod organization;
pub mod problem;
pub mod shape;
pub mod test_control;
pub mod view;
