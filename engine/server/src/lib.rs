//! The HTTP server and the `countersign` command.
//!
//! [`http::router`] gives the whole API as a value, so that tests call it without a socket. Handlers
//! only translate: wire types in, a call of the engine, wire types out. To add an endpoint: a line
//! in `engine_api::endpoint`, its handler in the file of its area under `http`, and the arm that the
//! exhaustive match in `http.rs` asks for.

mod caches;
mod cases;
pub mod cli;
mod component;
pub mod config;
pub mod data;
pub mod first_party;
mod grants;
pub mod http;
mod kit;
pub mod local;
pub mod scenario;
pub mod trust;
mod workshop;
