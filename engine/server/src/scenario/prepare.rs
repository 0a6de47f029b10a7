//! From a command as it is written to the call of the engine.

use chrono::{DateTime, Utc};
use engine_api::{directory::UserDoc, document::Segment};
use engine_core::{
    command::{Command, Decide, Seen, Submit},
    ids::{BadId, CommandId, ExecutionId, Login, RequestId, RuleId, StepId},
    rejection::Code,
    request::Choice,
};
use engine_runtime::Change;
use serde_json::Value as Json;

use super::{
    act::{Call, Prepared, Refusal, Tabs},
    broken::Broken,
    command::{
        CommandDoc, DeactivateDoc, DecideDoc, ExecutionDoc, ExplainDoc, OpenDoc, PublishDoc,
        SetDoc, StepDoc, SubmitDoc, UpdateUserDoc,
    },
    file::{Place, ScenarioFile, below, key},
    stage::{By, Stage},
};

/// Makes commands into calls.
pub(super) struct Preparation<'a> {
    pub(super) file: &'a ScenarioFile,
    pub(super) bench: &'a dyn Stage,
    pub(super) tabs: &'a Tabs,
}

impl Preparation<'_> {
    /// What a step asks for; whoever asks is let in.
    pub(super) async fn prepare(
        &self,
        doc: &StepDoc,
        place: &[Segment],
    ) -> Result<Prepared, Broken> {
        let prepared = self.of(doc, place).await?;
        if let Some(login) = prepared.call.by().and_then(|by| by.login.as_ref()) {
            self.bench.admit(login).await?;
        }
        Ok(prepared)
    }

    async fn of(&self, doc: &StepDoc, place: &[Segment]) -> Result<Prepared, Broken> {
        match &doc.command {
            CommandDoc::Submit(doc) => self.submit(doc),
            CommandDoc::Approve(doc) => self.decide(doc, Choice::Approve).await,
            CommandDoc::Reject(doc) => self.decide(doc, Choice::Reject).await,
            CommandDoc::Cancel(doc) => self.cancel(doc).await,
            CommandDoc::Reevaluate(doc) => {
                self.command(&doc.r#as, &doc.request, doc.key.as_deref(), Command::Reevaluate)
            }
            CommandDoc::Run(doc) => self.execution(doc, Command::Run),
            CommandDoc::Retry(doc) => self.execution(doc, Command::Retry),
            CommandDoc::Revoke(doc) => {
                let comment = doc.comment.clone();
                self.execution(doc, |execution| Command::Revoke { execution, comment })
            }
            CommandDoc::Publish(doc) => self.publish(doc, place),
            CommandDoc::Set(doc) => self.set(doc).await,
            CommandDoc::UpdateUser(doc) => self.update_user(doc).await,
            CommandDoc::Deactivate(doc) => self.deactivate(doc).await,
            CommandDoc::Open(doc) => self.open(doc),
            CommandDoc::Explain(doc) => self.explain(doc),
            CommandDoc::Advance(span) => {
                let wait = span.on_the_clock().ok_or_else(|| {
                    Broken::new("the clock does not move by business days in this version")
                })?;
                let call = Call::Advance(self.bench.now().await? + wait);
                Ok(Prepared { call, request: None, person: None })
            }
            CommandDoc::Together(_) | CommandDoc::Crash(_) => {
                let name = doc.command.name();
                Err(Broken::new(format!("`{name}` cannot stand inside another command")))
            }
            CommandDoc::Unavailable(name) => {
                Err(Broken::new(format!("the command `{name}` is not available in this version")))
            }
        }
    }

    fn open(&self, doc: &OpenDoc) -> Result<Prepared, Broken> {
        let by = self.by(Some(&doc.r#as), None)?;
        let tab = (doc.r#as.clone(), doc.tab.clone());
        Ok(about(&doc.request, by, |by, id| Call::Look(by, id, tab)))
    }

    fn explain(&self, doc: &ExplainDoc) -> Result<Prepared, Broken> {
        let by = self.by(doc.r#as.as_ref(), None)?;
        let person = doc.person.as_ref().or(doc.r#as.as_ref()).cloned();
        person.iter().try_for_each(|login| self.bench.user(login).map(drop))?;
        let asked = person.clone();
        let call = |by, id| Call::Explain(by, id, asked);
        Ok(Prepared { person, ..about(&doc.request, by, call) })
    }

    fn submit(&self, doc: &SubmitDoc) -> Result<Prepared, Broken> {
        let later = [
            ("rule_group", doc.rule_group.is_some()),
            ("request", doc.request.is_some()),
            ("target_users", doc.target_users.is_some()),
            ("picks", doc.picks.is_some()),
        ];
        refuse_unavailable("submit", &later)?;
        let by = self.by(Some(&doc.r#as), doc.key.as_deref())?;
        let person = Some(doc.r#as.clone());
        let id = match &doc.id {
            Some(id) => id.clone(),
            None => self.bench.next_id()?,
        };
        let request = RequestId::parse(&id).ok();
        let call = match read_submit(doc, &id) {
            Ok(submit) => match doc.rule.as_deref().map(RuleId::parse) {
                Some(Ok(rule)) => Call::Submit(by, rule, Box::new(submit)),
                Some(Err(bad)) => {
                    Call::Refused(Refusal::unread(Code::NotFound, "rule", bad.to_string()))
                }
                None => return Err(Broken::new("`submit` needs a `rule`")),
            },
            Err(refusal) => Call::Refused(refusal),
        };
        Ok(Prepared { call, request, person })
    }

    async fn decide(&self, doc: &DecideDoc, choice: Choice) -> Result<Prepared, Broken> {
        refuse_unavailable(
            "decisions",
            &[("items", doc.items.is_some()), ("concern", doc.concern.is_some())],
        )?;
        let step = match doc.step.as_deref().map(StepId::parse).transpose() {
            Ok(step) => step,
            Err(bad) => {
                let refusal = Refusal::unread(Code::Invalid, "step", bad.to_string());
                let (call, request, person) = (Call::Refused(refusal), None, None);
                return Ok(Prepared { call, request, person });
            }
        };
        let seen = self.seen(doc).await?;
        let comment = doc.comment.clone();
        let command = Command::Decide(Decide { choice, comment, step, seen });
        self.command(&doc.r#as, &doc.request, doc.key.as_deref(), command)
    }

    async fn cancel(&self, doc: &DecideDoc) -> Result<Prepared, Broken> {
        let later = [
            ("items", doc.items.is_some()),
            ("concern", doc.concern.is_some()),
            ("step", doc.step.is_some()),
        ];
        refuse_unavailable("cancel", &later)?;
        let comment = doc.comment.clone().unwrap_or_default();
        let command = Command::Cancel { comment, seen: self.seen(doc).await? };
        self.command(&doc.r#as, &doc.request, doc.key.as_deref(), command)
    }

    /// DEC-8a: what the tab shows, else what is there now; nothing where a step alone is named.
    async fn seen(&self, doc: &DecideDoc) -> Result<Option<Seen>, Broken> {
        if let Some(tab) = &doc.tab {
            let seen = self.tabs.get(&(doc.r#as.clone(), tab.clone()));
            let seen = seen.ok_or_else(|| {
                Broken::new(format!("`{}` has not opened a tab `{tab}`", doc.r#as))
            })?;
            return Ok(Some(seen.clone()));
        }
        if doc.step.is_some() {
            return Ok(None);
        }
        let Ok(id) = RequestId::parse(&doc.request) else { return Ok(None) };
        self.bench.seen(&id).await
    }

    fn execution(
        &self,
        doc: &ExecutionDoc,
        command: impl FnOnce(ExecutionId) -> Command,
    ) -> Result<Prepared, Broken> {
        match doc.execution.parse() {
            Ok(id) => self.command(&doc.r#as, &doc.request, doc.key.as_deref(), command(id)),
            Err(bad) => {
                let bad: BadId = bad;
                let refusal = Refusal::unread(Code::NotFound, "execution", bad.to_string());
                Ok(Prepared { call: Call::Refused(refusal), request: None, person: None })
            }
        }
    }

    fn command(
        &self,
        login: &Login,
        request: &str,
        key: Option<&str>,
        command: Command,
    ) -> Result<Prepared, Broken> {
        let by = self.by(Some(login), key)?;
        Ok(about(request, by, |by, id| Call::Command(by, id, Box::new(command))))
    }

    fn by(&self, login: Option<&Login>, key: Option<&str>) -> Result<By, Broken> {
        let key = key.map(CommandId::parse).transpose();
        let key = key.map_err(|bad| Broken::new(bad.to_string()))?;
        login.iter().try_for_each(|login| self.bench.user(login).map(drop))?;
        Ok(By { login: login.cloned(), key })
    }

    fn publish(&self, doc: &PublishDoc, place: &[Segment]) -> Result<Prepared, Broken> {
        let by = self.by(doc.r#as.as_ref(), None)?;
        let rule: Place = below(&below(place, key("publish")), key("rule"));
        let document = self.file.document.part(&rule);
        let document = document.ok_or_else(|| Broken::new("`publish` needs a `rule`"))?;
        let call = Call::Publish(by, Box::new(document), doc.comment.clone());
        Ok(Prepared { call, request: None, person: None })
    }

    async fn set(&self, doc: &SetDoc) -> Result<Prepared, Broken> {
        let by = self.by(doc.r#as.as_ref(), None)?;
        let mut settings = self.bench.settings().await?;
        merge(&mut settings, &doc.settings);
        Ok(Prepared { call: Call::Settings(by, settings), request: None, person: None })
    }

    async fn update_user(&self, doc: &UpdateUserDoc) -> Result<Prepared, Broken> {
        let mut user = self.bench.user_doc(&doc.user).await?;
        if let Some(groups) = &doc.groups {
            user.groups.clone_from(groups);
        }
        if let Some(properties) = &doc.properties {
            user.properties.clone_from(properties);
        }
        self.put_user(doc.r#as.as_ref(), user)
    }

    async fn deactivate(&self, doc: &DeactivateDoc) -> Result<Prepared, Broken> {
        refuse_unavailable("deactivate", &[("replace_by", doc.replace_by.is_some())])?;
        let user = UserDoc { active: false, ..self.bench.user_doc(&doc.user).await? };
        self.put_user(doc.r#as.as_ref(), user)
    }

    fn put_user(&self, login: Option<&Login>, user: UserDoc) -> Result<Prepared, Broken> {
        let call = Call::Organize(self.by(login, None)?, Box::new(Change::PutUser(user)));
        Ok(Prepared { call, request: None, person: None })
    }
}

/// A call about a request; one whose id is no id is not there.
fn about(request: &str, by: By, call: impl FnOnce(By, RequestId) -> Call) -> Prepared {
    let person = by.login.clone();
    match RequestId::parse(request) {
        Ok(id) => Prepared { request: Some(id.clone()), person, call: call(by, id) },
        Err(bad) => {
            let refusal = Refusal::unread(Code::NotFound, "request", bad.to_string());
            Prepared { call: Call::Refused(refusal), request: None, person }
        }
    }
}

fn read_submit(doc: &SubmitDoc, id: &str) -> Result<Submit, Refusal> {
    let time = |field: &str, text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => match DateTime::parse_from_rfc3339(text) {
            Ok(time) => Ok(Some(time.with_timezone(&Utc))),
            Err(_) => {
                let message = format!("`{text}` is not a time in RFC 3339");
                Err(Refusal::unread(Code::Invalid, field, message))
            }
        },
    };
    let id = RequestId::parse(id);
    Ok(Submit {
        id: id.map_err(|bad| Refusal::unread(Code::Invalid, "id", bad.to_string()))?,
        properties: doc.properties.clone(),
        items: doc.items.clone(),
        title: doc.title.clone().unwrap_or_else(|| "A request".to_owned()),
        reason: doc.reason.clone().unwrap_or_else(|| "For a good reason".to_owned()),
        urgent: doc.urgent,
        approval_expires: time("approval_expires", &doc.approval_expires)?,
        ends: time("ends", &doc.ends)?,
    })
}

fn refuse_unavailable(command: &str, parts: &[(&str, bool)]) -> Result<(), Broken> {
    match parts.iter().find(|(_, used)| *used) {
        Some((part, _)) => {
            Err(Broken::new(format!("`{part}` of {command} is not available in this version")))
        }
        None => Ok(()),
    }
}

/// Puts what is written over what is there, map by map.
fn merge(into: &mut Json, from: &Json) {
    match (into, from) {
        (Json::Object(into), Json::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Json::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}
