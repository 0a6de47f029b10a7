//! What administrators look at of urgent requests (URG-5, URG-5a).

use axum::{Json, extract::State};
use engine_api::view::{IncidentList, IncidentView, UnapprovedList, UnapprovedView};

use super::{AppState, caller::Known, extract::Asked, notices::Wanted, refusal::Refusal};

pub(super) async fn incidents(
    State(state): State<AppState>,
    known: Known,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<IncidentList>, Refusal> {
    let page = state.engine.incidents(&known.caller, wanted.cursor.as_deref(), wanted.limit).await;
    let (items, next) = page.map_err(|error| known.refusal(&error))?;
    let names = known.plain_names();
    let items = items.into_iter().map(|(incident, request)| IncidentView {
        id: incident.id,
        at: incident.at,
        request: request.id.to_string(),
        title: request.title.clone(),
        by: names.login(&incident.by),
        text: incident.text,
    });
    Ok(Json(IncidentList { items: items.collect(), next }))
}

pub(super) async fn unapproved(
    State(state): State<AppState>,
    known: Known,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<UnapprovedList>, Refusal> {
    let page = state.engine.unapproved(&known.caller, wanted.cursor.as_deref(), wanted.limit).await;
    let (items, next) = page.map_err(|error| known.refusal(&error))?;
    let (names, now) = (known.plain_names(), state.engine.now());
    let items = items.into_iter().map(|(due, request)| UnapprovedView {
        request: request.id.to_string(),
        title: request.title.clone(),
        requester: names.login(&request.requester),
        released_at: request.submitted_at,
        approval_due: due,
        overdue: due <= now,
    });
    Ok(Json(UnapprovedList { items: items.collect(), next }))
}
