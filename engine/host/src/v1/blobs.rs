//! The interface `blobs`: files that an execution makes. A file belongs to the key of the effect, so
//! that a repetition finds it.

use engine_connect::{BlobRef, Pin};
use wasmtime::component::Resource;

use super::{
    bindings::{
        condition::countersign::plugin::types as wit, executor::countersign::plugin::blobs,
    },
    refused::{Refused, told},
};
use crate::{
    component::manifest::Capability,
    files::FileRecord,
    outside::Draft,
    state::{State, Task},
};

const MAX_NAME: usize = 200;
const WHAT: &str = "blobs";

/// A file being written; dropped unfinished, it leaves nothing.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Writer {
    name: String,
    once_key: String,
    draft: Option<Draft>,
}

type Answer<T> = wasmtime::Result<Result<T, wit::HostError>>;

impl State {
    /// Whether a file may be made, of this name and under this key.
    pub(super) fn may_make_file(&mut self, name: &str, key: &str) -> Result<(), wit::HostError> {
        self.allowed(Capability::Blobs, None)?;
        self.may_change(WHAT, key)?;
        if matches!(self.task, Task::Revert { .. }) {
            // Nobody would know of it, and nothing would end it (EXE-7).
            return Err(self.denied(WHAT, name, "files are made by `execute`"));
        }
        let plain = !name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\' | ':'));
        if plain && (1..=MAX_NAME).contains(&name.len()) && !name.starts_with('.') {
            return Ok(());
        }
        Err(super::request::invalid(format!(
            "`{}` is not a plain file name of at most {MAX_NAME} bytes",
            super::values::shown(name)
        )))
    }

    /// The bytes that this call may still write.
    pub(super) fn blob_room(&self) -> u64 {
        self.limits.blob_bytes.saturating_sub(self.blob_bytes)
    }

    /// A file of this name that the key has already.
    pub(super) async fn earlier_file(
        &mut self,
        name: &str,
        key: &str,
    ) -> Result<Option<FileRecord>, Refused> {
        let found = self.files_of(key).await?;
        Ok(found.into_iter().find(|file| file.name == name))
    }

    async fn files_of(&mut self, key: &str) -> Result<Vec<FileRecord>, Refused> {
        Ok(self.outside.files(key).await?.map_err(|fault| self.faulty(WHAT, fault))?)
    }

    /// Puts a finished file to its key; then nothing need keep its content any more but that.
    pub(super) async fn keep_file(
        &mut self,
        key: &str,
        file: FileRecord,
        pin: Option<Pin>,
    ) -> Result<blobs::File, Refused> {
        self.blob_bytes = self.blob_bytes.saturating_add(file.size);
        let kept = self.outside.keep(key, file, pin).await?;
        let kept = kept.map_err(|fault| self.faulty(WHAT, fault))?;
        self.may_have_changed = true;
        Ok(to_wit(kept))
    }

    async fn write_to(&mut self, writer: &Resource<Writer>, bytes: &[u8]) -> Result<(), Refused> {
        let room = self.blob_room();
        if bytes.len() as u64 > room {
            return Err(limit(self.limits.blob_bytes).into());
        }
        self.blob_bytes = self.blob_bytes.saturating_add(bytes.len() as u64);
        let draft = self.table.get_mut(writer)?.draft.as_mut().ok_or_else(finished)?;
        let written = draft.write(&mut self.outside, bytes).await?;
        Ok(written.map_err(|fault| self.faulty(WHAT, fault))?)
    }

    async fn finish_file(&mut self, writer: &Resource<Writer>) -> Result<blobs::File, Refused> {
        let writer = self.table.get_mut(writer)?;
        let (name, key) = (writer.name.clone(), writer.once_key.clone());
        let draft = writer.draft.take().ok_or_else(finished)?;
        let made = draft.finish(&mut self.outside).await?;
        let (blob, pin) = made.map_err(|fault| self.faulty(WHAT, fault))?;
        // The bytes were counted when they were written.
        self.blob_bytes = self.blob_bytes.saturating_sub(blob.size);
        self.keep_file(&key, record(name, blob, None), pin).await
    }

    async fn start_file(
        &mut self,
        name: String,
        media_type: &str,
        once_key: String,
    ) -> Result<Resource<Writer>, Refused> {
        self.may_make_file(&name, &once_key)?;
        let room = self.blob_room();
        let begun = self.outside.create((&name, media_type), &once_key, room).await?;
        let draft = begun.map_err(|fault| self.faulty(WHAT, fault))?;
        Ok(self.table.push(Writer { name, once_key, draft: Some(draft) })?)
    }

    async fn find_files(&mut self, once_key: &str) -> Result<Vec<blobs::File>, Refused> {
        self.allowed(Capability::Blobs, None)?;
        self.may_look_for(WHAT, once_key)?;
        Ok(self.files_of(once_key).await?.into_iter().map(to_wit).collect())
    }
}

impl blobs::HostWriter for State {
    async fn write(&mut self, writer: Resource<Writer>, bytes: Vec<u8>) -> Answer<()> {
        self.enter()?;
        told(self.write_to(&writer, &bytes).await)
    }

    async fn finish(&mut self, writer: Resource<Writer>) -> Answer<blobs::File> {
        self.enter()?;
        told(self.finish_file(&writer).await)
    }

    async fn drop(&mut self, writer: Resource<Writer>) -> wasmtime::Result<()> {
        self.table.delete(writer)?;
        Ok(())
    }
}

impl blobs::Host for State {
    async fn create(
        &mut self,
        name: String,
        media_type: String,
        once_key: String,
    ) -> Answer<Resource<Writer>> {
        self.enter()?;
        told(self.start_file(name, &media_type, once_key).await)
    }

    async fn find(&mut self, once_key: String) -> Answer<Vec<blobs::File>> {
        self.enter()?;
        told(self.find_files(&once_key).await)
    }
}

/// What is noted of a finished file.
pub(super) fn record(name: String, blob: BlobRef, rows: Option<u64>) -> FileRecord {
    FileRecord {
        id: blob.sha256.clone(),
        name,
        media_type: blob.media_type,
        size: blob.size,
        sha256: blob.sha256,
        rows,
    }
}

/// A file, for the component.
pub(super) fn to_wit(file: FileRecord) -> blobs::File {
    blobs::File {
        id: file.id,
        name: file.name,
        media_type: file.media_type,
        size: file.size,
        sha256: file.sha256,
        rows: file.rows,
    }
}

fn limit(most: u64) -> wit::HostError {
    wit::HostError {
        kind: wit::ErrorKind::Limit,
        message: format!("the files of one call have at most {most} bytes"),
        code: None,
    }
}

fn finished() -> wit::HostError {
    super::request::invalid("the file is finished".to_owned())
}
