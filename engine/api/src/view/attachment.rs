//! Files of a request.

use chrono::{DateTime, Utc};
use engine_core::request::Attachment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalogue::Names;

/// A file that belongs to a request (REQ-9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttachmentView {
    /// From 1; what it is downloaded by.
    pub number: u32,
    /// What it is called.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// Of the content, in hexadecimal.
    pub sha256: String,
    /// The login of who attached it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl AttachmentView {
    pub(super) fn new(attachment: &Attachment, names: &Names<'_>) -> Self {
        Self {
            number: attachment.number,
            name: attachment.name.clone(),
            size: attachment.size,
            sha256: attachment.sha256.clone(),
            by: names.login(&attachment.by),
            at: attachment.at,
        }
    }
}
