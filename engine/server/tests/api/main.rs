//! The HTTP API without a socket: the router is called as a value.

mod hostile;
mod organization;
mod place;
mod requests;
