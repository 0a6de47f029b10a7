//! The disk fills up, and is emptied again.

use std::{
    collections::BTreeSet,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use redb::StorageBackend;

use super::{body, commit, org};
use crate::{
    OpenError, Outcome, Position, Sequence, Store, StoreError,
    embedded::{EmbeddedStore, Options, open, room::Room},
};

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
        for _ in 0..5 {
            let refused = store.commit(commit("r-a", said)).await;
            assert_eq!(refused, Err(StoreError::NoSpace));
            let loaded = store.load(&org(), &"r-a".parse().unwrap()).await.unwrap().unwrap();
            assert_eq!(loaded.sequence, Sequence(said), "reads go on");
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

#[test]
fn a_disk_too_full_to_open_a_store_on_is_said_at_once() {
    let volume = Volume::of(8 << 10);
    let room = Room::kept_in(Box::new(volume.file()), 64 << 10, Duration::ZERO);
    let refused = open::on(volume.file(), room, &Options::default()).map(drop);
    assert!(matches!(refused, Err(OpenError::Io { .. })), "{refused:?}");
}
