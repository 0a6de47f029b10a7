//! A call before it is HTTP.

use std::fmt;

use async_trait::async_trait;
use engine_api::endpoint::{Endpoint, Method};
use serde::Serialize;

use crate::ClientError;

/// The longest answer that is read where nobody says, in bytes.
const MAX_ANSWER: usize = 64 << 20;

/// How calls reach an engine.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends a call.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`]; an engine that refuses is a [`Reply`].
    async fn send(&self, call: Call) -> Result<Reply, ClientError>;
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The path with its query, encoded.
    pub path: String,
    /// Headers beside the token.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty where there is none.
    pub body: Vec<u8>,
    /// The longest answer that is read, in bytes; a longer one is an error.
    pub longest: usize,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status of HTTP.
    pub status: u16,
    /// The header `Content-Digest`, where there is one.
    pub digest: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Call {
    /// A call of an endpoint; each parameter fills the next pair of braces of its path.
    #[must_use]
    pub fn new(endpoint: Endpoint, parameters: &[&str]) -> Self {
        let description = endpoint.description();
        let mut rest = parameters.iter();
        let part = |part: &str| match part.starts_with('{').then(|| rest.next()).flatten() {
            Some(parameter) => encoded(parameter),
            None => part.to_owned(),
        };
        let path: Vec<String> = description.path.split('/').map(part).collect();
        Self {
            method: description.method,
            path: path.join("/"),
            headers: Vec::new(),
            body: Vec::new(),
            longest: MAX_ANSWER,
        }
    }

    /// Reads an answer of at most so many bytes.
    #[must_use]
    pub fn at_most(self, bytes: usize) -> Self {
        Self { longest: bytes, ..self }
    }

    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.path.push(if self.path.contains('?') { '&' } else { '?' });
        self.path.push_str(&format!("{name}={}", encoded(value)));
        self
    }

    /// Adds a query parameter where there is a value.
    #[must_use]
    pub fn query_if(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sets bytes or a text as the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets a value as the body, in JSON.
    ///
    /// # Errors
    /// Where the value has no form in JSON.
    pub fn json<T: Serialize>(self, value: &T) -> Result<Self, ClientError> {
        let body =
            serde_json::to_vec(value).map_err(|error| ClientError::Unreachable(error.into()))?;
        Ok(self.header("content-type", "application/json").body(body))
    }
}

/// Percent-encoded, but for what is plain everywhere.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_fill_the_path() {
        let call = Call::new(Endpoint::Run, &["r-1", "grant/orders db"]).query("a", "ä&b");
        assert_eq!(
            call.path,
            "/api/v1/requests/r-1/executions/grant%2Forders%20db/run?a=%C3%A4%26b"
        );
        assert_eq!(Call::new(Endpoint::GetMe, &[]).path, "/api/v1/me");
    }
}
