//! Scripts and plugins of every organization, run by the plugin host.

mod installed;

use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
};

use async_trait::async_trait;
use engine_core::{
    extension::{Failure, FailureClass, Nominee, Plan, Presence, Problem, Receipt, Verdict},
    ids::{OrgId, PluginId, ScriptId},
    question::Source,
    request::MadeFile,
};
use engine_host::{Answer, Call, FileRecord, Grant, Host, LoadError, Plugin, Script, ScriptError};

use crate::{
    engine::{Engine, Inner},
    error::EngineError,
    extensions::{ExtensionCall, Extensions},
    organization::InstalledPlugin,
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
            }),
        }
    }

    /// The plugin host.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.inner.host
    }

    /// Checks and compiles a component and keeps its file. To use it, put an [`InstalledPlugin`] with
    /// its digest into an organization.
    ///
    /// # Errors
    /// [`EngineError::Extension`] with the reason why the file is not accepted.
    pub async fn add_component(&self, bytes: Vec<u8>) -> Result<Arc<Plugin>, EngineError> {
        let library = self.clone();
        let added = tokio::task::spawn_blocking(move || library.add_now(&bytes)).await;
        added.map_err(|error| EngineError::Extension(error.to_string()))?
    }

    fn add_now(&self, bytes: &[u8]) -> Result<Arc<Plugin>, EngineError> {
        let plugin = self.inner.host.load(bytes);
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

    fn shelve(&self, plugin: Plugin) -> Arc<Plugin> {
        let plugin = Arc::new(plugin);
        let mut components = self.inner.components.lock().unwrap_or_else(PoisonError::into_inner);
        components.insert(plugin.digest().to_owned(), Arc::clone(&plugin));
        plugin
    }

    /// Visible under its name only when whole.
    fn keep(&self, digest: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(digest);
        if path.exists() {
            return Ok(());
        }
        std::fs::create_dir_all(&self.inner.folder)?;
        let partial = self.inner.folder.join(format!("{digest}.{}.part", uuid::Uuid::new_v4()));
        std::fs::write(&partial, bytes)?;
        std::fs::File::open(&partial)?.sync_all()?;
        std::fs::rename(&partial, &path)?;
        std::fs::File::open(&self.inner.folder)?.sync_all()
    }

    fn path(&self, digest: &str) -> PathBuf {
        self.inner.folder.join(Path::new(digest).with_extension("wasm"))
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

    async fn plugin(
        &self,
        org: &OrgId,
        id: &PluginId,
    ) -> Result<(Arc<Plugin>, Arc<InstalledPlugin>), Failure> {
        let state = self
            .engine()?
            .organization(org)
            .map_err(|error| Failure::new(FailureClass::Unavailable, error.to_string()))?;
        let installed = state.plugins.get(id).cloned().ok_or_else(|| {
            Failure::new(FailureClass::Contract, format!("plugin `{id}` is not installed"))
        })?;
        Ok((self.find(installed.digest.clone()).await?, installed))
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
        blocking(move || library.read_component(&digest)).await
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

    /// Asks a script or a plugin a question, where blocking is allowed.
    async fn ask<T: Send + 'static>(
        &self,
        source: &Source,
        call: &ExtensionCall,
        script: fn(&Host, &Script, &Call) -> Answer<T>,
        plugin: fn(&Host, &Plugin, &Call) -> Answer<T>,
    ) -> Result<T, Failure> {
        let library = self.clone();
        let name = source.name().to_owned();
        match source {
            Source::Script(id) => {
                let found = self.script(&call.org, id)?;
                let call = call_of(call, Grant::default());
                patient(move || audited(&name, script(&library.inner.host, &found, &call))).await
            }
            Source::Plugin(id) => {
                let (found, installed) = self.plugin(&call.org, id).await?;
                let call = call_of(call, installed.grant.clone());
                patient(move || audited(&name, plugin(&library.inner.host, &found, &call))).await
            }
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

#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn unreadable(error: io::Error) -> Failure {
    Failure::new(FailureClass::Unavailable, format!("the files cannot be looked after: {error}"))
}

/// The call as the host takes it.
fn call_of(call: &ExtensionCall, grant: Grant) -> Call {
    Call {
        facts: Arc::clone(&call.facts),
        config: Arc::clone(&call.config),
        directory: Arc::clone(&call.directory),
        rates: call.rates.clone(),
        zone: call.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC),
        calendar: Arc::clone(&call.calendar),
        grant: Arc::new(grant),
        statements: Arc::clone(&call.statements),
        limits: None,
        notice: None,
    }
}

/// Reports what was refused, and gives the result on.
fn audited<T>(name: &str, answer: Answer<T>) -> Result<T, Failure> {
    for denial in &answer.trace.denials {
        tracing::warn!(
            extension = name,
            capability = denial.capability,
            of = denial.name,
            why = denial.why,
            "refused what was not granted"
        );
    }
    for line in &answer.trace.log {
        tracing::debug!(extension = name, level = ?line.level, message = line.message, "log");
    }
    answer.result
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failure::new(FailureClass::Bug, error.to_string()))?
}

/// Asks again, once, where time ran out: what an extension may use is decided by its fuel, and time says
/// more about the machine.
async fn patient<T: Send + 'static>(
    ask: impl Fn() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    blocking(move || match ask() {
        Err(failure) if failure.class == FailureClass::Deadline => ask(),
        answer => answer,
    })
    .await
}

#[async_trait]
impl Extensions for Library {
    fn attach(&self, engine: &Engine) {
        // A second call would be about another engine, and is not heard.
        let _ = self.inner.engine.set(Arc::downgrade(&engine.inner));
    }

    async fn condition(&self, source: &Source, call: &ExtensionCall) -> Result<Verdict, Failure> {
        self.ask(source, call, Host::script_condition, Host::condition).await
    }

    async fn approvers(
        &self,
        source: &Source,
        call: &ExtensionCall,
    ) -> Result<Vec<Nominee>, Failure> {
        self.ask(source, call, Host::script_approvers, Host::approvers).await
    }

    async fn problems(
        &self,
        source: &Source,
        call: &ExtensionCall,
    ) -> Result<Vec<Problem>, Failure> {
        self.ask(source, call, Host::script_validator, Host::validate).await
    }

    async fn plan(&self, plugin: &PluginId, call: &ExtensionCall) -> Result<Plan, Failure> {
        let (component, installed) = self.plugin(&call.org, plugin).await?;
        let call = call_of(call, installed.grant.clone());
        audited(plugin.as_str(), self.inner.host.plan(&component, &call).await)
    }

    async fn execute(
        &self,
        plugin: &PluginId,
        call: &ExtensionCall,
        once_key: &str,
    ) -> Result<Receipt, Failure> {
        let (component, installed) = self.plugin(&call.org, plugin).await?;
        let call = call_of(call, installed.grant.clone());
        audited(plugin.as_str(), self.inner.host.execute(&component, &call, once_key).await)
    }

    async fn probe(
        &self,
        plugin: &PluginId,
        call: &ExtensionCall,
        once_key: &str,
    ) -> Result<Presence, Failure> {
        let (component, installed) = self.plugin(&call.org, plugin).await?;
        let call = call_of(call, installed.grant.clone());
        audited(plugin.as_str(), self.inner.host.probe(&component, &call, once_key).await)
    }

    async fn files(&self, once_key: &str) -> Result<Vec<MadeFile>, Failure> {
        let made = self.inner.host.files(once_key).await.map_err(unreadable)?;
        let file = |file: FileRecord| MadeFile {
            name: file.name,
            media_type: file.media_type,
            size: file.size,
            sha256: file.sha256,
            rows: file.rows,
        };
        Ok(made.into_iter().map(file).collect())
    }

    async fn delete_files(&self, once_key: &str) -> Result<(), Failure> {
        let engine = &self.engine()?;
        let is_attached = |sha256: String| async move {
            engine.is_attached(&sha256).await.map_err(io::Error::other)
        };
        self.inner.host.delete_files(once_key, is_attached).await.map_err(unreadable)
    }

    async fn revert(
        &self,
        plugin: &PluginId,
        call: &ExtensionCall,
        receipt: &Receipt,
        once_key: &str,
    ) -> Result<(), Failure> {
        let (component, installed) = self.plugin(&call.org, plugin).await?;
        let call = call_of(call, installed.grant.clone());
        let answer = self.inner.host.revert(&component, &call, receipt, once_key).await;
        audited(plugin.as_str(), answer).map(drop)
    }
}
