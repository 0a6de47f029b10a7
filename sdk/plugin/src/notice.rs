//! The notice that a [`Notifier`](crate::Notifier) delivers.

use chrono::{DateTime, Utc};

use crate::{HostError, Message, UserId, backend::notice as host};

/// Its id.
#[must_use]
pub fn id() -> String {
    host::id()
}

/// The organization's id.
#[must_use]
pub fn organization() -> String {
    host::organization()
}

/// Whom it is for.
#[must_use]
pub fn recipient() -> UserId {
    UserId(host::recipient())
}

/// What it says, with its code and arguments.
///
/// # Errors
/// Where the host breaks the contract.
pub fn content() -> Result<Message, HostError> {
    host::content()
}

/// The same in one line.
#[must_use]
pub fn subject() -> String {
    host::subject()
}

/// The same at length.
#[must_use]
pub fn text() -> String {
    host::text()
}

/// Where the person goes on; none where the operator configured no public address.
#[must_use]
pub fn link() -> Option<String> {
    host::link()
}

/// The request that it is about, if it is about one.
#[must_use]
pub fn request() -> Option<String> {
    host::request()
}

/// When it came up.
///
/// # Errors
/// Where the host breaks the contract.
pub fn at() -> Result<DateTime<Utc>, HostError> {
    host::at()
}
