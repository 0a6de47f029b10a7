//! axum and redb with group commit, and nothing between them.

use std::{
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
};

use anyhow::Result;
use axum::{
    Router,
    body::Bytes,
    extract::{Path as Segment, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use redb::{Builder, Database, Durability, TableDefinition};
use tokio::sync::{mpsc, oneshot};

use super::{
    client::Target,
    ends::Ends,
    engine::serve,
    replay::{Change, Changes, Hole, Piece},
};

const RECORDS: TableDefinition<'static, &'static [u8], &'static [u8]> =
    TableDefinition::new("records");
/// As the engine's store has them.
const CACHE: usize = 64 << 20;
const QUEUE: usize = 1_024;
const GROUP: usize = 256;

/// What is written for one lifecycle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Writes {
    pub(crate) submit: Changes,
    pub(crate) decide: Changes,
    pub(crate) start: Changes,
    pub(crate) finish: Changes,
}

impl Writes {
    /// Three commits, each a state, an event and an entry of an index: half a KiB.
    pub(crate) fn bare() -> Self {
        let commit = |name: &str| Changes {
            changes: vec![
                Change::of_size("state-", 300),
                Change::of_size(&format!("event-{name}-"), 200),
                Change::of_size(&format!("index-{name}-"), 0),
            ],
            events: 0,
        };
        Self {
            submit: commit("1"),
            decide: commit("2"),
            start: Changes::default(),
            finish: commit("3"),
        }
    }

    /// Without a commit for the start, the execution is a call.
    fn has_start(&self) -> bool {
        !self.start.changes.is_empty()
    }
}

impl fmt::Display for Writes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "submit: {}", self.submit)?;
        writeln!(f, "decide: {}", self.decide)?;
        writeln!(f, "start:  {}", self.start)?;
        writeln!(f, "finish: {}", self.finish)
    }
}

/// A record to be put, or removed.
struct Record {
    key: Vec<u8>,
    value: Option<Vec<u8>>,
    position: Option<u64>,
}

/// One commit, and who waits for it.
struct Job {
    records: Vec<Record>,
    events: u64,
    reply: oneshot::Sender<()>,
}

struct Shared {
    jobs: mpsc::Sender<Job>,
    writes: Writes,
    requests: AtomicU64,
    ends: Arc<Ends>,
}

pub(crate) struct Floor {
    target: Target,
    transactions: Arc<AtomicU64>,
    _writer: JoinHandle<()>,
}

impl Floor {
    pub(crate) async fn start(folder: &Path, writes: &Writes, two_phase: bool) -> Result<Self> {
        let database = Builder::new().set_cache_size(CACHE).create(folder.join("floor.redb"))?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        let transactions = Arc::new(AtomicU64::new(0));
        let writer = Writer { database, queue, transactions: Arc::clone(&transactions), two_phase };
        let writer = std::thread::Builder::new().spawn(move || writer.run())?;
        let ends = Arc::new(Ends::default());
        let shared = Arc::new(Shared {
            jobs,
            writes: writes.clone(),
            requests: AtomicU64::new(0),
            ends: Arc::clone(&ends),
        });
        let router = Router::new()
            .route("/api/v1/requests", post(submit))
            .route("/api/v1/requests/{id}/decisions", post(decide))
            .route("/api/v1/requests/{id}/execution", post(execute))
            .with_state(shared);
        let token = "Bearer 0123456789".to_owned();
        let target = Target {
            address: serve(router).await?,
            calls_execution: !writes.has_start(),
            requester: token.clone(),
            approver: token,
            ends,
        };
        Ok(Self { target, transactions, _writer: writer })
    }

    pub(crate) fn target(&self) -> Target {
        self.target.clone()
    }

    /// How many transactions have become durable.
    pub(crate) fn transactions(&self) -> u64 {
        self.transactions.load(Ordering::Relaxed)
    }
}

struct Writer {
    database: Database,
    queue: mpsc::Receiver<Job>,
    transactions: Arc<AtomicU64>,
    two_phase: bool,
}

impl Writer {
    fn run(mut self) {
        let mut end = 0;
        while let Some(first) = self.queue.blocking_recv() {
            let mut group = vec![first];
            while group.len() < GROUP {
                let Ok(job) = self.queue.try_recv() else { break };
                group.push(job);
            }
            if let Err(error) = self.write(&group, &mut end) {
                panic!("the floor cannot write: {error:#}");
            }
            self.transactions.fetch_add(1, Ordering::Relaxed);
            for job in group {
                // A call that has gone does not hear it.
                let _ = job.reply.send(());
            }
        }
    }

    fn write(&self, group: &[Job], end: &mut u64) -> Result<()> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        transaction.set_two_phase_commit(self.two_phase);
        {
            let mut records = transaction.open_table(RECORDS)?;
            for job in group {
                for record in &job.records {
                    let placed = record.position.map(|position| {
                        let place = (*end + position + 1).to_be_bytes();
                        [record.key.as_slice(), &place].concat()
                    });
                    let key = placed.as_deref().unwrap_or(&record.key);
                    match &record.value {
                        Some(value) => drop(records.insert(key, value.as_slice())?),
                        None => drop(records.remove(key)?),
                    }
                }
                *end += job.events;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

/// What fills the holes.
struct Ids<'a> {
    request: &'a str,
    submit_key: &'a str,
    decide_key: &'a str,
}

impl Ids<'_> {
    fn fill(&self, pieces: &[Piece]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(128);
        for piece in pieces {
            bytes.extend_from_slice(match piece {
                Piece::Bytes(bytes) => bytes,
                Piece::Hole(Hole::Request) => self.request.as_bytes(),
                Piece::Hole(Hole::SubmitKey) => self.submit_key.as_bytes(),
                Piece::Hole(Hole::DecideKey) => self.decide_key.as_bytes(),
            });
        }
        bytes
    }
}

impl Shared {
    async fn commit(&self, changes: &Changes, ids: &Ids<'_>) -> Result<()> {
        let record = |change: &Change| Record {
            key: ids.fill(&change.key),
            value: change.value.as_ref().map(|value| ids.fill(value)),
            position: change.position,
        };
        let records = changes.changes.iter().map(record).collect();
        let (reply, durable) = oneshot::channel();
        self.jobs.send(Job { records, events: changes.events, reply }).await?;
        Ok(durable.await?)
    }
}

fn key(headers: &HeaderMap) -> &str {
    headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default()
}

fn answered(result: Result<()>, id: &str) -> Response {
    match result {
        Ok(()) => {
            let json = [(header::CONTENT_TYPE, "application/json"), (header::ETAG, "\"1;owner\"")];
            (json, format!(r#"{{"id":"{id}"}}"#)).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn submit(State(shared): State<Arc<Shared>>, headers: HeaderMap, _: Bytes) -> Response {
    let number = shared.requests.fetch_add(1, Ordering::Relaxed);
    // As long as the engine's ids, and like them in the order of time.
    let request = format!("01234567-89ab-7000-8000-{number:012x}");
    let submit_key = key(&headers);
    let ids = Ids { request: &request, submit_key, decide_key: "" };
    answered(shared.commit(&shared.writes.submit, &ids).await, &request)
}

async fn decide(
    State(shared): State<Arc<Shared>>,
    Segment(request): Segment<String>,
    headers: HeaderMap,
    _: Bytes,
) -> Response {
    let ids = Ids { request: &request, submit_key: "", decide_key: key(&headers) };
    let done = shared.commit(&shared.writes.decide, &ids).await;
    if shared.writes.has_start() {
        tokio::spawn(run(Arc::clone(&shared), request.clone()));
    }
    answered(done, &request)
}

/// The execution as the engine has it: begun by itself, after the decision is durable.
async fn run(shared: Arc<Shared>, request: String) {
    let ids = Ids { request: &request, submit_key: "", decide_key: "" };
    for changes in [&shared.writes.start, &shared.writes.finish] {
        if shared.commit(changes, &ids).await.is_err() {
            return;
        }
    }
    shared.ends.mark(&request);
}

async fn execute(
    State(shared): State<Arc<Shared>>,
    Segment(request): Segment<String>,
    _: Bytes,
) -> Response {
    let ids = Ids { request: &request, submit_key: "", decide_key: "" };
    answered(shared.commit(&shared.writes.finish, &ids).await, &request)
}
