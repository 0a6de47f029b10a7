//! The only clock and dice: the same answers in every repetition of the same call.

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};

use crate::{HostError, Result, backend};

/// The instant of the command that the call belongs to.
///
/// # Errors
/// Where the host gives a text that is no instant.
pub fn now() -> Result<DateTime<Utc>, HostError> {
    backend::clock::now()
}

/// What clocks on the wall show at an instant in a time zone such as `Europe/Riga`; none is the
/// organization's.
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid) for an unknown zone.
pub fn local(at: DateTime<Utc>, time_zone: Option<&str>) -> Result<NaiveDateTime, HostError> {
    backend::clock::local_time(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true), time_zone)
}

/// At most 1,024 bytes. Not for secrets.
#[must_use]
pub fn random_bytes(length: u32) -> Vec<u8> {
    backend::clock::random_bytes(length)
}
