//! Edits, and the review before the route (REQ-3, STP-12, STP-13).

use axum::{extract::State, http::HeaderMap, response::Response};
use engine_api::command::{EditRequest, Remark, ReturnToReview};
use engine_core::{
    command::{Command, Note},
    ids::RequestId,
};

use super::{
    AppState,
    caller::Known,
    decisions::required,
    extract::{Body, Id},
    refusal::Refusal,
};

pub(super) async fn edit(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    headers: HeaderMap,
    Body(body): Body<EditRequest>,
) -> Result<Response, Refusal> {
    let saw = required(&state, &known, &id, &headers, false).await?;
    let command = Command::Edit(Box::new(body.into_command(saw)));
    known.command(&state, &id, command).await
}

pub(super) async fn pass(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    headers: HeaderMap,
    Body(body): Body<Remark>,
) -> Result<Response, Refusal> {
    let seen = required(&state, &known, &id, &headers, false).await?.map(Into::into);
    let note = Note { comment: body.comment, step: None, seen };
    known.command(&state, &id, Command::PassReview(note)).await
}

pub(super) async fn give_back(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    headers: HeaderMap,
    Body(body): Body<ReturnToReview>,
) -> Result<Response, Refusal> {
    let saw = required(&state, &known, &id, &headers, body.step.is_some()).await?;
    let command = body.into_command(saw).map_err(|rejection| Refusal::rejected(&rejection))?;
    known.command(&state, &id, command).await
}
