//! A store that says when an execution is durably over, and what a commit changed in its file.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use async_trait::async_trait;
use engine_core::ids::{CommandId, OrgId, RequestId, UserId};
use engine_store::{
    AgendaEntry, Body, Commit, Document, DocumentQuery, DueAt, EmbeddedStore, Key, Lane, Limit,
    List, Loaded, Log, Millis, Name, Outcome, Page, Paging, Position, Row, Store, StoreError,
    StoredEvent,
};
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use tokio::sync::watch;

use super::ends::Ends;

/// The table that the store keeps everything in.
const RECORDS: TableDefinition<'static, &'static [u8], &'static [u8]> =
    TableDefinition::new("records");

/// Every record of a store.
pub(crate) type Records = BTreeMap<Vec<u8>, Vec<u8>>;

#[derive(Debug)]
pub(crate) struct Watched {
    store: EmbeddedStore,
    folder: PathBuf,
    ends: Arc<Ends>,
    /// Where it is recorded what the file holds after each commit.
    after: Mutex<Option<Vec<Records>>>,
}

impl Watched {
    pub(crate) fn new(store: EmbeddedStore, folder: &Path, ends: Arc<Ends>) -> Self {
        Self { store, folder: folder.to_owned(), ends, after: Mutex::new(None) }
    }

    /// From now on; commits must come one at a time.
    pub(crate) fn start_recording(&self) -> Result<()> {
        *self.after.lock().unwrap_or_else(PoisonError::into_inner) = Some(vec![self.records()?]);
        Ok(())
    }

    /// What the file held at the start, and after each commit.
    pub(crate) fn recorded(&self) -> Vec<Records> {
        self.after.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }

    /// Everything in the file, from a copy of it: the store has locked it.
    fn records(&self) -> Result<Records> {
        let copy = self.folder.join("copy.redb");
        std::fs::copy(self.folder.join("store.redb"), &copy)?;
        let database = Database::open(&copy)?;
        let table = database.begin_read()?.open_table(RECORDS)?;
        let mut records = Records::new();
        for record in table.iter()? {
            let (key, value) = record?;
            records.insert(key.value().to_vec(), value.value().to_vec());
        }
        Ok(records)
    }

    fn record(&self) {
        let mut after = self.after.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(after) = &mut *after {
            match self.records() {
                Ok(records) => after.push(records),
                Err(error) => panic!("cannot read a copy of the store: {error:#}"),
            }
        }
    }
}

/// The requests whose execution a commit ends.
fn ended(commit: &Commit) -> Vec<RequestId> {
    let ends = |change: &&engine_store::RequestChange| {
        change.events.iter().any(|event| event.kind.as_str() == "execution_succeeded")
    };
    commit.requests.iter().filter(ends).map(|change| change.request.clone()).collect()
}

#[async_trait]
impl Store for Watched {
    async fn commit(&self, commit: Commit) -> Result<Outcome, StoreError> {
        let ended = ended(&commit);
        let outcome = self.store.commit(commit).await?;
        if matches!(outcome, Outcome::Committed { .. }) {
            self.record();
            ended.iter().for_each(|request| self.ends.mark(request.as_str()));
        }
        Ok(outcome)
    }

    async fn load(&self, org: &OrgId, request: &RequestId) -> Result<Option<Loaded>, StoreError> {
        self.store.load(org, request).await
    }

    async fn answer(
        &self,
        org: &OrgId,
        actor: &UserId,
        command: &CommandId,
    ) -> Result<Option<Body>, StoreError> {
        self.store.answer(org, actor, command).await
    }

    async fn log(&self, org: &OrgId) -> Result<Log, StoreError> {
        self.store.log(org).await
    }

    async fn changes(
        &self,
        org: &OrgId,
        after: Position,
        limit: Limit,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.store.changes(org, after, limit).await
    }

    async fn history(
        &self,
        org: &OrgId,
        request: &RequestId,
        after: Position,
        limit: Limit,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.store.history(org, request, after, limit).await
    }

    async fn list(
        &self,
        org: &OrgId,
        list: &List,
        paging: &Paging,
    ) -> Result<Page<Row>, StoreError> {
        self.store.list(org, list, paging).await
    }

    async fn document(
        &self,
        org: &OrgId,
        collection: &Name,
        key: &Key,
    ) -> Result<Option<Document>, StoreError> {
        self.store.document(org, collection, key).await
    }

    async fn documents(
        &self,
        org: &OrgId,
        query: &DocumentQuery,
    ) -> Result<Vec<Document>, StoreError> {
        self.store.documents(org, query).await
    }

    async fn due(
        &self,
        org: &OrgId,
        lane: Lane,
        now: Millis,
        limit: Limit,
    ) -> Result<Vec<AgendaEntry>, StoreError> {
        self.store.due(org, lane, now, limit).await
    }

    async fn agenda_entry(
        &self,
        org: &OrgId,
        lane: Lane,
        key: &Key,
    ) -> Result<Option<AgendaEntry>, StoreError> {
        self.store.agenda_entry(org, lane, key).await
    }

    async fn next_due(&self, lane: Lane) -> Result<Option<DueAt>, StoreError> {
        self.store.next_due(lane).await
    }

    async fn organizations(
        &self,
        after: Option<&OrgId>,
        limit: Limit,
    ) -> Result<Vec<OrgId>, StoreError> {
        self.store.organizations(after, limit).await
    }

    async fn prune_answers(&self, before: Millis, limit: Limit) -> Result<u64, StoreError> {
        self.store.prune_answers(before, limit).await
    }

    fn activity(&self) -> watch::Receiver<u64> {
        self.store.activity()
    }

    async fn stopped(&self) -> StoreError {
        self.store.stopped().await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}
