//! Runs a program with its output in a log, and says how it goes.

use std::{
    fs::{self, File},
    io::{IsTerminal, Write, stdout},
    path::PathBuf,
    process::{Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

const POLL: Duration = Duration::from_millis(100);
const HEARTBEAT: Duration = Duration::from_secs(60);
const SHOWN_ON_FAILURE: usize = 60;

/// How a program ended.
pub(crate) struct Outcome {
    /// Exit code 0.
    pub(crate) success: bool,
    /// Everything it printed.
    pub(crate) output: String,
    /// Where that was written.
    pub(crate) log: PathBuf,
    /// How long it took.
    pub(crate) took: Duration,
}

impl Outcome {
    /// The last lines, for a person who wants to know why it failed.
    pub(crate) fn ending(&self) -> String {
        let lines: Vec<&str> = self.output.lines().collect();
        let from = lines.len().saturating_sub(SHOWN_ON_FAILURE);
        lines.get(from..).unwrap_or_default().join("\n")
    }
}

/// Runs `command` to its end with its output in `target/xtask/NAME.log`.
///
/// # Errors
/// The program cannot be started, or the log cannot be written. A program that fails is an
/// [`Outcome`].
pub(crate) fn run(workspace: &Workspace, name: &str, mut command: Command) -> Result<Outcome> {
    let folder = workspace.target.join("xtask");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let log = folder.join(format!("{}.log", name.replace([' ', '/'], "-")));
    let file = File::create(&log).with_context(|| format!("cannot write `{}`", log.display()))?;
    let program = command.get_program().to_string_lossy().into_owned();
    let started = Instant::now();
    let mut child = command
        .env("CARGO_TERM_COLOR", "never")
        .env("TERM", "dumb")
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .with_context(|| format!("cannot start `{program}`"))?;
    let status = wait(name, started, || child.try_wait())?;
    let output = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    Ok(Outcome { success: status.success(), output, log, took: started.elapsed() })
}

/// [`run`], for what nothing can go on without.
///
/// # Errors
/// As [`run`], and the program failing; the end of its output is part of the error.
pub(crate) fn must(workspace: &Workspace, name: &str, command: Command) -> Result<Outcome> {
    say(&format!("{name} …"));
    let outcome = run(workspace, name, command)?;
    if !outcome.success {
        bail!("{name} failed:\n{}\n(all of it: {})", outcome.ending(), outcome.log.display());
    }
    say(&format!("{name}: done in {}", seconds(outcome.took)));
    Ok(outcome)
}

/// Prints one line of progress at once.
pub(crate) fn say(line: &str) {
    let mut out = stdout().lock();
    // A closed pipe must not stop the work that is being told about.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// A length of time for people.
pub(crate) fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

fn wait(
    name: &str,
    started: Instant,
    mut ended: impl FnMut() -> std::io::Result<Option<ExitStatus>>,
) -> Result<ExitStatus> {
    // A terminal sees the line that precedes this wait; a log of CI wants a sign of life as well.
    let heartbeat = if stdout().is_terminal() { HEARTBEAT / 4 } else { HEARTBEAT };
    let mut next = heartbeat;
    loop {
        if let Some(status) = ended()? {
            return Ok(status);
        }
        if started.elapsed() >= next {
            say(&format!("    {name}: still running after {} s", next.as_secs()));
            next += heartbeat;
        }
        thread::sleep(POLL);
    }
}
