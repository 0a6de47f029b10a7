//! Calls to other systems, steps, and the notice.

use super::{
    bindings::plugin::{http, http_lookups, http_types as wit, steps},
    convert::Answer,
};
use crate::{
    http::{Call, Headers, LookUp, Reply},
    steps::Progress,
};

fn plain_out(plain: Vec<(String, String)>) -> Vec<wit::Header> {
    plain.into_iter().map(|(name, value)| wit::Header { name, value }).collect()
}

fn secret_out<'a>(headers: &Headers<'a>) -> Vec<wit::SecretHeader<'a>> {
    let header = |header: &crate::http::SecretHeader<'a>| wit::SecretHeader {
        name: header.name.clone(),
        before: header.before.clone(),
        secret: &header.secret.0.0,
        after: header.after.clone(),
    };
    headers.secret.iter().map(header).collect()
}

fn reply(reply: wit::Reply) -> Reply {
    let headers = reply.headers.into_iter().map(|header| (header.name, header.value));
    Reply { status: reply.status, headers: headers.collect(), body: reply.body }
}

pub(crate) fn http_look_up(asked: LookUp<'_>) -> Answer<Reply> {
    let secrets = secret_out(&asked.headers);
    Ok(reply(http_lookups::get(&asked.url, &plain_out(asked.headers.plain), &secrets)?))
}

pub(crate) fn http_send(call: Call<'_>) -> Answer<Reply> {
    let secrets = secret_out(&call.headers);
    let call = http::Call {
        method: call.method.as_str().to_owned(),
        url: call.url,
        headers: plain_out(call.headers.plain),
        body: call.body,
        timeout_ms: call.timeout_ms,
    };
    Ok(reply(http::send(&call, &secrets)?))
}

fn progress(progress: steps::Progress) -> Progress {
    match progress {
        steps::Progress::Begun => Progress::Begun,
        steps::Progress::Done(answer) => Progress::Done(answer),
    }
}

pub(crate) fn begin_step(once_key: &str, name: &str) -> Answer<Option<Progress>> {
    Ok(steps::begin(once_key, name)?.map(progress))
}

pub(crate) fn finish_step(once_key: &str, name: &str, answer: &[u8]) -> Answer<()> {
    Ok(steps::finish(once_key, name, answer)?)
}

pub(crate) fn look_at_step(once_key: &str, name: &str) -> Answer<Option<Progress>> {
    Ok(steps::look(once_key, name)?.map(progress))
}

/// The notice; see [`crate::notice`].
pub(crate) mod notice {
    use chrono::{DateTime, Utc};

    use super::super::{
        bindings::notifier::countersign::plugin::notice as host,
        convert::{self, Answer},
    };
    use crate::Message;

    pub(crate) use host::{id, link, organization, recipient, request, subject, text};

    pub(crate) fn content() -> Answer<Message> {
        let content = host::content();
        let arguments = convert::fields(content.arguments)?;
        Ok(Message { code: content.code, arguments, text: content.text })
    }

    pub(crate) fn at() -> Answer<DateTime<Utc>> {
        convert::instant(&host::at())
    }
}
