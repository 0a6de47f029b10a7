//! The sessions of one connection: opened when needed, a few kept for the next transaction.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use engine_core::ids::ResourceId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    config::{ConnectionConfig, Secret, Target},
    driver::{Canceller, Session},
    error::Error,
    marker,
};

/// A session that was idle for longer is closed instead of used: the network may have forgotten it.
const KEPT_IDLE: Duration = Duration::from_secs(60);

/// For an idle session to show that it still answers.
const ALIVE_WITHIN: Duration = Duration::from_secs(2);

/// All sessions of one connection.
pub(crate) struct Pool {
    pub(crate) name: ResourceId,
    pub(crate) config: ConnectionConfig,
    idle: Mutex<Vec<(Session, Instant)>>,
    places: Arc<Semaphore>,
    /// Whether sessions wait here for the next transaction.
    keeps: bool,
    /// The marker table is known to be there.
    marker_ready: AtomicBool,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Pool {
    pub(crate) fn new(name: ResourceId, config: ConnectionConfig) -> Self {
        let open = config.limits.open.clamp(1, 1_000) as usize;
        Self {
            name,
            config,
            idle: Mutex::new(Vec::new()),
            places: Arc::new(Semaphore::new(open)),
            keeps: true,
            marker_ready: AtomicBool::new(false),
        }
    }

    /// The same connection with another password, within the same places.
    pub(crate) fn with_password(&self, password: Secret) -> Result<Self, Error> {
        let (name, mut config) = (self.name.clone(), self.config.clone());
        match &mut config.target {
            Target::Sqlite { .. } => return Err(Error::NoPassword(name)),
            Target::Postgres(server) | Target::Mariadb(server) => server.password = Some(password),
        }
        Ok(Self { places: Arc::clone(&self.places), keeps: false, ..Self::new(name, config) })
    }

    /// A session of one's own, waiting for a place where all are taken.
    pub(crate) async fn lease(self: &Arc<Self>) -> Result<Lease, Error> {
        let limits = &self.config.limits;
        let place = Arc::clone(&self.places).acquire_owned();
        let Ok(Ok(place)) = tokio::time::timeout(limits.connect(), place).await else {
            return Err(Error::Busy { connection: self.name.clone(), open: limits.open });
        };
        let session = self.session().await?;
        Ok(Lease::new(Arc::clone(self), session, place))
    }

    /// An idle session that still answers, or a new one.
    async fn session(&self) -> Result<Session, Error> {
        while let Some(mut session) = self.take_idle() {
            if tokio::time::timeout(ALIVE_WITHIN, session.is_alive()).await == Ok(true) {
                return Ok(session);
            }
        }
        Session::connect(&self.name, &self.config).await
    }

    /// Sees to it that the marker table is there, outside any transaction.
    pub(crate) async fn prepare_marker(&self, session: &mut Session) -> Result<(), Error> {
        if !self.marker_ready.load(Ordering::SeqCst) {
            marker::create_table(session).await?;
            self.marker_ready.store(true, Ordering::SeqCst);
        }
        Ok(())
    }

    /// The marker table may be gone: looks again next time.
    pub(crate) fn forget_marker(&self) {
        self.marker_ready.store(false, Ordering::SeqCst);
    }

    fn take_idle(&self) -> Option<Session> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| since.elapsed() < KEPT_IDLE);
        idle.pop().map(|(session, _)| session)
    }
}

/// A session in use. Dropped before it is given back, whatever it does is cancelled and it is closed.
pub(crate) struct Lease {
    pool: Arc<Pool>,
    session: Option<Session>,
    canceller: Canceller,
    _place: OwnedSemaphorePermit,
}

impl Lease {
    fn new(pool: Arc<Pool>, session: Session, place: OwnedSemaphorePermit) -> Self {
        let canceller = session.canceller();
        Self { pool, session: Some(session), canceller, _place: place }
    }

    pub(crate) fn session(&mut self) -> Result<&mut Session, Error> {
        self.session.as_mut().ok_or_else(|| Error::Bug("a lease without a session".to_owned()))
    }

    pub(crate) fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    /// Ends the lease after a clean end of the transaction; the session is used again.
    pub(crate) async fn give_back(mut self) {
        let Some(mut session) = self.session.take() else { return };
        if !self.pool.keeps {
            return;
        }
        let clean = tokio::time::timeout(self.pool.config.limits.connect(), session.reset()).await;
        if clean == Ok(true) {
            let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push((session, Instant::now()));
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.session.is_none() {
            return;
        }
        let canceller = self.canceller.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(canceller.cancel());
        }
    }
}
