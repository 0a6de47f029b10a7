//! What plugins may use, as documents say it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a plugin may use. There is no "all".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GrantDoc {
    /// Connections by name, and what may be done on each.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub connections: BTreeMap<String, AccessWord>,
    /// Look-ups by connection and name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lookups: BTreeMap<String, BTreeSet<String>>,
    /// Whether it may make files.
    pub blobs: bool,
    /// Secrets by name.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub secrets: BTreeSet<String>,
    /// Other systems by origin, such as `https://hr.example.org`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub http: BTreeMap<String, HttpGrantDoc>,
}

/// What may be called of another system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HttpGrantDoc {
    /// With these methods. Look-ups need `GET`.
    pub methods: BTreeSet<HttpMethodWord>,
    /// Also where its name leads into a private network or to the engine's own machine.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub private_addresses: bool,
}

/// A method of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HttpMethodWord {
    /// Asks.
    #[serde(rename = "GET")]
    Get,
    /// Asks for the headers alone.
    #[serde(rename = "HEAD")]
    Head,
    /// Does something.
    #[serde(rename = "POST")]
    Post,
    /// Puts something in a place.
    #[serde(rename = "PUT")]
    Put,
    /// Changes something.
    #[serde(rename = "PATCH")]
    Patch,
    /// Removes something.
    #[serde(rename = "DELETE")]
    Delete,
}

impl HttpMethodWord {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// As documents write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// What may be done on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessWord {
    /// Queries.
    Read,
    /// Everything that the plan says.
    Write,
}
