//! What the directory holds, as documents write it.

use std::collections::BTreeMap;

use engine_core::{
    directory::{Directory, Grantee, Group, Node, Replacement, Resource, User},
    ids::{Login, UserId},
};

use super::{GroupDoc, NodeDoc, NodePermissionDoc, ReplaceBy, ResourceDoc, UserDoc};
use crate::catalogue::Names;

impl UserDoc {
    /// A user as documents write them.
    #[must_use]
    pub fn of(user: &User, names: &Names<'_>) -> Self {
        let literal = |(name, value): (&_, &_)| (Clone::clone(name), names.literal(value));
        Self {
            login: user.login.clone(),
            name: (user.name != user.login.as_str()).then(|| user.name.clone()),
            email: user.email.clone(),
            time_zone: user.time_zone.clone(),
            active: user.active,
            kind: user.kind,
            role: user.role,
            groups: user.groups.iter().cloned().collect(),
            properties: user.properties.iter().map(literal).collect(),
            replace_by: replace_by(&user.replacement, names),
            force: false,
        }
    }
}

fn replace_by(replacement: &Replacement, names: &Names<'_>) -> Option<ReplaceBy> {
    let login = |id: &UserId| Login::parse(&names.login(id)).ok();
    if let Some(all) = &replacement.all {
        return login(all).map(ReplaceBy::All);
    }
    let steps = replacement.at.iter().flat_map(|(rule, steps)| {
        steps.iter().filter_map(move |(step, id)| Some((format!("{rule}/{step}"), login(id)?)))
    });
    let each: BTreeMap<String, Login> = steps.collect();
    (!each.is_empty()).then_some(ReplaceBy::Each(each))
}

impl GroupDoc {
    /// A group as documents write it.
    #[must_use]
    pub fn of(group: &Group) -> Self {
        let name = (group.name != group.id.as_str()).then(|| group.name.clone());
        Self { id: group.id.clone(), name }
    }
}

impl NodeDoc {
    /// A node as documents write it.
    #[must_use]
    pub fn of(node: &Node, directory: &Directory) -> Self {
        let login = |id: &UserId| directory.user(id).map(|user| user.login.clone());
        let permission = |(grantee, level): &(Grantee, _)| match grantee {
            Grantee::User(id) => NodePermissionDoc { user: login(id), group: None, level: *level },
            Grantee::Group(id) => {
                NodePermissionDoc { user: None, group: Some(id.clone()), level: *level }
            }
        };
        Self {
            id: node.id.clone(),
            name: (node.name != node.id.as_str()).then(|| node.name.clone()),
            parent: node.parent.clone(),
            permissions: node.permissions.iter().map(permission).collect(),
        }
    }
}

impl ResourceDoc {
    /// A resource as documents write it.
    #[must_use]
    pub fn of(resource: &Resource, directory: &Directory) -> Self {
        let owner = resource.owner.as_ref().and_then(|id| directory.user(id));
        Self {
            id: resource.id.clone(),
            name: (resource.name != resource.id.as_str()).then(|| resource.name.clone()),
            owner: owner.map(|user| user.login.clone()),
        }
    }
}
