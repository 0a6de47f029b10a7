//! A play while it goes on.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use engine_core::{
    command::{Command, EngineCommand},
    decide::Changes,
    directory::{
        Delegation, Directory, Grantee, Group, Node, NodeLevel, OrganizationRole, Resource, User,
        UserKind,
    },
    effect::{Effect, Timer},
    evaluate::View,
    event::{Actor, Event},
    ids::{ExecutionId, UserId},
    money::Rates,
    organization::Organization,
    question::{Answers, Inquiry},
    rejection::Rejection,
    request::{ExecutionState, Phase, Request},
    value::Value,
    visibility,
};
use serde_json::Value as Json;

use super::{
    commands::files,
    mood::{Mood, end, end_of_revert},
    referee::Referee,
    script::{Act, Change, GROUPS, ITEMS, Member, Move, NODES, PEOPLE, Script, Who},
    world::World,
};
use crate::office::{self, Office, id};

/// An office with its timers and its outbox.
pub(crate) struct Stage {
    pub(crate) office: Office,
    /// The rule's document, or those of a group in their order.
    pub(crate) rules: Vec<Json>,
    pub(crate) mood: Mood,
    /// The rate as it was when the request was submitted (DIR-7).
    pub(crate) dollar: Option<u32>,
    pub(crate) timers: BTreeMap<Timer, DateTime<Utc>>,
    pub(crate) queue: BTreeSet<ExecutionId>,
    /// Where executors work.
    pub(crate) world: World,
    /// Who stands in for whom.
    pub(crate) delegations: Vec<Delegation>,
}

/// A command, and what came of it.
pub(crate) struct Turn {
    pub(crate) actor: Actor,
    pub(crate) command: Command,
    /// The request as it was.
    pub(crate) before: Option<Request>,
    pub(crate) outcome: Result<Changes, Rejection>,
}

impl Stage {
    /// The stage as the play begins; none where the rule cannot be published.
    pub(crate) fn new(script: &Script) -> Option<Self> {
        let mut organization = organization(script);
        organization.rates = rates(script.dollar);
        let is_group = !script.others.is_empty();
        let all = std::iter::once(&script.rule).chain(&script.others);
        let rules: Vec<Json> = all
            .filter(|rule| !is_group || Office::try_new(organization.clone(), rule).is_ok())
            .cloned()
            .collect();
        let (rule, others) =
            rules.split_first().filter(|(_, others)| others.is_empty() != is_group)?;
        let mut office = Office::try_new(organization, rule).ok()?;
        if is_group {
            office = office.with_group(others).ok()?;
        }
        let mood = Mood(script.mood);
        office.oracle = Arc::new(move |question| mood.answer(question));
        Some(Self {
            office,
            rules,
            mood,
            dollar: script.dollar,
            timers: BTreeMap::new(),
            queue: BTreeSet::new(),
            world: World::with(mood.had_before()),
            delegations: Vec::new(),
        })
    }

    /// What a command comes to; nothing is changed. What is asked for again becomes a request of its own.
    pub(crate) fn try_out(&self, actor: &Actor, command: &Command) -> Result<Changes, Rejection> {
        let is_new = matches!(command, Command::Resubmit(_));
        let request = self.office.request.as_ref().filter(|_| !is_new);
        self.office.decide(request, actor, command)
    }

    pub(crate) fn turn(&self, actor: Actor, command: Command) -> Turn {
        let outcome = self.try_out(&actor, &command);
        Turn { actor, command, before: self.office.request.clone(), outcome }
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.office.organization.directory
    }

    pub(crate) fn referee<'a>(&'a self, request: &'a Request) -> Referee<'a> {
        Referee {
            directory: self.directory(),
            rule: self.document(request),
            request,
            at: self.office.at,
            mood: self.mood,
            dollar: self.dollar,
            delegations: &self.delegations,
        }
    }

    /// The document of the rule that governs a request.
    pub(crate) fn document(&self, request: &Request) -> &Json {
        self.rules.iter().find(|rule| rule["rule"] == request.rule.as_str()).unwrap()
    }

    /// REQ-10, as the core has it.
    pub(crate) fn sees(&self, request: &Request, person: &User) -> bool {
        visibility::sees(
            self.directory(),
            self.office.rule_of(request),
            request,
            person,
            self.office.at,
        )
    }

    /// Asks the core something about the request that is no command.
    pub(crate) fn look<T>(&self, ask: impl Fn(&View<'_>) -> T) -> T {
        let mut answers = Answers::new();
        loop {
            let inquiry = Inquiry::new(&answers);
            let view = View {
                organization: &self.office.organization,
                rule: self.office.rule_of(self.office.request()),
                request: self.office.request(),
                at: self.office.at,
                inquiry: &inquiry,
            };
            let answer = ask(&view);
            let open = inquiry.into_open();
            if open.is_empty() {
                return answer;
            }
            answers.extend(
                open.iter().map(|question| (question.key(), (self.office.oracle)(question))),
            );
        }
    }

    /// Whether nothing is left that this move could be about.
    pub(crate) fn is_idle(&self, step: &Move) -> bool {
        use Act::{
            Confirm, DeleteDraft, Download, Edit, LinkFile, PassReview, Restart, Resubmit,
            SaveDraft, SubmitDraft, Withdraw,
        };
        let act = match step {
            Move::Act { act, .. } => Some(act),
            _ => None,
        };
        let Some(request) = &self.office.request else {
            return !matches!(step, Move::Submit { .. });
        };
        match request.phase {
            Phase::Draft => !matches!(act, Some(SubmitDraft(_) | SaveDraft(_) | DeleteDraft)),
            Phase::InReview => match step {
                Move::Act { act, .. } => !matches!(act, PassReview | Restart | Edit(_)),
                Move::Decide { .. } | Move::Odd { .. } => true,
                _ => false,
            },
            Phase::Open => matches!(act, Some(SubmitDraft(_) | SaveDraft(_) | Resubmit)),
            Phase::Approved { .. } => match step {
                Move::Act { act, .. } => {
                    !matches!(act, Confirm | Resubmit | LinkFile(_) | Download(_))
                }
                Move::Decide { .. } | Move::Reevaluate { .. } => true,
                _ => false,
            },
            Phase::Rejected { .. } => !matches!(act, Some(Withdraw { .. } | Edit(_) | Resubmit)),
            Phase::Cancelled { .. } | Phase::Expired { .. } => !matches!(act, Some(Resubmit)),
        }
    }

    /// The commands of a move; none for those that change the world around the request.
    pub(crate) fn commands(&mut self, step: &Move) -> Vec<(Actor, Command)> {
        match step {
            Move::Wait(minutes) => self.office.wait(TimeDelta::minutes(i64::from(*minutes))),
            Move::Person { who, change } => self.change_person(*who, change),
            Move::Mood(mood) => {
                let mood = Mood(*mood);
                self.mood = mood;
                self.office.oracle = Arc::new(move |question| mood.answer(question));
            }
            Move::Dollar(dollar) => {
                self.office.organization.rates = rates(*dollar);
                if self.office.request.as_ref().is_none_or(Request::is_draft) {
                    self.dollar = *dollar;
                }
            }
            Move::Delegate { of, to, from, hours } => self.delegate(*of, *to, *from, *hours),
            Move::Mend => {
                for who in 0..PEOPLE {
                    let login = format!("p{who}");
                    self.office.change_user(&login, |user| {
                        user.active = true;
                        user.groups = groups(u8::MAX);
                    });
                }
                let command = Command::Reevaluate;
                return vec![(self.who(&Who::Able(0), &command), command)];
            }
            Move::Wake { jump } => return self.due(*jump).into_iter().collect(),
            Move::Work { execution, end } => {
                return self.work(*execution, *end).into_iter().collect();
            }
            // The first ones of a play are there in case that one is refused.
            Move::Submit { first: true, .. } if self.office.request.is_some() => {}
            Move::Submit { by, .. } => return vec![(anyone(*by), self.submission(step))],
            Move::Decide { by, .. }
            | Move::Act { by, .. }
            | Move::Cancel { by, .. }
            | Move::Reevaluate { by }
            | Move::Run { by, .. }
            | Move::Retry { by, .. }
            | Move::Use { by, .. }
            | Move::Revoke { by, .. }
            | Move::Odd { by, .. } => {
                let command = self.command(step);
                return vec![(self.who(by, &command), command)];
            }
        }
        Vec::new()
    }

    fn who(&self, who: &Who, command: &Command) -> Actor {
        // Mostly whose link it is: few of all people have one.
        if let (Command::Download { execution, .. }, false) =
            (command, matches!(who, Who::Stranger))
            && let Some(found) = self.office.request.as_ref().and_then(|it| it.execution(execution))
            && let Some(link) = found.files.links.last()
        {
            return Actor::User(link.of.clone());
        }
        match who {
            Who::Anyone(number) => anyone(*number),
            Who::Stranger => office::person("stranger"),
            Who::Engine => Actor::Engine,
            Who::Requester => match &self.office.request {
                Some(request) => Actor::User(request.requester.clone()),
                None => anyone(0),
            },
            Who::Able(number) => {
                let everybody = (0..PEOPLE).map(|number| office::person(&format!("p{number}")));
                let tried: Vec<(Actor, Result<Changes, Rejection>)> = everybody
                    .map(|person| (person.clone(), self.try_out(&person, command)))
                    .collect();
                let one_of = |fits: &dyn Fn(&Result<Changes, Rejection>) -> bool| {
                    let fitting: Vec<&Actor> =
                        tried.iter().filter(|(_, end)| fits(end)).map(|(who, _)| who).collect();
                    let index = usize::from(*number) % fitting.len().max(1);
                    fitting.get(index).map(|actor| (*actor).clone())
                };
                // Who hears at least why not is of more use than who sees nothing.
                one_of(&Result::is_ok)
                    .or_else(|| one_of(&|end| *end != Err(Rejection::NotFound)))
                    .unwrap_or_else(|| anyone(*number))
            }
        }
    }

    /// One of the request's executions, or one that nobody knows.
    pub(super) fn execution(&self, number: u8) -> ExecutionId {
        let executions = self.office.request.iter().flat_map(|request| &request.executions);
        let ids: Vec<ExecutionId> = executions.map(|execution| execution.id.clone()).collect();
        match ids.len() {
            0 => id("unknown"),
            _ if number == 255 => id("unknown"),
            several => ids[usize::from(number) % several].clone(),
        }
    }

    /// What the outbox would do with a queued execution, by its state alone.
    fn work(&self, number: u8, how: u8) -> Option<(Actor, Command)> {
        let request = self.office.request.as_ref()?;
        let id = self.queue.iter().nth(usize::from(number) % self.queue.len().max(1))?.clone();
        let execution = request.execution(&id)?;
        let command = match execution.state {
            ExecutionState::Scheduled { .. } => EngineCommand::Start(id),
            ExecutionState::Running { .. }
                if execution.files.is_empty() && how.is_multiple_of(2) =>
            {
                EngineCommand::FilesMade { execution: id, files: files() }
            }
            ExecutionState::Running { .. } => EngineCommand::Finish {
                execution: id,
                attempt: execution.attempts,
                outcome: self.world.end(execution, end(how)),
            },
            ExecutionState::Revoking { .. } => {
                self.world.take_back(request, execution, end_of_revert(how))?
            }
            _ => return None,
        };
        Some((Actor::Engine, Command::Engine(command)))
    }

    /// The first timer that is due becomes a command, as the runtime makes it.
    fn due(&mut self, jump: bool) -> Option<(Actor, Command)> {
        let (timer, at) = self.timers.iter().min_by_key(|(_, at)| **at)?;
        let (timer, at) = (timer.clone(), *at);
        // Of those that do not expire, nothing is lost by it.
        let is_free = |request: &Request| request.urgent || request.has_ended();
        let jump = jump || self.office.request.as_ref().is_some_and(is_free);
        if at > self.office.at && !jump {
            return None;
        }
        self.office.at = self.office.at.max(at);
        self.timers.remove(&timer);
        if let Timer::FilesEnd(id) = &timer
            && self.files_are_over(id)
        {
            // Now their contents go, of which the request knows nothing.
            return None;
        }
        let command = match timer {
            Timer::ApprovalExpiry => EngineCommand::Expire,
            Timer::ExecutionExpiry(id) => EngineCommand::ExpireExecution(id),
            Timer::ExecutionStart(id) | Timer::ExecutionRetry(id) | Timer::RevertRetry(id) => {
                EngineCommand::RetryDue(id)
            }
            Timer::GrantEnd(id) => EngineCommand::EndGrant(id),
            Timer::FilesEnd(id) => EngineCommand::EndFiles(id),
            Timer::StepReminder => EngineCommand::Remind,
            Timer::StepDue => EngineCommand::Miss,
            Timer::UrgentReminder => EngineCommand::RemindUrgent,
            Timer::UrgentDue => EngineCommand::MissUrgent,
        };
        Some((Actor::Engine, Command::Engine(command)))
    }

    fn files_are_over(&self, id: &ExecutionId) -> bool {
        let execution = self.office.request.as_ref().and_then(|request| request.execution(id));
        execution.is_some_and(|it| it.files.deleted.is_some() && !it.state.may_make_files())
    }

    /// Whether the files of an execution are still to come to their end.
    pub(crate) fn has_files_end(&self, id: &ExecutionId) -> bool {
        self.timers.contains_key(&Timer::FilesEnd(id.clone()))
    }

    /// Whether the runtime would not commit it now, but let it wait for another execution (EXE-6c).
    pub(crate) fn waits_for_a_right(&self, turn: &Turn) -> bool {
        let is_new = matches!(turn.command, Command::Resubmit(_));
        let before = turn.before.as_ref().filter(|_| !is_new);
        turn.outcome.as_ref().is_ok_and(|now| self.world.is_in_use(before, &now.request))
    }

    /// Keeps what a turn changed, timers and outbox too.
    pub(crate) fn keep(&mut self, actor: &Actor, command: &Command, changes: &Changes) {
        if matches!(command, Command::Resubmit(_)) {
            self.forget();
        }
        self.world.keep(self.office.request.as_ref(), command, changes);
        self.office.keep(actor, changes);
        let is_submitted = |event: &Event| matches!(event, Event::RequestSubmitted(_));
        if changes.request.is_draft() || changes.events.iter().any(is_submitted) {
            self.dollar = self.office.organization.rates.as_ref().map(cents_of_a_dollar);
        }
        for effect in &changes.effects {
            match effect {
                Effect::Queue(execution) => {
                    self.queue.insert(execution.clone());
                }
                Effect::Unqueue(execution) => {
                    self.queue.remove(execution);
                }
                Effect::SetTimer(timer, at) => {
                    self.timers.insert(timer.clone(), *at);
                }
                Effect::ClearTimer(timer) => {
                    self.timers.remove(timer);
                }
                Effect::Execute(_) | Effect::Revert(_) | Effect::Notify(_) => {}
            }
        }
        if changes.is_deletion() {
            self.forget();
        }
    }

    /// The play goes on with another request.
    fn forget(&mut self) {
        self.office.request = None;
        self.office.records.clear();
        self.timers.clear();
        self.queue.clear();
        self.world = World::with(self.mood.had_before());
    }

    /// No chains (FIN-6), which the runtime refuses; whose days are over are not in the way.
    fn delegate(&mut self, of: u8, to: Option<u8>, from: u8, hours: u8) {
        let at = self.office.at;
        let name = |who: u8| id(&format!("p{who}"));
        let of: UserId = name(of);
        self.delegations.retain(|known| known.of != of && known.ends > at);
        if let Some(to) = to.map(name) {
            let chain = |known: &Delegation| known.of == to || known.to == of;
            if of != to && !self.delegations.iter().any(chain) {
                let starts = at + TimeDelta::hours(i64::from(from) / 16 - 12);
                let ends = at + TimeDelta::hours(i64::from(hours) + 4);
                self.delegations.push(Delegation { of, to, starts, ends });
            }
        }
        let directory = Arc::make_mut(&mut self.office.organization.directory);
        directory.set_delegations(self.delegations.clone());
    }

    fn change_person(&mut self, who: u8, change: &Change) {
        let login = format!("p{who}");
        self.office.change_user(&login, |user| match change {
            Change::Active(active) => user.active = *active,
            Change::Groups(mask) => user.groups = groups(*mask),
            Change::Manager(manager) => set_manager(user, *manager),
        });
    }
}

pub(super) fn anyone(number: u8) -> Actor {
    office::person(&format!("p{}", usize::from(number) % PEOPLE))
}

fn cents_of_a_dollar(rates: &Rates) -> u32 {
    let rate = rates.rates.values().next().unwrap();
    u32::try_from(rate.mantissa() * 100 / 10_i128.pow(rate.scale())).unwrap()
}

fn rates(dollar: Option<u32>) -> Option<Rates> {
    let rate = format!("{}.{:02}", dollar? / 100, dollar? % 100);
    Some(Rates {
        base: id("EUR"),
        as_of: "2026-03-01".parse().unwrap(),
        rates: [(id("USD"), rate.parse().unwrap())].into(),
    })
}

fn groups(mask: u8) -> BTreeSet<engine_core::ids::GroupId> {
    (0..GROUPS)
        .filter(|group| mask & (1 << group) != 0)
        .map(|group| id(&format!("g{group}")))
        .collect()
}

fn set_manager(user: &mut User, manager: Option<u8>) {
    match manager {
        Some(manager) => {
            user.properties.insert(id("manager"), Value::User(id(&format!("p{manager}"))));
        }
        None => {
            user.properties.remove("manager");
        }
    }
}

fn member(index: usize, member: &Member) -> User {
    let role = match (index, member.role) {
        (0, _) => OrganizationRole::Owner,
        (_, 1) => OrganizationRole::Administrator,
        (_, 2) => OrganizationRole::Auditor,
        (_, 3) => OrganizationRole::WorkflowManager,
        (_, _) => OrganizationRole::User,
    };
    let mut user = office::user(&format!("p{index}"), role, &[]);
    user.active = member.active;
    user.kind = if member.service { UserKind::Service } else { UserKind::Person };
    user.groups = groups(member.groups);
    set_manager(&mut user, member.manager);
    user
}

fn organization(script: &Script) -> Organization {
    let people = script.people.iter().enumerate().map(|(index, person)| member(index, person));
    let mut organization = office::organization(people);
    let directory = Arc::make_mut(&mut organization.directory);
    for group in 0..GROUPS {
        let name = format!("g{group}");
        directory.put_group(Group { id: id(&name), name });
    }
    for (index, name) in NODES.into_iter().enumerate() {
        let here = script.grants.iter().filter(|(node, ..)| usize::from(*node) == index);
        let permissions = here.map(|(_, level, grantee)| {
            let grantee = match grantee {
                Ok(group) => Grantee::Group(id(&format!("g{group}"))),
                Err(user) => Grantee::User(id(&format!("p{user}"))),
            };
            (grantee, [NodeLevel::Read, NodeLevel::Edit, NodeLevel::Create][usize::from(*level)])
        });
        directory.put_node(Node {
            id: id(name),
            name: name.to_owned(),
            parent: (index > 0).then(|| id(NODES[0])),
            permissions: permissions.collect(),
        });
    }
    for (index, name) in ITEMS.into_iter().enumerate() {
        let owner = [Some("p5"), None, Some("p6")][index].map(id);
        directory.put_resource(Resource { id: id(name), name: name.to_owned(), owner });
    }
    organization
}
