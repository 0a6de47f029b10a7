//! Drafts: saved, written anew, submitted, thrown away, made of ended requests (REQ-1, REQ-5).

use axum::{Extension, extract::State, http::HeaderMap, response::Response};
use engine_api::command::{EditRequest, SubmitRequest};
use engine_core::{
    command::Command,
    ids::{RequestId, RuleId},
    rejection::Rejection,
    request::Request,
};

use super::{
    AppState,
    caller::Known,
    decisions::precondition,
    extract::{Body, Id},
    outcome::joined,
    refusal::Refusal,
    requests::{NewId, new_id},
};

pub(super) async fn save(
    State(state): State<AppState>,
    known: Known,
    new: Option<Extension<NewId>>,
    Body(body): Body<SubmitRequest>,
) -> Result<Response, Refusal> {
    let id = new_id(&state, new)?;
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
    stays_under(&draft, &rule).map_err(|rejection| Refusal::rejected(&rejection))?;
    known.command(&state, &id, Command::SaveDraft(Box::new(submit))).await
}

/// A draft is written anew under the rule that it was written under.
pub(crate) fn stays_under(draft: &Request, rule: &RuleId) -> Result<(), Rejection> {
    if *rule == draft.rule {
        return Ok(());
    }
    let message = format!("a draft stays under its rule, `{}`: make another one", draft.rule);
    Err(Rejection::invalid("rule", message))
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
    Body(body): Body<EditRequest>,
) -> Result<Response, Refusal> {
    let command = Command::SubmitDraft(Box::new(body.into_command(precondition(&headers)?)));
    known.command(&state, &id, command).await
}

pub(super) async fn resubmit(
    State(state): State<AppState>,
    known: Known,
    new: Option<Extension<NewId>>,
    Id(of): Id<RequestId>,
) -> Result<Response, Refusal> {
    let id = new_id(&state, new)?;
    let (engine, caller, old) = (state.engine.clone(), known.caller.clone(), of.clone());
    let done = tokio::spawn(async move { engine.resubmit(&caller, &old, id).await });
    match joined(done.await)? {
        Ok(seen) => Ok(known.answer(&seen.request, None)),
        Err(error) => Err(known.refusal_about(&state, &of, &error).await),
    }
}
