//! Files that people attach to requests, and their way back (REQ-9).

use axum::{body::Body, extract::State, response::Response};
use engine_api::{code::ErrorCode, problem::ErrorBody};
use engine_core::{
    command::{Attach, Command},
    decide::attach::{MAX_ATTACHMENT, attach_problems},
    ids::RequestId,
    rejection::Rejection,
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
pub(super) struct Named {
    name: String,
}

/// The content is kept first and named by the request then: one that is refused is never named.
pub(super) async fn attach(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    Asked(named): Asked<Named>,
    body: Body,
) -> Result<Response, Refusal> {
    let seen = state.engine.request(&known.caller, &id).await;
    seen.map_err(|error| known.refusal(&error))?;
    // Before anything is read of what would be refused.
    let refused = &known.organization.organization.settings.attachments.refused;
    let first = Attach { name: named.name.clone(), size: 1, sha256: "0".repeat(64) };
    let problems = attach_problems(&first, refused);
    if !problems.is_empty() {
        return Err(Refusal::rejected(&Rejection::Invalid(problems)));
    }
    let (sha256, size) = keep(&state, body).await?;
    let attach = Attach { name: named.name, size, sha256 };
    known.command(&state, &id, Command::Attach(attach)).await
}

/// Keeps a content as it comes; says its hash and size.
async fn keep(state: &AppState, body: Body) -> Result<(String, u64), Refusal> {
    let begun = state.library.host().begin_file(MAX_ATTACHMENT).await;
    let mut file = begun.map_err(|error| broken(&error))?;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Refusal::invalid("body", "cannot be read to its end"))?;
        file.write(&chunk).await.map_err(|error| broken(&error))?;
    }
    let kept = file.finish().await.map_err(|error| broken(&error))?;
    Ok((kept.sha256, kept.size))
}

fn broken(error: &engine_connect::Error) -> Refusal {
    if let engine_connect::Error::TooManyBytes(_) = error {
        let message = "The file is larger than 25 MiB, which is the most.";
        return ErrorBody::new(ErrorCode::TooLarge, message).into();
    }
    tracing::error!(%error, "a file cannot be written");
    ErrorBody::new(ErrorCode::Internal, "The engine made a mistake; its log says more.").into()
}

/// Whoever sees the request may have its files.
pub(super) async fn download(
    State(state): State<AppState>,
    known: Known,
    path: AttachmentPath,
) -> Result<Response, Refusal> {
    let seen = state.engine.request(&known.caller, &path.request).await;
    let request = seen.map_err(|error| known.refusal(&error))?.request;
    let found = request.attachments.iter().find(|file| file.number == path.number);
    let file = found.ok_or_else(Refusal::not_found)?;
    let record = FileRecord {
        id: file.sha256.clone(),
        name: file.name.clone(),
        media_type: "application/octet-stream".to_owned(),
        size: file.size,
        sha256: file.sha256.clone(),
        rows: None,
    };
    files::answer(state.library.host(), &record).await
}
