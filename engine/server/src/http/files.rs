//! Files as answers; those that executions made, by links (EXE-7).

use std::io;

use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use engine_api::{catalogue::SaidByServer, view::FileLinkView};
use engine_host::{FileRecord, Host};
use engine_runtime::NewLink;
use futures::{StreamExt as _, stream};
use serde::Deserialize;

use super::{
    AppState,
    caller::Known,
    extract::{Asked, FilePath},
    refusal::Refusal,
};

/// What a download names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Linked {
    link: Option<String>,
}

pub(super) async fn link(
    State(state): State<AppState>,
    known: Known,
    path: FilePath,
) -> Result<Json<FileLinkView>, Refusal> {
    let FilePath { request, execution, name } = &path;
    let made = state.engine.link_file(&known.caller, request, execution, name).await;
    let NewLink { secret, link } = made.map_err(|error| known.refusal(&error))?;
    let execution: Vec<String> = execution.to_string().split('/').map(encoded).collect();
    let (execution, name) = (execution.join("/"), encoded(name));
    let place = format!("/api/v1/requests/{request}/executions/{execution}/files/{name}");
    let path = format!("{place}?link={secret}");
    let (expires, downloads) = (link.expires, link.downloads);
    Ok(Json(FileLinkView { path, link: secret, expires, downloads }))
}

pub(super) async fn download(
    State(state): State<AppState>,
    known: Known,
    path: FilePath,
    Asked(linked): Asked<Linked>,
) -> Result<Response, Refusal> {
    let FilePath { request, execution, name } = path;
    let Some(link) = linked.link else {
        let seen = state.engine.request(&known.caller, &request).await;
        seen.map_err(|error| known.refusal(&error))?;
        let message = "expected a link: make one by `POST` to `links` below this path";
        return Err(Refusal::invalid("link", message));
    };
    let found = state.engine.download(&known.caller, &request, &execution, &name, &link).await;
    let file = found.map_err(|error| known.refusal(&error))?;
    let record = FileRecord {
        id: file.sha256.clone(),
        name: file.name,
        media_type: file.media_type,
        size: file.size,
        sha256: file.sha256,
        rows: file.rows,
    };
    answer(state.library.host(), &record).await
}

/// A file as the answer.
pub(super) async fn answer(host: &Host, file: &FileRecord) -> Result<Response, Refusal> {
    // Before the answer begins, so that a content that is gone is not an answer cut short.
    let first = host.read_file(file, 0).await;
    let first = first.map_err(|error| away(&error))?;
    let mut response = Response::new(content(host.clone(), file.clone(), first));
    let headers = response.headers_mut();
    let kind = if file.media_type == "text/csv" {
        "text/csv; charset=utf-8"
    } else {
        // A type that a plugin or a person chose is shown by no browser.
        "application/octet-stream"
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(file.size));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in
        [("content-disposition", Some(disposition(&file.name))), ("content-digest", digest(file))]
    {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}

/// The content, read as fast as it is taken.
fn content(host: Host, file: FileRecord, first: Vec<u8>) -> Body {
    let read_so_far = first.len() as u64;
    let rest = stream::try_unfold((host, file, read_so_far), |(host, file, offset)| async move {
        let bytes = host.read_file(&file, offset).await?;
        let next = offset + bytes.len() as u64;
        Ok::<_, io::Error>((!bytes.is_empty()).then(|| (Bytes::from(bytes), (host, file, next))))
    });
    Body::from_stream(stream::iter([Ok(Bytes::from(first))]).chain(rest))
}

fn away(error: &io::Error) -> Refusal {
    if error.kind() == io::ErrorKind::NotFound {
        return Refusal::not_found();
    }
    tracing::error!(%error, "a file cannot be read");
    Refusal::said(SaidByServer::Mistake)
}

/// To be saved under its name: in plain letters for every client, and as it is for most (RFC 6266).
fn disposition(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ');
    let plain: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", encoded(name))
}

/// With every byte that is not a plain letter or digit as `%` and two digits.
fn encoded(text: impl AsRef<str>) -> String {
    let mut encoded = String::new();
    for byte in text.as_ref().bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// RFC 9530.
fn digest(file: &FileRecord) -> Option<String> {
    let digest = hex::decode(&file.sha256).ok()?;
    Some(format!("sha-256=:{}:", BASE64_STANDARD.encode(digest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(
            disposition("export.csv"),
            "attachment; filename=\"export.csv\"; filename*=UTF-8''export.csv"
        );
        assert_eq!(
            disposition("a\"; x=\r\nSet-Cookie: ä.csv"),
            "attachment; filename=\"a__ x___Set-Cookie_ _.csv\"; \
             filename*=UTF-8''a%22%3B%20x%3D%0D%0ASet-Cookie%3A%20%C3%A4.csv"
        );
    }
}
