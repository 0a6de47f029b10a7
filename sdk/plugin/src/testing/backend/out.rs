//! Calls to other systems, steps, and the notice.

use super::{Answer, ErrorKind, ask, error};
use crate::{
    http::{Call, Headers, LookUp, Method, Reply},
    steps::Progress,
    testing::state::{Sent, State, Task},
};

pub(crate) fn http_look_up(asked: LookUp<'_>) -> Answer<Reply> {
    send("http-lookups", Method::Get, &asked.url, asked.headers, Vec::new())
}

pub(crate) fn http_send(call: Call<'_>) -> Answer<Reply> {
    let asks = matches!(call.method, Method::Get | Method::Head);
    if !asks && ask(|state| matches!(state.task, Task::Ask | Task::Plan | Task::Probe)) {
        return error(ErrorKind::Denied, "nothing may change before the execution");
    }
    send("http", call.method, &call.url, call.headers, call.body)
}

fn send(
    capability: &str,
    method: Method,
    url: &str,
    headers: Headers<'_>,
    body: Vec<u8>,
) -> Answer<Reply> {
    ask(|state| {
        if !wants(state, capability, method, url) {
            let why = format!(
                "{method:?} {url}: `wants` in manifest.json asks for no such `{capability}`"
            );
            return error(ErrorKind::Denied, why);
        }
        let secret = headers.secret.into_iter().map(|header| {
            let secret = &header.secret.0.name;
            (header.name, format!("{}<{secret}>{}", header.before, header.after))
        });
        let headers = headers.plain.into_iter().chain(secret).collect();
        state.sent_out.push(Sent { method, url: url.to_owned(), headers, body });
        match state.replies.get(&(method, url.to_owned())) {
            Some(reply) => reply.clone(),
            None => error(ErrorKind::Unavailable, format!("nobody answers {method:?} {url}")),
        }
    })
}

/// Whether the manifest asks for such a call: the origin of the target is the beginning of the address.
fn wants(state: &State, capability: &str, method: Method, url: &str) -> bool {
    let origin = |address: &str| {
        let (scheme, rest) = address.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next()?;
        Some(format!("{scheme}://{host}").to_lowercase())
    };
    state.manifest.wants.iter().any(|want| {
        let targets = want.target.iter().flat_map(|name| name.resolve(&state.config));
        want.capability == capability
            && targets.into_iter().any(|target| origin(target) == origin(url))
            && (capability != "http" || want.methods.iter().any(|name| name == method.as_str()))
    })
}

pub(crate) fn begin_step(once_key: &str, name: &str) -> Answer<Option<Progress>> {
    ask(|state| {
        if state.task != Task::Execute && state.task != Task::Revert {
            return error(ErrorKind::Denied, "a step begins only in an effect");
        }
        let key = (once_key.to_owned(), name.to_owned());
        let earlier = state.steps.get(&key).cloned();
        if earlier.is_none() {
            state.steps.insert(key, Progress::Begun);
        }
        Ok(earlier)
    })
}

pub(crate) fn finish_step(once_key: &str, name: &str, answer: &[u8]) -> Answer<()> {
    ask(|state| {
        let key = (once_key.to_owned(), name.to_owned());
        let done = Progress::Done(answer.to_vec());
        match state.steps.get(&key) {
            None => error(ErrorKind::Invalid, format!("the step `{name}` was not begun")),
            Some(earlier) if *earlier != Progress::Begun && *earlier != done => {
                error(ErrorKind::Invalid, format!("the step `{name}` is done, with another answer"))
            }
            Some(_) => {
                state.steps.insert(key, done);
                Ok(())
            }
        }
    })
}

pub(crate) fn look_at_step(once_key: &str, name: &str) -> Answer<Option<Progress>> {
    Ok(ask(|state| state.steps.get(&(once_key.to_owned(), name.to_owned())).cloned()))
}

/// The notice; see [`crate::notice`].
pub(crate) mod notice {
    use chrono::{DateTime, Utc};

    use super::{Answer, ask};
    use crate::Message;

    pub(crate) fn id() -> String {
        "n-1".to_owned()
    }

    pub(crate) fn organization() -> String {
        "acme".to_owned()
    }

    pub(crate) fn recipient() -> String {
        ask(|state| state.notice.recipient.clone())
    }

    pub(crate) fn content() -> Answer<Message> {
        Ok(ask(|state| state.notice.content.clone()))
    }

    pub(crate) fn subject() -> String {
        ask(|state| state.notice.subject.clone())
    }

    pub(crate) fn text() -> String {
        ask(|state| state.notice.content.text.clone())
    }

    pub(crate) fn link() -> Option<String> {
        ask(|state| state.notice.link.clone())
    }

    pub(crate) fn request() -> Option<String> {
        Some("r-1".to_owned())
    }

    pub(crate) fn at() -> Answer<DateTime<Utc>> {
        Ok(ask(|state| state.now))
    }
}
