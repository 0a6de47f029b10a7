//! Items and files.

use serde::{Deserialize, Serialize};

use crate::ids::{PropertyName, ResourceId};

/// What is wrong with the items (DEC-7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrongItems {
    /// More items than a request has (DEC-7).
    TooMany {
        /// So many.
        found: usize,
        /// So many may be.
        most: usize,
    },
    /// The same item a second time (DEC-7).
    Twice {
        /// Which.
        item: ResourceId,
    },
    /// An approver did not grant it (DEC-7).
    RejectedForGood {
        /// Which.
        item: ResourceId,
    },
    /// Not among the items that are left to grant (DEC-7).
    NotLeft {
        /// What was named.
        named: String,
        /// What is left.
        left: Vec<ResourceId>,
    },
    /// An item is granted as it was asked for, or not at all (DEC-7, FIN-23).
    NotAsAsked,
    /// A rejection is of the whole request (DEC-7).
    OfRejection,
    /// The request has no items to choose from (DEC-7).
    NoneThere,
}

/// What is wrong with a file, or with attaching it (REQ-9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrongFile {
    /// An attachment that is the value of something (DIR-6, REQ-9).
    InUse {
        /// Of what.
        properties: Vec<PropertyName>,
    },
    /// The request has as many attachments as it can (REQ-9).
    TooMany {
        /// So many.
        most: usize,
    },
    /// As many were attached to the request as ever can be (REQ-9).
    TooManyEver {
        /// So many.
        most: u32,
    },
    /// A file without a name, or with too long a one (REQ-9).
    NameLength {
        /// It has so many bytes.
        found: usize,
        /// It may have so many.
        most: usize,
    },
    /// No plain name of a file (REQ-9).
    NotAName,
    /// Files that end like this are not taken (REQ-9).
    Extension {
        /// Such as `exe`.
        extension: String,
    },
    /// A file without content (REQ-9).
    Empty,
    /// A file that is too large (REQ-9).
    TooLarge {
        /// It has so many bytes.
        found: u64,
        /// It may have so many.
        most: u64,
    },
    /// No SHA-256 (REQ-9).
    NotAChecksum,
}
