//! Contents that wait for something to name them.
//!
//! Whoever sends a content says what it is for, such as a request. It is whole and on the disk before that
//! is asked to name it, so that nothing ever names a content that is not there; it is kept when it is
//! named, and forgotten when it is refused. What still waits when the folder is opened is what a process
//! has left that did not live to see which: whoever knows what is named decides then.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use tokio::fs;

use super::{BlobRef, BlobWriter, Blobs, Pin, path, put, sync_folder};
use crate::error::Error;

/// Between the hash and what the content is for.
const BETWEEN: char = '~';

/// Where they are.
pub(super) fn folder(blobs: &Path) -> PathBuf {
    blobs.join("waiting")
}

/// A content that is whole and on the disk, and is found by its hash; nothing is known to name it yet.
/// Left alone, it waits for the next start.
#[derive(Debug)]
pub struct WaitingBlob {
    blobs: Blobs,
    file: PathBuf,
    sha256: String,
    wanted_by: String,
}

impl WaitingBlob {
    /// Of its content, in lower-case hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// What it is for, in the words of who sent it.
    #[must_use]
    pub fn wanted_by(&self) -> &str {
        &self.wanted_by
    }

    /// Keeps it: something names it.
    ///
    /// # Errors
    /// [`Error::Blob`]; it waits on then.
    pub async fn keep(self) -> Result<(), Error> {
        // Whoever just removes the same content, which nobody needed so far, leaves this one.
        let _pin = Pin::new(&self.blobs.uses, &self.sha256);
        put(&self.blobs.folder, &self.file, &self.sha256).await
    }

    /// Forgets it: nothing names it.
    ///
    /// # Errors
    /// [`Error::Blob`]; it waits on then.
    pub async fn forget(self) -> Result<(), Error> {
        match fs::remove_file(&self.file).await {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(Error::Blob(e)),
            _ => Ok(()),
        }
    }
}

impl BlobWriter {
    /// Makes the blob visible, once it is on the disk, for as long as it waits. `wanted_by` says what for:
    /// letters, digits, `-`, `_`, `.` and `~`, at most 150 bytes.
    ///
    /// # Errors
    /// [`Error::Blob`]; there is no blob then.
    pub async fn wait(mut self, wanted_by: &str) -> Result<(WaitingBlob, BlobRef), Error> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
        if wanted_by.len() > 150 || !wanted_by.chars().all(is_plain) {
            let error = std::io::Error::new(ErrorKind::InvalidInput, "not the name of a file");
            return Err(Error::Blob(error));
        }
        let blob = self.complete().await?;
        // The part's own name, so that two of the same content for the same thing stay two.
        let part = self.part.0.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let name = format!("{}{BETWEEN}{part}{BETWEEN}{wanted_by}", blob.sha256);
        let place = folder(&self.blobs.folder);
        let file = place.join(name);
        fs::rename(&self.part.0, &file).await.map_err(Error::Blob)?;
        sync_folder(&place).await?;
        let (sha256, wanted_by) = (blob.sha256.clone(), wanted_by.to_owned());
        Ok((WaitingBlob { blobs: self.blobs.clone(), file, sha256, wanted_by }, blob))
    }
}

impl Blobs {
    /// Everything that waits.
    ///
    /// # Errors
    /// [`Error::Blob`].
    pub async fn waiting(&self) -> Result<Vec<WaitingBlob>, Error> {
        let mut entries = fs::read_dir(folder(&self.folder)).await.map_err(Error::Blob)?;
        let mut found = Vec::new();
        while let Some(entry) = entries.next_entry().await.map_err(Error::Blob)? {
            let file = entry.path();
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let mut parts = name.splitn(3, BETWEEN).map(str::to_owned);
            let (Some(sha256), Some(_), Some(wanted_by)) =
                (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            if path(&self.folder, &sha256).is_ok() {
                found.push(WaitingBlob { blobs: self.clone(), file, sha256, wanted_by });
            }
        }
        Ok(found)
    }

    /// A content that waits.
    pub(super) async fn find_waiting(&self, sha256: &str) -> Result<Option<fs::File>, Error> {
        for blob in self.waiting().await? {
            if blob.sha256 == sha256 {
                match fs::File::open(&blob.file).await {
                    Err(e) if e.kind() == ErrorKind::NotFound => {}
                    found => return found.map(Some).map_err(Error::Blob),
                }
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent(blobs: &Blobs, text: &str, wanted_by: &str) -> WaitingBlob {
        let mut writer = blobs.create("text/plain", 100).await.unwrap();
        writer.write(text.as_bytes()).await.unwrap();
        writer.wait(wanted_by).await.unwrap().0
    }

    #[tokio::test]
    async fn a_content_waits_until_it_is_kept_or_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).await.unwrap();
        let (one, two) =
            (sent(&blobs, "hello", "main~r1").await, sent(&blobs, "hello", "main~r2").await);
        let sha256 = one.sha256().to_owned();
        assert_eq!(blobs.read(&sha256, 1, 3).await.unwrap(), b"ell", "it is found while it waits");

        // As after a crash: both wait on, and say what for.
        let blobs = Blobs::open(folder.path()).await.unwrap();
        let mut waiting = blobs.waiting().await.unwrap();
        waiting.sort_by(|a, b| a.wanted_by.cmp(&b.wanted_by));
        let wanted: Vec<&str> = waiting.iter().map(WaitingBlob::wanted_by).collect();
        assert_eq!(wanted, ["main~r1", "main~r2"]);

        two.forget().await.unwrap();
        assert_eq!(blobs.size(&sha256).await.unwrap(), 5, "the other one waits still");
        one.keep().await.unwrap();
        assert!(blobs.waiting().await.unwrap().is_empty());
        assert_eq!(blobs.read(&sha256, 0, 9).await.unwrap(), b"hello");

        // A content that is there already is none of the one who is refused.
        sent(&blobs, "hello", "main~r3").await.forget().await.unwrap();
        assert_eq!(blobs.size(&sha256).await.unwrap(), 5);
        let other = sent(&blobs, "goodbye", "main~r3").await;
        let sha256 = other.sha256().to_owned();
        other.forget().await.unwrap();
        assert!(matches!(blobs.size(&sha256).await, Err(Error::UnknownBlob(_))));
    }

    #[tokio::test]
    async fn what_it_is_for_never_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).await.unwrap();
        for wanted_by in ["../a", "a/b", "a\0", &"a".repeat(151)] {
            let mut writer = blobs.create("text/plain", 100).await.unwrap();
            writer.write(b"hello").await.unwrap();
            assert!(matches!(writer.wait(wanted_by).await, Err(Error::Blob(_))), "{wanted_by}");
        }
        assert!(blobs.waiting().await.unwrap().is_empty());
    }
}
