//! Scripts and plugins of every organization, run by the plugin host.

mod answers;
mod breaker;
mod capsules;
mod installed;
mod watch;

use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
};

pub use breaker::Pause;
use capsules::Capsules;
pub use capsules::{CapsulePage, CapsulePlace, CapsuleQuery, RecordedCapsule};
use engine_core::{
    extension::{Failure, FailureClass},
    ids::{OrgId, PluginId, ScriptId},
};
use engine_host::{Host, LoadError, Plugin, Script, ScriptError, Stage};
use watch::Watch;
pub use watch::{PluginActivity, PluginLine};

use crate::{
    engine::{Engine, Inner},
    error::EngineError,
};

/// Scripts and plugins, by the documents of the organizations and the files of the data folder.
///
/// Component files are kept by the SHA-256 of their content. A component is compiled when it is
/// added, and once more at most after a start; a script when it is first run.
#[derive(Clone)]
pub struct Library {
    inner: Arc<Shelf>,
}

struct Shelf {
    host: Host,
    folder: PathBuf,
    engine: OnceLock<Weak<Inner>>,
    components: Mutex<BTreeMap<String, Arc<Plugin>>>,
    scripts: Mutex<BTreeMap<Arc<str>, Arc<Script>>>,
    watch: Watch,
    capsules: OnceLock<Capsules>,
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("folder", &self.inner.folder).finish_non_exhaustive()
    }
}

impl Library {
    /// A library of the files in `folder`.
    #[must_use]
    pub fn new(host: Host, folder: PathBuf) -> Self {
        Self {
            inner: Arc::new(Shelf {
                host,
                folder,
                engine: OnceLock::new(),
                components: Mutex::default(),
                scripts: Mutex::default(),
                watch: Watch::default(),
                capsules: OnceLock::new(),
            }),
        }
    }

    /// The plugin host.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.inner.host
    }

    /// Checks and compiles a component and keeps its file. To use it, put its [`file`](Self::file)
    /// into an organization.
    ///
    /// # Errors
    /// [`EngineError::Extension`] with the reason why the file is not accepted.
    pub async fn add_component(&self, bytes: Vec<u8>) -> Result<Arc<Plugin>, EngineError> {
        self.add_component_and_tell(bytes, |_| {}).await
    }

    /// [`add_component`](Self::add_component), which tells how far it is.
    ///
    /// # Errors
    /// [`EngineError::Extension`].
    pub async fn add_component_and_tell(
        &self,
        bytes: Vec<u8>,
        tell: impl Fn(Stage) + Send + Sync + 'static,
    ) -> Result<Arc<Plugin>, EngineError> {
        let library = self.clone();
        let added = tokio::task::spawn_blocking(move || library.add_now(&bytes, &tell)).await;
        added.map_err(|error| EngineError::Extension(error.to_string()))?
    }

    fn add_now(
        &self,
        bytes: &[u8],
        tell: &(dyn Fn(Stage) + Sync),
    ) -> Result<Arc<Plugin>, EngineError> {
        let plugin = self.inner.host.load_and_tell(bytes, tell);
        let plugin = plugin.map_err(|error| EngineError::Extension(error.to_string()))?;
        self.keep(plugin.digest(), bytes).map_err(|error| {
            EngineError::Extension(format!("cannot keep the component's file: {error}"))
        })?;
        Ok(self.shelve(plugin))
    }

    /// A component that was added, by the SHA-256 of its file in hexadecimal; none where there is no such
    /// file.
    ///
    /// # Errors
    /// [`EngineError::Extension`] where its file cannot be used.
    pub async fn component(&self, digest: &str) -> Result<Option<Arc<Plugin>>, EngineError> {
        let is_digest =
            digest.len() == 64 && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !is_digest || !self.path(digest).exists() {
            return Ok(None);
        }
        let found = self.find(digest.to_owned()).await;
        found.map(Some).map_err(|failure| EngineError::Extension(failure.message))
    }

    /// Keeps a signature of a component that was added, beside its file.
    ///
    /// # Errors
    /// [`EngineError::Extension`] where it cannot be written.
    pub async fn add_signature(&self, digest: &str, signature: String) -> Result<(), EngineError> {
        let (library, path) = (self.clone(), self.signature_path(digest));
        let kept = tokio::task::spawn_blocking(move || library.write(&path, signature.as_bytes()));
        let kept = kept.await.map_err(|error| EngineError::Extension(error.to_string()))?;
        kept.map_err(|error| {
            EngineError::Extension(format!("cannot keep the component's signature: {error}"))
        })
    }

    /// A component's file and its signature, as they are kept.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub async fn signed(&self, digest: &str) -> io::Result<(Vec<u8>, Option<String>)> {
        let component = tokio::fs::read(self.path(digest)).await?;
        match tokio::fs::read_to_string(self.signature_path(digest)).await {
            Ok(signature) => Ok((component, Some(signature))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((component, None)),
            Err(error) => Err(error),
        }
    }

    fn signature_path(&self, digest: &str) -> PathBuf {
        self.inner.folder.join(Path::new(digest).with_extension("minisig"))
    }

    fn shelve(&self, plugin: Plugin) -> Arc<Plugin> {
        let plugin = Arc::new(plugin);
        let mut components = self.inner.components.lock().unwrap_or_else(PoisonError::into_inner);
        components.insert(plugin.digest().to_owned(), Arc::clone(&plugin));
        plugin
    }

    fn keep(&self, digest: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(digest);
        if path.exists() { Ok(()) } else { self.write(&path, bytes) }
    }

    /// Visible under its name only when whole.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        std::fs::create_dir_all(&self.inner.folder)?;
        let partial = self.inner.folder.join(format!("{}.part", uuid::Uuid::new_v4()));
        std::fs::write(&partial, bytes)?;
        std::fs::File::open(&partial)?.sync_all()?;
        std::fs::rename(&partial, path)?;
        std::fs::File::open(&self.inner.folder)?.sync_all()
    }

    fn path(&self, digest: &str) -> PathBuf {
        self.inner.folder.join(Path::new(digest).with_extension("wasm"))
    }

    /// Keeps what belongs to the answers of plugins and scripts in a folder, for so many days, so that the
    /// questions can be asked again; of executors, only where that is wanted. Has an effect once.
    ///
    /// # Errors
    /// Where there can be no such folder.
    pub fn keep_capsules(&self, folder: &Path, days: u32, executors: bool) -> io::Result<()> {
        if self.inner.capsules.get().is_none() {
            let _ = self.inner.capsules.set(Capsules::open(folder, days, executors)?);
        }
        Ok(())
    }

    /// Looks up questions that were answered; none where they are not kept.
    ///
    /// # Errors
    /// Where their files cannot be read.
    pub async fn capsules(&self, query: CapsuleQuery) -> io::Result<CapsulePage> {
        let Some(capsules) = self.inner.capsules.get().cloned() else {
            return Ok(CapsulePage::default());
        };
        let found = tokio::task::spawn_blocking(move || capsules.find(&query)).await;
        found.map_err(io::Error::other)?
    }

    /// What a plugin has done since the engine started; none where it was not called.
    #[must_use]
    pub fn activity(&self, org: &OrgId, plugin: &PluginId) -> Option<PluginActivity> {
        self.inner.watch.activity(org, plugin)
    }

    /// Whether a text is a script.
    ///
    /// # Errors
    /// With line, column and a caret.
    pub fn check_script(&self, text: &str) -> Result<(), ScriptError> {
        self.inner.host.compile_script(text).map(drop)
    }

    fn engine(&self) -> Result<Engine, Failure> {
        let inner = self.inner.engine.get().and_then(Weak::upgrade);
        inner.map(|inner| Engine { inner }).ok_or_else(|| {
            Failure::new(FailureClass::Unavailable, "the engine is starting or ending")
        })
    }

    async fn find(&self, digest: String) -> Result<Arc<Plugin>, Failure> {
        let known = {
            let components = self.inner.components.lock().unwrap_or_else(PoisonError::into_inner);
            components.get(&digest).cloned()
        };
        if let Some(plugin) = known {
            return Ok(plugin);
        }
        let library = self.clone();
        answers::blocking(move || library.read_component(&digest)).await
    }

    fn read_component(&self, digest: &str) -> Result<Arc<Plugin>, Failure> {
        let bytes = std::fs::read(self.path(digest)).map_err(|error| {
            Failure::new(FailureClass::Unavailable, format!("cannot read the component: {error}"))
        })?;
        let plugin = self.inner.host.load(&bytes).map_err(|error| match error {
            // A machine that is too busy to start it now may do so later.
            LoadError::Start(failure) => failure,
            other => Failure::new(FailureClass::Contract, other.to_string()),
        })?;
        if plugin.digest() == digest {
            Ok(self.shelve(plugin))
        } else {
            let message = "the component's file is not the one that was installed";
            Err(Failure::new(FailureClass::Denied, message))
        }
    }

    fn script(&self, org: &OrgId, name: &ScriptId) -> Result<Arc<Script>, Failure> {
        let state = self
            .engine()?
            .organization(org)
            .map_err(|error| Failure::new(FailureClass::Unavailable, error.to_string()))?;
        let text = state.scripts.get(name).cloned().ok_or_else(|| {
            Failure::new(FailureClass::Contract, format!("there is no script `{name}`"))
        })?;
        let mut scripts = self.inner.scripts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(script) = scripts.get(&text) {
            return Ok(Arc::clone(script));
        }
        let script = self.inner.host.compile_script(&text).map_err(|error| {
            let mut failure =
                Failure::new(FailureClass::Contract, format!("script `{name}` has an error"));
            failure.detail = Some(error.to_string());
            failure
        })?;
        // Texts that are no longer in use go when the table is full.
        if scripts.len() >= 1_000 {
            scripts.clear();
        }
        let script = Arc::new(script);
        scripts.insert(text, Arc::clone(&script));
        Ok(script)
    }
}
