//! A full disk is not a failed disk.
//!
//! redb gives up for good at the first write that fails, reads included. So a part of the disk is
//! kept aside in a file of its own, the *reserve*. When a write finds the disk full, the reserve is
//! given back and the write is done again: what was begun is finished. From then on commits are
//! refused before they begin, until the reserve could be filled again.
//!
//! Where even that is not enough, because somebody else took the room first, the write waits:
//! nothing has failed yet, and reads go on.

use std::sync::Arc;
use std::{
    io,
    ops::Bound,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use redb::{BackendError, StorageBackend};

/// How much of the reserve is written at once, in bytes.
const CHUNK: usize = 256 << 10;

/// Whether there is room, and what is kept aside.
#[derive(Debug)]
pub(super) struct Room {
    /// None in memory, where nothing is kept aside.
    reserve: Option<Box<dyn StorageBackend>>,
    /// How large the reserve should be, in bytes.
    size: u64,
    /// How long to wait before looking again.
    retry: Duration,
    /// Whether the reserve is missing.
    short: AtomicBool,
    /// Whether a write waits where there is no room: only while commits are being written.
    waits: AtomicBool,
    looked: Mutex<Option<Instant>>,
}

impl Room {
    /// Room that never ends.
    pub(super) fn endless() -> Self {
        Self::new(None, 0, Duration::ZERO)
    }

    /// Room with so much kept aside in `reserve`.
    pub(super) fn kept_in(reserve: Box<dyn StorageBackend>, size: u64, retry: Duration) -> Self {
        Self::new(Some(reserve), size, retry)
    }

    fn new(reserve: Option<Box<dyn StorageBackend>>, size: u64, retry: Duration) -> Self {
        let there = reserve.as_ref().is_none_or(|file| file.len().is_ok_and(|len| len >= size));
        Self {
            reserve,
            size,
            retry,
            short: AtomicBool::new(!there),
            waits: AtomicBool::new(false),
            looked: Mutex::new(None),
        }
    }

    /// Whether a group of commits may begin. Fills the reserve where it is missing and it is time.
    pub(super) fn look(&self) -> bool {
        if !self.short.load(Ordering::Acquire) {
            return true;
        }
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.is_some_and(|at| at.elapsed() < self.retry) {
            return false;
        }
        let filled = self.reserve.as_ref().is_none_or(|file| fill(file.as_ref(), self.size));
        *looked = Some(Instant::now());
        if filled {
            tracing::debug!("the reserve of disk space is filled");
            self.short.store(false, Ordering::Release);
        }
        filled
    }

    /// From now on a write waits where there is no room.
    pub(super) fn wait(&self) {
        self.waits.store(true, Ordering::Release);
    }

    /// Nobody waits for room any more: what cannot be written fails.
    pub(super) fn give_up(&self) {
        self.waits.store(false, Ordering::Release);
    }

    /// Does something that may find the disk full, until it does not.
    fn make(&self, mut act: impl FnMut() -> io::Result<()>) -> io::Result<()> {
        loop {
            match act() {
                Err(error) if is_full(&error) => self.find(error)?,
                result => return result,
            }
        }
    }

    /// Gives the reserve back, or waits where that is done already.
    fn find(&self, full: io::Error) -> io::Result<()> {
        let Some(reserve) = &self.reserve else { return Err(full) };
        if !self.short.swap(true, Ordering::AcqRel) {
            tracing::warn!("the disk is full: giving back the reserve");
            return reserve.set_len(0);
        }
        if !self.waits.load(Ordering::Acquire) {
            return Err(full);
        }
        // Whatever is left of a reserve that could not be filled.
        reserve.set_len(0)?;
        thread::sleep(self.retry.min(Duration::from_millis(100)));
        Ok(())
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Fills the reserve, and takes the part back that found room where not all of it does.
fn fill(reserve: &dyn StorageBackend, size: u64) -> bool {
    match try_fill(reserve, size) {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(%error, "cannot keep disk space aside");
            if let Err(error) = reserve.set_len(0) {
                tracing::warn!(%error, "cannot give disk space back");
            }
            false
        }
    }
}

fn try_fill(reserve: &dyn StorageBackend, size: u64) -> io::Result<()> {
    let chunk = incompressible();
    let mut at = 0;
    while at < size {
        let rest = usize::try_from(size - at).unwrap_or(CHUNK);
        let part = chunk.get(..rest).unwrap_or(&chunk);
        reserve.write(at, part)?;
        at += part.len() as u64;
    }
    reserve.sync_data()
}

/// Bytes that a file system cannot store in less room.
fn incompressible() -> Vec<u8> {
    let mut word = 0x9e37_79b9_7f4a_7c15_u64;
    let next = || {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        Some(word.to_le_bytes())
    };
    std::iter::from_fn(next).take(CHUNK / 8).flatten().collect()
}

/// The store's file, on a disk that may be full.
#[derive(Debug)]
pub(super) struct Roomy<B> {
    pub(super) file: B,
    pub(super) room: Arc<Room>,
}

impl<B: StorageBackend> StorageBackend for Roomy<B> {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.room.make(|| self.file.set_len(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.room.make(|| self.file.write(offset, data))
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, from: Bound<u64>, to: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(from, to)
    }

    fn try_lock_shared_range(
        &self,
        from: Bound<u64>,
        to: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(from, to)
    }

    fn lock_range(&self, from: Bound<u64>, to: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_range(from, to)
    }

    fn lock_shared_range(&self, from: Bound<u64>, to: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(from, to)
    }

    fn unlock_range(&self, from: Bound<u64>, to: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(from, to)
    }

    fn query_lock_range(&self, from: Bound<u64>, to: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(from, to)
    }
}
