//! Offboarding (DIR-9, FIN-8): somebody who leaves is not missed. Where the rules or open requests
//! rest on them, somebody else takes over in the same transaction, or nothing happens.

use std::{collections::BTreeMap, sync::Arc};

use engine_api::{catalogue::Names, directory::ReplaceBy};
use engine_core::{
    command::{Command, EngineCommand, Meta},
    decide::Changes,
    directory::{OrganizationRole, Replacement, User, UserKind},
    effect::Effect,
    evaluate::View,
    event::{Actor, Event},
    ids::{GroupId, Login, RequestId, RuleId, UserId},
    notice::Told,
    offboarding::{
        NeededBecause, NeededPlace, Place, decides_already, place_of_request, places_of_rule,
    },
    question::{Answers, Inquiry},
    rejection::{Forbidden, Rejection},
    request::Request,
    rule::Rule,
};
use engine_store::{Limit, List, Order, Paging, Sequence};

use crate::{
    caller::Caller,
    engine::Engine,
    error::EngineError,
    organization::{OrganizationEvent, OrganizationState},
    organize::Plan,
    route::Rules,
    write::{Errand, Part},
};

/// What is said about somebody who is deactivated.
#[derive(Clone, Debug, Default)]
pub(crate) struct Handover {
    pub(crate) replace_by: Option<ReplaceBy>,
    pub(crate) force: bool,
}

/// What a plan changes of requests.
#[derive(Debug, Default)]
pub(crate) struct Handed {
    requests: BTreeMap<RequestId, HandedRequest>,
}

#[derive(Debug)]
struct HandedRequest {
    expected: Sequence,
    request: Request,
    events: Vec<Event>,
    effects: Vec<Effect>,
    told: Vec<Told>,
}

/// A place, with the request where it is one's.
struct Found {
    needed: NeededPlace,
    request: Option<(Arc<Request>, Sequence)>,
}

impl Plan<'_> {
    /// Everybody who was active before and is no more.
    pub(crate) async fn offboard(
        &mut self,
        before: &OrganizationState,
    ) -> Result<Handed, EngineError> {
        let after = Arc::clone(&self.state.organization);
        let leaving: Vec<User> = before
            .organization
            .directory
            .users()
            .filter(|user| user.active && after.directory.active(&user.id).is_none())
            .cloned()
            .collect();
        let (mut handed, mut needed) = (Handed::default(), Vec::new());
        for user in leaving {
            let handover = self.handovers.remove(&user.login).unwrap_or_default();
            needed.extend(self.hand_over(before, &user, &handover, &mut handed).await?);
        }
        if needed.is_empty() {
            Ok(handed)
        } else {
            Err(Rejection::ReplacementNeeded(needed).into())
        }
    }

    /// The places of one who leaves that nobody takes over.
    async fn hand_over(
        &mut self,
        before: &OrganizationState,
        user: &User,
        handover: &Handover,
        handed: &mut Handed,
    ) -> Result<Vec<NeededPlace>, EngineError> {
        let places = self.engine.places(before, &self.state, user).await?;
        let at = format!("users.{}.replace_by", user.login);
        if let Some(ReplaceBy::Each(each)) = &handover.replace_by {
            for key in each.keys() {
                if !places.iter().any(|found| found.needed.place.to_string() == *key) {
                    let message = format!("`{}` is not needed at `{key}`", user.login);
                    self.problem(&at, message);
                }
            }
        }
        let mut left = Vec::new();
        let mut replacement = Replacement::default();
        if let Some(ReplaceBy::All(login)) = &handover.replace_by {
            replacement.all = self.successor(&at, user, login)?;
        }
        for Found { needed, request } in places {
            let Some(login) = named_for(handover, &needed.place) else {
                left.extend((!handover.force).then_some(needed));
                continue;
            };
            let Some(successor) = self.successor(&at, user, login)? else { continue };
            self.take_over(&at, &needed, &successor, &mut replacement)?;
            if let Some(request) = request {
                self.take_seats(&at, &needed, &successor, request, handed).await?;
            }
        }
        self.keep_replacement(user, replacement)?;
        Ok(left)
    }

    /// Whom a login names as somebody's successor: active, a person, and not oneself (DIR-3).
    fn successor(
        &mut self,
        at: &str,
        user: &User,
        login: &Login,
    ) -> Result<Option<UserId>, EngineError> {
        let organization = Arc::clone(&self.state.organization);
        let Some(found) = organization.directory.by_login(login) else {
            self.problem(at, format!("unknown user `{login}`"));
            return Ok(None);
        };
        if found.id == self.me.id && self.me.role != OrganizationRole::Owner {
            return Err(Rejection::Forbidden(Forbidden::OwnRights).into());
        }
        if !found.active || found.kind == UserKind::Service || found.id == user.id {
            let message = format!("`{login}` decides nothing: name an active person");
            self.problem(at, message);
            return Ok(None);
        }
        Ok(Some(found.id.clone()))
    }

    /// A step of a rule is theirs from now on: by name, or as a member of the group.
    fn take_over(
        &mut self,
        at: &str,
        needed: &NeededPlace,
        successor: &UserId,
        replacement: &mut Replacement,
    ) -> Result<(), EngineError> {
        let organization = Arc::clone(&self.state.organization);
        let Some(person) = organization.directory.user(successor) else { return Ok(()) };
        let mut after = person.clone();
        self.name_in_step(at, needed, person, replacement);
        match &needed.why {
            NeededBecause::LastOfGroup(group) => {
                after.groups.insert(group.clone());
            }
            NeededBecause::LastOfRole(role) if person.role == OrganizationRole::User => {
                after.role = *role;
            }
            NeededBecause::LastOfRole(role) if person.role != *role => {
                let message = format!(
                    "`{}` has another role already: at `{}` the role itself decides",
                    person.login, needed.place
                );
                self.problem(at, message);
            }
            NeededBecause::LastOfRole(_)
            | NeededBecause::Named
            | NeededBecause::Property { .. }
            | NeededBecause::Owner(_)
            | NeededBecause::Seat
            | NeededBecause::LastOfSeat => {}
        }
        if after == *person { Ok(()) } else { self.record(OrganizationEvent::UserPut(after)) }
    }

    /// Where the rule or a profile still names the one who left, it is their successor who is asked.
    fn name_in_step(
        &mut self,
        at: &str,
        needed: &NeededPlace,
        person: &User,
        replacement: &mut Replacement,
    ) {
        let Place::Rule(rule, step) = &needed.place else { return };
        let found = self.state.newest(rule).and_then(|version| version.rule.step(step));
        if found.is_some_and(|step| decides_already(step, &person.id)) {
            let (login, place) = (&person.login, &needed.place);
            let message = format!("`{login}` decides at `{place}` already: name somebody else");
            self.problem(at, message);
        }
        replacement.at.entry(rule.clone()).or_default().insert(step.clone(), person.id.clone());
    }

    /// The open seats of a request are theirs from now on; somebody with whom it could not go on is
    /// nobody's successor there.
    async fn take_seats(
        &mut self,
        at: &str,
        needed: &NeededPlace,
        successor: &UserId,
        request: (Arc<Request>, Sequence),
        handed: &mut Handed,
    ) -> Result<(), EngineError> {
        if needed.why != NeededBecause::Seat {
            return self.join(&request.0, &needed.user, successor);
        }
        let entry = handed.requests.entry(request.0.id.clone()).or_insert_with(|| HandedRequest {
            expected: request.1,
            request: (*request.0).clone(),
            events: Vec::new(),
            effects: Vec::new(),
            told: Vec::new(),
        });
        let rules = Rules::of_request(&self.state, &entry.request).ok_or(Rejection::NotFound)?;
        let (from, to) = (needed.user.clone(), successor.clone());
        let command = Command::Engine(EngineCommand::Replace { from, to });
        let (actor, via) = (Actor::Engine, "engine".to_owned());
        let meta = Meta { at: self.engine.now(), actor, via };
        let was_blocked = entry.request.blocked.is_some();
        let decided =
            self.engine.decide(&self.state, &rules, Some(&entry.request), &command, &meta).await?;
        let Changes { request, events, effects, told } = *decided;
        let is_blocked = request.blocked.is_some() && !was_blocked;
        entry.request = request;
        entry.events.extend(events);
        entry.effects.extend(effects);
        entry.told.extend(told);
        if is_blocked {
            self.refuse_successor(at, &needed.place, successor);
        }
        Ok(())
    }

    fn refuse_successor(&mut self, at: &str, place: &Place, successor: &UserId) {
        let organization = Arc::clone(&self.state.organization);
        let login = Names::of_directory(&organization.directory).login(successor);
        let why = "they asked for it, decide there already, or may not see it";
        self.problem(at, format!("`{login}` cannot take over at `{place}`: {why}"));
    }

    /// Joins the groups by which an open seat was the leaver's.
    fn join(
        &mut self,
        request: &Request,
        leaver: &UserId,
        successor: &UserId,
    ) -> Result<(), EngineError> {
        let organization = Arc::clone(&self.state.organization);
        let directory = &organization.directory;
        let (Some(left), Some(person)) = (directory.user(leaver), directory.user(successor)) else {
            return Ok(());
        };
        let Some((_, open)) = request.active() else { return Ok(()) };
        let mut after = person.clone();
        after.groups.extend(open.groups().filter(|group| left.groups.contains(*group)).cloned());
        if after == *person { Ok(()) } else { self.record(OrganizationEvent::UserPut(after)) }
    }

    fn keep_replacement(
        &mut self,
        user: &User,
        replacement: Replacement,
    ) -> Result<(), EngineError> {
        let organization = Arc::clone(&self.state.organization);
        let Some(left) = organization.directory.user(&user.id) else { return Ok(()) };
        if left.replacement == replacement {
            return Ok(());
        }
        self.record(OrganizationEvent::UserPut(User { replacement, ..left.clone() }))
    }
}

/// Who is named for a place.
fn named_for<'h>(handover: &'h Handover, place: &Place) -> Option<&'h Login> {
    match handover.replace_by.as_ref()? {
        ReplaceBy::All(login) => Some(login),
        ReplaceBy::Each(each) => each.get(&place.to_string()),
    }
}

impl Engine {
    /// Where the rules and the open requests rest on somebody.
    async fn places(
        &self,
        before: &OrganizationState,
        after: &OrganizationState,
        user: &User,
    ) -> Result<Vec<Found>, EngineError> {
        let directory = &after.organization.directory;
        let open = self.rules_in_use(after).await?;
        let counts = |rule: &&RuleId| !after.is_retired(rule) || open.contains(*rule);
        let rules = after.rules.keys().filter(counts).filter_map(|rule| after.newest(rule));
        let mut places: Vec<Found> = rules
            .flat_map(|version| places_of_rule(&version.rule, user, directory))
            .map(|needed| Found { needed, request: None })
            .collect();
        let org = &after.organization.id;
        let emptied = |group: &&GroupId| directory.members(group).next().is_none();
        let list = List::ToDecide {
            person: user.id.clone(),
            groups: user.groups.iter().filter(emptied).cloned().collect(),
            role: user.role,
        };
        let mut paging = Paging { order: Order::OldestFirst, after: None, limit: Limit::MAX };
        loop {
            let page = self.inner.store.list(org, &list, &paging).await?;
            for row in page.items {
                let Some(known) = self.load_request(org, &row.request).await? else { continue };
                let rule = Self::rule_of(after, &known.request)?;
                let found = self.place_of(before, after, &rule, &known.request, user);
                let request = Some((Arc::clone(&known.request), known.sequence));
                places.extend(found.map(|needed| Found { needed, request }));
            }
            if page.next.is_none() {
                return Ok(places);
            }
            paging.after = page.next;
        }
    }

    fn place_of(
        &self,
        before: &OrganizationState,
        after: &OrganizationState,
        rule: &Rule,
        request: &Request,
        user: &User,
    ) -> Option<NeededPlace> {
        let answers = Answers::new();
        let (at, inquiry) = (self.now(), Inquiry::new(&answers));
        let organization = &before.organization;
        let then = View { organization, rule, request, at, inquiry: &inquiry };
        let now = View { organization: &after.organization, ..then };
        place_of_request(&then, &now, &user.id)
    }

    /// What of the requests goes into the organization's commit.
    pub(crate) fn handed_over(
        &self,
        caller: &Caller,
        handed: Handed,
    ) -> Result<Vec<Part>, EngineError> {
        let mut parts = Vec::new();
        let actor = Actor::User(caller.user.clone());
        let meta = Meta { at: self.now(), actor: actor.clone(), via: caller.via.clone() };
        for (id, handed) in handed.requests {
            if handed.events.is_empty() {
                continue;
            }
            let errand = Errand {
                org: &caller.org,
                request: &id,
                target: None,
                command: &Command::Engine(EngineCommand::Recount),
                actor: actor.clone(),
                via: &caller.via,
                key: None,
                settles: None,
            };
            let HandedRequest { expected, request, events, effects, told } = handed;
            let changes = Changes { request, events, effects, told };
            parts.push(Self::part_of_commit(&errand, &meta, &changes, expected)?);
        }
        Ok(parts)
    }
}
