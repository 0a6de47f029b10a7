//! One line of the log for every call: never a token, a body or a query.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::Instrument as _;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static CALLS: AtomicU64 = AtomicU64::new(1);

/// The most characters of an id that a caller gives.
const MAX_ID: usize = 64;

pub(super) async fn log(request: Request, next: Next) -> Response {
    let id = given(&request).unwrap_or_else(|| {
        format!("{:x}-{}", std::process::id(), CALLS.fetch_add(1, Ordering::Relaxed))
    });
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>();
    let path = matched.map_or("unknown", MatchedPath::as_str).to_owned();
    let began = Instant::now();
    let span = tracing::info_span!("call", id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let millis = began.elapsed().as_millis();
    span.in_scope(|| tracing::info!(%method, path, status, millis, "answered"));
    if let Ok(value) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The id that the caller, or a proxy, gave the call: one that could make a line of the log look like
/// another is not taken.
fn given(request: &Request) -> Option<String> {
    let id = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    ((1..=MAX_ID).contains(&id.len()) && id.bytes().all(fits)).then(|| id.to_owned())
}
