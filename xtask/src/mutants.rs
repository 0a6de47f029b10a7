//! `cargo xtask mutants`: small faults in what decides, each of which the scenarios alone must notice.
//!
//! `cargo mutants` names the faults; a sample of them, the same for the same seed, is compiled into a copy
//! of the project at once, and the scenarios are played in memory with one of them at a time. What no
//! scenario notices is listed, for a scenario to be added.

mod play;
mod weave;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use self::play::{Played, SCENARIOS, Stage, rules_of};
use crate::{
    process::{must, run as run_logged, say, seconds},
    workspace::Workspace,
};

/// How many faults a run plays that does not say.
pub(crate) const SAMPLE: usize = 80;
/// Which, where a run does not say.
pub(crate) const SEED: u64 = 1;

/// What decides, in the core.
const FILES: [&str; 8] = [
    "engine/core/src/decide.rs",
    "engine/core/src/decide/**",
    "engine/core/src/resolve.rs",
    "engine/core/src/resolve/**",
    "engine/core/src/matching.rs",
    "engine/core/src/eligibility.rs",
    "engine/core/src/visibility.rs",
    "engine/core/src/evaluate.rs",
];
/// The share of mutants, in hundredths, that scenarios alone notice at least.
const WANTED: usize = 90;
/// Rounds in which what does not compile is left out.
const MOST_ROUNDS: usize = 12;

const MODULE: &str = "\
//! Which mutant is played.

pub(crate) fn is(number: usize) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<usize>> = std::sync::OnceLock::new();
    let chosen = || std::env::var(\"COUNTERSIGN_MUTANT\").ok()?.parse().ok();
    *CHOSEN.get_or_init(chosen) == Some(number)
}
";

/// A fault, as `cargo mutants` lists it.
#[derive(Clone, Debug, Deserialize)]
struct Mutant {
    name: String,
    file: String,
    genre: String,
    replacement: String,
    span: Span,
    function: Option<Function>,
    #[serde(skip)]
    number: usize,
}

/// What it is in, from its documentation to its end.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Function {
    span: Span,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Span {
    start: Place,
    end: Place,
}

/// From 1, in characters.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Place {
    line: usize,
    column: usize,
}

/// Plays a sample. True if enough of it is noticed.
///
/// # Errors
/// Something could not be run, or the scenarios fail without any mutant.
pub(crate) fn run(workspace: &Workspace, sample: usize, seed: u64) -> Result<bool> {
    let copy = Copy::new(workspace)?;
    let all = list(workspace)?;
    let mutants = chosen(all, seed, sample * 2);
    let mutants = copy.woven(&mutants, sample)?;
    let stage = Stage::new(copy.build()?, &copy.root)?;
    say(&format!("{} cases pass without a mutant", stage.cases()));
    let missed = missed(&copy, &stage, &mutants)?;
    stage.ensure_clean()?;
    let (all, noticed) = (mutants.len(), mutants.len() - missed.len());
    missed.iter().for_each(|mutant| say(&format!("missed: #{} {}", mutant.number, mutant.name)));
    say(&format!("{noticed} of {all} noticed by scenarios alone (seed {seed})"));
    Ok(noticed * 100 >= all * WANTED)
}

/// Plays these one by one, and gives those that no scenario notices each time.
fn missed<'m>(copy: &Copy<'_>, stage: &Stage, mutants: &'m [Mutant]) -> Result<Vec<&'m Mutant>> {
    let mut missed = Vec::new();
    for (before, mutant) in mutants.iter().enumerate() {
        let started = Instant::now();
        let played = stage.play(mutant.number, &copy.rules(mutant)?)?;
        let word = match &played {
            Played::Noticed(what) => format!("noticed by {what}"),
            Played::Unsteady(what) => format!("UNSTEADY, once noticed by {what}"),
            Played::Missed => "MISSED".to_owned(),
        };
        let (took, number) = (seconds(started.elapsed()), mutant.number);
        let at = format!("{}/{} #{number}", before + 1, mutants.len());
        say(&format!("{at} {}\n    {took}, {word}", mutant.name));
        match played {
            Played::Noticed(_) => {}
            Played::Unsteady(_) | Played::Missed => missed.push(mutant),
        }
    }
    Ok(missed)
}

fn list(workspace: &Workspace) -> Result<Vec<Mutant>> {
    let mut command = workspace.cargo();
    command.args(["mutants", "--list", "--json", "--package", "engine-core"]);
    command.args(FILES.iter().flat_map(|file| ["--file", file]));
    let listed = command.stderr(Stdio::null()).output().context("cannot run `cargo mutants`")?;
    if !listed.status.success() {
        bail!("`cargo mutants` failed; `cargo install --locked cargo-mutants` installs it");
    }
    serde_json::from_slice(&listed.stdout).context("cannot read the list of `cargo mutants`")
}

/// So many of them, in an order that follows from the seed and their names.
fn chosen(mut all: Vec<Mutant>, seed: u64, number: usize) -> Vec<Mutant> {
    all.sort_by_cached_key(|mutant| Sha256::digest(format!("{seed} {}", mutant.name)));
    all.truncate(number);
    for (number, mutant) in all.iter_mut().enumerate() {
        mutant.number = number;
    }
    all
}

/// A copy of the project, with mutants in it.
struct Copy<'a> {
    workspace: &'a Workspace,
    root: PathBuf,
}

impl<'a> Copy<'a> {
    fn new(workspace: &'a Workspace) -> Result<Self> {
        let copy = Self { workspace, root: workspace.target.join("mutants/project") };
        // What is not there any more is not played.
        let scenarios = copy.root.join(SCENARIOS);
        if scenarios.exists() {
            fs::remove_dir_all(&scenarios)
                .context("cannot remove the scenarios of the last run")?;
        }
        let mut git = Command::new("git");
        git.current_dir(&workspace.root).args(["ls-files", "--cached", "--others"]);
        let listed = git.arg("--exclude-standard").output().context("cannot run `git`")?;
        let files = String::from_utf8(listed.stdout).context("a path is no text")?;
        for file in files.lines() {
            copy.put(file, || fs::read(workspace.root.join(file)).ok())?;
        }
        let components = workspace.components();
        let built = fs::read_dir(&components).with_context(|| {
            format!("`{}` is not there: `cargo xtask build`", components.display())
        })?;
        for component in built {
            let component = component?;
            let name = format!("target/components/{}", component.file_name().to_string_lossy());
            copy.put(&name, || fs::read(component.path()).ok())?;
        }
        copy.put("engine/core/src/mutant.rs", || Some(MODULE.into()))?;
        let lib = copy.original("engine/core/src/lib.rs")?;
        let lib = lib.replacen("pub mod calendar;", "mod mutant;\npub mod calendar;", 1);
        copy.put("engine/core/src/lib.rs", || Some(lib.into_bytes()))?;
        Ok(copy)
    }

    /// Writes a file where it has changed, so that only that is compiled again.
    fn put(&self, file: &str, content: impl FnOnce() -> Option<Vec<u8>>) -> Result<()> {
        let Some(content) = content() else { return Ok(()) };
        let path = self.root.join(file);
        if fs::read(&path).is_ok_and(|old| old == content) {
            return Ok(());
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make `{}`", folder.display()))?;
        fs::write(&path, content).with_context(|| format!("cannot write `{}`", path.display()))
    }

    fn original(&self, file: &str) -> Result<String> {
        let path = self.workspace.root.join(file);
        fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))
    }

    /// The rules that are cited where a mutant is, or else in its file.
    fn rules(&self, mutant: &Mutant) -> Result<BTreeSet<String>> {
        let text = self.original(&mutant.file)?;
        let Some(Span { start, end }) = mutant.function.map(|function| function.span) else {
            return Ok(rules_of(&text));
        };
        let lines = text.lines().skip(start.line.saturating_sub(1));
        let cited = rules_of(&lines.take(end.line + 1 - start.line).collect::<Vec<_>>().join("\n"));
        Ok(if cited.is_empty() { rules_of(&text) } else { cited })
    }

    /// Weaves `sample` of these in, those that find a place and compile.
    fn woven(&self, mutants: &[Mutant], sample: usize) -> Result<Vec<Mutant>> {
        let mut unfit: BTreeSet<usize> = BTreeSet::new();
        for round in 1..=MOST_ROUNDS {
            let fit = |mutant: &&Mutant| !unfit.contains(&mutant.number);
            let tried: Vec<&Mutant> = mutants.iter().filter(fit).take(sample).collect();
            let left_out = self.weave(mutants, &tried)?;
            if !left_out.is_empty() {
                unfit.extend(left_out);
                continue;
            }
            let broken = self.broken(&tried)?;
            say(&format!(
                "round {round}: {} mutants, {} do not compile",
                tried.len(),
                broken.len()
            ));
            if broken.is_empty() {
                return Ok(tried.into_iter().cloned().collect());
            }
            unfit.extend(broken);
        }
        bail!("after {MOST_ROUNDS} rounds there are still mutants that do not compile")
    }

    /// Weaves these in, and says which found no place; files without any are as they were.
    fn weave(&self, all: &[Mutant], tried: &[&Mutant]) -> Result<Vec<usize>> {
        let mut left_out = Vec::new();
        let files: BTreeSet<&str> = all.iter().map(|mutant| mutant.file.as_str()).collect();
        for file in files {
            let here: Vec<&Mutant> =
                tried.iter().filter(|mutant| mutant.file == file).copied().collect();
            let (text, without) = weave::weave(&self.original(file)?, &here)?;
            self.put(file, || Some(text.into_bytes()))?;
            left_out.extend(without);
        }
        Ok(left_out)
    }

    fn cargo(&self) -> Command {
        let mut cargo = self.workspace.cargo();
        cargo.current_dir(&self.root);
        cargo.env("CARGO_TARGET_DIR", self.target());
        cargo
    }

    fn target(&self) -> PathBuf {
        self.workspace.target.join("mutants/build")
    }

    /// Which of these do not compile: what each error is about, or else follows.
    fn broken(&self, tried: &[&Mutant]) -> Result<Vec<usize>> {
        let mut cargo = self.cargo();
        cargo.args(["check", "--package", "engine-core", "--lib", "--message-format", "json"]);
        let outcome = run_logged(self.workspace, "mutants check", cargo)?;
        let mut broken = BTreeSet::new();
        for (file, end) in outcome.output.lines().filter_map(error_of) {
            let woven = fs::read_to_string(self.root.join(&file)).unwrap_or_default();
            let number = woven.get(..end).and_then(weave::last_number);
            broken.extend(number.filter(|number| tried.iter().any(|it| it.number == *number)));
        }
        let explained = outcome.success || !broken.is_empty();
        ensure!(explained, "the core does not compile; all of it: {}", outcome.log.display());
        Ok(broken.into_iter().collect())
    }

    /// The program that plays the scenarios; of the whole workspace, so that less is compiled anew.
    fn build(&self) -> Result<PathBuf> {
        let mut cargo = self.cargo();
        cargo.args(["build", "--workspace", "--bin", "countersign"]);
        must(self.workspace, "mutants build", cargo)?;
        Ok(self.target().join("debug/countersign"))
    }
}

/// The file of a compiler's error, and the byte where what it is about ends.
fn error_of(line: &str) -> Option<(String, usize)> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let message = message.get("message").filter(|message| message["level"] == "error")?;
    let spans = message.get("spans")?.as_array()?;
    let primary = spans.iter().find(|span| span["is_primary"] == true)?;
    let end = usize::try_from(primary.get("byte_end")?.as_u64()?).ok()?;
    Some((primary.get("file_name")?.as_str()?.to_owned(), end))
}
