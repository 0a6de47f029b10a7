//! Changes of an organization: checked, committed together, seen at once.

mod commit;
mod difference;
mod plugin;
mod stored;

use std::{collections::BTreeMap, sync::Arc};

pub use difference::Differences;
pub(crate) use difference::told;
use engine_api::directory::{GroupDoc, NodeDoc, RatesDoc, ResourceDoc, UserDoc};
use engine_core::{
    directory::{OrganizationRole, User},
    ids::{
        GroupId, Login, NodeId, OrgId, PluginId, PropertyName, ResourceId, RuleId, ScriptId, UserId,
    },
    money::Rates,
    organization::Settings,
    rejection::{FieldProblem, Forbidden, Rejection},
    rule::{Definition, Problem},
    value::PropertyType,
};
use engine_host::Grant;
use serde_json::Value as Json;
pub(crate) use stored::apply;

use crate::{
    caller::Caller,
    engine::Engine,
    error::EngineError,
    organization::{InstalledPlugin, OrganizationEvent, OrganizationState},
};

/// One change of an organization.
#[derive(Clone, Debug)]
pub enum Change {
    /// Adds or changes a user.
    PutUser(UserDoc),
    /// Removes a user who has left no trace; others are deactivated.
    RemoveUser(Login),
    /// Adds or changes a group.
    PutGroup(GroupDoc),
    /// Removes a group.
    RemoveGroup(GroupId),
    /// Adds or changes a node.
    PutNode(NodeDoc),
    /// Removes a node.
    RemoveNode(NodeId),
    /// Adds or changes a resource.
    PutResource(ResourceDoc),
    /// Removes a resource.
    RemoveResource(ResourceId),
    /// Declares the types of the users' properties.
    SetUserProperties(BTreeMap<PropertyName, PropertyType>),
    /// Sets the rate table.
    SetRates(Rates),
    /// Sets the settings.
    SetSettings(Settings),
    /// Publishes a version of a rule (RUL-2).
    Publish {
        /// The document.
        definition: Box<Definition>,
        /// Why.
        comment: String,
    },
    /// Adds or changes a script; its text has been compiled already.
    PutScript {
        /// Its name.
        name: ScriptId,
        /// Its text.
        text: String,
    },
    /// Removes a script.
    RemoveScript(ScriptId),
    /// Installs a plugin whose component has been added already.
    PutPlugin(InstalledPlugin),
    /// Grants a plugin what it may use: all of it, concretely.
    GrantPlugin {
        /// Which.
        plugin: PluginId,
        /// What.
        grant: Grant,
    },
    /// Removes a plugin.
    RemovePlugin(PluginId),
    /// Removes a token.
    RemoveToken {
        /// Its id.
        id: String,
    },
}

/// What a change came to. The texts name the thing, such as `user ann`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It was not there.
    Created(String),
    /// It was different.
    Updated {
        /// The thing.
        what: String,
        /// How.
        differences: Differences,
    },
    /// It is gone.
    Removed(String),
    /// It was so already.
    Same(String),
    /// A rule has a new version.
    Published {
        /// The rule.
        rule: RuleId,
        /// The version.
        version: u32,
        /// What the check warns of.
        warnings: Vec<Problem>,
        /// How it differs from the version before.
        differences: Differences,
    },
}

/// The changes worked out so far.
pub(crate) struct Plan<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) me: &'a User,
    pub(crate) state: OrganizationState,
    pub(crate) events: Vec<OrganizationEvent>,
    pub(crate) problems: Vec<FieldProblem>,
    /// How many differences can still be told.
    room: usize,
}

impl Engine {
    /// Creates an organization with its owner (DIR-3).
    ///
    /// # Errors
    /// `invalid` where it exists already, or the owner's document is wrong.
    pub async fn create_organization(
        &self,
        org: &OrgId,
        owner: UserDoc,
    ) -> Result<UserId, EngineError> {
        if self.organization(org).is_ok() {
            return Err(Rejection::invalid("organization", "exists already").into());
        }
        let id: UserId = self.next_id("u").parse()?;
        let user = User {
            id: id.clone(),
            name: owner.name.unwrap_or_else(|| owner.login.to_string()),
            login: owner.login,
            email: owner.email,
            time_zone: owner.time_zone,
            active: true,
            kind: engine_core::directory::UserKind::Person,
            role: OrganizationRole::Owner,
            groups: std::collections::BTreeSet::new(),
            properties: BTreeMap::new(),
        };
        let events = [OrganizationEvent::Created, OrganizationEvent::UserPut(user)];
        let mut state = OrganizationState::new(org.clone());
        for event in &events {
            apply(&mut state, event)?;
        }
        match self.commit_events(None, &state, &events).await? {
            Some(sequence) => state.sequence = sequence,
            None => return Err(EngineError::Contended),
        }
        self.put_organization(state);
        Ok(id)
    }

    /// Makes several changes in one commit, in their order; with `dry_run` says what they would come
    /// to. What is so already is left alone.
    ///
    /// # Errors
    /// `forbidden` (FIN-17), `invalid` with every problem at once, `rule_invalid`.
    pub async fn organize(
        &self,
        caller: &Caller,
        changes: Vec<Change>,
        dry_run: bool,
    ) -> Result<Vec<Changed>, EngineError> {
        let slot = self.slot(&caller.org)?;
        let _turn = slot.turn.lock().await;
        let before = slot.state.load_full();
        let me = before.organization.directory.active(&caller.user).ok_or(Rejection::NotFound)?;
        check_rights(me, &changes)?;
        let mut plan = Plan {
            engine: self,
            me,
            state: (*before).clone(),
            events: Vec::new(),
            problems: Vec::new(),
            room: difference::MOST_IN_ALL,
        };
        plan.introduce(&changes)?;
        let mut changed = Vec::new();
        for change in changes {
            changed.extend(plan.change(change)?);
        }
        if !plan.problems.is_empty() {
            return Err(Rejection::Invalid(plan.problems).into());
        }
        let Plan { events, state, .. } = plan;
        if !dry_run && !events.is_empty() {
            self.replace(&slot, state, &events).await?;
        }
        Ok(changed)
    }
}

/// FIN-17: rules are published by workflow managers too; everything else is for administrators.
fn check_rights(me: &User, changes: &[Change]) -> Result<(), EngineError> {
    let may = match me.role {
        OrganizationRole::Owner | OrganizationRole::Administrator => true,
        OrganizationRole::WorkflowManager => {
            changes.iter().all(|change| matches!(change, Change::Publish { .. }))
        }
        OrganizationRole::Auditor | OrganizationRole::User => false,
    };
    if may { Ok(()) } else { Err(Rejection::Forbidden(Forbidden::OnlyAdministrators).into()) }
}

impl Plan<'_> {
    pub(crate) fn problem(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.problems.push(FieldProblem { field: field.into(), message: message.into() });
    }

    pub(crate) fn record(&mut self, event: OrganizationEvent) -> Result<(), EngineError> {
        apply(&mut self.state, &event)?;
        self.events.push(event);
        Ok(())
    }

    /// Says what a change came to, and records it where it is one. `told` is the thing as people write
    /// it.
    pub(crate) fn put<T: PartialEq>(
        &mut self,
        what: String,
        before: Option<&T>,
        after: &T,
        event: OrganizationEvent,
        told: impl Fn(&T) -> Json,
    ) -> Result<Changed, EngineError> {
        let Some(before) = before else {
            return self.record(event).map(|()| Changed::Created(what));
        };
        if before == after {
            return Ok(Changed::Same(what));
        }
        self.record(event)?;
        let differences = self.differences(&told(before), &told(after));
        Ok(Changed::Updated { what, differences })
    }

    pub(crate) fn differences(&mut self, before: &Json, after: &Json) -> Differences {
        let differences = Differences::of(before, after, self.room);
        self.room = self.room.saturating_sub(differences.fields.len());
        differences
    }

    fn remove(
        &mut self,
        what: String,
        is_there: bool,
        event: OrganizationEvent,
    ) -> Result<Changed, EngineError> {
        if !is_there {
            return Ok(Changed::Same(what));
        }
        self.record(event).map(|()| Changed::Removed(what))
    }

    fn change(&mut self, change: Change) -> Result<Option<Changed>, EngineError> {
        let organization = Arc::clone(&self.state.organization);
        let directory = &organization.directory;
        match change {
            Change::PutUser(doc) => self.put_user(&doc),
            Change::PutGroup(doc) => self.put_group(doc).map(Some),
            Change::PutNode(doc) => self.put_node(doc),
            Change::PutResource(doc) => self.put_resource(doc),
            Change::RemoveUser(login) => self.remove_user(&login),
            Change::RemoveGroup(id) => {
                let (what, there) = (format!("group {id}"), directory.group(&id).is_some());
                self.remove(what, there, OrganizationEvent::GroupRemoved(id)).map(Some)
            }
            Change::RemoveNode(id) => {
                let (what, there) = (format!("node {id}"), directory.node(&id).is_some());
                self.remove(what, there, OrganizationEvent::NodeRemoved(id)).map(Some)
            }
            Change::RemoveResource(id) => {
                let (what, there) = (format!("resource {id}"), directory.resource(&id).is_some());
                self.remove(what, there, OrganizationEvent::ResourceRemoved(id)).map(Some)
            }
            Change::SetUserProperties(types) => {
                let event = OrganizationEvent::UserPropertiesSet(types.clone());
                let before = Some(&organization.user_properties);
                self.put("property types".to_owned(), before, &types, event, told).map(Some)
            }
            Change::SetRates(rates) => self.set_rates(&rates).map(Some),
            Change::SetSettings(settings) => self.set_settings(&settings),
            Change::Publish { definition, comment } => self.publish(*definition, comment).map(Some),
            Change::PutScript { .. }
            | Change::RemoveScript(_)
            | Change::PutPlugin(_)
            | Change::GrantPlugin { .. }
            | Change::RemovePlugin(_)
            | Change::RemoveToken { .. } => self.change_extension(change),
        }
    }

    fn change_extension(&mut self, change: Change) -> Result<Option<Changed>, EngineError> {
        match change {
            Change::PutScript { name, text } => {
                let before = self.state.scripts.get(&name).map(ToString::to_string);
                let event = OrganizationEvent::ScriptPut { name: name.clone(), text: text.clone() };
                let what = format!("script {name}");
                self.put(what, before.as_ref(), &text, event, |text| difference::lines(text))
                    .map(Some)
            }
            Change::RemoveScript(name) => {
                let there = self.state.scripts.contains_key(&name);
                let what = format!("script {name}");
                self.remove(what, there, OrganizationEvent::ScriptRemoved(name)).map(Some)
            }
            Change::PutPlugin(plugin) => self.put_plugin(plugin).map(Some),
            Change::GrantPlugin { plugin, grant } => self.grant_plugin(&plugin, grant),
            Change::RemovePlugin(id) => {
                let there = self.state.plugins.contains_key(&id);
                let what = format!("plugin {id}");
                self.remove(what, there, OrganizationEvent::PluginRemoved(id)).map(Some)
            }
            Change::RemoveToken { id } => {
                let found = self.state.tokens.iter().find(|(_, record)| record.id == id);
                let Some(hash) = found.map(|(hash, _)| hash.clone()) else {
                    return Ok(Some(Changed::Same(format!("token {id}"))));
                };
                let event = OrganizationEvent::TokenRemoved { hash };
                self.remove(format!("token {id}"), true, event).map(Some)
            }
            Change::PutUser(_)
            | Change::RemoveUser(_)
            | Change::PutGroup(_)
            | Change::RemoveGroup(_)
            | Change::PutNode(_)
            | Change::RemoveNode(_)
            | Change::PutResource(_)
            | Change::RemoveResource(_)
            | Change::SetUserProperties(_)
            | Change::SetRates(_)
            | Change::SetSettings(_)
            | Change::Publish { .. } => Ok(None),
        }
    }

    fn set_rates(&mut self, rates: &Rates) -> Result<Changed, EngineError> {
        let before = self.state.organization.rates.clone();
        let event = OrganizationEvent::RatesSet(rates.clone());
        let told = |rates: &Rates| told(&RatesDoc(rates.clone()));
        self.put("rates".to_owned(), before.as_ref(), rates, event, told)
    }

    fn set_settings(&mut self, settings: &Settings) -> Result<Option<Changed>, EngineError> {
        if settings.time_zone.parse::<chrono_tz::Tz>().is_err() {
            let message = format!("`{}` is not a time zone", settings.time_zone);
            self.problem("time_zone", message);
        }
        if settings.comments.min > settings.comments.max
            || settings.reason.min > settings.reason.max
        {
            self.problem("settings", "a least length above the greatest");
        }
        if settings.approval_expiry_max.on_the_clock().is_none() {
            self.problem(
                "approval_expiry_max",
                "business days are not available yet: use `d` or `h`",
            );
        }
        if let Some((field, message)) = settings.calendar.fault() {
            self.problem(field, message);
        }
        if settings.reminders.iter().any(|span| span.on_the_clock().is_none()) {
            self.problem("reminders", "expected `m`, `h`, `d` or `w`, not business days");
        }
        let is_extension = |text: &String| {
            !text.is_empty() && !text.starts_with('.') && *text == text.to_lowercase()
        };
        if !settings.attachments.refused.iter().all(is_extension) {
            let message = "expected extensions in lower case, without their dot";
            self.problem("attachments.refused", message);
        }
        let before = self.state.organization.settings.clone();
        let event = OrganizationEvent::SettingsSet(settings.clone());
        self.put("settings".to_owned(), Some(&before), settings, event, told).map(Some)
    }
}
