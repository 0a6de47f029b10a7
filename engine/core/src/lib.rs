//! The pure approval core: decide, evolve, explain.
//!
//! Nothing here reads a clock, a file, a random source or the network. Commands and answers go in,
//! events and effects come out:
//!
//! - [`rule::compile`] checks a written document once;
//! - [`decide::decide`] judges a command against a request, or asks questions first;
//! - [`evolve`] folds the events into the state, and nothing else;
//! - [`evaluate::View`] answers who can decide, who is asked, and why not.

pub mod calendar;
pub mod command;
pub mod decide;
pub mod directory;
pub mod effect;
pub mod eligibility;
pub mod evaluate;
pub mod event;
pub mod evolve;
pub mod explanation;
pub mod expression;
pub mod extension;
pub mod ids;
pub mod matching;
pub mod money;
pub mod notice;
pub mod offboarding;
pub mod order;
pub mod organization;
pub mod payload;
pub mod question;
pub mod rejection;
pub mod request;
pub mod resolve;
pub mod rights;
pub mod rule;
pub mod schema;
pub mod value;
pub mod visibility;
pub mod wake;
