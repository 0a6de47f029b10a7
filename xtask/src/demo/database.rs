//! The databases of the story, looked at directly and not through the engine.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::{Value as Json, json};

use crate::{
    sample,
    servers::{Running, postgres_programs},
};

/// How long a look waits for a writer.
const WAIT: Duration = Duration::from_secs(20);
/// The account of the engine: it may change stock and hand two roles on, and nothing else.
const ENGINE: &str = "countersign_engine";
const DATABASE: &str = "warehouse";

/// A sample database in a file.
pub(super) struct Shop {
    path: PathBuf,
}

/// A sample database on a private PostgreSQL server.
pub(super) struct Warehouse {
    server: Running,
    psql: PathBuf,
}

impl Shop {
    /// Writes the sample database.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn make(path: PathBuf) -> Result<Self> {
        sample::write_sqlite(sample::SEED, &path)?;
        Ok(Self { path })
    }

    /// The one number that a query gives.
    ///
    /// # Errors
    /// The query is wrong, or the file cannot be read.
    pub(super) fn number(&self, query: &str) -> Result<i64> {
        self.open(WAIT)?.query_row(query, [], |row| row.get(0)).with_context(|| query.to_owned())
    }

    /// The one text that a query gives.
    ///
    /// # Errors
    /// As [`Shop::number`].
    pub(super) fn text(&self, query: &str) -> Result<String> {
        self.open(WAIT)?.query_row(query, [], |row| row.get(0)).with_context(|| query.to_owned())
    }

    /// Whether somebody is in the middle of changing it.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub(super) fn is_being_changed(&self) -> Result<bool> {
        let database = self.open(Duration::ZERO)?;
        match database.execute_batch("BEGIN IMMEDIATE; ROLLBACK") {
            Ok(()) => Ok(false),
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
                Ok(true)
            }
            Err(error) => Err(error).context("cannot look whether the database is being changed"),
        }
    }

    /// How the engine reaches it.
    pub(super) fn target(&self) -> Json {
        json!({"kind": "sqlite", "path": self.path})
    }

    fn open(&self, wait: Duration) -> Result<rusqlite::Connection> {
        let database = rusqlite::Connection::open(&self.path)
            .with_context(|| format!("cannot open `{}`", self.path.display()))?;
        database.busy_timeout(wait)?;
        Ok(database)
    }
}

impl Warehouse {
    /// Starts a private server and loads the sample database with accounts for `people`; nothing
    /// where PostgreSQL is not installed.
    ///
    /// # Errors
    /// The server does not start, or does not take the data.
    pub(super) fn make(folder: &Path, people: &[&str]) -> Result<Option<Self>> {
        let psql = postgres_programs().map(|programs| programs.join("psql"));
        let Some(psql) = psql.filter(|psql| psql.exists()) else { return Ok(None) };
        let warehouse = Self { server: Running::postgres()?, psql };
        warehouse.run("postgres", &["-c", &format!("CREATE DATABASE {DATABASE}")])?;
        let script = folder.join("warehouse.sql");
        sample::write_sql(sample::SEED, &script)?;
        warehouse.run(DATABASE, &["-f", &script.to_string_lossy()])?;
        warehouse.run(DATABASE, &["-c", &warehouse.accounts(people)])?;
        Ok(Some(warehouse))
    }

    fn accounts(&self, people: &[&str]) -> String {
        let password = self.password();
        let mut sql = format!(
            "ANALYZE; CREATE ROLE stock_reader; CREATE ROLE stock_writer;
             GRANT SELECT ON products TO stock_reader;
             GRANT SELECT, UPDATE ON products TO stock_writer;
             CREATE ROLE {ENGINE} LOGIN PASSWORD '{password}';
             GRANT stock_reader, stock_writer TO {ENGINE} WITH ADMIN OPTION;
             GRANT USAGE, CREATE ON SCHEMA public TO {ENGINE};"
        );
        for person in people {
            sql.push_str(&format!("CREATE ROLE {person} LOGIN PASSWORD '{password}';"));
        }
        sql
    }

    /// The one number that a query gives, asked by the account that may do everything.
    ///
    /// # Errors
    /// The query is wrong.
    pub(super) fn number(&self, query: &str) -> Result<i64> {
        let said = self.run(DATABASE, &["-c", query])?;
        said.trim().parse().with_context(|| format!("expected a number, found `{said}`"))
    }

    /// Connects as a person's own account and runs a statement. The inner error is what the server
    /// said.
    ///
    /// # Errors
    /// `psql` cannot be started.
    pub(super) fn try_as(&self, person: &str, sql: &str) -> Result<Result<String, String>> {
        self.psql(person, DATABASE, &["-c", sql])
    }

    /// How the engine reaches it.
    pub(super) fn target(&self) -> Json {
        json!({
            "kind": "postgres", "host": "127.0.0.1", "port": self.port(), "database": DATABASE,
            "user": ENGINE, "password": self.password(),
        })
    }

    fn run(&self, database: &str, arguments: &[&str]) -> Result<String> {
        let user = self.server.url.trim_start_matches("postgres://").split(':').next();
        match self.psql(user.unwrap_or_default(), database, arguments)? {
            Ok(said) => Ok(said),
            Err(said) => bail!("psql: {said}"),
        }
    }

    fn psql(
        &self,
        user: &str,
        database: &str,
        arguments: &[&str],
    ) -> Result<Result<String, String>> {
        let mut command = Command::new(&self.psql);
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1"]);
        command.args(["-p", &self.port().to_string(), "-U", user, "-d", database]);
        command.args(arguments).env("PGPASSWORD", self.password()).stdin(Stdio::null());
        let output = command.output().context("cannot start `psql`")?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
        Ok(if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) })
    }

    fn port(&self) -> u16 {
        let port = self.server.url.rsplit(':').next();
        port.and_then(|port| port.parse().ok()).unwrap_or_default()
    }

    fn password(&self) -> &str {
        let part = self.server.url.split('@').next().and_then(|part| part.rsplit(':').next());
        part.unwrap_or_default()
    }
}
