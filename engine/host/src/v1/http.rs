//! The interfaces `http` and `http-lookups`: calls that the host makes, where it was granted.

use std::time::Duration;

use engine_connect::{HttpCall, HttpTerms, Method, Origin};
use sha2::{Digest as _, Sha256};
use wasmtime::component::Resource;

use super::{
    bindings::{
        condition::countersign::plugin::{http_lookups as of_questions, http_types, types as wit},
        executor::countersign::plugin::{http, http_lookups as of_executors},
    },
    refused::{Refused, runtime, told},
    request::invalid,
    secrets::Secret,
    values,
};
use crate::{
    call::{HeaderRecord, HttpOutcome, HttpRecord, Read, RecordedBody},
    capsule::{Recorded, nth_equal},
    component::manifest::Capability,
    outside::{Body, Fault, FaultKind, Headers, HttpAnswer, Sending, SentSecret},
    state::{State, Task},
};

type Answer<T> = wasmtime::Result<Result<T, wit::HostError>>;

/// A body that is recorded whole; of a larger one the hash is kept.
const MAX_RECORDED: usize = 256 << 10;

// An interface of types alone has no functions.
impl http_types::Host for State {}

/// A call of a component, with its secrets by handle.
struct Wanted {
    method: Method,
    url: String,
    headers: Vec<http_types::Header>,
    secrets: Vec<http_types::SecretHeader>,
    body: Vec<u8>,
    timeout: Option<Duration>,
}

impl Wanted {
    fn get(
        url: String,
        headers: Vec<http_types::Header>,
        secrets: Vec<http_types::SecretHeader>,
    ) -> Self {
        Self { method: Method::Get, url, headers, secrets, body: Vec::new(), timeout: None }
    }
}

impl State {
    /// Asks on the runtime of the calling thread, which may block.
    fn ask_and_wait(&mut self, wanted: Wanted) -> Result<http_types::Reply, Refused> {
        runtime()?.block_on(self.call_out(Capability::HttpLookups, wanted))
    }

    async fn call_out(
        &mut self,
        capability: Capability,
        wanted: Wanted,
    ) -> Result<http_types::Reply, Refused> {
        let timeout = wanted.timeout;
        let call = self.checked(capability, &wanted)?;
        let sending = self.with_call(wanted)?;
        if let Some(recorded) = self.call.recorded.clone().filter(|_| self.repeats_question()) {
            return Ok(self.repeat(&recorded, capability, &call, &sending)?);
        }
        self.send_call(capability, call, sending, timeout).await
    }

    /// The call without headers and body, where it may be made.
    fn checked(
        &mut self,
        capability: Capability,
        wanted: &Wanted,
    ) -> Result<HttpCall, wit::HostError> {
        let call = HttpCall::new(wanted.method, &wanted.url).map_err(|e| invalid(e.to_string()))?;
        self.may_call(capability, &call)?;
        self.http_calls = self.http_calls.saturating_add(1);
        if self.http_calls > self.limits.http_calls {
            let most = self.limits.http_calls;
            return Err(limit(format!(
                "one call of the plugin makes at most {most} calls by HTTP"
            )));
        }
        let most = self.limits.http_request_bytes;
        if wanted.body.len() > most {
            return Err(limit(format!("the body of a call has at most {most} bytes")));
        }
        Ok(call)
    }

    /// Whether a call is wanted by the manifest, granted, and fit for what is being done.
    fn may_call(&mut self, capability: Capability, call: &HttpCall) -> Result<(), wit::HostError> {
        let (origin, method) = (call.origin(), call.method());
        let what = format!("{method} {origin}");
        if !self.manifest.wants_http(capability, &origin, method, &self.call.config) {
            return Err(self.denied(
                capability.as_str(),
                &what,
                "its manifest does not ask for it",
            ));
        }
        let granted = self.call.grant.http.get(&origin);
        if !granted.is_some_and(|granted| granted.methods.contains(&method)) {
            return Err(self.denied(capability.as_str(), &what, "it was not granted"));
        }
        match self.task {
            Task::Execute(_) | Task::Revert { .. } | Task::Deliver(_) => Ok(()),
            Task::Trial | Task::Decide | Task::Plan | Task::Probe(_) if method.only_asks() => {
                Ok(())
            }
            Task::Trial | Task::Decide | Task::Plan | Task::Probe(_) => {
                self.must_be_effect(capability.as_str())
            }
        }
    }

    /// What goes with a call, its secrets by name.
    fn with_call(&self, wanted: Wanted) -> Result<Sending, Refused> {
        let Wanted { headers, secrets, body, .. } = wanted;
        let headers = headers.into_iter().map(|header| (header.name, header.value)).collect();
        let named = |given: http_types::SecretHeader| {
            let handle: &Resource<Secret> = &given.secret;
            let secret = self.table.get(handle)?.name.clone();
            let http_types::SecretHeader { name: header, before, after, .. } = given;
            Ok(SentSecret { header, before, secret, after })
        };
        let secrets = secrets.into_iter().map(named).collect::<Result<_, Refused>>()?;
        Ok(Sending { headers, secrets, body: body.into() })
    }

    /// What the same call found the first time; what its headers said was not kept.
    fn repeat(
        &mut self,
        recorded: &Recorded,
        capability: Capability,
        call: &HttpCall,
        sending: &Sending,
    ) -> Result<http_types::Reply, wit::HostError> {
        let (method, url, sent) =
            (call.method().to_string(), call.url().to_owned(), sending.digest());
        let same = |found: &&HttpRecord| {
            (&found.method, &found.url, &found.sent) == (&method, &url, &sent)
        };
        let unavailable = |message: String| wit::HostError {
            kind: wit::ErrorKind::Unavailable,
            message,
            code: None,
        };
        let found = nth_equal(&recorded.http, &self.trace.http, same).ok_or_else(|| {
            unavailable(format!("what `{method} {url}` answers was not recorded"))
        })?;
        self.read(Read::Other(format!("http.{method} {url}")));
        self.trace.http.push(found.clone());
        match &found.outcome {
            HttpOutcome::Reply { status, headers, body } => {
                let body = body.bytes().ok_or_else(|| {
                    unavailable(format!("what `{method} {url}` answered was too large to be kept"))
                })?;
                let headers = headers.iter().cloned().map(HeaderRecord::blank).collect();
                Ok(reply(*status, headers, body))
            }
            HttpOutcome::Failed(fault) => {
                Err(self.no_reply(capability, &call.origin(), fault.clone()))
            }
        }
    }

    async fn send_call(
        &mut self,
        capability: Capability,
        call: HttpCall,
        sending: Sending,
        timeout: Option<Duration>,
    ) -> Result<http_types::Reply, Refused> {
        let (method, origin, url) = (call.method(), call.origin(), call.url().to_owned());
        let (terms, sent) = (self.terms(&origin, timeout), sending.digest());
        // Set before it is sent: a call that is cut off by the deadline has been sent perhaps.
        let before = self.may_have_changed;
        self.may_have_changed |= !method.only_asks();
        let answer = self.outside.send(call, sending, terms).await?;
        if !answer.as_ref().is_ok_and(|(answer, _)| answer.was_sent()) {
            self.may_have_changed = before;
        }
        let never_sent = |fault| (HttpAnswer::Failed { fault, was_sent: false }, None);
        let (answer, headers) = answer.unwrap_or_else(never_sent);
        self.read(Read::Other(format!("http.{method} {url}")));
        let outcome = outcome(&answer);
        self.trace.http.push(HttpRecord { method: method.to_string(), url, sent, outcome });
        match answer {
            HttpAnswer::Reply { status, headers: kept, body: Body(body) } => {
                let blank = || kept.into_iter().map(HeaderRecord::blank).collect();
                Ok(reply(status, headers.unwrap_or_else(blank), body))
            }
            HttpAnswer::Failed { fault, .. } => {
                Err(self.no_reply(capability, &origin, fault).into())
            }
        }
    }

    /// Why there is no reply, for the component; what was refused is recorded.
    fn no_reply(
        &mut self,
        capability: Capability,
        origin: &Origin,
        fault: Fault,
    ) -> wit::HostError {
        if fault.kind == FaultKind::Denied {
            self.deny(capability.as_str(), origin.host(), &fault.message);
        }
        fault.into()
    }

    fn terms(&self, origin: &Origin, timeout: Option<Duration>) -> HttpTerms {
        let (left, granted) = (self.left(), self.call.grant.http.get(origin));
        HttpTerms {
            timeout: timeout.map_or(left, |timeout| timeout.min(left)),
            max_reply: self.limits.http_reply_bytes,
            private_addresses: granted.is_some_and(|granted| granted.private_addresses),
        }
    }
}

/// What came of a call, for its record.
fn outcome(answer: &HttpAnswer) -> HttpOutcome {
    match answer {
        HttpAnswer::Reply { status, headers, body } => {
            let (headers, body) = (headers.clone(), recorded(&body.0));
            HttpOutcome::Reply { status: *status, headers, body }
        }
        HttpAnswer::Failed { fault, .. } => HttpOutcome::Failed(fault.clone()),
    }
}

fn recorded(body: &[u8]) -> RecordedBody {
    if body.len() > MAX_RECORDED {
        return RecordedBody::Sha256(hex::encode(Sha256::digest(body)));
    }
    RecordedBody::of(body.to_vec())
}

fn reply(status: u16, headers: Headers, body: Vec<u8>) -> http_types::Reply {
    let header = |(name, value)| http_types::Header { name, value };
    http_types::Reply { status, headers: headers.into_iter().map(header).collect(), body }
}

fn limit(message: String) -> wit::HostError {
    wit::HostError { kind: wit::ErrorKind::Limit, message, code: None }
}

impl of_questions::Host for State {
    fn get(
        &mut self,
        url: String,
        headers: Vec<http_types::Header>,
        secrets: Vec<http_types::SecretHeader>,
    ) -> Answer<http_types::Reply> {
        self.enter()?;
        told(self.ask_and_wait(Wanted::get(url, headers, secrets)))
    }
}

impl of_executors::Host for State {
    async fn get(
        &mut self,
        url: String,
        headers: Vec<http_types::Header>,
        secrets: Vec<http_types::SecretHeader>,
    ) -> Answer<http_types::Reply> {
        self.enter()?;
        told(self.call_out(Capability::HttpLookups, Wanted::get(url, headers, secrets)).await)
    }
}

impl http::Host for State {
    async fn send(
        &mut self,
        call: http::Call,
        secrets: Vec<http_types::SecretHeader>,
    ) -> Answer<http_types::Reply> {
        self.enter()?;
        let http::Call { method, url, headers, body, timeout_ms } = call;
        let Some(method) = Method::parse(&method) else {
            let method = values::shown(&method);
            return Ok(Err(invalid(format!(
                "`{method}` is no method: expected GET, HEAD, POST, PUT, PATCH or DELETE"
            ))));
        };
        let timeout = timeout_ms.map(|ms| Duration::from_millis(ms.into()));
        let wanted = Wanted { method, url, headers, secrets, body, timeout };
        told(self.call_out(Capability::Http, wanted).await)
    }
}
