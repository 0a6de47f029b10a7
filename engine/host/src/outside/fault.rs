//! What goes wrong outside, as it is kept and told.

use engine_connect::{Error, HttpError, error::StatementFault};
use serde::{Deserialize, Serialize};

/// Why something outside gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What follows from it.
    pub kind: FaultKind,
    /// For the administrator; without secrets.
    pub message: String,
    /// The other side's own code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// What follows from a fault, in the words of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Not allowed.
    Denied,
    /// It makes no sense.
    Invalid,
    /// There is nothing by that name.
    NotFound,
    /// The other side understood and refused.
    Rejected,
    /// More than allowed.
    Limit,
    /// A race was lost.
    Busy,
    /// It cannot be reached.
    Unavailable,
    /// It may have happened.
    UnknownOutcome,
    /// A mistake of the host.
    Internal,
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), code: None }
    }

    /// A secret that was granted, and that the operator has no more.
    pub(crate) fn unknown_secret(name: &str) -> Self {
        Self::new(FaultKind::NotFound, format!("the operator configured no secret `{name}`"))
    }

    /// What a call by HTTP failed with; `only_asks` says that it changed nothing.
    pub(super) fn of_http(error: &HttpError, only_asks: bool) -> Self {
        let kind = match error {
            HttpError::Invalid(_) => FaultKind::Invalid,
            HttpError::PrivateAddress { .. } => FaultKind::Denied,
            error if error.was_sent() && !only_asks => FaultKind::UnknownOutcome,
            HttpError::TooLarge { .. } => FaultKind::Limit,
            HttpError::Name { .. }
            | HttpError::Connect { .. }
            | HttpError::Tls { .. }
            | HttpError::TimeoutBeforeSend(_)
            | HttpError::TimeoutAfterSend(_)
            | HttpError::Broken { .. } => FaultKind::Unavailable,
        };
        Self { kind, message: error.to_string(), code: Some(error.code().to_owned()) }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let kind = kind(&error);
        let code = match error {
            Error::Statement { code, .. } => Some(code),
            _ => None,
        };
        Self { kind, message, code }
    }
}

fn kind(error: &Error) -> FaultKind {
    match error {
        Error::UnknownConnection(_) | Error::UnknownDatabase { .. } | Error::UnknownBlob(_) => {
            FaultKind::NotFound
        }
        Error::Unreachable { .. } | Error::Lost(_) | Error::Timeout(_) | Error::Blob(_) => {
            FaultKind::Unavailable
        }
        Error::Credentials { .. } => FaultKind::Rejected,
        Error::Busy { .. } | Error::Fenced => FaultKind::Busy,
        Error::ReadOnlyConnection(_) | Error::Refused(_) => FaultKind::Denied,
        Error::Value(_) | Error::BadKey(_) | Error::Over(_) | Error::NoPassword(_) => {
            FaultKind::Invalid
        }
        Error::UnknownOutcome(_) | Error::EndedEarly | Error::AlreadyHappened(_) => {
            FaultKind::UnknownOutcome
        }
        Error::TooManyRows(_) | Error::TooManyBytes(_) => FaultKind::Limit,
        Error::Bug(_) => FaultKind::Internal,
        Error::Statement { fault, .. } => match fault {
            StatementFault::Wrong => FaultKind::Invalid,
            StatementFault::Constraint | StatementFault::Privilege => FaultKind::Rejected,
            StatementFault::ReadOnly => FaultKind::Denied,
            StatementFault::Conflict => FaultKind::Busy,
            StatementFault::Resources => FaultKind::Unavailable,
        },
    }
}
