//! Files that people attach to requests, and their way back (REQ-9).

use std::io::ErrorKind;

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, header},
    response::Response,
};
use engine_api::{
    catalogue::SaidByServer, code::ErrorCode, problem::ErrorBody, view::AttachmentList,
};
use engine_connect::WaitingBlob;
use engine_core::{
    command::{Attach, Command},
    decide::attach::MAX_ATTACHMENT,
    ids::{OrgId, RequestId},
};
use engine_host::FileRecord;
use engine_runtime::Engine;
use futures::StreamExt as _;
use serde::Deserialize;

use super::{
    AppState,
    caller::Known,
    extract::{Asked, AttachmentPath, Id},
    files,
    outcome::joined,
    refusal::Refusal,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Called {
    name: String,
}

/// The content is on the disk first, and the request names it then: whatever happens in between, no request
/// names a content that is not there whole, and none stays that no request names.
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
    let (file, size) = take(&state, body, &known.caller.org, &id).await?;
    let attach = Attach { name: called.name, size, sha256: file.sha256().to_owned() };
    let (engine, caller, request) = (state.engine.clone(), known.caller.clone(), id.clone());
    // To its end, whether or not the caller waits for it.
    let done = tokio::spawn(async move {
        let done = engine.command(&caller, &request, Command::Attach(attach)).await;
        settle(&engine, &caller.org, &request, file).await;
        done
    });
    match joined(done.await)? {
        Ok(seen) => Ok(known.answer(&seen.request, None)),
        Err(error) => Err(known.refusal_about(&state, &id, &error).await),
    }
}

/// Decides about contents that an engine before this one did not live to decide about.
pub(crate) async fn settle_all(state: &AppState) {
    let waiting = state.library.host().waiting_files().await;
    for file in waiting.unwrap_or_else(|error| {
        tracing::error!(%error, "contents that wait for their requests cannot be read");
        Vec::new()
    }) {
        let parts = file.wanted_by().split_once('~');
        let wanted = parts.and_then(|(org, request)| {
            Some((OrgId::parse(org).ok()?, RequestId::parse(request).ok()?))
        });
        if let Some((org, request)) = wanted {
            settle(&state.engine, &org, &request, file).await;
        }
    }
}

/// Keeps a content that its request names, and forgets one that it does not. Where nobody can say, it waits
/// for the next start.
async fn settle(engine: &Engine, org: &OrgId, request: &RequestId, file: WaitingBlob) {
    let settled = match engine.has_attached(org, request, file.sha256()).await {
        Ok(true) => file.keep().await,
        Ok(false) => file.forget().await,
        Err(error) => return tracing::error!(%error, "the content of an attachment waits on"),
    };
    if let Err(error) = settled {
        tracing::error!(%error, "the content of an attachment waits on");
    }
}

/// Takes a content as it comes; with its size.
async fn take(
    state: &AppState,
    body: Body,
    org: &OrgId,
    request: &RequestId,
) -> Result<(WaitingBlob, u64), Refusal> {
    let begun = state.library.host().begin_file(MAX_ATTACHMENT).await;
    let mut file = begun.map_err(|error| broken(&error))?;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Refusal::invalid("body", "cannot be read to its end"))?;
        file.write(&chunk).await.map_err(|error| broken(&error))?;
    }
    let waiting = file.wait(&format!("{org}~{request}")).await;
    let (file, blob) = waiting.map_err(|error| broken(&error))?;
    Ok((file, blob.size))
}

fn broken(error: &engine_connect::Error) -> Refusal {
    match error {
        engine_connect::Error::TooManyBytes(_) => too_large(),
        engine_connect::Error::Blob(source) if source.kind() == ErrorKind::StorageFull => {
            tracing::error!(%error, "there is no room for an attachment");
            Refusal::said(SaidByServer::NoRoom)
        }
        _ => {
            tracing::error!(%error, "an attachment cannot be written");
            Refusal::said(SaidByServer::Mistake)
        }
    }
}

fn too_large() -> Refusal {
    let most = MAX_ATTACHMENT >> 20;
    let message = format!("The file is larger than {most} MB, the most that can be attached.");
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
