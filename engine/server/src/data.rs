//! A data folder, opened: store, plugin host, engine.
//!
//! ```text
//! DATA/              the store's file
//!   components/      plugin files, by the SHA-256 of their content
//!   host/            what the plugin host has compiled
//!   blobs/           files that plugins made and people attached
//!   capsules/        what plugins and scripts were asked, by day
//! ```

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use engine_connect::{Blobs, Connections, Http};
use engine_host::{Host, HostLimits, HostOptions};
use engine_runtime::{Clock, Engine, EngineError, EngineOptions, Ids, Library};
use engine_store::{EmbeddedStore, Options, Store};

use crate::{
    config::{CapsulesConfig, Config},
    http::{AppState, Installing, settle_attachments},
};

/// Why a data folder could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The folder cannot be made.
    #[error("cannot make the folder `{}`", .0.display())]
    Folder(PathBuf, #[source] std::io::Error),
    /// The store: in use, of another version, damaged.
    #[error(transparent)]
    Store(#[from] engine_store::OpenError),
    /// The plugin host.
    #[error(transparent)]
    Host(#[from] engine_host::OpenError),
    /// The folder of files.
    #[error("cannot open the folder of files")]
    Blobs(#[source] engine_connect::Error),
    /// The certificates of the operator's authorities.
    #[error("cannot use the certificates in `{}` (`http.authorities`)", .0.display())]
    Authorities(PathBuf, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Opens a data folder, or makes one, with the machine's clock.
///
/// # Errors
/// [`DataError`].
pub async fn open(folder: &Path, config: &Config) -> Result<AppState, DataError> {
    std::fs::create_dir_all(folder).map_err(|e| DataError::Folder(folder.to_owned(), e))?;
    let store = Arc::new(EmbeddedStore::open(folder, &Options::default())?);
    assemble(store, folder, config, Clock::System, Ids::Random).await
}

/// An engine over any store, with its plugins below a folder.
///
/// # Errors
/// [`DataError`].
pub async fn assemble(
    store: Arc<dyn Store>,
    folder: &Path,
    config: &Config,
    clock: Clock,
    ids: Ids,
) -> Result<AppState, DataError> {
    let host = host(folder, None, config, HostLimits::default()).await?;
    let library = Library::new(host, folder.join("components"));
    let capsules = folder.join("capsules");
    if config.capsules.keep_days > 0 {
        let CapsulesConfig { keep_days, executors } = config.capsules;
        let kept = library.keep_capsules(&capsules, keep_days, executors);
        kept.map_err(|error| DataError::Folder(capsules, error))?;
    }
    let extensions = Arc::new(library.clone());
    let engine = Engine::open(EngineOptions { store, extensions, clock, ids }).await?;
    let trust = Arc::new(config.plugins.clone());
    let state = AppState { engine, library, trust, installing: Installing::default() };
    settle_attachments(&state).await;
    Ok(state)
}

/// What calls other systems, with the operator's authorities beside those of the machine.
fn http(config: &Config) -> Result<Http, DataError> {
    let Some(path) = &config.http.authorities else { return Ok(Http::default()) };
    let wrong = |error| DataError::Authorities(path.clone(), error);
    let pem = std::fs::read(path).map_err(|error| wrong(error.into()))?;
    Http::with_authorities(&pem).map_err(|error| wrong(error.into()))
}

/// The plugin host with the operator's connections, secrets and look-ups; `compiled` says where it keeps
/// compiled components, if not in its folder.
///
/// # Errors
/// [`DataError`].
pub async fn host(
    folder: &Path,
    compiled: Option<PathBuf>,
    config: &Config,
    limits: HostLimits,
) -> Result<Host, DataError> {
    let blobs = Blobs::open(folder.join("blobs")).await.map_err(DataError::Blobs)?;
    Ok(Host::open(HostOptions {
        folder: folder.join("host"),
        compiled,
        limits,
        connections: Connections::new(config.connections.clone()),
        blobs,
        http: http(config)?,
        secrets: config.secrets.clone(),
        lookups: config.lookups.clone(),
    })?)
}
