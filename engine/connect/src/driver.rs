//! One module for each kind of database, all with the same methods.
//!
//! A driver session is one connection to the server. Whoever starts an operation and does not see its
//! end drops the session and fires its [`Canceller`]; a session is never used again in an unknown state.

mod mariadb;
mod postgres;
mod sqlite;

use std::time::Duration;

use engine_core::ids::ResourceId;

pub use self::sqlite::make_sqlite;
use crate::{
    cell::{Cell, Column},
    config::{ConnectionConfig, Target},
    dialect::Dialect,
    error::Error,
    stream::BatchSender,
};

/// How a transaction is opened on a session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    pub(crate) read_only: bool,
    /// Every statement commits by itself. For MariaDB, whose DDL does so anyway.
    pub(crate) steps: bool,
    /// For each statement, lock waits included.
    pub(crate) statement: Duration,
    /// For the whole transaction.
    pub(crate) transaction: Duration,
}

/// One connection to a server.
pub(crate) enum Session {
    Sqlite(sqlite::Session),
    Postgres(postgres::Session),
    Mariadb(mariadb::Session),
}

/// Stops what a session is doing, from outside.
#[derive(Clone)]
pub(crate) enum Canceller {
    Sqlite(sqlite::Canceller),
    Postgres(postgres::Canceller),
    Mariadb(mariadb::Canceller),
}

/// Calls the same method of whichever driver it is.
macro_rules! each {
    ($session:expr, $driver:ident => $call:expr) => {
        match $session {
            Session::Sqlite($driver) => $call,
            Session::Postgres($driver) => $call,
            Session::Mariadb($driver) => $call,
        }
    };
}

impl Session {
    /// Opens a connection, with a deadline of its own.
    pub(crate) async fn connect(
        name: &ResourceId,
        config: &ConnectionConfig,
    ) -> Result<Self, Error> {
        let within = config.limits.connect();
        let opening = async {
            match &config.target {
                Target::Sqlite { path } => {
                    sqlite::Session::connect(name, path, config.read_only).await.map(Self::Sqlite)
                }
                Target::Postgres(server) => {
                    postgres::Session::connect(name, server, within).await.map(Self::Postgres)
                }
                Target::Mariadb(server) => {
                    mariadb::Session::connect(name, server).await.map(Self::Mariadb)
                }
            }
        };
        tokio::time::timeout(within, opening).await.unwrap_or_else(|_| {
            let reason = format!("no answer within {} ms", within.as_millis());
            Err(Error::Unreachable { connection: name.clone(), reason })
        })
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
            Self::Mariadb(_) => Dialect::Mariadb,
        }
    }

    pub(crate) fn canceller(&self) -> Canceller {
        match self {
            Self::Sqlite(driver) => Canceller::Sqlite(driver.canceller()),
            Self::Postgres(driver) => Canceller::Postgres(driver.canceller()),
            Self::Mariadb(driver) => Canceller::Mariadb(driver.canceller()),
        }
    }

    /// The marker table as statements must name it.
    pub(crate) fn marker_table(&self) -> String {
        each!(self, driver => driver.marker_table())
    }

    /// Runs one statement of ours, outside or inside a transaction.
    pub(crate) async fn run_own(&mut self, sql: &str, params: &[Cell]) -> Result<u64, Error> {
        each!(self, driver => driver.run_own(sql, params).await)
    }

    /// Reads the answer of one statement of ours.
    pub(crate) async fn read_own(
        &mut self,
        sql: &str,
        params: &[Cell],
    ) -> Result<Vec<Vec<Cell>>, Error> {
        each!(self, driver => driver.read_own(sql, params).await)
    }

    /// Starts a transaction.
    pub(crate) async fn begin(&mut self, opening: Opening) -> Result<(), Error> {
        each!(self, driver => driver.begin(opening).await)
    }

    /// Runs one statement of somebody else's in the transaction; the affected rows.
    pub(crate) async fn execute(&mut self, sql: &str, params: &[Cell]) -> Result<u64, Error> {
        each!(self, driver => driver.execute(sql, params).await)
    }

    /// The columns that one statement of somebody else's would answer.
    pub(crate) async fn describe(&mut self, sql: &str) -> Result<Vec<Column>, Error> {
        each!(self, driver => driver.describe(sql).await)
    }

    /// How many rows one statement of somebody else's would change or answer, as the planner guesses.
    pub(crate) async fn estimate(
        &mut self,
        sql: &str,
        params: &[Cell],
    ) -> Result<Option<u64>, Error> {
        each!(self, driver => driver.estimate(sql, params).await)
    }

    /// Sends the answer of one statement of somebody else's, part by part.
    pub(crate) async fn stream(
        &mut self,
        sql: &str,
        params: &[Cell],
        out: BatchSender,
    ) -> Result<(), Error> {
        each!(self, driver => driver.stream(sql, params, out).await)
    }

    /// Commits. [`Error::UnknownOutcome`] where no clear answer came.
    pub(crate) async fn commit(&mut self) -> Result<(), Error> {
        each!(self, driver => driver.commit().await)
    }

    /// Undoes the transaction.
    pub(crate) async fn rollback(&mut self) -> Result<(), Error> {
        each!(self, driver => driver.rollback().await)
    }

    /// Whether the server still answers.
    pub(crate) async fn is_alive(&mut self) -> bool {
        each!(self, driver => driver.is_alive().await)
    }

    /// Makes the session as good as new for the next user; `false` where it must be closed instead.
    pub(crate) async fn reset(&mut self) -> bool {
        each!(self, driver => driver.reset().await)
    }
}

impl Canceller {
    /// Stops the running statement. Best effort: the transaction is lost either way.
    pub(crate) async fn cancel(self) {
        match self {
            Self::Sqlite(canceller) => canceller.cancel(),
            Self::Postgres(canceller) => canceller.cancel().await,
            Self::Mariadb(canceller) => canceller.cancel().await,
        }
    }
}
