//! What people are told.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A notice (DUE-4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NoticeView {
    /// The same whenever it is told.
    pub id: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What it is about, in a word such as `new_work` or `outcome`.
    pub about: String,
    /// About which request.
    pub request: String,
    /// The request's title, for those who see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// In a sentence.
    pub text: String,
}

/// What a person does not want to be told (DUE-4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeChoices {
    /// Of `due_soon`, `urgent_report`, `comment`, `mention`, `watching` and `outcome`; everything else is always told.
    pub mute: Vec<String>,
}

/// A page of notices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NoticeList {
    /// Newest first.
    pub items: Vec<NoticeView>,
    /// Where the next page begins; none where this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
