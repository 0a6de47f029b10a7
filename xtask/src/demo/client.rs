//! The API as the people of the story use it.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value as Json;

/// The longest that the engine may take for one answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Somebody with a token.
#[derive(Clone)]
pub(super) struct Client {
    agent: ureq::Agent,
    url: String,
    token: String,
}

/// What the engine answered.
pub(super) struct Answer {
    status: u16,
    /// What was seen, for a decision about it (DEC-8a).
    pub(super) tag: Option<String>,
    body: Json,
}

impl Client {
    pub(super) fn new(url: &str, token: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(ANSWER_WITHIN))
            .build();
        Self { agent: config.into(), url: url.to_owned(), token: token.to_owned() }
    }

    /// Somebody else at the same engine.
    pub(super) fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// Reads.
    ///
    /// # Errors
    /// The engine cannot be reached, or answers something else than JSON.
    pub(super) fn get(&self, path: &str) -> Result<Answer> {
        let call = self.agent.get(format!("{}{path}", self.url));
        answer(call.header("authorization", format!("Bearer {}", self.token)).call())
    }

    /// Commands.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub(super) fn post(&self, path: &str, headers: &[(&str, &str)], body: &Json) -> Result<Answer> {
        let mut call = self.agent.post(format!("{}{path}", self.url));
        call = call.header("authorization", format!("Bearer {}", self.token));
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        answer(call.header("content-type", "application/json").send(body.to_string()))
    }
}

fn answer(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer> {
    let mut response = response.context("cannot reach the engine")?;
    let status = response.status().as_u16();
    let tag = response.headers().get("etag").and_then(|value| value.to_str().ok());
    let tag = tag.map(str::to_owned);
    let text = response.body_mut().read_to_string().context("the engine's answer broke off")?;
    let body = serde_json::from_str(&text)
        .with_context(|| format!("the engine answered {status} with something else than JSON"))?;
    Ok(Answer { status, tag, body })
}

impl Answer {
    /// What was asked for.
    ///
    /// # Errors
    /// The engine refused, in its words.
    pub(super) fn ok(self) -> Result<Json> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        let code = self.body.get("code").and_then(Json::as_str).unwrap_or("no code");
        let message = self.body.get("message").and_then(Json::as_str).unwrap_or_default();
        bail!("the engine refused with {} ({code}): {message}", self.status)
    }

    /// Whether it is a refusal with this code.
    pub(super) fn is_refusal(&self, code: &str) -> bool {
        self.body.get("code").and_then(Json::as_str) == Some(code)
    }

    /// The refusal that had to come.
    ///
    /// # Errors
    /// It was not refused, or for another reason.
    pub(super) fn refused(self, code: &str) -> Result<Json> {
        let found = self.body.get("code").and_then(Json::as_str).unwrap_or("no refusal");
        ensure!(found == code, "expected a refusal with `{code}`, found {found}: {}", self.body);
        Ok(self.body)
    }
}

/// A text in an answer.
///
/// # Errors
/// There is none.
pub(super) fn text<'a>(json: &'a Json, pointer: &str) -> Result<&'a str> {
    let found = json.pointer(pointer).and_then(Json::as_str);
    found.with_context(|| format!("expected a text at `{pointer}` in {json}"))
}

/// A whole number in an answer.
///
/// # Errors
/// There is none.
pub(super) fn number(json: &Json, pointer: &str) -> Result<i64> {
    let found = json.pointer(pointer).and_then(Json::as_i64);
    found.with_context(|| format!("expected a whole number at `{pointer}` in {json}"))
}

/// A list in an answer.
///
/// # Errors
/// There is none.
pub(super) fn list<'a>(json: &'a Json, pointer: &str) -> Result<&'a [Json]> {
    let found = json.pointer(pointer).and_then(Json::as_array);
    found.map(Vec::as_slice).with_context(|| format!("expected a list at `{pointer}` in {json}"))
}

/// A list of texts in an answer.
///
/// # Errors
/// There is none.
pub(super) fn texts<'a>(json: &'a Json, pointer: &str) -> Result<Vec<&'a str>> {
    list(json, pointer)?.iter().map(|item| text(item, "")).collect()
}
