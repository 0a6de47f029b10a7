//! Commands against a request: events and effects, questions, or a rejection.
//!
//! To add a command: a case in [`Command`], a file here with one `impl Draft` block, its events in
//! `event.rs` and `evolve.rs`, and scenarios that succeed and are refused.

mod advance;
mod cancel;
mod carry;
mod choose;
mod execution;
mod form;
mod grant;
mod narrow;
mod pick;
mod reassign;
mod seats;
mod submit;

use chrono::{DateTime, Utc};

use crate::{
    command::{Command, EngineCommand, Meta},
    directory::{OrganizationRole, User},
    effect::Effect,
    evaluate::View,
    event::{Actor, Event},
    evolve::evolve,
    ids::ExecutionId,
    organization::Organization,
    question::{Answers, Inquiry, Question},
    rejection::{Forbidden, Rejection},
    request::{Execution, Request},
    rule::Rule,
    visibility::sees,
};

/// Everything a decision may look at.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// People, rates, settings, as of now.
    pub organization: &'a Organization,
    /// The version that the request is, or would be, bound to.
    pub rule: &'a Rule,
    /// What scripts and plugins answered.
    pub answers: &'a Answers,
    /// When, by whom, through what.
    pub meta: &'a Meta,
}

/// What a command comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Decided {
    /// Decide again with the answers to these.
    Ask(Vec<Question>),
    /// Commit this.
    Done(Box<Changes>),
}

/// What is to be committed.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    /// The request after the events.
    pub request: Request,
    /// What happened, in order; none where the command changes nothing.
    pub events: Vec<Event>,
    /// What follows from it.
    pub effects: Vec<Effect>,
}

/// Decides a command.
///
/// # Errors
/// The first rejection by the order of DEC-9.
pub fn decide(
    request: Option<&Request>,
    command: &Command,
    context: &Context<'_>,
) -> Result<Decided, Rejection> {
    let inquiry = Inquiry::new(context.answers);
    let result = match (request, command) {
        (None, Command::Submit(submit)) => submit::submit(context, &inquiry, submit),
        (None, _) | (Some(_), Command::Submit(_)) => return Err(Rejection::NotFound),
        (Some(request), command) => {
            let mut draft = Draft::new(context, &inquiry, request.clone());
            draft.apply(command).map(|()| draft.finish())
        }
    };
    let open = inquiry.into_open();
    if open.is_empty() {
        result.map(|changes| Decided::Done(Box::new(changes)))
    } else {
        Ok(Decided::Ask(open))
    }
}

/// A request while a command is worked out: every event is applied at once, so that the rest of the
/// command sees it.
struct Draft<'a> {
    context: &'a Context<'a>,
    inquiry: &'a Inquiry<'a>,
    request: Request,
    events: Vec<Event>,
    effects: Vec<Effect>,
}

impl<'a> Draft<'a> {
    fn new(context: &'a Context<'a>, inquiry: &'a Inquiry<'a>, request: Request) -> Self {
        Self { context, inquiry, request, events: Vec::new(), effects: Vec::new() }
    }

    fn finish(self) -> Changes {
        Changes { request: self.request, events: self.events, effects: self.effects }
    }

    fn apply(&mut self, command: &Command) -> Result<(), Rejection> {
        match command {
            Command::Submit(_) => Err(Rejection::NotFound),
            Command::Decide(decide) => self.choose(decide),
            Command::Cancel { comment, seen } => self.cancel(comment, seen.as_ref()),
            Command::Reevaluate => self.reevaluate(),
            Command::AddApprover(approver) => self.add_approver(approver),
            Command::RemoveApprover(approver) => self.remove_approver(approver),
            Command::Reassign { to, comment, seen } => self.reassign(to, comment, seen.as_ref()),
            Command::Run(execution) => self.run(execution),
            Command::Retry(execution) => self.retry(execution),
            Command::Revoke { execution, comment } => self.revoke(execution, comment),
            Command::Engine(command) => self.engine(command),
        }
    }

    fn engine(&mut self, command: &EngineCommand) -> Result<(), Rejection> {
        if self.context.meta.actor != Actor::Engine {
            self.person()?;
            return Err(Rejection::Forbidden(Forbidden::OnlyAdministrators));
        }
        match command {
            EngineCommand::Expire => self.expire(),
            EngineCommand::Recount => self.recount(),
            EngineCommand::Start(execution) => self.start(execution),
            EngineCommand::Finish { execution, attempt, outcome } => {
                self.finish_attempt(execution, *attempt, outcome)
            }
            EngineCommand::ExpireExecution(execution) => self.expire_execution(execution),
            EngineCommand::RetryDue(execution) => self.retry_due(execution),
            EngineCommand::EndGrant(execution) => self.end_grant(execution),
            EngineCommand::StartRevert(execution) => self.start_revert(execution),
            EngineCommand::FinishRevert { execution, outcome } => {
                self.finish_revert(execution, outcome)
            }
        }
    }

    fn at(&self) -> DateTime<Utc> {
        self.context.meta.at
    }

    fn view(&self) -> View<'_> {
        View {
            organization: self.context.organization,
            rule: self.context.rule,
            request: &self.request,
            at: self.context.meta.at,
            inquiry: self.inquiry,
        }
    }

    fn record(&mut self, event: Event) {
        evolve(&mut self.request, &event, self.context.meta.at);
        self.events.push(event);
    }

    fn order(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// The person behind the command; everyone else, and everyone who may not see the request, gets
    /// *not found* (REQ-10, FIN-13).
    fn person(&self) -> Result<&'a User, Rejection> {
        let person = active_person(self.context)?;
        let directory = &self.context.organization.directory;
        if sees(directory, self.context.rule, &self.request, person, self.at()) {
            Ok(person)
        } else {
            Err(Rejection::NotFound)
        }
    }

    fn execution(&self, id: &ExecutionId) -> Result<&Execution, Rejection> {
        self.request.execution(id).ok_or(Rejection::NotFound)
    }

    fn wrong_status(&self, execution: Option<&ExecutionId>) -> Rejection {
        let state = execution.and_then(|id| self.request.execution(id));
        Rejection::WrongStatus {
            status: self.request.status(),
            execution: state.map(|execution| execution.state.as_str().to_owned()),
        }
    }

    /// A comment that is always required (DEC-1).
    fn comment(&self, comment: Option<&str>, required: bool) -> Result<String, Rejection> {
        let settings = &self.context.organization.settings.comments;
        let text = comment.unwrap_or_default().trim();
        let length = text.chars().count();
        if text.is_empty() && !required {
            return Ok(String::new());
        }
        if length < settings.min as usize || length > settings.max as usize {
            let (min, max) = (settings.min, settings.max);
            let message = format!("expected {min} to {max} characters, found {length}");
            return Err(Rejection::invalid("comment", message));
        }
        Ok(text.to_owned())
    }
}

fn active_person<'a>(context: &Context<'a>) -> Result<&'a User, Rejection> {
    match &context.meta.actor {
        Actor::User(id) => context.organization.directory.active(id).ok_or(Rejection::NotFound),
        Actor::Engine => Err(Rejection::NotFound),
    }
}

/// The owner and administrators.
fn is_administrator(person: &User) -> bool {
    match person.role {
        OrganizationRole::Owner | OrganizationRole::Administrator => true,
        OrganizationRole::WorkflowManager | OrganizationRole::Auditor | OrganizationRole::User => {
            false
        }
    }
}
