//! What plugins and scripts were asked, and the components that answered.

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use engine_api::organization::{CapsuleList, CapsuleView};
use engine_core::ids::{PluginId, RequestId};
use engine_runtime::{CapsulePlace, CapsuleQuery, EngineError, RecordedCapsule};
use serde::Deserialize;

use super::{
    AppState,
    caller::Known,
    extract::{Asked, Id, field},
    refusal::Refusal,
};

/// How many where nobody says, and at most.
const USUAL: usize = 50;
const MOST: usize = 200;

/// Which are wanted.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    id: Option<String>,
    plugin: Option<String>,
    request: Option<String>,
    since: Option<DateTime<Utc>>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// They hold what requests say, and what databases answered: for those who see all of it.
pub(super) async fn list(
    State(state): State<AppState>,
    known: Known,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<CapsuleList>, Refusal> {
    known.administrates()?;
    let plugin = wanted.plugin.map(|id| field::<PluginId>("plugin", &id)).transpose()?;
    let request = wanted.request.map(|id| field::<RequestId>("request", &id)).transpose()?;
    let query = CapsuleQuery {
        org: known.caller.org.clone(),
        id: wanted.id,
        plugin,
        request,
        since: wanted.since,
        after: wanted.cursor.as_deref().map(place).transpose()?,
        limit: wanted.limit.unwrap_or(USUAL).clamp(1, MOST),
    };
    let page = state.library.capsules(query).await.map_err(|error| unreadable(&known, &error))?;
    let items = page.items.into_iter().map(view).collect::<Result<_, _>>();
    let items = items.map_err(|error| unreadable(&known, &error))?;
    let next = page.next.map(|place| format!("{}.{}", place.day, place.offset));
    Ok(Json(CapsuleList { items, next }))
}

fn view(found: RecordedCapsule) -> Result<CapsuleView, serde_json::Error> {
    let RecordedCapsule { id, at, capsule } = found;
    Ok(CapsuleView { id, at, capsule: serde_json::to_value(capsule)? })
}

/// `2026-03-02.1200`.
fn place(text: &str) -> Result<CapsulePlace, Refusal> {
    let read = || {
        let (day, offset) = text.split_once('.')?;
        Some(CapsulePlace { day: day.parse().ok()?, offset: offset.parse().ok()? })
    };
    read().ok_or_else(|| Refusal::invalid("cursor", "is not the `next` of a page of capsules"))
}

fn unreadable(known: &Known, error: &dyn std::error::Error) -> Refusal {
    known.refusal(&EngineError::Extension(format!("the capsules cannot be read: {error}")))
}

/// Of the organization's own plugins alone.
pub(super) async fn component(
    State(state): State<AppState>,
    known: Known,
    Id(digest): Id<String>,
) -> Result<Response, Refusal> {
    known.administrates()?;
    if !known.organization.plugins.values().any(|plugin| plugin.has(&digest)) {
        return Err(Refusal::not_found());
    }
    let (bytes, _) = state.library.signed(&digest).await.map_err(|error| {
        known.refusal(&EngineError::Extension(format!("cannot read the component: {error}")))
    })?;
    let sha256 = hex::decode(&digest).map_err(|_| Refusal::not_found())?;
    let checked = format!("sha-256=:{}:", BASE64_STANDARD.encode(sha256));
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(value) = HeaderValue::try_from(checked) {
        headers.insert("content-digest", value);
    }
    Ok(response)
}
