//! Executions: released, started, finished, tried again (EXE-1 to EXE-6b).

use chrono::{DateTime, TimeDelta, Utc};

use super::{Draft, is_administrator, submit::after};
use crate::{
    command::AttemptOutcome,
    effect::{Effect, Notice, Timer},
    event::{Actor, Event},
    extension::{Failure, FailureClass, Plan, Receipt},
    ids::ExecutionId,
    order::{ExecutionOrder, Release},
    payload::PayloadHash,
    rejection::{Forbidden, Rejection},
    request::{Execution, ExecutionFailure, ExecutionState, StepState},
    rule::Window,
    visibility::is_among,
};

/// After how many failures in a row an execution is not tried again by itself (EXE-4).
const MAX_FAILURES: u32 = 8;
/// After how many starts one that the engine never sees the end of is left to a person: it may be what
/// takes the engine down.
const MAX_STARTS: u32 = 100;
/// The longest wait between two tries, in seconds.
const LONGEST_BACK_OFF: i64 = 3_600;

/// What stands between an execution and its start.
enum Hindrance {
    /// The plugin cannot say what it would do.
    NoPlan(Failure),
    /// It would do something else than what was approved (EXE-6, EXE-6a).
    PlanChanged(PayloadHash),
}

impl Draft<'_> {
    /// Lets the executions of an approved or urgent request run (EXE-1, URG-2).
    pub(super) fn release(&mut self) {
        if Release::of(&self.request).is_none() {
            return;
        }
        let waiting: Vec<ExecutionId> = self
            .request
            .executions
            .iter()
            .filter(|execution| matches!(execution.state, ExecutionState::Waiting))
            .map(|execution| execution.id.clone())
            .collect();
        for execution in waiting {
            self.release_one(execution);
        }
    }

    fn release_one(&mut self, execution: ExecutionId) {
        let executor = self.context.rule.executor(&execution.binding);
        let within = executor.and_then(|executor| executor.start_within);
        let by_span = within.and_then(|span| after(self.at(), span));
        let closes = self.opens(&execution).and_then(|_| {
            self.request.execution(&execution).and_then(|execution| self.window_end(execution))
        });
        let start_before = [by_span, self.request.ends, closes].into_iter().flatten().min();
        if let Some(time) = start_before {
            self.order(Effect::SetTimer(Timer::ExecutionExpiry(execution.clone()), time));
        }
        let manual = self.request.execution(&execution).is_some_and(|found| found.manual);
        let opens = self.opens(&execution).filter(|opens| *opens > self.at());
        self.order(match opens {
            _ if manual => Effect::Notify(Notice::ReadyToRun(execution.clone())),
            Some(opens) => Effect::SetTimer(Timer::ExecutionStart(execution.clone()), opens),
            None => Effect::Queue(execution.clone()),
        });
        self.record(Event::ExecutionReleased { execution, start_before });
    }

    /// When the window of a grant opens, where it runs from a fixed time (EXE-6b).
    pub(super) fn opens(&self, execution: &ExecutionId) -> Option<DateTime<Utc>> {
        self.window(&execution.binding).and_then(Window::opens)
    }

    /// A named person presses *run* (EXE-2).
    pub(super) fn run(&mut self, id: &ExecutionId) -> Result<(), Rejection> {
        let person = self.person()?;
        self.execution(id)?;
        let manual =
            self.context.rule.executor(&id.binding).and_then(|executor| executor.manual.as_ref());
        let may = manual.is_some_and(|whos| is_among(whos, &self.request, person));
        if !may {
            let why = Forbidden::NotAnExecutor { execution: id.clone(), again: false };
            return Err(Rejection::Forbidden(why));
        }
        self.start_by_person(id)
    }

    /// Into the outbox goes only what did start: a plan may have failed, or the time be past.
    fn start_by_person(&mut self, id: &ExecutionId) -> Result<(), Rejection> {
        self.start(id)?;
        if matches!(self.execution(id)?.state, ExecutionState::Running { .. }) {
            self.order(Effect::Queue(id.clone()));
        }
        Ok(())
    }

    /// Starts a released execution: the only way to an [`ExecutionOrder`].
    pub(super) fn start(&mut self, id: &ExecutionId) -> Result<(), Rejection> {
        let execution = self.execution(id)?.clone();
        let ExecutionState::Scheduled { start_before, .. } = execution.state else {
            return Err(self.wrong_status(Some(id)));
        };
        if self.opens(id).is_some_and(|opens| opens > self.at()) {
            return Err(self.wrong_status(Some(id)));
        }
        let by_engine = self.context.meta.actor == Actor::Engine;
        if execution.manual && by_engine && execution.attempts == 0 {
            return Err(self.wrong_status(Some(id)));
        }
        let Some(release) = Release::of(&self.request) else {
            return Err(self.wrong_status(Some(id)));
        };
        if start_before.is_some_and(|time| time <= self.at()) {
            return self.expire_execution(id);
        }
        match self.plan_now(&execution) {
            Ok((plan, payload)) => {
                let (execution, attempt) = (id.clone(), execution.attempts + 1);
                self.order(Effect::ClearTimer(Timer::ExecutionExpiry(id.clone())));
                self.record(Event::ExecutionStarted { execution, attempt, plan, payload });
                let order = ExecutionOrder::new(release, &self.request, id);
                self.effects.extend(order.map(Effect::Execute));
            }
            Err(Hindrance::NoPlan(failure)) => {
                self.attempt_failed(&execution, execution.attempts + 1, failure);
            }
            Err(Hindrance::PlanChanged(now)) => {
                let approved = execution.payload.clone();
                let why = ExecutionFailure::PlanChanged { approved, now };
                self.fail(id, why, false);
            }
        }
        Ok(())
    }

    /// The plan at run time, which must be the approved one (EXE-6); an urgent request's first one
    /// binds its later attempts.
    fn plan_now(&self, execution: &Execution) -> Result<(Plan, PayloadHash), Hindrance> {
        let Some(executor) = self.context.rule.executor(execution.binding()) else {
            let failure = Failure::new(FailureClass::Contract, "the rule has no such executor");
            return Err(Hindrance::NoPlan(failure));
        };
        let item = execution
            .id
            .item
            .as_ref()
            .and_then(|wanted| self.request.items.iter().find(|item| item.resource == *wanted));
        let question = self.view().plan_question(executor, item);
        let plan = self.inquiry.plan(question).map_err(Hindrance::NoPlan)?;
        let (id, plugin, config) = (&execution.id, &execution.plugin, &execution.config);
        let now = PayloadHash::of(id, plugin, config, item, Some(&plan));
        let is_bound = execution.plan.is_some();
        if is_bound && (now != execution.payload || !self.is_what_was_approved(execution)) {
            return Err(Hindrance::PlanChanged(now));
        }
        Ok((plan, now))
    }

    /// EXE-6a: every approval of a complete step was given for this payload. Approvals of an urgent
    /// request are given for what it was released with.
    fn is_what_was_approved(&self, execution: &Execution) -> bool {
        let complete = |state: &StepState| matches!(state, StepState::Complete { .. });
        self.request.urgent
            || self
                .request
                .steps
                .iter()
                .filter(|record| complete(&record.state))
                .filter_map(|record| record.opened())
                .flat_map(|step| step.of(crate::request::Choice::Approve))
                .all(|decision| decision.payloads.get(&execution.id) == Some(&execution.payload))
    }

    /// An attempt came to an end.
    pub(super) fn finish_attempt(
        &mut self,
        id: &ExecutionId,
        attempt: u32,
        outcome: &AttemptOutcome,
    ) -> Result<(), Rejection> {
        let execution = self.execution(id)?.clone();
        let running = matches!(execution.state, ExecutionState::Running { .. });
        if !running || execution.attempts != attempt {
            return Err(self.wrong_status(Some(id)));
        }
        match outcome {
            AttemptOutcome::Succeeded(receipt) => self.succeed(&execution, receipt),
            AttemptOutcome::Failed(failure) => {
                self.attempt_failed(&execution, attempt, failure.clone());
            }
            AttemptOutcome::Unclear(failure) => self.in_doubt(&execution, failure.clone()),
            AttemptOutcome::CannotTell(failure) => {
                self.fail(id, ExecutionFailure::Plugin(failure.clone()), true);
            }
            AttemptOutcome::NeverHappened => self.interrupted(&execution),
        }
        Ok(())
    }

    /// It stays running until somebody knows (EXE-3), or asking has failed too often.
    fn in_doubt(&mut self, execution: &Execution, failure: Failure) {
        let id = execution.id.clone();
        let failures = execution.failures.saturating_add(1);
        if failures >= MAX_FAILURES {
            return self.fail(&id, ExecutionFailure::Plugin(failure), true);
        }
        let at = self.at() + back_off(failures, failure.retry_after_ms, &id);
        self.order(Effect::Unqueue(id.clone()));
        self.order(Effect::SetTimer(Timer::ExecutionRetry(id.clone()), at));
        self.record(Event::ExecutionInDoubt { execution: id, failures, failure, at });
    }

    /// The engine went down, which is no failure of the executor: it runs again at once.
    fn interrupted(&mut self, execution: &Execution) {
        let message = "interrupted before it had its effect";
        let failure = Failure::new(FailureClass::Unavailable, message);
        let id = execution.id.clone();
        if execution.attempts >= MAX_STARTS {
            return self.fail(&id, ExecutionFailure::Plugin(failure), false);
        }
        let (attempt, failures, at) = (execution.attempts, execution.failures, self.at());
        self.order(Effect::Queue(id.clone()));
        self.record(Event::ExecutionRetryScheduled {
            execution: id,
            attempt,
            failures,
            failure,
            at,
        });
    }

    fn succeed(&mut self, execution: &Execution, receipt: &Receipt) {
        let id = execution.id.clone();
        let until = if execution.is_grant { self.window_end(execution) } else { None };
        self.order(Effect::Unqueue(id.clone()));
        if let Some(time) = until {
            self.order(Effect::SetTimer(Timer::GrantEnd(id.clone()), time));
        }
        let receipt = receipt.clone();
        self.record(Event::ExecutionSucceeded { execution: id, receipt, until });
        self.await_use(execution);
    }

    /// Tried again by itself where the class allows it, up to a limit (EXE-4).
    fn attempt_failed(&mut self, execution: &Execution, attempt: u32, failure: Failure) {
        let id = execution.id.clone();
        let failures = execution.failures.saturating_add(1);
        if !failure.class.is_retryable() || failures >= MAX_FAILURES {
            return self.fail(&id, ExecutionFailure::Plugin(failure), false);
        }
        let at = self.at() + back_off(failures, failure.retry_after_ms, &id);
        self.order(Effect::Unqueue(id.clone()));
        self.order(Effect::SetTimer(Timer::ExecutionRetry(id.clone()), at));
        self.record(Event::ExecutionRetryScheduled {
            execution: id,
            attempt,
            failures,
            failure,
            at,
        });
    }

    fn fail(&mut self, id: &ExecutionId, why: ExecutionFailure, may_have_happened: bool) {
        let execution = id.clone();
        let grant = self.request.execution(id).filter(|it| it.is_grant && may_have_happened);
        let until = grant.and_then(|grant| self.window_end(grant));
        self.order(Effect::Unqueue(execution.clone()));
        self.order(Effect::Notify(Notice::ExecutionTrouble(execution.clone())));
        if let Some(time) = until {
            self.order(Effect::SetTimer(Timer::GrantEnd(execution.clone()), time));
        }
        self.record(Event::ExecutionFailed { execution, why, may_have_happened, until });
    }

    /// The time for another try has come, of an attempt or of taking a grant back.
    pub(super) fn retry_due(&mut self, id: &ExecutionId) -> Result<(), Rejection> {
        match self.execution(id)?.state {
            ExecutionState::Scheduled { .. }
            | ExecutionState::Running { .. }
            | ExecutionState::Revoking { .. } => {
                self.order(Effect::Queue(id.clone()));
                Ok(())
            }
            ExecutionState::Waiting
            | ExecutionState::Succeeded { .. }
            | ExecutionState::Failed { .. }
            | ExecutionState::Cancelled { .. }
            | ExecutionState::Expired { .. }
            | ExecutionState::Active { .. }
            | ExecutionState::Revoked { .. }
            | ExecutionState::Lapsed { .. } => Err(self.wrong_status(Some(id))),
        }
    }

    /// A person tries a failed execution again (EXE-4): those who may run it, and administrators. One
    /// that may have happened is asked about first (EXE-3).
    pub(super) fn retry(&mut self, id: &ExecutionId) -> Result<(), Rejection> {
        let person = self.person()?;
        let execution = self.execution(id)?.clone();
        let manual =
            self.context.rule.executor(&id.binding).and_then(|executor| executor.manual.as_ref());
        let may = is_administrator(person)
            || manual.is_some_and(|whos| is_among(whos, &self.request, person));
        if !may {
            let why = Forbidden::NotAnExecutor { execution: id.clone(), again: true };
            return Err(Rejection::Forbidden(why));
        }
        let ExecutionState::Failed { why, may_have_happened, .. } = execution.state else {
            return Err(self.wrong_status(Some(id)));
        };
        let failure = failure_of(why);
        let (attempt, at) = (execution.attempts, self.at());
        if may_have_happened {
            let execution = id.clone();
            self.order(Effect::ClearTimer(Timer::GrantEnd(id.clone())));
            self.order(Effect::Queue(id.clone()));
            self.record(Event::ExecutionInDoubt { execution, failures: 0, failure, at });
            return Ok(());
        }
        self.record(Event::ExecutionRetryScheduled {
            execution: id.clone(),
            attempt,
            failures: 0,
            failure,
            at,
        });
        // What a person starts, a person starts again.
        if execution.manual {
            return self.start_by_person(id);
        }
        self.order(Effect::Queue(id.clone()));
        Ok(())
    }

    /// EXE-6b: it did not start in time.
    pub(super) fn expire_execution(&mut self, id: &ExecutionId) -> Result<(), Rejection> {
        let ExecutionState::Scheduled { start_before: Some(time), .. } = self.execution(id)?.state
        else {
            return Err(self.wrong_status(Some(id)));
        };
        if time > self.at() {
            return Err(self.wrong_status(Some(id)));
        }
        self.order(Effect::Unqueue(id.clone()));
        self.order(Effect::ClearTimer(Timer::ExecutionRetry(id.clone())));
        self.record(Event::ExecutionExpired { execution: id.clone() });
        Ok(())
    }
}

fn failure_of(why: ExecutionFailure) -> Failure {
    match why {
        ExecutionFailure::Plugin(failure) => failure,
        ExecutionFailure::PlanChanged { .. } => {
            Failure::new(FailureClass::Refused, "the plan was not the approved one")
        }
    }
}

/// Doubling from one second, never less than the plugin asks for, spread by up to a quarter so that
/// executions that failed together do not come back together.
fn back_off(failures: u32, asked_ms: Option<u32>, id: &ExecutionId) -> TimeDelta {
    let seconds = 1_i64.checked_shl(failures.min(20)).unwrap_or(i64::MAX).min(LONGEST_BACK_OFF);
    let spread = id.to_string().bytes().fold(0_i64, |sum, byte| (sum * 31 + i64::from(byte)) % 250);
    let by_engine = TimeDelta::milliseconds(seconds * (1_000 + spread));
    by_engine.max(TimeDelta::milliseconds(i64::from(asked_ms.unwrap_or(0))))
}

/// When a window that starts at `from` and lasts so long ends, but never after the request's own end.
pub(super) fn window_end(
    from: DateTime<Utc>,
    length: Option<crate::value::Span>,
    ends: Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    let by_length = length.and_then(|span| after(from, span));
    match (by_length, ends) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
