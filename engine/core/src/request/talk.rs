//! What people put beside a request without deciding it: comments, watchers, attachments (REQ-9). It stays
//! with the request from its draft on.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// Comments, watchers and attachments of a request (REQ-9).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// Who sees it and comments on it without a part in it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub watchers: BTreeSet<UserId>,
    /// Who has commented on it. What they said stands in the events.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub commenters: BTreeSet<UserId>,
    /// How many comments there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub comments: u32,
    /// In the order in which they were attached, without those that were removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// How many were ever attached; the number of the last one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attached: u32,
}

/// A file that belongs to a request (REQ-9). Its content is found by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// From 1; never given again within the request.
    pub number: u32,
    /// What people see.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// Of the content, in lower-case hexadecimal.
    pub sha256: String,
    /// Who attached it.
    pub by: UserId,
    /// When.
    pub at: DateTime<Utc>,
}

impl Talk {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The attachment of this number, unless it was removed.
    #[must_use]
    pub fn attachment(&self, number: u32) -> Option<&Attachment> {
        self.attachments.iter().find(|attachment| attachment.number == number)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}
