//! A commit as changes of records: first everything is checked, then everything is written, so
//! that a refused commit leaves no trace among the others of its group.

use std::collections::BTreeSet;

use engine_core::ids::{OrgId, RequestId};
use redb::{StorageError, Table};

use super::reads::{self, Failure};
use crate::{
    commit::{
        AgendaChange, Answer, Commit, DocumentChange, EventRecord, Outcome, RequestChange, Subject,
    },
    layout::{
        agenda, agenda_due, answer, answer_age, document, head,
        list::{self, Facet, Place},
        log,
        request::{self, Listing},
        snapshot, trail,
    },
    query::{Limit, Log},
    values::{Millis, Position, Sequence},
};

/// The records within the writer's transaction.
pub(super) type Records<'t> = Table<'t, &'static [u8], &'static [u8]>;

/// What was there before a commit.
struct Before {
    log: Log,
    /// Of `Commit::requests`, in order.
    listings: Vec<Option<Listing>>,
    /// Of `Commit::stands`, in order.
    stands: Vec<Sequence>,
    /// Of `Commit::documents`, in order.
    documents: Vec<Sequence>,
    /// Of `Commit::agenda`, in order: when the entry was due.
    agenda: Vec<Option<Millis>>,
}

/// Writes a commit, or says why not.
///
/// Errors of records come from the checks alone: nothing is written then. Errors of the disk end
/// the whole group.
pub(super) fn commit(records: &mut Records<'_>, commit: &Commit) -> Result<Outcome, Failure> {
    if let Some(given) = &commit.answer
        && let Some(body) = reads::answer(records, &commit.org, &given.actor, &given.command)?
    {
        return Ok(Outcome::AlreadyAnswered(body));
    }
    let before = look(records, commit)?;
    if let Some((subject, current)) = conflict(commit, &before) {
        return Ok(Outcome::Conflict { subject, current });
    }
    let position = write(records, commit, &before)?;
    Ok(Outcome::Committed { position })
}

fn look(records: &Records<'_>, commit: &Commit) -> Result<Before, Failure> {
    let org = &commit.org;
    let listing = |change: &RequestChange| {
        reads::find(records, &request::key(org, &change.request), request::decode)
    };
    let stands = |(request, _): &(RequestId, Sequence)| {
        let found = reads::find(records, &request::key(org, request), request::sequence)?;
        Ok(found.unwrap_or(Sequence::NONE))
    };
    let sequence = |change: &DocumentChange| {
        let (DocumentChange::Put { collection, key, .. }
        | DocumentChange::Remove { collection, key, .. }) = change;
        let found = reads::find(records, &document::key(org, collection, key), document::decode)?;
        Ok(found.map_or(Sequence::NONE, |(sequence, _)| sequence))
    };
    let due = |change: &AgendaChange| {
        let (AgendaChange::Put { lane, key, .. } | AgendaChange::Remove { lane, key }) = change;
        let found = reads::find(records, &agenda::key(org, *lane, key), agenda::decode)?;
        Ok(found.map(|(due, _)| due))
    };
    Ok(Before {
        log: reads::log(records, org)?,
        listings: commit.requests.iter().map(listing).collect::<Result<_, Failure>>()?,
        stands: commit.stands.iter().map(stands).collect::<Result<_, Failure>>()?,
        documents: commit.documents.iter().map(sequence).collect::<Result<_, Failure>>()?,
        agenda: commit.agenda.iter().map(due).collect::<Result<_, Failure>>()?,
    })
}

/// The first subject whose sequence is not the expected one.
fn conflict(commit: &Commit, before: &Before) -> Option<(Subject, Sequence)> {
    if let Some(change) = &commit.organization
        && change.expected != before.log.sequence
    {
        return Some((Subject::Organization, before.log.sequence));
    }
    for (change, listing) in commit.requests.iter().zip(&before.listings) {
        let current = listing.as_ref().map_or(Sequence::NONE, |listing| listing.sequence);
        if change.expected != current {
            return Some((Subject::Request(change.request.clone()), current));
        }
    }
    for ((request, expected), current) in commit.stands.iter().zip(&before.stands) {
        if expected != current {
            return Some((Subject::Request(request.clone()), *current));
        }
    }
    for (change, current) in commit.documents.iter().zip(&before.documents) {
        let (DocumentChange::Put { collection, key, expected, .. }
        | DocumentChange::Remove { collection, key, expected }) = change;
        if expected.is_some_and(|expected| expected != *current) {
            return Some((Subject::Document(collection.clone(), key.clone()), *current));
        }
    }
    None
}

/// Writes everything; says where the log ends.
fn write(
    records: &mut Records<'_>,
    commit: &Commit,
    before: &Before,
) -> Result<Position, StorageError> {
    let org = &commit.org;
    let mut log = Appender { records, org, at: commit.at, end: before.log.end };
    let mut sequence = before.log.sequence;
    if let Some(change) = &commit.organization {
        sequence = change.expected.next();
        log.append(None, sequence, &change.events)?;
    }
    for change in &commit.requests {
        log.append(Some(&change.request), change.expected.next(), &change.events)?;
    }
    let after = Log { sequence, end: log.end };
    if after != before.log {
        put(records, &head::key(org), &head::encode(&after))?;
    }
    for (change, old) in commit.requests.iter().zip(&before.listings) {
        write_request(records, org, change, old.as_ref())?;
    }
    for (change, current) in commit.documents.iter().zip(&before.documents) {
        write_document(records, org, change, *current)?;
    }
    for (change, due) in commit.agenda.iter().zip(&before.agenda) {
        write_agenda(records, org, change, *due)?;
    }
    if let Some(given) = &commit.answer {
        write_answer(records, org, commit.at, given)?;
    }
    Ok(after.end)
}

/// Adds events to the end of the organization's log.
struct Appender<'r, 't> {
    records: &'r mut Records<'t>,
    org: &'r OrgId,
    at: Millis,
    end: Position,
}

impl Appender<'_, '_> {
    fn append(
        &mut self,
        request: Option<&RequestId>,
        sequence: Sequence,
        events: &[EventRecord],
    ) -> Result<(), StorageError> {
        for event in events {
            self.end = Position(self.end.0.saturating_add(1));
            let value = log::encode(self.at, request.map(RequestId::as_str), sequence, event);
            put(self.records, &log::key(self.org, self.end), &value)?;
            if let Some(request) = request {
                put(self.records, &trail::key(self.org, request, self.end), &[])?;
            }
        }
        Ok(())
    }
}

fn write_request(
    records: &mut Records<'_>,
    org: &OrgId,
    change: &RequestChange,
    old: Option<&Listing>,
) -> Result<(), StorageError> {
    let id = &change.request;
    let new = change.now.as_ref().map(|now| Listing {
        sequence: change.expected.next(),
        time: now.index.time,
        facets: Facet::of(&now.index),
    });
    relist(records, org, id, old, new.as_ref())?;
    match (&change.now, &new) {
        (Some(now), Some(listing)) => {
            put(records, &request::key(org, id), &request::encode(listing))?;
            put(records, &snapshot::key(org, id), &snapshot::encode(&now.snapshot))
        }
        (None, _) | (_, None) => {
            remove(records, &request::key(org, id))?;
            remove(records, &snapshot::key(org, id))
        }
    }
}

/// Writes the difference between where a request was listed and where it is.
fn relist(
    records: &mut Records<'_>,
    org: &OrgId,
    id: &RequestId,
    old: Option<&Listing>,
    new: Option<&Listing>,
) -> Result<(), StorageError> {
    let entries = |listing: Option<&Listing>| -> BTreeSet<(Facet, Place)> {
        let Some(listing) = listing else { return BTreeSet::new() };
        let place = Place { time: listing.time, request: id.clone() };
        listing.facets.iter().map(|facet| (facet.clone(), place.clone())).collect()
    };
    let (old, new) = (entries(old), entries(new));
    for (facet, place) in old.difference(&new) {
        remove(records, &list::key(org, facet, place))?;
    }
    for (facet, place) in new.difference(&old) {
        put(records, &list::key(org, facet, place), &[])?;
    }
    Ok(())
}

fn write_document(
    records: &mut Records<'_>,
    org: &OrgId,
    change: &DocumentChange,
    current: Sequence,
) -> Result<(), StorageError> {
    match change {
        DocumentChange::Put { collection, key, body, .. } => {
            let value = document::encode(current.next(), body);
            put(records, &document::key(org, collection, key), &value)
        }
        DocumentChange::Remove { collection, key, .. } => {
            remove(records, &document::key(org, collection, key))
        }
    }
}

fn write_agenda(
    records: &mut Records<'_>,
    org: &OrgId,
    change: &AgendaChange,
    was_due: Option<Millis>,
) -> Result<(), StorageError> {
    let (AgendaChange::Put { lane, key, .. } | AgendaChange::Remove { lane, key }) = change;
    if let Some(was_due) = was_due {
        remove(records, &agenda_due::key(org, *lane, was_due, key))?;
    }
    match change {
        AgendaChange::Put { due, body, .. } => {
            put(records, &agenda_due::key(org, *lane, *due, key), &[])?;
            put(records, &agenda::key(org, *lane, key), &agenda::encode(*due, body))
        }
        AgendaChange::Remove { .. } => remove(records, &agenda::key(org, *lane, key)),
    }
}

fn write_answer(
    records: &mut Records<'_>,
    org: &OrgId,
    at: Millis,
    given: &Answer,
) -> Result<(), StorageError> {
    let Answer { actor, command, body } = given;
    put(records, &answer::key(org, actor, command), &answer::encode(at, body))?;
    put(records, &answer_age::key(org, at, actor, command), &[])
}

/// Forgets answers given before a time; says how many.
pub(super) fn prune(
    records: &mut Records<'_>,
    before: Millis,
    limit: Limit,
) -> Result<u64, Failure> {
    let mut count = 0;
    let mut after = None;
    while let Some(org) = reads::next_organization(records, after.as_ref())? {
        for old in reads::old_answers(records, &org, before, limit)? {
            remove(records, &answer::key(&org, &old.actor, &old.command))?;
            remove(records, &answer_age::key(&org, old.at, &old.actor, &old.command))?;
            count += 1;
        }
        after = Some(org);
    }
    Ok(count)
}

fn put(records: &mut Records<'_>, key: &[u8], value: &[u8]) -> Result<(), StorageError> {
    records.insert(key, value).map(drop)
}

fn remove(records: &mut Records<'_>, key: &[u8]) -> Result<(), StorageError> {
    records.remove(key).map(drop)
}
