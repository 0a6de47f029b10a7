//! An organization in memory: its people, rules, scripts, plugins and tokens.
//!
//! One immutable value, replaced as a whole after each commit that changes it, so that a decision
//! sees one moment.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, NaiveDate, Utc};
use engine_core::{
    directory::{Group, Node, Resource, User},
    extension::{Facts, Failure, FailureClass},
    ids::{GroupId, NodeId, OrgId, PluginId, ResourceId, RuleGroupId, RuleId, ScriptId, UserId},
    money::Rates,
    organization::{Organization, Settings},
    rule::{EditedRead, Published, Read, Rule, RuleGroup, World},
    schema::Schema,
    value::PropertyType,
};
use engine_store::Sequence;
use serde::{Deserialize, Serialize};

use crate::plugin::InstalledPlugin;

/// An organization, as of one commit.
#[derive(Clone, Debug)]
pub struct OrganizationState {
    /// What the next change must expect.
    pub(crate) sequence: Sequence,
    /// What decisions look at.
    pub organization: Arc<Organization>,
    /// Who stands in for whom, by the one who is away (DEC-8).
    pub delegations: BTreeMap<UserId, DelegationRecord>,
    /// Every version of every rule.
    pub rules: BTreeMap<RuleId, BTreeMap<u32, RuleVersion>>,
    /// Rules that take no new requests, with those that were deleted (RUL-3).
    pub ended: BTreeMap<RuleId, RuleEnd>,
    /// Rule groups by id (RUL-4).
    pub rule_groups: BTreeMap<RuleGroupId, Arc<RuleGroup>>,
    /// Scripts by name.
    pub scripts: BTreeMap<ScriptId, Arc<str>>,
    /// Plugins by id.
    pub plugins: BTreeMap<PluginId, Arc<InstalledPlugin>>,
    /// What plugins say of their settings.
    pub(crate) schemas: BTreeMap<PluginId, Arc<Schema>>,
    /// What plugins say that they read of a request's form; those that read something of it.
    pub(crate) reads: BTreeMap<PluginId, Arc<[Read]>>,
    /// Tokens by the SHA-256 of their text.
    pub tokens: BTreeMap<String, TokenRecord>,
}

/// A version of a rule, as published and as checked.
#[derive(Clone, Debug)]
pub struct RuleVersion {
    /// As published.
    pub published: Arc<Published>,
    /// As checked.
    pub rule: Arc<Rule>,
}

/// That a rule takes no new requests (RUL-3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleEnd {
    /// Which.
    pub rule: RuleId,
    /// Since when.
    pub at: DateTime<Utc>,
    /// Who said so.
    pub by: UserId,
    /// Whether it is not even shown any more. A version that was published stays in the store, for a
    /// request that came in at the same moment.
    #[serde(default)]
    pub deleted: bool,
}

/// That all open requests of a rule are to begin again under its newest version (RUL-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartOrdered {
    /// Which.
    pub rule: RuleId,
    /// When; requests that come in later are not meant.
    pub at: DateTime<Utc>,
    /// Who said so.
    pub by: UserId,
    /// Why; may be empty.
    pub comment: String,
}

/// A delegation, as it was made (DEC-8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegationRecord {
    /// Who is away.
    pub of: UserId,
    /// Who stands in.
    pub to: UserId,
    /// The first day, in the time zone of the one who is away.
    pub from: NaiveDate,
    /// The last day, included.
    pub until: NaiveDate,
    /// Why, in the words of who made it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Who made it.
    pub by: UserId,
}

/// A bearer token; its text is never kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// The first characters of the hash, to name it by.
    pub id: String,
    /// Whose.
    pub user: UserId,
    /// For what.
    pub name: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it ends; none means until it is removed.
    pub expires: Option<DateTime<Utc>>,
}

impl OrganizationState {
    /// An organization without anything.
    #[must_use]
    pub fn new(id: OrgId) -> Self {
        Self {
            sequence: Sequence::NONE,
            organization: Arc::new(Organization::new(id)),
            delegations: BTreeMap::new(),
            rules: BTreeMap::new(),
            ended: BTreeMap::new(),
            rule_groups: BTreeMap::new(),
            scripts: BTreeMap::new(),
            plugins: BTreeMap::new(),
            schemas: BTreeMap::new(),
            reads: BTreeMap::new(),
            tokens: BTreeMap::new(),
        }
    }

    /// The newest version of a rule; none of one that was deleted.
    #[must_use]
    pub fn newest(&self, rule: &RuleId) -> Option<&RuleVersion> {
        if self.is_deleted(rule) {
            return None;
        }
        self.rules.get(rule).and_then(|versions| versions.values().next_back())
    }

    /// What a rule is called, whatever became of it; its id where there is none.
    pub(crate) fn title(&self, rule: &RuleId) -> String {
        let newest = self.rules.get(rule).and_then(|versions| versions.values().next_back());
        newest.map_or_else(|| rule.to_string(), |version| version.rule.title.clone())
    }

    /// Whether a rule was deleted: nobody sees it any more, and its id is never used again.
    #[must_use]
    pub fn is_deleted(&self, rule: &RuleId) -> bool {
        self.ended.get(rule).is_some_and(|end| end.deleted)
    }

    /// Whether a rule takes no new requests (RUL-3).
    #[must_use]
    pub fn is_retired(&self, rule: &RuleId) -> bool {
        self.ended.contains_key(rule)
    }

    /// The newest versions of the rules that a group tries, in its order. Of the retired ones only `own`.
    pub(crate) fn tried(&self, group: &RuleGroupId, own: Option<&RuleId>) -> Vec<Arc<Rule>> {
        let rules = self.rule_groups.get(group).map_or(&[][..], |group| &group.rules);
        let tried = rules.iter().filter(|rule| !self.is_retired(rule) || own == Some(rule));
        tried
            .filter_map(|rule| self.newest(rule))
            .map(|version| Arc::clone(&version.rule))
            .collect()
    }

    /// A version of a rule.
    #[must_use]
    pub fn version(&self, rule: &RuleId, version: u32) -> Option<&RuleVersion> {
        self.rules.get(rule).and_then(|versions| versions.get(&version))
    }

    pub(crate) fn script_names(&self) -> BTreeSet<ScriptId> {
        self.scripts.keys().cloned().collect()
    }

    /// A plugin, and what it says of its settings and of what it reads.
    pub(crate) fn put_plugin(&mut self, plugin: InstalledPlugin) {
        let id = plugin.id.clone();
        match plugin.file.config.as_ref().map(Schema::read) {
            Some(Ok(schema)) => drop(self.schemas.insert(id.clone(), Arc::new(schema))),
            Some(Err(why)) => {
                // It could be read when the plugin was installed, so another version did it.
                tracing::warn!(plugin = %id, why, "settings of a plugin cannot be checked");
                self.schemas.remove(&id);
            }
            None => drop(self.schemas.remove(&id)),
        }
        let reads = plugin.file.form_reads();
        if reads.is_empty() {
            self.reads.remove(&id);
        } else {
            self.reads.insert(id.clone(), reads.into());
        }
        self.plugins.insert(id, Arc::new(plugin));
    }

    pub(crate) fn remove_plugin(&mut self, id: &PluginId) {
        self.plugins.remove(id);
        self.schemas.remove(id);
        self.reads.remove(id);
    }

    /// STP-12, EXE-6a: an executor's plugin does not read what approvers may edit in a step of the
    /// request's rule, whatever it was when the rule was published.
    ///
    /// # Errors
    /// A failure that names the property.
    pub(crate) fn refuse_edited_reads(
        &self,
        facts: &Facts,
        plugin: &PluginId,
    ) -> Result<(), Failure> {
        let Some(reads) = self.reads.get(plugin) else { return Ok(()) };
        let Some(version) = self.version(&facts.rule, facts.rule_version) else { return Ok(()) };
        let Some(found) = EditedRead::first(&version.rule, plugin, reads) else { return Ok(()) };
        let EditedRead { step, property, .. } = found;
        let message = format!(
            "the plugin `{plugin}` reads `{property}`, which approvers may edit in step `{step}`: \
             what was approved could be changed. Install a version of the plugin that does not read \
             it, or take it out of the rule's `editable_properties` and submit the request again"
        );
        Err(Failure::new(FailureClass::Refused, message))
    }

    pub(crate) fn worlds(&self) -> BTreeMap<PluginId, BTreeSet<World>> {
        self.plugins.iter().map(|(id, plugin)| (id.clone(), plugin.file.worlds.clone())).collect()
    }
}

/// A change of an organization: what is stored, in a collection of its own kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationEvent {
    /// The organization was created.
    Created,
    /// A user was added or changed.
    UserPut(User),
    /// A user was removed.
    UserRemoved(UserId),
    /// A group was added or changed.
    GroupPut(Group),
    /// A group was removed.
    GroupRemoved(GroupId),
    /// A node was added or changed.
    NodePut(Node),
    /// A node was removed.
    NodeRemoved(NodeId),
    /// A resource was added or changed.
    ResourcePut(Resource),
    /// A resource was removed.
    ResourceRemoved(ResourceId),
    /// Types of the users' properties were declared.
    UserPropertiesSet(BTreeMap<engine_core::ids::PropertyName, PropertyType>),
    /// The rate table was set.
    RatesSet(Rates),
    /// Settings were set.
    SettingsSet(Settings),
    /// Somebody stands in for somebody from now on; what was arranged before does not count any more
    /// (DEC-8).
    DelegationSet(DelegationRecord),
    /// Nobody stands in for this person any more.
    DelegationEnded(UserId),
    /// Somebody chose what not to be told; what they chose before does not count any more (DUE-4).
    NoticesMuted {
        /// Who.
        user: UserId,
        /// In words of `Notice::OPTIONAL`.
        about: BTreeSet<String>,
    },
    /// A rule version was published.
    RulePublished(Box<Published>),
    /// A rule takes no new requests from now on, or is deleted.
    RuleEnded(RuleEnd),
    /// All open requests of a rule are to begin again (RUL-2).
    RestartOrdered(RestartOrdered),
    /// A rule group was added or changed.
    RuleGroupPut(RuleGroup),
    /// A rule group was removed.
    RuleGroupRemoved(RuleGroupId),
    /// A script was added or changed.
    ScriptPut {
        /// Its name.
        name: ScriptId,
        /// Its text.
        text: String,
    },
    /// A script was removed.
    ScriptRemoved(ScriptId),
    /// A plugin was installed, or its grant changed.
    PluginPut(Box<InstalledPlugin>),
    /// A plugin was removed.
    PluginRemoved(PluginId),
    /// A token was made. Its text is not here.
    TokenMade {
        /// The SHA-256 of its text.
        hash: String,
        /// The rest.
        record: TokenRecord,
    },
    /// A token was removed.
    TokenRemoved {
        /// The SHA-256 of its text.
        hash: String,
    },
}
