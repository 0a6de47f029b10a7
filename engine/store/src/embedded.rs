//! The store in one file of this process: redb.
//!
//! ```text
//! commit ─→ bounded queue ─→ writer thread ─→ one transaction per group, synced ─→ answers
//! load, list, … ─→ a snapshot of the last synced group, read where it is called
//! ```
//!
//! Reads run on the caller's thread: each touches a bounded number of pages, mostly in the cache,
//! which costs less than handing it to another thread.

use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

use async_trait::async_trait;
use engine_core::ids::{CommandId, OrgId, RequestId, UserId};
use redb::{Database, ReadOnlyTable, ReadableDatabase, TableDefinition};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    commit::{Commit, Lane, Outcome},
    error::{OpenError, StoreError},
    query::{
        AgendaEntry, Document, DocumentQuery, DueAt, Limit, List, Loaded, Log, Page, Paging, Row,
        StoredEvent,
    },
    store::Store,
    values::{Body, Key, Millis, Name, Position},
};

mod apply;
mod open;
mod reads;
mod room;
mod state;
mod writer;

#[cfg(test)]
mod tests;

use reads::Failure;
use room::Room;
use state::State;
use writer::{Done, Job, Work};

/// All records, in the layout of `layout.rs`.
const RECORDS: TableDefinition<'static, &'static [u8], &'static [u8]> =
    TableDefinition::new("records");
/// What the file says about itself.
const ABOUT: TableDefinition<'static, &'static str, u64> = TableDefinition::new("about");

type Snapshot = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// How the store uses memory and disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The page cache, in bytes.
    pub cache: usize,
    /// How many commits may wait; more are answered [`StoreError::Busy`].
    pub queue: usize,
    /// How many commits become durable together at most.
    pub group: usize,
    /// Disk space kept aside, in bytes, so that the commits being written when the disk becomes
    /// full are finished.
    pub reserve: u64,
    /// How long to wait before looking for room again.
    pub retry: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache: 64 << 20,
            queue: 1024,
            group: 256,
            reserve: 32 << 20,
            retry: Duration::from_secs(1),
        }
    }
}

/// A [`Store`] in a folder or in memory. Dropping the last handle finishes the commits that wait
/// and releases the files.
pub struct EmbeddedStore {
    database: Arc<Database>,
    state: Arc<State>,
    room: Arc<Room>,
    // INVARIANT: both are there until the store is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// Held, so that no other process uses the folder.
    _lock: Option<std::fs::File>,
}

impl EmbeddedStore {
    /// Opens the store in a data folder, or makes one where there is none. Blocks; after a crash
    /// for as long as it takes to check the whole file.
    ///
    /// # Errors
    /// [`OpenError`]: in use, not a store, of another version, damaged, or not accessible.
    pub fn open(folder: &Path, options: &Options) -> Result<Self, OpenError> {
        open::folder(folder, options)
    }

    /// A store that is gone when it is dropped: for scenarios and tests.
    ///
    /// # Errors
    /// [`OpenError::Io`] where no thread can be started.
    pub fn in_memory(options: &Options) -> Result<Self, OpenError> {
        open::memory(options)
    }

    fn start(
        database: Database,
        room: Arc<Room>,
        lock: Option<std::fs::File>,
        options: &Options,
    ) -> std::io::Result<Self> {
        let (database, state) = (Arc::new(database), Arc::new(State::default()));
        room.wait();
        let (jobs, queue) = mpsc::channel(options.queue.max(1));
        let writer = writer::start(writer::Writer {
            database: database.clone(),
            jobs: queue,
            state: state.clone(),
            room: room.clone(),
            group: options.group.max(1),
        })?;
        let writer = Mutex::new(Some(writer));
        Ok(Self { database, state, room, jobs: Some(jobs), writer, _lock: lock })
    }

    /// Hands work to the writer and waits for its end.
    async fn order(&self, work: Work) -> Result<Done, StoreError> {
        self.state.check()?;
        let (reply, answer) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or_else(|| self.state.reason())?;
        jobs.try_send(Job { work, reply }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => self.state.reason(),
        })?;
        answer.await.unwrap_or_else(|_| Err(self.state.reason()))
    }

    /// Reads from the last durable group. A disk that fails here stops the store too.
    fn read<T>(
        &self,
        query: impl FnOnce(&Snapshot) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.state.check()?;
        let snapshot = || -> Result<Snapshot, redb::Error> {
            Ok(self.database.begin_read()?.open_table(RECORDS)?)
        };
        let result = snapshot().map_err(Failure::Disk).and_then(|records| query(&records));
        result.map_err(|failure| match failure {
            Failure::Record(error) => error,
            Failure::Disk(error) => self.state.stop(&error.to_string()),
        })
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn commit(&self, commit: Commit) -> Result<Outcome, StoreError> {
        commit.check()?;
        match self.order(Work::Commit(Box::new(commit))).await? {
            Done::Commit(outcome) => Ok(outcome),
            Done::Pruned(_) | Done::Closed => Err(self.state.reason()),
        }
    }

    async fn load(&self, org: &OrgId, request: &RequestId) -> Result<Option<Loaded>, StoreError> {
        self.read(|records| reads::load(records, org, request))
    }

    async fn answer(
        &self,
        org: &OrgId,
        actor: &UserId,
        command: &CommandId,
    ) -> Result<Option<Body>, StoreError> {
        self.read(|records| reads::answer(records, org, actor, command))
    }

    async fn log(&self, org: &OrgId) -> Result<Log, StoreError> {
        self.read(|records| reads::log(records, org))
    }

    async fn changes(
        &self,
        org: &OrgId,
        after: Position,
        limit: Limit,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.read(|records| reads::changes(records, org, after, limit))
    }

    async fn history(
        &self,
        org: &OrgId,
        request: &RequestId,
        after: Position,
        limit: Limit,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.read(|records| reads::history(records, org, request, after, limit))
    }

    async fn list(
        &self,
        org: &OrgId,
        list: &List,
        paging: &Paging,
    ) -> Result<Page<Row>, StoreError> {
        self.read(|records| reads::list(records, org, list, paging))
    }

    async fn document(
        &self,
        org: &OrgId,
        collection: &Name,
        key: &Key,
    ) -> Result<Option<Document>, StoreError> {
        self.read(|records| reads::document(records, org, collection, key))
    }

    async fn documents(
        &self,
        org: &OrgId,
        query: &DocumentQuery,
    ) -> Result<Vec<Document>, StoreError> {
        self.read(|records| reads::documents(records, org, query))
    }

    async fn due(
        &self,
        org: &OrgId,
        lane: Lane,
        now: Millis,
        limit: Limit,
    ) -> Result<Vec<AgendaEntry>, StoreError> {
        self.read(|records| reads::due(records, org, lane, now, limit))
    }

    async fn agenda_entry(
        &self,
        org: &OrgId,
        lane: Lane,
        key: &Key,
    ) -> Result<Option<AgendaEntry>, StoreError> {
        self.read(|records| reads::agenda_entry(records, org, lane, key))
    }

    async fn next_due(&self, lane: Lane) -> Result<Option<DueAt>, StoreError> {
        self.read(|records| reads::next_due(records, lane))
    }

    async fn organizations(
        &self,
        after: Option<&OrgId>,
        limit: Limit,
    ) -> Result<Vec<OrgId>, StoreError> {
        self.read(|records| reads::organizations(records, after, limit))
    }

    async fn prune_answers(&self, before: Millis, limit: Limit) -> Result<u64, StoreError> {
        match self.order(Work::Prune { before, limit }).await? {
            Done::Pruned(count) => Ok(count),
            Done::Commit(_) | Done::Closed => Err(self.state.reason()),
        }
    }

    fn activity(&self) -> watch::Receiver<u64> {
        self.state.activity()
    }

    async fn stopped(&self) -> StoreError {
        self.state.stopped().await
    }

    async fn close(&self) {
        self.room.give_up();
        let Some(jobs) = &self.jobs else { return };
        let (reply, end) = oneshot::channel();
        if jobs.send(Job { work: Work::Close, reply }).await.is_ok() {
            // The writer's end is what is waited for, not what it says.
            let _ = end.await;
        }
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.room.give_up();
        drop(self.jobs.take());
        let writer = self.writer.get_mut().ok().and_then(Option::take);
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the writer of the store ended by a panic");
        }
    }
}

impl fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedStore").field("state", &self.state).finish_non_exhaustive()
    }
}
