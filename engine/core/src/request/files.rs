//! Files that executions made, and the links by which people have them (EXE-7).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// The most links of a person to the files of an execution that are remembered; the oldest go first.
pub const MAX_LINKS: usize = 20;

/// The files of an execution.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// By name.
    pub made: Vec<MadeFile>,
    /// When their retention is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// When they were deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<DateTime<Utc>>,
    /// In the order in which they were made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<FileLink>,
}

/// A file that an execution made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeFile {
    /// What people see.
    pub name: String,
    /// Such as `text/csv`.
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// Of the content, in lower-case hexadecimal.
    pub sha256: String,
    /// Where the engine wrote the rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// A link to a file, for one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLink {
    /// The SHA-256 of its secret, in hexadecimal; the secret is kept nowhere.
    pub hash: String,
    /// The file's name.
    pub file: String,
    /// Who may use it.
    pub of: UserId,
    /// Until when, this moment excluded.
    pub expires: DateTime<Utc>,
    /// How often in all.
    pub downloads: u32,
    /// How often it was used.
    pub used: u32,
}

impl Files {
    /// Whether there is nothing to tell of.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.made.is_empty()
    }

    /// A file by its name.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&MadeFile> {
        self.made.iter().find(|file| file.name == name)
    }
}

impl FileLink {
    /// Whether it is the one to this file, of this person, with this hash.
    pub(crate) fn is(&self, file: &str, of: &UserId, hash: &str) -> bool {
        self.file == file && self.of == *of && self.hash == hash
    }
}
