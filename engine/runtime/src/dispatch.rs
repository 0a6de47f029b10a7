//! The outbox: executions that are to be started, found out about, or taken back.
//!
//! An entry is durable before anything happens and goes away with the commit of the outcome. What
//! happens to it follows from the execution's state alone, so that an entry found after a crash is
//! worked off on the same road: what may have happened is asked about first (EXE-3).

mod attempt;

use std::{mem, time::Duration};

use engine_core::{
    command::{Command, EngineCommand},
    effect::Effect,
    event::Actor,
    ids::{ExecutionId, OrgId, RequestId},
    order::{ExecutionOrder, Release},
    request::{ExecutionState, Request},
};
use engine_store::{AgendaChange, Commit, Lane, Limit, Sequence};
use tokio::sync::oneshot;

use crate::{
    codec::decode,
    dispatcher::Job,
    engine::Engine,
    error::EngineError,
    read::Seen,
    recent::Known,
    write::{Carried, Errand, OutboxEntry, outbox_key},
};

/// Executions waiting in memory; further ones wait in the outbox alone.
const WAITING: usize = 4_096;
/// How often the outbox is looked through for entries that nobody works on.
const SWEEP: Duration = Duration::from_millis(500);
/// Through what the engine knows what it saw itself.
const ENGINE: &str = "engine";

/// Takes a job off the list however its task ends.
pub(crate) struct JobGuard {
    engine: Engine,
    job: Job,
}

impl Drop for JobGuard {
    fn drop(&mut self) {
        self.engine.inner.dispatcher.tasks().jobs.remove(&self.job);
        self.engine.inner.dispatcher.changed.notify_waiters();
    }
}

impl Engine {
    /// Starts the work that follows from a command.
    pub(crate) fn dispatch(&self, org: &OrgId, carried: &Carried) {
        let request = &carried.seen.request.id;
        for effect in &carried.effects {
            match effect {
                Effect::Execute(order) => {
                    self.take_on(org, request, order.execution(), Some(order.clone()));
                }
                Effect::Queue(execution) => self.take_on(org, request, execution, None),
                Effect::Unqueue(_)
                | Effect::Revert(_)
                | Effect::SetTimer(..)
                | Effect::ClearTimer(_)
                | Effect::Notify(_) => {}
            }
        }
    }

    fn take_on(
        &self,
        org: &OrgId,
        request: &RequestId,
        execution: &ExecutionId,
        order: Option<ExecutionOrder>,
    ) {
        let dispatcher = &self.inner.dispatcher;
        let job = Job { org: org.clone(), request: request.clone(), execution: execution.clone() };
        let mut tasks = dispatcher.tasks();
        while tasks.set.try_join_next().is_some() {}
        let full = tasks.jobs.len() >= WAITING;
        let waits = full || tasks.parked.contains(&job);
        if dispatcher.is_closing() || waits || !tasks.jobs.insert(job.clone()) {
            return;
        }
        let guard = JobGuard { engine: self.clone(), job };
        tasks.set.spawn(async move {
            let guard = guard;
            let dispatcher = &guard.engine.inner.dispatcher;
            let Ok(_permit) = dispatcher.permits.acquire().await else { return };
            // What has not begun waits in the outbox for the next start.
            if dispatcher.is_closing() {
                return;
            }
            let worked_off = guard.engine.work_off(&guard.job, order).await;
            if let Err(EngineError::RightInUse { version }) = worked_off {
                dispatcher.park(&guard.job, version);
            } else if let Err(error) = worked_off {
                let Job { org, request, execution } = &guard.job;
                tracing::warn!(%org, %request, %execution, %error, "execution put off");
            }
        });
    }

    /// Keeps everybody else from working on an execution; none where somebody does.
    pub(crate) fn reserve(&self, job: Job) -> Option<JobGuard> {
        let is_free = self.inner.dispatcher.tasks().jobs.insert(job.clone());
        is_free.then(|| JobGuard { engine: self.clone(), job })
    }

    /// Claims to rights have changed: whoever waited for one looks again.
    pub(crate) fn claims_changed(&self) {
        for Job { org, request, execution } in self.inner.dispatcher.claims_changed() {
            self.take_on(&org, &request, &execution, None);
        }
    }

    pub(crate) fn start_workers(&self) {
        let engine = self.clone();
        let (caught_up, overdue) = oneshot::channel();
        self.inner.dispatcher.spawn_worker(async move {
            // What should have been taken back while the engine was down comes first (EXE-5).
            overdue.await.unwrap_or_default();
            loop {
                if let Err(error) = engine.sweep().await {
                    tracing::warn!(%error, "cannot look through the outbox");
                }
                tokio::time::sleep(SWEEP).await;
            }
        });
        self.start_timers(caught_up);
    }

    /// Takes on every outbox entry that nobody works on; says whether there was any.
    pub(crate) async fn sweep(&self) -> Result<bool, EngineError> {
        let mut found = false;
        for org in self.organizations() {
            let due = self.inner.store.due(&org, Lane::Outbox, self.millis(), Limit::MAX).await?;
            for entry in due {
                let OutboxEntry { request, execution } = decode("outbox entry", &entry.body)?;
                let job = Job { org: org.clone(), request, execution };
                if !self.inner.dispatcher.tasks().parked.contains(&job) {
                    self.take_on(&org, &job.request, &job.execution, None);
                    found = true;
                }
            }
        }
        Ok(found)
    }

    /// Does what an execution's state asks for, until the entry is settled or waits for a timer.
    async fn work_off(&self, job: &Job, fresh: Option<ExecutionOrder>) -> Result<(), EngineError> {
        let Some(mut seen) = self.find(job).await? else {
            return self.forget(job, Sequence::NONE).await;
        };
        let mut fresh = fresh;
        // Whether a probe has just said that nothing happened before.
        let mut is_clear = false;
        loop {
            let request = &seen.request;
            let Some(execution) = request.execution(&job.execution) else { break };
            let carried = match (Asked::by(&execution.state), fresh.take()) {
                (Asked::Outcome, Some(order)) => {
                    let is_first = mem::take(&mut is_clear) || execution.attempts == 1;
                    self.perform(job, request, &order, execution.attempts, is_first).await?
                }
                (Asked::Outcome, None) => {
                    let Some(order) = order_of(request, &job.execution) else { break };
                    is_clear = true;
                    self.find_out(job, request, &order, execution.attempts).await?
                }
                (Asked::Start, _) => {
                    let start = EngineCommand::Start(job.execution.clone());
                    self.engine_command(job, start, ENGINE).await?
                }
                (Asked::Revert, _) => return self.take_back(job).await,
                (Asked::Nothing, _) => break,
            };
            fresh = match Next::of(&job.execution, carried.effects) {
                Next::Perform(order) => Some(order),
                Next::LookAgain => None,
                Next::Leave => return Ok(()),
            };
            seen = carried.seen;
        }
        self.forget(job, Sequence(seen.sequence)).await
    }

    /// The request with the execution. What is known of it is enough where the execution is to be
    /// started: the command to do so looks for itself.
    async fn find(&self, job: &Job) -> Result<Option<Seen>, EngineError> {
        let is_scheduled = |request: &Request| {
            let execution = request.execution(&job.execution);
            execution.is_some_and(|it| matches!(it.state, ExecutionState::Scheduled { .. }))
        };
        let known = self.inner.recent.get(&job.org, &job.request);
        let known = match known.filter(|known| is_scheduled(&known.request)) {
            Some(known) => Some(known),
            None => self.load_request(&job.org, &job.request).await?,
        };
        Ok(known.map(|Known { request, sequence, .. }| Seen { request, sequence: sequence.0 }))
    }

    async fn engine_command(
        &self,
        job: &Job,
        command: EngineCommand,
        via: &str,
    ) -> Result<Carried, EngineError> {
        let command = Command::Engine(command);
        let errand = Errand {
            org: &job.org,
            request: &job.request,
            target: None,
            command: &command,
            actor: Actor::Engine,
            via,
            key: None,
            settles: None,
        };
        self.carry_out(&errand).await
    }

    /// Removes an entry that there is nothing to do for, as the request stands with this sequence. Where
    /// it has moved on, the entry may be a new one: it stays, and is found again.
    async fn forget(&self, job: &Job, sequence: Sequence) -> Result<(), EngineError> {
        let mut commit = Commit::new(job.org.clone(), self.millis());
        commit.stands.push((job.request.clone(), sequence));
        let key = outbox_key(&job.request, &job.execution)?;
        commit.agenda.push(AgendaChange::Remove { lane: Lane::Outbox, key });
        self.inner.store.commit(commit).await?;
        Ok(())
    }
}

/// The order of an execution that was started before.
fn order_of(request: &Request, execution: &ExecutionId) -> Option<ExecutionOrder> {
    Release::of(request).and_then(|release| ExecutionOrder::new(release, request, execution))
}

/// What an execution's state asks for.
enum Asked {
    Start,
    Outcome,
    Revert,
    Nothing,
}

impl Asked {
    fn by(state: &ExecutionState) -> Self {
        match state {
            ExecutionState::Scheduled { .. } => Self::Start,
            ExecutionState::Running { .. } => Self::Outcome,
            ExecutionState::Revoking { .. } => Self::Revert,
            ExecutionState::Waiting
            | ExecutionState::Succeeded { .. }
            | ExecutionState::Failed { .. }
            | ExecutionState::Cancelled { .. }
            | ExecutionState::Expired { .. }
            | ExecutionState::Active { .. }
            | ExecutionState::Revoked { .. }
            | ExecutionState::Lapsed { .. } => Self::Nothing,
        }
    }
}

/// What is next for an execution after a command.
enum Next {
    /// It is started.
    Perform(ExecutionOrder),
    /// It is to be started again.
    LookAgain,
    /// It is over, or waits for a timer or a person.
    Leave,
}

impl Next {
    fn of(id: &ExecutionId, effects: Vec<Effect>) -> Self {
        let mut next = Self::Leave;
        for effect in effects {
            match effect {
                Effect::Execute(order) => next = Self::Perform(order),
                Effect::Queue(queued) if queued == *id => next = Self::LookAgain,
                Effect::Queue(_)
                | Effect::Unqueue(_)
                | Effect::Revert(_)
                | Effect::SetTimer(..)
                | Effect::ClearTimer(_)
                | Effect::Notify(_) => {}
            }
        }
        next
    }
}
