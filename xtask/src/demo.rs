//! `cargo xtask demo`: the whole idea, played against a real engine and real databases.
//!
//! ```text
//! stage      databases, the engine as a process, the example organization, people with tokens
//! fix        a correction of data needs more people the more it is worth
//! told       who cannot decide is told why; a stranger is told nothing
//! export     a query becomes a file
//! access     a database role for a while
//! urgent     done first, approved after
//! crash      kill -9 in the middle of executions
//! ```
//!
//! Everything goes through the HTTP API or the command line; what is claimed is then looked up in the
//! databases, past the engine. A claim that does not hold ends the demo with exit code 1.
//!
//! To add an act, give it a module with a `play`, and a line in [`ACTS`].

mod access;
mod check;
mod client;
mod crash;
mod database;
mod engine;
mod export;
mod fix;
mod stage;
mod tell;
mod told;
mod urgent;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::{
    build::{self, Profile},
    process::say,
    workspace::Workspace,
};
use stage::Stage;
use tell::Tell;

const POLL: Duration = Duration::from_millis(100);

/// A part of the story, with the words for an error.
type Act = (&'static str, fn(&mut Stage) -> Result<()>);

const ACTS: [Act; 6] = [
    ("the data fixes", fix::play),
    ("who cannot decide", told::play),
    ("the export", export::play),
    ("the access grants", access::play),
    ("the urgent request", urgent::play),
    ("the crash", crash::play),
];

/// Builds, plays the story, and leaves the engine running or, with `once`, nothing.
///
/// # Errors
/// The first thing that is not as it must be.
pub(crate) fn run(workspace: &Workspace, binary: Option<PathBuf>, once: bool) -> Result<()> {
    let binary = match binary {
        Some(binary) => binary.canonicalize().with_context(|| binary.display().to_string())?,
        None => build::run(workspace, Profile::Demo)?,
    };
    let told_to_stop = listen_for_signals()?;
    let mut stage = Stage::set(workspace, binary, Tell::new()).context("the stage")?;
    for (name, play) in ACTS {
        ensure!(!told_to_stop.load(Ordering::Relaxed), "stopped before {name}");
        play(&mut stage).with_context(|| format!("{name}: not as it must be"))?;
    }
    stage.tell.ending();
    if !once {
        serve_on(&mut stage, &told_to_stop)?;
    }
    stage.engine.stop()
}

/// Set by ctrl-c and its like, so that servers and folders are cleared away.
fn listen_for_signals() -> Result<Arc<AtomicBool>> {
    let told = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&told)).context("cannot hear signals")?;
    }
    Ok(told)
}

/// The engine goes on until somebody stops it.
fn serve_on(stage: &mut Stage, told_to_stop: &AtomicBool) -> Result<()> {
    let token = stage.token_to_try()?;
    let url = &stage.engine.url;
    say("");
    say(&format!("The engine goes on serving at {url} until ctrl-c. Try it as omar:"));
    say(&format!("  curl -H 'Authorization: Bearer {token}' '{url}/api/v1/requests?list=all'"));
    say(&format!("  curl {url}/api/v1/openapi.json"));
    say(&format!("Everything is in {}, and goes with it", stage.folder().display()));
    while !told_to_stop.load(Ordering::Relaxed) && stage.engine.is_running()? {
        thread::sleep(POLL);
    }
    Ok(())
}
