//! One transaction on a target database.

mod text;

use std::{mem, sync::Arc, time::Duration};

use engine_core::ids::ResourceId;
use serde_json::Value as Json;
use tokio::{task::JoinHandle, time::Instant};

use crate::{
    cell::{Cell, Column, Rows},
    config::Limits,
    dialect::Dialect,
    driver::{Opening, Session},
    error::Error,
    marker,
    pool::{Lease, Pool},
    stream::{self, RowStream},
};

pub use text::MAX_STATEMENT;

/// What a transaction may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Reads one consistent state; the server refuses writes.
    ReadOnly,
    /// All or nothing.
    Atomic,
    /// For effects made of statements that can be repeated (such as GRANT). Where the database can, it is
    /// the same as [`Atomic`](Self::Atomic). MariaDB cannot: DDL commits there. So every statement commits by
    /// itself, [`Transaction::mark`] comes first and notes that the effect has begun, the commit
    /// notes that it is done, and a probe between the two finds [`crate::Probe::Begun`]. A rollback undoes
    /// nothing that ran.
    Steps,
}

/// How a transaction is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begin {
    /// What it may do.
    pub mode: Mode,
    /// For the whole of it; at most, and by default, the limit of the connection.
    pub timeout: Option<Duration>,
}

/// An open transaction. Dropped without [`commit`](Self::commit), it is undone, what runs is cancelled,
/// and its connection to the server is closed.
#[derive(Debug)]
pub struct Transaction {
    pool: Arc<Pool>,
    slot: Slot,
    dialect: Dialect,
    table: String,
    deadline: Instant,
    mode: Mode,
    marked: Option<Marked>,
}

/// The effect that the transaction has marked.
#[derive(Debug)]
struct Marked {
    key: String,
    receipt: Json,
}

/// Where the session is. It is taken out for every operation and put back after it, so that an
/// operation that is dropped half-way takes the session with it.
enum Slot {
    Idle(Box<Lease>),
    /// The task gives the session back if the stream was read to its end.
    Streaming(JoinHandle<Option<Lease>>),
    Over(&'static str),
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Idle(_) => "Idle",
            Self::Streaming(_) => "Streaming",
            Self::Over(_) => "Over",
        })
    }
}

impl Transaction {
    pub(crate) async fn begin(pool: &Arc<Pool>, begin: Begin) -> Result<Self, Error> {
        let limits = &pool.config.limits;
        if pool.config.read_only && begin.mode != Mode::ReadOnly {
            return Err(Error::ReadOnlyConnection(pool.name.clone()));
        }
        let longest = limits.transaction();
        let timeout = begin.timeout.map_or(longest, |wanted| wanted.min(longest));
        let mut lease = pool.lease().await?;
        let session = lease.session()?;
        let (dialect, table) = (session.dialect(), session.marker_table());
        let opening = Opening {
            read_only: begin.mode == Mode::ReadOnly,
            steps: begin.mode == Mode::Steps && dialect == Dialect::Mariadb,
            statement: limits.statement().min(timeout),
            transaction: timeout,
        };
        let deadline = Instant::now() + timeout;
        let slot = Slot::Idle(Box::new(lease));
        let (pool, mode) = (Arc::clone(pool), begin.mode);
        let mut transaction = Self { pool, slot, dialect, table, deadline, mode, marked: None };
        transaction.open(opening).await?;
        Ok(transaction)
    }

    /// The name of the connection.
    #[must_use]
    pub fn connection(&self) -> &ResourceId {
        &self.pool.name
    }

    /// The language of the database.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Runs one statement; the number of rows that it changed, so far as the server counts them.
    ///
    /// # Errors
    /// Of any kind; after a failed statement only [`rollback`](Self::rollback) makes sense.
    pub async fn execute(&mut self, sql: &str, params: &[Cell]) -> Result<u64, Error> {
        text::check(sql, self.mode)?;
        self.check_marked()?;
        let result = self.bounded(async |session| session.execute(sql, params).await).await;
        result.map_err(|error| self.outcome(error))
    }

    /// The columns that a statement would answer, without running it; none where it answers nothing.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn describe(&mut self, sql: &str) -> Result<Vec<Column>, Error> {
        text::check(sql, self.mode)?;
        self.bounded(async |session| session.describe(sql).await).await
    }

    /// How many rows a statement would change or answer, as the database guesses without running it;
    /// none where it makes no guess, as SQLite never does.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn estimate(&mut self, sql: &str, params: &[Cell]) -> Result<Option<u64>, Error> {
        text::check(sql, self.mode)?;
        // `EXPLAIN ANALYZE …` runs what it explains.
        text::check_explainable(sql)?;
        self.bounded(async |session| session.estimate(sql, params).await).await
    }

    /// Runs one statement and holds its answer in memory: at most `max_rows`, and never more than the
    /// limits of the connection.
    ///
    /// # Errors
    /// Of any kind; where the answer is too large, the transaction is over.
    pub async fn query(
        &mut self,
        sql: &str,
        params: &[Cell],
        max_rows: u32,
    ) -> Result<Rows, Error> {
        let limits: &Limits = &self.pool.config.limits;
        let (most_rows, most_bytes) = (max_rows.min(limits.rows), limits.bytes);
        let mut stream = self.stream(sql, params).await?;
        let mut answer = Rows { columns: Arc::new([]), rows: Vec::new() };
        let mut bytes = 0;
        while let Some(batch) = stream.next().await? {
            answer.columns = batch.columns;
            bytes += batch.rows.iter().flatten().map(Cell::size).sum::<usize>();
            if answer.rows.len() + batch.rows.len() > most_rows as usize {
                return Err(Error::TooManyRows(most_rows.into()));
            }
            if bytes > most_bytes as usize {
                return Err(Error::TooManyBytes(most_bytes.into()));
            }
            answer.rows.extend(batch.rows);
        }
        Ok(answer)
    }

    /// Runs one statement and hands its answer out part by part, as fast as it is read.
    ///
    /// # Errors
    /// Of the transaction; those of the statement come through the stream.
    pub async fn stream(&mut self, sql: &str, params: &[Cell]) -> Result<RowStream, Error> {
        text::check(sql, self.mode)?;
        self.check_marked()?;
        let mut lease = self.take().await?;
        let (out, errors, rows) = stream::channel();
        let (sql, params, deadline) = (sql.to_owned(), params.to_vec(), self.deadline);
        let left = deadline.saturating_duration_since(Instant::now());
        let pump = async move {
            let session = match lease.session() {
                Ok(session) => session.stream(&sql, &params, out),
                Err(_) => return None,
            };
            let error = match tokio::time::timeout_at(deadline, session).await {
                Ok(Ok(())) => return Some(lease),
                Ok(Err(error)) => error,
                Err(_) => Error::Timeout(left),
            };
            let usable = !error.breaks_session();
            // The reader may be gone, which is then its answer.
            let _ = errors.send(Err(error)).await;
            usable.then_some(lease)
        };
        self.slot = Slot::Streaming(tokio::spawn(pump));
        Ok(rows)
    }

    /// Marks the effect of `once_key` as done, in this transaction: both are kept or neither is. Called
    /// before the effect, it holds off every other attempt; called again, it replaces the receipt.
    ///
    /// # Errors
    /// [`Error::AlreadyHappened`] with the stored receipt, [`Error::Fenced`] where a probe has given this
    /// attempt up: roll back. [`Error::BadKey`]; and those of a statement.
    pub async fn mark(&mut self, once_key: &str, receipt: &Json) -> Result<(), Error> {
        marker::check_key(once_key)?;
        let (table, steps) = (self.table.clone(), self.is_stepwise());
        let again = self.marked.as_ref().is_some_and(|marked| marked.key == once_key);
        if steps && self.marked.is_some() && !again {
            return Err(Error::Refused("one run of steps has one effect".to_owned()));
        }
        let result = self
            .bounded(async |session| match (again, steps) {
                (true, false) => marker::replace_receipt(session, &table, once_key, receipt).await,
                // Written when it is done.
                (true, true) => Ok(()),
                (false, false) => marker::mark_done(session, &table, once_key, receipt).await,
                (false, true) => marker::mark_begun(session, &table, once_key, receipt).await,
            })
            .await;
        match &result {
            Ok(()) => {
                self.marked = Some(Marked { key: once_key.to_owned(), receipt: receipt.clone() });
            }
            Err(Error::Statement { .. }) => self.pool.forget_marker(),
            Err(_) => {}
        }
        result
    }

    /// Keeps everything.
    ///
    /// # Errors
    /// [`Error::UnknownOutcome`] where no clear answer came; any other means that nothing is kept.
    pub async fn commit(mut self) -> Result<(), Error> {
        let mut lease = self.take().await?;
        let within = self.pool.config.limits.statement();
        let session = lease.session()?;
        let committing = async {
            if let (true, Some(Marked { key, receipt })) = (self.is_stepwise(), &self.marked) {
                return marker::finish(session, &self.table, key, receipt).await;
            }
            session.commit().await
        };
        let result = tokio::time::timeout(within, committing).await.unwrap_or_else(|_| {
            let waited = within.as_millis();
            Err(Error::UnknownOutcome(format!("no answer to the commit within {waited} ms")))
        });
        match result {
            Ok(()) => {
                lease.give_back().await;
                Ok(())
            }
            // Nothing was to be kept.
            Err(Error::UnknownOutcome(reason)) if self.mode == Mode::ReadOnly => {
                Err(Error::Lost(reason))
            }
            Err(error) => Err(self.outcome(error)),
        }
    }

    /// Undoes everything.
    ///
    /// # Errors
    /// [`Error::Over`] where that has happened already; otherwise none: a transaction that cannot be
    /// rolled back in order is undone by closing its connection.
    pub async fn rollback(mut self) -> Result<(), Error> {
        let mut lease = self.take().await?;
        let within = self.pool.config.limits.connect();
        let undoing = lease.session()?.rollback();
        if let Ok(Ok(())) = tokio::time::timeout(within, undoing).await {
            lease.give_back().await;
        }
        Ok(())
    }

    async fn open(&mut self, opening: Opening) -> Result<(), Error> {
        let pool = Arc::clone(&self.pool);
        self.bounded(async |session| {
            if !opening.read_only {
                pool.prepare_marker(session).await?;
            }
            session.begin(opening).await
        })
        .await
    }

    /// Does one thing within the time that is left, and keeps the session only if its state is known.
    async fn bounded<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut Session) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut lease = self.take().await?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        let within = left.min(self.pool.config.limits.statement());
        let result = tokio::time::timeout(within, work(lease.session()?)).await;
        match result {
            Ok(result) => {
                if !result.as_ref().is_err_and(Error::breaks_session) {
                    self.slot = Slot::Idle(Box::new(lease));
                }
                result
            }
            Err(_) => {
                lease.canceller().cancel().await;
                Err(Error::Timeout(within))
            }
        }
    }

    /// Takes the session out, after the stream that has it.
    async fn take(&mut self) -> Result<Lease, Error> {
        match mem::replace(&mut self.slot, Slot::Over("an operation did not end")) {
            Slot::Idle(lease) => Ok(*lease),
            Slot::Over(reason) => {
                self.slot = Slot::Over(reason);
                Err(Error::Over(reason))
            }
            Slot::Streaming(task) => {
                let over = "its stream was not read to the end";
                match tokio::time::timeout_at(self.deadline, task).await {
                    Ok(Ok(Some(lease))) => Ok(lease),
                    _ => {
                        self.slot = Slot::Over(over);
                        Err(Error::Over(over))
                    }
                }
            }
        }
    }

    /// Whether every statement commits by itself.
    fn is_stepwise(&self) -> bool {
        self.mode == Mode::Steps && self.dialect == Dialect::Mariadb
    }

    /// Steps without their mark would leave no trace.
    fn check_marked(&self) -> Result<(), Error> {
        if self.is_stepwise() && self.marked.is_none() {
            return Err(Error::Refused("steps run after their effect is marked".to_owned()));
        }
        Ok(())
    }

    /// Where statements commit by themselves, one without an answer may have happened.
    fn outcome(&self, error: Error) -> Error {
        match error {
            Error::Lost(_) | Error::Timeout(_) if self.is_stepwise() => {
                Error::UnknownOutcome(error.to_string())
            }
            other => other,
        }
    }
}
