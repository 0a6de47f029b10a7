//! Questions and orders, to whichever script or plugin is meant.

use std::{io, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use engine_core::{
    extension::{Failure, FailureClass, Nominee, Plan, Presence, Problem, Receipt, Verdict},
    ids::PluginId,
    question::Source,
    request::MadeFile,
};
use engine_host::{
    Answer, Answered, Call, FileRecord, Grant, Host, Limits, Order, Plugin, Script, Trace, World,
};

use super::{
    Library,
    capsules::{Answerer, Draft},
};
use crate::{
    engine::Engine,
    extensions::{ExtensionCall, Extensions},
    plugin::InstalledPlugin,
};

/// A plugin that is about to be called.
struct Called {
    component: Arc<Plugin>,
    installed: Arc<InstalledPlugin>,
    call: Call,
    engine: Engine,
}

impl Library {
    /// A plugin that may be asked.
    ///
    /// # Errors
    /// Where it is not installed, cannot be loaded, is disabled, or paused because it fails.
    async fn plugin(
        &self,
        id: &PluginId,
        world: World,
        call: &ExtensionCall,
    ) -> Result<Called, Failure> {
        let called = self.plugin_regardless(id, world, call).await?;
        let Called { installed, engine, .. } = &called;
        self.inner.watch.admit(id, &installed.file.digest, call, engine.now())?;
        Ok(called)
    }

    /// The same even where it is paused: after what it did, it has to be asked, or told to take it back.
    async fn plugin_regardless(
        &self,
        id: &PluginId,
        world: World,
        call: &ExtensionCall,
    ) -> Result<Called, Failure> {
        let engine = self.engine()?;
        let state = engine
            .organization(&call.org)
            .map_err(|error| Failure::new(FailureClass::Unavailable, error.to_string()))?;
        let installed = state.plugins.get(id).cloned().ok_or_else(|| {
            Failure::new(FailureClass::Contract, format!("plugin `{id}` is not installed"))
        })?;
        if let Some(disabled) = &installed.disabled {
            let why = match disabled.comment.as_str() {
                "" => String::new(),
                comment => format!(": {comment}"),
            };
            let message = format!("an administrator disabled the plugin `{id}`{why}");
            return Err(Failure::new(FailureClass::Unavailable, message));
        }
        let component = self.find(installed.file.digest.clone()).await?;
        let limits = self.inner.host.limits(&component, world, &installed.limits);
        let mut call = call_of(call, installed.grant.clone(), limits);
        call.recording = self.inner.capsules.get().is_some_and(|capsules| capsules.of_executors);
        Ok(Called { component, installed, call, engine })
    }

    /// Asks a script or a plugin a question, where blocking is allowed.
    async fn ask<T: Clone + Into<Answered> + Send + 'static>(
        &self,
        source: &Source,
        call: &ExtensionCall,
        world: World,
        script: fn(&Host, &Script, &Call) -> Answer<T>,
        plugin: fn(&Host, &Plugin, &Call) -> Answer<T>,
    ) -> Result<T, Failure> {
        let library = self.clone();
        match source {
            Source::Script(id) => {
                let found = self.script(&call.org, id)?;
                let now = self.engine()?.now();
                let call = call_of(call, Grant::default(), None);
                let (asking, asked) = (Arc::clone(&found), call.clone());
                let ask = move || script(&library.inner.host, &asking, &asked);
                let answer = patient(ask).await?;
                audit(id.as_str(), &answer.trace);
                let by = Answerer::Script(id.clone(), found);
                Ok(self.recorded(by, (world, None), call, answer, now)?)
            }
            Source::Plugin(id) => {
                let called = self.plugin(id, world, call).await?;
                let (component, asked) = (Arc::clone(&called.component), called.call.clone());
                let ask = move || plugin(&library.inner.host, &component, &asked);
                let answer = patient(ask).await?;
                self.told(id, called, call, (world, None), answer)
            }
        }
    }

    /// Keeps what belongs to an answer, where that is wanted, and gives the result on.
    fn recorded<T: Clone + Into<Answered>>(
        &self,
        by: Answerer,
        (world, order): (World, Option<Order>),
        call: Call,
        answer: Answer<T>,
        at: DateTime<Utc>,
    ) -> Result<T, Failure> {
        let Answer { result, trace } = answer;
        let wanted = self.inner.capsules.get();
        if let Some(capsules) = wanted.filter(|_| order.is_none() || call.recording) {
            let answer = Answer { result: result.clone().map(Into::into), trace };
            capsules.keep(Draft::new(by, (world, order), call, answer, at));
        }
        result
    }

    /// Counts what came of a call of a plugin, keeps what belongs to it, and gives the result on.
    fn told<T: Clone + Into<Answered>>(
        &self,
        id: &PluginId,
        called: Called,
        call: &ExtensionCall,
        asked: (World, Option<Order>),
        answer: Answer<T>,
    ) -> Result<T, Failure> {
        let Called { installed, engine, call: made, .. } = called;
        self.inner.watch.ended(id, &installed.file.digest, call, &answer, engine.now());
        audit(id.as_str(), &answer.trace);
        self.recorded(Answerer::Plugin(id.clone(), installed), asked, made, answer, engine.now())
    }

    /// The same for an executor.
    fn obeyed<T: Clone + Into<Answered>>(
        &self,
        id: &PluginId,
        called: Called,
        call: &ExtensionCall,
        order: Order,
        answer: Answer<T>,
    ) -> Result<T, Failure> {
        self.told(id, called, call, (World::Executor, Some(order)), answer)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn unreadable(error: io::Error) -> Failure {
    Failure::new(FailureClass::Unavailable, format!("the files cannot be looked after: {error}"))
}

/// The call as the host takes it.
fn call_of(call: &ExtensionCall, grant: Grant, limits: Option<Arc<Limits>>) -> Call {
    Call {
        facts: Arc::clone(&call.facts),
        config: Arc::clone(&call.config),
        directory: Arc::clone(&call.directory),
        rates: call.rates.clone(),
        zone: call.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC),
        calendar: Arc::clone(&call.calendar),
        grant: Arc::new(grant),
        statements: Arc::clone(&call.statements),
        limits,
        notice: None,
        recorded: None,
        recording: false,
    }
}

/// Reports what was refused.
fn audit(name: &str, trace: &Trace) {
    for denial in &trace.denials {
        tracing::warn!(
            extension = name,
            capability = denial.capability,
            of = denial.name,
            why = denial.why,
            "refused what was not granted"
        );
    }
    for line in &trace.log {
        tracing::debug!(extension = name, level = ?line.level, message = line.message, "log");
    }
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failure::new(FailureClass::Bug, error.to_string()))?
}

/// Asks again, once, where time ran out: what an extension may use is decided by its fuel, and time says
/// more about the machine.
async fn patient<T: Send + 'static>(
    ask: impl Fn() -> Answer<T> + Send + 'static,
) -> Result<Answer<T>, Failure> {
    blocking(move || {
        let answer = ask();
        let is_late = |failure: &Failure| failure.class == FailureClass::Deadline;
        Ok(if answer.result.as_ref().is_err_and(is_late) { ask() } else { answer })
    })
    .await
}

#[async_trait]
impl Extensions for Library {
    fn attach(&self, engine: &Engine) {
        // A second call would be about another engine, and is not heard.
        let _ = self.inner.engine.set(Arc::downgrade(&engine.inner));
    }

    async fn condition(&self, source: &Source, call: &ExtensionCall) -> Result<Verdict, Failure> {
        self.ask(source, call, World::Condition, Host::script_condition, Host::condition).await
    }

    async fn approvers(
        &self,
        source: &Source,
        call: &ExtensionCall,
    ) -> Result<Vec<Nominee>, Failure> {
        self.ask(source, call, World::Approvers, Host::script_approvers, Host::approvers).await
    }

    async fn problems(
        &self,
        source: &Source,
        call: &ExtensionCall,
    ) -> Result<Vec<Problem>, Failure> {
        self.ask(source, call, World::Validator, Host::script_validator, Host::validate).await
    }

    async fn plan(&self, plugin: &PluginId, call: &ExtensionCall) -> Result<Plan, Failure> {
        let called = self.plugin(plugin, World::Executor, call).await?;
        let answer = self.inner.host.plan(&called.component, &called.call).await;
        self.obeyed(plugin, called, call, Order::Plan, answer)
    }

    async fn execute(
        &self,
        plugin: &PluginId,
        call: &ExtensionCall,
        once_key: &str,
    ) -> Result<Receipt, Failure> {
        let called = self.plugin(plugin, World::Executor, call).await?;
        let answer = self.inner.host.execute(&called.component, &called.call, once_key).await;
        self.obeyed(plugin, called, call, Order::Execute(once_key.to_owned()), answer)
    }

    async fn probe(
        &self,
        plugin: &PluginId,
        call: &ExtensionCall,
        once_key: &str,
    ) -> Result<Presence, Failure> {
        let called = self.plugin_regardless(plugin, World::Executor, call).await?;
        let answer = self.inner.host.probe(&called.component, &called.call, once_key).await;
        self.obeyed(plugin, called, call, Order::Probe(once_key.to_owned()), answer)
    }

    async fn files(&self, once_key: &str) -> Result<Vec<MadeFile>, Failure> {
        let made = self.inner.host.files(once_key).await.map_err(unreadable)?;
        let file = |file: FileRecord| MadeFile {
            name: file.name,
            media_type: file.media_type,
            size: file.size,
            sha256: file.sha256,
            rows: file.rows,
        };
        Ok(made.into_iter().map(file).collect())
    }

    async fn delete_files(&self, once_key: &str) -> Result<(), Failure> {
        let engine = &self.engine()?;
        let is_attached = |sha256: String| async move {
            engine.is_attached(&sha256).await.map_err(io::Error::other)
        };
        self.inner.host.delete_files(once_key, is_attached).await.map_err(unreadable)
    }

    async fn revert(
        &self,
        plugin: &PluginId,
        call: &ExtensionCall,
        receipt: &Receipt,
        once_key: &str,
    ) -> Result<(), Failure> {
        let called = self.plugin_regardless(plugin, World::Executor, call).await?;
        let answer =
            self.inner.host.revert(&called.component, &called.call, receipt, once_key).await;
        let order = Order::Revert { done: receipt.clone(), once_key: once_key.to_owned() };
        self.obeyed(plugin, called, call, order, answer).map(drop)
    }
}
