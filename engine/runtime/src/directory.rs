//! Users, groups, nodes and resources: from the documents that people write to the directory.

use std::{collections::BTreeMap, sync::Arc};

use engine_api::directory::{GroupDoc, NodeDoc, ResourceDoc, UserDoc};
use engine_core::{
    directory::{
        Directory, Grantee, Group, Node, OrganizationRole, Replacement, Resource, User, UserKind,
    },
    ids::{Login, NodeId, PropertyName, UserId},
    rejection::{Forbidden, Rejection},
    rule::{Names, infer_literal, read_property},
    value::Value,
};
use serde_json::Value as Json;

use crate::{
    error::EngineError,
    offboard::Handover,
    organization::OrganizationEvent,
    organize::{Change, Changed, Plan, apply, told},
};

impl Plan<'_> {
    /// Gives new users their ids before anything refers to them: people name each other.
    pub(crate) fn introduce(&mut self, changes: &[Change]) -> Result<(), EngineError> {
        for change in changes {
            let Change::PutUser(doc) = change else { continue };
            if self.state.organization.directory.by_login(&doc.login).is_some() {
                continue;
            }
            let user = User {
                id: self.engine.next_id("u").parse()?,
                login: doc.login.clone(),
                name: String::new(),
                email: None,
                time_zone: None,
                active: false,
                kind: doc.kind,
                role: OrganizationRole::User,
                groups: std::collections::BTreeSet::new(),
                properties: BTreeMap::new(),
                replacement: Replacement::default(),
            };
            apply(&mut self.state, &OrganizationEvent::UserPut(user))?;
        }
        for change in changes {
            if let Change::PutGroup(doc) = change
                && self.state.organization.directory.group(&doc.id).is_none()
            {
                let group = Group { id: doc.id.clone(), name: String::new() };
                apply(&mut self.state, &OrganizationEvent::GroupPut(group))?;
            }
            if let Change::PutNode(doc) = change
                && self.state.organization.directory.node(&doc.id).is_none()
            {
                let node = Node {
                    id: doc.id.clone(),
                    name: String::new(),
                    parent: None,
                    permissions: Vec::new(),
                };
                apply(&mut self.state, &OrganizationEvent::NodePut(node))?;
            }
        }
        Ok(())
    }

    pub(crate) fn put_user(&mut self, doc: &UserDoc) -> Result<Option<Changed>, EngineError> {
        let organization = Arc::clone(&self.state.organization);
        let Some(before) = organization.directory.by_login(&doc.login) else { return Ok(None) };
        let at = format!("users.{}", doc.login);
        let after = User {
            id: before.id.clone(),
            login: doc.login.clone(),
            name: doc.name.clone().unwrap_or_else(|| doc.login.to_string()),
            email: doc.email.clone(),
            time_zone: doc.time_zone.clone(),
            active: doc.active,
            kind: doc.kind,
            role: doc.role,
            groups: doc.groups.iter().cloned().collect(),
            properties: self.user_properties(&at, &doc.properties),
            replacement: if doc.active {
                Replacement::default()
            } else {
                before.replacement.clone()
            },
        };
        self.note_handover(&at, doc);
        for group in after.groups.iter().filter(|id| organization.directory.group(id).is_none()) {
            self.problem(format!("{at}.groups"), format!("unknown group `{group}`"));
        }
        if let Some(zone) = &after.time_zone
            && zone.parse::<chrono_tz::Tz>().is_err()
        {
            self.problem(format!("{at}.time_zone"), format!("`{zone}` is not a time zone"));
        }
        // One who was only introduced has no name yet.
        let is_new = before.name.is_empty();
        self.check_own_rights(before, &after, is_new)?;
        let what = format!("user {}", doc.login);
        let before = (!is_new).then_some(before);
        let names = engine_api::catalogue::Names::of_directory(&organization.directory);
        let event = OrganizationEvent::UserPut(after.clone());
        self.put(what, before, &after, event, |user| told(&UserDoc::of(user, &names))).map(Some)
    }

    /// DIR-9: who takes over from one who is deactivated.
    fn note_handover(&mut self, at: &str, doc: &UserDoc) {
        if !doc.active {
            let handover = Handover { replace_by: doc.replace_by.clone(), force: doc.force };
            self.handovers.insert(doc.login.clone(), handover);
        } else if doc.replace_by.is_some() {
            self.problem(format!("{at}.replace_by"), "goes with `active: false`");
        }
    }

    /// DIR-3: one owner, by transfer only; administrators do not change their own rights.
    fn check_own_rights(
        &self,
        before: &User,
        after: &User,
        is_new: bool,
    ) -> Result<(), EngineError> {
        let owner_moves =
            (before.role == OrganizationRole::Owner) != (after.role == OrganizationRole::Owner);
        let owner_leaves = before.role == OrganizationRole::Owner && !after.active;
        let is_me = self.me.id == before.id;
        let own = is_me
            && self.me.role != OrganizationRole::Owner
            && !is_new
            && (!after.active
                || before.role != after.role
                || before.groups != after.groups
                || before.properties != after.properties);
        if owner_moves || owner_leaves {
            return Err(Rejection::Forbidden(Forbidden::OnlyTransfer).into());
        }
        if own {
            return Err(Rejection::Forbidden(Forbidden::OwnRights).into());
        }
        Ok(())
    }

    fn user_properties(
        &mut self,
        at: &str,
        properties: &BTreeMap<PropertyName, Json>,
    ) -> BTreeMap<PropertyName, Value> {
        let organization = Arc::clone(&self.state.organization);
        let names = Names::of_organization(&organization);
        let mut read = BTreeMap::new();
        for (name, json) in properties {
            let value = match organization.user_properties.get(name) {
                Some(of) => read_property(of, json, &names),
                None => infer_literal(json, &names),
            };
            match value {
                Ok(value) => {
                    read.insert(name.clone(), value);
                }
                Err(message) => self.problem(format!("{at}.properties.{name}"), message),
            }
        }
        read
    }

    pub(crate) fn remove_user(&mut self, login: &Login) -> Result<Option<Changed>, EngineError> {
        let organization = Arc::clone(&self.state.organization);
        let what = format!("user {login}");
        let Some(user) = organization.directory.by_login(login) else {
            return Ok(Some(Changed::Same(what)));
        };
        if user.role == OrganizationRole::Owner {
            return Err(Rejection::Forbidden(Forbidden::OnlyTransfer).into());
        }
        if user.id == self.me.id {
            return Err(Rejection::Forbidden(Forbidden::OwnRights).into());
        }
        // DIR-8: their history stays, and with it their name.
        let after = User { active: false, ..user.clone() };
        if *user == after {
            return Ok(Some(Changed::Same(what)));
        }
        self.record(OrganizationEvent::UserPut(after))?;
        Ok(Some(Changed::Removed(what)))
    }

    /// DIR-9: their places are looked for when everything else is worked out.
    pub(crate) fn deactivate(
        &mut self,
        login: &Login,
        handover: Handover,
    ) -> Result<Option<Changed>, EngineError> {
        if self.state.organization.directory.by_login(login).is_none() {
            return Err(Rejection::NotFound.into());
        }
        self.handovers.insert(login.clone(), handover);
        self.remove_user(login)
    }

    /// DIR-3: whoever hands the role over becomes an administrator.
    pub(crate) fn transfer(&mut self, to: &Login) -> Result<Changed, EngineError> {
        if self.me.role != OrganizationRole::Owner {
            return Err(Rejection::Forbidden(Forbidden::OnlyOwner).into());
        }
        let organization = Arc::clone(&self.state.organization);
        let next = organization.directory.by_login(to).filter(|user| user.active);
        let Some(next) = next.filter(|user| user.kind == UserKind::Person) else {
            self.problem("to", format!("`{to}` is not an active person"));
            return Ok(Changed::Same("owner".to_owned()));
        };
        if next.id == self.me.id {
            return Ok(Changed::Same("owner".to_owned()));
        }
        let Some(me) = organization.directory.user(&self.me.id) else {
            return Err(Rejection::NotFound.into());
        };
        let (from, what) = (me.login.clone(), "owner".to_owned());
        let me = User { role: OrganizationRole::Administrator, ..me.clone() };
        self.record(OrganizationEvent::UserPut(me))?;
        let next = User { role: OrganizationRole::Owner, ..next.clone() };
        self.record(OrganizationEvent::UserPut(next))?;
        let document = |login: &Login| serde_json::json!({"owner": login});
        let differences = self.differences(&document(&from), &document(to));
        Ok(Changed::Updated { what, differences })
    }

    /// DIR-3: an administrator does not change their own permissions at nodes, be it through a group
    /// of theirs, by moving a node, or by a new one; what a new node inherits is no change.
    pub(crate) fn check_own_nodes(&self, before: &Directory) -> Result<(), EngineError> {
        if self.me.role == OrganizationRole::Owner {
            return Ok(());
        }
        let after = &self.state.organization.directory;
        for node in after.nodes() {
            let known = after.ancestry(&node.id).find(|above| before.node(&above.id).is_some());
            let was = known.and_then(|above| before.level(self.me, &above.id));
            if after.level(self.me, &node.id) != was {
                return Err(Rejection::Forbidden(Forbidden::OwnRights).into());
            }
        }
        Ok(())
    }

    pub(crate) fn put_group(&mut self, doc: GroupDoc) -> Result<Changed, EngineError> {
        let organization = Arc::clone(&self.state.organization);
        let what = format!("group {}", doc.id);
        let name = doc.name.unwrap_or_else(|| doc.id.to_string());
        let after = Group { id: doc.id, name };
        let before = organization.directory.group(&after.id).filter(|group| !group.name.is_empty());
        let event = OrganizationEvent::GroupPut(after.clone());
        self.put(what, before, &after, event, |group| told(&GroupDoc::of(group)))
    }

    pub(crate) fn put_node(&mut self, doc: NodeDoc) -> Result<Option<Changed>, EngineError> {
        let organization = Arc::clone(&self.state.organization);
        let at = format!("nodes.{}", doc.id);
        let mut permissions = Vec::new();
        for (index, permission) in doc.permissions.into_iter().enumerate() {
            let at = format!("{at}.permissions[{index}]");
            let grantee = match (permission.user, permission.group) {
                (Some(login), None) => self.user_id(&at, &login).map(Grantee::User),
                (None, Some(group)) => {
                    if organization.directory.group(&group).is_none() {
                        self.problem(&at, format!("unknown group `{group}`"));
                    }
                    Some(Grantee::Group(group))
                }
                (Some(_), Some(_)) | (None, None) => {
                    self.problem(&at, "expected one of `user` and `group`");
                    None
                }
            };
            permissions.extend(grantee.map(|grantee| (grantee, permission.level)));
        }
        if let Some(parent) = &doc.parent {
            self.check_parent(&at, &doc.id, parent);
        }
        let what = format!("node {}", doc.id);
        let name = doc.name.unwrap_or_else(|| doc.id.to_string());
        let after = Node { id: doc.id, name, parent: doc.parent, permissions };
        let before = organization.directory.node(&after.id).filter(|node| !node.name.is_empty());
        let event = OrganizationEvent::NodePut(after.clone());
        let told = |node: &Node| told(&NodeDoc::of(node, &organization.directory));
        self.put(what, before, &after, event, told).map(Some)
    }

    fn check_parent(&mut self, at: &str, node: &NodeId, parent: &NodeId) {
        let organization = Arc::clone(&self.state.organization);
        if organization.directory.node(parent).is_none() {
            self.problem(format!("{at}.parent"), format!("unknown node `{parent}`"));
        } else if organization.directory.is_within(parent, node) {
            self.problem(format!("{at}.parent"), format!("`{parent}` is below `{node}`"));
        }
    }

    pub(crate) fn put_resource(
        &mut self,
        doc: ResourceDoc,
    ) -> Result<Option<Changed>, EngineError> {
        let organization = Arc::clone(&self.state.organization);
        let at = format!("resources.{}.owner", doc.id);
        let owner = doc.owner.and_then(|login| self.user_id(&at, &login));
        let what = format!("resource {}", doc.id);
        let name = doc.name.unwrap_or_else(|| doc.id.to_string());
        let after = Resource { id: doc.id, name, owner };
        let before = organization.directory.resource(&after.id);
        let event = OrganizationEvent::ResourcePut(after.clone());
        let told = |resource: &Resource| told(&ResourceDoc::of(resource, &organization.directory));
        self.put(what, before, &after, event, told).map(Some)
    }

    fn user_id(&mut self, at: &str, login: &Login) -> Option<UserId> {
        let id = self.state.organization.directory.by_login(login).map(|user| user.id.clone());
        if id.is_none() {
            self.problem(at, format!("unknown user `{login}`"));
        }
        id
    }
}
