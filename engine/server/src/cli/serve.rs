//! `countersign serve`.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use axum::serve::ListenerExt as _;
use clap::Args;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};

use super::{
    Place,
    output::{say, warn},
    start_log,
};
use crate::{
    config::{Config, LogFormat},
    data, first_party,
    http::{AppState, router, test_router},
};

/// Where to listen where nobody says.
pub const USUAL_ADDRESS: &str = "127.0.0.1:7300";
/// How long calls under way may take after the engine was told to stop.
const DRAIN: Duration = Duration::from_secs(30);
/// How long answers may take after the store has stopped.
const FAREWELL: Duration = Duration::from_secs(2);

const EXAMPLES: &str = "\
Examples:
  countersign serve
  countersign serve --data data --config countersign.toml
  countersign serve --listen 127.0.0.1:0 --log json
  countersign serve --test-control";

/// Serve the API until told to stop.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Serve {
    #[command(flatten)]
    place: Place,
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:7300]
    #[arg(long, env = "COUNTERSIGN_LISTEN", value_name = "ADDR")]
    listen: Option<String>,
    /// How the log is written, on standard error
    #[arg(long, env = "COUNTERSIGN_LOG_FORMAT", value_name = "FORMAT")]
    log: Option<LogFormat>,
    /// Play scenarios for `countersign test --server`: on the loopback address alone, with data in a
    /// temporary folder
    #[arg(long)]
    test_control: bool,
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        if self.test_control {
            return self.run_tests().await;
        }
        let began = Instant::now();
        // Listened for from the beginning: whoever reads that the engine is ready may stop it.
        let signals = Signals::listen().context("cannot listen for signals")?;
        let config = self.place.config()?;
        start_log(self.log.unwrap_or(config.log));
        let state = super::engine(&self.place.folder(&config), &config).await?;
        let organizations = prepare(&state).await?;
        let address = self.listen.or(config.listen.clone());
        let address = address.unwrap_or_else(|| USUAL_ADDRESS.to_owned());
        let listener = TcpListener::bind(&address).await;
        let listener = listener.with_context(|| format!("cannot listen on `{address}`"))?;
        let (address, took) = (listener.local_addr()?, began.elapsed().as_millis());
        say(&format!(
            "countersign {} listens on http://{address} ({organizations}, ready in {took} ms)",
            env!("CARGO_PKG_VERSION"),
        ));
        let result = until_told_to_stop(listener, &state, router(state.clone()), signals).await;
        state.engine.close().await;
        result
    }

    /// A server for tests: nobody's data, no other machine's callers.
    async fn run_tests(self) -> anyhow::Result<ExitCode> {
        let signals = Signals::listen().context("cannot listen for signals")?;
        let config = self.place.config()?;
        start_log(self.log.unwrap_or(config.log));
        let folder = self.place.folder(&config);
        anyhow::ensure!(
            !folder.exists(),
            "`--test-control` keeps its data in a temporary folder: expected no data folder, found `{}`",
            folder.display(),
        );
        let address = self.listen.or(config.listen).unwrap_or_else(|| USUAL_ADDRESS.to_owned());
        let mut found = tokio::net::lookup_host(&address).await;
        let only_here = found.as_mut().is_ok_and(|found| found.all(|at| at.ip().is_loopback()));
        anyhow::ensure!(
            only_here,
            "`--test-control` listens on the loopback address alone: expected such as `{USUAL_ADDRESS}`, found `{address}`",
        );
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let state = data::open(folder.path(), &Config::default()).await?;
        let listener = TcpListener::bind(&address).await;
        let listener = listener.with_context(|| format!("cannot listen on `{address}`"))?;
        let address = listener.local_addr()?;
        say(&format!(
            "countersign {} plays scenarios on http://{address} (`countersign test --server`)",
            env!("CARGO_PKG_VERSION"),
        ));
        let result =
            until_told_to_stop(listener, &state, test_router(state.clone()), signals).await;
        state.engine.close().await;
        result
    }
}

/// Gives every organization the plugins that come with the program.
async fn prepare(state: &AppState) -> anyhow::Result<String> {
    if !first_party::are_built() {
        warn(first_party::NOT_BUILT);
    }
    let organizations = state.engine.organizations();
    for org in &organizations {
        for plugin in first_party::install(state, org).await? {
            tracing::info!(%org, plugin, "installed what comes with the program");
        }
    }
    Ok(match organizations.as_slice() {
        [] => "no organization yet: stop and run `countersign init`".to_owned(),
        [only] => format!("organization `{only}`"),
        several => format!("{} organizations", several.len()),
    })
}

async fn until_told_to_stop(
    listener: TcpListener,
    state: &AppState,
    router: axum::Router,
    mut signals: Signals,
) -> anyhow::Result<ExitCode> {
    let (tell, told) = tokio::sync::watch::channel(false);
    let drained = |mut told: tokio::sync::watch::Receiver<bool>| async move {
        // An error means that nobody can tell any more: stopping is right then too.
        let _ = told.wait_for(|stop| *stop).await;
    };
    let listener = listener.tap_io(|stream| {
        // Without it small answers wait for the client's acknowledgement; with it they are sent.
        let _ = stream.set_nodelay(true);
    });
    let serving = axum::serve(listener, router);
    let mut serving = tokio::spawn(serving.with_graceful_shutdown(drained(told)).into_future());
    tokio::select! {
        ended = &mut serving => {
            ended.context("the server stopped")??;
            anyhow::bail!("the server stopped by itself");
        }
        error = state.engine.stopped() => {
            tracing::error!(%error, "the store has stopped: what is durable is known after a new start");
            tell.send_replace(true);
            // Those who wait are told so; nothing else can be done any more.
            let _ = tokio::time::timeout(FAREWELL, serving).await;
            return Ok(ExitCode::FAILURE);
        }
        () = signals.stop() => tracing::info!("stopping: calls under way are finished"),
    }
    tell.send_replace(true);
    if tokio::time::timeout(DRAIN, serving).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
    Ok(ExitCode::SUCCESS)
}

/// What tells the engine to stop: SIGTERM, or ctrl-c.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
