//! Who stands in for a user (DEC-8).

use axum::{Json, extract::State};
use engine_api::organization::{ChangeList, DelegationDoc};
use engine_core::ids::Login;
use engine_runtime::Change;

use super::{
    AppState,
    caller::Known,
    extract::{Asked, Body, DryRun, Id, Named},
    refusal::Refusal,
};

pub(super) async fn read(
    known: Known,
    Id(login): Id<Login>,
) -> Result<Json<DelegationDoc>, Refusal> {
    if known.user()?.login != login {
        known.oversees()?;
    }
    let user = known.organization.organization.directory.by_login(&login);
    let user = user.ok_or_else(Refusal::not_found)?;
    let record = known.organization.delegations.get(&user.id).ok_or_else(Refusal::not_found)?;
    Ok(Json(DelegationDoc {
        to: known.plain_names().login(&record.to),
        from: Some(record.from.to_string()),
        until: Some(record.until.to_string()),
        reason: Some(record.reason.clone()).filter(|reason| !reason.is_empty()),
    }))
}

pub(super) async fn set(
    State(state): State<AppState>,
    known: Known,
    Named(login): Named<Login>,
    Asked(how): Asked<DryRun>,
    Body(doc): Body<DelegationDoc>,
) -> Result<Json<ChangeList>, Refusal> {
    known.changed(&state, vec![Change::Delegate { of: login, doc }], how.dry_run).await
}

pub(super) async fn end(
    State(state): State<AppState>,
    known: Known,
    Id(login): Id<Login>,
    Asked(how): Asked<DryRun>,
) -> Result<Json<ChangeList>, Refusal> {
    known.changed(&state, vec![Change::Undelegate { of: login }], how.dry_run).await
}
