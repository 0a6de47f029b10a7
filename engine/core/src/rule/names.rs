//! What the names in a document may stand for.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{Published, literal::unknown};
use crate::{
    directory::Directory,
    ids::{GroupId, Login, NodeId, PluginId, PropertyName, ResourceId, ScriptId, UserId},
    money::{Currency, Rates},
    organization::Organization,
    schema::Schema,
    value::PropertyType,
};

/// What a plugin can be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum World {
    /// As a condition.
    Condition,
    /// To name approvers.
    Approvers,
    /// To find what is wrong with a request.
    Validator,
    /// To execute.
    Executor,
    /// To deliver notices.
    Notifier,
}

/// What a plugin says that it reads of a request's form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Read {
    /// The property of this name.
    Property(String),
    /// The property, or the properties, that its settings name under this key.
    Setting(String),
}

/// The names that a document may use.
///
/// A version that was published is compiled again at every start, perhaps long after a group it
/// names was deleted, a user it names got another login, or a property another type. So people and
/// types come from what was recorded, and existence is not asked again.
#[derive(Clone, Debug)]
pub struct Names<'a> {
    directory: &'a Directory,
    recorded: Option<&'a BTreeMap<Login, UserId>>,
    user_properties: Option<&'a BTreeMap<PropertyName, PropertyType>>,
    scripts: Option<&'a BTreeSet<ScriptId>>,
    plugins: Option<&'a BTreeMap<PluginId, BTreeSet<World>>>,
    schemas: Option<&'a BTreeMap<PluginId, Arc<Schema>>>,
    reads: Option<&'a BTreeMap<PluginId, Arc<[Read]>>>,
    rates: Option<&'a Rates>,
}

impl<'a> Names<'a> {
    /// People, groups, nodes and resources of today; scripts and plugins are not checked.
    #[must_use]
    pub fn of_directory(directory: &'a Directory) -> Self {
        Self {
            directory,
            recorded: None,
            user_properties: None,
            scripts: None,
            plugins: None,
            schemas: None,
            reads: None,
            rates: None,
        }
    }

    /// The same, with the organization's own currencies: those of its rate table (FIN-15).
    #[must_use]
    pub fn of_organization(organization: &'a Organization) -> Self {
        let rates = organization.rates.as_ref();
        Self { rates, ..Self::of_directory(&organization.directory) }
    }

    /// Everything of today: for publishing.
    #[must_use]
    pub fn of_today(
        organization: &'a Organization,
        scripts: &'a BTreeSet<ScriptId>,
        plugins: &'a BTreeMap<PluginId, BTreeSet<World>>,
    ) -> Self {
        Self {
            directory: &organization.directory,
            recorded: None,
            user_properties: Some(&organization.user_properties),
            scripts: Some(scripts),
            plugins: Some(plugins),
            schemas: None,
            reads: None,
            rates: organization.rates.as_ref(),
        }
    }

    /// The same, with what the plugins say of their settings; those that are not there are not
    /// checked.
    #[must_use]
    pub fn with_schemas(self, schemas: &'a BTreeMap<PluginId, Arc<Schema>>) -> Self {
        Self { schemas: Some(schemas), ..self }
    }

    /// The same, with what the plugins say that they read of a request's form; those that are not there
    /// read nothing of it.
    #[must_use]
    pub fn with_reads(self, reads: &'a BTreeMap<PluginId, Arc<[Read]>>) -> Self {
        Self { reads: Some(reads), ..self }
    }

    /// What was recorded when the version was published.
    #[must_use]
    pub fn recorded(organization: &'a Organization, published: &'a Published) -> Self {
        Self {
            directory: &organization.directory,
            recorded: Some(&published.people),
            user_properties: Some(&published.user_properties),
            scripts: None,
            plugins: None,
            schemas: None,
            reads: None,
            rates: organization.rates.as_ref(),
        }
    }

    /// A currency of ISO 4217, or of the organization's rate table; what was published stays.
    pub(crate) fn has_currency(&self, currency: Currency) -> bool {
        self.recorded.is_some()
            || currency.is_iso()
            || self
                .rates
                .is_some_and(|rates| rates.base == currency || rates.rates.contains_key(&currency))
    }

    pub(crate) fn is_publish(&self) -> bool {
        self.recorded.is_none() && self.scripts.is_some()
    }

    pub(crate) fn directory(&self) -> &'a Directory {
        self.directory
    }

    pub(crate) fn user(&self, login: &Login) -> Option<UserId> {
        let recorded = self.recorded.and_then(|people| people.get(login));
        recorded.or_else(|| self.directory.by_login(login).map(|user| &user.id)).cloned()
    }

    pub(crate) fn has_group(&self, id: &GroupId) -> bool {
        self.recorded.is_some() || self.directory.group(id).is_some()
    }

    pub(crate) fn has_node(&self, id: &NodeId) -> bool {
        self.recorded.is_some() || self.directory.node(id).is_some()
    }

    pub(crate) fn has_resource(&self, id: &ResourceId) -> bool {
        self.recorded.is_some() || self.directory.resource(id).is_some()
    }

    pub(crate) fn user_property(&self, name: &PropertyName) -> Option<&'a PropertyType> {
        self.user_properties.and_then(|types| types.get(name))
    }

    pub(crate) fn check_script(&self, id: &ScriptId) -> Result<(), String> {
        match self.scripts {
            Some(known) if !known.contains(id) => {
                Err(unknown("script", id.as_str(), known.iter().map(ScriptId::as_str)))
            }
            Some(_) | None => Ok(()),
        }
    }

    pub(crate) fn check_plugin(&self, id: &PluginId, world: World) -> Result<(), String> {
        let Some(known) = self.plugins else { return Ok(()) };
        match known.get(id) {
            Some(worlds) if worlds.contains(&world) => Ok(()),
            Some(worlds) => {
                let is: Vec<&str> = worlds.iter().map(|world| world.word()).collect();
                Err(format!("plugin `{id}` is {}, not {}", is.join(" and "), world.word()))
            }
            None => Err(unknown("plugin", id.as_str(), known.keys().map(PluginId::as_str))),
        }
    }

    pub(crate) fn schema(&self, plugin: &PluginId) -> Option<&'a Schema> {
        self.schemas.and_then(|schemas| schemas.get(plugin)).map(Arc::as_ref)
    }

    pub(crate) fn reads(&self, plugin: &PluginId) -> &'a [Read] {
        self.reads.and_then(|reads| reads.get(plugin)).map_or(&[], Arc::as_ref)
    }

    pub(crate) fn unknown_user(&self, found: &str) -> String {
        unknown("user", found, self.directory.users().map(|user| user.login.as_str()))
    }

    pub(crate) fn unknown_group(&self, found: &str) -> String {
        unknown("group", found, self.directory.groups().map(|group| group.id.as_str()))
    }

    pub(crate) fn unknown_node(&self, found: &str) -> String {
        unknown("node", found, self.directory.nodes().map(|node| node.id.as_str()))
    }

    pub(crate) fn unknown_resource(&self, found: &str) -> String {
        unknown("resource", found, self.directory.resources().map(|r| r.id.as_str()))
    }
}

impl World {
    /// As in manifests, and as the contract calls the interface that such a plugin exports.
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

    fn word(self) -> &'static str {
        match self {
            Self::Condition => "a condition",
            Self::Approvers => "a resolver of approvers",
            Self::Validator => "a validator",
            Self::Executor => "an executor",
            Self::Notifier => "a notifier",
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
