//! Changes of an organization: checked, committed together, seen at once.

mod change;
mod commit;
mod delegation;
mod difference;
mod mute;
mod plugin;
mod stored;
mod wanted;

use std::collections::BTreeMap;

pub use difference::Differences;
pub(crate) use difference::told;
use engine_api::directory::UserDoc;
use engine_core::{
    directory::{OrganizationRole, User},
    ids::{Login, OrgId, RuleId, UserId},
    rejection::{FieldProblem, Forbidden, Rejection, Wrong},
    rule::Problem,
};
use serde_json::Value as Json;
pub(crate) use stored::apply;
pub use wanted::{Change, PluginChange};

use crate::{
    caller::Caller,
    engine::Engine,
    error::EngineError,
    offboard::Handover,
    organization::{OrganizationEvent, OrganizationState},
};

/// How often changes are worked out again because a request that they concern was changed meanwhile.
const MAX_RACES: usize = 16;

/// What a change came to. The texts name the thing, such as `user ann`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It was not there.
    Created(String),
    /// It was different.
    Updated {
        /// The thing.
        what: String,
        /// How.
        differences: Differences,
    },
    /// It is gone.
    Removed(String),
    /// It was so already.
    Same(String),
    /// A rule takes no new requests any more.
    Retired(RuleId),
    /// The open requests of a rule begin again.
    Restarting(RuleId),
    /// A rule has a new version.
    Published {
        /// The rule.
        rule: RuleId,
        /// The version.
        version: u32,
        /// What the check warns of.
        warnings: Vec<Problem>,
        /// How it differs from the version before.
        differences: Differences,
    },
}

/// The changes worked out so far.
pub(crate) struct Plan<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) me: &'a User,
    pub(crate) state: OrganizationState,
    pub(crate) events: Vec<OrganizationEvent>,
    pub(crate) problems: Vec<FieldProblem>,
    /// What is said of those who are deactivated.
    pub(crate) handovers: BTreeMap<Login, Handover>,
    /// How many differences can still be told.
    room: usize,
}

impl Engine {
    /// Creates an organization with its owner (DIR-3).
    ///
    /// # Errors
    /// `invalid` where it exists already, or the owner's document is wrong.
    pub async fn create_organization(
        &self,
        org: &OrgId,
        owner: UserDoc,
    ) -> Result<UserId, EngineError> {
        if self.organization(org).is_ok() {
            return Err(Rejection::invalid("organization", "exists already").into());
        }
        let id: UserId = self.next_id("u").parse()?;
        let user = User {
            id: id.clone(),
            name: owner.name.unwrap_or_else(|| owner.login.to_string()),
            login: owner.login,
            email: owner.email,
            time_zone: owner.time_zone,
            active: true,
            kind: engine_core::directory::UserKind::Person,
            role: OrganizationRole::Owner,
            groups: std::collections::BTreeSet::new(),
            properties: BTreeMap::new(),
            replacement: engine_core::directory::Replacement::default(),
        };
        let events = [OrganizationEvent::Created, OrganizationEvent::UserPut(user)];
        let mut state = OrganizationState::new(org.clone());
        for event in &events {
            apply(&mut state, event)?;
        }
        match self.commit_events(None, &state, &events, Vec::new()).await? {
            Some(sequence) => state.sequence = sequence,
            None => return Err(EngineError::Contended),
        }
        self.put_organization(state);
        Ok(id)
    }

    /// Makes several changes in one commit, in their order; with `dry_run` says what they would come
    /// to. What is so already is left alone.
    ///
    /// # Errors
    /// `forbidden` (FIN-17), `invalid` with every problem at once, `rule_invalid`,
    /// `replacement_needed` (DIR-9).
    pub async fn organize(
        &self,
        caller: &Caller,
        changes: Vec<Change>,
        dry_run: bool,
    ) -> Result<Vec<Changed>, EngineError> {
        for _ in 0..MAX_RACES {
            if let Some(changed) = self.try_organize(caller, changes.clone(), dry_run).await? {
                return Ok(changed);
            }
        }
        Err(EngineError::Contended)
    }

    /// None where a command on one of the requests concerned was faster.
    async fn try_organize(
        &self,
        caller: &Caller,
        changes: Vec<Change>,
        dry_run: bool,
    ) -> Result<Option<Vec<Changed>>, EngineError> {
        let slot = self.slot(&caller.org)?;
        let _turn = slot.turn.lock().await;
        let before = slot.state.load_full();
        let me = before.organization.directory.active(&caller.user).ok_or(Rejection::NotFound)?;
        delegation::check_own(me, &changes)?;
        check_rights(me, &changes)?;
        let mut plan = Plan {
            engine: self,
            me,
            state: (*before).clone(),
            events: Vec::new(),
            problems: Vec::new(),
            handovers: BTreeMap::new(),
            room: difference::MOST_IN_ALL,
        };
        plan.introduce(&changes)?;
        let mut changed = Vec::new();
        for change in changes {
            changed.extend(plan.change(change)?);
        }
        plan.refuse_problems()?;
        plan.check_deletions().await?;
        plan.check_own_nodes(&before.organization.directory)?;
        let handed = plan.offboard(&before).await?;
        plan.refuse_problems()?;
        let Plan { events, state, .. } = plan;
        if dry_run || events.is_empty() {
            return Ok(Some(changed));
        }
        let with = self.handed_over(caller, handed)?;
        let is_done = self.replace(&slot, state, &events, with).await?;
        Ok(is_done.then_some(changed))
    }
}

/// FIN-17: rules are published, retired and grouped by workflow managers too; everything else is for
/// administrators.
fn check_rights(me: &User, changes: &[Change]) -> Result<(), EngineError> {
    let is_about_oneself = |change: &Change| {
        matches!(
            change,
            Change::Delegate { .. } | Change::Undelegate { .. } | Change::MuteNotices { .. }
        )
    };
    let may = match me.role {
        OrganizationRole::Owner | OrganizationRole::Administrator => true,
        OrganizationRole::WorkflowManager => {
            changes.iter().all(|change| change.is_of_rules() || is_about_oneself(change))
        }
        OrganizationRole::Auditor | OrganizationRole::User => changes.iter().all(is_about_oneself),
    };
    if may {
        return Ok(());
    }
    let is_of_rules = |change: &Change| change.is_of_rules() || is_about_oneself(change);
    let why = if changes.iter().all(is_of_rules) {
        Forbidden::OnlyRuleManagers
    } else {
        Forbidden::OnlyAdministrators
    };
    Err(Rejection::Forbidden(why).into())
}

impl Plan<'_> {
    fn refuse_problems(&mut self) -> Result<(), EngineError> {
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(Rejection::Invalid(std::mem::take(&mut self.problems)).into())
    }

    pub(crate) fn problem(&mut self, field: impl Into<String>, wrong: impl Into<Wrong>) {
        self.problems.push(FieldProblem::new(field, wrong));
    }

    pub(crate) fn record(&mut self, event: OrganizationEvent) -> Result<(), EngineError> {
        apply(&mut self.state, &event)?;
        self.events.push(event);
        Ok(())
    }

    /// Says what a change came to, and records it where it is one. `told` is the thing as people write
    /// it.
    pub(crate) fn put<T: PartialEq>(
        &mut self,
        what: String,
        before: Option<&T>,
        after: &T,
        event: OrganizationEvent,
        told: impl Fn(&T) -> Json,
    ) -> Result<Changed, EngineError> {
        let Some(before) = before else {
            return self.record(event).map(|()| Changed::Created(what));
        };
        if before == after {
            return Ok(Changed::Same(what));
        }
        self.record(event)?;
        let differences = self.differences(&told(before), &told(after));
        Ok(Changed::Updated { what, differences })
    }

    pub(crate) fn differences(&mut self, before: &Json, after: &Json) -> Differences {
        let differences = Differences::of(before, after, self.room);
        self.room = self.room.saturating_sub(differences.fields.len());
        differences
    }

    fn remove(
        &mut self,
        what: String,
        is_there: bool,
        event: OrganizationEvent,
    ) -> Result<Changed, EngineError> {
        if !is_there {
            return Ok(Changed::Same(what));
        }
        self.record(event).map(|()| Changed::Removed(what))
    }
}
