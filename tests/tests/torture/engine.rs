//! The program as a process.

use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use countersign_tests::{program, told_by_the_environment};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// How long a start may take, on a slow machine with other things to do.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long any other command may take.
const DONE_WITHIN: Duration = Duration::from_secs(60);

/// The program with these arguments and without anything of the caller's environment that it reads.
pub(super) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(program().unwrap());
    for name in told_by_the_environment() {
        command.env_remove(name);
    }
    command.args(arguments).env("NO_COLOR", "1").stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs a command that ends by itself.
pub(super) async fn finish(mut command: Command) -> Output {
    let output = tokio::time::timeout(DONE_WITHIN, command.output()).await;
    output.expect("the command does not end").unwrap()
}

/// An engine that serves.
pub(super) struct Engine {
    child: Child,
    /// Such as `http://127.0.0.1:7300`.
    pub(super) url: String,
    /// From the start of the process to its first line.
    pub(super) ready_after: Duration,
    log: PathBuf,
    // Kept open: whoever writes to a closed pipe gets an error.
    _out: Lines<BufReader<ChildStdout>>,
}

impl Engine {
    /// Starts one on any free port, and waits until it says that it listens. Its log is added to a file.
    pub(super) async fn start(data: &Path, config: &Path, log: &Path) -> Self {
        let began = Instant::now();
        let mut command = command(&["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(data).arg("--config").arg(config);
        let errors: File = OpenOptions::new().create(true).append(true).open(log).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(errors).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(READY_WITHIN, out.next_line()).await;
        let Ok(Ok(Some(line))) = line else {
            panic!("the engine does not start: {line:?}\n{}", ending(log))
        };
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.unwrap_or_else(|| panic!("no address in `{line}`")).to_owned();
        Self { child, url, ready_after: began.elapsed(), log: log.to_owned(), _out: out }
    }

    /// `kill -9`, and the end of the process.
    pub(super) async fn kill(mut self) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "ended by itself with {ended:?}:\n{}", ending(&self.log));
        self.child.kill().await.unwrap();
    }

    /// `kill -TERM`, which finishes what is under way.
    pub(super) async fn stop(mut self) {
        let id = self.child.id().unwrap().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().await.unwrap();
        assert!(told.success());
        let ended = tokio::time::timeout(DONE_WITHIN, self.child.wait()).await;
        let ended = ended.expect("the engine does not stop").unwrap();
        assert!(ended.success(), "{ended:?}:\n{}", ending(&self.log));
    }
}

/// The last lines of a log.
pub(super) fn ending(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
