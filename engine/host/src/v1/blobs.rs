//! The interface `blobs`: files that an execution makes. A file belongs to the key of the effect, so
//! that a repetition finds it.

use engine_connect::blob::{BlobWriter, Pin};
use wasmtime::component::Resource;

use super::bindings::{
    condition::countersign::plugin::types as wit, executor::countersign::plugin::blobs,
};
use crate::{
    component::manifest::Capability,
    files::FileRecord,
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
    blob: Option<BlobWriter>,
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
    ) -> Result<Option<FileRecord>, wit::HostError> {
        let found = self.services.files.find(key).await.map_err(|error| away(&error))?;
        Ok(found.into_iter().find(|file| file.name == name))
    }

    /// Puts a finished file to its key; then nothing need keep its content any more but that.
    pub(super) async fn keep_file(
        &mut self,
        key: &str,
        file: FileRecord,
        pin: Pin,
    ) -> Result<blobs::File, wit::HostError> {
        self.blob_bytes = self.blob_bytes.saturating_add(file.size);
        let kept = self.services.files.add(key, file).await.map_err(|error| away(&error))?;
        drop(pin);
        self.may_have_changed = true;
        Ok(to_wit(kept))
    }
}

impl blobs::HostWriter for State {
    async fn write(&mut self, writer: Resource<Writer>, bytes: Vec<u8>) -> Answer<()> {
        self.enter()?;
        let room = self.blob_room();
        if bytes.len() as u64 > room {
            return Ok(Err(limit(self.limits.blob_bytes)));
        }
        self.blob_bytes = self.blob_bytes.saturating_add(bytes.len() as u64);
        let Some(blob) = &mut self.table.get_mut(&writer)?.blob else {
            return Ok(Err(finished()));
        };
        let written = blob.write(&bytes).await;
        Ok(written.map_err(|error| self.connection_error(WHAT, &error)))
    }

    async fn finish(&mut self, writer: Resource<Writer>) -> Answer<blobs::File> {
        self.enter()?;
        let writer = self.table.get_mut(&writer)?;
        let (name, key) = (writer.name.clone(), writer.once_key.clone());
        let Some(blob) = writer.blob.take() else { return Ok(Err(finished())) };
        let (blob, pin) = match blob.finish().await {
            Ok(finished) => finished,
            Err(error) => return Ok(Err(self.connection_error(WHAT, &error))),
        };
        let file = FileRecord {
            id: blob.sha256.clone(),
            name,
            media_type: blob.media_type,
            size: blob.size,
            sha256: blob.sha256,
            rows: None,
        };
        // The bytes were counted when they were written.
        self.blob_bytes = self.blob_bytes.saturating_sub(file.size);
        Ok(self.keep_file(&key, file, pin).await)
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
        if let Err(error) = self.may_make_file(&name, &once_key) {
            return Ok(Err(error));
        }
        let room = self.blob_room();
        match self.services.blobs.create(&media_type, room).await {
            Ok(blob) => Ok(Ok(self.table.push(Writer { name, once_key, blob: Some(blob) })?)),
            Err(error) => Ok(Err(self.connection_error(WHAT, &error))),
        }
    }

    async fn find(&mut self, once_key: String) -> Answer<Vec<blobs::File>> {
        self.enter()?;
        if let Err(error) =
            self.allowed(Capability::Blobs, None).and_then(|_| self.may_look_for(WHAT, &once_key))
        {
            return Ok(Err(error));
        }
        let found = self.services.files.find(&once_key).await;
        Ok(found.map(|files| files.into_iter().map(to_wit).collect()).map_err(|e| away(&e)))
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

fn away(error: &std::io::Error) -> wit::HostError {
    wit::HostError {
        kind: wit::ErrorKind::Unavailable,
        message: format!("cannot keep the file: {error}"),
        code: None,
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
