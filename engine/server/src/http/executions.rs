//! Run, retry, use, revoke.

use axum::{extract::State, response::Response};
use engine_api::command::WithComment;
use engine_core::command::Command;

use super::{
    AppState,
    caller::Known,
    extract::{Body, ExecutionPath},
    refusal::Refusal,
};

pub(super) async fn run(
    State(state): State<AppState>,
    known: Known,
    path: ExecutionPath,
) -> Result<Response, Refusal> {
    known.command(&state, &path.request, Command::Run(path.execution)).await
}

pub(super) async fn retry(
    State(state): State<AppState>,
    known: Known,
    path: ExecutionPath,
) -> Result<Response, Refusal> {
    known.command(&state, &path.request, Command::Retry(path.execution)).await
}

pub(super) async fn report_use(
    State(state): State<AppState>,
    known: Known,
    path: ExecutionPath,
) -> Result<Response, Refusal> {
    known.command(&state, &path.request, Command::Use(path.execution)).await
}

pub(super) async fn revoke(
    State(state): State<AppState>,
    known: Known,
    path: ExecutionPath,
    Body(body): Body<WithComment>,
) -> Result<Response, Refusal> {
    let command = Command::Revoke { execution: path.execution, comment: body.comment };
    known.command(&state, &path.request, command).await
}
