//! An organization, a rule and one request, decided in memory.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use engine_core::{
    command::{AttemptOutcome, Command, Decide, Edit, EngineCommand, Meta, Note, Submit},
    decide::{Changes, Context, Decided, decide},
    directory::{Directory, Group, OrganizationRole, User, UserKind},
    event::{Actor, Recorded},
    extension::{Plan, Receipt, Verdict},
    ids::{ExecutionId, PropertyName, RuleGroupId},
    organization::Organization,
    question::{Answer, Answers, Ask, Question},
    rejection::Rejection,
    request::{Choice, Request},
    rule::{Definition, Names, Problem, Route, Rule, World, compile},
    value::PropertyType,
};
use serde_json::Value as Json;

/// More rounds of questions than any command needs.
const MAX_ROUNDS: usize = 20;

/// Answers in the place of scripts and plugins.
pub(crate) type Oracle = Arc<dyn Fn(&Question) -> Answer + Send + Sync>;

/// An organization, a rule and one request.
#[derive(Clone)]
pub(crate) struct Office {
    pub(crate) organization: Organization,
    /// The rule, or the first of a group.
    pub(crate) rule: Arc<Rule>,
    /// A rule group, with all its rules in their order (RUL-4).
    pub(crate) group: Option<(RuleGroupId, Vec<Arc<Rule>>)>,
    pub(crate) request: Option<Request>,
    /// What happened to the request, oldest first.
    pub(crate) records: Vec<Recorded>,
    /// What the clock shows.
    pub(crate) at: DateTime<Utc>,
    pub(crate) oracle: Oracle,
}

impl Office {
    /// An office where every extension says yes.
    pub(crate) fn new(organization: Organization, rule: &Json) -> Self {
        Self::try_new(organization, rule).expect("the rule is right")
    }

    pub(crate) fn try_new(organization: Organization, rule: &Json) -> Result<Self, Vec<Problem>> {
        let rule = Self::compiled(&organization, rule)?;
        let oracle: Oracle = Arc::new(yes);
        let at = "2026-03-02T09:00:00Z".parse().unwrap();
        let (group, request, records) = (None, None, Vec::new());
        Ok(Self { organization, rule, group, request, records, at, oracle })
    }

    fn compiled(organization: &Organization, rule: &Json) -> Result<Arc<Rule>, Vec<Problem>> {
        let definition: Definition = serde_json::from_value(rule.clone()).expect("a rule document");
        let scripts = ["freeze.rhai", "chain.rhai"].map(id).into();
        let plugins = [
            (id("calendar"), World::Condition),
            (id("org-chart"), World::Approvers),
            (id("sql"), World::Executor),
            (id("access"), World::Executor),
        ];
        let plugins = plugins.map(|(id, world)| (id, [world].into())).into();
        let names = Names::of_today(organization, &scripts, &plugins);
        Ok(Arc::new(compile(&definition, 1, &names)?.rule))
    }

    /// The same with a group of several rules, of which this one is the first (RUL-4).
    pub(crate) fn with_group(mut self, others: &[Json]) -> Result<Self, Vec<Problem>> {
        let mut rules = vec![Arc::clone(&self.rule)];
        for rule in others {
            rules.push(Self::compiled(&self.organization, rule)?);
        }
        self.group = Some((id("all"), rules));
        Ok(self)
    }

    /// The rule that governs a request.
    pub(crate) fn rule_of(&self, request: &Request) -> &Arc<Rule> {
        let rules = self.group.iter().flat_map(|(_, rules)| rules);
        let mut all = std::iter::once(&self.rule).chain(rules);
        all.find(|rule| rule.id == request.rule).expect("a rule that there is")
    }

    /// The request.
    pub(crate) fn request(&self) -> &Request {
        self.request.as_ref().expect("a request was submitted")
    }

    /// What a command comes to, with every question answered; nothing is changed.
    pub(crate) fn try_out(&self, actor: &Actor, command: &Command) -> Result<Changes, Rejection> {
        self.decide(self.request.as_ref(), actor, command)
    }

    /// The same, for a request that is kept elsewhere.
    pub(crate) fn decide(
        &self,
        request: Option<&Request>,
        actor: &Actor,
        command: &Command,
    ) -> Result<Changes, Rejection> {
        let meta = Meta { at: self.at, actor: actor.clone(), via: "test".to_owned() };
        let mut answers = Answers::new();
        let governed = match command {
            Command::Resubmit(resubmit) => Some(&*resubmit.old),
            _ => request,
        };
        let rule = governed.map_or(&self.rule, |request| self.rule_of(request));
        let (group, rules) = match &self.group {
            Some((group, rules)) => (Some(group), rules.as_slice()),
            None => (None, std::slice::from_ref(rule)),
        };
        for _ in 0..MAX_ROUNDS {
            let context = Context {
                organization: &self.organization,
                rule,
                route: Route { group, rules, own: Some(rule) },
                answers: &answers,
                meta: &meta,
            };
            match decide(request, command, &context)? {
                Decided::Done(changes) => return Ok(*changes),
                Decided::Ask(questions) => {
                    answers.extend(questions.iter().map(|q| (q.key(), (self.oracle)(q))));
                }
            }
        }
        panic!("`{}` asks without end", command.name());
    }

    /// Gives a command and keeps what it changes.
    pub(crate) fn give(&mut self, actor: &Actor, command: &Command) -> Result<Changes, Rejection> {
        let changes = self.try_out(actor, command)?;
        self.keep(actor, &changes);
        Ok(changes)
    }

    /// Keeps what a command changed.
    pub(crate) fn keep(&mut self, actor: &Actor, changes: &Changes) {
        self.records.extend(changes.events.iter().map(|event| Recorded {
            event: event.clone(),
            at: self.at,
            by: actor.clone(),
            via: "test".to_owned(),
        }));
        self.request = Some(changes.request.clone());
    }

    /// A command of a person that must succeed.
    pub(crate) fn by(&mut self, login: &str, command: &Command) -> Changes {
        self.give(&person(login), command).unwrap_or_else(|rejection| {
            panic!("`{}` of `{login}` is refused: {rejection:?}", command.name())
        })
    }

    /// A command of the engine that must succeed.
    pub(crate) fn engine(&mut self, command: EngineCommand) -> Changes {
        let command = Command::Engine(command);
        self.give(&Actor::Engine, &command)
            .unwrap_or_else(|rejection| panic!("`{}` is refused: {rejection:?}", command.name()))
    }

    pub(crate) fn wait(&mut self, time: TimeDelta) {
        self.at += time;
    }

    /// Changes the directory under the request's feet.
    pub(crate) fn change_user(&mut self, login: &str, change: impl FnOnce(&mut User)) {
        let directory = Arc::make_mut(&mut self.organization.directory);
        let mut user = directory.user(&id(login)).cloned().expect("a known user");
        change(&mut user);
        directory.put_user(user);
    }
}

/// Parses an id.
pub(crate) fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

/// The person with this login, which is their id in these tests.
pub(crate) fn person(login: &str) -> Actor {
    Actor::User(id(login))
}

/// A user whose id is their login.
pub(crate) fn user(login: &str, role: OrganizationRole, groups: &[&str]) -> User {
    User {
        id: id(login),
        login: id(login),
        name: login.to_owned(),
        email: None,
        time_zone: None,
        active: true,
        kind: UserKind::Person,
        role,
        groups: groups.iter().map(|group| id(group)).collect(),
        properties: BTreeMap::new(),
        replacement: engine_core::directory::Replacement::default(),
    }
}

/// An organization of these people, with the groups they are in and urgent mode allowed.
pub(crate) fn organization(users: impl IntoIterator<Item = User>) -> Organization {
    let mut directory = Directory::default();
    for user in users {
        for group in &user.groups {
            directory.put_group(Group { id: group.clone(), name: group.to_string() });
        }
        directory.put_user(user);
    }
    let mut organization = Organization::new(id("acme"));
    organization.directory = Arc::new(directory);
    organization.settings.urgent = true;
    let manager: PropertyName = id("manager");
    organization.user_properties.insert(manager, PropertyType::User);
    organization
}

/// Every condition is met, nobody is named, and every plan is the same.
pub(crate) fn yes(question: &Question) -> Answer {
    match &question.ask {
        Ask::Condition(_) => Answer::Verdict(Ok(Verdict::Met)),
        Ask::Approvers(_) => Answer::Nominees(Ok(Vec::new())),
        Ask::Problems(_) => Answer::Problems(Ok(Vec::new())),
        Ask::OverdueUrgent => Answer::Count(Ok(0)),
        Ask::Plan { .. } => Answer::Plan(Ok(Plan::default())),
    }
}

pub(crate) fn submit(properties: Json, urgent: bool) -> Command {
    let properties = match properties {
        Json::Object(map) => map.into_iter().collect(),
        other => panic!("`{other}` is not an object"),
    };
    Command::Submit(Submit {
        id: id("r-1"),
        properties,
        items: Vec::new(),
        picks: BTreeMap::new(),
        target_users: Vec::new(),
        title: "new server".to_owned(),
        reason: "the old one is full".to_owned(),
        urgent,
        approval_expires: None,
        ends: None,
    })
}

pub(crate) fn save_draft(properties: &Json) -> Command {
    match submit(properties.clone(), false) {
        Command::Submit(submit) => Command::SaveDraft(Box::new(submit)),
        other => panic!("`{}` is no submission", other.name()),
    }
}

/// An edit of the title alone.
pub(crate) fn edit(title: &str) -> Edit {
    Edit { title: Some(title.to_owned()), ..Edit::default() }
}

pub(crate) fn note() -> Note {
    Note { comment: Some("fine with me".to_owned()), step: None, seen: None }
}

pub(crate) fn decision(choice: Choice) -> Command {
    let comment = Some("fine with me".to_owned());
    Command::Decide(Decide { choice, comment, concern: None, items: None, step: None, seen: None })
}

pub(crate) fn approve() -> Command {
    decision(Choice::Approve)
}

pub(crate) fn reject() -> Command {
    decision(Choice::Reject)
}

pub(crate) fn cancel() -> Command {
    Command::Cancel { comment: "not needed any more".to_owned(), seen: None }
}

pub(crate) fn finish(
    execution: &ExecutionId,
    attempt: u32,
    outcome: AttemptOutcome,
) -> EngineCommand {
    EngineCommand::Finish { execution: execution.clone(), attempt, outcome }
}

pub(crate) fn done() -> AttemptOutcome {
    AttemptOutcome::Succeeded(Receipt::default())
}
