//! Files that executors make and people attach, by the SHA-256 of their content.
//!
//! ```text
//! <folder>/parts/<process>-<number>     being written; removed when the folder is opened
//! <folder>/waiting/<64 digits>~<for>    whole: kept when what it is for is known to name it (`blob/waiting.rs`)
//! <folder>/<2 digits>/<64 digits>       finished: synced, then renamed to its hash
//! ```
//!
//! Nothing is visible before it is whole and on the disk, and the same content is kept once.

mod waiting;

use std::{
    collections::BTreeMap,
    io::{ErrorKind, SeekFrom},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::{
    fs,
    io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt},
};

pub use self::waiting::WaitingBlob;
use crate::error::Error;

/// The most bytes that one read hands out.
pub const MAX_READ: u64 = 4 << 20;

static PARTS: AtomicU64 = AtomicU64::new(0);

/// A folder of blobs. One engine uses it at a time.
#[derive(Clone, Debug)]
pub struct Blobs {
    folder: PathBuf,
    uses: Arc<Mutex<BTreeMap<String, Use>>>,
}

/// Who has to do with a blob at the moment.
#[derive(Debug, Default)]
struct Use {
    /// How many have finished it and not yet written down that they need it.
    pins: usize,
    /// Whether it is about to be removed, and nobody has finished it again since.
    condemned: bool,
}

/// A blob that was just finished, kept from being removed until this is dropped: by then, whoever needs
/// the blob has written it down.
#[derive(Debug)]
pub struct Pin {
    sha256: String,
    uses: Arc<Mutex<BTreeMap<String, Use>>>,
}

impl Pin {
    fn new(uses: &Arc<Mutex<BTreeMap<String, Use>>>, sha256: &str) -> Self {
        let mut all = uses.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.entry(sha256.to_owned()).or_default();
        found.pins += 1;
        found.condemned = false;
        Self { sha256: sha256.to_owned(), uses: Arc::clone(uses) }
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut all = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = all.get_mut(&self.sha256) {
            found.pins = found.pins.saturating_sub(1);
            if found.pins == 0 && !found.condemned {
                all.remove(&self.sha256);
            }
        }
    }
}

/// A finished blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobRef {
    /// Of the content, 64 lower-case hexadecimal digits; the blob's name.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// Such as `text/csv`.
    pub media_type: String,
}

impl Blobs {
    /// Opens the folder, making it where it is missing, and removes what was never finished.
    ///
    /// # Errors
    /// [`Error::Blob`].
    pub async fn open(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        let folder = folder.into();
        let parts = folder.join("parts");
        match fs::remove_dir_all(&parts).await {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(Error::Blob(e)),
            _ => {}
        }
        fs::create_dir_all(&parts).await.map_err(Error::Blob)?;
        fs::create_dir_all(waiting::folder(&folder)).await.map_err(Error::Blob)?;
        Ok(Self { folder, uses: Arc::default() })
    }

    /// Starts a blob of at most `max_bytes`.
    ///
    /// # Errors
    /// [`Error::Blob`].
    pub async fn create(&self, media_type: &str, max_bytes: u64) -> Result<BlobWriter, Error> {
        let number = PARTS.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.join("parts").join(format!("{}-{number}", std::process::id()));
        let file = fs::File::create_new(&path).await.map_err(Error::Blob)?;
        Ok(BlobWriter {
            blobs: self.clone(),
            part: Part(path),
            file,
            hash: Sha256::new(),
            size: 0,
            max_bytes,
            media_type: media_type.to_owned(),
        })
    }

    /// Bytes of a blob from `offset` on: at most `length`, and at most [`MAX_READ`]; none at the end.
    ///
    /// # Errors
    /// [`Error::UnknownBlob`], [`Error::Blob`].
    pub async fn read(&self, sha256: &str, offset: u64, length: u64) -> Result<Vec<u8>, Error> {
        let mut file = self.find(sha256).await?;
        file.seek(SeekFrom::Start(offset)).await.map_err(Error::Blob)?;
        let mut bytes = Vec::new();
        let mut part = file.take(length.min(MAX_READ));
        part.read_to_end(&mut bytes).await.map_err(Error::Blob)?;
        Ok(bytes)
    }

    /// The size of a blob, in bytes.
    ///
    /// # Errors
    /// [`Error::UnknownBlob`], [`Error::Blob`].
    pub async fn size(&self, sha256: &str) -> Result<u64, Error> {
        Ok(self.find(sha256).await?.metadata().await.map_err(Error::Blob)?.len())
    }

    /// Before it is looked up whether anybody needs a blob: says whether it may be removed then. It may not
    /// where somebody has just finished it, and needs it perhaps.
    #[must_use]
    pub fn condemn(&self, sha256: &str) -> bool {
        let mut all = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.entry(sha256.to_owned()).or_default();
        found.condemned = found.pins == 0;
        found.condemned
    }

    /// Somebody needs the blob after all.
    pub fn spare(&self, sha256: &str) {
        let mut all = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(sha256).is_some_and(|found| found.pins == 0) {
            all.remove(sha256);
        }
    }

    /// Removes a condemned blob after its retention; it may be gone already. Says whether it is: it stays
    /// where somebody has finished it again in the meantime.
    ///
    /// # Errors
    /// [`Error::UnknownBlob`] where the name is none, [`Error::Blob`].
    pub fn remove(&self, sha256: &str) -> Result<bool, Error> {
        let path = path(&self.folder, sha256)?;
        // Held until the file is gone, so that nobody finishes it in between.
        let mut all = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.get(sha256).is_some_and(|found| found.condemned) {
            return Ok(false);
        }
        all.remove(sha256);
        match std::fs::remove_file(path) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(Error::Blob(e)),
            _ => Ok(true),
        }
    }

    async fn find(&self, sha256: &str) -> Result<fs::File, Error> {
        let found = fs::File::open(path(&self.folder, sha256)?).await;
        match found {
            Err(e) if e.kind() == ErrorKind::NotFound => match self.find_waiting(sha256).await? {
                Some(file) => Ok(file),
                None => Err(Error::UnknownBlob(sha256.to_owned())),
            },
            found => found.map_err(Error::Blob),
        }
    }
}

/// The file of a blob. A name that is no hash is refused, so that none leads out of the folder.
fn path(folder: &Path, sha256: &str) -> Result<PathBuf, Error> {
    let digits = sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match sha256.get(..2) {
        Some(start) if digits && sha256.len() == 64 => Ok(folder.join(start).join(sha256)),
        _ => Err(Error::UnknownBlob(sha256.chars().take(80).collect())),
    }
}

/// A blob that is being written. Dropped unfinished, it leaves nothing.
#[derive(Debug)]
pub struct BlobWriter {
    blobs: Blobs,
    part: Part,
    file: fs::File,
    hash: Sha256,
    size: u64,
    max_bytes: u64,
    media_type: String,
}

/// Removes the file when it goes out of use; after the rename there is none.
#[derive(Debug)]
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // A part that stays is removed at the next start.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl BlobWriter {
    /// Adds bytes.
    ///
    /// # Errors
    /// [`Error::TooManyBytes`], [`Error::Blob`].
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let size = self.size.saturating_add(bytes.len() as u64);
        if size > self.max_bytes {
            return Err(Error::TooManyBytes(self.max_bytes));
        }
        self.file.write_all(bytes).await.map_err(Error::Blob)?;
        self.hash.update(bytes);
        self.size = size;
        Ok(())
    }

    /// Makes the blob visible, once it is on the disk. It is not removed before the pin is dropped.
    ///
    /// # Errors
    /// [`Error::Blob`]; there is no blob then.
    pub async fn finish(mut self) -> Result<(BlobRef, Pin), Error> {
        let blob = self.complete().await?;
        let pin = Pin::new(&self.blobs.uses, &blob.sha256);
        put(&self.blobs.folder, &self.part.0, &blob.sha256).await?;
        Ok((blob, pin))
    }

    /// Brings everything that was written to the disk.
    async fn complete(&mut self) -> Result<BlobRef, Error> {
        let sha256 = hex::encode(self.hash.finalize_reset());
        self.file.flush().await.map_err(Error::Blob)?;
        self.file.sync_all().await.map_err(Error::Blob)?;
        Ok(BlobRef { sha256, size: self.size, media_type: self.media_type.clone() })
    }
}

/// Gives a whole file its name.
async fn put(folder: &Path, from: &Path, sha256: &str) -> Result<(), Error> {
    let to = path(folder, sha256)?;
    if let Some(place) = to.parent() {
        fs::create_dir_all(place).await.map_err(Error::Blob)?;
        fs::rename(from, &to).await.map_err(Error::Blob)?;
        sync_folder(place).await?;
    }
    sync_folder(folder).await
}

/// A rename is on the disk only after its folder is.
async fn sync_folder(folder: &Path) -> Result<(), Error> {
    let folder = fs::File::open(folder).await.map_err(Error::Blob)?;
    folder.sync_all().await.map_err(Error::Blob)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
        }
        found
    }

    #[tokio::test]
    async fn a_blob_is_found_by_its_hash_once_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path().join("blobs")).await.unwrap();
        let mut writer = blobs.create("text/plain", 100).await.unwrap();
        writer.write(b"hello ").await.unwrap();
        writer.write(b"world").await.unwrap();
        let sha256 = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
        assert!(matches!(blobs.read(sha256, 0, 100).await, Err(Error::UnknownBlob(_))));
        let (blob, pin) = writer.finish().await.unwrap();
        assert_eq!((blob.sha256.as_str(), blob.size), (sha256, 11));
        assert_eq!(blobs.read(sha256, 6, 3).await.unwrap(), b"wor");
        assert_eq!(blobs.read(sha256, 11, 3).await.unwrap(), b"");
        assert_eq!(blobs.size(sha256).await.unwrap(), 11);
        let mut again = blobs.create("text/plain", 100).await.unwrap();
        again.write(b"hello world").await.unwrap();
        let (same, second) = again.finish().await.unwrap();
        assert_eq!(same, blob);
        assert_eq!(files(folder.path()).len(), 1);
        assert!(!blobs.remove(sha256).unwrap(), "it was not condemned");
        drop(pin);
        assert!(!blobs.condemn(sha256), "one has not written down yet whether it is needed");
        drop(second);
        assert!(blobs.condemn(sha256));
        assert!(blobs.remove(sha256).unwrap());
        assert!(blobs.condemn(sha256) && blobs.remove(sha256).unwrap(), "gone already");
        assert!(files(folder.path()).is_empty());
    }

    #[tokio::test]
    async fn a_blob_that_is_finished_again_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path().join("blobs")).await.unwrap();
        let finished = async || {
            let mut writer = blobs.create("text/plain", 100).await.unwrap();
            writer.write(b"hello").await.unwrap();
            writer.finish().await.unwrap()
        };
        let sha256 = finished().await.0.sha256;
        assert!(blobs.condemn(&sha256));
        drop(finished().await);
        assert!(!blobs.remove(&sha256).unwrap());
        assert!(blobs.condemn(&sha256));
        blobs.spare(&sha256);
        assert!(!blobs.remove(&sha256).unwrap());
        assert_eq!(files(folder.path()).len(), 1);
    }

    #[tokio::test]
    async fn what_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).await.unwrap();
        let mut writer = blobs.create("text/plain", 4).await.unwrap();
        writer.write(b"1234").await.unwrap();
        assert!(matches!(writer.write(b"5").await, Err(Error::TooManyBytes(4))));
        drop(writer);
        assert!(files(folder.path()).is_empty());
        // As after a crash.
        std::fs::write(folder.path().join("parts/1-1"), b"half").unwrap();
        Blobs::open(folder.path()).await.unwrap();
        assert!(files(folder.path()).is_empty());
    }

    #[tokio::test]
    async fn a_name_never_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).await.unwrap();
        for name in ["", "..", "../../etc/passwd", &"A".repeat(64), &"a".repeat(63), "ä"] {
            assert!(matches!(blobs.read(name, 0, 1).await, Err(Error::UnknownBlob(_))), "{name}");
        }
    }
}
