//! What can go wrong with a connection. No message holds a password.

use std::time::Duration;

use engine_core::{extension::FailureClass, ids::ResourceId};
use serde_json::Value as Json;

/// Why a statement failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementFault {
    /// It is not a statement, or names what does not exist.
    Wrong,
    /// The data forbid it.
    Constraint,
    /// The account may not.
    Privilege,
    /// The transaction is read-only.
    ReadOnly,
    /// Another transaction was in the way: the same again may succeed.
    Conflict,
    /// The server has no room, memory or free connection.
    Resources,
}

/// Why a connection, a transaction or a statement failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection of this name is configured.
    #[error("no connection is called `{0}`")]
    UnknownConnection(ResourceId),
    /// A password was given for a database that asks for none.
    #[error("the connection `{0}` is a file, which asks for no password")]
    NoPassword(ResourceId),
    /// The server does not answer, or the file cannot be opened now.
    #[error("cannot reach the database of `{connection}`: {reason}")]
    Unreachable {
        /// The connection.
        connection: ResourceId,
        /// In the driver's words.
        reason: String,
    },
    /// The server refuses the account.
    #[error(
        "the database of `{connection}` refuses the account: {reason}; an operator must correct its name or password"
    )]
    Credentials {
        /// The connection.
        connection: ResourceId,
        /// In the server's words.
        reason: String,
    },
    /// The server has no such database, or there is no such file.
    #[error("`{connection}` has no such database: {reason}")]
    UnknownDatabase {
        /// The connection.
        connection: ResourceId,
        /// In the server's words.
        reason: String,
    },
    /// All transactions that the connection may have open are open.
    #[error("all {open} transactions of `{connection}` are in use")]
    Busy {
        /// The connection.
        connection: ResourceId,
        /// The limit.
        open: u32,
    },
    /// The connection is configured read-only.
    #[error("`{0}` is a read-only connection")]
    ReadOnlyConnection(ResourceId),
    /// The statement failed; the server answered so.
    #[error("{message} ({code})")]
    Statement {
        /// What kind of failure.
        fault: StatementFault,
        /// SQLSTATE, or the database's own code.
        code: String,
        /// In the server's words.
        message: String,
    },
    /// The text is refused before it reaches the server.
    #[error("the statement is refused: {0}")]
    Refused(String),
    /// The value cannot be sent to, or understood from, this database.
    #[error("{0}")]
    Value(String),
    /// It took too long; it was cancelled and nothing of its transaction is kept.
    #[error("no answer within {} ms; the transaction was undone", .0.as_millis())]
    Timeout(Duration),
    /// The connection broke before the commit was sent: nothing of the transaction is kept.
    #[error("the connection was lost before the commit: {0}")]
    Lost(String),
    /// The connection broke, or no answer came, after the commit was sent (or where every statement
    /// commits by itself): the effect may have happened. Ask [`crate::Connections::probe`].
    #[error("it is not known whether the effect happened: {0}")]
    UnknownOutcome(String),
    /// A statement ended the transaction under our feet: a part of it is kept.
    #[error("a statement ended the transaction, so a part of it may be kept")]
    EndedEarly,
    /// The effect has already happened; its receipt.
    #[error("the effect has already happened")]
    AlreadyHappened(Json),
    /// A probe answered `did not happen` after this attempt had begun: it may not happen any more.
    #[error("this attempt was given up by a probe")]
    Fenced,
    /// The key cannot mark an effect.
    #[error("`{0}` is not a key of an effect: expected 1 to 200 visible ASCII characters")]
    BadKey(String),
    /// The transaction is over: an earlier failure, timeout, or abandoned stream ended it.
    #[error("the transaction is over, because {0}")]
    Over(&'static str),
    /// The answer has too many rows.
    #[error("the answer has more than {0} rows")]
    TooManyRows(u64),
    /// The answer, or the file made of it, is too large.
    #[error("the answer has more than {0} bytes")]
    TooManyBytes(u64),
    /// The folder of blobs cannot be read or written.
    #[error("cannot keep the file")]
    Blob(#[source] std::io::Error),
    /// There is no such blob.
    #[error("there is no blob `{0}`")]
    UnknownBlob(String),
    /// Something that cannot be.
    #[error("a mistake of the engine: {0}")]
    Bug(String),
}

impl Error {
    /// The consequence of the failure for the execution.
    ///
    /// A probe follows [`Error::AlreadyHappened`] as it follows an unknown outcome, and finds the receipt.
    #[must_use]
    pub fn class(&self) -> FailureClass {
        match self {
            Self::Unreachable { .. } | Self::Lost(_) | Self::Blob(_) => FailureClass::Unavailable,
            Self::Busy { .. } => FailureClass::Busy,
            Self::Timeout(_) => FailureClass::Deadline,
            Self::UnknownOutcome(_) | Self::EndedEarly | Self::AlreadyHappened(_) => {
                FailureClass::UnknownOutcome
            }
            Self::Fenced => FailureClass::Retryable,
            Self::ReadOnlyConnection(_)
            | Self::Refused(_)
            | Self::TooManyRows(_)
            | Self::TooManyBytes(_) => FailureClass::Refused,
            Self::UnknownConnection(_)
            | Self::NoPassword(_)
            | Self::Credentials { .. }
            | Self::UnknownDatabase { .. }
            | Self::Value(_)
            | Self::BadKey(_)
            | Self::Over(_)
            | Self::UnknownBlob(_) => FailureClass::Permanent,
            Self::Bug(_) => FailureClass::Bug,
            Self::Statement { fault, .. } => match fault {
                StatementFault::Wrong
                | StatementFault::Constraint
                | StatementFault::Privilege
                | StatementFault::ReadOnly => FailureClass::Permanent,
                StatementFault::Conflict => FailureClass::Retryable,
                StatementFault::Resources => FailureClass::Unavailable,
            },
        }
    }

    /// Whether the state of the session is not known any more, so that it cannot be used again.
    pub(crate) fn breaks_session(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Credentials { .. }
            | Self::UnknownDatabase { .. }
            | Self::Timeout(_)
            | Self::Lost(_)
            | Self::UnknownOutcome(_)
            | Self::EndedEarly
            | Self::Over(_)
            | Self::Bug(_) => true,
            Self::UnknownConnection(_)
            | Self::NoPassword(_)
            | Self::Busy { .. }
            | Self::ReadOnlyConnection(_)
            | Self::Statement { .. }
            | Self::Refused(_)
            | Self::Value(_)
            | Self::AlreadyHappened(_)
            | Self::Fenced
            | Self::BadKey(_)
            | Self::TooManyRows(_)
            | Self::TooManyBytes(_)
            | Self::Blob(_)
            | Self::UnknownBlob(_) => false,
        }
    }
}
