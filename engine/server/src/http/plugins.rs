//! Plugins: install, grant, limit, disable, go back, and what they have done.

mod installing;
mod view;

use axum::{Json, extract::State};
use engine_api::{
    code::ErrorCode,
    command::Remark,
    organization::{ChangeList, GrantDoc, LimitsDoc, PluginDetail, PluginList, RollBack},
    problem::ErrorBody,
};
use engine_core::{ids::PluginId, rejection::Rejection};
use engine_host::{Grant, Plugin, split_signature};
use engine_runtime::{Change, EngineError, Origin, PluginChange, PluginFile, Signer};

pub use self::installing::Installing;
use super::{
    AppState,
    caller::Known,
    extract::{Asked, Body, DryRun, Id, Named, Raw},
    refusal::Refusal,
};
use crate::{cases, component, grants};

pub(super) async fn list(
    State(state): State<AppState>,
    known: Known,
) -> Result<Json<PluginList>, Refusal> {
    known.oversees()?;
    let items =
        known.organization.plugins.values().map(|plugin| view::plugin(plugin, &known)).collect();
    Ok(Json(PluginList { items, installing: state.installing.views(&known) }))
}

/// With its log, which tells of requests: for those who see all of them.
pub(super) async fn read(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<PluginId>,
) -> Result<Json<PluginDetail>, Refusal> {
    known.administrates()?;
    let plugin = known.organization.plugins.get(&id).ok_or_else(Refusal::not_found)?;
    let component = state.library.component(&plugin.file.digest).await;
    let component = component.map_err(|error| known.refusal(&error))?;
    let activity = state.library.activity(&known.caller.org, &id);
    Ok(Json(PluginDetail {
        plugin: view::plugin(plugin, &known),
        component: component.as_deref().map(component::view),
        activity: activity.map(view::activity),
    }))
}

pub(super) async fn install(
    State(state): State<AppState>,
    known: Known,
    Named(id): Named<PluginId>,
    Asked(how): Asked<DryRun>,
    Raw(bytes): Raw,
) -> Result<Json<ChangeList>, Refusal> {
    known.administrates()?;
    let (component, signature) = split_signature(&bytes);
    // What is not trusted is not even compiled.
    trusted(&state, component, signature)?;
    let ticket = state.installing.begin(&known, id.clone(), state.engine.now());
    let plugin = state.library.add_component_and_tell(component.to_vec(), ticket.teller()).await;
    let plugin = plugin.map_err(|error| known.refusal(&error))?;
    if let Some(signature) = signature {
        let kept = state.library.add_signature(plugin.digest(), signature.to_owned()).await;
        kept.map_err(|error| known.refusal(&error))?;
    }
    ticket.proves();
    let change = put(&state, &known, id, &plugin).await?;
    known.changed(&state, vec![change], how.dry_run).await
}

/// Installs a component that was added, as the caller.
pub(super) async fn put(
    state: &AppState,
    known: &Known,
    id: PluginId,
    component: &Plugin,
) -> Result<Change, Refusal> {
    let (by, at) = (known.caller.user.clone(), state.engine.now());
    let file = state.library.file(component, by, at);
    let file = file.ok_or_else(|| Refusal::invalid("body", "the component serves no world"))?;
    let (bytes, signer) = kept(state, known, component.digest()).await?;
    if !known.organization.plugins.values().any(|plugin| plugin.has(component.digest())) {
        let host = state.library.host().clone();
        let proven = cases::prove(host, component.clone(), bytes).await;
        proven.map_err(|why| ErrorBody::new(ErrorCode::PluginInvalid, format!("{why:#}")))?;
    }
    Ok(Change::PutPlugin { plugin: id, file: PluginFile { signer, ..file } })
}

/// Who signed a component; nobody where it need not be signed.
fn trusted(
    state: &AppState,
    component: &[u8],
    signature: Option<&str>,
) -> Result<Option<Signer>, Refusal> {
    let judged = state.trust.signer(component, signature);
    judged.map_err(|why| ErrorBody::new(ErrorCode::PluginInvalid, why.to_string()).into())
}

/// The same of one that is kept, and its bytes.
async fn kept(
    state: &AppState,
    known: &Known,
    digest: &str,
) -> Result<(Vec<u8>, Option<Signer>), Refusal> {
    let found = state.library.signed(digest).await;
    let (component, signature) = found.map_err(|error| {
        known.refusal(&EngineError::Extension(format!("cannot read the component: {error}")))
    })?;
    let signer = trusted(state, &component, signature.as_deref())?;
    Ok((component, signer))
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
    change(&state, &known, id, how, || Ok(PluginChange::Grant(granted(doc)?))).await
}

pub(super) async fn limit(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<PluginId>,
    Asked(how): Asked<DryRun>,
    Body(doc): Body<LimitsDoc>,
) -> Result<Json<ChangeList>, Refusal> {
    change(&state, &known, id, how, || Ok(PluginChange::Limit(grants::limits(doc)))).await
}

pub(super) async fn disable(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<PluginId>,
    Asked(how): Asked<DryRun>,
    Body(body): Body<Remark>,
) -> Result<Json<ChangeList>, Refusal> {
    let comment = body.comment.unwrap_or_default().trim().to_owned();
    change(&state, &known, id, how, || Ok(PluginChange::Disable { comment })).await
}

pub(super) async fn enable(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<PluginId>,
    Asked(how): Asked<DryRun>,
) -> Result<Json<ChangeList>, Refusal> {
    change(&state, &known, id, how, || Ok(PluginChange::Enable)).await
}

pub(super) async fn roll_back(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<PluginId>,
    Asked(how): Asked<DryRun>,
    Body(body): Body<RollBack>,
) -> Result<Json<ChangeList>, Refusal> {
    known.administrates()?;
    let plugin = known.organization.plugins.get(&id);
    let earlier = plugin.and_then(|plugin| plugin.file_before(body.to.as_deref()));
    // Keys may be trusted no longer since the file was installed. What came with the program is not signed.
    if let Some(file) = earlier.filter(|file| file.origin == Origin::Administrator) {
        kept(&state, &known, &file.digest).await?;
    }
    // The file that was looked at and no other, whatever is installed meanwhile.
    let to = earlier.map(|file| file.digest.clone()).or(body.to);
    change(&state, &known, id, how, || Ok(PluginChange::Back { to })).await
}

async fn change(
    state: &AppState,
    known: &Known,
    plugin: PluginId,
    how: DryRun,
    change: impl FnOnce() -> Result<PluginChange, Refusal>,
) -> Result<Json<ChangeList>, Refusal> {
    known.administrates()?;
    if !known.organization.plugins.contains_key(&plugin) {
        return Err(Refusal::not_found());
    }
    let change = change()?;
    known.changed(state, vec![Change::ChangePlugin { plugin, change }], how.dry_run).await
}

/// The host's grant.
pub(super) fn granted(doc: GrantDoc) -> Result<Grant, Refusal> {
    grants::read(doc).map_err(|bad| Refusal::rejected(&Rejection::invalid(bad.field, bad.why)))
}
