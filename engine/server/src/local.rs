//! The API without a socket: calls of the client go straight into the router.

use std::fmt;

use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use engine_api::endpoint::Method;
use engine_runtime::Caller;
use sdk_client::{Call, ClientError, Reply, Transport};
use tower::ServiceExt as _;

use crate::http::{AppState, Trusted, router};

/// An engine of this process, called as somebody in particular.
pub struct Local {
    router: Router,
    caller: Caller,
}

impl Local {
    /// Calls of this person.
    #[must_use]
    pub fn new(state: AppState, caller: Caller) -> Self {
        Self { router: router(state), caller }
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").field("caller", &self.caller).finish_non_exhaustive()
    }
}

#[async_trait]
impl Transport for Local {
    async fn send(&self, call: Call) -> Result<Reply, ClientError> {
        let method = match call.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        };
        let mut request = Request::builder().method(method).uri(&call.path);
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        let request = request.extension(Trusted(self.caller.clone())).body(Body::from(call.body));
        let request = request.map_err(|error| ClientError::Unreachable(error.into()))?;
        let Ok(response) = self.router.clone().oneshot(request).await;
        let status = response.status().as_u16();
        let digest = response.headers().get("content-digest");
        let digest = digest.and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
        let body = to_bytes(response.into_body(), call.longest).await;
        let body = body.map_err(|_| ClientError::TooLong { status, longest: call.longest })?;
        Ok(Reply { status, digest, body: body.into() })
    }
}
