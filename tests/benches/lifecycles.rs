//! Whole lifecycles per second over HTTP, beside a floor that writes the same without any logic.
//!
//! A lifecycle is a submission, the one approval that it needs, and an execution that does nothing:
//! two calls and four durable commits. A client begins the next one when the execution of the last
//! one is durably over. The rows:
//!
//! * `bare`: three calls, three commits of three small records each, one-phase: what the numbers of
//!   a machine are usually told in.
//! * `floor`: the calls and commits of a lifecycle through axum and redb with group commit, and
//!   nothing else. It replays the records that the engine wrote for one lifecycle, byte by byte, with
//!   other ids.
//! * `engine`: the engine, with idempotency keys, its log written to a file.
//! * `engine, wasm`: the same with a plugin as entry condition, in a fresh instance at each call.
//!
//! Rows take turns, so that what disturbs the machine disturbs all of them; medians are shown, with
//! the extremes. Clients and server are one process, with a runtime each.
//!
//! `cargo bench -p countersign-tests --bench lifecycles -- --seconds 3 --rounds 3 --clients 32,64`

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what a bench cannot go on without ends it"
)]

mod lifecycles {
    pub(crate) mod arguments;
    pub(crate) mod client;
    pub(crate) mod ends;
    pub(crate) mod engine;
    pub(crate) mod floor;
    pub(crate) mod replay;
    pub(crate) mod table;
    pub(crate) mod watched;
}

use std::{path::Path, time::Duration};

use anyhow::{Context, Result};
use lifecycles::{
    arguments::Arguments,
    client::{Load, load},
    engine::{Condition, EngineUnderLoad},
    floor::{Floor, Writes},
    replay::record,
    table::{Run, Table},
};
use mimalloc::MiMalloc;
use tokio::runtime::{Builder, Runtime};

/// That of the program `countersign`.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    Bare,
    Floor,
    Engine(Condition),
}

const ROWS: [Row; 4] =
    [Row::Bare, Row::Floor, Row::Engine(Condition::None), Row::Engine(Condition::Wasm)];

impl Row {
    const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Floor => "floor",
            Self::Engine(Condition::None) => "engine",
            Self::Engine(Condition::Wasm) => "engine, wasm",
        }
    }
}

fn main() -> Result<()> {
    let Some(arguments) = Arguments::parse("lifecycles", std::env::args().skip(1))? else {
        return Ok(());
    };
    let folder = lifecycles::arguments::folder(&arguments)?;
    lifecycles::engine::start_log(&folder.path().join("log"))?;
    let writes = server()?.block_on(record(&folder.path().join("recorded")))?;
    println!("{writes}");
    let mut table = Table::default();
    for round in 0..arguments.rounds {
        for clients in &arguments.clients {
            for row in ROWS {
                if !arguments.wants(row.name()) {
                    continue;
                }
                let place = folder.path().join(format!("{round}-{clients}-{}", row.name()));
                let run = measure(row, *clients, arguments.time, &place, &writes)
                    .with_context(|| format!("row `{}`", row.name()))?;
                println!("{}", run.line(row.name(), *clients));
                table.add(row.name(), *clients, run);
                std::fs::remove_dir_all(&place)?;
            }
        }
    }
    println!("\n{table}");
    Ok(())
}

fn server() -> Result<Runtime> {
    Ok(Builder::new_multi_thread().thread_name("server").enable_all().build()?)
}

fn measure(row: Row, clients: usize, time: Duration, place: &Path, writes: &Writes) -> Result<Run> {
    std::fs::create_dir_all(place)?;
    let server = server()?;
    let run = |target, commits: &dyn Fn() -> u64| {
        load(&Load { clients, time, warm_up: time / 4, target }, commits)
    };
    match row {
        Row::Bare | Row::Floor => {
            let bare = Writes::bare();
            let (writes, two_phase) =
                if row == Row::Bare { (&bare, false) } else { (writes, true) };
            let floor = server.block_on(Floor::start(place, writes, two_phase))?;
            let samples = run(floor.target(), &|| floor.transactions())?;
            Ok(Run::new(samples, if two_phase { 2 } else { 1 }))
        }
        Row::Engine(condition) => {
            let engine = server.block_on(EngineUnderLoad::start(place, condition))?;
            let samples = run(engine.target(), &|| engine.transactions())?;
            server.block_on(engine.check(samples.all))?;
            Ok(Run::new(samples, 2))
        }
    }
}
