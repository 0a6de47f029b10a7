//! Settings and the rate table.

use axum::{Json, extract::State};
use engine_api::{directory::RatesDoc, organization::ChangeList};
use engine_core::organization::Settings;
use engine_runtime::Change;

use super::{
    AppState,
    caller::Known,
    extract::{Asked, Body, DryRun},
    refusal::Refusal,
};

pub(super) async fn read(known: Known) -> Result<Json<Settings>, Refusal> {
    known.user()?;
    Ok(Json(known.organization.organization.settings.clone()))
}

pub(super) async fn set(
    State(state): State<AppState>,
    known: Known,
    Asked(how): Asked<DryRun>,
    Body(settings): Body<Settings>,
) -> Result<Json<ChangeList>, Refusal> {
    known.changed(&state, vec![Change::SetSettings(settings)], how.dry_run).await
}

pub(super) async fn read_rates(known: Known) -> Result<Json<RatesDoc>, Refusal> {
    known.user()?;
    let rates = known.organization.organization.rates.clone();
    Ok(Json(RatesDoc(rates.ok_or_else(Refusal::not_found)?)))
}

pub(super) async fn set_rates(
    State(state): State<AppState>,
    known: Known,
    Asked(how): Asked<DryRun>,
    Body(rates): Body<RatesDoc>,
) -> Result<Json<ChangeList>, Refusal> {
    known.changed(&state, vec![Change::SetRates(rates.0)], how.dry_run).await
}
