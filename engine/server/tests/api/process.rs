//! The real program in a folder of its own: commands, and a server.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread::{self, JoinHandle},
};

use sdk_client::Client;
use tempfile::TempDir;

use crate::place::share_compiled;

/// A data folder with an organization of the owner `olga`.
pub(crate) struct Home {
    folder: TempDir,
    /// Of the owner.
    pub(crate) token: String,
}

/// A server; killed where a test ends before it stopped it.
pub(crate) struct Serving {
    child: Child,
    url: String,
    /// Read all the time, so that the server never waits for a reader.
    log: Option<JoinHandle<String>>,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        share_compiled(folder.path());
        let init = program(&["init", "--org", "main", "--owner", "olga", "--data"])
            .arg(folder.path())
            .output()
            .unwrap();
        assert!(init.status.success(), "{}", text(&init.stderr));
        Self { token: text(&init.stdout).trim().to_owned(), folder }
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn serve(&self) -> Serving {
        let mut command = program(&["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(self.folder.path());
        Serving::start(command)
    }

    /// Serves where no file may become longer than this: a write beyond it fails.
    pub(crate) fn serve_below(&self, bytes: u64) -> Serving {
        let mut command = Command::new("sh");
        // In blocks of 512 bytes. The signal is ignored, so that the write fails instead.
        let script = "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"";
        command.args(["-c", script, "sh", &(bytes / 512).to_string()]);
        command.args([env!("CARGO_BIN_EXE_countersign"), "serve", "--listen", "127.0.0.1:0"]);
        command.arg("--data").arg(self.folder.path());
        Serving::start(command)
    }

    /// Serves from a copy of the folder on a small disk, which takes the folder's place at the end.
    ///
    /// Needs `unshare`, and a kernel that lets its caller mount.
    pub(crate) fn serve_on_small_disk(&self, disk: &Path) -> Serving {
        let mut command = Command::new("unshare");
        command.args(namespace()).args(["sh", "-c", SMALL_DISK, "sh"]);
        command.args([self.folder.path(), disk]);
        command.args([env!("CARGO_BIN_EXE_countersign"), "serve", "--listen", "127.0.0.1:0"]);
        Serving::start(command)
    }
}

/// The options of `unshare` with which this user may mount.
fn namespace() -> &'static [&'static str] {
    let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    let works = |way: &&&[&str]| {
        let mut probe = Command::new("unshare");
        let probe = probe.args(**way).args(["mount", "-t", "tmpfs", "tmpfs", "/tmp"]);
        probe.output().is_ok_and(|output| output.status.success())
    };
    let way = ways.iter().find(works);
    way.unwrap_or_else(|| {
        panic!("a small disk needs `unshare`, and a kernel that lets this user mount")
    })
}

/// Serves on a disk of its own that is too small: a filler on it is removed at a signal, and what is on
/// it is copied back at the end. In a mount namespace, so that nobody else sees it.
const SMALL_DISK: &str = r#"
set -e
home=$1; disk=$2; shift 2
mount -t tmpfs -o size=48m tmpfs "$disk"
cp -a "$home/." "$disk"
head -c 8388608 /dev/zero > "$disk/filler"
"$@" --data "$disk" & server=$!
trap 'rm "$disk/filler"' USR1
trap 'kill -TERM $server' TERM
set +e
while kill -0 $server 2>/dev/null; do wait $server; code=$?; done
cp -a "$disk/." "$home" && exit $code
"#;

impl Serving {
    /// Starts a command that serves, and waits until it does.
    pub(crate) fn start(mut command: Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = line.split(' ').find(|word| word.starts_with("http://"));
        let url = url.unwrap_or_else(|| panic!("the server said `{line}`")).to_owned();
        let mut stderr = child.stderr.take().unwrap();
        let log = thread::spawn(move || {
            let mut log = Vec::new();
            stderr.read_to_end(&mut log).unwrap();
            text(&log)
        });
        Self { child, url, log: Some(log) }
    }

    pub(crate) fn client(&self, token: &str) -> Client {
        Client::http(&self.url, token).unwrap()
    }

    /// A command that speaks to this server.
    fn run(&self, token: &str, words: &[&str]) -> Output {
        program(words).args(["--server", &self.url, "--token", token]).output().unwrap()
    }

    /// What the command says, which must succeed.
    #[track_caller]
    pub(crate) fn done(&self, token: &str, words: &[&str]) -> String {
        let output = self.run(token, words);
        assert!(output.status.success(), "{words:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// What the command says and what it complains of, which must fail.
    #[track_caller]
    pub(crate) fn failed(&self, token: &str, words: &[&str]) -> (String, String) {
        let output = self.run(token, words);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {}", text(&output.stdout));
        (text(&output.stdout), text(&output.stderr))
    }

    /// What the command complains of, which must fail.
    #[track_caller]
    pub(crate) fn refused(&self, token: &str, words: &[&str]) -> String {
        self.failed(token, words).1
    }

    /// Removes the filler of a small disk.
    pub(crate) fn make_room(&self) {
        self.signal("-USR1");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Tells it to stop, and waits until it has; its log.
    pub(crate) fn stop(mut self) -> String {
        self.signal("-TERM");
        assert!(self.child.wait().unwrap().success(), "the server did not end well");
        self.log.take().unwrap().join().unwrap()
    }

    /// Waits until it ends by itself; its exit code, and its log.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let log = self.log.take().unwrap().join().unwrap();
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A plugin that `cargo xtask build` made.
pub(crate) fn component(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/components");
    let path = folder.join(format!("{name}.wasm"));
    assert!(path.exists(), "no plugin at `{}`: run `cargo xtask build`", path.display());
    path
}

/// The program with these arguments, and nothing of ours in its environment.
pub(crate) fn program(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    for name in ["DATA", "CONFIG", "LISTEN", "LOG", "LOG_FORMAT", "SERVER", "TOKEN"] {
        command.env_remove(format!("COUNTERSIGN_{name}"));
    }
    command.args(words);
    command
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
