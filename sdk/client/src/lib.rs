//! Typed HTTP client of the Countersign API.
//!
//! One method for each thing one can ask; what the engine refuses is [`ClientError::Refused`] with
//! the engine's own sentences. Calls go over a [`Transport`]: HTTP, or an engine in this process.
//!
//! ```no_run
//! # async fn example() -> Result<(), sdk_client::ClientError> {
//! use engine_api::command::{DecisionWord, SubmitRequest};
//! use sdk_client::Client;
//!
//! let client = Client::http("http://127.0.0.1:7300", "csn_…")?;
//! let request = client.submit(&SubmitRequest { rule: Some("capex".into()), ..Default::default() }).await?;
//! client.decide(&request, DecisionWord::Approve, "fine").await?;
//! # Ok(())
//! # }
//! ```

mod attachments;
mod call;
mod executions;
mod file;
mod http;
mod notices;
mod organization;
mod requests;

use std::sync::Arc;

use engine_api::problem::ErrorBody;
use serde::de::DeserializeOwned;

pub use call::{Call, Reply, Transport};
pub use http::Http;
pub use organization::{CapsulesWanted, Deed};
pub use requests::ListWord;

/// A client. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    transport: Arc<dyn Transport>,
}

/// Why a call did not give what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The engine refused or failed, and says why.
    #[error("{}", .0.message)]
    Refused(Box<ErrorBody>),
    /// The engine could not be reached, or the connection broke.
    #[error("cannot reach the engine")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer is not what this client knows.
    #[error("cannot read the engine's answer with status {status}: {why}")]
    Unreadable {
        /// Of HTTP.
        status: u16,
        /// What is wrong with it.
        why: String,
    },
    /// The answer is longer than it may be.
    #[error("the engine's answer with status {status} is longer than {longest} bytes")]
    TooLong {
        /// Of HTTP.
        status: u16,
        /// How long it may be, in bytes.
        longest: usize,
    },
}

impl ClientError {
    /// The engine's code, where the engine refused.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(body) => Some(&body.code),
            Self::Unreachable(_) | Self::Unreadable { .. } | Self::TooLong { .. } => None,
        }
    }
}

impl Client {
    /// A client of the engine at this address, with a bearer token.
    ///
    /// # Errors
    /// Where the token has characters that no token has.
    pub fn http(url: &str, token: &str) -> Result<Self, ClientError> {
        Ok(Self::over(Arc::new(Http::new(url, token)?)))
    }

    /// A client over any transport.
    #[must_use]
    pub fn over(transport: Arc<dyn Transport>) -> Self {
        Self { transport }
    }

    /// Makes a call and reads its answer; for endpoints that have no method here.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn call<T: DeserializeOwned>(&self, call: Call) -> Result<T, ClientError> {
        let Reply { status, body, .. } = self.done(call).await?;
        serde_json::from_slice(&body)
            .map_err(|error| ClientError::Unreadable { status, why: error.to_string() })
    }

    /// Makes a call that is not refused.
    async fn done(&self, call: Call) -> Result<Reply, ClientError> {
        let reply = self.transport.send(call).await?;
        let status = reply.status;
        if (200..300).contains(&status) {
            return Ok(reply);
        }
        let body = serde_json::from_slice(&reply.body)
            .map_err(|error| ClientError::Unreadable { status, why: error.to_string() })?;
        Err(ClientError::Refused(body))
    }
}
