//! Tests of rules, written as files: the runner behind `countersign test`.
//!
//! A scenario file has a world (people, rules, scripts, plugins) and cases. Each case runs
//! against an engine of its own, real but for the clock, which only the file moves, and the plugins
//! that the file replaces by stubs. What is expected after a step is compared exactly; a refused
//! command must leave the log as it was.
//!
//! To add a command see `command.rs`; to add a key of `expect` see `expect.rs`.

mod act;
mod bench;
mod beside;
mod broken;
pub mod cli;
mod command;
pub(crate) mod control;
mod crash;
mod expect;
mod file;
mod notices;
mod play;
mod prepare;
mod remote;
mod report;
mod stage;
mod stub;
mod update;
mod world;

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use engine_api::document::MAX_BYTES;
use futures::{StreamExt as _, stream};

use self::{
    bench::Extensions, beside::Beside, broken::Broken, file::ScenarioFile, play::Player,
    remote::Server, stage::Room, world::Builder,
};
pub use self::{
    cli::{TestArgs, test},
    report::{CaseReport, Failure, Mismatch, Report},
    update::Updated,
};
use crate::{caches, config::Config};

/// Where the data of each case is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum StoreKind {
    /// In memory.
    #[default]
    Memory,
    /// In a temporary folder.
    Redb,
    /// Not available in this version: every case fails.
    #[value(hide = true)]
    Postgres,
}

/// How to run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Only cases whose name contains this text.
    pub filter: Option<String>,
    /// Where data is kept.
    pub store: StoreKind,
    /// The server on which cases are played, started with `--test-control`; none for engines of
    /// this process.
    pub server: Option<String>,
    /// Whether expectations that do not hold are written anew.
    pub update: bool,
}

/// Hears of each case as soon as it and those before it have been played.
pub type Listener<'a> = &'a mut (dyn FnMut(&CaseReport) + Send);

impl Options {
    fn wants(&self, case: &str) -> bool {
        self.filter.as_ref().is_none_or(|wanted| case.contains(wanted.as_str()))
    }
}

/// How many cases are played at once.
const AT_ONCE: usize = 8;

/// Said where it is asked for.
const NO_POSTGRES: &str = "there is no store `postgres` in this version: \
    use `--store redb` for data on disk, or `--store memory`";
/// How often a file is written at most in one run: what could not be seen before can be wrong too.
const MAX_ROUNDS: usize = 3;

/// Where the cases of a run are played.
struct Theatre<'a> {
    options: &'a Options,
    host: HostRoom,
    server: Option<Server>,
}

/// Runs the scenario files of `paths`; a folder stands for every `*.scenario.yaml` and
/// `*.scenario.json` below it. A file that cannot be read counts as one failed case and does not stop
/// the others.
pub async fn run(paths: &[PathBuf], options: &Options) -> Report {
    run_telling(paths, options, &mut |_| {}).await
}

/// As [`run`]; the listener hears of each case.
pub async fn run_telling(paths: &[PathBuf], options: &Options, tell: Listener<'_>) -> Report {
    let mut report = Report::default();
    let server = match &options.server {
        None => None,
        Some(url) => match Server::find(url).await {
            Ok(server) => Some(server),
            Err(broken) => {
                report.add(unreadable(Path::new(url), broken.to_string()), tell);
                return report;
            }
        },
    };
    let mut theatre = Theatre { options, host: HostRoom::default(), server };
    for path in paths {
        match files(path) {
            Ok(found) if found.is_empty() => {
                let message = "expected files that end in `.scenario.yaml`, found none".to_owned();
                report.add(unreadable(path, message), tell);
            }
            Ok(found) => {
                for file in found {
                    theatre.file(&file, &mut report, tell).await;
                }
            }
            Err(error) => {
                report.add(unreadable(path, format!("cannot be read: {error}")), tell);
            }
        }
    }
    report
}

fn unreadable(path: &Path, message: String) -> CaseReport {
    let name = path.display().to_string();
    CaseReport::unreadable(&name, 1, &name, message)
}

/// A file itself, or the scenarios below a folder in the order of their names.
fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        // A link to a folder may lead back here.
        let is_folder = entry.file_type()?.is_dir();
        let entry = entry.path();
        let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if is_folder {
            found.extend(files(&entry)?);
        } else if name.ends_with(".scenario.yaml") || name.ends_with(".scenario.json") {
            found.push(entry);
        }
    }
    found.sort();
    Ok(found)
}

/// The text of a scenario file; of one that is too long, no more than it takes to see that.
fn read(path: &Path) -> Result<String, String> {
    let cannot = |error: std::io::Error| format!("cannot be read: {error}");
    let file = std::fs::File::open(path).map_err(cannot)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES as u64 + 4).read_to_end(&mut bytes).map_err(cannot)?;
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..good).unwrap_or_default();
        if good + 4 > MAX_BYTES {
            return format!("expected at most {MAX_BYTES} bytes, found more");
        }
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("line {line}: expected text in UTF-8, found the byte {good} to be no part of any")
    })
}

impl Theatre<'_> {
    /// Plays a file; where asked to, writes what was found into it and plays it again.
    async fn file(&mut self, path: &Path, report: &mut Report, tell: Listener<'_>) {
        if !self.options.update {
            report.cases.extend(self.play(path, tell).await);
            return;
        }
        let mut cases = self.play(path, &mut |_| {}).await;
        for _ in 0..MAX_ROUNDS {
            match update::update(path, &cases) {
                Ok(updated) if updated.is_empty() => break,
                Ok(updated) => report.updated.extend(updated),
                Err(message) => {
                    cases.push(unreadable(path, message));
                    break;
                }
            }
            cases = self.play(path, &mut |_| {}).await;
        }
        cases.into_iter().for_each(|case| report.add(case, tell));
    }

    async fn play(&mut self, path: &Path, tell: Listener<'_>) -> Vec<CaseReport> {
        let played = self.cases(path, &mut *tell).await;
        played.unwrap_or_else(|message| {
            let case = unreadable(path, message);
            tell(&case);
            vec![case]
        })
    }

    async fn cases(&mut self, path: &Path, tell: Listener<'_>) -> Result<Vec<CaseReport>, String> {
        let text = read(path)?;
        let name = path.display().to_string();
        let file = ScenarioFile::read(&name, &text).map_err(|errors| errors.to_string())?;
        let extensions = match &self.server {
            Some(_) => None,
            None => self.host.for_file(&file).await.map_err(|broken| broken.to_string())?,
        };
        let beside = Beside::Folder(path.parent().unwrap_or(Path::new(".")).to_owned());
        let builder = Builder { file: &file, beside, kind: self.options.store, extensions };
        let wanted = |index: &usize| self.options.wants(&file.name_of(*index));
        let cases = (0..file.count()).filter(wanted).map(|index| self.report(&builder, index));
        // Each has a world of its own; most of the time they wait for the disk or the server.
        let cases = stream::iter(cases).buffered(AT_ONCE).inspect(|case| tell(case));
        Ok(cases.collect().await)
    }

    async fn report(&self, builder: &Builder<'_>, index: usize) -> CaseReport {
        let file = builder.file;
        let line = file.line(&ScenarioFile::place(index));
        let failures = self.case(builder, index).await.unwrap_or_else(|broken| {
            vec![Failure::broken(line, "", broken.to_string(), ScenarioFile::place(index))]
        });
        let (name, file) = (file.name_of(index), file.document.name().to_owned());
        CaseReport { file, line, name, failures }
    }

    async fn case(&self, builder: &Builder<'_>, index: usize) -> Result<Vec<Failure>, Broken> {
        let case = builder.file.case(index).map_err(|errors| Broken::new(errors.to_string()))?;
        let room = Room { builder, server: self.server.as_ref() };
        let mut player = Player::new(&room, &case).await?;
        let failures = player.play().await;
        player.close().await?;
        Ok(failures)
    }
}

/// The plugin host of a run, started when the first file needs it.
#[derive(Debug, Default)]
struct HostRoom {
    open: Option<(engine_host::Host, tempfile::TempDir)>,
}

impl HostRoom {
    async fn for_file(&mut self, file: &ScenarioFile) -> Result<Option<Extensions>, Broken> {
        let has_components = file.world.plugins.iter().any(|plugin| plugin.component.is_some());
        if file.world.scripts.is_empty() && !has_components {
            return Ok(None);
        }
        self.always().await.map(Some)
    }

    /// The host, whether or not a file needs it.
    async fn always(&mut self) -> Result<Extensions, Broken> {
        let (host, folder) = match self.open.take() {
            Some(open) => open,
            None => start_host().await?,
        };
        let extensions =
            Extensions { host: host.clone(), folder: folder.path().join("components") };
        self.open = Some((host, folder));
        Ok(extensions)
    }
}

async fn start_host() -> Result<(engine_host::Host, tempfile::TempDir), Broken> {
    let broken = |error: &dyn std::error::Error| Broken::new(error.to_string());
    let folder = tempfile::tempdir().map_err(|error| broken(&error))?;
    let limits = engine_host::HostLimits::default();
    let host = caches::host(folder.path(), &Config::default(), limits).await;
    Ok((host.map_err(|error| broken(&error))?, folder))
}
