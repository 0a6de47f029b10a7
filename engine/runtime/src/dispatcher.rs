//! Who works on executions: every task, and the workers that look for work.

use std::{
    collections::BTreeSet,
    future::Future,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use engine_core::ids::{ExecutionId, OrgId, RequestId};
use tokio::{
    sync::{Notify, Semaphore},
    task::JoinSet,
};

/// Executions carried out at once.
const AT_ONCE: usize = 32;

/// Which execution of which request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Job {
    pub(crate) org: OrgId,
    pub(crate) request: RequestId,
    pub(crate) execution: ExecutionId,
}

/// Owns every task that works on an execution, and the workers that look for work.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    pub(crate) permits: Semaphore,
    tasks: Mutex<Tasks>,
    pub(crate) changed: Notify,
    closing: AtomicBool,
}

#[derive(Debug, Default)]
pub(crate) struct Tasks {
    pub(crate) jobs: BTreeSet<Job>,
    /// Executions that wait for another one's right, until any claim changes.
    pub(crate) parked: BTreeSet<Job>,
    /// How often claims have changed.
    claims: u64,
    pub(crate) set: JoinSet<()>,
    workers: JoinSet<()>,
}

impl Dispatcher {
    pub(crate) fn new() -> Self {
        Self {
            permits: Semaphore::new(AT_ONCE),
            tasks: Mutex::default(),
            changed: Notify::new(),
            closing: AtomicBool::new(false),
        }
    }

    pub(crate) fn tasks(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often claims to rights have changed.
    pub(crate) fn claims(&self) -> u64 {
        self.tasks().claims
    }

    /// Lets an execution wait until claims change, unless they have since it looked.
    pub(crate) fn park(&self, job: &Job, version: u64) {
        let mut tasks = self.tasks();
        if tasks.claims == version {
            tasks.parked.insert(job.clone());
        }
    }

    /// Claims have changed: whoever waited may look again.
    pub(crate) fn claims_changed(&self) -> BTreeSet<Job> {
        let mut tasks = self.tasks();
        tasks.claims += 1;
        std::mem::take(&mut tasks.parked)
    }

    /// Starts a task that looks for work until the engine is closed.
    pub(crate) fn spawn_worker(&self, worker: impl Future<Output = ()> + Send + 'static) {
        self.tasks().workers.spawn(worker);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    /// Waits until nothing is under way.
    pub(crate) async fn idle(&self) {
        loop {
            let changed = self.changed.notified();
            if self.tasks().jobs.is_empty() {
                return;
            }
            changed.await;
        }
    }

    pub(crate) async fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
        let mut workers = std::mem::take(&mut self.tasks().workers);
        workers.shutdown().await;
        self.idle().await;
    }

    pub(crate) fn abandon(&self) {
        self.closing.store(true, Ordering::SeqCst);
        let mut tasks = self.tasks();
        tasks.workers.abort_all();
        tasks.set.abort_all();
    }
}
