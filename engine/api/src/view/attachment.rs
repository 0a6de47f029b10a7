//! Files of a request.

use chrono::{DateTime, Utc};
use engine_core::request::{Attachment, Request};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalogue::Names;

/// A file that belongs to a request (REQ-9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttachmentView {
    /// What it is downloaded by; never given again within the request.
    pub number: u32,
    /// What it is called.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// Of the content, in lower-case hexadecimal.
    pub sha256: String,
    /// The login of who attached it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// The files of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttachmentList {
    /// In the order in which they were attached, without those that were removed.
    pub items: Vec<AttachmentView>,
}

impl AttachmentList {
    /// The files of this request.
    #[must_use]
    pub fn of(request: &Request, names: &Names<'_>) -> Self {
        let attachments = request.talk.attachments.iter();
        Self { items: attachments.map(|attachment| view(attachment, names)).collect() }
    }
}

fn view(attachment: &Attachment, names: &Names<'_>) -> AttachmentView {
    AttachmentView {
        number: attachment.number,
        name: attachment.name.clone(),
        size: attachment.size,
        sha256: attachment.sha256.clone(),
        by: names.login(&attachment.by),
        at: attachment.at,
    }
}
