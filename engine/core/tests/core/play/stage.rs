//! A play while it goes on.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use engine_core::{
    command::{Command, Decide, EngineCommand, Seen, Submit},
    decide::Changes,
    directory::{
        Directory, Grantee, Group, Node, NodeLevel, OrganizationRole, Resource, User, UserKind,
    },
    effect::{Effect, Timer},
    evaluate::View,
    event::Actor,
    ids::ExecutionId,
    money::Rates,
    organization::Organization,
    question::{Answers, Inquiry},
    rejection::Rejection,
    request::{Choice, ExecutionState, Request},
    value::Value,
};
use serde_json::{Value as Json, json};

use super::{
    mood::{Mood, end, end_of_revert},
    referee::Referee,
    script::{
        Change, Form, GROUPS, Member, Move, NODES, PEOPLE, RESOURCES, Saw, Script, Who, currency,
    },
};
use crate::office::{self, Office, id};

/// An office with its timers and its outbox.
pub(crate) struct Stage {
    pub(crate) office: Office,
    pub(crate) rule: Json,
    pub(crate) mood: Mood,
    /// The rate as it was when the request was submitted (DIR-7).
    pub(crate) dollar: Option<u32>,
    pub(crate) timers: BTreeMap<Timer, DateTime<Utc>>,
    pub(crate) queue: BTreeSet<ExecutionId>,
}

/// A command, and what came of it.
pub(crate) struct Turn {
    pub(crate) actor: Actor,
    pub(crate) command: Command,
    pub(crate) outcome: Result<Changes, Rejection>,
}

impl Stage {
    /// The stage as the play begins; none where the rule cannot be published.
    pub(crate) fn new(script: &Script) -> Option<Self> {
        let mut organization = organization(script);
        organization.rates = rates(script.dollar);
        let mut office = Office::try_new(organization, &script.rule).ok()?;
        let mood = Mood(script.mood);
        office.oracle = Arc::new(move |question| mood.answer(question));
        Some(Self {
            office,
            rule: script.rule.clone(),
            mood,
            dollar: script.dollar,
            timers: BTreeMap::new(),
            queue: BTreeSet::new(),
        })
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.office.organization.directory
    }

    pub(crate) fn referee<'a>(&'a self, request: &'a Request) -> Referee<'a> {
        Referee {
            directory: self.directory(),
            rule: &self.rule,
            request,
            at: self.office.at,
            mood: self.mood,
            dollar: self.dollar,
        }
    }

    /// Asks the core something about the request that is no command.
    pub(crate) fn look<T>(&self, ask: impl Fn(&View<'_>) -> T) -> T {
        let mut answers = Answers::new();
        loop {
            let inquiry = Inquiry::new(&answers);
            let view = View {
                organization: &self.office.organization,
                rule: &self.office.rule,
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
                if self.office.request.is_none() {
                    self.dollar = *dollar;
                }
            }
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
            | Move::Cancel { by, .. }
            | Move::Reevaluate { by }
            | Move::Run { by, .. }
            | Move::Retry { by, .. }
            | Move::Revoke { by, .. }
            | Move::Odd { by, .. } => {
                let command = self.command(step);
                return vec![(self.who(by, &command), command)];
            }
        }
        Vec::new()
    }

    fn submission(&self, step: &Move) -> Command {
        let Move::Submit { form, urgent, expires, ends, .. } = step else {
            panic!("{step:?} submits nothing");
        };
        let hours = |number: &u8| self.office.at + TimeDelta::hours(i64::from(*number) * 2 - 20);
        Command::Submit(Submit {
            id: id("r-1"),
            properties: properties(form),
            items: Vec::new(),
            picks: BTreeMap::new(),
            target_users: Vec::new(),
            title: "new server".to_owned(),
            reason: "the old one is full".to_owned(),
            urgent: *urgent,
            approval_expires: expires.as_ref().map(hours),
            ends: ends.as_ref().map(|number| hours(number) + TimeDelta::days(14)),
        })
    }

    fn command(&self, step: &Move) -> Command {
        let comment = |is_there: bool| if is_there { "fine with me" } else { "" }.to_owned();
        match step {
            Move::Decide { reject, comment: is_there, step, seen, .. } => Command::Decide(Decide {
                choice: if *reject { Choice::Reject } else { Choice::Approve },
                comment: Some(comment(*is_there)),
                concern: None,
                items: None,
                step: step.map(|step| id(&format!("s{}", step % 5))),
                seen: self.seen(seen),
            }),
            Move::Cancel { comment: is_there, seen, .. } => {
                Command::Cancel { comment: comment(*is_there), seen: self.seen(seen) }
            }
            Move::Reevaluate { .. } => Command::Reevaluate,
            Move::Run { execution, .. } => Command::Run(self.execution(*execution)),
            Move::Retry { execution, .. } => Command::Retry(self.execution(*execution)),
            Move::Revoke { execution, .. } => {
                Command::Revoke { execution: self.execution(*execution), comment: comment(true) }
            }
            Move::Odd { command, execution, attempt, end: how, .. } => {
                let execution = self.execution(*execution);
                Command::Engine(match command {
                    0 => EngineCommand::Expire,
                    1 => EngineCommand::Start(execution),
                    2 => EngineCommand::Finish {
                        execution,
                        attempt: u32::from(*attempt),
                        outcome: end(*how),
                    },
                    3 => EngineCommand::ExpireExecution(execution),
                    4 => EngineCommand::RetryDue(execution),
                    5 => EngineCommand::EndGrant(execution),
                    6 => EngineCommand::StartRevert(execution),
                    7 => EngineCommand::Recount,
                    _ => EngineCommand::FinishRevert { execution, outcome: end_of_revert(*how) },
                })
            }
            other => panic!("{other:?} is no command"),
        }
    }

    fn seen(&self, saw: &Saw) -> Option<Seen> {
        let request = self.office.request.as_ref()?;
        let step = request.active().map(|(step, _)| step.clone());
        let revision = request.revision;
        match saw {
            Saw::Nothing => None,
            Saw::Now => Some(Seen { revision, step }),
            Saw::OldRevision => Some(Seen { revision: revision - 1, step }),
            Saw::OtherStep => Some(Seen { revision, step: Some(id("s3")) }),
        }
    }

    fn who(&self, who: &Who, command: &Command) -> Actor {
        match who {
            Who::Anyone(number) => anyone(*number),
            Who::Stranger => office::person("stranger"),
            Who::Engine => Actor::Engine,
            Who::Requester => match &self.office.request {
                Some(request) => Actor::User(request.requester.clone()),
                None => anyone(0),
            },
            Who::Able(number) => {
                let able: Vec<Actor> = (0..PEOPLE)
                    .map(|number| office::person(&format!("p{number}")))
                    .filter(|person| self.office.try_out(person, command).is_ok())
                    .collect();
                match able.len() {
                    0 => anyone(*number),
                    several => able[usize::from(*number) % several].clone(),
                }
            }
        }
    }

    /// One of the request's executions, or one that nobody knows.
    fn execution(&self, number: u8) -> ExecutionId {
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
            ExecutionState::Running { .. } => EngineCommand::Finish {
                execution: id,
                attempt: execution.attempts,
                outcome: end(how),
            },
            ExecutionState::Revoking { .. } => {
                EngineCommand::FinishRevert { execution: id, outcome: end_of_revert(how) }
            }
            _ => return None,
        };
        Some((Actor::Engine, Command::Engine(command)))
    }

    /// The first timer that is due becomes a command, as the runtime makes it.
    fn due(&mut self, jump: bool) -> Option<(Actor, Command)> {
        let (timer, at) = self.timers.iter().min_by_key(|(_, at)| **at)?;
        let (timer, at) = (timer.clone(), *at);
        if at > self.office.at && !jump {
            return None;
        }
        self.office.at = self.office.at.max(at);
        self.timers.remove(&timer);
        let command = match timer {
            Timer::ApprovalExpiry => EngineCommand::Expire,
            Timer::ExecutionExpiry(id) => EngineCommand::ExpireExecution(id),
            Timer::ExecutionStart(id) | Timer::ExecutionRetry(id) | Timer::RevertRetry(id) => {
                EngineCommand::RetryDue(id)
            }
            Timer::GrantEnd(id) => EngineCommand::EndGrant(id),
            Timer::StepReminder => EngineCommand::Remind,
            Timer::StepDue => EngineCommand::Miss,
            Timer::UrgentReminder => EngineCommand::RemindUrgent,
            Timer::UrgentDue => EngineCommand::MissUrgent,
        };
        Some((Actor::Engine, Command::Engine(command)))
    }

    /// Keeps what a turn changed, timers and outbox too.
    pub(crate) fn keep(&mut self, actor: &Actor, changes: &Changes) {
        if self.office.request.is_none() {
            self.dollar = self.office.organization.rates.as_ref().map(cents_of_a_dollar);
        }
        self.office.keep(actor, changes);
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

fn anyone(number: u8) -> Actor {
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
    for (index, name) in RESOURCES.into_iter().enumerate() {
        let owner = (index == 0).then(|| id("p5"));
        directory.put_resource(Resource { id: id(name), name: name.to_owned(), owner });
    }
    organization
}

/// The form as a person sends it; the number 255 names what is not there.
fn properties(form: &Form) -> BTreeMap<String, Json> {
    let money =
        |(amount, dollars): (u16, bool)| json!(format!("{amount}.00 {}", currency(dollars)));
    let one_of = |number: u8, names: &[&str]| match number {
        255 => json!("nowhere"),
        _ => json!(names[usize::from(number) % names.len()]),
    };
    let owner = |number: u8| match number {
        255 => json!("nobody"),
        _ => json!(format!("p{}", usize::from(number) % PEOPLE)),
    };
    let length = |number: u8| match number {
        255 => json!("soon"),
        _ => json!(format!("{}h", number % 9 + 1)),
    };
    let values = [
        ("amount", form.amount.map(money)),
        ("fee", form.fee.map(money)),
        ("unit", form.unit.map(|number| one_of(number, &NODES))),
        ("owner", form.owner.map(owner)),
        ("db", form.db.map(|number| one_of(number, &RESOURCES))),
        ("code", form.code.then(|| json!("k-7"))),
        ("length", form.length.map(length)),
    ];
    values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
