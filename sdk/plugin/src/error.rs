//! Failures: why a plugin gives no answer, and why the host gave the plugin none.

use std::fmt;

use crate::{Message, Value};

/// What a call answers, or why it does not.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a plugin gives no answer. A failure is never taken for *unmet*, *nobody* or *done*.
///
/// Every [`std::error::Error`] becomes a permanent one with `?`; a [`HostError`] becomes what its
/// kind says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What follows from it.
    pub class: Class,
    /// For the person.
    pub message: Message,
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// This request or this configuration can never work.
    Permanent,
    /// It may work later.
    Retryable {
        /// The earliest useful next try, in milliseconds.
        after_ms: Option<u32>,
    },
    /// Understood, and refused as a matter of policy.
    Refused,
    /// Executors only: the effect may have happened; `probe` is asked next.
    UnknownOutcome,
}

impl Error {
    /// A failure that no further try can mend.
    #[must_use]
    pub fn permanent(code: &str, text: impl Into<String>) -> Self {
        Self { class: Class::Permanent, message: Message::new(code, text) }
    }

    /// A failure that may pass.
    #[must_use]
    pub fn retryable(code: &str, text: impl Into<String>) -> Self {
        Self { class: Class::Retryable { after_ms: None }, message: Message::new(code, text) }
    }

    /// A refusal.
    #[must_use]
    pub fn refused(code: &str, text: impl Into<String>) -> Self {
        Self { class: Class::Refused, message: Message::new(code, text) }
    }

    /// An effect that may have happened.
    #[must_use]
    pub fn unknown_outcome(code: &str, text: impl Into<String>) -> Self {
        Self { class: Class::UnknownOutcome, message: Message::new(code, text) }
    }

    /// The same, where it is retryable, with the earliest useful next try in milliseconds.
    #[must_use]
    pub fn after_ms(mut self, ms: u32) -> Self {
        if let Class::Retryable { after_ms } = &mut self.class {
            *after_ms = Some(ms);
        }
        self
    }

    /// The same with an argument for translated messages.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.message = self.message.with(name, value);
        self
    }
}

impl<E: std::error::Error> From<E> for Error {
    fn from(error: E) -> Self {
        Self::permanent("failed", error.to_string())
    }
}

impl From<HostError> for Error {
    fn from(error: HostError) -> Self {
        let HostError { kind, message, .. } = error;
        match kind {
            ErrorKind::Denied => Self::refused("denied", message),
            ErrorKind::Invalid => Self::permanent("invalid", message),
            ErrorKind::NotFound => Self::permanent("not_found", message),
            ErrorKind::Rejected => Self::permanent("rejected", message),
            ErrorKind::Limit => Self::permanent("limit", message),
            ErrorKind::Busy => Self::retryable("busy", message),
            ErrorKind::Unavailable => Self::retryable("unavailable", message),
            ErrorKind::UnknownOutcome => Self::unknown_outcome("unknown_outcome", message),
            ErrorKind::Internal => Self::retryable("internal", message),
        }
    }
}

/// Why a host call failed. It becomes an [`Error`] with `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostError {
    /// What is wrong.
    pub kind: ErrorKind,
    /// For the administrator; without secrets.
    pub message: String,
    /// The other side's own code, such as the SQLSTATE `23505`.
    pub code: Option<String>,
}

/// What is wrong with a host call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Not granted; recorded; asking again does not help.
    Denied,
    /// The call makes no sense.
    Invalid,
    /// There is nothing by that name.
    NotFound,
    /// The other side understood and refused: a constraint, a missing privilege.
    Rejected,
    /// More rows, bytes or calls than allowed; nothing was written.
    Limit,
    /// A race was lost; nothing was written.
    Busy,
    /// The other side cannot be reached; nothing was written.
    Unavailable,
    /// The connection broke at the moment of the effect, which may have happened.
    UnknownOutcome,
    /// The host's own mistake.
    Internal,
}

impl HostError {
    /// An error without a code of the other side.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), code: None }
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
