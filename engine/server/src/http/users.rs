//! One user.

use axum::{Json, extract::State};
use engine_api::{
    directory::{Deactivation, Transfer, UserDoc},
    organization::ChangeList,
};
use engine_core::ids::Login;
use engine_runtime::Change;

use super::{
    AppState,
    caller::Known,
    extract::{Asked, Body, DryRun, Id, Named, field},
    refusal::Refusal,
};

pub(super) async fn read(known: Known, Id(login): Id<Login>) -> Result<Json<UserDoc>, Refusal> {
    if known.user()?.login != login {
        known.oversees()?;
    }
    let user = known.organization.organization.directory.by_login(&login);
    let user = user.ok_or_else(Refusal::not_found)?;
    Ok(Json(UserDoc::of(user, &known.plain_names())))
}

pub(super) async fn set(
    State(state): State<AppState>,
    known: Known,
    Named(login): Named<Login>,
    Asked(how): Asked<DryRun>,
    Body(doc): Body<UserDoc>,
) -> Result<Json<ChangeList>, Refusal> {
    if doc.login != login {
        return Err(Refusal::invalid("login", format!("expected `{login}`, as in the path")));
    }
    known.changed(&state, vec![Change::PutUser(doc)], how.dry_run).await
}

pub(super) async fn remove(
    State(state): State<AppState>,
    known: Known,
    Id(login): Id<Login>,
    Asked(how): Asked<DryRun>,
) -> Result<Json<ChangeList>, Refusal> {
    known.administrates()?;
    if known.organization.organization.directory.by_login(&login).is_none() {
        return Err(Refusal::not_found());
    }
    known.changed(&state, vec![Change::RemoveUser(login)], how.dry_run).await
}

pub(super) async fn deactivate(
    State(state): State<AppState>,
    known: Known,
    Id(login): Id<Login>,
    Asked(how): Asked<DryRun>,
    Body(doc): Body<Deactivation>,
) -> Result<Json<ChangeList>, Refusal> {
    known.administrates()?;
    if known.organization.organization.directory.by_login(&login).is_none() {
        return Err(Refusal::not_found());
    }
    let (replace_by, force) = (doc.replace_by, doc.force);
    let change = Change::Deactivate { login, replace_by, force };
    known.changed(&state, vec![change], how.dry_run).await
}

pub(super) async fn transfer(
    State(state): State<AppState>,
    known: Known,
    Asked(how): Asked<DryRun>,
    Body(doc): Body<Transfer>,
) -> Result<Json<ChangeList>, Refusal> {
    let to: Login = field("to", &doc.to)?;
    known.changed(&state, vec![Change::TransferOwnership(to)], how.dry_run).await
}
