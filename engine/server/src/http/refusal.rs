//! Errors as answers.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use engine_api::{
    catalogue::Names,
    code::ErrorCode,
    problem::{ErrorBody, PROBLEM_JSON},
};
use engine_core::{
    directory::Directory,
    rejection::{Code, Rejection},
    rule::Rule,
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
    pub(super) fn of(error: &EngineError, directory: &Directory, rule: Option<&Rule>) -> Self {
        let names = match rule {
            Some(rule) => Names::of_rule(directory, rule),
            None => Names::of_directory(directory),
        };
        let (code, message) = match error {
            EngineError::Rejected(rejection) => {
                return ErrorBody::rejection(rejection, &names).into();
            }
            EngineError::Store(error) => match store(error) {
                Some(body) => return body.into(),
                None => internal(error),
            },
            EngineError::Contended | EngineError::RightInUse { .. } => {
                (ErrorCode::Unavailable, sentence(error))
            }
            EngineError::Extension(_) => (ErrorCode::PluginInvalid, sentence(error)),
            EngineError::NoSuchOrganization | EngineError::Unauthenticated => {
                return Self::unauthenticated();
            }
            EngineError::EndlessQuestions
            | EngineError::Unreadable { .. }
            | EngineError::Unstorable { .. } => internal(error),
        };
        ErrorBody::new(code, message).into()
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
        let message = "A valid token is needed: send it as `Authorization: Bearer …`.";
        ErrorBody::new(ErrorCode::Unauthenticated, message).into()
    }
}

/// What of the store's errors is the caller's, or passes by itself.
fn store(error: &StoreError) -> Option<ErrorBody> {
    match error {
        StoreError::Busy | StoreError::NoSpace => {
            Some(ErrorBody::new(ErrorCode::Unavailable, sentence(error)))
        }
        StoreError::Stopped(_) => {
            tracing::error!(%error, "the store has stopped");
            Some(ErrorBody::new(ErrorCode::Unavailable, "The engine is stopping."))
        }
        StoreError::TooLarge { .. } => Some(ErrorBody::new(ErrorCode::TooLarge, sentence(error))),
        StoreError::BadCursor(_) => Some(ErrorBody::invalid("cursor", error.to_string())),
        StoreError::Damaged { .. } | StoreError::Repeated => None,
    }
}

/// The log says what happened; the caller is not told how things are inside.
fn internal(error: &dyn std::error::Error) -> (ErrorCode, String) {
    tracing::error!(%error, "a call failed");
    (ErrorCode::Internal, "The engine made a mistake; its log says more.".to_owned())
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
