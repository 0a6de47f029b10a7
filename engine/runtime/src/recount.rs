//! What a change of the organization means for open requests.
//!
//! People: requests with a seat that the person may fill, or might have filled, are looked at again, so that
//! a request that nobody can complete any more is blocked by itself, and one that somebody can complete again
//! goes on (DEC-2, STP-6a). Rules: requests that no rule of their group took are routed again (RUL-4), and
//! where all requests of a rule are to begin again, they do (RUL-2).
//!
//! The entry is durable with the change, and goes away when the last request has been looked at.

use std::collections::{BTreeMap, BTreeSet};

use engine_core::{
    command::{Command, EngineCommand, RestartOrder},
    directory::{Directory, OrganizationRole, User},
    event::Actor,
    ids::{GroupId, OrgId, RequestId, RuleId, UserId},
    request::{Block, Request, Status},
};
use engine_store::{
    AgendaChange, AgendaEntry, Commit, Key, Lane, Limit, List, Millis, Order, Paging, Sequence,
};
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use crate::{
    codec::{decode, encode},
    engine::Engine,
    error::EngineError,
    load::name,
    organization::{OrganizationEvent, RestartOrdered},
    write::Errand,
};

/// How many requests are looked at at the same time.
const AT_ONCE: usize = 32;

/// What is to be looked at again.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Recount {
    /// Requests with a seat of this person.
    Person(Seats),
    /// Requests that no rule of their group took.
    Untaken,
    /// Requests of a rule, which begin again.
    Restart {
        /// Which.
        rule: RuleId,
        /// By which order.
        order: RestartOrder,
    },
}

/// Whose seats are concerned.
#[derive(Debug, Serialize, Deserialize)]
struct Seats {
    user: UserId,
    /// Before and after the change.
    groups: BTreeSet<GroupId>,
    /// Before and after the change.
    roles: BTreeSet<OrganizationRole>,
}

impl Seats {
    /// None where the change is about nothing that fills a seat.
    fn of(before: Option<&User>, after: &User) -> Option<Self> {
        let counts = |user: &User| (user.active, user.role, user.groups.clone());
        if before.map(counts) == Some(counts(after)) {
            return None;
        }
        let both = || before.into_iter().chain([after]);
        Some(Self {
            user: after.id.clone(),
            groups: both().flat_map(|user| user.groups.iter().cloned()).collect(),
            roles: both().map(|user| user.role).collect(),
        })
    }
}

/// What is to be looked at again after these events; `next` is the organization's sequence then.
pub(crate) fn recounts(
    before: &Directory,
    has_groups: bool,
    events: &[OrganizationEvent],
    next: Sequence,
    now: Millis,
) -> Result<Vec<AgendaChange>, EngineError> {
    // One who is changed twice is as the last change says.
    let mut last: BTreeMap<&UserId, &User> = BTreeMap::new();
    for event in events {
        if let OrganizationEvent::UserPut(after) = event {
            last.insert(&after.id, after);
        }
    }
    let mut recounts: Vec<(String, Recount)> = Vec::new();
    for after in last.into_values() {
        let Some(seats) = Seats::of(before.user(&after.id), after) else { continue };
        recounts.push((after.id.to_string(), Recount::Person(seats)));
    }
    for event in events {
        if let OrganizationEvent::RestartOrdered(ordered) = event {
            let RestartOrdered { rule, at, by, comment } = ordered.clone();
            let what = format!("restart {rule}");
            let order = RestartOrder { number: next.0, at, by, comment };
            recounts.push((what, Recount::Restart { rule, order }));
        }
    }
    if has_groups && events.iter().any(routes_anew) {
        recounts.push(("rules".to_owned(), Recount::Untaken));
    }
    let mut changes = Vec::new();
    for (what, recount) in recounts {
        let key = Key::parse(&format!("{} {what}", next.0))
            .map_err(|bad| EngineError::Unstorable { what: "key", why: bad.to_string() })?;
        let body = encode("recount", &recount)?;
        changes.push(AgendaChange::Put { lane: Lane::Recount, key, due: now, body });
    }
    Ok(changes)
}

/// Whether a request that no rule of its group took may be taken by one now.
fn routes_anew(event: &OrganizationEvent) -> bool {
    matches!(
        event,
        OrganizationEvent::RulePublished(_)
            | OrganizationEvent::RuleEnded(_)
            | OrganizationEvent::RuleGroupPut(_)
            | OrganizationEvent::ScriptPut { .. }
            | OrganizationEvent::PluginPut(_)
    )
}

impl Engine {
    /// Works off what changes of people have left to look at; says whether there was any.
    pub(crate) async fn recount_due(&self, now: Millis) -> Result<bool, EngineError> {
        let mut any = false;
        for org in self.organizations() {
            for entry in self.inner.store.due(&org, Lane::Recount, now, Limit::MAX).await? {
                if let Err(error) = self.recount(&org, &entry).await {
                    self.put_off(&org, Lane::Recount, entry, &error).await?;
                }
                any = true;
            }
        }
        Ok(any)
    }

    async fn recount(&self, org: &OrgId, entry: &AgendaEntry) -> Result<(), EngineError> {
        match decode("recount", &entry.body)? {
            Recount::Person(Seats { user, groups, roles }) => {
                for role in roles {
                    let list =
                        List::ToDecide { person: user.clone(), groups: groups.clone(), role };
                    self.for_each(org, &list, |_| Some(EngineCommand::Recount)).await?;
                }
            }
            Recount::Untaken => {
                let is_untaken = |request: &Request| {
                    request.group.is_some()
                        && matches!(request.blocked, Some(Block::NotTaken { .. }))
                };
                let again = || EngineCommand::Recount;
                self.for_each_open(org, |r| is_untaken(r).then(again)).await?;
            }
            Recount::Restart { rule, order } => {
                let restart = || EngineCommand::Restart(order.clone());
                self.for_each_open(org, |r| (r.rule == rule).then(restart)).await?;
            }
        }
        let mut commit = Commit::new(org.clone(), self.millis());
        let key = entry.key.clone();
        commit.agenda.push(AgendaChange::Remove { lane: Lane::Recount, key });
        self.inner.store.commit(commit).await?;
        Ok(())
    }

    /// Every request that is under way.
    async fn for_each_open(
        &self,
        org: &OrgId,
        wanted: impl Fn(&Request) -> Option<EngineCommand>,
    ) -> Result<(), EngineError> {
        let states = [Status::InReview, Status::Pending, Status::InProgress];
        let lists = states.into_iter().map(|status| name(status.as_str()).map(List::State));
        let list = List::Several(lists.collect::<Result<_, _>>()?);
        self.for_each(org, &list, wanted).await
    }

    /// Gives each request of a list the command that it is to get.
    async fn for_each(
        &self,
        org: &OrgId,
        list: &List,
        wanted: impl Fn(&Request) -> Option<EngineCommand>,
    ) -> Result<(), EngineError> {
        let mut paging = Paging { order: Order::OldestFirst, after: None, limit: Limit::MAX };
        loop {
            let page = self.inner.store.list(org, list, &paging).await?;
            let mut commands = Vec::new();
            for row in page.items {
                let request: Request = decode("request", &row.loaded.snapshot)?;
                commands.extend(wanted(&request).map(|command| (request.id, command)));
            }
            // Those that wait at the same time share a durable write.
            let given = commands.into_iter().map(|(id, command)| self.give(org, id, command));
            stream::iter(given).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
            if page.next.is_none() {
                return Ok(());
            }
            paging.after = page.next;
        }
    }

    async fn give(
        &self,
        org: &OrgId,
        request: RequestId,
        command: EngineCommand,
    ) -> Result<(), EngineError> {
        let errand = Errand {
            org,
            request: &request,
            target: None,
            command: &Command::Engine(command),
            actor: Actor::Engine,
            via: "engine",
            key: None,
            settles: None,
        };
        match self.carry_out(&errand).await {
            Ok(carried) => {
                self.dispatch(org, &carried);
                Ok(())
            }
            // It was closed or set on hold in the meantime.
            Err(EngineError::Rejected(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
