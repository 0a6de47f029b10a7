//! From a command as it is written to the call of the engine.

mod back;
mod draft;
mod organize;
mod seats;
mod talk;

use chrono::{DateTime, Utc};
use engine_api::document::Segment;
use engine_core::{
    command::{Command, Decide, Seen, Submit},
    ids::{BadId, CommandId, ExecutionId, Login, RequestId, RuleGroupId, RuleId, StepId},
    rejection::Code,
    request::Choice,
    rule::Target,
    value::Span,
};

use super::{
    act::{Call, Prepared, Refusal, Tabs},
    broken::Broken,
    command::{
        CommandDoc, DecideDoc, ExecutionDoc, ExplainDoc, OpenDoc, RequestDoc, StepDoc, SubmitDoc,
    },
    file::ScenarioFile,
    stage::{By, Stage},
};

type Doc = CommandDoc;

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
        self.bench.admit(&prepared.call).await?;
        Ok(prepared)
    }

    async fn of(&self, doc: &StepDoc, place: &[Segment]) -> Result<Prepared, Broken> {
        let command = &doc.command;
        match command {
            CommandDoc::Submit(doc) => self.submit(doc),
            CommandDoc::SaveDraft(doc) => self.save_draft(doc).await,
            CommandDoc::Edit(doc) => self.edit(doc).await,
            CommandDoc::Resubmit(doc) => self.resubmit(doc),
            Doc::PassReview(_) | Doc::ReturnToReview(_) => self.review(command).await,
            Doc::Approve(_) | Doc::Reject(_) => self.decision(command).await,
            CommandDoc::Cancel(_)
            | CommandDoc::Hold(_)
            | CommandDoc::Release(_)
            | CommandDoc::SendBack(_)
            | CommandDoc::Withdraw(_)
            | CommandDoc::Force(_) => self.back(command).await,
            CommandDoc::Confirm(doc) => self.confirm(doc),
            CommandDoc::Reevaluate(doc) => self.plain(doc, Command::Reevaluate),
            Doc::Restart(doc) => self.restart(doc).await,
            Doc::AddApprover(_) | Doc::RemoveApprover(_) | Doc::Reassign(_) => self.seat(command),
            Doc::Comment(_)
            | Doc::Watch(_)
            | Doc::Leave(_)
            | Doc::Attach(_)
            | Doc::RemoveAttachment(_) => self.beside(command),
            Doc::Run(_) | Doc::Retry(_) => self.on_execution(command),
            Doc::Use(_) | Doc::Revoke(_) => self.on_execution(command),
            Doc::Open(_) | Doc::Explain(_) | Doc::Advance(_) => self.aside(command).await,
            Doc::Preview(_) | Doc::Together(_) | Doc::Crash(_) => Err(unfit(command)),
            Doc::Publish(_)
            | Doc::Set(_)
            | Doc::UpdateUser(_)
            | Doc::Deactivate(_)
            | Doc::Transfer(_)
            | Doc::Delegate(_)
            | Doc::Retire(_)
            | Doc::DeleteRule(_)
            | Doc::Undelegate(_)
            | Doc::Mute(_) => self.of_organization(command, place).await,
        }
    }

    /// A decision (DEC-1).
    async fn decision(&self, command: &CommandDoc) -> Result<Prepared, Broken> {
        match command {
            CommandDoc::Approve(doc) => self.decide(doc, Choice::Approve).await,
            CommandDoc::Reject(doc) => self.decide(doc, Choice::Reject).await,
            other => Err(unfit(other)),
        }
    }

    /// A command of the review (STP-13).
    async fn review(&self, command: &CommandDoc) -> Result<Prepared, Broken> {
        match command {
            CommandDoc::PassReview(doc) => self.note(doc, Command::PassReview).await,
            CommandDoc::ReturnToReview(doc) => self.note(doc, Command::ReturnToReview).await,
            other => Err(unfit(other)),
        }
    }

    /// A command about an execution.
    fn on_execution(&self, command: &CommandDoc) -> Result<Prepared, Broken> {
        match command {
            CommandDoc::Run(doc) => self.execution(doc, Command::Run),
            CommandDoc::Retry(doc) => self.execution(doc, Command::Retry),
            CommandDoc::Use(doc) => self.execution(doc, Command::Use),
            CommandDoc::Revoke(doc) => self.revoke(doc),
            other => Err(unfit(other)),
        }
    }

    /// What changes no request: looking, asking, waiting.
    async fn aside(&self, command: &CommandDoc) -> Result<Prepared, Broken> {
        match command {
            CommandDoc::Open(doc) => self.open(doc),
            CommandDoc::Explain(doc) => self.explain(doc),
            CommandDoc::Advance(span) => self.advance(*span).await,
            other => Err(unfit(other)),
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
        if let Some(draft) = &doc.request {
            return self.submit_draft(doc, draft);
        }
        let by = self.by(Some(&doc.r#as), doc.key.as_deref())?;
        let person = Some(doc.r#as.clone());
        let id = match &doc.id {
            Some(id) => id.clone(),
            None => self.bench.next_id()?,
        };
        let request = RequestId::parse(&id).ok();
        let call = match read_submit(doc, &id) {
            Ok(submit) => match target(doc.rule.as_deref(), doc.rule_group.as_deref())? {
                Ok(target) => Call::Submit(by, target, Box::new(submit)),
                Err(refusal) => Call::Refused(refusal),
            },
            Err(refusal) => Call::Refused(refusal),
        };
        Ok(Prepared { call, request, person })
    }

    async fn decide(&self, doc: &DecideDoc, choice: Choice) -> Result<Prepared, Broken> {
        let step = match doc.step.as_deref().map(StepId::parse).transpose() {
            Ok(step) => step,
            Err(bad) => {
                let refusal = Refusal::unread(Code::Invalid, "step", bad.to_string());
                let (call, request, person) = (Call::Refused(refusal), None, None);
                return Ok(Prepared { call, request, person });
            }
        };
        let seen = self.seen(&Window::of(doc)).await?;
        let comment = doc.comment.clone();
        let (concern, items) = (doc.concern.clone(), doc.items.clone());
        let command = Command::Decide(Decide { choice, comment, concern, items, step, seen });
        self.command(&doc.r#as, &doc.request, doc.key.as_deref(), command)
    }

    /// What a tab shows, where one is named.
    fn in_tab(&self, login: &Login, tab: Option<&str>) -> Result<Option<Seen>, Broken> {
        let Some(tab) = tab else { return Ok(None) };
        let seen = self.tabs.get(&(login.clone(), tab.to_owned()));
        let missing = || Broken::new(format!("`{login}` has not opened a tab `{tab}`"));
        seen.cloned().map(Some).ok_or_else(missing)
    }

    /// A command about a request as a whole.
    fn plain(&self, doc: &RequestDoc, command: Command) -> Result<Prepared, Broken> {
        self.command(&doc.r#as, &doc.request, doc.key.as_deref(), command)
    }

    fn revoke(&self, doc: &ExecutionDoc) -> Result<Prepared, Broken> {
        let comment = doc.comment.clone();
        self.execution(doc, |execution| Command::Revoke { execution, comment })
    }

    fn confirm(&self, doc: &DecideDoc) -> Result<Prepared, Broken> {
        let later = [
            ("items", doc.items.is_some()),
            ("concern", doc.concern.is_some()),
            ("step", doc.step.is_some()),
            ("tab", doc.tab.is_some()),
        ];
        refuse_unavailable("confirm", &later)?;
        let command = Command::Confirm { comment: doc.comment.clone().unwrap_or_default() };
        self.command(&doc.r#as, &doc.request, doc.key.as_deref(), command)
    }

    /// DEC-8a: what the tab shows, else what is there now; nothing where a step alone is named.
    async fn seen(&self, window: &Window<'_>) -> Result<Option<Seen>, Broken> {
        let Window { login, request, step, tab } = window;
        if tab.is_none() && step.is_some() {
            return Ok(None);
        }
        self.seen_in(login, request, *tab).await
    }

    async fn seen_in(
        &self,
        login: &Login,
        request: &str,
        tab: Option<&str>,
    ) -> Result<Option<Seen>, Broken> {
        if let Some(seen) = self.in_tab(login, tab)? {
            return Ok(Some(seen));
        }
        let Ok(id) = RequestId::parse(request) else { return Ok(None) };
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

    async fn advance(&self, span: Span) -> Result<Prepared, Broken> {
        let wait = span.on_the_clock().ok_or_else(|| {
            Broken::new("the clock does not move by business days in this version")
        })?;
        let call = Call::Advance(self.bench.now().await? + wait);
        Ok(Prepared { call, request: None, person: None })
    }
}

/// Who looks at which request, and by what they say what they saw.
struct Window<'a> {
    login: &'a Login,
    request: &'a str,
    step: Option<&'a str>,
    tab: Option<&'a str>,
}

impl<'a> Window<'a> {
    fn of(doc: &'a DecideDoc) -> Self {
        Self {
            login: &doc.r#as,
            request: &doc.request,
            step: doc.step.as_deref(),
            tab: doc.tab.as_deref(),
        }
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

/// Under what a request is submitted; an id that cannot be one is that of nothing.
fn target(rule: Option<&str>, group: Option<&str>) -> Result<Result<Target, Refusal>, Broken> {
    let unknown = |field: &str, bad: BadId| Refusal::unread(Code::NotFound, field, bad.to_string());
    match (rule, group) {
        (Some(rule), None) => {
            Ok(RuleId::parse(rule).map(Target::Rule).map_err(|bad| unknown("rule", bad)))
        }
        (None, Some(group)) => Ok(RuleGroupId::parse(group)
            .map(Target::Group)
            .map_err(|bad| unknown("rule_group", bad))),
        (_, _) => Err(Broken::new("expected a `rule` or a `rule_group`")),
    }
}

fn time(field: &str, text: Option<&String>) -> Result<Option<DateTime<Utc>>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Ok(Some(time.with_timezone(&Utc))),
        Err(_) => {
            let message = format!("`{text}` is not a time in RFC 3339");
            Err(Refusal::unread(Code::Invalid, field, message))
        }
    }
}

fn read_submit(doc: &SubmitDoc, id: &str) -> Result<Submit, Refusal> {
    let id = RequestId::parse(id);
    Ok(Submit {
        id: id.map_err(|bad| Refusal::unread(Code::Invalid, "id", bad.to_string()))?,
        properties: doc.properties.clone(),
        items: doc.items.clone(),
        picks: doc.picks.clone(),
        target_users: doc.target_users.clone(),
        title: doc.title.clone().unwrap_or_else(|| "A request".to_owned()),
        reason: doc.reason.clone().unwrap_or_else(|| "For a good reason".to_owned()),
        urgent: doc.urgent,
        approval_expires: time("approval_expires", doc.approval_expires.as_ref())?,
        ends: time("ends", doc.ends.as_ref())?,
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

/// Why a command is none that the engine is called with.
fn unfit(command: &CommandDoc) -> Broken {
    Broken::new(format!("`{}` cannot stand inside another command", command.name()))
}
