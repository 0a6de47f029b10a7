//! One transaction on a target database.

use std::{mem, sync::Arc, time::Duration};

use engine_core::ids::ResourceId;
use serde_json::Value as Json;
use tokio::{task::JoinHandle, time::Instant};

use crate::{
    cell::{Cell, Rows},
    config::Limits,
    dialect::Dialect,
    driver::{Opening, Session},
    error::Error,
    marker,
    pool::{Lease, Pool},
    stream::{self, RowStream},
};

/// The longest statement that is sent, in bytes.
pub const MAX_STATEMENT: usize = 1 << 20;

/// What a transaction may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Reads one consistent state; the server refuses writes.
    ReadOnly,
    /// All or nothing.
    Atomic,
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
    marked: Option<String>,
}

/// Where the session is. It is taken out for every operation and put back after it, so that an
/// operation that is dropped half-way takes the session with it.
enum Slot {
    Idle(Lease),
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
            statement: limits.statement().min(timeout),
            transaction: timeout,
        };
        let deadline = Instant::now() + timeout;
        let slot = Slot::Idle(lease);
        let mut transaction =
            Self { pool: Arc::clone(pool), slot, dialect, table, deadline, marked: None };
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
        check_text(sql)?;
        self.bounded(async |session| session.execute(sql, params).await).await
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
        check_text(sql)?;
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
        let table = self.table.clone();
        let again = self.marked.as_deref() == Some(once_key);
        let result = self
            .bounded(async |session| {
                if again {
                    marker::replace_receipt(session, &table, once_key, receipt).await
                } else {
                    marker::mark_done(session, &table, once_key, receipt).await
                }
            })
            .await;
        match &result {
            Ok(()) => self.marked = Some(once_key.to_owned()),
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
        let committing = lease.session()?.commit();
        match tokio::time::timeout(within, committing).await {
            Ok(Ok(())) => {
                lease.give_back().await;
                Ok(())
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(Error::UnknownOutcome(format!(
                "no answer to the commit within {} ms",
                within.as_millis()
            ))),
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
                    self.slot = Slot::Idle(lease);
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
            Slot::Idle(lease) => Ok(lease),
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
}

/// Refuses what would break the bond of an effect and its marker. The text is not understood here: the
/// first word is enough, since every call to the server carries one statement.
fn check_text(sql: &str) -> Result<(), Error> {
    if sql.len() > MAX_STATEMENT {
        return Err(Error::Refused(format!(
            "it has {} bytes, more than {MAX_STATEMENT}",
            sql.len()
        )));
    }
    if sql.contains('\0') {
        return Err(Error::Refused("it holds a NUL character".to_owned()));
    }
    if sql.to_ascii_lowercase().contains(marker::TABLE) {
        return Err(Error::Refused(format!("`{}` belongs to the engine", marker::TABLE)));
    }
    Ok(())
}
