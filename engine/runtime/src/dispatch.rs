//! The outbox: executions that are to be started, found out about, or taken back.
//!
//! An entry is durable before anything happens and goes away with the commit of the outcome. What
//! happens to it follows from the execution's state alone, so that an entry found after a crash is
//! worked off on the same road: what may have happened is asked about first (EXE-3).

use std::{mem, time::Duration};

use engine_core::{
    command::{AttemptOutcome, Command, EngineCommand},
    effect::Effect,
    event::Actor,
    extension::{Failure, FailureClass, Presence},
    ids::{ExecutionId, OrgId, RequestId},
    order::{ExecutionOrder, Release, RevertOrder},
    request::{ExecutionState, Request},
};
use engine_store::{AgendaChange, Commit, Lane, Limit, Sequence};
use tokio::sync::oneshot;

use crate::{
    ask::extension_call,
    codec::decode,
    dispatcher::Job,
    engine::Engine,
    error::EngineError,
    extensions::ExtensionCall,
    read::Seen,
    recent::Known,
    write::{Carried, Errand, OutboxEntry, outbox_key},
};

/// Executions waiting in memory; further ones wait in the outbox alone.
const WAITING: usize = 4_096;
/// How often the outbox is looked through for entries that nobody works on.
const SWEEP: Duration = Duration::from_millis(500);
/// Through what the engine knows what it saw itself …
const ENGINE: &str = "engine";
/// … and what it had to ask the executor about (EXE-3).
const PROBE: &str = "probe";

/// Takes a job off the list however its task ends.
struct JobGuard {
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
        if dispatcher.is_closing() || full || !tasks.jobs.insert(job.clone()) {
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
            if let Err(error) = guard.engine.work_off(&guard.job, order).await {
                let Job { org, request, execution } = &guard.job;
                tracing::warn!(%org, %request, %execution, %error, "execution put off");
            }
        });
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
                self.take_on(&org, &request, &execution, None);
                found = true;
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
            let Some(execution) = request.execution(&job.execution) else {
                return self.forget(job, Sequence(seen.sequence)).await;
            };
            let carried = match (&execution.state, fresh.take()) {
                (ExecutionState::Running { .. }, Some(order)) => {
                    let is_first = mem::take(&mut is_clear) || execution.attempts == 1;
                    self.perform(job, request, &order, execution.attempts, is_first).await?
                }
                (ExecutionState::Running { .. }, None) => {
                    let Some(order) = order_of(request, &job.execution) else {
                        return self.forget(job, Sequence(seen.sequence)).await;
                    };
                    is_clear = true;
                    self.find_out(job, request, &order, execution.attempts).await?
                }
                (ExecutionState::Scheduled { .. }, _) => {
                    let start = EngineCommand::Start(job.execution.clone());
                    self.engine_command(job, start, ENGINE).await?
                }
                (ExecutionState::Revoking { .. }, _) => return self.take_back(job).await,
                (
                    ExecutionState::Waiting
                    | ExecutionState::Succeeded { .. }
                    | ExecutionState::Failed { .. }
                    | ExecutionState::Cancelled { .. }
                    | ExecutionState::Expired { .. }
                    | ExecutionState::Active { .. }
                    | ExecutionState::Revoked { .. }
                    | ExecutionState::Lapsed { .. },
                    _,
                ) => return self.forget(job, Sequence(seen.sequence)).await,
            };
            fresh = match Next::of(&job.execution, carried.effects) {
                Next::Perform(order) => Some(order),
                Next::LookAgain => None,
                Next::Leave => return Ok(()),
            };
            seen = carried.seen;
        }
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

    /// Runs a started attempt and reports its outcome. Where it is not the first, and after every end
    /// that leaves it open, the plugin is asked whether the effect happened (EXE-3).
    async fn perform(
        &self,
        job: &Job,
        request: &Request,
        order: &ExecutionOrder,
        attempt: u32,
        is_first: bool,
    ) -> Result<Carried, EngineError> {
        let call = self.call_of(job, request, order.item(), order.config())?;
        if !is_first {
            match self.probe(order, &call).await {
                Found::Nothing => {}
                Found::Ended(outcome) => {
                    let via = learnt(&outcome);
                    return self.finish(job, attempt, outcome, via).await;
                }
            }
        }
        let extensions = &self.inner.extensions;
        let executed = extensions.execute(order.plugin(), &call, order.once_key()).await;
        let (outcome, via) = match executed {
            Ok(receipt) => (AttemptOutcome::Succeeded(receipt), ENGINE),
            Err(failure) if failure.class.may_have_happened() => {
                match self.probe(order, &call).await {
                    Found::Nothing => (AttemptOutcome::Failed(known(failure)), ENGINE),
                    Found::Ended(outcome) => {
                        let via = learnt(&outcome);
                        (outcome, via)
                    }
                }
            }
            Err(failure) => (AttemptOutcome::Failed(failure), ENGINE),
        };
        self.finish(job, attempt, outcome, via).await
    }

    /// What became of an attempt that this process did not see the end of.
    async fn find_out(
        &self,
        job: &Job,
        request: &Request,
        order: &ExecutionOrder,
        attempt: u32,
    ) -> Result<Carried, EngineError> {
        let call = self.call_of(job, request, order.item(), order.config())?;
        let outcome = match self.probe(order, &call).await {
            Found::Nothing => AttemptOutcome::NeverHappened,
            Found::Ended(outcome) => outcome,
        };
        let via = learnt(&outcome);
        self.finish(job, attempt, outcome, via).await
    }

    async fn probe(&self, order: &ExecutionOrder, call: &ExtensionCall) -> Found {
        let answer = self.inner.extensions.probe(order.plugin(), call, order.once_key()).await;
        match answer {
            Ok(Presence::DidNotHappen) => Found::Nothing,
            Ok(Presence::Happened(receipt)) => Found::Ended(AttemptOutcome::Succeeded(receipt)),
            Ok(Presence::CannotTell(why)) => {
                let failure = Failure::new(FailureClass::UnknownOutcome, why);
                Found::Ended(AttemptOutcome::CannotTell(failure))
            }
            Err(failure) if failure.class.is_retryable() => {
                Found::Ended(AttemptOutcome::Unclear(failure))
            }
            Err(failure) => Found::Ended(AttemptOutcome::CannotTell(failure)),
        }
    }

    async fn finish(
        &self,
        job: &Job,
        attempt: u32,
        outcome: AttemptOutcome,
        via: &str,
    ) -> Result<Carried, EngineError> {
        let execution = job.execution.clone();
        let command = EngineCommand::Finish { execution, attempt, outcome };
        self.engine_command(job, command, via).await
    }

    /// Takes a grant back (EXE-5).
    async fn take_back(&self, job: &Job) -> Result<(), EngineError> {
        let start = EngineCommand::StartRevert(job.execution.clone());
        let carried = self.engine_command(job, start, ENGINE).await?;
        let order: Option<RevertOrder> =
            carried.effects.into_iter().find_map(|effect| match effect {
                Effect::Revert(order) => Some(order),
                _ => None,
            });
        let Some(order) = order else { return Ok(()) };
        let call = self.call_of(job, &carried.seen.request, order.item(), order.config())?;
        let key = format!("{}/revert", order.once_key());
        let extensions = &self.inner.extensions;
        let outcome = extensions.revert(order.plugin(), &call, order.receipt(), &key).await;
        let execution = job.execution.clone();
        let finish = EngineCommand::FinishRevert { execution, outcome };
        self.engine_command(job, finish, ENGINE).await.map(drop)
    }

    fn call_of(
        &self,
        job: &Job,
        request: &Request,
        item: Option<&engine_core::extension::Item>,
        config: &engine_core::extension::ResolvedConfig,
    ) -> Result<ExtensionCall, EngineError> {
        let state = self.organization(&job.org)?;
        let mut facts = request.facts(self.now(), None);
        facts.items = item.cloned().into_iter().collect();
        Ok(extension_call(&state, Some(request), facts, config.clone()))
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
            rule: None,
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

/// A failure whose outcome was unknown until a probe said that nothing happened: worth another try.
fn known(failure: Failure) -> Failure {
    match failure.class {
        FailureClass::UnknownOutcome => Failure { class: FailureClass::Retryable, ..failure },
        _ => failure,
    }
}

/// Through what the engine knows the end of an attempt that it did not see: a probe that failed has
/// told nothing.
fn learnt(outcome: &AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Succeeded(_)
        | AttemptOutcome::NeverHappened
        | AttemptOutcome::CannotTell(_) => PROBE,
        AttemptOutcome::Failed(_) | AttemptOutcome::Unclear(_) => ENGINE,
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

/// What a probe says.
enum Found {
    /// The effect did not happen.
    Nothing,
    /// The attempt has an outcome.
    Ended(AttemptOutcome),
}
