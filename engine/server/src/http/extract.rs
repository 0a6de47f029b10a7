//! Bodies, queries and path parameters; every mistake in them is a refusal.

use std::str::FromStr;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{StatusCode, request::Parts},
};
use engine_api::{code::ErrorCode, problem::ErrorBody};
use engine_core::{
    ids::{ExecutionId, RequestId},
    rejection::Rejection,
};
use serde::{Deserialize, de::DeserializeOwned};

use super::refusal::{Refusal, no_such};

/// A body in JSON.
pub(super) struct Body<T>(pub(super) T);

/// A body of any kind, up to the limit of its route.
pub(super) struct Raw(pub(super) Bytes);

/// A body that is text.
pub(super) struct Text(pub(super) String);

/// The query; unknown parameters are refused where `T` does.
pub(super) struct Asked<T>(pub(super) T);

/// The id in the path of what must be there: one that nothing can have is not found.
pub(super) struct Id<T>(pub(super) T);

/// The name in the path of what may be made: one that nothing can have is invalid.
pub(super) struct Named<T>(pub(super) T);

/// An execution in the path: `grant`, `grant/orders-db` or `grant%2Forders-db`.
pub(super) struct ExecutionPath {
    pub(super) request: RequestId,
    pub(super) execution: ExecutionId,
}

/// A file of an execution in the path; the name is any text, and only compared.
pub(super) struct FilePath {
    pub(super) request: RequestId,
    pub(super) execution: ExecutionId,
    pub(super) name: String,
}

/// An attachment in the path.
pub(super) struct AttachmentPath {
    pub(super) request: RequestId,
    pub(super) number: u32,
}

/// Whether a change is only worked out.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DryRun {
    pub(super) dry_run: bool,
}

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        Bytes::from_request(request, state).await.map(Self).map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                let message = "The body is larger than this endpoint takes.";
                ErrorBody::new(ErrorCode::TooLarge, message).into()
            } else {
                Refusal::invalid("body", "cannot be read to its end")
            }
        })
    }
}

impl<S: Send + Sync> FromRequest<S> for Text {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let Raw(bytes) = Raw::from_request(request, state).await?;
        let text = String::from_utf8(bytes.into());
        text.map(Self).map_err(|_| Refusal::invalid("body", "expected text in UTF-8"))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let Raw(bytes) = Raw::from_request(request, state).await?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            let field = if path == "." { "body" } else { path.as_str() };
            Refusal::invalid(field, error.inner().to_string())
        })?;
        match reader.end() {
            Ok(()) => Ok(Self(value)),
            Err(error) => Err(Refusal::invalid("body", error.to_string())),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query
            .map(|Query(query)| Self(query))
            .map_err(|rejection| Refusal::invalid("query", rejection.body_text()))
    }
}

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for Id<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Path(text) = no_such(Path::<String>::from_request_parts(parts, state).await)?;
        no_such(text.parse()).map(Self)
    }
}

impl<S: Send + Sync, T: FromStr<Err: ToString>> FromRequestParts<S> for Named<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Path(text) = no_such(Path::<String>::from_request_parts(parts, state).await)?;
        let id: Result<T, _> = text.parse();
        id.map(Self).map_err(|bad| Refusal::invalid("path", bad.to_string()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ExecutionPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        execution(&parameters(parts, state).await?)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for FilePath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let mut all = parameters(parts, state).await?;
        let name = all.pop().unwrap_or_default();
        let ExecutionPath { request, execution } = execution(&all)?;
        Ok(Self { request, execution, name })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AttachmentPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let all = parameters(parts, state).await?;
        let [request, number] = all.as_slice() else { return Err(Refusal::not_found()) };
        Ok(Self { request: no_such(request.parse())?, number: no_such(number.parse())? })
    }
}

/// The parameters of the path, in order.
async fn parameters<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Vec<String>, Refusal> {
    let all = Path::<Vec<(String, String)>>::from_request_parts(parts, state).await;
    let Path(all) = no_such(all)?;
    Ok(all.into_iter().map(|(_, value)| value).collect())
}

/// A request, then an execution in one part or two.
fn execution(parameters: &[String]) -> Result<ExecutionPath, Refusal> {
    let (request, execution) = parameters.split_first().ok_or_else(Refusal::not_found)?;
    Ok(ExecutionPath {
        request: no_such(request.parse())?,
        execution: no_such(execution.join("/").parse())?,
    })
}

/// An id in a body.
pub(super) fn field<T: FromStr<Err: ToString>>(name: &str, text: &str) -> Result<T, Refusal> {
    let rejection = |bad: T::Err| Refusal::rejected(&Rejection::invalid(name, bad.to_string()));
    text.parse().map_err(rejection)
}
