//! Calls to other systems, as far as they were granted.
//!
//! A [`LookUp`] asks on behalf of a decision: conditions, approvers and validators have nothing else, and
//! what it answers is recorded. A [`Call`] may change something: for executors and notifiers.
//!
//! ```no_run
//! # use sdk_plugin::{prelude::*, Secret, http};
//! # fn main() -> sdk_plugin::Result<()> {
//! let token = Secret::get("hr-token")?;
//! let reply = http::look_up("https://hr.example.org/approvers?unit=berlin")
//!     .secret("authorization", "Bearer ", &token, "")
//!     .send()?
//!     .success()?;
//! let logins: Vec<String> = reply.json()?;
//! # Ok(())
//! # }
//! ```

use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, HostError, Result, Secret, backend};

/// What is asked of the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// For an answer.
    Get,
    /// For the headers of an answer.
    Head,
    /// To do something.
    Post,
    /// To put something in a place.
    Put,
    /// To change something.
    Patch,
    /// To remove something.
    Delete,
}

impl Method {
    /// In capital letters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A header with a secret between two texts; the host puts it in.
pub(crate) struct SecretHeader<'a> {
    pub(crate) name: String,
    pub(crate) before: String,
    pub(crate) secret: &'a Secret,
    pub(crate) after: String,
}

/// The headers of a call.
#[derive(Default)]
pub(crate) struct Headers<'a> {
    pub(crate) plain: Vec<(String, String)>,
    pub(crate) secret: Vec<SecretHeader<'a>>,
}

impl<'a> Headers<'a> {
    fn add_secret(&mut self, name: &str, before: &str, secret: &'a Secret, after: &str) {
        self.secret.push(SecretHeader {
            name: name.to_owned(),
            before: before.to_owned(),
            secret,
            after: after.to_owned(),
        });
    }
}

/// A question to another system, by GET.
#[must_use = "nothing is asked before `send`"]
pub struct LookUp<'a> {
    pub(crate) url: String,
    pub(crate) headers: Headers<'a>,
}

/// Asks what is at this address: absolute, at an origin that was granted.
pub fn look_up<'a>(url: impl Into<String>) -> LookUp<'a> {
    LookUp { url: url.into(), headers: Headers::default() }
}

impl<'a> LookUp<'a> {
    /// The same with a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.plain.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a header in which a secret stands between two texts.
    pub fn secret(mut self, name: &str, before: &str, secret: &'a Secret, after: &str) -> Self {
        self.headers.add_secret(name, before, secret, after);
        self
    }

    /// Asks.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied) for what was not granted,
    /// [`Unavailable`](crate::ErrorKind::Unavailable) where no reply came,
    /// [`Limit`](crate::ErrorKind::Limit) for one that is too large.
    pub fn send(self) -> Result<Reply, HostError> {
        backend::http_look_up(self)
    }
}

/// A call that may change something.
#[must_use = "nothing is sent before `send`"]
pub struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: Headers<'a>,
    pub(crate) body: Vec<u8>,
    pub(crate) timeout_ms: Option<u32>,
}

/// A call of this address: absolute, at an origin and with a method that were granted.
pub fn call<'a>(method: Method, url: impl Into<String>) -> Call<'a> {
    Call {
        method,
        url: url.into(),
        headers: Headers::default(),
        body: Vec::new(),
        timeout_ms: None,
    }
}

impl<'a> Call<'a> {
    /// The same with a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.plain.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a header in which a secret stands between two texts.
    pub fn secret(mut self, name: &str, before: &str, secret: &'a Secret, after: &str) -> Self {
        self.headers.add_secret(name, before, secret, after);
        self
    }

    /// The same with a body.
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", media_type)
    }

    /// The same with a body of JSON.
    ///
    /// # Errors
    /// Where it cannot be written as JSON.
    pub fn json(self, body: &impl Serialize) -> Result<Self> {
        Ok(self.body("application/json", serde_json::to_vec(body)?))
    }

    /// The same with a time, in milliseconds, after which it is given up.
    pub fn timeout_ms(mut self, ms: u32) -> Self {
        self.timeout_ms = Some(ms);
        self
    }

    /// Sends it and waits for the whole reply.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied) for what was not granted,
    /// [`Unavailable`](crate::ErrorKind::Unavailable) where nothing was sent, and
    /// [`UnknownOutcome`](crate::ErrorKind::UnknownOutcome) where it was and may have changed something.
    pub fn send(self) -> Result<Reply, HostError> {
        backend::http_send(self)
    }
}

/// What came back, whatever its status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Such as 200 or 404.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Whole.
    pub body: Vec<u8>,
}

impl Reply {
    /// A header; the first of this name, in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The same where its status is 200 to 299.
    ///
    /// # Errors
    /// Retryable for 408, 425, 429 and 500 and above, after the seconds of `retry-after`; permanent for any
    /// other.
    pub fn success(self) -> Result<Self> {
        let status = self.status;
        let text = format!("the other system replied with status {status}");
        match status {
            200..=299 => Ok(self),
            408 | 425 | 429 | 500.. => {
                let seconds = self.header("retry-after").and_then(|text| text.parse::<u32>().ok());
                let error = Error::retryable("http_status", text).with("status", i64::from(status));
                Err(match seconds {
                    Some(seconds) => error.after_ms(seconds.saturating_mul(1_000)),
                    None => error,
                })
            }
            _ => Err(Error::permanent("http_status", text).with("status", i64::from(status))),
        }
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// Permanent where it is not, or does not fit.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            Error::permanent("bad_reply", format!("the other system's reply does not fit: {error}"))
        })
    }
}
