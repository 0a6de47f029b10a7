//! What authors do beside building and asking: the loop of `plugin dev`, keys and signatures.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use countersign_tests::{program, share_compiled};
use serde_json::Value as Json;

use super::{
    documents::root,
    languages::{command, done, refused, turn},
};

/// How long a build may take, on a slow machine with other things to do.
const PATIENCE: Duration = Duration::from_secs(240);

/// A command that goes on, and what it says; killed at the end.
struct Going {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Going {
    fn start(mut command: Command) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (send, lines) = channel();
        listen(child.stdout.take().unwrap(), send.clone());
        listen(child.stderr.take().unwrap(), send);
        Self { child, lines, said: Vec::new() }
    }

    /// Reads on to the line that contains a text; what was said until then.
    #[track_caller]
    fn until(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        let from = self.said.len();
        while !self.said[from..].iter().any(|line| line.contains(text)) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.said.push(line),
                Err(error) => panic!("`{text}` is not said ({error}): {}", self.said.join("\n")),
            }
        }
        self.said[from..].join("\n")
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

fn listen(from: impl Read + Send + 'static, send: Sender<String>) {
    let lines = BufReader::new(from).lines();
    thread::spawn(move || lines.map_while(Result::ok).all(|line| send.send(line).is_ok()));
}

/// An engine with an organization, and the options by which commands speak to it.
fn engine(folder: &Path) -> (Going, [String; 4]) {
    let data = folder.join("data");
    share_compiled(&data).unwrap();
    let data = data.to_str().unwrap();
    let init = ["init", "--org", "shop", "--owner", "olga", "--data", data];
    let token = done(&command(folder, &init).output().unwrap()).trim().to_owned();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", data];
    let mut engine = Going::start(command(folder, &serve));
    let said = engine.until(" listens on ");
    let url = said.split(' ').find(|word| word.starts_with("http://")).unwrap().to_owned();
    (engine, ["--server".to_owned(), url, "--token".to_owned(), token])
}

/// Puts another text into a file; into one that has it.
fn replace(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{}", file.display());
    fs::write(file, text.replace(from, to)).unwrap();
}

#[test]
fn what_is_changed_is_built_asked_and_installed_again() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let (_engine, speak) = engine(folder.path());
    let speak: Vec<&str> = speak.iter().map(String::as_str).collect();
    let new = ["plugin", "new", "small", "--world", "condition", "--lang", "js"];
    done(&command(folder.path(), &new).output().unwrap());
    let installed = || {
        let list = [&["plugin", "list", "--json"], &speak[..]].concat();
        let list: Json =
            serde_json::from_str(&done(&command(folder.path(), &list).output().unwrap())).unwrap();
        let items = list["items"].as_array().unwrap().clone();
        let small = items.into_iter().find(|plugin| plugin["id"] == "orders")?;
        Some(small["version"].as_str().unwrap().to_owned())
    };
    let dev = [&["plugin", "dev", "small", "--install", "--id", "orders"], &speak[..]].concat();
    let mut dev = Going::start(command(folder.path(), &dev));
    let said = dev.until("Ctrl-C ends it");
    assert!(said.contains("4 passed, 0 failed") && said.contains("+ plugin orders"), "{said}");
    assert_eq!(installed().as_deref(), Some("0.1.0"));

    // What fails is told, and not installed.
    let (source, manifest) = ("small/plugin.js", "small/manifest.json");
    let (source, manifest) = (folder.path().join(source), folder.path().join(manifest));
    replace(&source, " <= 0", " < 0");
    replace(&manifest, "0.1.0", "0.2.0");
    dev.until("3 passed, 1 failed");
    dev.until("Ctrl-C ends it");
    assert_eq!(installed().as_deref(), Some("0.1.0"));

    // Nor does what cannot be built end it.
    replace(&source, "export function", "export funktion");
    dev.until("error: QuickJS failed");
    replace(&source, "export funktion", "export function");
    dev.until("3 passed, 1 failed");
    replace(&source, " < 0", " <= 0");
    let said = dev.until("~ plugin orders");
    assert!(said.contains("4 passed, 0 failed"), "{said}");
    assert_eq!(installed().as_deref(), Some("0.2.0"));
    assert!(dev.child.try_wait().unwrap().is_none(), "it goes on until it is ended");
}

/// A component to sign, and a command that has no terminal and this password.
struct Desk {
    folder: tempfile::TempDir,
    component: PathBuf,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let component = folder.path().join("calendar.wasm");
        fs::copy(root().join("target/components/calendar.wasm"), &component).unwrap();
        Self { folder, component }
    }

    fn plugin(&self, password: Option<&str>, arguments: &[&str]) -> std::process::Output {
        // In a session of its own: the terminal of whoever runs the tests is not asked.
        let mut plugin = Command::new("setsid");
        plugin.arg("--wait").arg(program().unwrap()).arg("plugin").args(arguments);
        plugin.current_dir(self.folder.path()).env_remove("COUNTERSIGN_KEY_PASSWORD");
        plugin.envs(password.map(|password| ("COUNTERSIGN_KEY_PASSWORD", password)));
        plugin.stdin(Stdio::null()).output().unwrap()
    }
}

#[test]
fn a_key_with_a_password_signs_with_it_alone() {
    let desk = Desk::new();
    let told = refused(&desk.plugin(None, &["keygen", "--out", "ops"]));
    assert!(told.contains("COUNTERSIGN_KEY_PASSWORD can say it"), "{told}");
    let told = refused(&desk.plugin(Some(""), &["keygen", "--out", "ops"]));
    assert!(told.contains("--no-password"), "{told}");
    assert!(!desk.folder.path().join("ops.key").exists());

    let made = done(&desk.plugin(Some("a long one"), &["keygen", "--out", "ops", "--json"]));
    let made: Json = serde_json::from_str(&made).unwrap();
    let key = fs::read_to_string(desk.folder.path().join("ops.key")).unwrap();
    assert!(!key.contains("a long one"), "{key}");
    let sign = ["sign", "calendar.wasm", "--key", "ops.key"];
    let signature = desk.component.with_extension("wasm.minisig");
    for (password, says) in [
        (Some("another one"), "cannot use the secret key `ops.key`: Wrong password for that key"),
        (Some(""), "Wrong password for that key"),
        (None, "a password is needed"),
    ] {
        let told = refused(&desk.plugin(password, &sign));
        assert!(told.contains(says), "{password:?}: {told}");
        assert!(!signature.exists(), "{password:?}");
    }
    done(&desk.plugin(Some("a long one"), &sign));
    let public = made["key"].as_str().unwrap();
    for key in ["ops.pub", public] {
        let told = done(&desk.plugin(None, &["verify", "calendar.wasm", "--key", key]));
        assert!(told.contains("signed by") && told.contains("calendar 0.1.0"), "{told}");
    }
    let told = refused(&desk.plugin(Some("a long one"), &["keygen", "--out", "ops"]));
    assert!(told.contains("is there already"), "{told}");
    fs::write(desk.folder.path().join("nonsense.key"), "untrusted comment: a\nnonsense\n").unwrap();
    let nonsense = ["sign", "calendar.wasm", "--key", "nonsense.key"];
    let told = refused(&desk.plugin(None, &nonsense));
    assert!(told.contains("cannot use the secret key"), "nobody is asked for a password: {told}");
}

/// Types what is asked for at a terminal, and prints what was said there.
const TYPIST: &str = r"
import os, pty, sys, termios, time
answers, said = sys.argv[1].split(','), b''
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    if not piece:
        break
    said += piece
    if answers and piece.rstrip().endswith(b':'):
        # Once nothing is shown any more: what comes earlier would be.
        while termios.tcgetattr(terminal)[3] & termios.ECHO:
            time.sleep(0.01)
        os.write(terminal, answers.pop(0).encode() + b'\n')
print(said.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";

#[test]
fn a_password_is_asked_for_at_a_terminal() {
    let desk = Desk::new();
    let type_in = |answers: &str, arguments: &[&str]| {
        let mut python = Command::new("python3");
        python.args(["-c", TYPIST, answers]).arg(program().unwrap()).arg("plugin").args(arguments);
        python.current_dir(desk.folder.path()).env_remove("COUNTERSIGN_KEY_PASSWORD");
        let output = python.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (made, said) = type_in("secret,secrte", &["keygen", "--out", "ops"]);
    assert!(!made && said.contains("this is another password"), "{said}");
    let (made, said) = type_in("secret,secret", &["keygen", "--out", "ops"]);
    assert!(made && said.contains("keep it to yourself"), "{said}");
    assert!(!said.contains("secret"), "what is typed is not shown: {said}");
    let sign = ["sign", "calendar.wasm", "--key", "ops.key"];
    let (signed, said) = type_in("other", &sign);
    assert!(!signed && said.contains("Wrong password"), "{said}");
    let (signed, said) = type_in("secret", &sign);
    assert!(signed && said.contains("calendar 0.1.0"), "{said}");
    done(&desk.plugin(None, &["verify", "calendar.wasm", "--key", "ops.pub"]));
}
