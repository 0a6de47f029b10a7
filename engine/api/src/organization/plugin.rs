//! Plugins, as the API shows and changes them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use engine_core::rule::World;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AccessWord, GrantDoc, HttpMethodWord};

/// What a plugin can be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorldWord {
    /// As a condition.
    Condition,
    /// To name approvers.
    Approvers,
    /// To find what is wrong with a request.
    Validator,
    /// To do what is asked for.
    Executor,
    /// To deliver notices.
    Notifier,
}

impl WorldWord {
    /// As in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Condition => "condition",
            Self::Approvers => "approvers",
            Self::Validator => "validator",
            Self::Executor => "executor",
            Self::Notifier => "notifier",
        }
    }
}

impl From<World> for WorldWord {
    fn from(world: World) -> Self {
        match world {
            World::Condition => Self::Condition,
            World::Approvers => Self::Approvers,
            World::Validator => Self::Validator,
            World::Executor => Self::Executor,
            World::Notifier => Self::Notifier,
        }
    }
}

/// An installed plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PluginView {
    /// Its id in rules.
    pub id: String,
    /// The component that runs.
    #[serde(flatten)]
    pub current: PluginVersionView,
    /// What it may use.
    pub grant: GrantDoc,
    /// What it has in place of the usual limits.
    #[serde(default)]
    pub limits: LimitsDoc,
    /// Why it is not called; absent of one that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<DisabledView>,
    /// What was installed before, the newest first; one command goes back to it.
    #[serde(default)]
    pub earlier: Vec<PluginVersionView>,
}

/// A component, as it was installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PluginVersionView {
    /// By its manifest.
    pub name: String,
    /// By its manifest.
    pub version: String,
    /// What it can be used for.
    pub worlds: BTreeSet<WorldWord>,
    /// The SHA-256 of the component, in hexadecimal.
    pub digest: String,
    /// When it was installed.
    pub installed_at: DateTime<Utc>,
    /// The login of who installed it.
    pub installed_by: String,
    /// Whether it came with the program, which then also replaces it by a newer one.
    #[serde(default)]
    pub first_party: bool,
    /// Who signed it; absent where it is not signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<SignerView>,
}

/// Who signed a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignerView {
    /// Whose the key is.
    pub tier: TierWord,
    /// What the operator calls its holder.
    pub name: String,
    /// The key's id, in hexadecimal.
    pub key: String,
    /// What the signature says of the component.
    pub comment: String,
}

/// Whose a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TierWord {
    /// The operator's own.
    Operator,
    /// Of somebody whom the operator knows.
    Publisher,
}

/// That a plugin is not called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DisabledView {
    /// Since when.
    pub at: DateTime<Utc>,
    /// The login of who said so.
    pub by: String,
    /// Why; may be empty.
    pub comment: String,
}

/// What a plugin has in place of the limits of its world. Absent ones stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsDoc {
    /// Units of deterministic work of a call: 1,000 to 1,000,000,000,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Milliseconds from start to answer: 1 to 600,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// Bytes of memory: 65,536 to 67,108,864.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Calls of the host: 1 to 1,000,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_calls: Option<u64>,
    /// Bytes of the answer: 1,024 to 16,777,216.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<u64>,
    /// Rows that it may read: up to 100,000,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Bytes that an executor may write to files: up to 68,719,476,736.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob_bytes: Option<u64>,
    /// Calls to other systems: up to 10,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_calls: Option<u64>,
}

/// Which version to go back to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollBack {
    /// The beginning of its digest; the newest of the earlier ones where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// All plugins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PluginList {
    /// By id.
    pub items: Vec<PluginView>,
    /// What is being installed, the oldest first; the version that was there serves meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub installing: Vec<InstallationView>,
}

/// An installation that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InstallationView {
    /// The plugin's id.
    pub plugin: String,
    /// Who installs it, by login.
    pub by: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// How far it is.
    pub stage: InstallationStage,
}

/// How far an installation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstallationStage {
    /// The file is looked at.
    Checking,
    /// Another interpreter is compiled before it.
    Waiting,
    /// It is compiled: an interpreter takes seconds.
    Compiling,
    /// It is instantiated once.
    Starting,
    /// It is asked the cases that it carries.
    Proving,
}

/// An installed plugin, and what it has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PluginDetail {
    /// What is kept of it.
    #[serde(flatten)]
    pub plugin: PluginView,
    /// What the component that runs is and asks for; absent where its file is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<ComponentView>,
    /// What it has done since the engine started; absent where it was not called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<PluginActivityView>,
}

/// What a component says about itself, and what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ComponentView {
    /// By its manifest.
    pub name: String,
    /// By its manifest.
    pub version: String,
    /// The version of the contract that it was made for.
    pub contract: String,
    /// What it can be used for.
    pub worlds: BTreeSet<WorldWord>,
    /// What it does, in one line.
    pub about: String,
    /// Whether the same input always has the same answer.
    pub pure: bool,
    /// Whether it brings an interpreter, and so runs in a pool of its own.
    pub interpreter: bool,
    /// The bytes of its file.
    pub bytes: u64,
    /// The SHA-256 of its file, in hexadecimal.
    pub sha256: String,
    /// The interfaces that it exports.
    pub exports: BTreeSet<String>,
    /// The interfaces that it imports: what it can use at most. Those of the system stand as one, and
    /// refuse.
    pub imports: BTreeSet<String>,
    /// The properties that it reads.
    pub reads: ReadsView,
    /// What it asks to be granted.
    pub wants: Vec<WantView>,
}

/// The properties that a plugin reads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReadsView {
    /// Of the request's form.
    pub request: Vec<NameView>,
    /// Of the form of items.
    pub items: Vec<NameView>,
    /// Of users.
    pub users: Vec<NameView>,
}

/// Something that a plugin asks to be granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WantView {
    /// The interface that stands for it, such as `statements`.
    pub capability: String,
    /// The connection, the secret or the origin of another system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<NameView>,
    /// What may be done on a connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessWord>,
    /// The methods of calls to another system.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub methods: BTreeSet<HttpMethodWord>,
    /// For the administrator who grants it.
    pub why: String,
}

/// A name that is fixed, or that the settings give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum NameView {
    /// This name.
    Fixed(String),
    /// The name that the settings have under this key.
    Setting {
        /// The key.
        config: String,
    },
}

/// What a plugin has done since the engine started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PluginActivityView {
    /// Since when is counted.
    pub since: DateTime<Utc>,
    /// Calls that ended.
    pub calls: u64,
    /// How many of them failed, by the class of the failure, such as `deadline`.
    #[serde(default)]
    pub failures: BTreeMap<String, u64>,
    /// Half of the calls took at most so many microseconds.
    pub median_us: u64,
    /// 19 of 20 calls took at most so many microseconds.
    pub p95_us: u64,
    /// The longest call, in microseconds.
    pub longest_us: u64,
    /// The most fuel that a call used.
    pub fuel: u64,
    /// The most bytes of memory that a call used.
    pub memory: u64,
    /// Where it is not asked for a while, because it failed again and again.
    #[serde(default)]
    pub pauses: Vec<PluginPauseView>,
    /// The last lines of its log, the oldest first.
    #[serde(default)]
    pub log: Vec<PluginLineView>,
}

/// A plugin that is not asked for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PluginPauseView {
    /// The rule that uses it.
    pub rule: String,
    /// The step, where it is one of a step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it is tried again.
    pub until: DateTime<Utc>,
    /// How often it failed in a row.
    pub failures: u32,
    /// The last failure, in its words.
    pub last: String,
    /// Ids of requests that wait for it; at most 100.
    #[serde(default)]
    pub waiting: Vec<String>,
}

/// What plugins and scripts were asked, the oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CapsuleList {
    /// In order.
    pub items: Vec<CapsuleView>,
    /// Where the next page begins; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A question or an order, with everything that the answer rested on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CapsuleView {
    /// The SHA-256 of the capsule, in hexadecimal.
    pub id: String,
    /// When it was answered.
    pub at: DateTime<Utc>,
    /// What `countersign plugin replay` asks again with.
    #[schema(value_type = Object)]
    pub capsule: serde_json::Value,
}

/// A line of a plugin's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PluginLineView {
    /// When.
    pub at: DateTime<Utc>,
    /// `trace`, `debug`, `info`, `warn` or `error`; `denied` where the host refused something.
    pub level: String,
    /// In the plugin's words.
    pub message: String,
    /// By name, as text.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// The id of the request that it was called for.
    pub request: String,
}
