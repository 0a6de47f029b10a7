//! What the engine writes for one lifecycle, as patterns with holes for ids.

use std::{collections::BTreeMap, fmt, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};

use super::{
    client::{Connection, decide, key, submit},
    engine::{Condition, EngineUnderLoad},
    floor::Writes,
    watched::Records,
};

/// The client that the recorded calls come from.
const RECORDER: usize = 9_999;

/// What is different in each lifecycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hole {
    Request,
    SubmitKey,
    DecideKey,
}

/// Bytes with holes.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Bytes(Vec<u8>),
    Hole(Hole),
}

/// A record put, or removed where there is no value.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) key: Vec<Piece>,
    pub(crate) value: Option<Vec<Piece>>,
    /// The key ends with a place in the log: how far behind the end of the log before the commit.
    pub(crate) position: Option<u64>,
    /// In bytes, as recorded.
    size: usize,
}

/// The changes of one commit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    pub(crate) changes: Vec<Change>,
    /// How many events it adds to the log.
    pub(crate) events: u64,
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let puts = self.changes.iter().filter(|change| change.value.is_some()).count();
        let bytes: usize = self.changes.iter().map(|change| change.size).sum();
        let removed = self.changes.len() - puts;
        write!(f, "{puts} records put, {removed} removed, {bytes} bytes")
    }
}

/// Lets an engine play one lifecycle and records what it writes.
pub(crate) async fn record(folder: &Path) -> Result<Writes> {
    std::fs::create_dir_all(folder)?;
    let engine = EngineUnderLoad::start(folder, Condition::None).await?;
    let target = engine.target();
    let mut connection = Connection::open(target.address).await?;
    engine.store.start_recording()?;
    let (submit_key, decide_key) = (key(RECORDER, 0, 's'), key(RECORDER, 0, 'd'));
    let (request, tag) = submit(&mut connection, &target.requester, &submit_key).await?;
    decide(&mut connection, &target.approver, &decide_key, &request, &tag).await?;
    let end = tokio::time::timeout(Duration::from_secs(30), target.ends.of(&request));
    end.await.context("the execution did not end")?;
    engine.check(1).await?;
    let recorded = engine.store.recorded();
    let names =
        [(request, Hole::Request), (submit_key, Hole::SubmitKey), (decide_key, Hole::DecideKey)];
    let commits: Vec<Changes> =
        recorded.windows(2).map(|two| changes(&two[0], &two[1], &names)).collect();
    ensure!(commits.len() == 4, "{} commits instead of 4", commits.len());
    let mut commits = commits.into_iter();
    let mut next = || commits.next().context("a commit");
    Ok(Writes { submit: next()?, decide: next()?, start: next()?, finish: next()? })
}

/// The difference that a commit made.
fn changes(before: &Records, after: &Records, names: &[(String, Hole)]) -> Changes {
    let mut all: BTreeMap<&[u8], Option<&[u8]>> = BTreeMap::new();
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        all.insert(key, None);
    }
    for (key, value) in after.iter().filter(|(key, value)| before.get(*key) != Some(value)) {
        all.insert(key, Some(value));
    }
    let first = all.keys().filter(|key| is_log(key)).filter_map(|key| position(key)).min();
    let change = |(key, value): (&&[u8], &Option<&[u8]>)| {
        let position = if is_log(key) || is_trail(key) { position(key).zip(first) } else { None };
        let text = if position.is_some() { &key[..key.len() - 8] } else { key };
        Change {
            key: pieces(text, names),
            value: value.map(|value| pieces(value, names)),
            position: position.map(|(position, first)| position - first),
            size: key.len() + value.map_or(0, <[u8]>::len),
        }
    };
    let events = all.keys().filter(|key| is_log(key)).count() as u64;
    Changes { changes: all.iter().map(change).collect(), events }
}

/// `org 00 02 position`, by the layout of the store.
fn is_log(key: &[u8]) -> bool {
    let organization = key.iter().position(|byte| *byte == 0).unwrap_or_default();
    key.get(organization + 1) == Some(&2)
}

/// `org 00 03 request 00 05 position`, by the layout of the store.
fn is_trail(key: &[u8]) -> bool {
    let mut texts = key.splitn(3, |byte| *byte == 0);
    let request = texts.nth(1).is_some_and(|request| request.first() == Some(&3));
    request && texts.next().is_some_and(|rest| rest.len() == 9 && rest[0] == 5)
}

fn position(key: &[u8]) -> Option<u64> {
    key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

/// Cuts bytes where a name stands in them.
fn pieces(bytes: &[u8], names: &[(String, Hole)]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut from, mut at) = (0, 0);
    while at < bytes.len() {
        let found = names.iter().find(|(name, _)| bytes[at..].starts_with(name.as_bytes()));
        let Some((name, hole)) = found else {
            at += 1;
            continue;
        };
        pieces.push(Piece::Bytes(bytes[from..at].to_vec()));
        pieces.push(Piece::Hole(*hole));
        at += name.len();
        from = at;
    }
    pieces.push(Piece::Bytes(bytes[from..].to_vec()));
    pieces
}

impl Change {
    /// A record of a size, for one request; of events each commit has its own.
    pub(crate) fn of_size(name: &str, size: usize) -> Self {
        let key = vec![Piece::Bytes(name.as_bytes().to_vec()), Piece::Hole(Hole::Request)];
        Self { key, value: Some(vec![Piece::Bytes(vec![b'x'; size])]), position: None, size }
    }
}
