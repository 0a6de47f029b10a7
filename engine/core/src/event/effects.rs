//! What becomes of what executions did: of grants, and of files.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    extension::Failure,
    ids::UserId,
    request::{EndCause, FileLink, MadeFile},
    value::Span,
};

/// How a grant that took effect comes to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantEvent {
    /// It took effect, and its window waits for its first use (EXE-6b).
    UseAwaited {
        /// How long it lasts from then; none means as long as without a window.
        length: Option<Span>,
    },
    /// Somebody reported its first use: its window runs from here (EXE-6b).
    Used {
        /// Who.
        by: UserId,
        /// Until when it lasts now; none means until it is revoked.
        until: Option<DateTime<Utc>>,
    },
    /// It is to be taken back (EXE-5).
    Ending {
        /// Why.
        cause: EndCause,
    },
    /// The engine began to take it back, or found that nothing is left to take (EXE-6c).
    EndStarted {
        /// Its rights that stay for other grants.
        passed_on: BTreeSet<String>,
    },
    /// Taking it back failed; it is tried again (EXE-5).
    EndFailed {
        /// Why.
        failure: Failure,
        /// When.
        retry_at: DateTime<Utc>,
    },
    /// It has ended: it was taken back, or left to other grants.
    Ended,
}

/// What became of the files of an execution (EXE-7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilesEvent {
    /// They were made.
    Made {
        /// All that the execution has made, by name.
        files: Vec<MadeFile>,
        /// When their retention is over; none for a retention that no calendar reaches the end of.
        until: Option<DateTime<Utc>>,
    },
    /// Somebody has a link to one.
    Linked {
        /// The link.
        link: FileLink,
    },
    /// Somebody downloaded one (AUD-1).
    Downloaded {
        /// Its name.
        file: String,
        /// Who.
        by: UserId,
        /// By which link.
        hash: String,
    },
    /// They were deleted after their retention.
    Deleted,
}

impl GrantEvent {
    /// The stable name, as [`Event::name`](super::Event::name).
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::UseAwaited { .. } => "grant_use_awaited",
            Self::Used { .. } => "grant_used",
            Self::Ending { .. } => "grant_ending",
            Self::EndStarted { .. } => "grant_end_started",
            Self::EndFailed { .. } => "grant_end_failed",
            Self::Ended => "grant_ended",
        }
    }
}

impl FilesEvent {
    /// The stable name, as [`Event::name`](super::Event::name).
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Made { .. } => "files_made",
            Self::Linked { .. } => "file_linked",
            Self::Downloaded { .. } => "file_downloaded",
            Self::Deleted => "files_deleted",
        }
    }
}
