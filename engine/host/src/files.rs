//! Which files an effect has made.
//!
//! The content of a file is a blob, found by its hash. Here stands, for every once-key, which files
//! it has and what they are called, so that a repeated execution finds the file instead of making
//! another:
//!
//! ```text
//! <folder>/<sha256 of the once-key>.json      [{"id": …, "name": …, "sha256": …, …}]
//! ```

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::{fs, io::AsyncWriteExt as _, sync::Mutex};

use crate::turns::Turns;

/// A file that an effect made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// The host's name for it: the SHA-256 of its content.
    pub id: String,
    /// What people see.
    pub name: String,
    /// Such as `text/csv`.
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// Of the content, in hexadecimal.
    pub sha256: String,
    /// Where the host wrote the rows.
    pub rows: Option<u64>,
}

/// The files of all effects.
#[derive(Debug)]
pub(crate) struct Files {
    folder: PathBuf,
    /// One writer at a time for each key.
    writers: Turns<PathBuf, Mutex<()>>,
    /// One at a time takes files away: two could each leave a content to the other.
    pub(crate) taking_away: Mutex<()>,
}

impl Files {
    /// Opens the folder, making it where it is missing.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub(crate) fn open(folder: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, writers: Turns::default(), taking_away: Mutex::default() })
    }

    /// The files of a key, by name.
    ///
    /// # Errors
    /// Where the list cannot be read.
    pub(crate) async fn find(&self, once_key: &str) -> io::Result<Vec<FileRecord>> {
        match fs::read(self.path(once_key)).await {
            Ok(text) => Ok(serde_json::from_slice(&text)?),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Adds a file to a key; where the key has one of this name, that one stays and is the answer.
    ///
    /// # Errors
    /// Where the list cannot be read or written.
    pub(crate) async fn add(&self, once_key: &str, file: FileRecord) -> io::Result<FileRecord> {
        let path = self.path(once_key);
        let writer = self.writers.of(path.clone());
        let _writing = writer.lock().await;
        let mut files = self.find(once_key).await?;
        match files.binary_search_by(|found| found.name.as_str().cmp(&file.name)) {
            Ok(place) => files.into_iter().nth(place).ok_or_else(|| io::Error::other("no file")),
            Err(place) => {
                files.insert(place, file.clone());
                replace(&path, &serde_json::to_vec(&files)?).await?;
                Ok(file)
            }
        }
    }

    /// Whether another key has a file with this content.
    ///
    /// # Errors
    /// Where a list cannot be read.
    pub(crate) async fn is_needed_beside(&self, once_key: &str, sha256: &str) -> io::Result<bool> {
        let own = self.path(once_key);
        let mut folder = fs::read_dir(&self.folder).await?;
        while let Some(entry) = folder.next_entry().await? {
            let path = entry.path();
            if path == own || path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let files: Vec<FileRecord> = match fs::read(&path).await {
                Ok(text) => serde_json::from_slice(&text)?,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            if files.iter().any(|file| file.sha256 == sha256) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Forgets the files of a key; they may be forgotten already.
    ///
    /// # Errors
    /// Where the list cannot be removed.
    pub(crate) async fn forget(&self, once_key: &str) -> io::Result<()> {
        match fs::remove_file(self.path(once_key)).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn path(&self, once_key: &str) -> PathBuf {
        self.folder.join(format!("{}.json", hex::encode(Sha256::digest(once_key.as_bytes()))))
    }
}

/// Puts a text in a file's place at once, on the disk before the answer.
pub(crate) async fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("draft");
    let mut file = fs::File::create(&draft).await?;
    file.write_all(text).await?;
    file.sync_all().await?;
    fs::rename(&draft, path).await?;
    match path.parent() {
        Some(folder) => fs::File::open(folder).await?.sync_all().await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, sha256: &str) -> FileRecord {
        FileRecord {
            id: sha256.into(),
            name: name.into(),
            media_type: "text/csv".into(),
            size: 3,
            sha256: sha256.into(),
            rows: Some(1),
        }
    }

    #[tokio::test]
    async fn a_name_belongs_to_the_first_file_of_a_key() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path().join("files")).unwrap();
        assert_eq!(files.find("k1").await.unwrap(), []);
        for (name, sha256, kept) in [("b.csv", "1", "1"), ("a.csv", "2", "2"), ("b.csv", "3", "1")]
        {
            let added = files.add("k1", file(name, sha256)).await.unwrap();
            assert_eq!(added.sha256, kept);
        }
        let names: Vec<_> = files.find("k1").await.unwrap().into_iter().map(|f| f.name).collect();
        assert_eq!(names, ["a.csv", "b.csv"]);
        assert_eq!(files.find("../k1").await.unwrap(), []);
        let again = Files::open(folder.path().join("files")).unwrap();
        assert_eq!(again.find("k1").await.unwrap().len(), 2);
        assert!(!again.is_needed_beside("k1", "1").await.unwrap());
        assert!(again.is_needed_beside("k2", "1").await.unwrap());
        again.forget("k1").await.unwrap();
        again.forget("k1").await.unwrap();
        assert_eq!(again.find("k1").await.unwrap(), []);
        assert!(!again.is_needed_beside("k2", "1").await.unwrap());
    }
}
