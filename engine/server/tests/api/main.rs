//! The HTTP API without a socket: the router is called as a value. And, in [`command`] and [`disk`],
//! the real program.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test cannot go on without ends it"
)]

mod command;
mod disk;
mod files;
mod hostile;
mod organization;
mod overload;
mod place;
mod process;
mod requests;
mod twins;
