//! One case's world: an engine on a store of its own, and what can be seen of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use chrono::{DateTime, Utc};
use engine_core::{
    ids::{Login, OrgId, RequestId, UserId},
    rejection::{Code, Rejection},
    request::{Request, StepState},
};
use engine_runtime::{
    Caller, Clock, Engine, EngineError, EngineOptions, Explained, Ids, Library, OrganizationState,
    PersonExplained,
};
use engine_store::{EmbeddedStore, Log, Options as StoreOptions, Store};

use super::{
    StoreKind,
    crash::{Fuse, MortalStore},
    stub::{Method, ScenarioExtensions, Stubs},
};

/// The organization of every case.
const ORGANIZATION: &str = "scenario";
/// How often a folder is tried that the engine before has not let go of yet.
const MAX_REOPENS: usize = 10_000;

/// A case that cannot go on: the scenario is wrong, or the engine failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Broken(String);

impl Broken {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl From<EngineError> for Broken {
    fn from(error: EngineError) -> Self {
        let mut message = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            message.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        Self(message)
    }
}

impl From<engine_store::StoreError> for Broken {
    fn from(error: engine_store::StoreError) -> Self {
        Self(error.to_string())
    }
}

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
    subject: Subject,
    /// The notices that were expected already, by person and id.
    pub(super) told: Mutex<BTreeSet<(UserId, String)>>,
}

/// What expectations without a subject of their own are about.
#[derive(Clone, Debug, Default)]
struct Subject {
    request: Option<RequestId>,
    person: Option<UserId>,
    /// How many events every request had before the step.
    events: BTreeMap<RequestId, usize>,
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
                return Err(Broken::new("the store `postgres` is not available in this version"));
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
            subject: Subject::default(),
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

    /// Where the log ends.
    pub(super) async fn log(&self) -> Result<Log, Broken> {
        Ok(self.running()?.store.log(&self.org).await?)
    }

    /// Says what the expectations of the coming step are about.
    pub(super) async fn begin(
        &mut self,
        request: Option<RequestId>,
        person: Option<UserId>,
    ) -> Result<(), Broken> {
        if request.is_some() {
            self.subject.request = request;
        }
        self.subject.person = person;
        if let Some(request) = self.subject.request.clone() {
            let count = self.history(&request).await?.len();
            self.subject.events.insert(request, count);
        }
        Ok(())
    }

    async fn history(&self, request: &RequestId) -> Result<Vec<String>, Broken> {
        match self.engine()?.history(&self.caller(None)?, request).await {
            Ok(events) => Ok(events.iter().map(|event| event.event.name().to_owned()).collect()),
            Err(error) if error.code() == Some(Code::NotFound) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// The names of all events of the request, and how many there were before the step.
    pub(super) async fn events(&self) -> Result<(Vec<String>, usize), Broken> {
        let Some(request) = &self.subject.request else { return Ok((Vec::new(), 0)) };
        let since = self.subject.events.get(request).copied().unwrap_or(0);
        Ok((self.history(request).await?, since))
    }

    /// The request that the expectations are about.
    pub(super) async fn request(&self) -> Result<Option<Arc<Request>>, Broken> {
        let Some(request) = &self.subject.request else { return Ok(None) };
        match self.engine()?.request(&self.caller(None)?, request).await {
            Ok(seen) => Ok(Some(seen.request)),
            Err(error) if error.code() == Some(Code::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Who can decide it.
    pub(super) async fn explained(&self, person: Option<&UserId>) -> Result<Explained, Broken> {
        let request = self.subject.request.as_ref();
        let request = request.ok_or_else(|| Broken::new("no request has been named yet"))?;
        Ok(self.engine()?.explain(&self.caller(None)?, request, person).await?)
    }

    /// What the person of the step can do.
    pub(super) async fn standing(&self) -> Result<PersonExplained, Broken> {
        let person = self.subject.person.clone();
        let person = person.ok_or_else(|| Broken::new("the step names nobody who could decide"))?;
        let explained = self.explained(Some(&person)).await?;
        explained.person.ok_or_else(|| Broken::new("nobody is explained"))
    }

    /// The logins of those who see the request, each asked for themself.
    pub(super) async fn visible_to(&self) -> Result<Vec<String>, Broken> {
        let Some(request) = &self.subject.request else { return Ok(Vec::new()) };
        let state = self.state()?;
        let mut seeing = Vec::new();
        for user in state.organization.directory.users() {
            let caller = Caller::new(self.org.clone(), user.id.clone(), "scenario");
            match self.engine()?.request(&caller, request).await {
                Ok(_) if self.hidden.as_ref() == Some(&user.login) => {}
                Ok(_) => seeing.push(user.login.to_string()),
                Err(error) if error.code() == Some(Code::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(seeing)
    }

    /// Who fills which seat of the active step, and where none is, of the last complete one.
    pub(super) fn seats(&self, explained: &Explained) -> BTreeMap<String, Vec<String>> {
        let mut of_step = BTreeMap::new();
        let active = explained.steps.iter().find(|step| step.state == "active");
        let complete = explained.steps.iter().rfind(|step| step.state == "complete");
        let Some(step) = active.or(complete) else { return of_step };
        for (assignment, filled) in &step.seats {
            let login = filled.as_ref().and_then(|id| self.logins(std::slice::from_ref(id)).pop());
            let people: &mut Vec<String> = of_step.entry(assignment.to_string()).or_default();
            people.push(login.unwrap_or_default());
        }
        of_step
    }

    /// Until told otherwise, stubs repeat their answers and do not count: what only looks changes
    /// nothing.
    pub(super) fn peek(&self, is_peeking: bool) {
        self.stubs.peek(is_peeking);
    }

    /// How often a script or plugin was called so.
    pub(super) fn calls(&self, name: &str, method: Method) -> u32 {
        self.stubs.calls(name, method)
    }

    /// The sentences of a refusal.
    pub(super) async fn refusal(&self, rejection: &Rejection) -> Result<Vec<String>, Broken> {
        let request = self.request().await?;
        self.with_names(request.as_deref(), |names| match rejection {
            Rejection::CannotDecide(unmet) => unmet.iter().map(|one| names.unmet(one)).collect(),
            other => vec![names.rejection(other)],
        })
    }

    /// The sentences that an explanation shows: what is in the way of the request as a whole, of
    /// each step, and of the person asked about.
    pub(super) fn sentences(&self, explained: &Explained) -> Result<Vec<String>, Broken> {
        self.with_names(Some(&explained.request), |names| {
            let mut all: Vec<String> =
                explained.blocked.iter().map(|why| names.block(why)).collect();
            if !explained.criteria.is_met() {
                all.push(names.reason(&explained.criteria));
            }
            for record in &explained.request.steps {
                if let StepState::Skipped { why, .. } = &record.state {
                    all.push(names.skipped(&record.id, why));
                }
                for seat in record.opened().iter().flat_map(|open| &open.seats) {
                    all.extend(seat.empty.iter().map(|why| names.empty_because(why)));
                }
            }
            let dropped = explained.request.draft.iter().flat_map(|written| &written.dropped);
            all.extend(dropped.map(|problem| names.dropped(problem)));
            let unmet = explained.person.iter().flat_map(|person| &person.unmet);
            all.extend(unmet.map(|one| names.unmet(one)));
            all
        })
    }

    fn with_names<T>(
        &self,
        request: Option<&Request>,
        say: impl FnOnce(&engine_api::catalogue::Names<'_>) -> T,
    ) -> Result<T, Broken> {
        use engine_api::catalogue::Names;
        let state = self.state()?;
        let directory = &state.organization.directory;
        let version =
            request.and_then(|request| state.version(&request.rule, request.rule_version));
        Ok(match version {
            Some(version) => say(&Names::of_rule(directory, &version.rule)),
            None => say(&Names::of_directory(directory)),
        })
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
