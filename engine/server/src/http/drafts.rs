//! Drafts: saved, written anew, submitted, thrown away, made of ended requests (REQ-1, REQ-5).

use axum::{Extension, extract::State, http::HeaderMap, response::Response};
use engine_api::command::{EditRequest, SubmitRequest};
use engine_core::{
    command::Command, ids::RequestId, rejection::Rejection, request::Request, rule::Target,
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
    let (target, submit) =
        body.into_command(id).map_err(|rejection| Refusal::rejected(&rejection))?;
    let (engine, caller) = (state.engine.clone(), known.caller.clone());
    let done = tokio::spawn(async move { engine.save_draft(&caller, &target, submit).await });
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
    let (target, submit) =
        body.into_command(id.clone()).map_err(|rejection| Refusal::rejected(&rejection))?;
    stays_under(&draft, &target).map_err(|rejection| Refusal::rejected(&rejection))?;
    known.command(&state, &id, Command::SaveDraft(Box::new(submit))).await
}

/// A draft is written anew under the rule or the rule group that it was written under.
pub(crate) fn stays_under(draft: &Request, target: &Target) -> Result<(), Rejection> {
    let (stays, what, its) = match (target, &draft.group) {
        (Target::Rule(rule), None) => (*rule == draft.rule, "rule", draft.rule.as_str()),
        (Target::Group(group), Some(its)) => (group == its, "rule_group", its.as_str()),
        (Target::Group(_), None) => (false, "rule_group", draft.rule.as_str()),
        (Target::Rule(_), Some(its)) => (false, "rule", its.as_str()),
    };
    if stays {
        return Ok(());
    }
    Err(Rejection::invalid(what, format!("a draft stays under `{its}`: make another one")))
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
