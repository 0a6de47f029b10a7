//! What executions remember of their steps.
//!
//! ```text
//! <folder>/<sha256 of the once-key>.json      {"charge": "begun", "mail": {"done": "<hexadecimal>"}}
//! ```

use std::{
    collections::BTreeMap,
    io::{self, ErrorKind},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::fs;

use crate::files::replace;

/// The most steps of one execution.
pub(crate) const MAX_STEPS: usize = 1_000;

/// How far a step came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Progress {
    /// Somebody began it.
    Begun,
    /// It is done, with what was noted, in hexadecimal.
    Done(String),
}

/// What came of noting something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Noted {
    /// It is on the disk.
    Yes,
    /// It stands there already.
    Already(Progress),
    /// The step was never begun.
    NotBegun,
    /// There are too many.
    TooMany,
}

/// The steps of all executions.
#[derive(Debug)]
pub(crate) struct Steps {
    folder: PathBuf,
    /// Steps are few and short: one writer for all of them.
    writing: tokio::sync::Mutex<()>,
}

type All = BTreeMap<String, Progress>;

impl Steps {
    /// Opens the folder, making it where it is missing.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub(crate) fn open(folder: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, writing: tokio::sync::Mutex::default() })
    }

    /// How far a step came.
    ///
    /// # Errors
    /// Where that cannot be read.
    pub(crate) async fn look(&self, once_key: &str, name: &str) -> io::Result<Option<Progress>> {
        Ok(self.all(once_key).await?.remove(name))
    }

    /// Notes that a step begins.
    ///
    /// # Errors
    /// Where that cannot be read or written.
    pub(crate) async fn begin(&self, once_key: &str, name: &str) -> io::Result<Noted> {
        let _writing = self.writing.lock().await;
        let mut all = self.all(once_key).await?;
        if let Some(earlier) = all.get(name) {
            return Ok(Noted::Already(earlier.clone()));
        }
        if all.len() >= MAX_STEPS {
            return Ok(Noted::TooMany);
        }
        all.insert(name.to_owned(), Progress::Begun);
        self.write(once_key, &all).await
    }

    /// Notes that a step is done.
    ///
    /// # Errors
    /// Where that cannot be read or written.
    pub(crate) async fn finish(
        &self,
        once_key: &str,
        name: &str,
        answer: &[u8],
    ) -> io::Result<Noted> {
        let _writing = self.writing.lock().await;
        let mut all = self.all(once_key).await?;
        match all.get_mut(name) {
            None => Ok(Noted::NotBegun),
            Some(Progress::Done(earlier)) => Ok(Noted::Already(Progress::Done(earlier.clone()))),
            Some(progress @ Progress::Begun) => {
                *progress = Progress::Done(hex::encode(answer));
                self.write(once_key, &all).await
            }
        }
    }

    async fn all(&self, once_key: &str) -> io::Result<All> {
        match fs::read(self.path(once_key)).await {
            Ok(text) => Ok(serde_json::from_slice(&text)?),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(All::new()),
            Err(error) => Err(error),
        }
    }

    async fn write(&self, once_key: &str, all: &All) -> io::Result<Noted> {
        replace(&self.path(once_key), &serde_json::to_vec(all)?).await?;
        Ok(Noted::Yes)
    }

    fn path(&self, once_key: &str) -> PathBuf {
        self.folder.join(format!("{}.json", hex::encode(Sha256::digest(once_key.as_bytes()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_step_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Steps::open(folder.path().join("steps")).unwrap();
        let steps = open();
        let done = || Progress::Done(hex::encode("c-1"));
        assert_eq!(steps.look("k", "charge").await.unwrap(), None);
        assert_eq!(steps.finish("k", "charge", b"c-1").await.unwrap(), Noted::NotBegun);
        assert_eq!(steps.begin("k", "charge").await.unwrap(), Noted::Yes);
        let again = Noted::Already(Progress::Begun);
        assert_eq!(open().begin("k", "charge").await.unwrap(), again);
        assert_eq!(steps.finish("k", "charge", b"c-1").await.unwrap(), Noted::Yes);
        let steps = open();
        assert_eq!(steps.begin("k", "charge").await.unwrap(), Noted::Already(done()));
        assert_eq!(steps.finish("k", "charge", b"c-2").await.unwrap(), Noted::Already(done()));
        assert_eq!(steps.look("k", "charge").await.unwrap(), Some(done()));
        assert_eq!(steps.look("other", "charge").await.unwrap(), None);
    }

    #[tokio::test]
    async fn steps_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let steps = Steps::open(folder.path().to_owned()).unwrap();
        let many: All = (0..MAX_STEPS).map(|step| (format!("s{step}"), Progress::Begun)).collect();
        steps.write("k", &many).await.unwrap();
        assert_eq!(steps.begin("k", "more").await.unwrap(), Noted::TooMany);
        assert_eq!(steps.begin("k", "s1").await.unwrap(), Noted::Already(Progress::Begun));
    }
}
