//! Other systems, by HTTP.

use bytes::Bytes;
use engine_connect::{HttpCall, HttpTerms};
use serde::{Deserialize, Serialize};

use super::{Exchanged, Fault, FaultKind, Outside, journal};
use crate::call::{HeaderRecord, RecordedBody};

/// Headers by name.
pub(crate) type Headers = Vec<(String, String)>;

/// What goes with a call beside its address. Of all of it a hash is kept.
#[derive(Serialize)]
pub(crate) struct Sending {
    pub(crate) headers: Headers,
    pub(crate) secrets: Vec<SentSecret>,
    #[serde(serialize_with = "journal::hashed")]
    pub(crate) body: Bytes,
}

impl Sending {
    /// The SHA-256 of all of it, in hexadecimal.
    pub(crate) fn digest(&self) -> String {
        journal::digest(self)
    }
}

/// A header with a secret in it, by the secret's name.
#[derive(Serialize)]
pub(crate) struct SentSecret {
    pub(crate) header: String,
    pub(crate) before: String,
    pub(crate) secret: String,
    pub(crate) after: String,
}

/// What came of a call, without the values of the reply's headers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HttpAnswer {
    /// A reply.
    Reply { status: u16, headers: Vec<HeaderRecord>, body: Body },
    /// None.
    Failed { fault: Fault, was_sent: bool },
}

impl HttpAnswer {
    /// Whether the call may have reached the other side.
    pub(crate) fn was_sent(&self) -> bool {
        match self {
            Self::Reply { .. } => true,
            Self::Failed { was_sent, .. } => *was_sent,
        }
    }
}

/// The body of a reply: text where it is text, digits otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RecordedBody", into = "RecordedBody")]
pub(crate) struct Body(pub(crate) Vec<u8>);

impl From<Body> for RecordedBody {
    fn from(Body(bytes): Body) -> Self {
        Self::of(bytes)
    }
}

impl TryFrom<RecordedBody> for Body {
    type Error = &'static str;

    fn try_from(kept: RecordedBody) -> Result<Self, Self::Error> {
        kept.bytes().map(Self).ok_or("the body was not kept")
    }
}

impl Outside {
    /// Sends a call. A fault is one after which nothing was sent, since the call makes no sense.
    pub(crate) async fn send(
        &mut self,
        mut call: HttpCall,
        sending: Sending,
        terms: HttpTerms,
    ) -> Exchanged<(HttpAnswer, Option<Headers>)> {
        let services = &self.services;
        let about = format!("{} {}", call.method(), call.url());
        let real = async {
            let Sending { headers, secrets, body } = &sending;
            for (name, value) in headers {
                call.header(name, value).map_err(|error| invalid(&error))?;
            }
            for SentSecret { header, before, secret, after } in secrets {
                let found = services.secrets.get(secret);
                let found = found.ok_or_else(|| Fault::unknown_secret(secret))?;
                let put = call.secret_header(header, before, found, after);
                put.map_err(|error| invalid(&error))?;
            }
            call.body(body.clone());
            let only_asks = call.method().only_asks();
            Ok(match services.http.send(call, terms).await {
                Ok(reply) => {
                    let headers = HeaderRecord::of(&reply.headers);
                    let (status, body) = (reply.status, Body(reply.body));
                    (HttpAnswer::Reply { status, headers, body }, reply.headers)
                }
                Err(error) => {
                    let fault = Fault::of_http(&error, only_asks);
                    let was_sent = error.was_sent();
                    (HttpAnswer::Failed { fault, was_sent }, Headers::new())
                }
            })
        };
        self.journal.ask(("http.send", &about), &(&about, &sending), real).await
    }
}

fn invalid(error: &engine_connect::HttpError) -> Fault {
    Fault::new(FaultKind::Invalid, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where an order is repeated, one that sends something else is another.
    #[test]
    fn all_that_is_sent_counts() {
        let sent = |value: &str, secret: &str, body: &str| {
            let secret = SentSecret {
                header: "authorization".to_owned(),
                before: "Bearer ".to_owned(),
                secret: secret.to_owned(),
                after: String::new(),
            };
            let headers = vec![("accept".to_owned(), value.to_owned())];
            let body = Bytes::copy_from_slice(body.as_bytes());
            Sending { headers, secrets: vec![secret], body }.digest()
        };
        let first = sent("text/plain", "hr", "hello");
        assert_eq!(first, sent("text/plain", "hr", "hello"));
        for other in [
            sent("text/html", "hr", "hello"),
            sent("text/plain", "pay", "hello"),
            sent("text/plain", "hr", "hello!"),
        ] {
            assert_ne!(first, other);
        }
    }
}
