//! Plugins that are WebAssembly components: from bytes to something that can be called.
//!
//! Size → is it a component → manifest → contract → compiled, or found compiled → exports of its
//! worlds → imports that are offered → linked → instantiated once to see whether that works. What
//! fails is a sentence with a code, and whatever was there before stays.

mod apart;
mod cache;
mod contract;
pub(crate) mod manifest;
mod refuse;
mod section;
mod signature;
mod weight;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
};

use engine_core::extension::Failure;
use sha2::{Digest as _, Sha256};
use wasmtime::{
    Engine,
    component::{Component, Linker, types::ComponentItem},
};

pub use self::{
    apart::{Compiler, compile_component},
    section::{custom_section, custom_sections},
    signature::{split_signature, with_signature},
    weight::Weight,
};
pub(crate) use self::{cache::Cache, weight::weigh};
use self::{
    manifest::{Manifest, World},
    section::FileKind,
};
use crate::{
    limits::MAX_COMPONENT_BYTES,
    state::State,
    turns::Turns,
    v1::{
        self, ApproversPluginPre, ConditionPluginPre, ExecutorPluginPre, NotifierPluginPre,
        ValidatorPluginPre,
    },
};

/// Why a file cannot be a plugin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file is larger than any plugin may be.
    #[error("the file has {0} bytes, the most are {MAX_COMPONENT_BYTES}")]
    TooLarge(usize),
    /// It is WebAssembly, but not a component.
    #[error("the file is a core module, not a component: build it for `wasm32-wasip2`")]
    CoreModule,
    /// It is something else.
    #[error("the file is not a WebAssembly component")]
    NotAComponent,
    /// It has no manifest, or one that cannot be used.
    #[error("the component {0}")]
    Manifest(String),
    /// It was made for another version of the contract.
    #[error("the component is made for contract {0}; this host offers {offered}", offered = v1::VERSION)]
    Contract(String),
    /// It was made for a later version of the contract, and uses what that one added.
    #[error(
        "the component uses {}, which contract {version} has; this host offers {offered}: it needs \
         a newer Countersign, or has to do without",
        quoted(.uses), offered = v1::VERSION
    )]
    Newer {
        /// The version that it was made for.
        version: String,
        /// Functions and interfaces, by name.
        uses: Vec<String>,
    },
    /// It is no valid component, or uses what this machine does not run.
    #[error("the component cannot be compiled: {0}")]
    Compile(String),
    /// Its manifest promises a world that it does not export.
    #[error("the component does not export `{0}`, which its manifest promises")]
    MissingExport(World),
    /// It imports what nobody offers.
    #[error("the component imports `{0}`, which this host does not offer")]
    UnknownImport(String),
    /// An import or an export has another shape than the contract's.
    #[error("the component does not fit the contract: {0}")]
    Mismatch(String),
    /// It could not be instantiated.
    #[error("the component cannot be started: {}", .0.message)]
    Start(Failure),
}

impl LoadError {
    /// For programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "plugin_too_large",
            Self::CoreModule => "plugin_is_core_module",
            Self::NotAComponent => "plugin_is_not_a_component",
            Self::Manifest(_) => "plugin_manifest",
            Self::Contract(_) => "plugin_contract",
            Self::Newer { .. } => "plugin_contract_newer",
            Self::Compile(_) => "plugin_does_not_compile",
            Self::MissingExport(_) => "plugin_missing_export",
            Self::UnknownImport(_) => "plugin_unknown_import",
            Self::Mismatch(_) => "plugin_mismatch",
            Self::Start(_) => "plugin_does_not_start",
        }
    }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// A component that can be called. Cheap to clone; calls under way keep it alive.
#[derive(Clone)]
pub struct Plugin {
    pub(crate) inner: Arc<Loaded>,
}

pub(crate) struct Loaded {
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) condition: Option<ConditionPluginPre<State>>,
    pub(crate) approvers: Option<ApproversPluginPre<State>>,
    pub(crate) validator: Option<ValidatorPluginPre<State>>,
    pub(crate) executor: Option<ExecutorPluginPre<State>>,
    pub(crate) notifier: Option<NotifierPluginPre<State>>,
    pub(crate) weight: Weight,
    /// Whether instances can be made before they are asked.
    pub(crate) ahead: AtomicBool,
    digest: String,
    size: usize,
    imports: Vec<String>,
    exports: Vec<String>,
}

impl Plugin {
    /// What it says about itself.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.inner.manifest
    }

    /// The SHA-256 of its file, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.inner.digest
    }

    /// The bytes of its file.
    #[must_use]
    pub fn size(&self) -> usize {
        self.inner.size
    }

    /// Which pool it runs in.
    #[must_use]
    pub fn weight(&self) -> Weight {
        self.inner.weight
    }

    /// The interfaces that its binary imports: what it can use at most.
    pub fn imports(&self) -> impl Iterator<Item = &str> {
        self.inner.imports.iter().map(String::as_str)
    }

    /// The interfaces that its binary exports.
    pub fn exports(&self) -> impl Iterator<Item = &str> {
        self.inner.exports.iter().map(String::as_str)
    }

    /// Whether it can be asked this.
    #[must_use]
    pub fn serves(&self, world: World) -> bool {
        self.inner.manifest.worlds.contains(&world)
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.inner.manifest.name)
            .field("version", &self.inner.manifest.version)
            .field("digest", &self.inner.digest)
            .finish_non_exhaustive()
    }
}

/// The digest by which a component's file is known: its SHA-256, in hexadecimal.
#[must_use]
pub fn digest(file: &[u8]) -> String {
    hex::encode(Sha256::digest(file))
}

/// How far a component is on its way from file to plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is looked at.
    Checking,
    /// Another interpreter is compiled before it.
    Waiting,
    /// It is compiled.
    Compiling,
    /// It is instantiated once.
    Starting,
}

/// Everything that is needed to load components.
pub(crate) struct Loader<'a> {
    /// Is told how far it is.
    pub(crate) tell: &'a (dyn Fn(Stage) + Sync),
    pub(crate) weight: Weight,
    pub(crate) engine: &'a Engine,
    pub(crate) cache: &'a Cache,
    /// One interpreter at a time is compiled: each takes seconds, and hundreds of megabytes.
    pub(crate) compiling: &'a Mutex<()>,
    /// No other component is compiled twice at the same time.
    pub(crate) turns: &'a Turns<String, Mutex<()>>,
    /// Compiles interpreters in a process of its own.
    pub(crate) compiler: Option<&'a Compiler>,
    pub(crate) questions: &'a Linker<State>,
    pub(crate) effects: &'a Linker<State>,
    pub(crate) notices: &'a Linker<State>,
}

impl Loader<'_> {
    /// Everything but the trial, which the host makes.
    pub(crate) fn load(&self, file: &[u8]) -> Result<Plugin, LoadError> {
        (self.tell)(Stage::Checking);
        let manifest = examine(file)?;
        let digest = digest(file);
        let component = self
            .compiled(&digest, file)
            .map_err(|error| LoadError::Compile(error.root_cause().to_string()))?;
        let (imports, exports) = contract::check(self.engine, &component, &manifest)?;
        let serves = |world| manifest.worlds.contains(&world);
        let questions = [World::Condition, World::Approvers, World::Validator];
        let link = |served: bool, offered, interfaces: &[&str]| {
            served.then(|| self.link(offered, &component, interfaces)).transpose()
        };
        let asked = link(questions.into_iter().any(serves), self.questions, &v1::QUESTIONS)?;
        let told = link(serves(World::Executor), self.effects, &v1::EFFECTS)?;
        let sent = link(serves(World::Notifier), self.notices, &v1::NOTICES)?;
        let asked_as = |world| asked.clone().filter(|_| serves(world));
        let condition = asked_as(World::Condition).map(ConditionPluginPre::new);
        let approvers = asked_as(World::Approvers).map(ApproversPluginPre::new);
        let validator = asked_as(World::Validator).map(ValidatorPluginPre::new);
        Ok(Plugin {
            inner: Arc::new(Loaded {
                condition: condition.transpose().map_err(mismatch)?,
                approvers: approvers.transpose().map_err(mismatch)?,
                validator: validator.transpose().map_err(mismatch)?,
                executor: told.map(ExecutorPluginPre::new).transpose().map_err(mismatch)?,
                notifier: sent.map(NotifierPluginPre::new).transpose().map_err(mismatch)?,
                manifest: Arc::new(manifest),
                weight: self.weight,
                ahead: AtomicBool::new(true),
                digest,
                size: file.len(),
                imports,
                exports,
            }),
        })
    }

    /// The component, from the cache or compiled.
    fn compiled(&self, digest: &str, file: &[u8]) -> wasmtime::Result<Component> {
        if let Some(found) = self.cache.find(self.engine, digest) {
            return Ok(found);
        }
        if self.weight == Weight::Heavy {
            (self.tell)(Stage::Waiting);
        }
        let turn = self.turns.of(digest.to_owned());
        let _turn = lock(&turn);
        let (_alone, compiler) = match self.weight {
            Weight::Light => (None, None),
            Weight::Heavy => (Some(lock(self.compiling)), self.compiler),
        };
        (self.tell)(Stage::Compiling);
        // Another may have compiled the same meanwhile.
        match (self.cache.find(self.engine, digest), compiler) {
            (Some(found), _) => Ok(found),
            (None, Some(compiler)) => self.cache.compile_apart(compiler, self.engine, digest, file),
            (None, None) => self.cache.compile(self.engine, digest, file),
        }
    }

    /// Links what is offered; what is not refuses when it is called.
    fn link(
        &self,
        offered: &Linker<State>,
        component: &Component,
        interfaces: &[&str],
    ) -> Result<wasmtime::component::InstancePre<State>, LoadError> {
        let (mut linker, mut resources) = (offered.clone(), Vec::new());
        for (name, import) in component.component_type().imports(self.engine) {
            if !v1::interface(name).is_some_and(|interface| interfaces.contains(&interface)) {
                refuse::add(&mut linker, self.engine, name, &import.ty, &resources)
                    .map_err(mismatch)?;
            }
            if let ComponentItem::ComponentInstance(import) = import.ty {
                resources.extend(import.exports(self.engine).filter_map(
                    |(_, item)| match item.ty {
                        ComponentItem::Resource(resource) => Some(resource),
                        _ => None,
                    },
                ));
            }
        }
        linker.instantiate_pre(component).map_err(mismatch)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a component says about itself, without compiling it.
///
/// # Errors
/// [`LoadError`] where the file is no component, or its manifest makes no sense.
pub fn read_manifest(file: &[u8]) -> Result<Manifest, LoadError> {
    examine(file)
}

/// What can be said of a file without compiling it.
fn examine(file: &[u8]) -> Result<Manifest, LoadError> {
    if file.len() > MAX_COMPONENT_BYTES {
        return Err(LoadError::TooLarge(file.len()));
    }
    match section::kind(file) {
        FileKind::Component => {}
        FileKind::CoreModule => return Err(LoadError::CoreModule),
        FileKind::Other => return Err(LoadError::NotAComponent),
    }
    // A manifest of another contract may have another shape.
    let version = manifest::contract(file);
    version.as_deref().map_or(Ok(()), contract::accept)?;
    manifest::read(file).map_err(|why| match version {
        Some(version) if contract::is_later(&version) => {
            let offered = v1::VERSION;
            LoadError::Manifest(format!(
                "{why}; it is made for contract {version}, and this host offers {offered}"
            ))
        }
        Some(_) | None => LoadError::Manifest(why),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn mismatch(error: wasmtime::Error) -> LoadError {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    LoadError::Mismatch(causes.join(": "))
}
