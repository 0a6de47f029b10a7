//! Commands about rules as a whole.

use engine_core::ids::Login;
use serde::{Deserialize, de::IgnoredAny};

/// A rule document to publish, unread; by the owner where nobody is named.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct PublishDoc {
    pub(in crate::scenario) r#as: Option<Login>,
    #[serde(rename = "rule")]
    _rule: IgnoredAny,
    #[serde(default)]
    pub(in crate::scenario) comment: String,
}

/// A request that is to begin again, or a rule whose open requests all are; by the owner where nobody is
/// named.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct RestartDoc {
    pub(in crate::scenario) r#as: Option<Login>,
    pub(in crate::scenario) request: Option<String>,
    pub(in crate::scenario) rule: Option<String>,
    pub(in crate::scenario) comment: Option<String>,
    pub(in crate::scenario) tab: Option<String>,
    pub(in crate::scenario) key: Option<String>,
}

/// A rule to retire or delete, by its id; by the owner where nobody is named.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct RuleDoc {
    pub(in crate::scenario) r#as: Option<Login>,
    pub(in crate::scenario) rule: String,
}
