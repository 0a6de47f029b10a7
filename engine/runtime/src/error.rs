//! Why the engine does not do what it is asked.

use engine_core::{
    ids::BadId,
    rejection::{Code, Rejection},
};
use engine_store::StoreError;

/// Why a call failed: the rules forbid it, or something broke.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The caller asked for what the rules forbid.
    #[error("refused: {}", .0.code().as_str())]
    Rejected(Box<Rejection>),
    /// The store cannot take it now, or has stopped.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// Two writers kept getting in each other's way; try again.
    #[error("too much is happening to this request at once; try again")]
    Contended,
    /// Another execution is giving the same right or taking it back (EXE-6c); try again.
    #[error("another grant of the same right is being made or taken back; try again")]
    RightInUse {
        /// How often claims had changed before this was found.
        version: u64,
    },
    /// A script or plugin kept asking for more.
    #[error("the questions of this command did not come to an end")]
    EndlessQuestions,
    /// A plugin file or script is not accepted.
    #[error("{0}")]
    Extension(String),
    /// A stored value cannot be read: it was written by another version, or damaged.
    #[error("cannot read a stored {what}: {why}")]
    Unreadable {
        /// What kind of value.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// A value cannot be stored.
    #[error("cannot store a {what}: {why}")]
    Unstorable {
        /// What kind of value.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// The organization does not exist.
    #[error("no such organization")]
    NoSuchOrganization,
    /// The token is unknown, expired, or its user is deactivated.
    #[error("the token is not valid")]
    Unauthenticated,
}

impl EngineError {
    /// A rejection's code.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Rejected(rejection) => Some(rejection.code()),
            Self::Store(_)
            | Self::Contended
            | Self::RightInUse { .. }
            | Self::EndlessQuestions
            | Self::Extension(_)
            | Self::Unreadable { .. }
            | Self::Unstorable { .. }
            | Self::NoSuchOrganization
            | Self::Unauthenticated => None,
        }
    }

    /// A value that another version wrote, or that is damaged.
    pub(crate) fn unreadable(what: &'static str) -> impl Fn(String) -> Self {
        move |why| Self::Unreadable { what, why }
    }
}

impl From<Rejection> for EngineError {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(Box::new(rejection))
    }
}

impl From<BadId> for EngineError {
    fn from(bad: BadId) -> Self {
        Rejection::invalid("id", bad.to_string()).into()
    }
}
