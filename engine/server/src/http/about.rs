//! The engine about itself, and who calls.

use axum::{Extension, Json, extract::State, http::header, response::IntoResponse};
use engine_api::{
    catalogue::SaidByServer,
    json_schema::DocumentKind,
    openapi,
    organization::{Health, Me},
};
use std::time::Duration;

use super::{AppState, caller::Known, extract::Named, refusal::Refusal};

/// How long a stopped store is waited for: it says so at once.
const GLANCE: Duration = Duration::from_millis(1);

pub(super) async fn me(known: Known) -> Result<Json<Me>, Refusal> {
    let user = known.user()?;
    let role = serde_json::to_value(user.role).unwrap_or_default();
    Ok(Json(Me {
        organization: known.caller.org.to_string(),
        login: user.login.to_string(),
        role: role.as_str().unwrap_or_default().to_owned(),
    }))
}

/// Put into the extensions of every call of a server that was started with `--test-control`.
#[derive(Clone, Copy, Debug)]
pub(super) struct HasTestControl;

pub(super) async fn openapi(tests: Option<Extension<HasTestControl>>) -> Json<serde_json::Value> {
    let document = match tests {
        Some(_) => openapi::document_with_test_control(),
        None => openapi::document(),
    };
    Json(serde_json::to_value(document).unwrap_or_default())
}

pub(super) async fn schema(Named(kind): Named<DocumentKind>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/schema+json")], kind.schema())
}

pub(super) async fn healthy() -> Json<Health> {
    Json(health())
}

pub(super) async fn ready(State(state): State<AppState>) -> Result<Json<Health>, Refusal> {
    match tokio::time::timeout(GLANCE, state.engine.stopped()).await {
        Ok(_) => Err(Refusal::said(SaidByServer::Stopping)),
        Err(_still_running) => Ok(Json(health())),
    }
}

fn health() -> Health {
    Health { status: "ok".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
}
