//! The guests of one weight: their machine, what they are offered, what a call may use, and how many
//! run at once.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::{Semaphore, SemaphorePermit};
use wasmtime::{Engine, component::Linker};

use crate::{
    component::{Weight, manifest::World},
    limits::{HostLimits, Limits},
    places::{Place, Places},
    ready::{Beside, Ready},
    state::State,
    v1,
};

/// Everything that depends on the weight of a component.
pub(crate) struct Guests {
    pub(crate) engine: Engine,
    pub(crate) questions: Linker<State>,
    pub(crate) effects: Linker<State>,
    pub(crate) notices: Linker<State>,
    pub(crate) condition: Arc<Limits>,
    pub(crate) approvers: Arc<Limits>,
    pub(crate) validator: Arc<Limits>,
    pub(crate) executor: Arc<Limits>,
    pub(crate) notifier: Arc<Limits>,
    /// Trial instantiations one after the other: the pool has few places for them.
    pub(crate) trial: Mutex<()>,
    /// Whether a call waits for a place; else it is told at once that there is none.
    waits: bool,
    /// Below the size of the pool, so that a full pool is told before a component begins.
    pub(crate) questions_at_once: Arc<Places<Ready>>,
    /// Clears away after interpreters, and makes them ready.
    pub(crate) beside: Beside,
    effects_at_once: Semaphore,
}

impl Guests {
    /// # Errors
    /// Where the contract cannot be offered; never in fact.
    pub(crate) fn new(
        weight: Weight,
        engine: Engine,
        limits: &HostLimits,
    ) -> wasmtime::Result<Self> {
        let of_world = |limits: &Limits| {
            Arc::new(match weight {
                Weight::Light => limits.clone(),
                Weight::Heavy => limits.interpreted(),
            })
        };
        let (questions, effects) = match weight {
            Weight::Light => (limits.concurrent_questions, limits.concurrent_effects),
            Weight::Heavy => (limits.interpreted_questions, limits.interpreted_effects),
        };
        Ok(Self {
            questions: v1::questions(&engine)?,
            effects: v1::effects(&engine)?,
            notices: v1::notices(&engine)?,
            engine,
            condition: of_world(&limits.condition),
            approvers: of_world(&limits.approvers),
            validator: of_world(&limits.validator),
            executor: of_world(&limits.executor),
            notifier: of_world(&limits.notifier),
            trial: Mutex::default(),
            waits: weight == Weight::Heavy,
            questions_at_once: Places::new(questions),
            beside: Beside::default(),
            effects_at_once: Semaphore::new(effects as usize),
        })
    }

    /// What a call may use in a world.
    pub(crate) fn limits(&self, world: World) -> &Arc<Limits> {
        match world {
            World::Condition => &self.condition,
            World::Approvers => &self.approvers,
            World::Validator => &self.validator,
            World::Executor => &self.executor,
            World::Notifier => &self.notifier,
        }
    }

    /// A place for a question; none where all are taken, for guests that wait until the time is over.
    pub(crate) fn place(&self, time: Duration) -> Option<Place<Ready>> {
        self.questions_at_once.take(if self.waits { time } else { Duration::ZERO })
    }

    /// A place for an effect.
    pub(crate) async fn place_for_effect(&self, time: Duration) -> Option<SemaphorePermit<'_>> {
        match self.effects_at_once.try_acquire() {
            Ok(place) => Some(place),
            Err(_) if !self.waits => None,
            Err(_) => tokio::time::timeout(time, self.effects_at_once.acquire()).await.ok()?.ok(),
        }
    }
}
