//! `countersign script`.

mod bench;
mod check;
mod run;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use engine_core::{
    extension::{Failure, Verdict},
    ids::UserId,
};
use engine_host::{
    Answer, Call, Host, MAX_SCRIPT_BYTES, Script, ScriptError, ScriptLimits, ScriptRole, Trace,
};
use serde_json::{Value as Json, json};

use super::output::warn;
use crate::workshop::{
    Workshop,
    words::{nominee, problem},
};

/// Of all of `countersign script`.
pub(super) const EXAMPLES: &str = "\
Examples:
  countersign script check company/office-hours.rhai --as condition --properties company
  countersign script run company/office-hours.rhai -i request.json
  countersign script bench company/office-hours.rhai -i request.json --max-operations 500

Exit status:
  0  fine: the script compiles, it answered, it is within the gate
  1  not: the script has errors, it gave no answer, it used too many operations
  2  wrong usage";

/// Check, run and measure scripts.
#[derive(Debug, Subcommand)]
pub(super) enum ScriptCommand {
    /// Compile a script, and say what can be said of it without running it
    Check(check::Check),
    /// Run a script once, in the host that the engine uses
    Run(run::Run),
    /// Measure what a script takes
    Bench(bench::Bench),
}

impl ScriptCommand {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Check(check) => check.run(),
            Self::Run(run) => run.run().await,
            Self::Bench(bench) => bench.run().await,
        }
    }
}

/// What a script is used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Role {
    /// It ends in `true`, or in a text that tells the person why not
    Condition,
    /// It ends in a list of logins or users
    Approvers,
    /// It ends in a list of problems
    Validator,
}

impl From<Role> for ScriptRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Condition => Self::Condition,
            Role::Approvers => Self::Approvers,
            Role::Validator => Self::Validator,
        }
    }
}

/// A script, and what it is asked about.
#[derive(Debug, Args)]
struct Asked {
    /// The script
    file: PathBuf,
    /// What it is asked about, as for `countersign plugin run`
    #[arg(short, long, value_name = "FILE")]
    input: PathBuf,
    /// What it is used as
    #[arg(long = "as", value_name = "ROLE", value_enum, default_value_t = Role::Condition)]
    role: Role,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// A script that was compiled, and its call.
struct Ready {
    workshop: Workshop,
    script: Script,
    call: Call,
    role: Role,
}

impl Asked {
    /// None where the script does not compile; that has been told.
    async fn ready(&self) -> anyhow::Result<Option<Ready>> {
        let workshop = Workshop::bare()?;
        let Some(script) = compile(&workshop.host, &self.file, &read(&self.file)?) else {
            return Ok(None);
        };
        let (call, _) = workshop.asked(&self.input).await?;
        Ok(Some(Ready { workshop, script, call, role: self.role }))
    }
}

impl Ready {
    /// Asks the script once; its answer in JSON.
    fn ask(&self) -> Answer<Json> {
        let (host, script, call) = (&self.workshop.host, &self.script, &self.call);
        let who = |id: &UserId| {
            call.directory.user(id).map_or_else(|| id.to_string(), |user| user.login.to_string())
        };
        match self.role {
            Role::Condition => told(host.script_condition(script, call), |verdict| match verdict {
                Verdict::Met => json!("met"),
                Verdict::Unmet(message) => json!({ "unmet": message.text }),
            }),
            Role::Approvers => told(host.script_approvers(script, call), |nominees| {
                nominees.iter().map(|found| nominee(found, &who)).collect()
            }),
            Role::Validator => told(host.script_validator(script, call), |problems| {
                problems.iter().map(problem).collect()
            }),
        }
    }
}

fn told<T>(answer: Answer<T>, tell: impl FnOnce(T) -> Json) -> Answer<Json> {
    let Answer { result, trace } = answer;
    Answer { result: result.map(tell), trace }
}

/// The text of a script, unless the engine would refuse it for its size alone.
fn read(file: &Path) -> anyhow::Result<String> {
    let cannot = || format!("cannot read `{}`", file.display());
    let size = std::fs::metadata(file).with_context(cannot)?.len();
    anyhow::ensure!(
        size <= MAX_SCRIPT_BYTES as u64,
        "`{}` has {size} bytes, the most that a script may have are {MAX_SCRIPT_BYTES}",
        file.display()
    );
    std::fs::read_to_string(file).with_context(cannot)
}

/// Compiles a script; what is wrong is told on standard error.
fn compile(host: &Host, file: &Path, text: &str) -> Option<Script> {
    host.compile_script(text).map_err(|error| complain("error [script_invalid]", file, &error)).ok()
}

/// A mistake with its line and a caret.
fn complain(what: &str, file: &Path, error: &ScriptError) {
    warn(format!("{what}: {}: {error}\n{}", file.display(), error.snippet).trim_end());
}

/// Why there is no answer, with the line and a caret.
fn failed(failure: &Failure) {
    warn(&format!("error: {}", failure.detail.as_deref().unwrap_or(&failure.message)));
}

/// What a run may use, and what of it this one has, in per cent.
fn share(trace: &Trace) -> (u64, f64) {
    let limit = ScriptLimits::default().operations;
    let share = trace.fuel as f64 * 100.0 / limit as f64;
    (limit, share)
}
