//! Whether a plugin can be instantiated.

use engine_core::extension::{Failure, FailureClass};
use futures::FutureExt as _;
use wasmtime::{Store, Trap};

use crate::{
    call::nothing,
    component::Plugin,
    failures,
    host::Host,
    state::{State, Task},
};

impl Host {
    /// Instantiates a plugin once for each of its worlds.
    pub(crate) fn try_out(&self, plugin: &Plugin) -> Result<(), Failure> {
        let call = nothing().map_err(|error| Failure::new(FailureClass::Bug, error.to_string()))?;
        let (loaded, limits) = (&plugin.inner, self.guests_of(plugin));
        let trial = |defaults| self.store(plugin, &call, Task::Trial, defaults);
        // A start that waits for something, which no plugin needs, is given up at once.
        let at_once = |started: Option<wasmtime::Result<()>>| {
            started.unwrap_or_else(|| Err(Trap::Interrupt.into()))
        };
        if let Some(linked) = &loaded.condition {
            let mut store = trial(&limits.condition);
            started(linked.instantiate(&mut store).map(drop), &store)?;
        }
        if let Some(linked) = &loaded.approvers {
            let mut store = trial(&limits.approvers);
            started(linked.instantiate(&mut store).map(drop), &store)?;
        }
        if let Some(linked) = &loaded.validator {
            let mut store = trial(&limits.validator);
            started(linked.instantiate(&mut store).map(drop), &store)?;
        }
        if let Some(linked) = &loaded.executor {
            let mut store = trial(&limits.executor);
            let tried = linked.instantiate_async(&mut store).now_or_never();
            started(at_once(tried.map(|tried| tried.map(drop))), &store)?;
        }
        if let Some(linked) = &loaded.notifier {
            let mut store = trial(&limits.notifier);
            let tried = linked.instantiate_async(&mut store).now_or_never();
            started(at_once(tried.map(|tried| tried.map(drop))), &store)?;
        }
        Ok(())
    }
}

fn started(tried: wasmtime::Result<()>, store: &Store<State>) -> Result<(), Failure> {
    tried.map_err(|error| failures::from_error(&error, &store.data().trace))
}
