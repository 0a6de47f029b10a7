//! Rows of eight mixed columns, from SQLite: counted by the host alone, taken by a guest that looks at
//! nothing (the boundary), changed by a guest and written to a file, and passed from the connection to
//! the host's file without a guest. The goal is 250,000 rows in a second where a guest changes them.
//!
//! `cargo xtask build` first.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench that cannot go on ends by a panic")]
#![expect(clippy::print_stdout, reason = "what is measured is told at once")]

#[path = "shared/host.rs"]
mod shared;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use engine_connect::{
    Begin, ConnectionConfig, Connections, Limits as ConnectionLimits, Mode, Target,
};
use engine_core::extension::ConfigValue;
use engine_host::{Call, ConnectionGrant, Grant, Host, Limits, Plugin};
use tokio::runtime::Runtime;

use self::shared::{call, host, id};

const ROWS: u64 = 200_000;
const ROUNDS: usize = 5;
const QUERY: &str = "select id, name, amount, share, active, day, at, note from orders";

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    fill(&path);
    let connections = shop(path);
    let runtime = Runtime::new().unwrap();
    let host = host(&folder, connections.clone());
    let plugin = host.load(&sieve()).unwrap();
    println!("{ROWS} rows of 8 columns, medians of {ROUNDS} rounds");
    let alone = rate("counted by the host alone", || runtime.block_on(count(&connections)));
    let mut key = 0;
    let mut asked = |does: &str| {
        key += 1;
        runtime.block_on(execute(&host, &plugin, does, &format!("k{key}")))
    };
    let taken = rate("taken by a guest", || asked("take"));
    let changed = rate("changed by a guest, into a file", || asked("change"));
    rate("passed to a file by the host", || asked("pass"));
    let share = (taken.as_secs_f64() - alone.as_secs_f64()) * 100.0 / changed.as_secs_f64();
    println!("the boundary's share of what is changed: {share:.0} %");
}

/// Text, a whole number, decimals, a boolean, a day, an instant, and nothing.
fn fill(path: &Path) {
    let mut database = rusqlite::Connection::open(path).unwrap();
    let table = "create table orders (id integer primary key, name text, amount decimal(12, 2),
         share decimal(5, 4), active boolean, day date, at timestamp, note text)";
    database.execute_batch(table).unwrap();
    let transaction = database.transaction().unwrap();
    let mut insert = transaction
        .prepare(
            "insert into orders values (?, ?, ?, ?, ?, '2026-03-02', '2026-03-02T09:00:00Z', null)",
        )
        .unwrap();
    for n in 0..i64::try_from(ROWS).unwrap() {
        let (amount, share) =
            (format!("{}.{:02}", n % 90_000, n % 100), format!("0.{:04}", n % 10_000));
        insert.execute((n, format!("customer {n}"), amount, share, n % 2 == 0)).unwrap();
    }
    drop(insert);
    transaction.commit().unwrap();
}

fn shop(path: PathBuf) -> Connections {
    let limits = ConnectionLimits { statement_ms: 600_000, ..ConnectionLimits::default() };
    let config = ConnectionConfig { target: Target::Sqlite { path }, read_only: false, limits };
    Connections::new([(id("shop"), config)].into())
}

fn sieve() -> Vec<u8> {
    let path = "../../target/plugins/wasm32-wasip2/release/sieve.wasm";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read(&path)
        .unwrap_or_else(|_| panic!("no plugin at `{}`: run `cargo xtask build`", path.display()))
}

async fn count(connections: &Connections) -> u64 {
    let begin = Begin { mode: Mode::ReadOnly, timeout: None };
    let mut transaction = connections.begin(&id("shop"), begin).await.unwrap();
    let mut stream = transaction.stream(QUERY, &[]).await.unwrap();
    let mut rows = 0;
    while let Some(batch) = stream.next().await.unwrap() {
        rows += batch.rows.len() as u64;
    }
    rows
}

async fn execute(host: &Host, plugin: &Plugin, does: &str, key: &str) -> u64 {
    let grant = Grant {
        connections: [(id("shop"), ConnectionGrant::Read)].into(),
        blobs: true,
        ..Grant::default()
    };
    let limits = Limits {
        fuel: u64::MAX / 2,
        deadline: Duration::from_secs(600),
        rows: 10_000_000,
        blob_bytes: 1 << 30,
        ..Limits::executor()
    };
    let call = Call {
        config: Arc::new([("does".to_owned(), ConfigValue::Json(does.into()))].into()),
        grant: Arc::new(grant),
        limits: Some(Arc::new(limits)),
        ..call([])
    };
    let plan = host.plan(plugin, &call).await.result.unwrap();
    let call = Call { statements: plan.statements.into(), ..call };
    let receipt = host.execute(plugin, &call, key).await.result.unwrap();
    receipt.fields.get("rows").and_then(serde_json::Value::as_u64).unwrap()
}

/// Prints how many rows went through in a second; answers the median time of a round.
fn rate(what: &str, mut round: impl FnMut() -> u64) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            assert_eq!(round(), ROWS, "{what}");
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    let median = times.get(ROUNDS / 2).copied().unwrap();
    println!("{what}: {:.0} rows/s", ROWS as f64 / median.as_secs_f64());
    median
}
