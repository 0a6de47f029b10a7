//! What a document shows of a terminal: commands are run, and what they print is compared.
//!
//! A document has one shell, in a folder of its own with a copy of `examples`, and at most one engine
//! at a time: a line `$ countersign serve …` starts it and a line `^C` stops it, as a reader does in
//! another window. The program is the real one. Documents say `127.0.0.1:7300`; the engine listens
//! on a free port, so that documents are tested side by side.
//!
//! Of `cargo xtask …` only `sample` is run: the others are this suite itself, or take as long. That
//! each is a command there is, with these options, is tested where they are defined, in `xtask`.

use countersign_tests::{program, share_compiled, told_by_the_environment, tools};
use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

/// Where documents say that the engine listens.
const SAID: &str = "127.0.0.1:7300";
/// Ends what a command prints.
const END: &str = "--- end of the output ---";
/// How long anything may take, on a slow machine with other things to do.
const PATIENCE: Duration = Duration::from_secs(240);
/// Commands that are not run, by what they begin with.
const NOT_RUN: [&str; 6] = ["build", "test", "demo", "tidy", "databases", "bench"];

/// A command, and what the document shows of its output.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// With its continuation lines; `^C` stops the engine.
    pub(super) command: String,
    /// As in the document.
    pub(super) shown: Vec<String>,
}

/// What came of a command.
pub(super) struct Printed {
    pub(super) lines: Vec<String>,
    pub(super) success: bool,
}

/// A shell and an engine.
pub(super) struct Terminal {
    folder: PathBuf,
    /// Where the engine listens.
    address: String,
    shell: Child,
    input: ChildStdin,
    output: Receiver<String>,
    engine: Option<Child>,
}

/// The commands of a block.
pub(super) fn entries(text: &str) -> Result<Vec<Entry>, String> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            entries.push(Entry { command: command.to_owned(), shown: Vec::new() });
        } else if line == "^C" {
            entries.push(Entry { command: line.to_owned(), shown: Vec::new() });
        } else {
            let Some(last) = entries.last_mut() else {
                return Err("expected a command such as `$ countersign --version` first".to_owned());
            };
            match line.strip_prefix("> ") {
                Some(more) if last.shown.is_empty() => {
                    last.command.push('\n');
                    last.command.push_str(more);
                }
                Some(_) | None => last.shown.push(line.to_owned()),
            }
        }
    }
    Ok(entries)
}

/// The block with what was printed.
pub(super) fn written(entries: &[Entry]) -> String {
    let mut text = String::new();
    for Entry { command, shown } in entries {
        let sign = if command == "^C" { "" } else { "$ " };
        text.push_str(&format!("{sign}{}\n", command.replace('\n', "\n> ")));
        shown.iter().for_each(|line| text.push_str(&format!("{line}\n")));
    }
    text
}

/// The root of the checkout.
pub(in crate::all) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

impl Terminal {
    /// A shell in a folder that has a copy of `examples`.
    pub(super) fn open(folder: &Path) -> Self {
        copy(&root().join("examples"), &folder.join("examples"));
        let programs = folder.join("programs");
        fs::create_dir_all(&programs).unwrap();
        symlink(program().unwrap(), programs.join("countersign")).unwrap();
        // Where an engine is made that nobody names a folder for.
        share_compiled(&folder.join("countersign-data")).unwrap();
        // Where `cargo xtask build` leaves components.
        fs::create_dir_all(folder.join("target")).unwrap();
        for built in ["target/components", "target/examples"] {
            symlink(root().join(built), folder.join(built)).unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let mut shell = command(folder, &address).spawn().unwrap();
        let input = shell.stdin.take().unwrap();
        let (send, output) = channel();
        let lines = BufReader::new(shell.stdout.take().unwrap()).lines();
        thread::spawn(move || lines.map_while(Result::ok).all(|line| send.send(line).is_ok()));
        let folder = folder.to_owned();
        let mut terminal = Self { folder, address, shell, input, output, engine: None };
        terminal.tell("exec 2>&1");
        terminal
    }

    /// Runs a command; `Err` where it is none that a document may show.
    pub(super) fn run(&mut self, entry: &Entry) -> Result<Printed, String> {
        let command = entry.command.replace(SAID, &self.address);
        if command == "^C" {
            return self.stop();
        }
        if command.starts_with("countersign serve") && !command.contains("--help") {
            return self.serve(&command);
        }
        match command.strip_prefix("cargo xtask ") {
            Some(task) if task.starts_with("sample") => self.shell(&format!(
                "\"{}\" run --quiet --manifest-path '{}/Cargo.toml' --package xtask -- {task}",
                std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()),
                root().display()
            )),
            Some(task) if NOT_RUN.iter().any(|word| task.starts_with(word)) => {
                if entry.shown.is_empty() {
                    return Ok(Printed { lines: Vec::new(), success: true });
                }
                Err(format!("`{command}` is not run by the tests: nothing can be shown of it"))
            }
            Some(_) => Err(format!("`{command}` is no command of xtask")),
            // The help tells what stands in the environment, and a reader's is another one.
            None if command.ends_with("--help") => self.shell(&format!(
                "env -u COUNTERSIGN_LISTEN -u COUNTERSIGN_SERVER -u COUNTERSIGN_TOOLS {command}"
            )),
            None => self.shell(&command),
        }
    }

    fn shell(&mut self, command: &str) -> Result<Printed, String> {
        self.tell(&format!("{{ {command}\n}} </dev/null\nprintf '\\n%s %d\\n' '{END}' $?"));
        let deadline = Instant::now() + PATIENCE;
        let mut lines = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(line) => match line.strip_prefix(END) {
                    Some(code) => {
                        // Ends a line that the command did not end, else a line of its own.
                        lines.pop_if(|last| String::is_empty(last));
                        return Ok(Printed { lines, success: code.trim() == "0" });
                    }
                    None => lines.push(line.replace(&self.address, SAID)),
                },
                Err(RecvTimeoutError::Timeout) => return Err(format!("`{command}` does not end")),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(format!("the shell ended at `{command}`: {}", lines.join("\n")));
                }
            }
        }
    }

    /// Starts the engine; its first line, or where it does not start, what it says about that.
    fn serve(&mut self, line: &str) -> Result<Printed, String> {
        if self.engine.is_some() {
            return Err("there is an engine already: `^C` stops it".to_owned());
        }
        let log = self.folder.join("serve.log");
        let mut command = command(&self.folder, &self.address);
        command.args(["-c", &format!("exec {line}")]).stdin(Stdio::null());
        let mut engine = command.stderr(File::create(&log).unwrap()).spawn().unwrap();
        let mut out = BufReader::new(engine.stdout.take().unwrap());
        let (send, receive) = channel();
        thread::spawn(move || {
            let mut first = String::new();
            let _ = out.read_line(&mut first).map(|_| send.send(first));
            // Read on: whoever writes to a closed pipe gets an error.
            let _ = out.read_to_end(&mut Vec::new());
        });
        let Ok(first) = receive.recv_timeout(PATIENCE) else {
            engine.kill().and_then(|()| engine.wait()).unwrap();
            return Err("the engine does not start".to_owned());
        };
        if first.is_empty() {
            let success = engine.wait().unwrap().success();
            let said = fs::read_to_string(&log).unwrap();
            return Ok(Printed { lines: said.lines().map(str::to_owned).collect(), success });
        }
        self.engine = Some(engine);
        Ok(Printed { lines: vec![first.trim_end().replace(&self.address, SAID)], success: true })
    }

    fn stop(&mut self) -> Result<Printed, String> {
        let mut engine = self.engine.take().ok_or("there is no engine to stop")?;
        let told = Command::new("kill").args(["-INT", &engine.id().to_string()]).status();
        assert!(told.unwrap().success());
        Ok(Printed { lines: Vec::new(), success: engine.wait().unwrap().success() })
    }

    fn tell(&mut self, text: &str) {
        // A shell that has ended is noticed when its output is read.
        let _ = writeln!(self.input, "{text}").and_then(|()| self.input.flush());
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        for child in self.engine.iter_mut().chain([&mut self.shell]) {
            let _ = child.kill().and_then(|()| child.wait());
        }
    }
}

/// A shell that sees nothing of the caller's configuration.
fn command(folder: &Path, address: &str) -> Command {
    let mut command = Command::new("sh");
    for name in told_by_the_environment() {
        command.env_remove(name);
    }
    let path = std::env::var("PATH").unwrap_or_default();
    command
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", folder.join("programs").display()))
        .env("COUNTERSIGN_LISTEN", address)
        // Else the commands would look where documents say.
        .env("COUNTERSIGN_SERVER", format!("http://{address}"))
        .env("COUNTERSIGN_TOOLS", tools())
        // What projects in Rust depend on is compiled once.
        .env("CARGO_TARGET_DIR", root().join("target/templates"))
        .env("COLUMNS", "100")
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

/// Copies a folder with all that is in it.
pub(in crate::all) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap().path();
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            fs::copy(&entry, &target).unwrap();
        }
    }
}

#[test]
fn a_block_is_read_and_written() {
    let text = "$ one \\\n> two\nout\n\n$ three\n^C\n";
    let entries = entries(text).unwrap();
    let shown = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    let entry = |command: &str, lines| Entry { command: command.to_owned(), shown: shown(lines) };
    assert_eq!(
        entries,
        [entry("one \\\ntwo", &["out", ""]), entry("three", &[]), entry("^C", &[])]
    );
    assert_eq!(written(&entries), text);
    assert!(super::terminal::entries("out\n").is_err());
}

#[test]
fn a_shell_keeps_what_was_set_and_tells_failures() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path());
    let mut run = |command: &str| {
        let printed = terminal.run(&Entry { command: command.to_owned(), shown: Vec::new() });
        printed.map(|Printed { lines, success }| (lines.join("|"), success))
    };
    assert_eq!(run("A=7"), Ok((String::new(), true)));
    assert_eq!(run("printf \"$A\\n\\nb\" >&2"), Ok(("7||b".to_owned(), true)));
    assert_eq!(run("cat; ls examples; false").map(|(_, success)| success), Ok(false));
    assert!(run("cargo xtask fly").is_err());
    assert!(run("exit 3").is_err());
}
