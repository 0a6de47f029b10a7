//! From start to ready, and what the process holds when idle.
//!
//! The process is this program itself: called with `serve` or `init` it is the `countersign` command,
//! built alike. Ready is when the first `GET /readyz` is answered. Folders: one with an organization
//! and the first-party plugins, one with 100,000 closed requests more, and those with 100 and 1,000 plugins
//! more: the calendar, each time with another note at its end. Of the last, what it takes to have them all
//! ready to be called, and a call of one of them. The process in which the requests were closed tells
//! its memory on the way.
//!
//! `cargo bench -p countersign-tests --bench start -- --starts 10 --requests 100000 --plugins 1000`

#![expect(clippy::indexing_slicing, reason = "what a bench cannot go on without ends it")]

#[path = "start/closed.rs"]
mod closed;
#[path = "start/plugins.rs"]
mod plugins;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStdout, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use engine_core::{directory::OrganizationRole, ids::OrgId};
use engine_runtime::{Caller, Engine};
use engine_server::first_party;
use mimalloc::MiMalloc;

/// That of the program `countersign`.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How long an engine is left alone before its memory is looked at.
const IDLE: Duration = Duration::from_secs(2);

struct Arguments {
    starts: usize,
    requests: usize,
    plugins: usize,
}

fn main() -> ExitCode {
    if std::env::args().nth(1).is_some_and(|word| word == "serve" || word == "init") {
        return engine_server::cli::main();
    }
    match arguments().and_then(|arguments| arguments.map_or(Ok(()), |wanted| bench(&wanted))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Nothing where other benches are asked for; as little as can be without `--bench`.
fn arguments() -> Result<Option<Arguments>> {
    let measured = std::env::args().any(|word| word == "--bench");
    let (starts, requests, plugins) = if measured { (10, 100_000, 1_000) } else { (1, 10, 3) };
    let mut arguments = Arguments { starts, requests, plugins };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("`{word}` needs a value"));
        match word.as_str() {
            "--bench" | "--test" => {}
            "--starts" => arguments.starts = value()?.parse()?,
            "--requests" => arguments.requests = value()?.parse()?,
            "--plugins" => arguments.plugins = value()?.parse()?,
            option if option.starts_with('-') => bail!("unknown option `{option}`"),
            filter if "start".contains(filter) => {}
            _ => return Ok(None),
        }
    }
    Ok(Some(arguments))
}

fn bench(arguments: &Arguments) -> Result<()> {
    let exe = std::env::current_exe()?;
    let place = tempfile::Builder::new()
        .prefix("start-")
        .tempdir_in(exe.parent().context("a program in no folder")?)?;
    let data = place.path().join("data");
    let made = countersign()?.args(["init", "--org", "acme", "--data"]).arg(&data).output()?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    if !first_party::are_built() {
        println!("{}: these numbers are without them", first_party::NOT_BUILT);
    }
    header();
    row("plugins", &data, arguments.starts)?;
    tokio::runtime::Runtime::new()?.block_on(closed::fill(&data, arguments.requests))?;
    header();
    row(&format!("{} closed requests", arguments.requests), &data, arguments.starts)?;
    plugins::bench(&place.path().join("plugins"), arguments)
}

fn header() {
    println!("\n| folder | to ready, median (least–most) ms | idle memory MiB | file MiB |");
    println!("|---|---|---|---|");
}

fn countersign() -> Result<Command> {
    Ok(Command::new(std::env::current_exe()?))
}

/// The owner of the organization, who asks.
fn owner(engine: &Engine) -> Result<Caller> {
    let org: OrgId = "acme".parse()?;
    let organization = engine.organization(&org)?;
    let owner = organization.organization.directory.with_role(OrganizationRole::Owner).next();
    Ok(Caller::new(org, owner.context("no owner")?.id.clone(), "bench"))
}

/// Measures a folder. The first start is not counted: it reads what was written long ago.
fn row(name: &str, data: &Path, starts: usize) -> Result<()> {
    Serving::start(data)?.stop()?;
    let mut times = Vec::new();
    for _ in 0..starts {
        let serving = Serving::start(data)?;
        times.push(serving.ready_after.as_secs_f64() * 1_000.0);
        serving.stop()?;
    }
    times.sort_by(f64::total_cmp);
    let serving = Serving::start(data)?;
    std::thread::sleep(IDLE);
    let memory = memory(&serving.child.id().to_string())?;
    serving.stop()?;
    let file = std::fs::metadata(data.join("store.redb"))?.len() >> 20;
    let (least, most) = (times[0], times[times.len() - 1]);
    let median = times[(times.len() - 1) / 2];
    println!("| {name} | {median:.0} ({least:.0}–{most:.0}) | {memory:.1} | {file} |");
    Ok(())
}

/// An engine that serves a folder.
struct Serving {
    child: Child,
    /// Open, so that the engine can say something.
    _output: BufReader<ChildStdout>,
    ready_after: Duration,
}

impl Serving {
    fn start(data: &Path) -> Result<Self> {
        let began = Instant::now();
        let mut child = countersign()?
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut output = BufReader::new(child.stdout.take().context("no output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let address = line.split_once("http://").and_then(|(_, rest)| rest.split(' ').next());
        let address = address.with_context(|| format!("the engine said `{}`", line.trim()))?;
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        ensure!(answer.starts_with("HTTP/1.1 200"), "the engine answered `{answer}`");
        Ok(Self { child, _output: output, ready_after: began.elapsed() })
    }

    fn stop(mut self) -> Result<()> {
        let pid = self.child.id().to_string();
        ensure!(Command::new("kill").args(["-TERM", &pid]).status()?.success(), "cannot be told");
        ensure!(self.child.wait()?.success(), "the engine did not end well");
        Ok(())
    }
}

/// What a process has in memory, in MiB; this one is `self`.
fn memory(process: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).context("no `VmRSS`")?;
    Ok(kib.parse::<f64>()? / 1_024.0)
}
