//! Where calls go: scheme, host and port.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use url::Url;

/// A scheme, a host and a port, such as `https://hr.example.org` or `http://10.0.0.5:8080`: what calls
/// are granted for. The port is left out where it is the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin {
    /// Whether the other side must show a certificate.
    tls: bool,
    /// In lower case; an IPv6 address in brackets.
    host: String,
    port: u16,
}

/// A text that is no origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no origin: expected such as `https://hr.example.org` or `http://10.0.0.5:8080`")]
pub struct BadOrigin(String);

impl Origin {
    /// The origin of an address that has been checked to be `http` or `https` with a host.
    pub(super) fn of(url: &Url) -> Self {
        Self {
            tls: url.scheme() == "https",
            host: url.host_str().unwrap_or_default().to_owned(),
            port: url.port_or_known_default().unwrap_or_default(),
        }
    }

    /// The origin of an address, whatever follows its host: of `https://hr.example.org/api?x=1` it is
    /// `https://hr.example.org`.
    #[must_use]
    pub fn of_address(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let fits = matches!(url.scheme(), "http" | "https") && url.host().is_some();
        fits.then(|| Self::of(&url))
    }

    /// Whether the other side must show a certificate.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// In lower case; an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    fn is_default_port(&self) -> bool {
        self.port == if self.tls { 443 } else { 80 }
    }

    /// What stands in the header `host`.
    pub(super) fn authority(&self) -> String {
        if self.is_default_port() {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.tls { "https" } else { "http" }, self.authority())
    }
}

impl FromStr for Origin {
    type Err = BadOrigin;

    fn from_str(text: &str) -> Result<Self, BadOrigin> {
        let bad = || BadOrigin(super::cut(text));
        let url = Url::parse(text).map_err(|_| bad())?;
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if bare { Self::of_address(text).ok_or_else(bad) } else { Err(bad()) }
    }
}

impl TryFrom<String> for Origin {
    type Error = BadOrigin;

    fn try_from(text: String) -> Result<Self, BadOrigin> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.to_string()
    }
}
