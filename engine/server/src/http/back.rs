//! Send back, withdraw, force, hold and release, restart (DEC-3, DEC-5, DEC-6, REQ-7, RUL-2).

use axum::{extract::State, http::HeaderMap, response::Response};
use engine_api::command::{Force, Remark, SendBack, WithComment, Withdraw};
use engine_core::{
    command::{Command, Restart},
    ids::RequestId,
};

use super::{
    AppState,
    caller::Known,
    decisions::{precondition, required},
    extract::{Body, Id},
    refusal::Refusal,
};

pub(super) async fn send_back(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    headers: HeaderMap,
    Body(body): Body<SendBack>,
) -> Result<Response, Refusal> {
    let saw = required(&state, &known, &id, &headers, body.step.is_some()).await?;
    let command = body.into_command(saw.map(Into::into));
    let command = command.map_err(|rejection| Refusal::rejected(&rejection))?;
    known.command(&state, &id, command).await
}

pub(super) async fn withdraw(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    headers: HeaderMap,
    Body(body): Body<Withdraw>,
) -> Result<Response, Refusal> {
    let command = body.into_command(precondition(&headers)?.map(Into::into));
    let command = command.map_err(|rejection| Refusal::rejected(&rejection))?;
    known.command(&state, &id, command).await
}

pub(super) async fn force(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    headers: HeaderMap,
    Body(body): Body<Force>,
) -> Result<Response, Refusal> {
    let seen = precondition(&headers)?.map(Into::into);
    let command = Command::Force { choice: body.decision.into(), comment: body.comment, seen };
    known.command(&state, &id, command).await
}

pub(super) async fn hold(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    headers: HeaderMap,
    Body(body): Body<WithComment>,
) -> Result<Response, Refusal> {
    let seen = precondition(&headers)?.map(Into::into);
    known.command(&state, &id, Command::Hold { comment: body.comment, seen }).await
}

pub(super) async fn restart(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    headers: HeaderMap,
    Body(body): Body<Remark>,
) -> Result<Response, Refusal> {
    let seen = precondition(&headers)?.map(Into::into);
    known.command(&state, &id, Command::Restart(Restart { comment: body.comment, seen })).await
}

pub(super) async fn release(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    headers: HeaderMap,
    Body(body): Body<WithComment>,
) -> Result<Response, Refusal> {
    let seen = precondition(&headers)?.map(Into::into);
    known.command(&state, &id, Command::Release { comment: body.comment, seen }).await
}
