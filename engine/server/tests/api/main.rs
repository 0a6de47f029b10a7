//! The HTTP API without a socket: the router is called as a value.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test cannot go on without ends it"
)]

mod hostile;
mod organization;
mod place;
mod requests;
