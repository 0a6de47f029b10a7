//! Calls to other systems by HTTP/1.1.
//!
//! One connection for each call: nothing of one call is left for another. What may be called is said by
//! [`Origin`] and by whether private addresses may be; the address is looked at after the name was
//! resolved, and the connection goes to that very address. No redirect is followed.
//!
//! Every failure says whether the call was sent ([`HttpError::was_sent`]): only then can anything have
//! happened.

mod address;
mod exchange;
mod origin;
mod tls;

use std::{fmt, net::IpAddr, time::Duration};

use bytes::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use self::tls::Tls;
pub use self::{
    origin::{BadOrigin, Origin},
    tls::BadAuthority,
};
use crate::Secret;

/// The most bytes of the names and values of all headers of a call.
const MAX_HEADER_BYTES: usize = 32 << 10;
const MAX_HEADERS: usize = 100;
/// What belongs to the connection, which is the host's.
const RESERVED: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What calls other systems. Cheap to clone; certificates are read with the first call that needs them.
#[derive(Clone, Debug, Default)]
pub struct Http {
    tls: Tls,
}

/// What is asked of the other side.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// For an answer; nothing changes.
    Get,
    /// For the headers of an answer; nothing changes.
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
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// In capital letters, as it is sent.
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

    /// The method of this name, in capital letters.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }

    /// Whether it only asks.
    #[must_use]
    pub fn only_asks(self) -> bool {
        match self {
            Self::Get | Self::Head => true,
            Self::Post | Self::Put | Self::Patch | Self::Delete => false,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One call.
#[derive(Debug)]
pub struct HttpCall {
    method: Method,
    url: Url,
    headers: HeaderMap,
    header_bytes: usize,
    body: Bytes,
}

impl HttpCall {
    /// A call without headers and body.
    ///
    /// # Errors
    /// [`HttpError::Invalid`] for an address that is not absolute, neither `http` nor `https`, or has a
    /// user, a password or a fragment.
    pub fn new(method: Method, url: &str) -> Result<Self, HttpError> {
        let invalid = |why: String| HttpError::Invalid(format!("the address `{}` {why}", cut(url)));
        let url = Url::parse(url).map_err(|error| invalid(format!("cannot be read: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(invalid("is neither `https` nor `http` with a host".to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("has a user: put secrets into a header".to_owned()));
        }
        if url.fragment().is_some() {
            return Err(invalid("has a fragment, which is never sent".to_owned()));
        }
        Ok(Self { method, url, headers: HeaderMap::new(), header_bytes: 0, body: Bytes::new() })
    }

    /// Adds a header.
    ///
    /// # Errors
    /// [`HttpError::Invalid`] for what is no header, belongs to the connection, or is too much.
    pub fn header(&mut self, name: &str, value: &str) -> Result<(), HttpError> {
        self.put(name, value, false)
    }

    /// Adds a header with a secret between two texts. The value is shown nowhere.
    ///
    /// # Errors
    /// As for [`header`](Self::header).
    pub fn secret_header(
        &mut self,
        name: &str,
        before: &str,
        secret: &Secret,
        after: &str,
    ) -> Result<(), HttpError> {
        self.put(name, &format!("{before}{}{after}", secret.expose()), true)
    }

    /// Gives it a body.
    pub fn body(&mut self, body: impl Into<Bytes>) {
        self.body = body.into();
    }

    /// Where it goes.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin::of(&self.url)
    }

    /// What is asked.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The address, in its one spelling.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    fn put(&mut self, name: &str, value: &str, secret: bool) -> Result<(), HttpError> {
        let invalid = |why: &str| HttpError::Invalid(format!("the header `{}` {why}", cut(name)));
        let key: HeaderName = name.parse().map_err(|_| invalid("has no name of a header"))?;
        if RESERVED.contains(&key.as_str()) {
            return Err(invalid("belongs to the connection and is the host's"));
        }
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| invalid("has a value with line breaks or other control characters"))?;
        value.set_sensitive(secret);
        self.header_bytes += key.as_str().len() + value.len();
        if self.header_bytes > MAX_HEADER_BYTES || self.headers.len() >= MAX_HEADERS {
            return Err(invalid("is too much: at most 100 headers and 32 KiB"));
        }
        self.headers.append(key, value);
        Ok(())
    }
}

/// How one call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpTerms {
    /// From the look at the name to the last byte of the reply.
    pub timeout: Duration,
    /// The most bytes of the reply's body.
    pub max_reply: usize,
    /// Whether the address may be one of a private network or of this machine.
    pub private_addresses: bool,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpReply {
    /// Such as 200 or 404.
    pub status: u16,
    /// Names in lower case; what is no UTF-8 is replaced.
    pub headers: Vec<(String, String)>,
    /// Whole.
    pub body: Vec<u8>,
}

/// Why there is no reply. No text holds a header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The call makes no sense; nothing was sent.
    #[error("{0}")]
    Invalid(String),
    /// The name does not lead anywhere.
    #[error("cannot find `{host}`: {reason}")]
    Name {
        /// The host.
        host: String,
        /// In the resolver's words.
        reason: String,
    },
    /// The name leads only to addresses that may not be called.
    #[error(
        "`{host}` leads to the private address {address}; only a grant of private addresses allows that"
    )]
    PrivateAddress {
        /// The host.
        host: String,
        /// The first of its addresses.
        address: IpAddr,
    },
    /// Nobody answers there.
    #[error("cannot connect to `{origin}`: {reason}")]
    Connect {
        /// Where.
        origin: Origin,
        /// Why.
        reason: String,
    },
    /// The other side is not who it should be, or speaks no TLS.
    #[error("cannot speak TLS with `{origin}`: {reason}")]
    Tls {
        /// Where.
        origin: Origin,
        /// Why.
        reason: String,
    },
    /// The time was over before anything was sent.
    #[error("`{0}` took too long to connect; nothing was sent")]
    TimeoutBeforeSend(Origin),
    /// The time was over after it was sent.
    #[error("`{0}` took too long to reply")]
    TimeoutAfterSend(Origin),
    /// The connection broke after it was sent.
    #[error("the connection to `{origin}` broke before the reply was whole: {reason}")]
    Broken {
        /// Where.
        origin: Origin,
        /// Why.
        reason: String,
    },
    /// The reply is larger than allowed.
    #[error("the reply of `{origin}` has more than {most} bytes")]
    TooLarge {
        /// Where.
        origin: Origin,
        /// The limit.
        most: usize,
    },
}

impl HttpError {
    /// Whether the call may have reached the other side.
    #[must_use]
    pub fn was_sent(&self) -> bool {
        match self {
            Self::Invalid(_)
            | Self::Name { .. }
            | Self::PrivateAddress { .. }
            | Self::Connect { .. }
            | Self::Tls { .. }
            | Self::TimeoutBeforeSend(_) => false,
            Self::TimeoutAfterSend(_) | Self::Broken { .. } | Self::TooLarge { .. } => true,
        }
    }

    /// For programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::Name { .. } => "dns",
            Self::PrivateAddress { .. } => "private-address",
            Self::Connect { .. } => "connect",
            Self::Tls { .. } => "tls",
            Self::TimeoutBeforeSend(_) => "timeout-before-send",
            Self::TimeoutAfterSend(_) => "timeout-after-send",
            Self::Broken { .. } => "broken",
            Self::TooLarge { .. } => "too-large",
        }
    }
}

impl Http {
    /// Trusts the authorities of these certificates (PEM) beside those of the system.
    ///
    /// # Errors
    /// [`BadAuthority`].
    pub fn with_authorities(pem: &[u8]) -> Result<Self, BadAuthority> {
        Ok(Self { tls: Tls::with_authorities(pem)? })
    }

    /// Sends a call and waits for the whole reply.
    ///
    /// # Errors
    /// [`HttpError`].
    pub async fn send(&self, call: HttpCall, terms: HttpTerms) -> Result<HttpReply, HttpError> {
        let origin = call.origin();
        let deadline = tokio::time::Instant::now() + terms.timeout;
        let opening = exchange::open(&self.tls, &origin, terms.private_addresses);
        let stream = match tokio::time::timeout_at(deadline, opening).await {
            Ok(stream) => stream?,
            Err(_) => return Err(HttpError::TimeoutBeforeSend(origin)),
        };
        let exchanging = exchange::exchange(stream, call, &origin, terms.max_reply);
        match tokio::time::timeout_at(deadline, exchanging).await {
            Ok(reply) => reply,
            Err(_) => Err(HttpError::TimeoutAfterSend(origin)),
        }
    }
}

/// So much of a text as an error shows.
fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests;
