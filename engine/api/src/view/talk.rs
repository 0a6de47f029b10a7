//! What was said about a request.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A comment (REQ-9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommentView {
    /// The login of who said it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub text: String,
}

/// Everything that was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommentList {
    /// Oldest first.
    pub items: Vec<CommentView>,
}

/// Somebody has left, and may not see the request any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Left {
    /// The request.
    pub request: String,
}
