//! Timers: commands that the engine gives itself at a time. Late ones first, each once.

use std::time::Duration;

use chrono::{DateTime, Utc};
use engine_core::{
    command::{Command, EngineCommand},
    effect::Timer,
    event::Actor,
    ids::OrgId,
};
use engine_store::{AgendaChange, AgendaEntry, Commit, Lane, Limit, Millis, Sequence};
use tokio::sync::oneshot;

use crate::{
    codec::decode,
    engine::Engine,
    error::EngineError,
    write::{Errand, TimerEntry},
};

/// How often the clock is looked at. A look costs one read per organization, however many wait.
const TICK: Duration = Duration::from_millis(500);
/// How long what failed waits, in milliseconds.
const PUT_OFF_MILLIS: i64 = 60_000;
/// Timers of one organization fired between two looks at the others.
const BATCH: usize = 100;

impl Engine {
    /// Fires timers as they become due; `caught_up` hears when the first look found no more of them.
    pub(crate) fn start_timers(&self, caught_up: oneshot::Sender<()>) {
        self.start_recounts();
        let engine = self.clone();
        self.inner.dispatcher.spawn_worker(async move {
            let mut caught_up = Some(caught_up);
            loop {
                match engine.fire_due(engine.millis()).await {
                    Ok(0) => {}
                    Ok(_) => continue,
                    Err(error) => tracing::warn!(%error, "cannot work off timers"),
                }
                drop(caught_up.take());
                tokio::time::sleep(TICK).await;
            }
        });
    }

    /// Looks again at requests that a change of the organization concerns, beside the timers: there may be
    /// many.
    fn start_recounts(&self) {
        let engine = self.clone();
        self.inner.dispatcher.spawn_worker(async move {
            loop {
                match engine.recount_due(engine.millis()).await {
                    Ok(true) => continue,
                    Ok(false) => {}
                    Err(error) => tracing::warn!(%error, "cannot look at requests again"),
                }
                tokio::time::sleep(TICK).await;
            }
        });
    }

    /// Fires what is due, earliest first; says how many. What fails is put off, and keeps nothing else
    /// from its time.
    async fn fire_due(&self, now: Millis) -> Result<usize, EngineError> {
        let mut fired = 0;
        for org in self.organizations() {
            let limit = Limit::new(BATCH);
            for entry in self.inner.store.due(&org, Lane::Timer, now, limit).await? {
                if let Err(error) = self.fire(&org, &entry).await {
                    self.put_off(&org, Lane::Timer, entry, &error).await?;
                }
                fired += 1;
            }
        }
        Ok(fired)
    }

    /// Tries an entry that failed again later.
    ///
    /// # Errors
    /// The store's: then everything waits.
    pub(crate) async fn put_off(
        &self,
        org: &OrgId,
        lane: Lane,
        entry: AgendaEntry,
        error: &EngineError,
    ) -> Result<(), EngineError> {
        let AgendaEntry { key, body, .. } = entry;
        tracing::warn!(%org, ?lane, key = key.as_str(), %error, "put off");
        let now = self.millis();
        let mut commit = Commit::new(org.clone(), now);
        let due = Millis(now.0.saturating_add(PUT_OFF_MILLIS));
        commit.agenda.push(AgendaChange::Put { lane, key, due, body });
        self.inner.store.commit(commit).await?;
        Ok(())
    }

    async fn fire(&self, org: &OrgId, entry: &AgendaEntry) -> Result<(), EngineError> {
        let TimerEntry { request, timer } = decode("timer", &entry.body)?;
        if let Timer::FilesEnd(execution) = &timer
            && self.take_files_away(org, &request, execution, entry).await?
        {
            return Ok(());
        }
        let command = Command::Engine(command_of(timer));
        let errand = Errand {
            org,
            request: &request,
            target: None,
            command: &command,
            actor: Actor::Engine,
            via: "engine",
            key: None,
            settles: Some((Lane::Timer, entry.key.clone())),
        };
        let before = self.inner.store.load(org, &request).await?;
        match self.carry_out(&errand).await {
            Ok(carried) => {
                self.dispatch(org, &carried);
                Ok(())
            }
            // The request has moved on, and the timer is about nothing; unless it has moved on again.
            Err(EngineError::Rejected(_)) => {
                let mut commit = Commit::new(org.clone(), self.millis());
                let sequence = before.map_or(Sequence::NONE, |before| before.sequence);
                commit.stands.push((request, sequence));
                let key = entry.key.clone();
                commit.agenda.push(AgendaChange::Remove { lane: Lane::Timer, key });
                self.inner.store.commit(commit).await?;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// With a manual clock: works off the outbox, what changed people leave to look at, and the
    /// retries of executions, without moving the clock.
    ///
    /// # Errors
    /// The store's.
    pub async fn settle(&self) -> Result<(), EngineError> {
        loop {
            self.inner.dispatcher.idle().await;
            let recounted = self.recount_due(self.millis()).await?;
            let swept = self.sweep().await?;
            self.inner.dispatcher.idle().await;
            let retried = self.fire_retries().await?;
            if !recounted && !swept && !retried {
                return Ok(());
            }
        }
    }

    /// Fires retries of executions ahead of their time: back-off does not move a manual clock.
    async fn fire_retries(&self) -> Result<bool, EngineError> {
        let mut any = false;
        for org in self.organizations() {
            let all = self.inner.store.due(&org, Lane::Timer, Millis(i64::MAX), Limit::MAX).await?;
            for entry in all {
                let timer: TimerEntry = decode("timer", &entry.body)?;
                if matches!(timer.timer, Timer::ExecutionRetry(_)) {
                    self.fire(&org, &entry).await?;
                    any = true;
                }
            }
        }
        Ok(any)
    }

    /// With a manual clock: moves it to `time`, firing timers in the order of their time and
    /// settling after each.
    ///
    /// # Errors
    /// The store's.
    pub async fn advance_to(&self, time: DateTime<Utc>) -> Result<(), EngineError> {
        self.settle().await?;
        while let Some(next) = self.inner.store.next_due(Lane::Timer).await? {
            let due = DateTime::from_timestamp_millis(next.due.0).unwrap_or(time);
            if due > time {
                break;
            }
            self.inner.clock.set(due.max(self.now()));
            let limit = Limit::new(1);
            for entry in self.inner.store.due(&next.org, Lane::Timer, next.due, limit).await? {
                self.fire(&next.org, &entry).await?;
            }
            self.settle().await?;
        }
        self.inner.clock.set(time.max(self.now()));
        self.settle().await
    }
}

/// What a timer is a reminder of.
fn command_of(timer: Timer) -> EngineCommand {
    match timer {
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
    }
}
