//! The people of an organization, and how they are placed (DIR).
//!
//! A plain value: the runtime keeps one per organization and hands it to every decision. Look-ups
//! never fail; what is not there resolves to nobody (STP-8).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{GroupId, Login, NodeId, PropertyName, ResourceId, RuleId, StepId, UserId},
    value::Value,
};

/// The one role a user has in the organization (DIR-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationRole {
    /// Exactly one (DIR-3).
    Owner,
    /// Manages everything but their own rights.
    Administrator,
    /// Publishes rules.
    WorkflowManager,
    /// Sees everything, changes nothing.
    Auditor,
    /// Everybody else.
    User,
}

/// How many people may have left one after the other.
const MAX_STAND_INS: usize = 8;

/// What a user is: a person, or a program that submits and never decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserKind {
    /// A person.
    #[default]
    Person,
    /// A service account.
    Service,
}

/// A user (DIR-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// For ever.
    pub id: UserId,
    /// Unique; can change.
    pub login: Login,
    /// Shown to people.
    pub name: String,
    /// Where mail goes.
    pub email: Option<String>,
    /// IANA name, such as `Europe/Riga`; none means the organization's.
    pub time_zone: Option<String>,
    /// A deactivated user can do nothing (DIR-8).
    pub active: bool,
    /// Person or service.
    pub kind: UserKind,
    /// Exactly one.
    pub role: OrganizationRole,
    /// Memberships.
    pub groups: BTreeSet<GroupId>,
    /// Typed properties, such as `manager: user`.
    pub properties: BTreeMap<PropertyName, Value>,
    /// For one who is deactivated: who decides in their place (DIR-9).
    #[serde(default, skip_serializing_if = "Replacement::is_nobody")]
    pub replacement: Replacement,
}

/// Who decides in the place of somebody who left (DIR-9).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// Wherever nobody else is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all: Option<UserId>,
    /// In these steps of these rules.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub at: BTreeMap<RuleId, BTreeMap<StepId, UserId>>,
}

impl Replacement {
    /// Whether nobody is named.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        *self == Self::default()
    }

    /// Who it is in a step of a rule.
    #[must_use]
    pub fn in_step(&self, rule: &RuleId, step: &StepId) -> Option<&UserId> {
        self.at.get(rule).and_then(|steps| steps.get(step)).or(self.all.as_ref())
    }
}

/// A group (DIR-1). Its members are found through the users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The id that documents use.
    pub id: GroupId,
    /// Shown to people.
    pub name: String,
}

/// What may be done at a node (DIR-5): each level implies the ones before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeLevel {
    /// See requests of the node.
    Read,
    /// Change them.
    Edit,
    /// Submit them.
    Create,
}

/// To whom a node permission is given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grantee {
    /// One user.
    User(UserId),
    /// Everybody in a group.
    Group(GroupId),
}

/// A node of the organization's tree (DIR-5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// The id that documents use.
    pub id: NodeId,
    /// Shown to people.
    pub name: String,
    /// The node above; none for a root.
    pub parent: Option<NodeId>,
    /// Given here, inherited downwards.
    pub permissions: Vec<(Grantee, NodeLevel)>,
}

/// A configured connection or target that requests can name (DIR-6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// The id that documents use; also the name of the connection.
    pub id: ResourceId,
    /// Shown to people.
    pub name: String,
    /// Who answers for it (STP-2).
    pub owner: Option<UserId>,
}

/// A time in which one person stands in for another (DEC-8). Its dates are in the time zone of the one
/// who is away; here they are instants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegation {
    /// Who is away.
    pub of: UserId,
    /// Who stands in.
    pub to: UserId,
    /// The beginning of its first day.
    pub starts: DateTime<Utc>,
    /// The end of its last day, not included.
    pub ends: DateTime<Utc>,
}

impl Delegation {
    /// Whether it counts at this instant.
    #[must_use]
    pub fn counts_at(&self, at: DateTime<Utc>) -> bool {
        self.starts <= at && at < self.ends
    }
}

/// Everything a decision may want to know about people and places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    users: BTreeMap<UserId, User>,
    groups: BTreeMap<GroupId, Group>,
    nodes: BTreeMap<NodeId, Node>,
    resources: BTreeMap<ResourceId, Resource>,
    // INVARIANT: derived from `users`; every user stands once in `logins` and in each of its groups.
    logins: BTreeMap<Login, UserId>,
    members: BTreeMap<GroupId, BTreeSet<UserId>>,
    // INVARIANT: at most one for each who is away, and each stands once in `stand_ins`.
    delegations: BTreeMap<UserId, Delegation>,
    stand_ins: BTreeMap<UserId, BTreeSet<UserId>>,
}

impl Directory {
    /// Adds or replaces a user. The caller has checked that the login is free.
    pub fn put_user(&mut self, user: User) {
        self.remove_user(&user.id.clone());
        self.logins.insert(user.login.clone(), user.id.clone());
        for group in &user.groups {
            self.members.entry(group.clone()).or_default().insert(user.id.clone());
        }
        self.users.insert(user.id.clone(), user);
    }

    /// Forgets a user.
    pub fn remove_user(&mut self, id: &UserId) {
        let Some(user) = self.users.remove(id) else { return };
        self.logins.remove(&user.login);
        for group in &user.groups {
            if let Some(members) = self.members.get_mut(group) {
                members.remove(id);
            }
        }
    }

    /// Adds or replaces a group.
    pub fn put_group(&mut self, group: Group) {
        self.groups.insert(group.id.clone(), group);
    }

    /// Adds or replaces a node. The caller has checked that no cycle arises.
    pub fn put_node(&mut self, node: Node) {
        self.nodes.insert(node.id.clone(), node);
    }

    /// Adds or replaces a resource.
    pub fn put_resource(&mut self, resource: Resource) {
        self.resources.insert(resource.id.clone(), resource);
    }

    /// Replaces all delegations; of several by one person the last counts.
    pub fn set_delegations(&mut self, delegations: impl IntoIterator<Item = Delegation>) {
        self.delegations = delegations.into_iter().map(|d| (d.of.clone(), d)).collect();
        self.stand_ins.clear();
        for delegation in self.delegations.values() {
            let of = self.stand_ins.entry(delegation.to.clone()).or_default();
            of.insert(delegation.of.clone());
        }
    }

    /// Who stands in for this person at an instant, if both are active (DEC-8, DIR-8).
    #[must_use]
    pub fn delegate(&self, of: &UserId, at: DateTime<Utc>) -> Option<&User> {
        let delegation = self.delegations.get(of).filter(|delegation| delegation.counts_at(at))?;
        self.active(of)?;
        self.active(&delegation.to)
    }

    /// For whom this person stands in at an instant, by id: active people only (DEC-8, DIR-8).
    pub fn delegators(&self, to: &UserId, at: DateTime<Utc>) -> impl Iterator<Item = &User> {
        let of = self.stand_ins.get(to).into_iter().flatten();
        of.filter_map(move |of| {
            self.delegations.get(of).filter(|delegation| delegation.counts_at(at))?;
            self.active(of)
        })
    }

    /// Forgets a group.
    pub fn remove_group(&mut self, id: &GroupId) {
        self.groups.remove(id);
    }

    /// Forgets a node.
    pub fn remove_node(&mut self, id: &NodeId) {
        self.nodes.remove(id);
    }

    /// Forgets a resource.
    pub fn remove_resource(&mut self, id: &ResourceId) {
        self.resources.remove(id);
    }

    /// The user, active or not.
    #[must_use]
    pub fn user(&self, id: &UserId) -> Option<&User> {
        self.users.get(id)
    }

    /// The user, if active (DIR-8).
    #[must_use]
    pub fn active(&self, id: &UserId) -> Option<&User> {
        self.users.get(id).filter(|user| user.active)
    }

    /// The user, or where they left, who decides in their place in a step of a rule (DIR-9): also
    /// where that one has left in the meantime.
    #[must_use]
    pub fn stand_in(&self, id: &UserId, rule: &RuleId, step: &StepId) -> Option<&User> {
        let mut user = self.user(id)?;
        for _ in 0..MAX_STAND_INS {
            if user.active {
                return Some(user);
            }
            user = self.user(user.replacement.in_step(rule, step)?)?;
        }
        None
    }

    /// The user with this login, active or not.
    #[must_use]
    pub fn by_login(&self, login: &Login) -> Option<&User> {
        self.users.get(self.logins.get(login)?)
    }

    /// The group.
    #[must_use]
    pub fn group(&self, id: &GroupId) -> Option<&Group> {
        self.groups.get(id)
    }

    /// The node.
    #[must_use]
    pub fn node(&self, id: &NodeId) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// The resource.
    #[must_use]
    pub fn resource(&self, id: &ResourceId) -> Option<&Resource> {
        self.resources.get(id)
    }

    /// All users, by id.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// All groups, by id.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    /// All nodes, by id.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }

    /// All resources, by id.
    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.values()
    }

    /// The active members of a group, by id; nobody for an unknown group.
    pub fn members(&self, group: &GroupId) -> impl Iterator<Item = &User> {
        self.members.get(group).into_iter().flatten().filter_map(|id| self.active(id))
    }

    /// The active users with an organization role, by id.
    pub fn with_role(&self, role: OrganizationRole) -> impl Iterator<Item = &User> {
        self.users.values().filter(move |user| user.active && user.role == role)
    }

    /// Whether `node` is `top` or below it (`within`, CND-2).
    #[must_use]
    pub fn is_within(&self, node: &NodeId, top: &NodeId) -> bool {
        self.ancestry(node).any(|above| above.id == *top)
    }

    /// The highest level that a user has at a node, by themself or by a group, here or above (DIR-5).
    #[must_use]
    pub fn level(&self, user: &User, node: &NodeId) -> Option<NodeLevel> {
        let held = |grantee: &Grantee| match grantee {
            Grantee::User(id) => *id == user.id,
            Grantee::Group(id) => user.groups.contains(id),
        };
        self.ancestry(node)
            .flat_map(|above| &above.permissions)
            .filter(|(grantee, _)| held(grantee))
            .map(|(_, level)| *level)
            .max()
    }

    /// The node and those above it, nearest first; ends even if the tree were a ring.
    pub fn ancestry(&self, node: &NodeId) -> impl Iterator<Item = &Node> {
        std::iter::successors(self.nodes.get(node), |node| self.nodes.get(node.parent.as_ref()?))
            .take(self.nodes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id<T: std::str::FromStr>(text: &str) -> T
    where
        T::Err: std::fmt::Debug,
    {
        text.parse().unwrap()
    }

    fn user(login: &str, groups: &[&str]) -> User {
        User {
            id: id(&format!("u-{login}")),
            login: id(login),
            name: login.to_owned(),
            email: None,
            time_zone: None,
            active: true,
            kind: UserKind::Person,
            role: OrganizationRole::User,
            groups: groups.iter().map(|g| id(g)).collect(),
            properties: BTreeMap::new(),
            replacement: Replacement::default(),
        }
    }

    fn node(name: &str, parent: Option<&str>, permissions: Vec<(Grantee, NodeLevel)>) -> Node {
        Node { id: id(name), name: name.to_owned(), parent: parent.map(id), permissions }
    }

    /// DIR-8
    #[test]
    fn a_deactivated_member_is_never_found() {
        let mut directory = Directory::default();
        directory.put_user(user("ann", &["staff"]));
        directory.put_user(User { active: false, ..user("dan", &["staff"]) });
        let staff = id("staff");
        assert_eq!(
            directory.members(&staff).map(|u| u.login.as_str()).collect::<Vec<_>>(),
            ["ann"]
        );
        directory.put_user(user("ann", &[]));
        assert_eq!(directory.members(&staff).count(), 0);
    }

    /// DIR-5
    #[test]
    fn node_permissions_are_inherited_downwards_and_add_up() {
        let mut directory = Directory::default();
        let ann = user("ann", &["staff"]);
        directory.put_user(ann.clone());
        directory.put_node(node(
            "emea",
            None,
            vec![(Grantee::Group(id("staff")), NodeLevel::Read)],
        ));
        directory.put_node(node(
            "paris",
            Some("emea"),
            vec![(Grantee::User(ann.id.clone()), NodeLevel::Create)],
        ));
        directory.put_node(node("shop", Some("paris"), vec![]));
        assert_eq!(directory.level(&ann, &id("shop")), Some(NodeLevel::Create));
        assert_eq!(directory.level(&ann, &id("emea")), Some(NodeLevel::Read));
        assert_eq!(directory.level(&ann, &id("nowhere")), None);
        assert!(directory.is_within(&id("shop"), &id("emea")));
        assert!(!directory.is_within(&id("emea"), &id("shop")));
    }
}
