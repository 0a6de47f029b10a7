//! Drafts: saved, written anew, submitted, thrown away, made of ended requests (REQ-1, REQ-5).

use axum::{extract::State, http::HeaderMap, response::Response};
use engine_api::command::SubmitRequest;
use engine_core::{
    command::{Command, Edit},
    ids::RequestId,
    rejection::Rejection,
};

use super::{
    AppState,
    caller::Known,
    decisions::precondition,
    extract::{Body, Id, field},
    outcome::joined,
    refusal::Refusal,
};

pub(super) async fn save(
    State(state): State<AppState>,
    known: Known,
    Body(body): Body<SubmitRequest>,
) -> Result<Response, Refusal> {
    let id: RequestId = field("id", &state.engine.next_id("r"))?;
    let (rule, submit) =
        body.into_command(id).map_err(|rejection| Refusal::rejected(&rejection))?;
    let (engine, caller) = (state.engine.clone(), known.caller.clone());
    let done = tokio::spawn(async move { engine.save_draft(&caller, &rule, submit).await });
    let seen = joined(done.await)?.map_err(|error| known.refusal(&error))?;
    Ok(known.answer(&seen.request, None))
}

pub(super) async fn replace(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    Body(body): Body<SubmitRequest>,
) -> Result<Response, Refusal> {
    let draft = state.engine.request(&known.caller, &id).await;
    let draft = draft.map_err(|error| known.refusal(&error))?.request;
    let (rule, submit) =
        body.into_command(id.clone()).map_err(|rejection| Refusal::rejected(&rejection))?;
    if rule != draft.rule {
        let message = format!("a draft stays under its rule, `{}`: make another one", draft.rule);
        return Err(Refusal::rejected(&Rejection::invalid("rule", message)));
    }
    known.command(&state, &id, Command::SaveDraft(Box::new(submit))).await
}

pub(super) async fn delete(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
) -> Result<Response, Refusal> {
    known.command(&state, &id, Command::DeleteDraft).await
}

pub(super) async fn submit(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let seen = precondition(&headers)?.map(Into::into);
    let command = Command::SubmitDraft(Box::new(Edit { seen, ..Edit::default() }));
    known.command(&state, &id, command).await
}

pub(super) async fn resubmit(
    State(state): State<AppState>,
    known: Known,
    Id(of): Id<RequestId>,
) -> Result<Response, Refusal> {
    let id: RequestId = field("id", &state.engine.next_id("r"))?;
    let (engine, caller, old) = (state.engine.clone(), known.caller.clone(), of.clone());
    let done = tokio::spawn(async move { engine.resubmit(&caller, &old, id).await });
    match joined(done.await)? {
        Ok(seen) => Ok(known.answer(&seen.request, None)),
        Err(error) => Err(known.refusal_about(&state, &of, &error).await),
    }
}
