//! Calls of components: a fresh instance for every one, limited, recorded, and gone afterwards.

use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use engine_core::extension::{
    Failure, FailureClass, Nominee, Plan, Presence, Problem, Receipt, Verdict,
};
use futures::{FutureExt as _, future::BoxFuture};
use serde::Serialize;
use wasmtime::{Store, UpdateDeadline};

use crate::{
    call::{Answer, Call, Trace},
    component::{Plugin, manifest::World},
    failures,
    guests::Guests,
    host::Host,
    limits::{LimitChanges, Limits},
    machine,
    outside::Recording,
    ready::{Begun, Linked},
    state::{State, Stop, Task},
    v1::{Answered, ExecutorPluginPre, Unplanned, results},
};

/// Ticks between two looks of a running executor at its deadline, and at who else wants the thread.
const TICKS_BETWEEN_LOOKS: u64 = 5;

/// How a call ended.
enum Ended<T> {
    Answered(wasmtime::Result<Answered<T>>),
    Panicked(Box<dyn Any + Send>),
    Late,
}

type Running<'a, T> = BoxFuture<'a, wasmtime::Result<Answered<T>>>;

impl Host {
    /// Asks a plugin whether a condition holds (CND-3). Blocks.
    #[must_use]
    pub fn condition(&self, plugin: &Plugin, call: &Call) -> Answer<Verdict> {
        let Some(linked) = &plugin.inner.condition else { return not_served(World::Condition) };
        self.question(plugin, call, linked, |store, instance| {
            let answer = instance.countersign_plugin_condition().call_evaluate(&mut *store)?;
            Ok(results::verdict(answer, &call.directory))
        })
    }

    /// Asks a plugin who approves (STP-2). Blocks.
    #[must_use]
    pub fn approvers(&self, plugin: &Plugin, call: &Call) -> Answer<Vec<Nominee>> {
        let Some(linked) = &plugin.inner.approvers else { return not_served(World::Approvers) };
        self.question(plugin, call, linked, |store, instance| {
            let answer = instance.countersign_plugin_approvers().call_resolve(&mut *store)?;
            Ok(results::nominees(answer, &call.directory).map(|answer| {
                answer.map(|(nominees, notes)| {
                    store.data_mut().trace.notes = notes;
                    nominees
                })
            }))
        })
    }

    /// Asks a plugin what is wrong with a request. Blocks.
    #[must_use]
    pub fn validate(&self, plugin: &Plugin, call: &Call) -> Answer<Vec<Problem>> {
        let Some(linked) = &plugin.inner.validator else { return not_served(World::Validator) };
        self.question(plugin, call, linked, |store, instance| {
            let answer = instance.countersign_plugin_validator().call_validate(&mut *store)?;
            Ok(results::problems(answer, &call.facts, &call.directory))
        })
    }

    /// Tells a notifier to deliver a notice, and answers the other side's name for the delivery. Every
    /// retry of one notice has the same key.
    pub async fn deliver(
        &self,
        plugin: &Plugin,
        call: &Call,
        once_key: &str,
    ) -> Answer<Option<String>> {
        let Some(linked) = plugin.inner.notifier.clone() else {
            return not_served(World::Notifier);
        };
        let (directory, key) = (Arc::clone(&call.directory), once_key.to_owned());
        let task = Task::Deliver(key.clone());
        let defaults = &self.guests_of(plugin).notifier;
        self.awaited(plugin, call, task, defaults, |store| {
            async move {
                let instance = linked.instantiate_async(&mut *store).await?;
                let notifier = instance.countersign_plugin_notifier();
                let answer = notifier.call_deliver(&mut *store, &key).await?;
                Ok(results::delivered(answer, &directory))
            }
            .boxed()
        })
        .await
    }

    /// Asks an executor what it would do (EXE-6).
    pub async fn plan(&self, plugin: &Plugin, call: &Call) -> Answer<Plan> {
        let directory = Arc::clone(&call.directory);
        self.effect(plugin, call, Task::Plan, |store, linked| {
            async move {
                let instance = linked.instantiate_async(&mut *store).await?;
                let executor = instance.countersign_plugin_executor();
                let answer = executor.call_plan(&mut *store).await?;
                let state = store.data_mut();
                let plan = results::plan(answer, &directory, |given| state.planned(given));
                plan.map_or_else(Unplanned::ended, |plan| Ok(Ok(plan)))
            }
            .boxed()
        })
        .await
    }

    /// Tells an executor to do it (EXE-3). Every retry of one execution has the same key.
    pub async fn execute(&self, plugin: &Plugin, call: &Call, once_key: &str) -> Answer<Receipt> {
        let (directory, key) = (Arc::clone(&call.directory), once_key.to_owned());
        self.effect(plugin, call, Task::Execute(key.clone()), |store, linked| {
            async move {
                let instance = linked.instantiate_async(&mut *store).await?;
                let executor = instance.countersign_plugin_executor();
                let answer = executor.call_execute(&mut *store, &key).await?;
                Ok(results::executed(answer, &directory))
            }
            .boxed()
        })
        .await
    }

    /// Asks an executor whether an earlier `execute` with this key did it (EXE-3).
    pub async fn probe(&self, plugin: &Plugin, call: &Call, once_key: &str) -> Answer<Presence> {
        let (directory, key) = (Arc::clone(&call.directory), once_key.to_owned());
        self.effect(plugin, call, Task::Probe(key.clone()), |store, linked| {
            async move {
                let instance = linked.instantiate_async(&mut *store).await?;
                let executor = instance.countersign_plugin_executor();
                let answer = executor.call_probe(&mut *store, &key).await?;
                Ok(results::presence(answer, &directory))
            }
            .boxed()
        })
        .await
    }

    /// Tells an executor to take back what `done` tells of (EXE-5). The key is that of `execute`; the
    /// executor gets another, which is the same for every retry.
    pub async fn revert(
        &self,
        plugin: &Plugin,
        call: &Call,
        done: &Receipt,
        once_key: &str,
    ) -> Answer<Receipt> {
        let directory = Arc::clone(&call.directory);
        let key = format!("{once_key}/revert");
        let done = match results::receipt_to_wit(done) {
            Ok(done) => done,
            Err(why) => return failed(Failure::new(FailureClass::Permanent, why)),
        };
        let task = Task::Revert { execution: once_key.to_owned(), key: key.clone() };
        self.effect(plugin, call, task, |store, linked| {
            async move {
                let instance = linked.instantiate_async(&mut *store).await?;
                let executor = instance.countersign_plugin_executor();
                let answer = executor.call_revert(&mut *store, &done, &key).await?;
                Ok(results::executed(answer, &directory))
            }
            .boxed()
        })
        .await
    }

    /// The limits of a plugin for which some were changed; none where nothing was.
    #[must_use]
    pub fn limits(
        &self,
        plugin: &Plugin,
        world: World,
        changes: &LimitChanges,
    ) -> Option<Arc<Limits>> {
        let usual = || self.usual_limits(plugin, world);
        (!changes.is_empty()).then(|| Arc::new(changes.over(usual())))
    }

    /// The limits of a plugin in a world, where nothing was changed.
    #[must_use]
    pub fn usual_limits(&self, plugin: &Plugin, world: World) -> &Limits {
        self.guests_of(plugin).limits(world)
    }

    pub(crate) fn guests_of(&self, plugin: &Plugin) -> &Guests {
        self.guests(plugin.inner.weight)
    }

    fn question<L: Linked, T: Serialize>(
        &self,
        plugin: &Plugin,
        call: &Call,
        linked: &L,
        ask: impl FnOnce(&mut Store<State>, &L::Instance) -> wasmtime::Result<Answered<T>>,
    ) -> Answer<T> {
        let start = Instant::now();
        let Some(begun) = self.begin::<L>(plugin, call) else {
            return failed(failures::busy());
        };
        let Begun { place, mut store, instance } = begun;
        let asked = catch_unwind(AssertUnwindSafe(|| {
            let instance = instance.map_or_else(|| linked.instantiate(&mut store), Ok)?;
            ask(&mut store, &instance)
        }));
        let answer = finish(&mut store, asked.map_or_else(Ended::Panicked, Ended::Answered), start);
        self.end(plugin, linked, place, store);
        answer
    }

    async fn effect<T: Serialize>(
        &self,
        plugin: &Plugin,
        call: &Call,
        task: Task,
        begin: impl for<'a> FnOnce(&'a mut Store<State>, ExecutorPluginPre<State>) -> Running<'a, T>,
    ) -> Answer<T> {
        let Some(linked) = plugin.inner.executor.clone() else {
            return not_served(World::Executor);
        };
        let defaults = &self.guests_of(plugin).executor;
        self.awaited(plugin, call, task, defaults, |store| begin(store, linked)).await
    }

    /// Runs what may take long, beside others, until its deadline.
    async fn awaited<T: Serialize>(
        &self,
        plugin: &Plugin,
        call: &Call,
        task: Task,
        defaults: &Arc<Limits>,
        begin: impl for<'a> FnOnce(&'a mut Store<State>) -> Running<'a, T>,
    ) -> Answer<T> {
        let start = Instant::now();
        let time = call.limits.as_ref().unwrap_or(defaults).deadline;
        let Some(_place) = self.guests_of(plugin).place_for_effect(time).await else {
            return failed(failures::busy());
        };
        let mut store = self.store(plugin, call, task, defaults);
        let deadline = store.data().deadline;
        store.set_epoch_deadline(TICKS_BETWEEN_LOOKS);
        store.epoch_deadline_callback(move |_| {
            Ok(if Instant::now() >= deadline {
                UpdateDeadline::Interrupt
            } else {
                let others = Box::pin(tokio::task::yield_now());
                UpdateDeadline::YieldCustom(TICKS_BETWEEN_LOOKS, others)
            })
        });
        let running = AssertUnwindSafe(begin(&mut store)).catch_unwind();
        let ended = match tokio::time::timeout_at(deadline.into(), running).await {
            Ok(Ok(Err(error))) if is_unanswered(&error) => Ended::Late,
            Ok(Ok(answered)) => Ended::Answered(answered),
            Ok(Err(panic)) => Ended::Panicked(panic),
            Err(_) => Ended::Late,
        };
        finish(&mut store, ended, start)
    }

    /// A store with every limit set. Both clocks are armed before anything of the component runs.
    pub(crate) fn store(
        &self,
        plugin: &Plugin,
        call: &Call,
        task: Task,
        defaults: &Arc<Limits>,
    ) -> Store<State> {
        let state = self.state(plugin, call, task, defaults);
        let mut store = Store::new(&self.guests_of(plugin).engine, state);
        store.limiter(|state| &mut state.memory);
        arm(&mut store, 0);
        store
    }

    pub(crate) fn state(
        &self,
        plugin: &Plugin,
        call: &Call,
        task: Task,
        defaults: &Arc<Limits>,
    ) -> State {
        State::new(
            call.clone(),
            Arc::clone(&plugin.inner.manifest),
            task,
            Arc::clone(call.limits.as_ref().unwrap_or(defaults)),
            Arc::clone(&self.services),
        )
    }
}

/// Sets the limits of the call that a store is for, of whose fuel so much is used up.
pub(crate) fn arm(store: &mut Store<State>, used: u64) {
    let (limits, time) = (Arc::clone(&store.data().limits), store.data().left());
    store.set_hostcall_fuel(limits.host_call_bytes);
    store.set_max_component_handles(limits.handles);
    store.set_epoch_deadline(ticks(time));
    if let Err(error) = store.set_fuel(limits.fuel.saturating_sub(used)) {
        // Unreachable: the engine is configured to count fuel. Without it nothing runs.
        tracing::error!(%error, "the machine does not count fuel");
    }
}

/// Whether a repetition came to where the time was over the first time.
fn is_unanswered(error: &wasmtime::Error) -> bool {
    matches!(error.downcast_ref::<Stop>(), Some(Stop::Unanswered))
}

fn ticks(deadline: Duration) -> u64 {
    let ticks = deadline.as_nanos().div_ceil(machine::TICK.as_nanos());
    u64::try_from(ticks).unwrap_or(u64::MAX / 2).saturating_add(1)
}

fn not_served<T>(world: World) -> Answer<T> {
    let message = format!("the plugin does not serve `{world}`");
    failed(Failure::new(FailureClass::Contract, message))
}

fn failed<T>(failure: Failure) -> Answer<T> {
    Answer { result: Err(failure), trace: Trace::default() }
}

/// Takes the answer and the trace out of a store in which nothing will run any more.
fn finish<T: Serialize>(store: &mut Store<State>, ended: Ended<T>, start: Instant) -> Answer<T> {
    let fuel_left = store.get_fuel().unwrap_or(0);
    let state = store.data_mut();
    let mut trace = mem::take(&mut state.trace);
    let Recording { exchanges, cut } = state.outside.take_recording();
    (trace.exchanges, trace.exchanges_cut) = (exchanges, cut);
    trace.fuel = state.limits.fuel.saturating_sub(fuel_left);
    trace.memory = state.memory.peak;
    trace.elapsed = start.elapsed();
    let result = match ended {
        Ended::Answered(Ok(Ok(Ok(value)))) => within(value, state.limits.output),
        Ended::Answered(Ok(Ok(Err(reported)))) => Err(reported),
        Ended::Answered(Ok(Err(bad))) => {
            let message = format!("the plugin's answer makes no sense: {bad}");
            Err(Failure::new(FailureClass::BadOutput, message))
        }
        Ended::Answered(Err(error)) => {
            trace.stack = failures::stack(&error);
            Err(failures::from_error(&error, &trace))
        }
        Ended::Panicked(panic) => Err(failures::from_panic(panic.as_ref())),
        Ended::Late => Err(failures::late(state.time)),
    };
    let changed = state.may_have_changed;
    Answer { result: result.map_err(|failure| failures::in_doubt(failure, changed)), trace }
}

fn within<T: Serialize>(value: T, most: usize) -> Result<T, Failure> {
    match serde_json::to_vec(&value) {
        Ok(text) if text.len() <= most => Ok(value),
        Ok(text) => {
            let message =
                format!("the plugin's answer has {} bytes, the most are {most}", text.len());
            Err(Failure::new(FailureClass::Output, message))
        }
        Err(error) => Err(Failure::new(FailureClass::Bug, error.to_string())),
    }
}
