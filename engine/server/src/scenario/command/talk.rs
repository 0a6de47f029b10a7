//! Commands about what people say, attach, watch and are told.

use engine_core::ids::Login;
use serde::Deserialize;

/// Something said about a request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct CommentDoc {
    pub(in crate::scenario) r#as: Login,
    pub(in crate::scenario) request: String,
    #[serde(default)]
    pub(in crate::scenario) text: String,
    pub(in crate::scenario) key: Option<String>,
}

/// Somebody who is to watch a request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct WatchDoc {
    pub(in crate::scenario) r#as: Login,
    pub(in crate::scenario) request: String,
    pub(in crate::scenario) user: String,
    pub(in crate::scenario) key: Option<String>,
}

/// A file to be attached (REQ-9).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct AttachDoc {
    pub(in crate::scenario) r#as: Login,
    pub(in crate::scenario) request: String,
    /// What it is called.
    pub(in crate::scenario) name: String,
    /// Its bytes, as text.
    pub(in crate::scenario) content: String,
    pub(in crate::scenario) key: Option<String>,
}

/// An attachment to be taken away, by its number (REQ-9).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct RemoveAttachmentDoc {
    pub(in crate::scenario) r#as: Login,
    pub(in crate::scenario) request: String,
    /// From 1, in the order in which they were attached.
    pub(in crate::scenario) attachment: u32,
    pub(in crate::scenario) key: Option<String>,
}

/// What a person does not want to be told from now on (DUE-4).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct MuteDoc {
    pub(in crate::scenario) r#as: Login,
    pub(in crate::scenario) about: Vec<String>,
}
