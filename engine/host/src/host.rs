//! The one handle to everything that extensions are.

use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use engine_connect::{Blobs, Connections, Http, Secret, WaitingBlob, blob::BlobWriter};
use engine_core::{
    extension::{Nominee, Problem, Verdict},
    ids::ResourceId,
};
use serde::Deserialize;

use crate::{
    call::{Answer, Call},
    component::{Cache, Compiler, LoadError, Loader, Plugin, Stage, Weight, weigh},
    files::{FileRecord, Files},
    guests::Guests,
    limits::HostLimits,
    machine,
    script::{Script, ScriptError, ScriptFindings, ScriptRole, ScriptTypes, Scripts},
    steps::Steps,
    turns::Turns,
};

/// How much of a file is read at once, in bytes.
const FILE_CHUNK: u64 = 256 << 10;

/// What a host is made of.
#[derive(Debug)]
pub struct HostOptions {
    /// A folder of its own below the data folder: compiled components, lists of files.
    pub folder: PathBuf,
    /// Where compiled components are kept; in that folder where nothing is said. Whoever can write there
    /// can have the host run anything.
    pub compiled: Option<PathBuf>,
    /// The defaults of limits, and the size of the pool.
    pub limits: HostLimits,
    /// The operator's connections.
    pub connections: Connections,
    /// Where files go.
    pub blobs: Blobs,
    /// What calls other systems.
    pub http: Http,
    /// The operator's secrets, by name.
    pub secrets: BTreeMap<String, Secret>,
    /// The operator's look-ups, by connection and name.
    pub lookups: BTreeMap<ResourceId, BTreeMap<String, Lookup>>,
}

/// A statement that the operator wrote, for extensions to ask with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// One query.
    pub statement: String,
    /// More rows are an error.
    pub max_rows: u32,
}

/// Why there is no host.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be read or written.
    #[error("cannot use the folder `{folder}` of the plugin host")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The machine that runs components does not start.
    #[error("cannot start the machine that runs plugins: {0}")]
    Machine(String),
}

/// What calls reach of the world outside.
pub(crate) struct Services {
    pub(crate) connections: Connections,
    pub(crate) blobs: Blobs,
    pub(crate) files: Files,
    pub(crate) steps: Steps,
    pub(crate) http: Http,
    pub(crate) secrets: BTreeMap<String, Secret>,
    pub(crate) lookups: BTreeMap<ResourceId, BTreeMap<String, Lookup>>,
}

/// The plugin host. Cheap to clone.
///
/// Questions ([`condition`](Self::condition), [`approvers`](Self::approvers) and the scripts') run
/// on the calling thread and may take as long as their deadline: call them where blocking is
/// allowed. Effects are async.
#[derive(Clone)]
pub struct Host {
    pub(crate) inner: Arc<Inner>,
    pub(crate) services: Arc<Services>,
}

pub(crate) struct Inner {
    light: Guests,
    heavy: Guests,
    cache: Cache,
    compiling: Mutex<()>,
    /// By digest.
    turns: Turns<String, Mutex<()>>,
    compiler: OnceLock<Compiler>,
    scripts: Scripts,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("scripts", &self.inner.scripts).finish_non_exhaustive()
    }
}

impl Host {
    /// Starts the machine and opens its folder.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(options: HostOptions) -> Result<Self, OpenError> {
        let machine = |error: wasmtime::Error| OpenError::Machine(format!("{error:#}"));
        let folder = options.folder;
        let broken = |source| OpenError::Folder { folder: folder.clone(), source };
        let compiled = options.compiled.unwrap_or_else(|| folder.join("compiled"));
        let broken_cache = |source| OpenError::Folder { folder: compiled.clone(), source };
        let cache = Cache::open(&compiled).map_err(broken_cache)?;
        let services = Services {
            connections: options.connections,
            blobs: options.blobs,
            files: Files::open(folder.join("files")).map_err(broken)?,
            steps: Steps::open(folder.join("steps")).map_err(broken)?,
            http: options.http,
            secrets: options.secrets,
            lookups: options.lookups,
        };
        let limits = options.limits;
        let (light, heavy) = machine::start(&limits).map_err(machine)?;
        let guests = |weight, engine| Guests::new(weight, engine, &limits).map_err(machine);
        Ok(Self {
            inner: Arc::new(Inner {
                light: guests(Weight::Light, light)?,
                heavy: guests(Weight::Heavy, heavy)?,
                cache,
                compiling: Mutex::default(),
                turns: Turns::default(),
                compiler: OnceLock::new(),
                scripts: Scripts::new(limits.script),
            }),
            services: Arc::new(services),
        })
    }

    /// The same machine and what it has compiled, with nothing of the operator's within reach: files and
    /// steps in a folder of its own, no connection, no secret, no look-up.
    ///
    /// # Errors
    /// [`OpenError::Folder`].
    pub fn apart(&self, folder: &Path, blobs: Blobs) -> Result<Self, OpenError> {
        let broken = |source| OpenError::Folder { folder: folder.to_owned(), source };
        let services = Services {
            connections: Connections::default(),
            blobs,
            files: Files::open(folder.join("files")).map_err(broken)?,
            steps: Steps::open(folder.join("steps")).map_err(broken)?,
            http: Http::default(),
            secrets: BTreeMap::new(),
            lookups: BTreeMap::new(),
        };
        Ok(Self { inner: Arc::clone(&self.inner), services: Arc::new(services) })
    }

    /// From now on, has interpreters compiled in a process of its own; the first compiler that is named
    /// stays.
    pub fn compile_apart(&self, compiler: Compiler) {
        let _ = self.inner.compiler.set(compiler);
    }

    /// Makes a plugin of a component file. Compiling takes up to seconds the first time: call it
    /// where blocking is allowed. An interpreter is compiled on one core, one at a time, while everything
    /// else goes on.
    ///
    /// # Errors
    /// [`LoadError`]; nothing of the file is kept then.
    pub fn load(&self, file: &[u8]) -> Result<Plugin, LoadError> {
        self.load_and_tell(file, &|_| {})
    }

    /// [`load`](Self::load), which tells how far it is.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load_and_tell(
        &self,
        file: &[u8],
        tell: &(dyn Fn(Stage) + Sync),
    ) -> Result<Plugin, LoadError> {
        let weight = weigh(file);
        let guests = self.guests(weight);
        let loader = Loader {
            tell,
            weight,
            engine: &guests.engine,
            cache: &self.inner.cache,
            compiling: &self.inner.compiling,
            turns: &self.inner.turns,
            compiler: self.inner.compiler.get(),
            questions: &guests.questions,
            effects: &guests.effects,
            notices: &guests.notices,
        };
        let plugin = loader.load(file)?;
        tell(Stage::Starting);
        let _turn = match weight {
            Weight::Light => None,
            Weight::Heavy => Some(guests.trial.lock().unwrap_or_else(PoisonError::into_inner)),
        };
        self.try_out(&plugin).map_err(LoadError::Start)?;
        Ok(plugin)
    }

    /// Those of a weight.
    pub(crate) fn guests(&self, weight: Weight) -> &Guests {
        match weight {
            Weight::Light => &self.inner.light,
            Weight::Heavy => &self.inner.heavy,
        }
    }

    /// Compiles a script, or finds it compiled.
    ///
    /// # Errors
    /// [`ScriptError`] with line and column.
    pub fn compile_script(&self, text: &str) -> Result<Script, ScriptError> {
        self.inner.scripts.compile(text)
    }

    /// What can be said about a script without running it: functions that there are not, comparisons that
    /// never hold for the types that are known, ends that are no answer.
    #[must_use]
    pub fn check_script(
        &self,
        script: &Script,
        role: Option<ScriptRole>,
        known: &ScriptTypes,
    ) -> ScriptFindings {
        self.inner.scripts.check(script, role, known)
    }

    /// Asks a script whether a condition holds (CND-3).
    #[must_use]
    pub fn script_condition(&self, script: &Script, call: &Call) -> Answer<Verdict> {
        self.inner.scripts.condition(script, call)
    }

    /// Asks a script who approves (STP-2).
    #[must_use]
    pub fn script_approvers(&self, script: &Script, call: &Call) -> Answer<Vec<Nominee>> {
        self.inner.scripts.approvers(script, call)
    }

    /// Asks a script what is wrong with a request.
    #[must_use]
    pub fn script_validator(&self, script: &Script, call: &Call) -> Answer<Vec<Problem>> {
        self.inner.scripts.validator(script, call)
    }

    /// The files that an effect has made, by name.
    ///
    /// # Errors
    /// Where their list cannot be read.
    pub async fn files(&self, once_key: &str) -> io::Result<Vec<FileRecord>> {
        self.services.files.find(once_key).await
    }

    /// Takes away the files of an effect after their retention (EXE-7). A content that another effect made
    /// too stays, and so does one that is needed for something else.
    ///
    /// # Errors
    /// Where something cannot be read or removed, or somebody is just writing the same content: to be
    /// tried again.
    pub async fn delete_files<F: Future<Output = io::Result<bool>>>(
        &self,
        once_key: &str,
        is_needed: impl Fn(String) -> F,
    ) -> io::Result<()> {
        let (blobs, files) = (&self.services.blobs, &self.services.files);
        let _turn = files.taking_away.lock().await;
        for file in files.find(once_key).await? {
            let sha256 = file.sha256;
            let busy = || io::Error::other(format!("`{sha256}` is just being written again"));
            if !blobs.condemn(&sha256) {
                return Err(busy());
            }
            let needed = match is_needed(sha256.clone()).await {
                Ok(false) => files.is_needed_beside(once_key, &sha256).await,
                known => known,
            };
            match needed {
                Ok(false) if blobs.remove(&sha256).map_err(io::Error::other)? => {}
                Ok(false) => return Err(busy()),
                Ok(true) => blobs.spare(&sha256),
                Err(error) => {
                    blobs.spare(&sha256);
                    return Err(error);
                }
            }
        }
        files.forget(once_key).await
    }

    /// Begins the content of a file of a person, of at most so many bytes. Nothing is there before it is
    /// whole and on the disk; then it is found by its hash.
    ///
    /// # Errors
    /// Where nothing can be written.
    pub async fn begin_file(&self, max_bytes: u64) -> Result<BlobWriter, engine_connect::Error> {
        self.services.blobs.create("application/octet-stream", max_bytes).await
    }

    /// Contents of people's files that wait to be named.
    ///
    /// # Errors
    /// Where their folder cannot be read.
    pub async fn waiting_files(&self) -> Result<Vec<WaitingBlob>, engine_connect::Error> {
        self.services.blobs.waiting().await
    }

    /// The bytes of a file from `offset` on: some of them, and none at its end.
    ///
    /// # Errors
    /// `NotFound` where its content was removed, as after its retention.
    pub async fn read_file(&self, file: &FileRecord, offset: u64) -> io::Result<Vec<u8>> {
        let blobs = &self.services.blobs;
        blobs.read(&file.sha256, offset, FILE_CHUNK).await.map_err(|error| match error {
            engine_connect::Error::UnknownBlob(_) => io::Error::new(io::ErrorKind::NotFound, error),
            other => io::Error::other(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, sync::Mutex};

    use engine_connect::Pin;

    use super::*;

    async fn open(folder: &Path) -> Host {
        Host::open(HostOptions {
            folder: folder.join("host"),
            compiled: None,
            limits: HostLimits::default(),
            connections: Connections::default(),
            blobs: Blobs::open(folder.join("blobs")).await.unwrap(),
            http: Http::default(),
            secrets: BTreeMap::new(),
            lookups: BTreeMap::new(),
        })
        .unwrap()
    }

    /// The content of a file, which nothing names yet.
    async fn written(host: &Host, text: &str) -> (FileRecord, Pin) {
        let mut writer = host.services.blobs.create("text/csv", 100).await.unwrap();
        writer.write(text.as_bytes()).await.unwrap();
        let (blob, pin) = writer.finish().await.unwrap();
        let file = FileRecord {
            id: blob.sha256.clone(),
            name: "rows.csv".to_owned(),
            media_type: blob.media_type,
            size: blob.size,
            sha256: blob.sha256,
            rows: None,
        };
        (file, pin)
    }

    /// An effect makes a file with this content.
    async fn made(host: &Host, key: &str, text: &str) -> FileRecord {
        let (file, _pin) = written(host, text).await;
        host.services.files.add(key, file).await.unwrap()
    }

    /// A person sends a file with this content, and nothing names it yet.
    async fn sent(host: &Host, text: &str) -> WaitingBlob {
        let mut writer = host.begin_file(100).await.unwrap();
        writer.write(text.as_bytes()).await.unwrap();
        writer.wait("main~r1").await.unwrap().0
    }

    async fn is_there(host: &Host, file: &FileRecord) -> bool {
        host.read_file(file, 0).await.is_ok()
    }

    /// EXE-7, REQ-9: it was looked up before the attachment was committed.
    #[tokio::test]
    async fn what_is_attached_while_it_is_looked_up_stays() {
        let folder = tempfile::tempdir().unwrap();
        let host = open(folder.path()).await;
        let file = made(&host, "k1", "hello").await;
        let waiting = Mutex::new(Some(sent(&host, "hello").await));
        let nobody_yet = |_| async {
            let waiting = waiting.lock().unwrap().take();
            waiting.unwrap().keep().await.unwrap();
            Ok(false)
        };
        host.delete_files("k1", nobody_yet).await.unwrap_err();
        assert!(is_there(&host, &file).await);
        host.delete_files("k1", async |_| Ok(true)).await.unwrap();
        assert!(is_there(&host, &file).await);
        assert_eq!(host.files("k1").await.unwrap(), []);
    }

    /// EXE-7: another execution writes the same meanwhile, and then names it.
    #[tokio::test]
    async fn what_is_made_again_while_it_is_looked_up_stays() {
        let folder = tempfile::tempdir().unwrap();
        let host = open(folder.path()).await;
        let file = made(&host, "k1", "hello").await;
        let second = Mutex::new(None);
        let again = |_| async {
            let writing = written(&host, "hello").await;
            *second.lock().unwrap() = Some(writing);
            Ok(false)
        };
        host.delete_files("k1", again).await.unwrap_err();
        host.delete_files("k1", async |_| Ok(false)).await.unwrap_err();
        let (record, pin) = second.into_inner().unwrap().unwrap();
        host.services.files.add("k2", record).await.unwrap();
        drop(pin);
        host.delete_files("k1", async |_| Ok(false)).await.unwrap();
        assert!(is_there(&host, &file).await, "`k2` has it still");
        host.delete_files("k2", async |_| Ok(false)).await.unwrap();
        assert!(!is_there(&host, &file).await);
        host.delete_files("k2", async |_| Ok(false)).await.unwrap();
    }

    #[tokio::test]
    async fn what_waits_outlives_what_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let host = open(folder.path()).await;
        let file = made(&host, "k1", "hello").await;
        let waiting = sent(&host, "hello").await;
        host.delete_files("k1", async |_| Ok(false)).await.unwrap();
        waiting.keep().await.unwrap();
        assert!(is_there(&host, &file).await);
    }

    /// EXE-7, REQ-9: in any order, and at once.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn retention_and_attachments_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        let host = open(folder.path()).await;
        let attached = Arc::new(Mutex::new(BTreeSet::new()));
        for round in 0..100 {
            let (key, text) = (format!("k{round}"), format!("hello {round}"));
            let file = made(&host, &key, &text).await;
            let waiting = sent(&host, &text).await;
            let (deleting, names) = (host.clone(), Arc::clone(&attached));
            let deletion = tokio::spawn(async move {
                let is_needed = |sha256: String| {
                    let names = Arc::clone(&names);
                    async move {
                        tokio::task::yield_now().await;
                        Ok(names.lock().unwrap().contains(&sha256))
                    }
                };
                while deleting.delete_files(&key, is_needed).await.is_err() {}
            });
            for _ in 0..round % 7 {
                tokio::task::yield_now().await;
            }
            attached.lock().unwrap().insert(file.sha256.clone());
            waiting.keep().await.unwrap();
            deletion.await.unwrap();
            assert!(is_there(&host, &file).await, "{round}");
        }
    }
}
