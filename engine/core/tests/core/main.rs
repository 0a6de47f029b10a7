//! The core through its public face: commands go in, events and effects come out.
//!
//! - [`states`]: every state × every command, compared with `docs/states.md`;
//! - [`play`]: random rules, people and commands, with invariants checked after every event;
//! - [`model`]: every order of decisions, work and crashes, within bounds;
//! - [`corners`]: single cases that the others found;
//! - [`reopened`]: steps that are asked again;
//! - [`routed`]: edits that bring a request under another rule;
//! - [`routes`]: random routes with people who stand in, items, and one person in several steps;
//! - [`expression`]: calculated properties against a naive model;
//! - [`forged`]: what must not compile.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on ends by a panic"
)]

mod corners;
mod expression;
mod forged;
mod model;
mod office;
mod play;
mod reopened;
mod routed;
mod routes;
mod states;
