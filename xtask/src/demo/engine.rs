//! The engine as a process: started, killed, started again.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// How long the engine may take to start.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long it may take to finish what is under way.
const STOPPED_WITHIN: Duration = Duration::from_secs(40);
const POLL: Duration = Duration::from_millis(20);

/// A binary, and where it works.
pub(super) struct Program {
    pub(super) binary: PathBuf,
    pub(super) config: PathBuf,
    pub(super) data: PathBuf,
    pub(super) log: PathBuf,
}

/// A running engine. Killed when dropped.
pub(super) struct Engine {
    program: Program,
    child: Child,
    /// Such as `http://127.0.0.1:7300`; the same after every start.
    pub(super) url: String,
    /// What it said when it was ready.
    pub(super) greeting: String,
}

impl Program {
    /// A command of the binary that finds nothing in the environment.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("COUNTERSIGN_") {
                command.env_remove(name);
            }
        }
        command.stdin(Stdio::null());
        command
    }

    fn serve(&self, listen: &str) -> Result<Child> {
        let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
        let mut command = self.command();
        command.args(["serve", "--listen", listen, "--data"]).arg(&self.data);
        command.arg("--config").arg(&self.config).stdout(Stdio::piped()).stderr(log);
        command.spawn().with_context(|| format!("cannot start `{}`", self.binary.display()))
    }
}

impl Engine {
    /// Starts the engine on a free port.
    ///
    /// # Errors
    /// It does not become ready; the end of its log is part of the error.
    pub(super) fn start(program: Program) -> Result<Self> {
        let mut child = program.serve("127.0.0.1:0")?;
        let greeting = greeting(&mut child, &program.log)?;
        let url = greeting.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.with_context(|| format!("no address in `{greeting}`"))?.to_owned();
        Ok(Self { program, child, url, greeting })
    }

    /// A command of the engine's binary.
    pub(super) fn command(&self) -> Command {
        self.program.command()
    }

    /// `kill -9`: no goodbye, nothing is finished.
    ///
    /// # Errors
    /// The system refuses, or the engine had ended already.
    pub(super) fn kill(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the engine had ended already, with {status}{}", ending(&self.program.log));
        }
        self.child.kill().context("cannot kill the engine")?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts it again at the same address; says how long that took.
    ///
    /// # Errors
    /// As [`Engine::start`].
    pub(super) fn start_again(&mut self) -> Result<Duration> {
        let began = Instant::now();
        let listen = self.url.trim_start_matches("http://");
        self.child = self.program.serve(listen)?;
        self.greeting = greeting(&mut self.child, &self.program.log)?;
        Ok(began.elapsed())
    }

    /// Asks it to finish what is under way and to end.
    ///
    /// # Errors
    /// It does not end in time, or not well.
    pub(super) fn stop(&mut self) -> Result<()> {
        let process = self.child.id().to_string();
        Command::new("kill")
            .args(["-s", "TERM", &process])
            .status()
            .context("cannot run `kill`")?;
        let asked = Instant::now();
        while asked.elapsed() < STOPPED_WITHIN {
            if let Some(status) = self.child.try_wait()? {
                anyhow::ensure!(status.success(), "the engine ended with {status}");
                return Ok(());
            }
            thread::sleep(POLL);
        }
        bail!("the engine does not stop{}", ending(&self.program.log))
    }

    /// Whether it has not ended.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait().context("cannot look after the engine")?.is_none())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The line that a ready engine prints. Everything after it goes on to be read, so that the engine
/// never waits for a reader.
fn greeting(child: &mut Child, log: &Path) -> Result<String> {
    let out = child.stdout.take().context("the engine has no output")?;
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            // Nobody listens any more after the first line.
            let _ = tell.send(line);
        }
    });
    if let Ok(line) = told.recv_timeout(READY_WITHIN) {
        return Ok(line);
    }
    let _ = child.kill();
    let _ = child.wait();
    bail!("the engine does not start{}", ending(log))
}

/// The last lines of a log, to follow an error.
fn ending(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(20);
    format!("; its log ends:\n{}", lines.get(from..).unwrap_or_default().join("\n"))
}

/// Writes a file that nobody else may read, as there are passwords in it.
pub(super) fn write_private(path: &Path, text: &str) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let file: std::io::Result<File> =
        OpenOptions::new().create_new(true).write(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write `{}`", path.display()))
}
