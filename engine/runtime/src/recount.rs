//! What a change of people means for open requests. Those with a seat that the person may fill, or
//! might have filled, are looked at again, so that a request that nobody can complete any more is
//! blocked by itself, and one that somebody can complete again goes on (DEC-2, STP-6a).
//!
//! The entry is durable with the change, and goes away when the last request has been looked at.

use std::collections::{BTreeMap, BTreeSet};

use engine_core::{
    command::{Command, EngineCommand},
    directory::{Directory, OrganizationRole, User},
    event::Actor,
    ids::{GroupId, OrgId, RequestId, UserId},
};
use engine_store::{
    AgendaChange, AgendaEntry, Commit, Key, Lane, Limit, List, Millis, Order, Paging, Sequence,
};
use serde::{Deserialize, Serialize};

use crate::{
    codec::{decode, encode},
    engine::Engine,
    error::EngineError,
    organization::OrganizationEvent,
    write::Errand,
};

/// Whose seats are concerned.
#[derive(Debug, Serialize, Deserialize)]
struct Recount {
    user: UserId,
    /// Before and after the change.
    groups: BTreeSet<GroupId>,
    /// Before and after the change.
    roles: BTreeSet<OrganizationRole>,
}

impl Recount {
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
    let mut changes = Vec::new();
    for after in last.into_values() {
        let Some(recount) = Recount::of(before.user(&after.id), after) else { continue };
        let key = format!("{} {}", next.0, after.id);
        let key = Key::parse(&key)
            .map_err(|bad| EngineError::Unstorable { what: "key", why: bad.to_string() })?;
        let body = encode("recount", &recount)?;
        changes.push(AgendaChange::Put { lane: Lane::Recount, key, due: now, body });
    }
    Ok(changes)
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
        let Recount { user, groups, roles } = decode("recount", &entry.body)?;
        for role in roles {
            let list = List::ToDecide { person: user.clone(), groups: groups.clone(), role };
            self.recount_list(org, &list).await?;
        }
        let mut commit = Commit::new(org.clone(), self.millis());
        let key = entry.key.clone();
        commit.agenda.push(AgendaChange::Remove { lane: Lane::Recount, key });
        self.inner.store.commit(commit).await?;
        Ok(())
    }

    async fn recount_list(&self, org: &OrgId, list: &List) -> Result<(), EngineError> {
        let mut paging = Paging { order: Order::OldestFirst, after: None, limit: Limit::MAX };
        loop {
            let page = self.inner.store.list(org, list, &paging).await?;
            for row in page.items {
                self.recount_request(org, &row.request).await?;
            }
            if page.next.is_none() {
                return Ok(());
            }
            paging.after = page.next;
        }
    }

    async fn recount_request(&self, org: &OrgId, request: &RequestId) -> Result<(), EngineError> {
        let errand = Errand {
            org,
            request,
            target: None,
            command: &Command::Engine(EngineCommand::Recount),
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
            // It was closed in the meantime.
            Err(EngineError::Rejected(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
