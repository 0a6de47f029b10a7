//! Which endpoint a call is, and what is sent to it.
//!
//! To add a command: its arm here. Until there is one, every case that uses it fails on a server, and
//! says which endpoint is missing.

use engine_api::{
    command::{
        ApproverRequest, CommentRequest, Decide, EditRequest, Force, Precondition, Reassign,
        Remark, ReturnToReview, SendBack, SubmitRequest, WatchRequest, WithComment, Withdraw,
    },
    directory::{Deactivation, Transfer},
    document::Document,
    endpoint::Endpoint,
    organization::{Bundle, DelegationDoc, RuleFile},
    test_control::ID_HEADER,
    view::NoticeChoices,
};
use engine_core::{
    command::{self, Approver, Command, Edit, Seen, Submit},
    ids::{ExecutionId, Login, RequestId, RuleId, StepId},
    request::Choice,
    rule::Target,
};
use engine_runtime::Change;
use sdk_client::Call as Sent;
use serde_json::Value as Json;

use crate::scenario::{
    act::{Call, Draft},
    broken::Broken,
};

/// A call as it is sent.
pub(super) fn sent(call: &Call) -> Result<Sent, Broken> {
    let sent = match call {
        Call::Submit(_, target, submit) => {
            let call = Sent::new(Endpoint::Submit, &[]).header(ID_HEADER, submit.id.as_str());
            json(call, &asked(target, submit))?
        }
        Call::SaveDraft(_, target, submit, draft) => {
            let call = match draft {
                Draft::New => {
                    Sent::new(Endpoint::SaveDraft, &[]).header(ID_HEADER, submit.id.as_str())
                }
                Draft::Again => Sent::new(Endpoint::PutDraft, &[submit.id.as_str()]),
            };
            json(call, &asked(target, submit))?
        }
        Call::Resubmit(_, of, id) => {
            Sent::new(Endpoint::Resubmit, &[of.as_str()]).header(ID_HEADER, id.as_str())
        }
        Call::Command(_, request, command) => self::command(request, command)?,
        Call::Attach(_, request, (name, content)) => {
            let call = Sent::new(Endpoint::Attach, &[request.as_str()]).query("name", name);
            call.body(content.clone())
        }
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

fn asked(target: &Target, submit: &Submit) -> SubmitRequest {
    let (rule, rule_group) = target.parts();
    SubmitRequest {
        rule: rule.map(ToString::to_string),
        rule_group: rule_group.map(ToString::to_string),
        properties: submit.properties.clone(),
        items: submit.items.clone(),
        picks: submit.picks.clone(),
        target_users: submit.target_users.clone(),
        title: submit.title.clone(),
        reason: submit.reason.clone(),
        urgent: submit.urgent,
        approval_expires: submit.approval_expires,
        ends: submit.ends,
    }
}

fn changes(it: &Edit) -> EditRequest {
    EditRequest {
        properties: it.properties.clone(),
        items: it.items.clone(),
        picks: it.picks.clone(),
        target_users: it.target_users.clone(),
        title: it.title.clone(),
        reason: it.reason.clone(),
        urgent: it.urgent,
        approval_expires: it.approval_expires,
        ends: it.ends,
    }
}

fn command(request: &RequestId, command: &Command) -> Result<Sent, Broken> {
    let about = |endpoint| Sent::new(endpoint, &[request.as_str()]);
    match command {
        Command::SubmitDraft(it) => json(about(Endpoint::SubmitDraft), &changes(it)),
        Command::Edit(it) => {
            json(matching(about(Endpoint::Edit), it.seen.as_ref(), false), &changes(it))
        }
        Command::PassReview(it) => {
            let call = matching(about(Endpoint::PassReview), it.seen.as_ref(), it.step.is_some());
            json(call, &Remark { comment: it.comment.clone() })
        }
        Command::ReturnToReview(it) => {
            let step = it.step.is_some();
            let call = matching(about(Endpoint::ReturnToReview), it.seen.as_ref(), step);
            let comment = it.comment.clone().unwrap_or_default();
            json(call, &ReturnToReview { comment, step: it.step.as_ref().map(ToString::to_string) })
        }
        Command::DeleteDraft => Ok(about(Endpoint::DeleteDraft)),
        Command::Decide(it) => decide(about(Endpoint::Decide), it),
        Command::Cancel { comment, seen } => commented(about(Endpoint::Cancel), comment, seen),
        Command::Hold { comment, seen } => commented(about(Endpoint::Hold), comment, seen),
        Command::Release { comment, seen } => commented(about(Endpoint::Release), comment, seen),
        Command::Confirm { comment } => commented(about(Endpoint::Confirm), comment, &None),
        Command::SendBack(it) => send_back(about(Endpoint::SendBack), it),
        Command::Withdraw { comment, step, seen } => {
            withdraw(about(Endpoint::Withdraw), comment, step.as_ref(), seen.as_ref())
        }
        Command::Force { choice, comment, seen } => {
            force(about(Endpoint::Force), *choice, comment, seen.as_ref())
        }
        Command::Reevaluate => Ok(about(Endpoint::Reevaluate)),
        Command::Restart(it) => {
            let call = matching(about(Endpoint::Restart), it.seen.as_ref(), false);
            json(call, &Remark { comment: it.comment.clone() })
        }
        Command::AddApprover(it) => approver(about(Endpoint::AddApprover), it),
        Command::RemoveApprover(it) => approver(about(Endpoint::RemoveApprover), it),
        Command::Comment { .. }
        | Command::Watch(_)
        | Command::Leave
        | Command::RemoveAttachment { .. } => talk(request, command),
        Command::Reassign { to, comment, seen } => {
            let body = Reassign { to: to.clone(), comment: comment.clone() };
            json(matching(about(Endpoint::Reassign), seen.as_ref(), false), &body)
        }
        Command::Run(id) => Ok(on_execution(request, id, Endpoint::Run)),
        Command::Retry(id) => Ok(on_execution(request, id, Endpoint::Retry)),
        Command::Use(id) => Ok(on_execution(request, id, Endpoint::Use)),
        Command::Revoke { execution, comment } => revoke(request, execution, comment),
        // Sent by calls of their own, or never by a scenario.
        _ => Err(missing(command.name())),
    }
}

/// What people put beside a request.
fn talk(request: &RequestId, command: &Command) -> Result<Sent, Broken> {
    let about = |endpoint| Sent::new(endpoint, &[request.as_str()]);
    match command {
        Command::Comment { text } => {
            json(about(Endpoint::Comment), &CommentRequest { text: text.clone() })
        }
        Command::Watch(user) => {
            json(about(Endpoint::Watch), &WatchRequest { user: user.to_string() })
        }
        Command::RemoveAttachment { number } => {
            let (id, number) = (request.as_str(), number.to_string());
            Ok(Sent::new(Endpoint::RemoveAttachment, &[id, &number]))
        }
        _ => Ok(about(Endpoint::Leave)),
    }
}

fn on_execution(request: &RequestId, id: &ExecutionId, endpoint: Endpoint) -> Sent {
    Sent::new(endpoint, &[request.as_str(), &id.to_string()])
}

fn revoke(request: &RequestId, id: &ExecutionId, comment: &str) -> Result<Sent, Broken> {
    let call = on_execution(request, id, Endpoint::Revoke);
    json(call, &WithComment { comment: comment.to_owned() })
}

fn decide(call: Sent, it: &command::Decide) -> Result<Sent, Broken> {
    let body = Decide {
        decision: it.choice.into(),
        comment: it.comment.clone(),
        concern: it.concern.clone(),
        items: it.items.clone(),
        step: it.step.as_ref().map(ToString::to_string),
    };
    json(matching(call, it.seen.as_ref(), it.step.is_some()), &body)
}

fn send_back(call: Sent, it: &command::SendBack) -> Result<Sent, Broken> {
    let body = SendBack {
        to: it.to.to_string(),
        comment: it.comment.clone().unwrap_or_default(),
        step: it.step.as_ref().map(ToString::to_string),
    };
    json(matching(call, it.seen.as_ref(), it.step.is_some()), &body)
}

fn withdraw(
    call: Sent,
    comment: &str,
    step: Option<&StepId>,
    seen: Option<&Seen>,
) -> Result<Sent, Broken> {
    let (comment, step) = (Some(comment.to_owned()), step.map(ToString::to_string));
    json(matching(call, seen, false), &Withdraw { comment, step })
}

fn force(call: Sent, choice: Choice, comment: &str, seen: Option<&Seen>) -> Result<Sent, Broken> {
    let body = Force { decision: choice.into(), comment: comment.to_owned() };
    json(matching(call, seen, false), &body)
}

fn commented(call: Sent, comment: &str, seen: &Option<Seen>) -> Result<Sent, Broken> {
    let body = WithComment { comment: comment.to_owned() };
    json(matching(call, seen.as_ref(), false), &body)
}

fn approver(call: Sent, it: &Approver) -> Result<Sent, Broken> {
    let step = it.step.as_ref().map(ToString::to_string);
    let body = ApproverRequest { user: it.user.clone(), step };
    json(matching(call, it.seen.as_ref(), false), &body)
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
        Change::Deactivate { login, replace_by, force } => {
            let body = Deactivation { replace_by: replace_by.clone(), force: *force };
            json(Sent::new(Endpoint::DeactivateUser, &[login.as_str()]), &body)
        }
        Change::TransferOwnership(to) => {
            json(Sent::new(Endpoint::TransferOwnership, &[]), &Transfer { to: to.to_string() })
        }
        Change::RetireRule(rule) => Ok(Sent::new(Endpoint::RetireRule, &[rule.as_str()])),
        Change::DeleteRule(rule) => Ok(Sent::new(Endpoint::DeleteRule, &[rule.as_str()])),
        Change::RestartRequests { rule, comment } => {
            let call = Sent::new(Endpoint::RestartRequests, &[rule.as_str()]);
            json(call, &Remark { comment: comment.clone() })
        }
        Change::Delegate { of, doc } => delegate(of, doc),
        Change::MuteNotices { about } => mute(about),
        Change::Undelegate { of } => Ok(Sent::new(Endpoint::DeleteDelegation, &[of.as_str()])),
        // Made by no command of a scenario.
        Change::RemoveUser(_)
        | Change::PutGroup(_)
        | Change::RemoveGroup(_)
        | Change::PutNode(_)
        | Change::RemoveNode(_)
        | Change::PutResource(_)
        | Change::RemoveResource(_)
        | Change::SetUserProperties(_)
        | Change::SetRates(_)
        | Change::SetSettings(_)
        | Change::Publish { .. }
        | Change::PutRuleGroup(_)
        | Change::RemoveRuleGroup(_)
        | Change::PutScript { .. }
        | Change::RemoveScript(_)
        | Change::PutPlugin { .. }
        | Change::ChangePlugin { .. }
        | Change::RemovePlugin(_)
        | Change::RemoveToken { .. } => Err(missing("a change of the organization")),
    }
}

fn delegate(of: &Login, doc: &DelegationDoc) -> Result<Sent, Broken> {
    json(Sent::new(Endpoint::PutDelegation, &[of.as_str()]), doc)
}

fn mute(about: &[String]) -> Result<Sent, Broken> {
    let body = NoticeChoices { mute: about.to_vec() };
    json(Sent::new(Endpoint::PutNoticeChoices, &[]), &body)
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
