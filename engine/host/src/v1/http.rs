//! The interfaces `http` and `http-lookups`: calls that the host makes, where it was granted.

use std::time::{Duration, Instant};

use engine_connect::{HttpCall, HttpError, HttpReply, HttpTerms, Method};
use sha2::{Digest as _, Sha256};
use wasmtime::component::Resource;

use super::{
    bindings::{
        condition::countersign::plugin::{http_lookups as of_questions, http_types, types as wit},
        executor::countersign::plugin::{http, http_lookups as of_executors},
    },
    request::invalid,
    secrets::Secret,
    values,
};
use crate::{
    call::{HttpOutcome, HttpRecord, Read, RecordedBody},
    capsule::Recorded,
    component::manifest::Capability,
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
    fn ask_and_wait(&mut self, wanted: Wanted) -> Answer<http_types::Reply> {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return Ok(Err(wit::HostError {
                kind: wit::ErrorKind::Internal,
                message: "look-ups need a runtime on the calling thread".to_owned(),
                code: None,
            }));
        };
        runtime.block_on(self.call_out(Capability::HttpLookups, wanted))
    }

    async fn call_out(
        &mut self,
        capability: Capability,
        wanted: Wanted,
    ) -> Answer<http_types::Reply> {
        let timeout = wanted.timeout;
        let mut call = match self.checked(capability, &wanted) {
            Ok(call) => call,
            Err(error) => return Ok(Err(error)),
        };
        let sent = (!wanted.body.is_empty()).then(|| hex::encode(Sha256::digest(&wanted.body)));
        if let Some(recorded) = self.call.recorded.clone() {
            return Ok(self.repeat(&recorded, &call, sent.as_deref()));
        }
        if let Err(error) = self.complete(&mut call, &wanted)? {
            return Ok(Err(error));
        }
        call.body(wanted.body);
        Ok(self.send_call(capability, call, timeout, sent).await)
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

    /// Puts the headers in, secrets where they are handed on.
    fn complete(&mut self, call: &mut HttpCall, wanted: &Wanted) -> Answer<()> {
        for header in &wanted.headers {
            if let Err(error) = call.header(&header.name, &header.value) {
                return Ok(Err(invalid(error.to_string())));
            }
        }
        for header in &wanted.secrets {
            let handle: &Resource<Secret> = &header.secret;
            let name = self.table.get(handle)?.name.clone();
            let Some(secret) = self.services.secrets.get(&name) else {
                return Ok(Err(super::secrets::unknown(&name)));
            };
            let put = call.secret_header(&header.name, &header.before, secret, &header.after);
            if let Err(error) = put {
                return Ok(Err(invalid(error.to_string())));
            }
        }
        Ok(Ok(()))
    }

    /// What the same call found the first time; its headers were not kept.
    fn repeat(
        &mut self,
        recorded: &Recorded,
        call: &HttpCall,
        sent: Option<&str>,
    ) -> Result<http_types::Reply, wit::HostError> {
        let (method, url) = (call.method().to_string(), call.url().to_owned());
        let same = |found: &&HttpRecord| {
            (&found.method, &found.url, found.sent.as_deref()) == (&method, &url, sent)
        };
        let unavailable = |message: String| wit::HostError {
            kind: wit::ErrorKind::Unavailable,
            message,
            code: None,
        };
        let found = recorded.http.iter().find(same);
        let found = found.ok_or_else(|| {
            unavailable(format!("what `{method} {url}` answers was not recorded"))
        })?;
        self.read(Read::Other(format!("http.{method} {url}")));
        self.trace.http.push(found.clone());
        match &found.outcome {
            HttpOutcome::Reply { status, body } => {
                let body = body.bytes().ok_or_else(|| {
                    unavailable(format!("what `{method} {url}` answered was too large to be kept"))
                })?;
                Ok(http_types::Reply { status: *status, headers: Vec::new(), body })
            }
            HttpOutcome::Failed(code) => Err(wit::HostError {
                code: Some(code.clone()),
                ..unavailable(format!("`{method} {url}` failed the first time"))
            }),
        }
    }

    async fn send_call(
        &mut self,
        capability: Capability,
        call: HttpCall,
        timeout: Option<Duration>,
        sent: Option<String>,
    ) -> Result<http_types::Reply, wit::HostError> {
        let (method, origin, url) = (call.method(), call.origin(), call.url().to_owned());
        let left = self.deadline.saturating_duration_since(Instant::now());
        let granted = self.call.grant.http.get(&origin);
        let terms = HttpTerms {
            timeout: timeout.map_or(left, |timeout| timeout.min(left)),
            max_reply: self.limits.http_reply_bytes,
            private_addresses: granted.is_some_and(|granted| granted.private_addresses),
        };
        // Set before it is sent: a call that is cut off by the deadline has been sent perhaps.
        let before = self.may_have_changed;
        self.may_have_changed |= !method.only_asks();
        let services = std::sync::Arc::clone(&self.services);
        let answer = services.http.send(call, terms).await;
        if answer.as_ref().is_err_and(|error| !error.was_sent()) {
            self.may_have_changed = before;
        }
        self.read(Read::Other(format!("http.{method} {url}")));
        let outcome = match &answer {
            Ok(reply) => HttpOutcome::Reply { status: reply.status, body: recorded(&reply.body) },
            Err(error) => HttpOutcome::Failed(error.code().to_owned()),
        };
        self.trace.http.push(HttpRecord { method: method.to_string(), url, sent, outcome });
        answer.map(reply_to_wit).map_err(|error| self.http_error(capability, method, &error))
    }

    fn http_error(
        &mut self,
        capability: Capability,
        method: Method,
        error: &HttpError,
    ) -> wit::HostError {
        let kind = match error {
            HttpError::Invalid(_) => wit::ErrorKind::Invalid,
            HttpError::PrivateAddress { host, .. } => {
                self.deny(capability.as_str(), host, &error.to_string());
                wit::ErrorKind::Denied
            }
            error if error.was_sent() && !method.only_asks() => wit::ErrorKind::UnknownOutcome,
            HttpError::TooLarge { .. } => wit::ErrorKind::Limit,
            HttpError::Name { .. }
            | HttpError::Connect { .. }
            | HttpError::Tls { .. }
            | HttpError::TimeoutBeforeSend(_)
            | HttpError::TimeoutAfterSend(_)
            | HttpError::Broken { .. } => wit::ErrorKind::Unavailable,
        };
        wit::HostError { kind, message: error.to_string(), code: Some(error.code().to_owned()) }
    }
}

fn recorded(body: &[u8]) -> RecordedBody {
    if body.len() > MAX_RECORDED {
        return RecordedBody::Sha256(hex::encode(Sha256::digest(body)));
    }
    match std::str::from_utf8(body) {
        Ok(text) => RecordedBody::Text(text.to_owned()),
        Err(_) => RecordedBody::Hexadecimal(hex::encode(body)),
    }
}

fn reply_to_wit(reply: HttpReply) -> http_types::Reply {
    let header = |(name, value)| http_types::Header { name, value };
    http_types::Reply {
        status: reply.status,
        headers: reply.headers.into_iter().map(header).collect(),
        body: reply.body,
    }
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
        self.ask_and_wait(Wanted::get(url, headers, secrets))
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
        self.call_out(Capability::HttpLookups, Wanted::get(url, headers, secrets)).await
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
        self.call_out(Capability::Http, Wanted { method, url, headers, secrets, body, timeout })
            .await
    }
}
