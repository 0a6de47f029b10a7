//! Private PostgreSQL and MariaDB servers for tests and the demo, in temporary folders.
//!
//! ```text
//! ensure_installed()          finds the programs, or installs Debian's packages where it may
//! Servers::start()            both, ready to be used
//! Running::postgres()         one of them
//! servers.environment()       what the tests read: COUNTERSIGN_TEST_POSTGRES, COUNTERSIGN_TEST_MARIADB
//! drop                        stops the servers and removes their folders
//! ```
//!
//! The servers refuse to run as root, so root runs them as `postgres` or `nobody`. Each is the leader of a
//! process group, which is stopped as a whole, and is stopped by the kernel when we are killed. They keep
//! nothing safe from a power cut, which makes them start quickly.

mod install;

use std::{
    fs,
    io::Read,
    net::TcpListener,
    os::unix::{
        fs::{DirBuilderExt, MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

pub(crate) use install::ensure_installed;

const READY_WITHIN: Duration = Duration::from_secs(60);
const STOPPED_WITHIN: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);

/// A port that was free may be taken before the server has it.
const STARTS: u32 = 3;

/// The account that URLs name; it may do everything.
const ACCOUNT: &str = "countersign";

/// One server of each kind.
pub(crate) struct Servers {
    /// PostgreSQL.
    pub(crate) postgres: Running,
    /// MariaDB.
    pub(crate) mariadb: Running,
}

impl Servers {
    /// Starts both. [`ensure_installed`] comes first.
    ///
    /// # Errors
    /// A program is missing, or a server does not start; the end of its log is part of the error.
    pub(crate) fn start() -> Result<Self> {
        Ok(Self { postgres: Running::postgres()?, mariadb: Running::mariadb()? })
    }

    /// The variables that tests with the feature `databases` read.
    pub(crate) fn environment(&self) -> [(&'static str, &str); 2] {
        [
            ("COUNTERSIGN_TEST_POSTGRES", &self.postgres.url),
            ("COUNTERSIGN_TEST_MARIADB", &self.mariadb.url),
        ]
    }
}

/// A server that runs until this is dropped.
pub(crate) struct Running {
    /// Such as `postgres://countersign:…@127.0.0.1:54321`, without a database.
    pub(crate) url: String,
    process: Process,
    // INVARIANT: dropped after `process`, which works in it.
    _folder: Folder,
}

impl Running {
    /// Starts PostgreSQL.
    ///
    /// # Errors
    /// As [`Servers::start`].
    pub(crate) fn postgres() -> Result<Self> {
        let programs = find_postgres().context("PostgreSQL is not installed")?;
        let (folder, password) = (Folder::new("pg")?, random_text()?);
        let word = folder.path.join("password");
        fs::write(&word, &password)?;
        folder.hand_over(&word)?;
        let data = folder.path.join("data");
        let mut init = folder.command(&programs.join("initdb"));
        init.args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
        init.args(["--username", ACCOUNT, "--pwfile"]).arg(&word).arg("--pgdata").arg(&data);
        finish(init).context("cannot make a PostgreSQL cluster")?;
        fs::remove_file(&word)?;
        let (process, port) = Process::start(&folder, "INT", |port| {
            let mut server = folder.command(&programs.join("postgres"));
            server.arg("-D").arg(&data).args(["-p", &port.to_string()]);
            for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"] {
                server.args(["-c", setting]);
            }
            let mut ready = Command::new(programs.join("pg_isready"));
            ready.args(["-q", "-h", "127.0.0.1", "-d", "postgres", "-p", &port.to_string()]);
            (server, ready)
        })?;
        let url = format!("postgres://{ACCOUNT}:{password}@127.0.0.1:{port}");
        Ok(Self { url, process, _folder: folder })
    }

    /// Starts MariaDB.
    ///
    /// # Errors
    /// As [`Servers::start`].
    pub(crate) fn mariadb() -> Result<Self> {
        let (folder, password) = (Folder::new("my")?, random_text()?);
        let (data, socket) = (folder.path.join("data"), folder.path.join("s"));
        let mut init = folder.command(&find("mariadb-install-db")?);
        init.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
        init.arg(option("--datadir", &data));
        finish(init).context("cannot make a MariaDB data folder")?;
        let (server, client) = (find("mariadbd")?, find("mariadb")?);
        // Made at the first moment that the server answers; without the accounts that need no password.
        let account = format!(
            "CREATE USER IF NOT EXISTS {ACCOUNT}@'%' IDENTIFIED BY '{password}'; \
             GRANT ALL ON *.* TO {ACCOUNT}@'%' WITH GRANT OPTION; \
             DELETE FROM mysql.global_priv WHERE User = ''; FLUSH PRIVILEGES; \
             ALTER USER root@localhost IDENTIFIED BY '{password}'"
        );
        let (process, port) = Process::start(&folder, "TERM", |port| {
            let mut server = folder.command(&server);
            server.args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-name-resolve"]);
            server.arg(format!("--port={port}")).arg("--innodb-flush-log-at-trx-commit=0");
            server.arg(option("--datadir", &data)).arg(option("--socket", &socket));
            server.arg(option("--pid-file", &folder.path.join("pid")));
            let mut ready = Command::new(&client);
            ready.args(["--no-defaults", "--user=root", "--execute", &account]);
            ready.arg(option("--socket", &socket));
            (server, ready)
        })?;
        let url = format!("mysql://{ACCOUNT}:{password}@127.0.0.1:{port}");
        Ok(Self { url, process, _folder: folder })
    }

    /// The server's process, for tests that stop it or kill it.
    pub(crate) fn process_id(&self) -> u32 {
        self.process.child.id()
    }
}

/// The folder with the programs of PostgreSQL; none where [`Running::postgres`] cannot start one.
pub(crate) fn postgres_programs() -> Option<PathBuf> {
    find("setpriv").ok().and_then(|_| find_postgres())
}

/// The folder with the programs of PostgreSQL; Debian keeps one for each version, off the `PATH`.
fn find_postgres() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    folders.extend(search_path());
    let whole =
        |f: &PathBuf| ["initdb", "postgres", "pg_isready"].iter().all(|p| f.join(p).exists());
    folders.into_iter().rev().find(whole)
}

fn find(program: &str) -> Result<PathBuf> {
    search_path()
        .map(|folder| folder.join(program))
        .find(|path| path.exists())
        .with_context(|| format!("`{program}` is not installed"))
}

/// The `PATH`, and where servers stand that only root usually starts.
fn search_path() -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.extend(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from));
    folders.into_iter()
}

fn is_root() -> Result<bool> {
    Ok(fs::metadata("/proc/self").context("cannot read `/proc/self`")?.uid() == 0)
}

fn option(name: &str, path: &Path) -> String {
    format!("{name}={}", path.display())
}

fn random_text() -> Result<String> {
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Runs a program to its end; what it printed is the error where it fails.
fn finish(mut command: Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start `{program}`"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    bail!("`{program}` failed: {}", String::from_utf8_lossy(&said).trim());
}

/// An unprivileged account of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Account {
    user: u32,
    group: u32,
}

/// The account that root runs servers as.
fn unprivileged(accounts: &str) -> Option<Account> {
    let named = |wanted: &str| {
        accounts.lines().find_map(|line| {
            let mut fields = line.split(':');
            let (name, _, user, group) =
                (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
            (name == wanted)
                .then_some(Account { user: user.parse().ok()?, group: group.parse().ok()? })
        })
    };
    named("postgres").or_else(|| named("nobody"))
}

/// A temporary folder of the account that the server runs as; removed when dropped.
struct Folder {
    path: PathBuf,
    account: Option<Account>,
}

impl Folder {
    fn new(kind: &str) -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let account = if is_root()? {
            let accounts = fs::read_to_string("/etc/passwd").context("cannot read the accounts")?;
            Some(unprivileged(&accounts).context("no account `postgres` or `nobody`")?)
        } else {
            None
        };
        // Short, since the path of a socket has at most 107 bytes.
        let name = format!("cs-{kind}-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("cannot make `{}`", path.display()))?;
        let folder = Self { path, account };
        folder.hand_over(&folder.path)?;
        Ok(folder)
    }

    fn hand_over(&self, path: &Path) -> Result<()> {
        if let Some(Account { user, group }) = self.account {
            chown(path, Some(user), Some(group))
                .with_context(|| format!("cannot give `{}` away", path.display()))?;
        }
        Ok(())
    }

    /// A program that runs as the folder's account, and gets a signal when we are gone.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM"]);
        if let Some(Account { user, group }) = self.account {
            command.args([
                "--clear-groups",
                &format!("--reuid={user}"),
                &format!("--regid={group}"),
            ]);
        }
        command.arg("--").arg(program).current_dir(&self.path).stdin(Stdio::null());
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays is in the folder for temporary things.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A server process, the leader of its group.
struct Process {
    child: Child,
    /// The signal that asks for a quick, clean end.
    stop: &'static str,
}

impl Process {
    /// Starts a server on a free port and waits until `ready` succeeds.
    fn start(
        folder: &Folder,
        stop: &'static str,
        commands: impl Fn(u16) -> (Command, Command),
    ) -> Result<(Self, u16)> {
        let log = folder.path.join("log");
        for _ in 0..STARTS {
            let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            let (mut server, mut ready) = commands(port);
            let out = fs::File::create(&log)?;
            server.stdout(out.try_clone()?).stderr(out).process_group(0);
            let child = server.spawn().context("cannot start the server")?;
            let mut process = Self { child, stop };
            if process.becomes_ready(&mut ready)? {
                return Ok((process, port));
            }
        }
        let said = fs::read_to_string(&log).unwrap_or_default();
        bail!("the server does not start: {}", said.trim());
    }

    /// False where the server ends, or does not answer in time.
    fn becomes_ready(&mut self, ready: &mut Command) -> Result<bool> {
        let started = Instant::now();
        ready.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        while started.elapsed() < READY_WITHIN {
            if self.child.try_wait()?.is_some() {
                return Ok(false);
            }
            if ready.status().context("cannot ask whether the server is ready")?.success() {
                return Ok(true);
            }
            thread::sleep(POLL);
        }
        Ok(false)
    }

    /// The group has the number of its leader, who is not waited for yet, so that no other has it.
    fn signal(&self, signal: &str) {
        let group = format!("-{}", self.child.id());
        // It may have ended by itself.
        let _ =
            Command::new("kill").args(["-s", signal, "--", &group]).stderr(Stdio::null()).status();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        self.signal(self.stop);
        let asked = Instant::now();
        while asked.elapsed() < STOPPED_WITHIN {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(POLL);
        }
        self.signal("KILL");
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unprivileged_account_is_found() {
        let nobody = "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n";
        assert_eq!(unprivileged(nobody), Some(Account { user: 65534, group: 65534 }));
        let both = format!("{nobody}postgres:x:105:112::/:/bin/bash\n");
        assert_eq!(unprivileged(&both), Some(Account { user: 105, group: 112 }));
        assert_eq!(unprivileged("root:x:0:0:root:/root:/bin/bash\nbroken\n"), None);
    }

    #[test]
    fn random_texts_differ() {
        let texts = [random_text().unwrap(), random_text().unwrap()];
        assert!(texts.iter().all(|text| text.len() == 32));
        assert_ne!(texts[0], texts[1]);
    }

    #[test]
    fn a_program_that_fails_says_why() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo the reason >&2; exit 3"]);
        assert!(finish(command).unwrap_err().to_string().contains("the reason"));
        assert!(find("no-such-program").unwrap_err().to_string().contains("`no-such-program`"));
    }
}
