//! Which endpoint a call is, and what is sent to it.
//!
//! To add a command: its arm here. Until there is one, every case that uses it fails on a server, and
//! says which endpoint is missing.

use engine_api::{
    command::{Decide, Precondition, SubmitRequest, WithComment},
    document::Document,
    endpoint::Endpoint,
    organization::{Bundle, RuleFile},
    test_control::ID_HEADER,
};
use engine_core::{
    command::{Command, Seen, Submit},
    ids::{Login, RequestId, RuleId},
};
use engine_runtime::Change;
use sdk_client::Call as Sent;
use serde_json::Value as Json;

use crate::scenario::{act::Call, broken::Broken};

/// A call as it is sent.
pub(super) fn sent(call: &Call) -> Result<Sent, Broken> {
    let sent = match call {
        Call::Submit(_, rule, submit) => self::submit(rule, submit)?,
        Call::Command(_, request, command) => self::command(request, command)?,
        Call::Organize(_, change) => organize(change)?,
        Call::Publish(_, document, comment) => publish(document, comment)?,
        Call::Settings(_, settings) => json(Sent::new(Endpoint::PutSettings, &[]), settings)?,
        Call::Explain(_, request, person) => explain(request, person.as_ref()),
        Call::Look(_, request, _) => Sent::new(Endpoint::GetRequest, &[request.as_str()]),
        Call::Advance(_) | Call::Refused(_) => {
            return Err(Broken::new("nobody in particular calls"));
        }
    };
    Ok(match call.by().and_then(|by| by.key.as_ref()) {
        Some(key) => sent.header("idempotency-key", key.as_str()),
        None => sent,
    })
}

/// Who decides a request, and what keeps a person from it.
pub(super) fn explain(request: &RequestId, person: Option<&Login>) -> Sent {
    Sent::new(Endpoint::Explain, &[request.as_str()]).query_if("person", person.map(Login::as_str))
}

fn submit(rule: &RuleId, submit: &Submit) -> Result<Sent, Broken> {
    let body = SubmitRequest {
        rule: rule.to_string(),
        properties: submit.properties.clone(),
        items: submit.items.clone(),
        title: submit.title.clone(),
        reason: submit.reason.clone(),
        urgent: submit.urgent,
        approval_expires: submit.approval_expires,
        ends: submit.ends,
    };
    json(Sent::new(Endpoint::Submit, &[]).header(ID_HEADER, submit.id.as_str()), &body)
}

fn command(request: &RequestId, command: &Command) -> Result<Sent, Broken> {
    let about = |endpoint| Sent::new(endpoint, &[request.as_str()]);
    match command {
        Command::Decide(decide) => {
            let body = Decide {
                decision: decide.choice.into(),
                comment: decide.comment.clone(),
                step: decide.step.as_ref().map(ToString::to_string),
            };
            json(
                matching(about(Endpoint::Decide), decide.seen.as_ref(), decide.step.is_some()),
                &body,
            )
        }
        Command::Cancel { comment, seen } => {
            let call = matching(about(Endpoint::Cancel), seen.as_ref(), false);
            json(call, &WithComment { comment: comment.clone() })
        }
        Command::Reevaluate => Ok(about(Endpoint::Reevaluate)),
        Command::Run(id) => Ok(Sent::new(Endpoint::Run, &[request.as_str(), &id.to_string()])),
        Command::Retry(id) => Ok(Sent::new(Endpoint::Retry, &[request.as_str(), &id.to_string()])),
        Command::Revoke { execution, comment } => {
            let call = Sent::new(Endpoint::Revoke, &[request.as_str(), &execution.to_string()]);
            json(call, &WithComment { comment: comment.clone() })
        }
        Command::Submit(_) | Command::Engine(_) => Err(missing(command.name())),
    }
}

/// With what the person saw; where only a step is named, whatever there is now.
fn matching(call: Sent, seen: Option<&Seen>, names_a_step: bool) -> Sent {
    match seen {
        Some(Seen { revision, step }) => {
            let precondition = Precondition { revision: *revision, step: step.clone() };
            call.header("if-match", precondition.to_string())
        }
        None if names_a_step => call.header("if-match", "*"),
        // What cannot be seen is refused before anybody asks what was seen.
        None => call,
    }
}

fn organize(change: &Change) -> Result<Sent, Broken> {
    match change {
        Change::PutUser(user) => json(Sent::new(Endpoint::PutUser, &[user.login.as_str()]), user),
        other => {
            let name = format!("{other:?}");
            Err(missing(name.split([' ', '(', '{']).next().unwrap_or_default()))
        }
    }
}

/// A rule as it is written; one without an id that could stand in a path goes with a bundle.
fn publish(document: &Document, comment: &str) -> Result<Sent, Broken> {
    let text = document.read::<Json>().map_err(|errors| Broken::new(errors.to_string()))?;
    // JSON is YAML too, and read as YAML it means what it meant in the scenario.
    let (name, text) = ("publish.yaml".to_owned(), text.to_string());
    match document.field("rule").map(RuleId::parse) {
        Some(Ok(rule)) => {
            let call = Sent::new(Endpoint::PublishRule, &[rule.as_str()]).query("file", &name);
            Ok(call.query("comment", comment).body(text))
        }
        Some(Err(_)) | None => {
            let rules = vec![RuleFile { name, text }];
            let bundle = Bundle { rules, comment: comment.to_owned(), ..Bundle::default() };
            json(Sent::new(Endpoint::Apply, &[]), &bundle)
        }
    }
}

fn json(call: Sent, body: &impl serde::Serialize) -> Result<Sent, Broken> {
    call.json(body).map_err(|error| Broken::of(&error))
}

fn missing(name: &str) -> Broken {
    Broken::new(format!("there is no endpoint for `{name}` yet: add it to scenario/remote/wire.rs"))
}
