//! Files that people attach to requests, and their way back (REQ-9).

use std::io::ErrorKind;

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, header},
    response::Response,
};
use engine_api::{code::ErrorCode, problem::ErrorBody, view::AttachmentList};
use engine_connect::Pin;
use engine_core::{
    command::{Attach, Command},
    decide::attach::MAX_ATTACHMENT,
    ids::RequestId,
};
use engine_host::FileRecord;
use futures::StreamExt as _;
use serde::Deserialize;

use super::{
    AppState,
    caller::Known,
    extract::{Asked, AttachmentPath, Id},
    files,
    refusal::Refusal,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Called {
    name: String,
}

/// The content is kept first, and the request names it then: whatever happens in between, no request names
/// a content that is not there whole.
pub(super) async fn attach(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    Asked(called): Asked<Called>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    // Nothing is read of what would be refused. With a key it may be a repeat, which is answered as the
    // first time, whatever has changed since (REQ-11).
    let may = match known.caller.key {
        Some(_) => state.engine.request(&known.caller, &id).await.map(|_| ()),
        None => state.engine.may_attach(&known.caller, &id, &called.name).await,
    };
    if let Err(error) = may {
        return Err(known.refusal_about(&state, &id, &error).await);
    }
    let said = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if said.and_then(|text| text.parse().ok()).is_some_and(|size: u64| size > MAX_ATTACHMENT) {
        return Err(too_large());
    }
    // The content stays at least until the request names it.
    let (sha256, size, _pin) = keep(&state, body).await?;
    let attach = Attach { name: called.name, size, sha256 };
    known.command(&state, &id, Command::Attach(attach)).await
}

/// Keeps a content as it comes; its hash and size.
async fn keep(state: &AppState, body: Body) -> Result<(String, u64, Pin), Refusal> {
    let begun = state.library.host().begin_file(MAX_ATTACHMENT).await;
    let mut file = begun.map_err(|error| broken(&error))?;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Refusal::invalid("body", "cannot be read to its end"))?;
        file.write(&chunk).await.map_err(|error| broken(&error))?;
    }
    let (kept, pin) = file.finish().await.map_err(|error| broken(&error))?;
    Ok((kept.sha256, kept.size, pin))
}

fn broken(error: &engine_connect::Error) -> Refusal {
    match error {
        engine_connect::Error::TooManyBytes(_) => too_large(),
        engine_connect::Error::Blob(source) if source.kind() == ErrorKind::StorageFull => {
            tracing::error!(%error, "there is no room for an attachment");
            let message = "There is no room for the file. Nothing was done; try again later.";
            ErrorBody::new(ErrorCode::Unavailable, message).into()
        }
        _ => {
            tracing::error!(%error, "an attachment cannot be written");
            let message = "The engine made a mistake; its log says more.";
            ErrorBody::new(ErrorCode::Internal, message).into()
        }
    }
}

fn too_large() -> Refusal {
    let most = MAX_ATTACHMENT >> 20;
    let message = format!("The file is larger than {most} MiB, the most that can be attached.");
    ErrorBody::new(ErrorCode::TooLarge, message).into()
}

pub(super) async fn list(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
) -> Result<Json<AttachmentList>, Refusal> {
    let seen = state.engine.request(&known.caller, &id).await;
    let request = seen.map_err(|error| known.refusal(&error))?.request;
    Ok(Json(AttachmentList::of(&request, &known.plain_names())))
}

/// Whoever sees the request may have its files.
pub(super) async fn download(
    State(state): State<AppState>,
    known: Known,
    path: AttachmentPath,
) -> Result<Response, Refusal> {
    let found = state.engine.attachment(&known.caller, &path.request, path.number).await;
    let file = found.map_err(|error| known.refusal(&error))?;
    let record = FileRecord {
        id: file.sha256.clone(),
        name: file.name,
        media_type: "application/octet-stream".to_owned(),
        size: file.size,
        sha256: file.sha256,
        rows: None,
    };
    files::answer(state.library.host(), &record).await
}

pub(super) async fn remove(
    State(state): State<AppState>,
    known: Known,
    path: AttachmentPath,
) -> Result<Response, Refusal> {
    let command = Command::RemoveAttachment { number: path.number };
    known.command(&state, &path.request, command).await
}
