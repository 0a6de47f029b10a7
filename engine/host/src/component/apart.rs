//! Compiling in a process of its own.
//!
//! An interpreter takes seconds and hundreds of megabytes to compile, and is somebody else's file. The
//! process has neither the engine's memory nor its environment, and gives back what it took when it ends.
//! The component and its code go through pipes, so that nobody else comes near them.

use std::{
    ffi::OsString,
    io::{self, Read, Write as _},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    thread::{self, ScopedJoinHandle},
    time::{Duration, Instant},
};

use wasmtime::Engine;

use super::Weight;
use crate::{limits::HostLimits, machine};

/// The longest that a component may take to compile.
const PATIENCE: Duration = Duration::from_secs(600);
/// How often it is looked whether the process has ended.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);
/// More bytes of code than any component has.
const MOST_CODE: u64 = 1 << 30;
/// How much of what a compiler complained is told.
const MOST_TOLD: u64 = 2_000;

/// A program that does [`compile_component`] with what it reads on its standard input, and writes the code
/// on its standard output. Whoever names one has its output run as machine code: it is to be the program
/// that the engine itself is.
#[derive(Clone, Debug)]
pub struct Compiler {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

/// Why there is no code.
#[derive(Debug)]
pub(super) enum Failed {
    /// The compiler refused the component, or was ended by it.
    Component(String),
    /// The compiler could not be asked.
    Machine(io::Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Machine(error)
    }
}

impl Compiler {
    /// The machine code of a component.
    pub(super) fn compile(&self, wasm: &[u8]) -> Result<Vec<u8>, Failed> {
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (status, code, told) = thread::scope(|scope| {
            // One that does not read to the end says why, or ends.
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(wasm)));
            let code = scope.spawn(move || read(stdout, MOST_CODE));
            let told = scope.spawn(move || read(stderr, MOST_TOLD));
            let status = wait(&mut child);
            (status, heard(code), heard(told))
        });
        match status? {
            // What was not heard to its end is no code.
            Some(status) if status.success() => Ok(code?),
            Some(status) => Err(Failed::Component(match String::from_utf8_lossy(&told?).trim() {
                "" => format!("the compiler ended with {status}"),
                told => told.to_owned(),
            })),
            None => Err(Failed::Component(format!(
                "the compiler did not come to an end within {} s",
                PATIENCE.as_secs()
            ))),
        }
    }
}

fn read(from: Option<impl Read>, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.map(|from| from.take(most).read_to_end(&mut bytes)).transpose()?;
    Ok(bytes)
}

fn heard(reader: ScopedJoinHandle<'_, io::Result<Vec<u8>>>) -> io::Result<Vec<u8>> {
    reader.join().unwrap_or_else(|_| Err(io::Error::other("the compiler could not be heard")))
}

/// How it ended; none where it had to be ended.
fn wait(child: &mut Child) -> io::Result<Option<ExitStatus>> {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() > end {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(BETWEEN_LOOKS);
    }
}

/// Compiles a component that is an interpreter for a host with the usual settings: what a [`Compiler`]
/// does.
///
/// # Errors
/// A sentence: it does not compile, or this machine cannot.
pub fn compile_component(wasm: &[u8]) -> Result<Vec<u8>, String> {
    let config = machine::settings(Weight::Heavy, &HostLimits::default());
    let engine = Engine::new(&config).map_err(|error| format!("{error:#}"))?;
    engine.precompile_component(wasm).map_err(|error| error.root_cause().to_string())
}
