//! The HTTP API without a socket: the router is called as a value. And, in [`command`], [`disk`],
//! [`inspect`], [`operating`], [`prune`] and [`scenarios`], the real program.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test cannot go on without ends it"
)]

mod attachments;
mod bad_scenarios;
mod command;
mod disk;
mod files;
mod first_use;
mod hostile;
mod inspect;
mod installing;
mod operating;
mod organization;
mod overdue;
mod overload;
mod place;
mod plans;
mod plugins;
mod process;
mod prune;
mod reads;
mod replay;
mod requests;
mod rules;
mod scenarios;
mod schemas;
mod shared;
mod talk;
mod tenants;
mod test_control;
mod twins;
