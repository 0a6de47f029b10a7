//! Commands against a request: events and effects, questions, or a rejection.
//!
//! To add a command: a case in [`Command`], a file here with one `impl Draft` block, its events in
//! `event.rs` and `evolve.rs`, and scenarios that succeed and are refused.

mod advance;
pub mod attach;
mod cancel;
mod carry;
mod choose;
mod confirm;
mod draft;
mod due;
mod edit;
mod execution;
mod files;
mod first_use;
mod force;
mod form;
mod grant;
mod hold;
mod moves;
mod narrow;
mod pick;
mod reassign;
mod replace;
mod resubmit;
mod review;
mod route;
mod seats;
mod send_back;
mod submit;
pub mod talk;
mod withdraw;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::{
    command::{Command, EngineCommand, Meta},
    directory::{OrganizationRole, User},
    effect::{Effect, Timer},
    evaluate::View,
    event::{Actor, Event},
    evolve::evolve,
    ids::{ExecutionId, UserId},
    notice::{Notice, Told},
    organization::Organization,
    question::{Answers, Inquiry, Question},
    rejection::{Forbidden, Rejection, Unfit, WrongText},
    request::{Execution, Request, Talk},
    rule::{Route, Rule},
    visibility::sees,
    wake::wakes,
};

/// Everything a decision may look at.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// People, rates, settings, as of now.
    pub organization: &'a Organization,
    /// The version that the request is, or would be, bound to.
    pub rule: &'a Rule,
    /// The rules that it may come under.
    pub route: Route<'a>,
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
    /// Who is told what (DUE-4).
    pub told: Vec<Told>,
}

impl Changes {
    /// Whether nothing is left of the request but what happened to it: a draft was thrown away.
    #[must_use]
    pub fn is_deletion(&self) -> bool {
        matches!(self.events.last(), Some(Event::DraftDeleted { .. }))
    }
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
        (None, Command::Submit(submit)) => {
            submit::submit(context, &inquiry, submit, 1, Talk::default())
        }
        (None, Command::SaveDraft(submit)) => draft::save(context, &inquiry, submit),
        (None, Command::Resubmit(resubmit)) => resubmit::resubmit(context, &inquiry, resubmit),
        (None, _) | (Some(_), Command::Submit(_) | Command::Resubmit(_)) => {
            return Err(Rejection::NotFound);
        }
        (Some(request), command) => {
            let mut draft = Draft::new(context, &inquiry, request.clone());
            draft.apply(command).map(|()| {
                if context.meta.actor != Actor::Engine {
                    draft.touched();
                }
                draft.finish()
            })
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
    context: Context<'a>,
    inquiry: &'a Inquiry<'a>,
    request: Request,
    events: Vec<Event>,
    effects: Vec<Effect>,
    /// Notices to people whom the state no longer shows.
    told: Vec<Told>,
    /// What the request was to be woken for before the command.
    wakes: BTreeMap<Timer, DateTime<Utc>>,
}

impl<'a> Draft<'a> {
    fn new(context: &Context<'a>, inquiry: &'a Inquiry<'a>, request: Request) -> Self {
        let wakes = wakes(&request, context.organization);
        let (events, effects, told) = (Vec::new(), Vec::new(), Vec::new());
        Self { context: *context, inquiry, request, events, effects, told, wakes }
    }

    /// A request that nothing is known of yet.
    fn first(context: &Context<'a>, inquiry: &'a Inquiry<'a>, request: Request) -> Self {
        Self { wakes: BTreeMap::new(), ..Self::new(context, inquiry, request) }
    }

    fn finish(mut self) -> Changes {
        self.set_wakes();
        let told = self.told();
        Changes { request: self.request, events: self.events, effects: self.effects, told }
    }

    /// Sets and clears the timers of due dates, as far as the command has changed them.
    fn set_wakes(&mut self) {
        let now = wakes(&self.request, self.context.organization);
        for timer in self.wakes.keys().filter(|timer| !now.contains_key(*timer)) {
            self.effects.push(Effect::ClearTimer(timer.clone()));
        }
        for (timer, at) in now {
            if self.wakes.get(&timer) != Some(&at) {
                self.effects.push(Effect::SetTimer(timer, at));
            }
        }
    }

    /// Who is told what was ordered to be told, by the state that the command leads to.
    fn told(&self) -> Vec<Told> {
        let view = self.view();
        let notices = self.effects.iter().filter_map(|effect| match effect {
            Effect::Notify(notice) => Some(notice),
            Effect::Queue(_)
            | Effect::Unqueue(_)
            | Effect::Execute(_)
            | Effect::Revert(_)
            | Effect::SetTimer(..)
            | Effect::ClearTimer(_) => None,
        });
        let by_state =
            notices.map(|notice| Told { notice: notice.clone(), to: view.addressees(notice) });
        let named = self.told.iter().map(|told| Told {
            notice: told.notice.clone(),
            to: told.to.iter().filter(|id| view.hears(id)).cloned().collect(),
        });
        let mut told: Vec<Told> = named.chain(by_state).collect();
        for Told { notice, to } in &mut told {
            to.retain(|person| self.context.organization.tells(person, notice));
        }
        told.retain(|told| !told.to.is_empty());
        told
    }

    fn apply(&mut self, command: &Command) -> Result<(), Rejection> {
        match command {
            Command::Submit(_) | Command::Resubmit(_) => Err(Rejection::NotFound),
            Command::SaveDraft(submit) => self.save_again(submit),
            Command::SubmitDraft(edit) => self.submit_draft(edit),
            Command::DeleteDraft => self.delete_draft(),
            Command::Edit(edit) => self.edit(edit),
            Command::PassReview(note) => self.pass_review(note),
            Command::ReturnToReview(note) => self.return_to_review(note),
            Command::Decide(decide) => self.choose(decide),
            Command::Cancel { comment, seen } => self.cancel(comment, seen.as_ref()),
            Command::Comment { text } => self.say(text),
            Command::Watch(user) => self.watch(user),
            Command::Leave => self.leave(),
            Command::Attach(attach) => self.attach(attach),
            Command::RemoveAttachment { number } => self.remove_attachment(*number),
            Command::Confirm { comment } => self.confirm(comment),
            Command::SendBack(send_back) => self.send_back(send_back),
            Command::Withdraw { comment, step, seen } => {
                self.withdraw(comment, step.as_ref(), seen.as_ref())
            }
            Command::Force { choice, comment, seen } => self.force(*choice, comment, seen.as_ref()),
            Command::Hold { comment, seen } => self.hold(comment, seen.as_ref()),
            Command::Release { comment, seen } => self.release_hold(comment, seen.as_ref()),
            Command::Reevaluate => self.reevaluate(),
            Command::Restart(restart) => self.restart(restart),
            Command::AddApprover(approver) => self.add_approver(approver),
            Command::RemoveApprover(approver) => self.remove_approver(approver),
            Command::Reassign { to, comment, seen } => self.reassign(to, comment, seen.as_ref()),
            Command::Run(execution) => self.run(execution),
            Command::Retry(execution) => self.retry(execution),
            Command::Use(execution) => self.report_use(execution),
            Command::Revoke { execution, comment } => self.revoke(execution, comment),
            Command::LinkFile { execution, file, hash } => self.link_file(execution, file, hash),
            Command::Download { execution, file, hash } => self.download(execution, file, hash),
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
            EngineCommand::Remind => self.remind(),
            EngineCommand::Miss => self.miss(),
            EngineCommand::RemindUrgent => self.remind_urgent(),
            EngineCommand::MissUrgent => self.miss_urgent(),
            EngineCommand::Recount => self.recount(),
            EngineCommand::Restart(order) => self.follow(order),
            EngineCommand::Replace { from, to } => self.replace(from, to),
            EngineCommand::Start(execution) => self.start(execution),
            EngineCommand::Finish { execution, attempt, outcome } => {
                self.finish_attempt(execution, *attempt, outcome)
            }
            EngineCommand::ExpireExecution(execution) => self.expire_execution(execution),
            EngineCommand::RetryDue(execution) => self.retry_due(execution),
            EngineCommand::EndGrant(execution) => self.end_grant(execution),
            EngineCommand::StartRevert(execution, shared) => self.start_revert(execution, shared),
            EngineCommand::FinishRevert { execution, outcome } => {
                self.finish_revert(execution, outcome)
            }
            EngineCommand::FilesMade { execution, files } => self.files_made(execution, files),
            EngineCommand::EndFiles(execution) => self.end_files(execution),
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

    /// Tells people who are named here, and not worked out by what the command leads to.
    fn tell(&mut self, notice: Notice, to: BTreeSet<UserId>) {
        self.told.push(Told { notice, to });
    }

    fn order(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// The person behind the command; everyone else, and everyone who may not see the request, gets
    /// *not found* (REQ-10, FIN-13).
    fn person(&self) -> Result<&'a User, Rejection> {
        let person = active_person(&self.context)?;
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
        let found = execution.and_then(|id| self.request.execution(id));
        let why = found.map(|found| {
            let opens = self.opens(&found.id).filter(|opens| *opens > self.at());
            let (execution, state) = (found.id.clone(), found.state.clone());
            Box::new(Unfit::Execution { execution, state, opens })
        });
        Rejection::WrongStatus { status: self.request.status(), why }
    }

    /// A status that does not say by itself why a command does not fit.
    fn unfit(&self, why: Unfit) -> Rejection {
        Rejection::WrongStatus { status: self.request.status(), why: Some(Box::new(why)) }
    }

    /// A comment that is always required (DEC-1).
    fn comment(&self, comment: Option<&str>, required: bool) -> Result<String, Rejection> {
        let settings = &self.context.organization.settings.comments;
        let text = comment.unwrap_or_default().trim();
        if text.is_empty() && !required {
            return Ok(String::new());
        }
        match wrong_length(text, settings.min, settings.max) {
            Some(wrong) => Err(Rejection::invalid("comment", wrong)),
            None => Ok(text.to_owned()),
        }
    }
}

/// What is wrong with the length of a text, in characters.
fn wrong_length(text: &str, least: u32, most: u32) -> Option<WrongText> {
    let found = text.chars().count();
    match found {
        0 if least > 0 => Some(WrongText::Empty { least }),
        _ if found < least as usize => Some(WrongText::TooShort { found, least }),
        _ if found > most as usize => Some(WrongText::TooLong { found, most }),
        _ => None,
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
