//! What can go wrong, in codes.

use std::{io, path::PathBuf, sync::Arc};

/// Why a store could not do what it was asked. Nothing of a refused commit was written, but for
/// [`Self::Stopped`], where it is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The queue of the writer is full. Try again in a moment.
    #[error("the store is busy: its queue of commits is full")]
    Busy,
    /// The disk is full. Reads go on; commits go on when there is room.
    #[error("the disk is full: commits wait for room, reads go on")]
    NoSpace,
    /// The disk refused a write or a sync, so nothing can be relied on until the store is opened
    /// again. Whether a commit answered so is durable is known only then.
    #[error("the store has stopped: {0}")]
    Stopped(
        /// The first failure.
        Arc<str>,
    ),
    /// A stored record is not what was written. Other records may well be.
    #[error("a stored {family} record is damaged: {reason}")]
    Damaged {
        /// The key family.
        family: &'static str,
        /// What was expected.
        reason: &'static str,
    },
    /// The commit is larger than allowed.
    #[error("too many {what}: {found}, at most {max}")]
    TooLarge {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        max: usize,
    },
    /// A request, document or agenda entry stands in one commit twice.
    #[error("a request, document or agenda entry stands in one commit twice")]
    Repeated,
    /// The text is not a cursor of this store.
    #[error("`{0}` is not a cursor: expected the `next` of an earlier page")]
    BadCursor(
        /// The text, cut at 80 characters.
        String,
    ),
}

impl StoreError {
    /// The code, for the wire and for tests.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::NoSpace => "unavailable",
            Self::Stopped(_) => "stopped",
            Self::Damaged { .. } => "damaged",
            Self::TooLarge { .. } => "too_large",
            Self::Repeated => "repeated",
            Self::BadCursor(_) => "bad_cursor",
        }
    }

    /// Whether the same call may succeed later without anybody changing it.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Busy | Self::NoSpace => true,
            Self::Stopped(_)
            | Self::Damaged { .. }
            | Self::TooLarge { .. }
            | Self::Repeated
            | Self::BadCursor(_) => false,
        }
    }
}

/// Why a data folder could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another store of this one, has it open.
    #[error("the data folder `{}` is in use by another process", .folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// There is a file where the store's should be, and it is something else.
    #[error("`{}` is not a store: expected a file that this program wrote", .file.display())]
    NotAStore {
        /// The file.
        file: PathBuf,
    },
    /// Written by another version, in a form this one does not read.
    #[error(
        "`{}` has data version {found}: this program reads version {expected}", .file.display()
    )]
    OtherVersion {
        /// The file.
        file: PathBuf,
        /// What it says.
        found: u64,
        /// What this program reads.
        expected: u64,
    },
    /// The file is one of ours, and broken.
    #[error("`{}` is damaged: {reason}", .file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The folder or a file in it could not be read or written.
    #[error("cannot use `{}`", .path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl OpenError {
    /// The code, for the operator and for tests.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InUse { .. } => "data_in_use",
            Self::NotAStore { .. } => "data_not_a_store",
            Self::OtherVersion { .. } => "data_other_version",
            Self::Damaged { .. } => "data_damaged",
            Self::Io { .. } => "data_io",
        }
    }
}
