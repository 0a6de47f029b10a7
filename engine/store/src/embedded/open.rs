//! The files of a data folder, and what can be wrong with them.
//!
//! ```text
//! lock          held by the process that uses the folder
//! store.redb    everything
//! reserve       room for the commits that find the disk full
//! ```

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use redb::{
    Builder, Database, DatabaseError, Durability, ReadableDatabase, StorageBackend, StorageError,
    TableHandle,
    backends::{FileBackend, InMemoryBackend},
};

use super::{ABOUT, EmbeddedStore, Options, RECORDS, Room, room::Roomy};
use crate::{error::OpenError, layout::DATA_VERSION};

const LOCK: &str = "lock";
const STORE: &str = "store.redb";
/// A store that is being made; it gets its name when it is whole.
const UNFINISHED: &str = "store.redb.new";
const RESERVE: &str = "reserve";

/// In [`ABOUT`]: [`DATA_VERSION`].
const VERSION: &str = "data_version";
/// How a file of redb begins.
const MAGIC: [u8; 9] = *b"redb\x1A\x0A\xA9\x0D\x0A";

/// What is wrong with a file, whatever its name.
#[derive(Debug)]
enum Wrong {
    InUse,
    NotAStore,
    OtherVersion(u64),
    Damaged(String),
    Io(io::Error),
}

pub(super) fn folder(folder: &Path, options: &Options) -> Result<EmbeddedStore, OpenError> {
    fs::create_dir_all(folder).map_err(|source| at(folder, source))?;
    let lock = lock(folder)?;
    let file = folder.join(STORE);
    let wrong = |wrong: Wrong| wrong.with(folder, &file);
    if !file.try_exists().map_err(|source| at(&file, source))? {
        make(folder, options).map_err(wrong)?;
    }
    check_magic(&file).map_err(wrong)?;
    let room = reserve(folder, options).map(Arc::new)?;
    let backend = || -> Result<_, Wrong> {
        let file = FileBackend::new(read_write(&file, false)?)?;
        Ok(Roomy { file, room: room.clone() })
    };
    let database = backend().and_then(|backend| database(backend, options)).map_err(wrong)?;
    EmbeddedStore::start(database, room, Some(lock), options).map_err(|source| at(folder, source))
}

pub(super) fn memory(options: &Options) -> Result<EmbeddedStore, OpenError> {
    on(InMemoryBackend::new(), Room::endless(), options)
}

/// A store on anything that keeps bytes.
pub(super) fn on(
    file: impl StorageBackend,
    room: Room,
    options: &Options,
) -> Result<EmbeddedStore, OpenError> {
    let nowhere = Path::new("memory");
    let room = Arc::new(room);
    let database = database(Roomy { file, room: room.clone() }, options)
        .map_err(|wrong| wrong.with(nowhere, nowhere))?;
    EmbeddedStore::start(database, room, None, options).map_err(|source| at(nowhere, source))
}

fn at(path: &Path, source: io::Error) -> OpenError {
    OpenError::Io { path: path.to_owned(), source }
}

fn read_write(path: &Path, create: bool) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(create).truncate(false).open(path)
}

/// The lock on the folder; it lasts as long as the file is open.
fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join(LOCK);
    let file = read_write(&path, true).map_err(|source| at(&path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { folder: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(at(&path, source)),
    }
}

fn reserve(folder: &Path, options: &Options) -> Result<Room, OpenError> {
    let path = folder.join(RESERVE);
    let file = read_write(&path, true).map_err(|source| at(&path, source))?;
    let file = FileBackend::new(file).map_err(|error| Wrong::from(error).with(folder, &path))?;
    Ok(Room::kept_in(Box::new(file), options.reserve, options.retry))
}

/// Makes an empty store under another name and then gives it its own, so that one that was cut
/// short is never taken for a whole one.
fn make(folder: &Path, options: &Options) -> Result<(), Wrong> {
    let unfinished: PathBuf = folder.join(UNFINISHED);
    if unfinished.try_exists()? {
        fs::remove_file(&unfinished)?;
    }
    let file = FileBackend::new(read_write(&unfinished, true)?)?;
    database(file, options)?.close()?;
    File::open(&unfinished)?.sync_all()?;
    fs::rename(&unfinished, folder.join(STORE))?;
    File::open(folder)?.sync_all()?;
    Ok(())
}

fn check_magic(path: &Path) -> Result<(), Wrong> {
    let mut start = Vec::new();
    File::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut start)?;
    if start == MAGIC { Ok(()) } else { Err(Wrong::NotAStore) }
}

/// Opens redb, and makes sure that what is in it is a store of this version.
fn database(backend: impl StorageBackend, options: &Options) -> Result<Database, Wrong> {
    let mut builder = Builder::new();
    builder.set_cache_size(options.cache);
    builder.set_repair_callback(|session| {
        tracing::info!(progress = session.progress(), "checking the store after a crash");
    });
    let database = builder.create_with_backend(backend)?;
    match version(&database).map_err(Wrong::from_any)? {
        Version::Empty => initialize(&database).map_err(Wrong::from_any)?,
        Version::Ours(DATA_VERSION) => {}
        Version::Ours(other) => return Err(Wrong::OtherVersion(other)),
        Version::Unknown => return Err(Wrong::NotAStore),
    }
    Ok(database)
}

enum Version {
    Empty,
    Unknown,
    Ours(u64),
}

fn version(database: &Database) -> Result<Version, redb::Error> {
    let snapshot = database.begin_read()?;
    let tables: Vec<String> =
        snapshot.list_tables()?.map(|table| table.name().to_owned()).collect();
    if tables.is_empty() && snapshot.list_multimap_tables()?.next().is_none() {
        return Ok(Version::Empty);
    }
    if !tables.iter().any(|name| name == ABOUT.name()) {
        return Ok(Version::Unknown);
    }
    let found = snapshot.open_table(ABOUT)?.get(VERSION)?.map(|version| version.value());
    Ok(found.map_or(Version::Unknown, Version::Ours))
}

fn initialize(database: &Database) -> Result<(), redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    transaction.set_two_phase_commit(true);
    transaction.open_table(RECORDS)?;
    transaction.open_table(ABOUT)?.insert(VERSION, DATA_VERSION)?;
    transaction.commit()?;
    Ok(())
}

impl Wrong {
    fn from_any(error: redb::Error) -> Self {
        match error {
            redb::Error::Io(error) => Self::Io(error),
            redb::Error::TableTypeMismatch { .. } | redb::Error::TableIsMultimap(_) => {
                Self::NotAStore
            }
            other => Self::Damaged(other.to_string()),
        }
    }

    fn with(self, folder: &Path, file: &Path) -> OpenError {
        let (folder, file) = (folder.to_owned(), file.to_owned());
        match self {
            Self::InUse => OpenError::InUse { folder },
            Self::NotAStore => OpenError::NotAStore { file },
            Self::OtherVersion(found) => {
                OpenError::OtherVersion { file, found, expected: DATA_VERSION }
            }
            Self::Damaged(reason) => OpenError::Damaged { file, reason },
            Self::Io(source) => OpenError::Io { path: file, source },
        }
    }
}

impl From<io::Error> for Wrong {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<DatabaseError> for Wrong {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => Self::InUse,
            DatabaseError::Storage(StorageError::Io(error)) => Self::Io(error),
            other => Self::Damaged(other.to_string()),
        }
    }
}
