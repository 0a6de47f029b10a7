//! Who approves: seats by hand, and the right to decide passed on.

use axum::{extract::State, http::HeaderMap, response::Response};
use engine_api::command::{ApproverRequest, Reassign};
use engine_core::{
    command::{Approver, Command},
    ids::RequestId,
};

use super::{
    AppState,
    caller::Known,
    decisions::precondition,
    extract::{Body, Id},
    refusal::Refusal,
};

pub(super) async fn add(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    headers: HeaderMap,
    Body(body): Body<ApproverRequest>,
) -> Result<Response, Refusal> {
    known.command(&state, &id, Command::AddApprover(approver(&headers, body)?)).await
}

pub(super) async fn remove(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    headers: HeaderMap,
    Body(body): Body<ApproverRequest>,
) -> Result<Response, Refusal> {
    known.command(&state, &id, Command::RemoveApprover(approver(&headers, body)?)).await
}

pub(super) async fn reassign(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    headers: HeaderMap,
    Body(body): Body<Reassign>,
) -> Result<Response, Refusal> {
    let seen = precondition(&headers)?.map(Into::into);
    let command = Command::Reassign { to: body.to, comment: body.comment, seen };
    known.command(&state, &id, command).await
}

fn approver(headers: &HeaderMap, body: ApproverRequest) -> Result<Approver, Refusal> {
    let saw = precondition(headers)?;
    body.into_approver(saw).map_err(|rejection| Refusal::rejected(&rejection))
}
