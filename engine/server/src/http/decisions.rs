//! Decide, cancel, reevaluate. What the person saw comes as `If-Match` (DEC-8a).

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::Response,
};
use engine_api::{
    code::ErrorCode,
    command::{Decide, Precondition, WithComment},
    problem::ErrorBody,
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
    // What is not visible is not found, with or without an `If-Match` (DEC-9).
    let saw = match precondition(&headers)? {
        Some(saw) => Some(saw),
        // Whatever there is now, as long as the decision says which step it is about.
        None if is_any(&headers) && body.step.is_some() => None,
        None => return Err(unsaid(&state, &known, &id).await),
    };
    let command = body.into_command(saw).map_err(|rejection| Refusal::rejected(&rejection))?;
    known.command(&state, &id, command).await
}

async fn unsaid(state: &AppState, known: &Known, id: &RequestId) -> Refusal {
    if let Err(error) = state.engine.request(&known.caller, id).await {
        return known.refusal(&error);
    }
    let message = "Say what you saw: send the `ETag` of the request as `If-Match`.";
    ErrorBody::new(ErrorCode::PreconditionRequired, message).into()
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

pub(super) async fn reevaluate(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
) -> Result<Response, Refusal> {
    known.command(&state, &id, Command::Reevaluate).await
}

fn precondition(headers: &HeaderMap) -> Result<Option<Precondition>, Refusal> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    if is_any(headers) {
        return Ok(None);
    }
    let text = value.to_str().unwrap_or_default();
    text.parse().map(Some).map_err(|why: String| Refusal::invalid("If-Match", why))
}

/// `*`: whatever there is now.
fn is_any(headers: &HeaderMap) -> bool {
    headers.get(header::IF_MATCH).is_some_and(|value| value == "*")
}
