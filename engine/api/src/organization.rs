//! Rules, scripts, plugins, tokens and the rest of an organization, as they go over the wire.

mod grant;
mod plugin;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine_core::organization::Settings;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

pub use grant::{AccessWord, GrantDoc, HttpGrantDoc, HttpMethodWord};
pub use plugin::{
    CapsuleList, CapsuleView, ComponentView, DisabledView, InstallationStage, InstallationView,
    LimitsDoc, NameView, PluginActivityView, PluginDetail, PluginLineView, PluginList,
    PluginPauseView, PluginVersionView, PluginView, ReadsView, RollBack, SignerView, TierWord,
    WantView, WorldWord,
};

use crate::{
    directory::{DirectoryDoc, RatesDoc},
    problem::FieldMessage,
    shape::SettingsShape,
};

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The organization of the token.
    pub organization: String,
    /// The login.
    pub login: String,
    /// The organization role.
    pub role: String,
}

/// Who stands in for somebody, and when (DEC-8).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DelegationDoc {
    /// The login of who stands in.
    pub to: String,
    /// The first day, in the time zone of the one who is away, such as `2026-03-02`; today where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last day, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What an organization is made of, as a file says it. What is absent is left as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OrganizationDoc {
    /// For which organization it is meant; any where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Settings; those that are not named get their defaults.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SettingsShape>)]
    pub settings: Option<Settings>,
    /// The rate table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rates: Option<RatesDoc>,
    /// People and places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<DirectoryDoc>,
    /// Rule groups, each with its rules in the order in which they are tried (RUL-4).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rule_groups: Vec<RuleGroupDoc>,
    /// What installed plugins are granted, by their ids.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub plugins: BTreeMap<String, GrantDoc>,
}

/// A rule group: the first of its rules whose entry condition is met takes a request (RUL-4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleGroupDoc {
    /// By what requesters name it.
    pub id: String,
    /// Ids of rules, in the order in which they are tried.
    pub rules: Vec<String>,
}

/// What stands in a rule group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleGroupRules {
    /// Ids of rules, in the order in which they are tried.
    pub rules: Vec<String>,
}

/// All rule groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleGroupList {
    /// By id.
    pub items: Vec<RuleGroupDoc>,
}

/// Everything that a folder of files says, to be applied in one transaction.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Bundle {
    /// Components to be installed first, by the ids of the plugins: the SHA-256 of each, in hexadecimal.
    /// They were sent before, each with `PUT /api/v1/plugins/{id}?dry_run=true`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub components: BTreeMap<String, String>,
    /// Settings, rates, people and places, grants.
    pub organization: OrganizationDoc,
    /// Scripts by name.
    pub scripts: BTreeMap<String, String>,
    /// Rules, each a file.
    pub rules: Vec<RuleFile>,
    /// Said of every rule that is published.
    pub comment: String,
}

/// A rule document as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// Named in errors; one that ends in `.json` is read as JSON, any other as YAML.
    pub name: String,
    /// The document.
    pub text: String,
}

/// What a change of the organization came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeWord {
    /// It was not there.
    Created,
    /// It was different.
    Updated,
    /// It is no longer there.
    Removed,
    /// It was so already.
    Same,
    /// A new version of a rule.
    Published,
    /// A rule takes no new requests any more.
    Retired,
    /// The open requests of a rule begin again, one after the other.
    Restarting,
}

/// One change of the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChangeView {
    /// What it came to.
    pub change: ChangeWord,
    /// Such as `user ann` or `rule capex`.
    pub what: String,
    /// Of a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// What is doubtful about a rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<FieldMessage>,
    /// What differs, of what was there before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
    /// How many more differences there are than `fields` tells.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_off: u32,
}

/// One difference; long texts are cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// Such as `groups` or `steps[board].quorum`; `line 4` of a script.
    pub path: String,
    /// What it was: a text as it is, all else as JSON. Absent where there was nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What changed, or with `dry_run` would.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChangeList {
    /// In the order in which they were made.
    pub changes: Vec<ChangeView>,
    /// Nothing was written.
    pub dry_run: bool,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleView {
    /// For ever.
    pub id: String,
    /// Shown to people.
    pub title: String,
    /// What is asked for.
    pub kind: String,
    /// The newest version, or the one asked for.
    pub version: u32,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// The login of who published it.
    pub author: String,
    /// Why.
    pub comment: String,
    /// What was doubtful.
    pub warnings: Vec<FieldMessage>,
    /// Since when it takes no new requests (RUL-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<DateTime<Utc>>,
    /// Every version there is.
    pub versions: Vec<u32>,
    /// The document; not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<Json>,
}

/// All rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleList {
    /// By id, without documents.
    pub items: Vec<RuleView>,
}

/// A script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScriptView {
    /// Such as `friday-freeze.rhai`.
    pub name: String,
    /// Rhai.
    pub text: String,
}

/// The names of all scripts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScriptList {
    /// In order.
    pub items: Vec<String>,
}

/// A token without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    /// To name it by.
    pub id: String,
    /// The login of whose it is.
    pub user: String,
    /// For what.
    pub name: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it ends; never where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<DateTime<Utc>>,
}

/// All tokens that the caller may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenList {
    /// By id.
    pub items: Vec<TokenView>,
}

/// A token to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// The login of whose it is to be; the caller's own where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// For what.
    pub name: String,
    /// When it ends; never where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<DateTime<Utc>>,
}

/// A token that was made, with its text: shown once, kept nowhere.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct TokenMade {
    /// The text: goes after `Authorization: Bearer`.
    pub token: String,
    /// The rest.
    pub record: TokenView,
}

impl std::fmt::Debug for TokenMade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenMade").field("record", &self.record).finish_non_exhaustive()
    }
}

/// Whether the engine is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// Of the engine.
    pub version: String,
}
