//! Plugins: list, install, grant.

use axum::{Json, extract::State};
use engine_api::organization::{ChangeList, GrantDoc, PluginList, PluginView};
use engine_core::{ids::PluginId, rejection::Rejection, rule::World};
use engine_host::{Grant, Plugin};
use engine_runtime::{Change, InstalledPlugin, Origin};

use super::{
    AppState,
    caller::Known,
    extract::{Asked, Body, DryRun, Id, Named, Raw},
    refusal::Refusal,
};
use crate::grants;

pub(super) async fn list(known: Known) -> Result<Json<PluginList>, Refusal> {
    known.oversees()?;
    let items = known.organization.plugins.values().map(|plugin| view(plugin, &known)).collect();
    Ok(Json(PluginList { items }))
}

pub(super) async fn install(
    State(state): State<AppState>,
    known: Known,
    Named(id): Named<PluginId>,
    Asked(how): Asked<DryRun>,
    Raw(bytes): Raw,
) -> Result<Json<ChangeList>, Refusal> {
    known.administrates()?;
    let plugin = state.library.add_component(bytes.into()).await;
    let plugin = plugin.map_err(|error| known.refusal(&error))?;
    let change = put(&state, &known, id, &plugin)?;
    known.changed(&state, vec![change], how.dry_run).await
}

/// Installs a component that was added, as the caller.
pub(super) fn put(
    state: &AppState,
    known: &Known,
    id: PluginId,
    component: &Plugin,
) -> Result<Change, Refusal> {
    let (by, at) = (known.caller.user.clone(), state.engine.now());
    let installed = state.library.installed(id, component, by, at);
    let installed =
        installed.ok_or_else(|| Refusal::invalid("body", "the component serves no world"))?;
    Ok(Change::PutPlugin(installed))
}

pub(super) async fn remove(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<PluginId>,
    Asked(how): Asked<DryRun>,
) -> Result<Json<ChangeList>, Refusal> {
    known.administrates()?;
    if !known.organization.plugins.contains_key(&id) {
        return Err(Refusal::not_found());
    }
    known.changed(&state, vec![Change::RemovePlugin(id)], how.dry_run).await
}

pub(super) async fn grant(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<PluginId>,
    Asked(how): Asked<DryRun>,
    Body(doc): Body<GrantDoc>,
) -> Result<Json<ChangeList>, Refusal> {
    known.administrates()?;
    if !known.organization.plugins.contains_key(&id) {
        return Err(Refusal::not_found());
    }
    let grant = granted(doc)?;
    known.changed(&state, vec![Change::GrantPlugin { plugin: id, grant }], how.dry_run).await
}

/// The host's grant.
pub(super) fn granted(doc: GrantDoc) -> Result<Grant, Refusal> {
    grants::read(doc).map_err(|bad| Refusal::rejected(&Rejection::invalid(bad.field, bad.why)))
}

fn view(plugin: &InstalledPlugin, known: &Known) -> PluginView {
    let world = match plugin.world {
        World::Condition => "condition",
        World::Approvers => "approvers",
        World::Validator => "validator",
        World::Executor => "executor",
        World::Notifier => "notifier",
    };
    PluginView {
        id: plugin.id.to_string(),
        name: plugin.name.clone(),
        version: plugin.version.clone(),
        world: world.to_owned(),
        digest: plugin.digest.clone(),
        grant: grants::written(&plugin.grant),
        installed_at: plugin.at,
        installed_by: known.plain_names().login(&plugin.by),
        first_party: plugin.origin == Origin::FirstParty,
    }
}
