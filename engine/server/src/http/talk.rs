//! Comments and watchers (REQ-9).

use axum::{Json, extract::State, response::Response};
use engine_api::{
    command::{CommentRequest, WatchRequest},
    view::{CommentList, CommentView, Left},
};
use engine_core::{
    command::Command,
    event::Event,
    ids::{Login, RequestId},
};

use super::{
    AppState,
    caller::Known,
    extract::{Body, Id, field},
    refusal::Refusal,
};

pub(super) async fn comment(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    Body(body): Body<CommentRequest>,
) -> Result<Response, Refusal> {
    known.command(&state, &id, Command::Comment { text: body.text }).await
}

pub(super) async fn comments(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
) -> Result<Json<CommentList>, Refusal> {
    let history = state.engine.history(&known.caller, &id).await;
    let history = history.map_err(|error| known.refusal(&error))?;
    let names = known.plain_names();
    let comment = |recorded: &engine_core::event::Recorded| match &recorded.event {
        Event::CommentAdded { by, text } => {
            Some(CommentView { by: names.login(by), at: recorded.at, text: text.clone() })
        }
        _ => None,
    };
    Ok(Json(CommentList { items: history.iter().filter_map(comment).collect() }))
}

pub(super) async fn watch(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    Body(body): Body<WatchRequest>,
) -> Result<Response, Refusal> {
    // What is not visible is not found, whatever is asked of it (DEC-9).
    let seen = state.engine.request(&known.caller, &id).await;
    seen.map_err(|error| known.refusal(&error))?;
    let login: Login = field("user", &body.user)?;
    let directory = &known.organization.organization.directory;
    let Some(user) = directory.by_login(&login) else {
        return Err(Refusal::invalid("user", format!("`{login}` is nobody's login")));
    };
    known.command(&state, &id, Command::Watch(user.id.clone())).await
}

/// Whoever has left may not see the request any more, so that it is not the answer.
pub(super) async fn leave(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
) -> Result<Json<Left>, Refusal> {
    known.command(&state, &id, Command::Leave).await?;
    Ok(Json(Left { request: id.to_string() }))
}
