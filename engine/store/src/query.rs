//! What is read, and how lists are paged.

use std::collections::BTreeSet;

use engine_core::{
    directory::OrganizationRole,
    ids::{GroupId, KindId, OrgId, RequestId, ResourceId, RuleId, UserId},
};

use crate::{
    commit::Subject,
    values::{Body, Key, Millis, Name, Position, Sequence},
};

/// A request as it was last committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// What the next commit must expect.
    pub sequence: Sequence,
    /// The whole state.
    pub snapshot: Body,
}

/// Where an organization stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// Of the organization as a subject of its own; [`Sequence::NONE`] where it does not exist.
    pub sequence: Sequence,
    /// Its last event.
    pub end: Position,
}

/// An event in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place in the organization's log.
    pub position: Position,
    /// When it was decided.
    pub at: Millis,
    /// What it is about: the organization or a request, never a document.
    pub subject: Subject,
    /// The sequence of the subject that it led to.
    pub sequence: Sequence,
    /// What kind of event.
    pub kind: Name,
    /// The event.
    pub body: Body,
}

/// A document as it was last put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Which of its collection.
    pub key: Key,
    /// How often it was put.
    pub sequence: Sequence,
    /// Its content.
    pub body: Body,
}

/// An outbox entry or timer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgendaEntry {
    /// Which of its lane.
    pub key: Key,
    /// When it is due.
    pub due: Millis,
    /// What is due.
    pub body: Body,
}

/// The earliest entry of an agenda, over all organizations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueAt {
    /// Whose.
    pub org: OrgId,
    /// When.
    pub due: Millis,
}

/// A list of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum List {
    /// All of the organization.
    All,
    /// In a state, such as `pending`.
    State(Name),
    /// Of a rule.
    Rule(RuleId),
    /// Of a kind.
    Kind(KindId),
    /// That name a resource.
    Resource(ResourceId),
    /// Of a person: requester, target, watcher.
    Mine(UserId),
    /// With an open seat that the person may fill, by themself, by a group or by their role; each
    /// request once.
    ToDecide {
        /// The person.
        person: UserId,
        /// Their groups now.
        groups: BTreeSet<GroupId>,
        /// Their organization role now.
        role: OrganizationRole,
    },
    /// In one of these at least; each request once.
    Several(Vec<List>),
}

/// Which end of a list comes first. Requests of the same time are ordered by id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Latest time first.
    #[default]
    NewestFirst,
    /// Earliest time first.
    OldestFirst,
}

/// Where a page goes on: opaque, and good for the list and order it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub String);

/// How many items at most: 1 to 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u8);

impl Limit {
    /// The largest.
    pub const MAX: Self = Self(200);

    /// As near to `wanted` as is allowed.
    #[must_use]
    pub fn new(wanted: usize) -> Self {
        Self(u8::try_from(wanted.clamp(1, Self::MAX.get())).unwrap_or(Self::MAX.0))
    }

    /// As a number.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

/// Which page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// Which end first.
    pub order: Order,
    /// The `next` of the page before; none for the first.
    pub after: Option<Cursor>,
    /// At most so many.
    pub limit: Limit,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// In order.
    pub items: Vec<T>,
    /// Where the next page begins; none where this is the last.
    pub next: Option<Cursor>,
}

/// A request in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub request: RequestId,
    /// What the list is ordered by.
    pub time: Millis,
    /// The request itself, of the same moment as the list.
    pub loaded: Loaded,
}

/// Which documents of a collection, in the order of their keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentQuery {
    /// The collection.
    pub collection: Name,
    /// Only keys that begin so; empty for all.
    pub prefix: String,
    /// Only keys after this one, the last of the page before.
    pub after: Option<Key>,
    /// At most so many.
    pub limit: Limit,
}
