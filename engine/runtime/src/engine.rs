//! The handle, and what stands behind it.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use engine_core::ids::OrgId;
use engine_store::{Limit, Millis, Store, StoreError};
use tokio::sync::Mutex;

use crate::{
    clock::{Clock, Ids},
    dispatcher::Dispatcher,
    error::EngineError,
    extensions::Extensions,
    organization::OrganizationState,
    recent::Recent,
};

/// What an engine is made of.
#[derive(Debug)]
pub struct EngineOptions {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Who answers questions and carries out orders.
    pub extensions: Arc<dyn Extensions>,
    /// What time it is. With a manual clock nothing happens by itself: see [`Engine::settle`] and
    /// [`Engine::advance_to`].
    pub clock: Clock,
    /// Where ids come from.
    pub ids: Ids,
}

/// The engine. A cheap handle: every clone is the same engine.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) extensions: Arc<dyn Extensions>,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) recent: Recent,
    organizations: RwLock<BTreeMap<OrgId, Arc<Slot>>>,
}

/// An organization's current state, and the turn of those who change it.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) state: ArcSwap<OrganizationState>,
    pub(crate) turn: Mutex<()>,
}

impl Engine {
    /// Opens an engine: loads every organization, and with the machine's clock starts to work off
    /// the outbox and the timers, late ones first.
    ///
    /// # Errors
    /// The store's, and [`EngineError::Unreadable`] for what another version wrote.
    pub async fn open(options: EngineOptions) -> Result<Self, EngineError> {
        let EngineOptions { store, extensions, clock, ids } = options;
        let works_by_itself = clock.is_system();
        let engine = Self {
            inner: Arc::new(Inner {
                store,
                extensions,
                clock,
                ids,
                dispatcher: Dispatcher::new(),
                recent: Recent::default(),
                organizations: RwLock::default(),
            }),
        };
        engine.inner.extensions.attach(&engine);
        engine.load_all().await?;
        if works_by_itself {
            engine.start_workers();
        }
        Ok(engine)
    }

    async fn load_all(&self) -> Result<(), EngineError> {
        let mut after: Option<OrgId> = None;
        loop {
            let page = self.inner.store.organizations(after.as_ref(), Limit::MAX).await?;
            for org in &page {
                let state = self.load_organization(org).await?;
                self.put_organization(state);
            }
            match page.last() {
                Some(last) if page.len() == Limit::MAX.get() => after = Some(last.clone()),
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// Finishes what is under way and closes the store. Commands are refused from then on.
    pub async fn close(&self) {
        self.inner.dispatcher.close().await;
        self.inner.store.close().await;
    }

    /// Drops what is under way without waiting for it, as a crash does; the store stays open.
    pub fn abandon(&self) {
        self.inner.dispatcher.abandon();
    }

    /// Resolves when the store has stopped: the process must end then.
    pub async fn stopped(&self) -> StoreError {
        self.inner.store.stopped().await
    }

    /// The instant, by the engine's clock.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.inner.clock.now()
    }

    /// A new id.
    #[must_use]
    pub fn next_id(&self, prefix: &str) -> String {
        self.inner.ids.next(prefix)
    }

    /// The organization as it is now.
    ///
    /// # Errors
    /// [`EngineError::NoSuchOrganization`].
    pub fn organization(&self, org: &OrgId) -> Result<Arc<OrganizationState>, EngineError> {
        Ok(self.slot(org)?.state.load_full())
    }

    /// The organizations there are.
    #[must_use]
    pub fn organizations(&self) -> Vec<OrgId> {
        let all = self.inner.organizations.read().unwrap_or_else(PoisonError::into_inner);
        all.keys().cloned().collect()
    }

    pub(crate) fn slot(&self, org: &OrgId) -> Result<Arc<Slot>, EngineError> {
        let all = self.inner.organizations.read().unwrap_or_else(PoisonError::into_inner);
        all.get(org).cloned().ok_or(EngineError::NoSuchOrganization)
    }

    pub(crate) fn put_organization(&self, state: OrganizationState) {
        let id = state.organization.id.clone();
        let slot = Slot { state: ArcSwap::from_pointee(state), turn: Mutex::new(()) };
        let mut all = self.inner.organizations.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(id, Arc::new(slot));
    }

    pub(crate) fn millis(&self) -> Millis {
        Millis(self.now().timestamp_millis())
    }
}
