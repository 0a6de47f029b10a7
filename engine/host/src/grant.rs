//! What an administrator granted to a plugin, concretely. There is no "all".

use std::collections::{BTreeMap, BTreeSet};

use engine_connect::{Method, Origin};
use engine_core::ids::ResourceId;
use serde::{Deserialize, Serialize};

/// What a plugin may use, by the administrator's word. What it may use in the end is this, cut down
/// to what its manifest wants and its binary imports. By default nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Grant {
    /// Connections by name, and what may be done on each.
    pub connections: BTreeMap<ResourceId, ConnectionGrant>,
    /// Look-ups by connection and name.
    pub lookups: BTreeMap<ResourceId, BTreeSet<String>>,
    /// Whether it may make files.
    pub blobs: bool,
    /// Secrets by name.
    pub secrets: BTreeSet<String>,
    /// Other systems by origin, such as `https://hr.example.org`.
    pub http: BTreeMap<Origin, HttpGrant>,
}

/// What may be called of another system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpGrant {
    /// With these methods.
    pub methods: BTreeSet<Method>,
    /// Also where its name leads into a private network or to this machine.
    pub private_addresses: bool,
}

/// What may be done on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionGrant {
    /// Queries.
    Read,
    /// Everything that the plan says.
    Write,
}

impl Grant {
    /// What may be done on a connection, if anything.
    #[must_use]
    pub fn connection(&self, name: &ResourceId) -> Option<ConnectionGrant> {
        self.connections.get(name).copied()
    }
}
