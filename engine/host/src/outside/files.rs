//! Files that effects make.

use std::io;

use engine_connect::{BlobRef, Cell, Pin, blob::BlobWriter};

use super::{Exchanged, Fault, FaultKind, Live, Outside, journal::Bytes, told};
use crate::files::FileRecord;

/// A file being written; dropped unfinished, it leaves nothing.
#[derive(Debug)]
pub(crate) struct Draft {
    number: u32,
    blob: Live<BlobWriter>,
}

/// A query whose answer goes to a file.
#[derive(Clone, Copy)]
pub(crate) struct Export<'a> {
    pub(crate) text: &'a str,
    pub(crate) parameters: &'a [Cell],
    pub(crate) media_type: &'a str,
    pub(crate) name: &'a str,
    pub(crate) max_rows: u64,
    pub(crate) max_bytes: u64,
}

impl Outside {
    /// The files of a key.
    pub(crate) async fn files(&mut self, key: &str) -> Exchanged<Vec<FileRecord>> {
        let files = &self.services.files;
        let real = async { files.find(key).await.map_err(away).map(|found| (found, ())) };
        told(self.journal.ask(("blobs.find", ""), &key, real).await)
    }

    /// Puts a finished file to its key, which has its content from now on.
    pub(crate) async fn keep(
        &mut self,
        key: &str,
        file: FileRecord,
        pin: Option<Pin>,
    ) -> Exchanged<FileRecord> {
        let (files, with) = (&self.services.files, (key, file.clone()));
        let name = file.name.clone();
        let real = async { files.add(key, file).await.map_err(away).map(|kept| (kept, ())) };
        let kept = told(self.journal.ask(("blobs.keep", &name), &with, real).await);
        drop(pin);
        kept
    }

    /// Starts a file of at most so many bytes.
    pub(crate) async fn create(
        &mut self,
        (name, media_type): (&str, &str),
        key: &str,
        max_bytes: u64,
    ) -> Exchanged<Draft> {
        let blobs = &self.services.blobs;
        let real = async { Ok(((), blobs.create(media_type, max_bytes).await?)) };
        let with = (name, media_type, key);
        let begun = self.journal.ask(("blobs.create", name), &with, real).await?;
        Ok(begun.map(|((), blob)| Draft { number: self.number(), blob: Live(blob) }))
    }
}

impl Draft {
    /// Writes on.
    pub(crate) async fn write(&mut self, outside: &mut Outside, bytes: &[u8]) -> Exchanged<()> {
        let blob = &mut self.blob;
        let real = async { Ok((blob.get()?.write(bytes).await?, ())) };
        told(outside.journal.ask(("writer.write", ""), &(self.number, Bytes(bytes)), real).await)
    }

    /// Ends the file: its content is there, as long as it is pinned or belongs to somebody.
    pub(crate) async fn finish(self, outside: &mut Outside) -> Exchanged<(BlobRef, Option<Pin>)> {
        let Self { number, blob } = self;
        let real = async { Ok(blob.take()?.finish().await?) };
        outside.journal.ask(("writer.finish", ""), &number, real).await
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn away(error: io::Error) -> Fault {
    Fault::new(FaultKind::Unavailable, format!("cannot keep the file: {error}"))
}
