//! What is written together.
//!
//! A [`Commit`] is all or nothing: either every sequence it names still stands and all of it is
//! durable, or none of it ever happened.

use std::collections::BTreeSet;

use engine_core::{
    directory::OrganizationRole,
    ids::{CommandId, GroupId, KindId, OrgId, RequestId, ResourceId, RuleId, UserId},
};

use crate::{
    error::StoreError,
    values::{Body, Key, Millis, Name, Position, Sequence},
};

/// The largest [`Body`], in bytes of JSON.
pub const MAX_BODY: usize = 4 << 20;
/// The largest commit: the sum of its bodies, in bytes.
pub const MAX_COMMIT: usize = 8 << 20;
/// The most events of one commit.
pub const MAX_EVENTS: usize = 1_000;
/// The most entries that one request may have in the lists: people, resources and seats together.
pub const MAX_LIST_ENTRIES: usize = 10_000;

/// Everything that must become durable together.
///
/// At least one part is set. Documents and agenda entries need no subject: a notice that was sent
/// removes its outbox entry by a commit with nothing but that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Whose data it is; nothing of another organization can be read or changed by it (DIR-1).
    pub org: OrgId,
    /// When it was decided. Stored with events and with the answer.
    pub at: Millis,
    /// A change of the organization as a whole: settings, directory, rules.
    pub organization: Option<OrganizationChange>,
    /// Changes of requests; usually one, several where they must happen together (DIR-9).
    pub requests: Vec<RequestChange>,
    /// Requests that are not changed but on which the rest rests: they must have these sequences.
    pub stands: Vec<(RequestId, Sequence)>,
    /// Documents put and removed.
    pub documents: Vec<DocumentChange>,
    /// Outbox entries and timers put and removed.
    pub agenda: Vec<AgendaChange>,
    /// What a repeat of the command is answered (REQ-11).
    pub answer: Option<Answer>,
}

/// A change of the organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationChange {
    /// The sequence the decision was made against; [`Sequence::NONE`] creates the organization.
    pub expected: Sequence,
    /// What happened.
    pub events: Vec<EventRecord>,
}

/// A change of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestChange {
    /// Which.
    pub request: RequestId,
    /// The sequence the decision was made against; [`Sequence::NONE`]: it must not exist.
    pub expected: Sequence,
    /// What happened.
    pub events: Vec<EventRecord>,
    /// The request from now on; none deletes it (a draft, REQ-4). Its events stay in the log.
    pub now: Option<Present>,
}

/// A request as it now is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// The whole state.
    pub snapshot: Body,
    /// By what it is listed; the store writes the difference to what was there.
    pub index: RequestIndex,
}

/// An event, before it has its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRecord {
    /// What kind of event, such as `request.approved`.
    pub kind: Name,
    /// The event.
    pub body: Body,
}

/// By what a request is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestIndex {
    /// What every list is ordered by. A list is stable for somebody who turns its pages as long as
    /// this stays; the time of submission does.
    pub time: Millis,
    /// The approval status, such as `pending`.
    pub state: Name,
    /// The rule.
    pub rule: RuleId,
    /// The kind of request.
    pub kind: KindId,
    /// Whose *mine* it is in: requester, targets, watchers.
    pub people: BTreeSet<UserId>,
    /// The resources it names.
    pub resources: BTreeSet<ResourceId>,
    /// Who may fill the open seats of the active step: whose *to decide* it is in.
    pub seats: BTreeSet<Candidate>,
}

/// Who may fill an open seat.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Candidate {
    /// One person.
    Person(UserId),
    /// Any member of a group.
    Group(GroupId),
    /// Anybody with an organization role.
    Role(OrganizationRole),
}

/// A document put or removed. A document is anything found by collection and key: users, rules'
/// versions, scripts, components, tokens, settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentChange {
    /// Creates or replaces a document.
    Put {
        /// What kind of document, such as `users`.
        collection: Name,
        /// Which.
        key: Key,
        /// Its content.
        body: Body,
        /// The sequence it must have; none: whatever there is, is replaced.
        expected: Option<Sequence>,
    },
    /// Removes a document; one that does not exist is removed already.
    Remove {
        /// What kind of document.
        collection: Name,
        /// Which.
        key: Key,
        /// The sequence it must have; none: whatever there is, is removed.
        expected: Option<Sequence>,
    },
}

/// Why something is on the agenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// An effect to be carried out: an execution, a notice.
    Outbox,
    /// A command to be given at a time: remind, expire, escalate.
    Timer,
    /// Requests to be looked at again because people changed.
    Recount,
}

/// An entry of the agenda put or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgendaChange {
    /// Puts an entry, or moves and replaces the one with this key.
    Put {
        /// Which lane.
        lane: Lane,
        /// Unique in the lane.
        key: Key,
        /// When it is due.
        due: Millis,
        /// What is due.
        body: Body,
    },
    /// Removes an entry; one that does not exist is removed already.
    Remove {
        /// Which lane.
        lane: Lane,
        /// Which.
        key: Key,
    },
}

/// What a repeated command is answered (REQ-11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Who gave the command.
    pub actor: UserId,
    /// The command's id, unique for the actor.
    pub command: CommandId,
    /// The first answer.
    pub body: Body,
}

/// What a commit is about, in a conflict and in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The organization as a whole.
    Organization,
    /// A request.
    Request(RequestId),
    /// A document.
    Document(Name, Key),
}

/// What became of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is durable. Every subject now has the sequence after the expected one.
    Committed {
        /// Where the organization's log ends now.
        position: Position,
    },
    /// Nothing was written: a sequence has moved on. Load again and decide again.
    Conflict {
        /// The first subject that has.
        subject: Subject,
        /// What it has.
        current: Sequence,
    },
    /// Nothing was written: this command was answered before.
    AlreadyAnswered(
        /// The first answer.
        Body,
    ),
}

impl Commit {
    /// A commit with nothing in it yet.
    #[must_use]
    pub const fn new(org: OrgId, at: Millis) -> Self {
        Self {
            org,
            at,
            organization: None,
            requests: Vec::new(),
            stands: Vec::new(),
            documents: Vec::new(),
            agenda: Vec::new(),
            answer: None,
        }
    }

    /// Checks the bounds, and that no subject stands in it twice.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let events = self.events().count();
        bounded("events in a commit", events, MAX_EVENTS)?;
        let mut total = 0_usize;
        for body in self.bodies() {
            bounded("bytes in a body", body.json.len(), MAX_BODY)?;
            total = total.saturating_add(body.json.len());
        }
        bounded("bytes in a commit", total, MAX_COMMIT)?;
        for index in self.requests.iter().filter_map(|change| change.now.as_ref()) {
            bounded("list entries of a request", index.index.entries(), MAX_LIST_ENTRIES)?;
        }
        let once = all_differ(self.requests.iter().map(|change| &change.request))
            && all_differ(self.documents.iter().map(DocumentChange::address))
            && all_differ(self.agenda.iter().map(AgendaChange::address));
        if once { Ok(()) } else { Err(StoreError::Repeated) }
    }

    /// How much of the writer's attention it takes, in bytes.
    pub(crate) fn weight(&self) -> usize {
        self.bodies().map(|body| body.json.len()).sum()
    }

    fn events(&self) -> impl Iterator<Item = &EventRecord> {
        let organization = self.organization.iter().flat_map(|change| &change.events);
        organization.chain(self.requests.iter().flat_map(|change| &change.events))
    }

    fn bodies(&self) -> impl Iterator<Item = &Body> {
        let snapshots = self.requests.iter().filter_map(|change| change.now.as_ref());
        self.events()
            .map(|event| &event.body)
            .chain(snapshots.map(|present| &present.snapshot))
            .chain(self.documents.iter().filter_map(DocumentChange::body))
            .chain(self.agenda.iter().filter_map(AgendaChange::body))
            .chain(self.answer.iter().map(|answer| &answer.body))
    }
}

impl RequestIndex {
    fn entries(&self) -> usize {
        self.people.len() + self.resources.len() + self.seats.len()
    }
}

impl DocumentChange {
    fn address(&self) -> (&Name, &Key) {
        match self {
            Self::Put { collection, key, .. } | Self::Remove { collection, key, .. } => {
                (collection, key)
            }
        }
    }

    fn body(&self) -> Option<&Body> {
        match self {
            Self::Put { body, .. } => Some(body),
            Self::Remove { .. } => None,
        }
    }
}

impl AgendaChange {
    fn address(&self) -> (Lane, &Key) {
        match self {
            Self::Put { lane, key, .. } | Self::Remove { lane, key } => (*lane, key),
        }
    }

    fn body(&self) -> Option<&Body> {
        match self {
            Self::Put { body, .. } => Some(body),
            Self::Remove { .. } => None,
        }
    }
}

const fn bounded(what: &'static str, found: usize, max: usize) -> Result<(), StoreError> {
    if found <= max { Ok(()) } else { Err(StoreError::TooLarge { what, found, max }) }
}

fn all_differ<T: Ord>(items: impl Iterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    let mut items = items;
    items.all(|item| seen.insert(item))
}
