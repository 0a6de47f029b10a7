//! Decide, cancel, reevaluate. What the person saw comes as `If-Match` (DEC-8a).

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::Response,
};
use engine_api::{
    catalogue::SaidByServer,
    command::{Decide, Precondition, WithComment},
};
use engine_core::{command::Command, ids::RequestId};

use super::{
    AppState,
    caller::Known,
    extract::{Body, Id},
    refusal::Refusal,
};

pub(super) async fn decide(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    headers: HeaderMap,
    Body(body): Body<Decide>,
) -> Result<Response, Refusal> {
    let saw = required(&state, &known, &id, &headers, body.step.is_some()).await?;
    let command = body.into_command(saw).map_err(|rejection| Refusal::rejected(&rejection))?;
    known.command(&state, &id, command).await
}

pub(super) async fn cancel(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    headers: HeaderMap,
    Body(body): Body<WithComment>,
) -> Result<Response, Refusal> {
    let seen = precondition(&headers)?.map(Into::into);
    known.command(&state, &id, Command::Cancel { comment: body.comment, seen }).await
}

pub(super) async fn confirm(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    Body(body): Body<WithComment>,
) -> Result<Response, Refusal> {
    known.command(&state, &id, Command::Confirm { comment: body.comment }).await
}

pub(super) async fn reevaluate(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
) -> Result<Response, Refusal> {
    known.command(&state, &id, Command::Reevaluate).await
}

/// What the person saw, without which nothing is decided (DEC-8a). None for `*`, whatever there is now,
/// which is enough of a decision that says which step it is about.
pub(super) async fn required(
    state: &AppState,
    known: &Known,
    id: &RequestId,
    headers: &HeaderMap,
    names_a_step: bool,
) -> Result<Option<Precondition>, Refusal> {
    if names_a_step && headers.get(header::IF_MATCH).is_some_and(|value| value == "*") {
        return Ok(None);
    }
    if let Some(saw) = precondition(headers)? {
        return Ok(Some(saw));
    }
    // What is not visible is not found, with or without an `If-Match` (DEC-9).
    let seen = state.engine.request(&known.caller, id).await;
    seen.map_err(|error| known.refusal(&error))?;
    Err(Refusal::said(SaidByServer::OpenAgain))
}

pub(super) fn precondition(headers: &HeaderMap) -> Result<Option<Precondition>, Refusal> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    text.parse().map(Some).map_err(|why: String| Refusal::invalid("If-Match", why))
}
