//! What every store can do.

use std::fmt;

use async_trait::async_trait;
use engine_core::ids::{CommandId, OrgId, RequestId, UserId};
use tokio::sync::watch;

use crate::{
    commit::{Commit, Lane, Outcome},
    error::StoreError,
    query::{
        AgendaEntry, Document, DocumentQuery, DueAt, Limit, List, Loaded, Log, Page, Paging, Row,
        StoredEvent,
    },
    values::{Body, Key, Millis, Name, Position},
};

/// Where an engine keeps everything.
///
/// Each read sees one moment, later than every commit that was answered before the call. All
/// methods fail with [`StoreError::Stopped`] once the store has stopped, and with
/// [`StoreError::Damaged`] where a record that was asked for is broken.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync {
    /// Makes a commit durable, if every sequence it expects still stands and its command has no
    /// answer yet. The answer is looked at first (DEC-9).
    ///
    /// Once begun, it is finished, even if the future is dropped.
    ///
    /// # Errors
    /// `Busy`, `NoSpace`: nothing was written, try again. `TooLarge`, `Repeated`: a mistake of the
    /// caller.
    async fn commit(&self, commit: Commit) -> Result<Outcome, StoreError>;

    /// The request, or none where there is no such.
    async fn load(&self, org: &OrgId, request: &RequestId) -> Result<Option<Loaded>, StoreError>;

    /// What a command was answered, in the last 30 days or what the pruning leaves (REQ-11).
    async fn answer(
        &self,
        org: &OrgId,
        actor: &UserId,
        command: &CommandId,
    ) -> Result<Option<Body>, StoreError>;

    /// The sequence of the organization and the end of its log; zeros where it does not exist.
    async fn log(&self, org: &OrgId) -> Result<Log, StoreError>;

    /// The change feed: the organization's events after a position, in order, without gaps.
    async fn changes(
        &self,
        org: &OrgId,
        after: Position,
        limit: Limit,
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// The events of one request after a position, in order; also of one that was deleted.
    async fn history(
        &self,
        org: &OrgId,
        request: &RequestId,
        after: Position,
        limit: Limit,
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// A page of a list of requests. It costs the same whatever the number of requests.
    ///
    /// # Errors
    /// `BadCursor`.
    async fn list(
        &self,
        org: &OrgId,
        list: &List,
        paging: &Paging,
    ) -> Result<Page<Row>, StoreError>;

    /// A document.
    async fn document(
        &self,
        org: &OrgId,
        collection: &Name,
        key: &Key,
    ) -> Result<Option<Document>, StoreError>;

    /// Documents of a collection by key. Fewer than the limit: there are no more.
    ///
    /// To read a collection of many pages as of one moment, compare [`Self::log`] before and after.
    async fn documents(
        &self,
        org: &OrgId,
        query: &DocumentQuery,
    ) -> Result<Vec<Document>, StoreError>;

    /// What of a lane is due at `now` or before, earliest first.
    async fn due(
        &self,
        org: &OrgId,
        lane: Lane,
        now: Millis,
        limit: Limit,
    ) -> Result<Vec<AgendaEntry>, StoreError>;

    /// The entry with this key.
    async fn agenda_entry(
        &self,
        org: &OrgId,
        lane: Lane,
        key: &Key,
    ) -> Result<Option<AgendaEntry>, StoreError>;

    /// The earliest entry of a lane over all organizations: one look per organization.
    async fn next_due(&self, lane: Lane) -> Result<Option<DueAt>, StoreError>;

    /// The organizations after one, by id. Fewer than the limit: there are no more.
    async fn organizations(
        &self,
        after: Option<&OrgId>,
        limit: Limit,
    ) -> Result<Vec<OrgId>, StoreError>;

    /// Forgets answers given before a time, at most `limit` of each organization per call; says how
    /// many. To be called again until it says 0, with a time 30 days ago.
    ///
    /// # Errors
    /// As [`Self::commit`].
    async fn prune_answers(&self, before: Millis, limit: Limit) -> Result<u64, StoreError>;

    /// Changes whenever something has become durable: to wake feeds and workers.
    fn activity(&self) -> watch::Receiver<u64>;

    /// Resolves when the store has stopped, with the reason. The process must end then: opening
    /// the store again finds out what is durable. Never resolves where nothing fails.
    async fn stopped(&self) -> StoreError;

    /// Finishes the commits that wait, refuses further ones, and closes.
    async fn close(&self);
}
