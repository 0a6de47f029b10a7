//! Calls over HTTP.

use async_trait::async_trait;
use engine_api::endpoint::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use crate::{Call, ClientError, Reply, Transport};

/// An engine behind an address. Never prints the token.
#[derive(Debug)]
pub struct Http {
    url: String,
    client: reqwest::Client,
}

impl Http {
    /// The engine at this address, such as `http://127.0.0.1:7300`.
    ///
    /// # Errors
    /// Where the token has characters that no token has.
    pub fn new(url: &str, token: &str) -> Result<Self, ClientError> {
        let unusable =
            |error: Box<dyn std::error::Error + Send + Sync>| ClientError::Unreachable(error);
        let mut bearer = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|error| unusable(error.into()))?;
        bearer.set_sensitive(true);
        let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer)]);
        let client = reqwest::Client::builder().default_headers(headers).build();
        let client = client.map_err(|error| unusable(error.into()))?;
        Ok(Self { url: url.trim_end_matches('/').to_owned(), client })
    }
}

#[async_trait]
impl Transport for Http {
    async fn send(&self, call: Call) -> Result<Reply, ClientError> {
        let method = match call.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut request = self.client.request(method, format!("{}{}", self.url, call.path));
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        let unreachable = |error: reqwest::Error| ClientError::Unreachable(error.into());
        let mut response = request.body(call.body).send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        let digest = response.headers().get("content-digest");
        let digest = digest.and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len().saturating_add(chunk.len()) > call.longest {
                return Err(ClientError::TooLong { status, longest: call.longest });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, digest, body })
    }
}
