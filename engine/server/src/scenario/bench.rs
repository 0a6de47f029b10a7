//! One case's world: an engine on a store of its own, called without a server.

mod act;
mod look;
mod state;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use engine_api::{
    directory::UserDoc,
    view::{ExplanationView, RequestView},
};
use engine_core::ids::{CommandId, Login, OrgId, RequestId, UserId};
use engine_runtime::{Caller, Clock, Engine, EngineOptions, Ids, Library, OrganizationState};
use engine_store::{EmbeddedStore, Options as StoreOptions, Store};
use serde_json::Value as Json;

pub(crate) use super::broken::Broken;
use super::{
    StoreKind,
    act::Call,
    crash::{CrashPoint, Fuse, MortalStore},
    notices::NoticeSeen,
    stage::{Answers, By, Stage, State},
    stub::{Method, ScenarioExtensions, Stubs},
};

/// The organization of every case.
const ORGANIZATION: &str = "scenario";
/// How often a folder is tried that the engine before has not let go of yet.
const MAX_REOPENS: usize = 10_000;

/// How long a step may take on the machine's clock. Only an engine that does not come to rest does.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the data of a case stays when its engine dies.
#[derive(Debug)]
enum Home {
    Memory(Arc<dyn Store>),
    Folder(tempfile::TempDir),
}

/// The engine in hand.
#[derive(Debug)]
struct Running {
    engine: Engine,
    store: Arc<dyn Store>,
    fuse: Arc<Fuse>,
}

/// Where scripts and component files are run, for all cases.
#[derive(Clone, Debug)]
pub(super) struct Extensions {
    /// The host.
    pub(super) host: engine_host::Host,
    /// Component files are kept here.
    pub(super) folder: PathBuf,
}

/// A case's world.
#[derive(Debug)]
pub(super) struct Bench {
    home: Home,
    running: Option<Running>,
    clock: Clock,
    ids: Ids,
    stubs: Arc<Stubs>,
    extensions: Option<Extensions>,
    library: Option<Arc<Library>>,
    pub(super) org: OrgId,
    owner: UserId,
    /// The owner's login, where the file does not write one: it appears in no expectation.
    pub(super) hidden: Option<Login>,
    /// The notices that were expected already, by person and id.
    pub(super) told: Mutex<BTreeSet<(UserId, String)>>,
    /// Whose commands had which keys: what they were answered is part of what is kept.
    keys: Arc<Mutex<Vec<(UserId, CommandId)>>>,
}

impl Bench {
    /// An engine without an organization.
    pub(super) async fn open(
        kind: StoreKind,
        at: DateTime<Utc>,
        stubs: Arc<Stubs>,
        extensions: Option<Extensions>,
    ) -> Result<Self, Broken> {
        let home = match kind {
            StoreKind::Memory => {
                let store = EmbeddedStore::in_memory(&StoreOptions::default());
                Home::Memory(Arc::new(store.map_err(|error| Broken::new(error.to_string()))?))
            }
            StoreKind::Redb => {
                Home::Folder(tempfile::tempdir().map_err(|error| Broken::new(error.to_string()))?)
            }
            StoreKind::Postgres => {
                return Err(Broken::new(super::NO_POSTGRES));
            }
        };
        let org = OrgId::parse(ORGANIZATION).map_err(|bad| Broken::new(bad.to_string()))?;
        // Replaced as soon as the organization is there.
        let owner = UserId::parse("nobody").map_err(|bad| Broken::new(bad.to_string()))?;
        let mut bench = Self {
            home,
            running: None,
            clock: Clock::manual(at),
            ids: Ids::counted(),
            stubs,
            extensions,
            library: None,
            org,
            owner,
            hidden: None,
            keys: Arc::default(),
            told: Mutex::default(),
        };
        bench.start().await?;
        Ok(bench)
    }

    async fn start(&mut self) -> Result<(), Broken> {
        let kept = match &self.home {
            Home::Memory(store) => Arc::clone(store),
            Home::Folder(folder) => reopen(folder.path()).await?,
        };
        let fuse = Fuse::new(kept);
        let store: Arc<dyn Store> = Arc::new(MortalStore(Arc::clone(&fuse)));
        self.library = self.extensions.as_ref().map(|extensions| {
            Arc::new(Library::new(extensions.host.clone(), extensions.folder.clone()))
        });
        let extensions = ScenarioExtensions {
            stubs: Arc::clone(&self.stubs),
            library: self.library.clone(),
            fuse: Arc::clone(&fuse),
        };
        let engine = Engine::open(EngineOptions {
            store: Arc::clone(&store),
            extensions: Arc::new(extensions),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        })
        .await?;
        self.running = Some(Running { engine, store, fuse });
        Ok(())
    }

    /// Drops the engine without a goodbye and opens the same store again.
    pub(super) async fn crash(&mut self) -> Result<(), Broken> {
        if let Some(Running { engine, fuse, store }) = self.running.take() {
            fuse.kill();
            engine.abandon();
            drop((engine, store));
        }
        self.start().await
    }

    fn running(&self) -> Result<&Running, Broken> {
        self.running.as_ref().ok_or_else(|| Broken::new("the engine did not start again"))
    }

    /// The engine.
    pub(super) fn engine(&self) -> Result<&Engine, Broken> {
        Ok(&self.running()?.engine)
    }

    /// When the engine dies.
    pub(super) fn fuse(&self) -> Result<&Arc<Fuse>, Broken> {
        Ok(&self.running()?.fuse)
    }

    /// Scripts and component files; none where the file has neither.
    pub(super) fn library(&self) -> Option<&Arc<Library>> {
        self.library.as_ref()
    }

    /// The organization's id.
    pub(super) fn org(&self) -> &OrgId {
        &self.org
    }

    /// The owner's login, and whether the file does not write it.
    pub(super) fn owner_login(&self) -> Result<(Login, bool), Broken> {
        let state = self.state()?;
        let owner = state.organization.directory.user(&self.owner);
        let owner = owner.ok_or_else(|| Broken::new("there is no owner"))?;
        Ok((owner.login.clone(), self.hidden.is_some()))
    }

    /// Who does what no person of the file does.
    pub(super) fn set_owner(&mut self, owner: UserId, hidden: Option<Login>) {
        self.owner = owner;
        self.hidden = hidden;
    }

    /// The owner's user id.
    pub(super) fn owner(&self) -> &UserId {
        &self.owner
    }

    /// The organization as it is.
    pub(super) fn state(&self) -> Result<Arc<OrganizationState>, Broken> {
        Ok(self.engine()?.organization(&self.org)?)
    }

    /// A caller; the owner where nobody is named.
    pub(super) fn caller(&self, login: Option<&Login>) -> Result<Caller, Broken> {
        let user = match login {
            Some(login) => self.user(login)?,
            None => self.owner.clone(),
        };
        Ok(Caller::new(self.org.clone(), user, "scenario"))
    }

    /// Whom a login names.
    pub(super) fn user(&self, login: &Login) -> Result<UserId, Broken> {
        let state = self.state()?;
        let user = state.organization.directory.by_login(login);
        user.map(|user| user.id.clone())
            .ok_or_else(|| Broken::new(format!("there is no user `{login}` in this scenario")))
    }

    /// Remembers a key that somebody used.
    pub(super) fn note(&self, user: UserId, key: CommandId) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).push((user, key));
    }

    /// How often every script and plugin was called.
    pub(super) fn all_calls(&self) -> BTreeMap<String, BTreeMap<String, u32>> {
        self.stubs.all()
    }

    /// Until told otherwise, stubs repeat their answers and do not count: what only looks changes
    /// nothing.
    pub(super) fn peek(&self, is_peeking: bool) {
        self.stubs.peek(is_peeking);
    }

    fn called_by(&self, by: &By) -> Result<Caller, Broken> {
        Ok(Caller { key: by.key.clone(), ..self.caller(by.login.as_ref())? })
    }
}

/// Opens a folder as soon as what is left of the engine before has let go of it.
async fn reopen(folder: &Path) -> Result<Arc<dyn Store>, Broken> {
    for _ in 0..MAX_REOPENS {
        match EmbeddedStore::open(folder, &StoreOptions::default()) {
            Ok(store) => return Ok(Arc::new(store)),
            Err(engine_store::OpenError::InUse { .. }) => tokio::task::yield_now().await,
            Err(error) => return Err(Broken::new(error.to_string())),
        }
    }
    Err(Broken::new("the engine before does not let go of its data folder"))
}

#[async_trait]
impl Stage for Bench {
    fn user(&self, login: &Login) -> Result<UserId, Broken> {
        Self::user(self, login)
    }

    fn hidden(&self) -> Option<&Login> {
        self.hidden.as_ref()
    }

    fn next_id(&self) -> Result<String, Broken> {
        Ok(self.engine()?.next_id("request-"))
    }

    async fn now(&self) -> Result<DateTime<Utc>, Broken> {
        Ok(self.engine()?.now())
    }

    async fn settings(&self) -> Result<Json, Broken> {
        let state = self.state()?;
        serde_json::to_value(&state.organization.settings).map_err(|error| Broken::of(&error))
    }

    async fn user_doc(&self, login: &Login) -> Result<UserDoc, Broken> {
        self.document_of(login)
    }

    async fn admit(&self, _call: &Call) -> Result<(), Broken> {
        Ok(())
    }

    async fn act(&mut self, calls: Vec<Call>, may_die: bool) -> Result<Answers, Broken> {
        self.carry_out(calls, may_die).await
    }

    async fn settle(&mut self) -> Result<(), Broken> {
        let settled = tokio::time::timeout(PATIENCE, self.engine()?.settle()).await;
        Ok(settled.map_err(|_| Broken::new("the engine does not come to rest"))??)
    }

    async fn arm(&mut self, point: CrashPoint) -> Result<(), Broken> {
        self.fuse()?.arm(point);
        Ok(())
    }

    async fn crash(&mut self) -> Result<(), Broken> {
        Self::crash(self).await
    }

    async fn state(&self) -> Result<State, Broken> {
        self.everything().await
    }

    async fn request(&self, request: &RequestId) -> Result<Option<RequestView>, Broken> {
        self.view(request).await
    }

    async fn explained(
        &self,
        request: &RequestId,
        person: Option<&Login>,
    ) -> Result<ExplanationView, Broken> {
        self.peek(true);
        let explained = self.explanation(&self.caller(None)?, request, person).await;
        self.peek(false);
        Ok(explained?)
    }

    async fn events(&self, request: &RequestId) -> Result<Vec<String>, Broken> {
        self.history(request).await
    }

    async fn visible_to(&self, request: &RequestId) -> Result<Vec<String>, Broken> {
        self.seeing(request).await
    }

    async fn new_notices(&self) -> Result<Vec<NoticeSeen>, Broken> {
        self.untold().await
    }

    async fn calls(&self, name: &str, method: Method) -> Result<u32, Broken> {
        Ok(self.stubs.calls(name, method))
    }
}
