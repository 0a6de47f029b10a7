//! People and places as one document.

use std::collections::BTreeSet;

use axum::{Json, extract::State};
use engine_api::{
    catalogue::Names,
    directory::{DirectoryDoc, GroupDoc, NodeDoc, ResourceDoc, UserDoc},
    organization::ChangeList,
};
use engine_core::{
    directory::{OrganizationRole, User},
    organization::Organization,
};
use engine_runtime::Change;
use serde::Deserialize;

use super::{
    AppState,
    caller::Known,
    extract::{Asked, Body},
    refusal::Refusal,
};

/// How a document is applied.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct How {
    pub(super) dry_run: bool,
    pub(super) prune: bool,
}

pub(super) async fn read(known: Known) -> Result<Json<DirectoryDoc>, Refusal> {
    known.oversees()?;
    Ok(Json(document(&known.organization.organization)))
}

pub(super) async fn replace(
    State(state): State<AppState>,
    known: Known,
    Asked(how): Asked<How>,
    Body(doc): Body<DirectoryDoc>,
) -> Result<Json<ChangeList>, Refusal> {
    let changes = changes(doc, &known, how.prune);
    known.changed(&state, changes, how.dry_run).await
}

/// The changes that make the directory what a document says. With `prune`, what the document does not
/// name goes; the owner and the caller stay all the same.
pub(super) fn changes(doc: DirectoryDoc, known: &Known, prune: bool) -> Vec<Change> {
    let removals = if prune { removals(&doc, known) } else { Vec::new() };
    let mut changes = Vec::new();
    if !doc.user_properties.is_empty() || prune {
        changes.push(Change::SetUserProperties(doc.user_properties));
    }
    changes.extend(doc.groups.into_iter().map(Change::PutGroup));
    changes.extend(doc.users.into_iter().map(Change::PutUser));
    changes.extend(doc.nodes.into_iter().map(Change::PutNode));
    changes.extend(doc.resources.into_iter().map(Change::PutResource));
    changes.extend(removals);
    changes
}

fn removals(doc: &DirectoryDoc, known: &Known) -> Vec<Change> {
    let directory = &known.organization.organization.directory;
    let users: BTreeSet<_> = doc.users.iter().map(|user| &user.login).collect();
    let groups: BTreeSet<_> = doc.groups.iter().map(|group| &group.id).collect();
    let nodes: BTreeSet<_> = doc.nodes.iter().map(|node| &node.id).collect();
    let resources: BTreeSet<_> = doc.resources.iter().map(|resource| &resource.id).collect();
    let stays = |user: &User| {
        users.contains(&user.login)
            || user.role == OrganizationRole::Owner
            || user.id == known.caller.user
    };
    let of_resources = directory.resources().filter(|r| !resources.contains(&r.id));
    let of_nodes = directory.nodes().filter(|node| !nodes.contains(&node.id));
    let of_users = directory.users().filter(|user| !stays(user));
    let of_groups = directory.groups().filter(|group| !groups.contains(&group.id));
    let mut changes: Vec<Change> =
        of_resources.map(|r| Change::RemoveResource(r.id.clone())).collect();
    changes.extend(of_nodes.map(|node| Change::RemoveNode(node.id.clone())));
    changes.extend(of_users.map(|user| Change::RemoveUser(user.login.clone())));
    changes.extend(of_groups.map(|group| Change::RemoveGroup(group.id.clone())));
    changes
}

fn document(organization: &Organization) -> DirectoryDoc {
    let directory = &organization.directory;
    let names = Names::of_directory(directory);
    DirectoryDoc {
        user_properties: organization.user_properties.clone(),
        groups: directory.groups().map(GroupDoc::of).collect(),
        users: directory.users().map(|user| UserDoc::of(user, &names)).collect(),
        nodes: directory.nodes().map(|node| NodeDoc::of(node, directory)).collect(),
        resources: directory.resources().map(|r| ResourceDoc::of(r, directory)).collect(),
    }
}
