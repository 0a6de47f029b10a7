//! Engines that die: a store that a crash takes away, and a fuse that decides when.
//!
//! An engine that crashes does nothing more. Here that is a call that never comes back, and a store
//! that answers nothing from then on; the data behind it stays, and a new engine opens it.

use std::{
    future::pending,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use async_trait::async_trait;
use engine_core::ids::{CommandId, OrgId, RequestId, UserId};
use engine_store::{
    AgendaEntry, Body, Commit, Document, DocumentQuery, DueAt, Key, Lane, Limit, List, Loaded, Log,
    Millis, Name, Outcome, Page, Paging, Position, Row, Store, StoreError, StoredEvent,
};
use serde::Deserialize;
use tokio::sync::watch;

/// When an engine dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CrashPoint {
    /// Before the next commit is written.
    BeforeCommit,
    /// After it is durable, and before anybody is told.
    AfterCommit,
    /// After the next effect of an executor, and before its outcome is committed.
    AfterEffect,
}

/// Whether and when the engine in hand dies.
#[derive(Debug)]
pub(super) struct Fuse {
    armed: Mutex<Option<CrashPoint>>,
    dead: watch::Sender<bool>,
    inner: RwLock<Option<Arc<dyn Store>>>,
}

impl Fuse {
    /// A fuse over a store.
    pub(super) fn new(store: Arc<dyn Store>) -> Arc<Self> {
        let (dead, _) = watch::channel(false);
        Arc::new(Self { armed: Mutex::default(), dead, inner: RwLock::new(Some(store)) })
    }

    /// Lets the engine die at the next such moment.
    pub(super) fn arm(&self, point: CrashPoint) {
        *self.armed.lock().unwrap_or_else(PoisonError::into_inner) = Some(point);
    }

    /// Resolves when the engine has died.
    pub(super) async fn death(&self) {
        // The sender is `self`'s, so waiting ends by a death alone.
        let _ = self.dead.subscribe().wait_for(|dead| *dead).await;
    }

    /// Takes the store away: whoever still holds the engine reaches nothing.
    pub(super) fn kill(&self) {
        self.dead.send_replace(true);
        *self.inner.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether it has died: what fails from then on fails for that.
    pub(super) fn is_dead(&self) -> bool {
        *self.dead.borrow()
    }

    /// Dies if this is the moment; then nothing comes after it.
    pub(super) async fn reached(&self, point: CrashPoint) {
        let is_now = {
            let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
            armed.take_if(|waiting| *waiting == point).is_some()
        };
        if is_now {
            self.kill();
            pending::<()>().await;
        }
    }

    fn store(&self) -> Result<Arc<dyn Store>, StoreError> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        inner.clone().ok_or_else(|| StoreError::Stopped("the engine has crashed".into()))
    }
}

/// A store behind a fuse.
#[derive(Debug)]
pub(super) struct MortalStore(pub(super) Arc<Fuse>);

#[async_trait]
impl Store for MortalStore {
    async fn commit(&self, commit: Commit) -> Result<Outcome, StoreError> {
        self.0.reached(CrashPoint::BeforeCommit).await;
        let outcome = self.0.store()?.commit(commit).await?;
        if matches!(outcome, Outcome::Committed { .. }) {
            self.0.reached(CrashPoint::AfterCommit).await;
        }
        Ok(outcome)
    }

    async fn load(&self, org: &OrgId, request: &RequestId) -> Result<Option<Loaded>, StoreError> {
        self.0.store()?.load(org, request).await
    }

    async fn answer(
        &self,
        org: &OrgId,
        actor: &UserId,
        command: &CommandId,
    ) -> Result<Option<Body>, StoreError> {
        self.0.store()?.answer(org, actor, command).await
    }

    async fn log(&self, org: &OrgId) -> Result<Log, StoreError> {
        self.0.store()?.log(org).await
    }

    async fn changes(
        &self,
        org: &OrgId,
        after: Position,
        limit: Limit,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.0.store()?.changes(org, after, limit).await
    }

    async fn history(
        &self,
        org: &OrgId,
        request: &RequestId,
        after: Position,
        limit: Limit,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.0.store()?.history(org, request, after, limit).await
    }

    async fn list(
        &self,
        org: &OrgId,
        list: &List,
        paging: &Paging,
    ) -> Result<Page<Row>, StoreError> {
        self.0.store()?.list(org, list, paging).await
    }

    async fn document(
        &self,
        org: &OrgId,
        collection: &Name,
        key: &Key,
    ) -> Result<Option<Document>, StoreError> {
        self.0.store()?.document(org, collection, key).await
    }

    async fn documents(
        &self,
        org: &OrgId,
        query: &DocumentQuery,
    ) -> Result<Vec<Document>, StoreError> {
        self.0.store()?.documents(org, query).await
    }

    async fn due(
        &self,
        org: &OrgId,
        lane: Lane,
        now: Millis,
        limit: Limit,
    ) -> Result<Vec<AgendaEntry>, StoreError> {
        self.0.store()?.due(org, lane, now, limit).await
    }

    async fn agenda_entry(
        &self,
        org: &OrgId,
        lane: Lane,
        key: &Key,
    ) -> Result<Option<AgendaEntry>, StoreError> {
        self.0.store()?.agenda_entry(org, lane, key).await
    }

    async fn next_due(&self, lane: Lane) -> Result<Option<DueAt>, StoreError> {
        self.0.store()?.next_due(lane).await
    }

    async fn organizations(
        &self,
        after: Option<&OrgId>,
        limit: Limit,
    ) -> Result<Vec<OrgId>, StoreError> {
        self.0.store()?.organizations(after, limit).await
    }

    async fn prune_answers(&self, before: Millis, limit: Limit) -> Result<u64, StoreError> {
        self.0.store()?.prune_answers(before, limit).await
    }

    fn activity(&self) -> watch::Receiver<u64> {
        // A dead engine hears of nothing.
        self.0.store().map_or_else(|_| watch::channel(0).1, |store| store.activity())
    }

    async fn stopped(&self) -> StoreError {
        match self.0.store() {
            Ok(store) => store.stopped().await,
            Err(error) => error,
        }
    }

    async fn close(&self) {
        if let Ok(store) = self.0.store() {
            store.close().await;
        }
    }
}
