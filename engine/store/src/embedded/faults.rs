//! The store on disks that lose power, fail, and fill up.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use engine_core::ids::OrgId;
use redb::StorageBackend;

use super::{EmbeddedStore, Options, open, room::Room};
use crate::{
    AgendaChange, Answer, Body, Commit, EventRecord, Lane, Limit, List, Millis, Order, Outcome,
    Paging, Position, Present, RequestChange, RequestIndex, Sequence, Store, StoreError,
};

/// What a power cut can tear apart.
const SECTOR: usize = 512;

/// A disk in memory: what was written, and what of it is safe.
#[derive(Debug, Default)]
struct Disk {
    /// What reads see.
    live: Vec<u8>,
    /// What the last sync made safe.
    synced: Vec<u8>,
    /// What was written since, in order: offset and bytes, or a new length.
    unsynced: Vec<Change>,
    /// How often it was synced.
    syncs: u64,
    /// The sync during which the power goes.
    cut_at: Option<u64>,
    /// Whether syncs fail from now on.
    failing: bool,
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

/// A handle on a [`Disk`].
#[derive(Clone, Debug, Default)]
struct Cuttable(Arc<Mutex<Disk>>);

impl Disk {
    fn is_off(&self) -> bool {
        self.cut_at.is_some_and(|cut| self.syncs >= cut)
    }

    fn powered(&self) -> io::Result<()> {
        if self.is_off() { Err(io::Error::other("the power is off")) } else { Ok(()) }
    }

    /// What is found when the power is back: everything synced, and of each later write, sector by
    /// sector, what chance says.
    fn found(&self, chance: &mut Chance) -> Vec<u8> {
        let mut found = self.synced.clone();
        for change in &self.unsynced {
            match change {
                Change::Length(length) if chance.heads() => found.resize(*length, 0),
                Change::Length(_) => {}
                Change::Write(offset, bytes) => {
                    for (at, sector) in sectors(*offset, bytes) {
                        if chance.heads() {
                            found.resize(found.len().max(at + sector.len()), 0);
                            found[at..at + sector.len()].copy_from_slice(sector);
                        }
                    }
                }
            }
        }
        found
    }
}

/// A write, cut at the borders of sectors.
fn sectors(offset: usize, bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let first = (SECTOR - offset % SECTOR).min(bytes.len());
    let (head, rest) = bytes.split_at(first);
    let rest = rest.chunks(SECTOR).enumerate();
    std::iter::once((offset, head))
        .chain(rest.map(move |(i, chunk)| (offset + first + i * SECTOR, chunk)))
}

/// Coins from a seed. `0` loses everything unsynced, `1` keeps it.
struct Chance {
    seed: u64,
    state: u64,
}

impl Chance {
    fn new(seed: u64) -> Self {
        Self { seed, state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 }
    }

    fn heads(&mut self) -> bool {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        match self.seed {
            0 => false,
            1 => true,
            _ => self.state & 1 == 1,
        }
    }
}

impl StorageBackend for Cuttable {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().live.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let disk = self.0.lock().unwrap();
        disk.powered()?;
        let from = offset as usize;
        let bytes = disk.live.get(from..from + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut disk = self.0.lock().unwrap();
        disk.powered()?;
        disk.live.resize(len as usize, 0);
        disk.unsynced.push(Change::Length(len as usize));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut disk = self.0.lock().unwrap();
        disk.powered()?;
        disk.syncs += 1;
        disk.powered()?;
        if disk.failing {
            return Err(io::Error::other("the disk failed"));
        }
        disk.synced = disk.live.clone();
        disk.unsynced.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut disk = self.0.lock().unwrap();
        disk.powered()?;
        let (from, to) = (offset as usize, offset as usize + data.len());
        let length = disk.live.len().max(to);
        disk.live.resize(length, 0);
        disk.live[from..to].copy_from_slice(data);
        disk.unsynced.push(Change::Write(from, data.to_vec()));
        Ok(())
    }
}

impl Cuttable {
    fn open(&self) -> EmbeddedStore {
        open::on(self.clone(), Room::endless(), &Options::default()).unwrap()
    }

    fn holding(bytes: Vec<u8>) -> Self {
        let disk = Disk { live: bytes.clone(), synced: bytes, ..Disk::default() };
        Self(Arc::new(Mutex::new(disk)))
    }

    fn syncs(&self) -> u64 {
        self.0.lock().unwrap().syncs
    }
}

fn org() -> OrgId {
    "acme".parse().unwrap()
}

fn body(text: String) -> Body {
    Body { schema: 1, json: text.into_bytes() }
}

/// The `n`th commit of a request: large enough that the file grows now and then.
fn commit(request: &str, n: u64) -> Commit {
    let text = format!("\"{request} {n} {}\"", "x".repeat((n as usize * 977) % 9_000));
    let index = RequestIndex {
        time: Millis(1),
        state: if n.is_multiple_of(2) { "pending" } else { "in_progress" }.parse().unwrap(),
        rule: "capex".parse().unwrap(),
        kind: "sql".parse().unwrap(),
        people: BTreeSet::new(),
        resources: BTreeSet::new(),
        seats: BTreeSet::new(),
    };
    Commit {
        requests: vec![RequestChange {
            request: request.parse().unwrap(),
            expected: Sequence(n),
            events: vec![EventRecord {
                kind: "changed".parse().unwrap(),
                body: body(text.clone()),
            }],
            now: Some(Present { snapshot: body(text.clone()), index }),
        }],
        agenda: vec![AgendaChange::Put {
            lane: Lane::Outbox,
            key: request.parse().unwrap(),
            due: Millis(n as i64),
            body: body(text.clone()),
        }],
        answer: Some(Answer {
            actor: "u-1".parse().unwrap(),
            command: format!("{request}-{n}").parse().unwrap(),
            body: body(text),
        }),
        ..Commit::new(org(), Millis(n as i64))
    }
}

fn all(limit: usize) -> Paging {
    Paging { order: Order::OldestFirst, after: None, limit: Limit::new(limit) }
}

/// Checks that every commit is there whole or not at all, and no acknowledged one is missing.
async fn check_whole(store: &dyn Store, acknowledged: &BTreeMap<String, u64>, context: &str) {
    let mut events = 0;
    for (name, least) in acknowledged {
        let request = name.parse().unwrap();
        let loaded = store.load(&org(), &request).await.unwrap();
        let sequence = loaded.as_ref().map_or(0, |loaded| loaded.sequence.0);
        assert!(sequence >= *least, "{context}: `{name}` is at {sequence}, {least} was said");
        let history = store.history(&org(), &request, Position(0), Limit::MAX).await.unwrap();
        assert_eq!(history.len() as u64, sequence, "{context}: events of `{name}`");
        for n in 0..sequence + 2 {
            let command = format!("{name}-{n}").parse().unwrap();
            let answer = store.answer(&org(), &"u-1".parse().unwrap(), &command).await.unwrap();
            assert_eq!(answer.is_some(), n < sequence, "{context}: answer {n} of `{name}`");
        }
        let entry = store.agenda_entry(&org(), Lane::Outbox, &name.parse().unwrap()).await.unwrap();
        assert_eq!(entry.is_some(), sequence > 0, "{context}: agenda of `{name}`");
        if let Some(loaded) = loaded {
            let Commit { mut requests, .. } = commit(name, sequence - 1);
            let now = requests.remove(0).now.unwrap();
            assert_eq!(loaded.snapshot, now.snapshot, "{context}: snapshot of `{name}`");
            assert_eq!(entry.unwrap().body, now.snapshot, "{context}: agenda of `{name}`");
            let list = store.list(&org(), &List::State(now.index.state), &all(200)).await.unwrap();
            assert!(list.items.iter().any(|row| row.request == request), "{context}: list");
        }
        events += sequence;
    }
    assert_eq!(store.log(&org()).await.unwrap().end, Position(events), "{context}: log");
    let feed = store.changes(&org(), Position(0), Limit::MAX).await.unwrap();
    assert!(feed.iter().map(|event| event.position.0).eq(1..=events), "{context}: feed");
}

/// Three requests change at the same time until the power goes; what was acknowledged of each.
async fn work(store: &Arc<EmbeddedStore>, times: u64) -> BTreeMap<String, u64> {
    let mut acknowledged: BTreeMap<String, u64> = BTreeMap::new();
    for n in 0..times {
        let commits = ["r-a", "r-b", "r-c"].map(|request| {
            let (store, commit) = (store.clone(), commit(request, n));
            (request, tokio::spawn(async move { store.commit(commit).await }))
        });
        for (request, task) in commits {
            let said = acknowledged.entry(request.to_owned()).or_default();
            match task.await.unwrap() {
                Ok(Outcome::Committed { .. }) => *said = n + 1,
                Ok(other) => panic!("{other:?}"),
                Err(StoreError::Stopped(_)) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
    }
    acknowledged
}

#[tokio::test]
async fn no_acknowledged_commit_is_lost_or_half_there_wherever_the_power_goes() {
    const TIMES: u64 = 12;
    let whole = Cuttable::default();
    let store = Arc::new(whole.open());
    let opened = whole.syncs();
    check_whole(store.as_ref(), &work(&store, TIMES).await, "no cut").await;
    let last = whole.syncs();
    assert!(last > opened + TIMES, "every commit is synced");
    drop(store);
    let mut lost = 0;
    for cut in opened + 1..=last {
        let disk = Cuttable::default();
        let store = Arc::new(disk.open());
        disk.0.lock().unwrap().cut_at = Some(cut);
        let acknowledged = work(&store, TIMES).await;
        drop(store);
        for seed in 0..6 {
            let found = disk.0.lock().unwrap().found(&mut Chance::new(seed));
            let store = Cuttable::holding(found).open();
            let context = format!("power cut at sync {cut}, seed {seed}");
            check_whole(&store, &acknowledged, &context).await;
            lost += u64::from(seed == 0 && acknowledged.values().any(|said| *said < TIMES));
        }
    }
    assert!(lost > TIMES, "the cuts must hit commits that are under way");
}

/// The test above can fail: what is acknowledged without a sync does not survive.
#[tokio::test]
async fn a_disk_that_only_claims_to_sync_loses_commits() {
    let disk = Cuttable::default();
    let store = Arc::new(disk.open());
    let before = disk.0.lock().unwrap().synced.clone();
    let acknowledged = work(&store, 2).await;
    assert_eq!(acknowledged["r-a"], 2);
    drop(store);
    let store = Cuttable::holding(before).open();
    let found = store.load(&org(), &"r-a".parse().unwrap()).await.unwrap();
    assert_eq!(found, None);
}

#[tokio::test]
async fn a_failed_sync_stops_the_store_for_good() {
    let disk = Cuttable::default();
    let store = Arc::new(disk.open());
    let acknowledged = work(&store, 3).await;
    disk.0.lock().unwrap().failing = true;
    let refused = store.commit(commit("r-a", 3)).await;
    assert!(matches!(refused, Err(StoreError::Stopped(_))), "{refused:?}");
    disk.0.lock().unwrap().failing = false;
    let again = store.commit(commit("r-a", 3)).await;
    assert!(matches!(again, Err(StoreError::Stopped(_))), "a disk that failed once is not trusted");
    let read = store.load(&org(), &"r-a".parse().unwrap()).await;
    assert!(matches!(read, Err(StoreError::Stopped(_))), "{read:?}");
    assert!(matches!(store.stopped().await, StoreError::Stopped(_)));
    drop(store);
    for seed in 0..6 {
        let found = disk.0.lock().unwrap().found(&mut Chance::new(seed));
        let context = format!("failed sync, seed {seed}");
        check_whole(&Cuttable::holding(found).open(), &acknowledged, &context).await;
    }
}

/// A disk of so many bytes, shared by files.
#[derive(Clone, Debug)]
struct Volume {
    left: Arc<Mutex<i64>>,
    /// How many writes found it full.
    refused: Arc<AtomicU64>,
}

/// A file on a [`Volume`]; a page takes room when it is first written, as on a real file system.
#[derive(Debug)]
struct FileOn {
    volume: Volume,
    content: Mutex<(Vec<u8>, BTreeSet<usize>)>,
}

const PAGE: usize = 4096;

impl Volume {
    fn of(bytes: i64) -> Self {
        Self { left: Arc::new(Mutex::new(bytes)), refused: Arc::default() }
    }

    fn file(&self) -> FileOn {
        FileOn { volume: self.clone(), content: Mutex::default() }
    }

    fn add(&self, bytes: i64) {
        *self.left.lock().unwrap() += bytes;
    }
}

impl StorageBackend for FileOn {
    fn len(&self) -> io::Result<u64> {
        Ok(self.content.lock().unwrap().0.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let content = self.content.lock().unwrap();
        let from = offset as usize;
        let bytes = content.0.get(from..from + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut content = self.content.lock().unwrap();
        content.0.resize(len as usize, 0);
        let freed = content.1.split_off(&(len as usize).div_ceil(PAGE));
        self.volume.add((freed.len() * PAGE) as i64);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut content = self.content.lock().unwrap();
        let (from, to) = (offset as usize, offset as usize + data.len());
        let pages = from / PAGE..to.div_ceil(PAGE);
        let new: Vec<usize> = pages.filter(|page| !content.1.contains(page)).collect();
        let needed = (new.len() * PAGE) as i64;
        let mut left = self.volume.left.lock().unwrap();
        if *left < needed {
            self.volume.refused.fetch_add(1, Ordering::Relaxed);
            return Err(io::ErrorKind::StorageFull.into());
        }
        *left -= needed;
        content.1.extend(new);
        let length = content.0.len().max(to);
        content.0.resize(length, 0);
        content.0[from..to].copy_from_slice(data);
        Ok(())
    }
}

fn on_volume(volume: &Volume, reserve: u64) -> EmbeddedStore {
    let room = Room::kept_in(Box::new(volume.file()), reserve, Duration::ZERO);
    open::on(volume.file(), room, &Options::default()).unwrap()
}

/// Commits to one request until one is refused; says how many were acknowledged.
async fn fill(store: &dyn Store, from: u64) -> u64 {
    for n in from.. {
        match store.commit(commit("r-a", n)).await {
            Ok(Outcome::Committed { .. }) => {}
            Err(StoreError::NoSpace) => return n,
            other => panic!("{other:?}"),
        }
        assert!(n < from + 2_000, "the disk is never full");
    }
    unreachable!("the loop has no end");
}

#[tokio::test]
async fn a_full_disk_refuses_commits_and_goes_on_when_there_is_room() {
    let volume = Volume::of(4 << 20);
    let store = on_volume(&volume, 1 << 20);
    let mut said = 0;
    for _ in 0..3 {
        let before = said;
        said = fill(&store, said).await;
        assert!(said > before, "there was room again");
        let acknowledged = BTreeMap::from([("r-a".to_owned(), said)]);
        for _ in 0..5 {
            let refused = store.commit(commit("r-a", said)).await;
            assert_eq!(refused, Err(StoreError::NoSpace));
            check_head(&store, &acknowledged).await;
        }
        volume.add(3 << 20);
    }
}

/// Where even the reserve is not enough, what was begun waits for room, and reads go on.
#[tokio::test]
async fn a_commit_that_was_begun_waits_for_room() {
    let volume = Volume::of(4 << 20);
    let store = Arc::new(on_volume(&volume, 64 << 10));
    assert_eq!(
        store.commit(commit("r-a", 0)).await,
        Ok(Outcome::Committed { position: Position(1) })
    );
    let left = *volume.left.lock().unwrap();
    volume.add(-left);
    let mut large = commit("r-a", 1);
    large.requests[0].now.as_mut().unwrap().snapshot = body("y".repeat(3 << 20));
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.commit(large).await }
    });
    while volume.refused.load(Ordering::Relaxed) < 50 {
        tokio::task::yield_now().await;
        let loaded = store.load(&org(), &"r-a".parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(loaded.sequence, Sequence(1));
    }
    assert!(!waiting.is_finished());
    volume.add(8 << 20);
    assert_eq!(waiting.await.unwrap(), Ok(Outcome::Committed { position: Position(2) }));
}

async fn check_head(store: &dyn Store, acknowledged: &BTreeMap<String, u64>) {
    for (name, said) in acknowledged {
        let loaded = store.load(&org(), &name.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(loaded.sequence, Sequence(*said));
    }
}
