//! What an edit makes of a request.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    extension::Item,
    ids::{AssignmentId, PropertyName, UserId},
    request::Execution,
    value::Value,
};

/// A request as it is asked for after an edit; the executions are those of the new payload (EXE-6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edited {
    /// Who.
    pub by: UserId,
    /// What has changed: `title`, `properties.amount`, `items`, ….
    pub changed: Vec<String>,
    /// In the requester's words.
    pub title: String,
    /// In the requester's words.
    pub reason: String,
    /// The form's values.
    pub properties: BTreeMap<PropertyName, Value>,
    /// What is asked for, piece by piece.
    pub items: Vec<Item>,
    /// Whom the requester picked, by assignment (STP-2).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub picks: BTreeMap<AssignmentId, Vec<UserId>>,
    /// For whom (REQ-6).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub target_users: Vec<UserId>,
    /// Until when it waits for approval.
    pub approval_expires: Option<DateTime<Utc>>,
    /// The end of what is asked for.
    pub ends: Option<DateTime<Utc>>,
    /// Planned anew; none where the payload stands.
    pub executions: Option<Vec<Execution>>,
    /// Whether it was over and is not any more (REQ-3).
    pub reopens: bool,
    /// The request's revision from now on (DEC-8a).
    pub revision: u32,
}
