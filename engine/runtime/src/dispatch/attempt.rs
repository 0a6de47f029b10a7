//! One attempt of an execution: done, found out about, or taken back, and reported.

use std::sync::Arc;

use engine_core::{
    command::{AttemptOutcome, EngineCommand},
    effect::Effect,
    extension::{Failure, FailureClass, Item, PlannedStatement, Presence, Receipt, ResolvedConfig},
    order::{ExecutionOrder, RevertOrder, once_key},
    request::Request,
    rights::SharedRights,
};

use super::ENGINE;
use crate::{
    ask::extension_call, dispatcher::Job, engine::Engine, error::EngineError,
    extensions::ExtensionCall, write::Carried,
};

/// Through what the engine knows what it had to ask the executor about (EXE-3).
const PROBE: &str = "probe";

impl Engine {
    /// Runs a started attempt and reports its outcome. Where it is not the first, and after every end
    /// that leaves it open, the plugin is asked whether the effect happened (EXE-3).
    pub(super) async fn perform(
        &self,
        job: &Job,
        request: &Request,
        order: &ExecutionOrder,
        attempt: u32,
        is_first: bool,
    ) -> Result<Carried, EngineError> {
        let call = self.call_of(job, request, Ordered::from(order))?;
        if !is_first {
            match self.probe(order, &call).await {
                Found::Nothing => {}
                Found::Ended(outcome) => {
                    let via = learnt(&outcome);
                    return self.finish(job, attempt, outcome, via).await;
                }
            }
        }
        let (outcome, via) = match self.execute(job, order, &call).await? {
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

    /// Lets the plugin do it, unless it was replaced since the plan was made and now reads what approvers may
    /// edit.
    async fn execute(
        &self,
        job: &Job,
        order: &ExecutionOrder,
        call: &ExtensionCall,
    ) -> Result<Result<Receipt, Failure>, EngineError> {
        let (plugin, key) = (order.plugin(), order.once_key());
        Ok(match self.organization(&job.org)?.refuse_edited_reads(&call.facts, plugin) {
            Ok(()) => self.inner.extensions.execute(plugin, call, key).await,
            Err(failure) => Err(failure),
        })
    }

    /// What became of an attempt that this process did not see the end of.
    pub(super) async fn find_out(
        &self,
        job: &Job,
        request: &Request,
        order: &ExecutionOrder,
        attempt: u32,
    ) -> Result<Carried, EngineError> {
        let call = self.call_of(job, request, Ordered::from(order))?;
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

    /// Files first: whoever sees that an execution is done sees what it made.
    async fn finish(
        &self,
        job: &Job,
        attempt: u32,
        outcome: AttemptOutcome,
        via: &str,
    ) -> Result<Carried, EngineError> {
        let files = self.inner.extensions.files(&once_key(&job.request, &job.execution)).await;
        let files = files.map_err(|failure| EngineError::Extension(failure.message))?;
        if !files.is_empty() {
            let made = EngineCommand::FilesMade { execution: job.execution.clone(), files };
            self.engine_command(job, made, via).await?;
        }
        let execution = job.execution.clone();
        let command = EngineCommand::Finish { execution, attempt, outcome };
        self.engine_command(job, command, via).await
    }

    /// Takes a grant back (EXE-5).
    pub(super) async fn take_back(&self, job: &Job) -> Result<(), EngineError> {
        let start = EngineCommand::StartRevert(job.execution.clone(), SharedRights::default());
        let carried = self.engine_command(job, start, ENGINE).await?;
        let order: Option<RevertOrder> =
            carried.effects.into_iter().find_map(|effect| match effect {
                Effect::Revert(order) => Some(order),
                _ => None,
            });
        let Some(order) = order else { return Ok(()) };
        let call = self.call_of(job, &carried.seen.request, Ordered::from(&order))?;
        let (plugin, receipt) = (order.plugin(), order.receipt());
        let outcome = self.inner.extensions.revert(plugin, &call, receipt, order.once_key()).await;
        let execution = job.execution.clone();
        let finish = EngineCommand::FinishRevert { execution, outcome };
        self.engine_command(job, finish, ENGINE).await.map(drop)
    }

    fn call_of(
        &self,
        job: &Job,
        request: &Request,
        ordered: Ordered<'_>,
    ) -> Result<ExtensionCall, EngineError> {
        let state = self.organization(&job.org)?;
        let mut facts = request.facts(self.now(), None);
        facts.items = ordered.item.cloned().into_iter().collect();
        let call = extension_call(&state, Some(request), facts, ordered.config.clone());
        Ok(ExtensionCall { statements: Arc::clone(ordered.statements), ..call })
    }
}

/// What an executor is called with, of an order.
#[derive(Clone, Copy)]
struct Ordered<'a> {
    item: Option<&'a Item>,
    config: &'a ResolvedConfig,
    statements: &'a Arc<[PlannedStatement]>,
}

impl<'a> From<&'a ExecutionOrder> for Ordered<'a> {
    fn from(order: &'a ExecutionOrder) -> Self {
        let (item, config) = (order.item(), order.config());
        Self { item, config, statements: order.statements() }
    }
}

impl<'a> From<&'a RevertOrder> for Ordered<'a> {
    fn from(order: &'a RevertOrder) -> Self {
        let (item, config) = (order.item(), order.config());
        Self { item, config, statements: order.statements() }
    }
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

/// What a probe says.
enum Found {
    /// The effect did not happen.
    Nothing,
    /// The attempt has an outcome.
    Ended(AttemptOutcome),
}
