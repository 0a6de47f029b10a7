//! Errors as answers.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use engine_api::{
    catalogue::{Names, SaidByServer},
    code::ErrorCode,
    problem::{ErrorBody, PROBLEM_JSON},
};
use engine_core::{
    directory::Directory,
    rejection::{Code, Rejection},
};
use engine_runtime::EngineError;
use engine_store::StoreError;

/// How long a client should wait before it tries again, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// What a handler answers instead of what was asked for.
#[derive(Debug)]
pub(super) struct Refusal(Box<ErrorBody>);

impl Refusal {
    /// An error of the engine, told with these names.
    pub(super) fn of(error: &EngineError, names: &Names<'_>) -> Self {
        match error {
            EngineError::Rejected(rejection) => ErrorBody::rejection(rejection, names).into(),
            EngineError::Store(error) => store(error).map_or_else(|| internal(error), Self::from),
            EngineError::Contended => Self::said(SaidByServer::Busy),
            EngineError::Extension(_) => {
                ErrorBody::new(ErrorCode::PluginInvalid, sentence(error)).into()
            }
            EngineError::RightInUse { .. } => {
                ErrorBody::new(ErrorCode::Unavailable, sentence(error)).into()
            }
            EngineError::NoSuchOrganization | EngineError::Unauthenticated => {
                Self::unauthenticated()
            }
            EngineError::EndlessQuestions
            | EngineError::Unreadable { .. }
            | EngineError::Unstorable { .. } => internal(error),
        }
    }

    /// What is no fault of what was asked for.
    pub(super) fn said(said: SaidByServer) -> Self {
        ErrorBody::of_server(said).into()
    }

    pub(super) fn rejected(rejection: &Rejection) -> Self {
        ErrorBody::rejection(rejection, &Names::of_directory(&Directory::default())).into()
    }

    pub(super) fn not_found() -> Self {
        Self::rejected(&Rejection::NotFound)
    }

    pub(super) fn invalid(field: &str, message: impl Into<String>) -> Self {
        ErrorBody::invalid(field, message).into()
    }

    pub(super) fn unauthenticated() -> Self {
        Self::said(SaidByServer::NotSignedIn)
    }
}

/// What of the store's errors is the caller's, or passes by itself.
fn store(error: &StoreError) -> Option<ErrorBody> {
    match error {
        StoreError::Busy => Some(ErrorBody::of_server(SaidByServer::Busy)),
        StoreError::NoSpace => Some(ErrorBody::of_server(SaidByServer::NoRoom)),
        StoreError::Stopped(_) => {
            tracing::error!(%error, "the store has stopped");
            Some(ErrorBody::of_server(SaidByServer::Stopping))
        }
        StoreError::TooLarge { .. } => Some(ErrorBody::new(ErrorCode::TooLarge, sentence(error))),
        StoreError::BadCursor(_) => Some(ErrorBody::invalid("cursor", error.to_string())),
        StoreError::Damaged { .. } | StoreError::Repeated => None,
    }
}

/// The log says what happened; the caller is not told how things are inside.
fn internal(error: &dyn std::error::Error) -> Refusal {
    tracing::error!(%error, "a call failed");
    Refusal::said(SaidByServer::Mistake)
}

fn sentence(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).chain(['.']).collect()
}

impl From<ErrorBody> for Refusal {
    fn from(body: ErrorBody) -> Self {
        Self(Box::new(body))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let problem = HeaderValue::from_static(PROBLEM_JSON);
        let mut response = (status, [(header::CONTENT_TYPE, problem)], body).into_response();
        let headers = response.headers_mut();
        if self.0.code == ErrorCode::Unauthenticated.as_str() {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.0.retryable {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}

/// `not_found` for an id that nothing can have.
pub(super) fn no_such<T, E>(parsed: Result<T, E>) -> Result<T, Refusal> {
    parsed.map_err(|_| Refusal::not_found())
}

/// A code of the core as a rejection of the wire.
pub(super) fn forbidden(message: &str) -> Refusal {
    ErrorBody::new(Code::Forbidden.into(), message).into()
}
