//! The power goes at every sync, and syncs fail.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
};

use redb::StorageBackend;

use super::{check_whole, commit, org};
use crate::{
    Outcome, Store, StoreError,
    embedded::{EmbeddedStore, Options, open, room::Room},
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
