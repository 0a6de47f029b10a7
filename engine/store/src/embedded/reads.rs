//! Queries as look-ups and short range scans.

use std::ops::Bound;

use engine_core::ids::{CommandId, OrgId, RequestId, UserId};
use redb::{Range, ReadableTable};

use crate::{
    commit::Lane,
    error::StoreError,
    layout::{
        agenda, agenda_due, answer, answer_age,
        codec::{after_prefix, organization},
        document, head,
        list::{self, Facet, Place},
        log, request, snapshot, trail,
    },
    query::{
        AgendaEntry, Cursor, Document, DocumentQuery, DueAt, Limit, List, Loaded, Log, Order, Page,
        Paging, Row, StoredEvent,
    },
    values::{Body, Key, Millis, Name, Position},
};

/// Why a query has no result.
#[derive(Debug)]
pub(super) enum Failure {
    /// The disk: nothing can be relied on.
    Disk(redb::Error),
    /// A record, or the question.
    Record(StoreError),
}

impl From<redb::StorageError> for Failure {
    fn from(error: redb::StorageError) -> Self {
        Self::Disk(error.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Record(error)
    }
}

type Bytes = &'static [u8];

/// The record with this key.
pub(super) fn find<T>(
    records: &impl ReadableTable<Bytes, Bytes>,
    key: &[u8],
    decode: impl FnOnce(&[u8]) -> Result<T, StoreError>,
) -> Result<Option<T>, Failure> {
    let Some(found) = records.get(key)? else { return Ok(None) };
    Ok(Some(decode(found.value())?))
}

/// Records whose keys lie between two bounds, each made into something, up to a limit.
fn scan<T>(
    records: &impl ReadableTable<Bytes, Bytes>,
    from: Bound<&[u8]>,
    to: &[u8],
    limit: usize,
    make: impl Fn(&[u8], &[u8]) -> Result<T, StoreError>,
) -> Result<Vec<T>, Failure> {
    let mut found = Vec::new();
    for record in records.range::<&[u8]>((from, Bound::Excluded(to)))?.take(limit) {
        let (key, value) = record?;
        found.push(make(key.value(), value.value())?);
    }
    Ok(found)
}

/// The first key after all of a prefix. Every prefix has a zero byte, so there is one.
fn end_of(prefix: &[u8]) -> Vec<u8> {
    after_prefix(prefix).unwrap_or_default()
}

pub(super) fn load(
    records: &impl ReadableTable<Bytes, Bytes>,
    org: &OrgId,
    id: &RequestId,
) -> Result<Option<Loaded>, Failure> {
    let Some(sequence) = find(records, &request::key(org, id), request::sequence)? else {
        return Ok(None);
    };
    let Some(snapshot) = find(records, &snapshot::key(org, id), snapshot::decode)? else {
        let reason = "its request has one no more";
        return Err(StoreError::Damaged { family: "snapshot", reason }.into());
    };
    Ok(Some(Loaded { sequence, snapshot }))
}

pub(super) fn answer(
    records: &impl ReadableTable<Bytes, Bytes>,
    org: &OrgId,
    actor: &UserId,
    command: &CommandId,
) -> Result<Option<Body>, Failure> {
    let found = find(records, &answer::key(org, actor, command), answer::decode)?;
    Ok(found.map(|(_, body)| body))
}

pub(super) fn log(records: &impl ReadableTable<Bytes, Bytes>, org: &OrgId) -> Result<Log, Failure> {
    Ok(find(records, &head::key(org), head::decode)?.unwrap_or_default())
}

pub(super) fn changes(
    records: &impl ReadableTable<Bytes, Bytes>,
    org: &OrgId,
    after: Position,
    limit: Limit,
) -> Result<Vec<StoredEvent>, Failure> {
    let from = log::key(org, after);
    let to = end_of(&log::prefix(org));
    scan(records, Bound::Excluded(&from), &to, limit.get(), |key, value| {
        Ok(log::decode(value)?.placed(log::position(key)?))
    })
}

pub(super) fn history(
    records: &impl ReadableTable<Bytes, Bytes>,
    org: &OrgId,
    id: &RequestId,
    after: Position,
    limit: Limit,
) -> Result<Vec<StoredEvent>, Failure> {
    let from = trail::key(org, id, after);
    let to = end_of(&trail::prefix(org, id));
    let places =
        scan(records, Bound::Excluded(&from), &to, limit.get(), |key, _| trail::position(key))?;
    let event = |place: Position| {
        let found = find(records, &log::key(org, place), log::decode)?;
        let missing = StoreError::Damaged { family: "log", reason: "an event is missing" };
        Ok(found.ok_or(missing)?.placed(place))
    };
    places.into_iter().map(event).collect()
}

pub(super) fn document(
    records: &impl ReadableTable<Bytes, Bytes>,
    org: &OrgId,
    collection: &Name,
    key: &Key,
) -> Result<Option<Document>, Failure> {
    let found = find(records, &document::key(org, collection, key), document::decode)?;
    Ok(found.map(|(sequence, body)| Document { key: key.clone(), sequence, body }))
}

pub(super) fn documents(
    records: &impl ReadableTable<Bytes, Bytes>,
    org: &OrgId,
    query: &DocumentQuery,
) -> Result<Vec<Document>, Failure> {
    let prefix = document::prefix(org, &query.collection, &query.prefix);
    let after = query.after.as_ref().map(|key| document::key(org, &query.collection, key));
    let from = match &after {
        Some(after) if *after >= prefix => Bound::Excluded(after.as_slice()),
        Some(_) | None => Bound::Included(prefix.as_slice()),
    };
    let to = end_of(&prefix);
    if after.as_ref().is_some_and(|after| *after >= to) {
        return Ok(Vec::new());
    }
    scan(records, from, &to, query.limit.get(), document::document)
}

pub(super) fn due(
    records: &impl ReadableTable<Bytes, Bytes>,
    org: &OrgId,
    lane: Lane,
    now: Millis,
    limit: Limit,
) -> Result<Vec<AgendaEntry>, Failure> {
    let from = agenda_due::prefix(org, lane);
    let to = end_of(&agenda_due::at(org, lane, now));
    let keys = scan(records, Bound::Included(&from), &to, limit.get(), |key, _| {
        agenda_due::decode(key).map(|(_, key)| key)
    })?;
    let entry = |key: Key| {
        let missing = StoreError::Damaged { family: "agenda", reason: "an entry is missing" };
        Ok(agenda_entry(records, org, lane, &key)?.ok_or(missing)?)
    };
    keys.into_iter().map(entry).collect()
}

pub(super) fn agenda_entry(
    records: &impl ReadableTable<Bytes, Bytes>,
    org: &OrgId,
    lane: Lane,
    key: &Key,
) -> Result<Option<AgendaEntry>, Failure> {
    let found = find(records, &agenda::key(org, lane, key), agenda::decode)?;
    Ok(found.map(|(due, body)| AgendaEntry { key: key.clone(), due, body }))
}

pub(super) fn next_due(
    records: &impl ReadableTable<Bytes, Bytes>,
    lane: Lane,
) -> Result<Option<DueAt>, Failure> {
    let mut first: Option<DueAt> = None;
    let mut after = None;
    while let Some(org) = next_organization(records, after.as_ref())? {
        let from = agenda_due::prefix(&org, lane);
        let earliest = scan(records, Bound::Included(&from), &end_of(&from), 1, |key, _| {
            agenda_due::decode(key).map(|(due, _)| due)
        })?;
        for due in earliest {
            if first.as_ref().is_none_or(|first| due < first.due) {
                first = Some(DueAt { org: org.clone(), due });
            }
        }
        after = Some(org);
    }
    Ok(first)
}

pub(super) fn organizations(
    records: &impl ReadableTable<Bytes, Bytes>,
    after: Option<&OrgId>,
    limit: Limit,
) -> Result<Vec<OrgId>, Failure> {
    let mut found: Vec<OrgId> = Vec::new();
    while found.len() < limit.get() {
        let Some(org) = next_organization(records, found.last().or(after))? else { break };
        found.push(org);
    }
    Ok(found)
}

/// The first organization after one that has any record: one look-up, however many it has.
pub(super) fn next_organization(
    records: &impl ReadableTable<Bytes, Bytes>,
    after: Option<&OrgId>,
) -> Result<Option<OrgId>, Failure> {
    // An id ends with a zero byte in keys, so this follows all keys of `after` and nothing else.
    let from = after.map(|org| [org.as_str().as_bytes(), &[1]].concat()).unwrap_or_default();
    let first =
        records.range::<&[u8]>((Bound::Included(from.as_slice()), Bound::Unbounded))?.next();
    let Some(record) = first else { return Ok(None) };
    Ok(Some(organization(record?.0.value())?))
}

pub(super) fn old_answers(
    records: &impl ReadableTable<Bytes, Bytes>,
    org: &OrgId,
    before: Millis,
    limit: Limit,
) -> Result<Vec<answer_age::Aged>, Failure> {
    let from = answer_age::prefix(org);
    let to = answer_age::from(org, before);
    scan(records, Bound::Included(&from), &to, limit.get(), |key, _| answer_age::decode(key))
}

/// A page: the lists of all its facets, merged, each request once.
pub(super) fn list(
    records: &impl ReadableTable<Bytes, Bytes>,
    org: &OrgId,
    list: &List,
    paging: &Paging,
) -> Result<Page<Row>, Failure> {
    let after = paging.after.as_ref().map(|cursor| resume(cursor, paging.order)).transpose()?;
    let mut streams = Vec::new();
    for facet in Facet::in_list(list) {
        streams.push(Stream::open(records, org, &facet, paging.order, after.as_ref())?);
    }
    let mut items: Vec<Row> = Vec::new();
    while let Some(place) = next_place(&mut streams, paging.order)? {
        if items.len() == paging.limit.get() {
            let next = items.last().map(|row| cursor(row, paging.order));
            return Ok(Page { items, next });
        }
        let missing = StoreError::Damaged { family: "request", reason: "a listed one is missing" };
        let loaded = load(records, org, &place.request)?.ok_or(missing)?;
        items.push(Row { request: place.request, time: place.time, loaded });
    }
    Ok(Page { items, next: None })
}

/// The requests of one facet, in order, the next one looked at.
struct Stream<'r> {
    range: Range<'r, Bytes, Bytes>,
    order: Order,
    next: Option<Place>,
}

impl<'r> Stream<'r> {
    fn open(
        records: &'r impl ReadableTable<Bytes, Bytes>,
        org: &OrgId,
        facet: &Facet,
        order: Order,
        after: Option<&Place>,
    ) -> Result<Self, Failure> {
        let from = list::prefix(org, facet);
        let to = end_of(&from);
        let resumed = after.map(|place| list::key(org, facet, place));
        let (from, to) = match (&resumed, order) {
            (None, _) => (Bound::Included(&from), Bound::Excluded(&to)),
            (Some(key), Order::NewestFirst) => (Bound::Included(&from), Bound::Excluded(key)),
            (Some(key), Order::OldestFirst) => (Bound::Excluded(key), Bound::Excluded(&to)),
        };
        let bounds = (from.map(Vec::as_slice), to.map(Vec::as_slice));
        let range = records.range::<&[u8]>(bounds)?;
        let mut stream = Self { range, order, next: None };
        stream.advance()?;
        Ok(stream)
    }

    fn advance(&mut self) -> Result<(), Failure> {
        let record = match self.order {
            Order::NewestFirst => self.range.next_back(),
            Order::OldestFirst => self.range.next(),
        };
        self.next = match record {
            None => None,
            Some(record) => Some(list::entry(record?.0.value())?.1),
        };
        Ok(())
    }
}

/// The first of all streams, taken from every stream that has it.
fn next_place(streams: &mut [Stream<'_>], order: Order) -> Result<Option<Place>, Failure> {
    let places = streams.iter().filter_map(|stream| stream.next.as_ref());
    let first = match order {
        Order::NewestFirst => places.max(),
        Order::OldestFirst => places.min(),
    };
    let Some(first) = first.cloned() else { return Ok(None) };
    for stream in streams {
        if stream.next.as_ref() == Some(&first) {
            stream.advance()?;
        }
    }
    Ok(Some(first))
}

const fn order_letter(order: Order) -> char {
    match order {
        Order::NewestFirst => 'n',
        Order::OldestFirst => 'o',
    }
}

/// The order, the time in hexadecimal, the request.
fn cursor(row: &Row, order: Order) -> Cursor {
    let (letter, time) = (order_letter(order), row.time.0.cast_unsigned());
    Cursor(format!("{letter}{time:016x}{}", row.request))
}

fn resume(cursor: &Cursor, order: Order) -> Result<Place, StoreError> {
    let read = || {
        let rest = cursor.0.strip_prefix(order_letter(order))?;
        let (time, request) = rest.split_at_checked(16)?;
        let time = u64::from_str_radix(time, 16).ok()?.cast_signed();
        Some(Place { time: Millis(time), request: request.parse().ok()? })
    };
    read().ok_or_else(|| StoreError::BadCursor(cursor.0.chars().take(80).collect()))
}
