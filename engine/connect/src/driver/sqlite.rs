//! SQLite: a file of this machine, worked on by blocking threads.
//!
//! What a statement may reach is bounded by SQLite's authorizer ([`boundary`]), not by its text: no attached
//! files, no pragmas, no extensions, no transaction control, no marker table.

mod boundary;
mod made;
mod value;

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use engine_core::ids::ResourceId;
use rusqlite::{
    Connection, ErrorCode, OpenFlags,
    config::DbConfig,
    hooks::{AuthContext, Authorization},
    limits::Limit,
};

pub use self::made::make_sqlite;
use super::Opening;
use crate::{
    cell::{Cell, Column},
    error::{Error, StatementFault},
    marker::TABLE,
    stream::BatchSender,
};

/// How often a running statement looks whether it is cancelled, in SQLite's virtual machine steps.
const STEPS_BETWEEN_LOOKS: i32 = 1_000;

/// One open file.
pub(crate) struct Session {
    connection: Arc<Mutex<Connection>>,
    switches: Arc<Switches>,
}

/// What the callbacks inside SQLite look at.
#[derive(Default)]
struct Switches {
    /// Set once, never unset.
    cancelled: AtomicBool,
    /// The statement is the engine's own.
    own: AtomicBool,
    read_only: AtomicBool,
}

impl Switches {
    fn authorize(&self, context: &AuthContext<'_>) -> Authorization {
        if self.own.load(Ordering::SeqCst) {
            return Authorization::Allow;
        }
        boundary::authorize(&context.action, self.read_only.load(Ordering::SeqCst))
    }
}

/// Stops a session for good.
#[derive(Clone)]
pub(crate) struct Canceller(Arc<Switches>);

impl Canceller {
    pub(crate) fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::SeqCst);
    }
}

impl Session {
    pub(crate) async fn connect(
        name: &ResourceId,
        path: &Path,
        read_only: bool,
    ) -> Result<Self, Error> {
        let (name, path) = (name.clone(), path.to_owned());
        let switches = Arc::new(Switches::default());
        let shared = Arc::clone(&switches);
        let connection =
            blocking(move || open(&path, read_only, &shared).map_err(|e| open_failed(&name, &e)))
                .await?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), switches })
    }

    pub(crate) fn canceller(&self) -> Canceller {
        Canceller(Arc::clone(&self.switches))
    }

    pub(crate) fn marker_table(&self) -> String {
        format!("main.{TABLE}")
    }

    pub(crate) async fn run_own(&mut self, sql: &str, params: &[Cell]) -> Result<u64, Error> {
        self.call(true, sql, params, step).await
    }

    pub(crate) async fn read_own(
        &mut self,
        sql: &str,
        params: &[Cell],
    ) -> Result<Vec<Vec<Cell>>, Error> {
        self.call(true, sql, params, |connection, sql, params| {
            let mut rows = Vec::new();
            each_row(
                connection,
                sql,
                params,
                |_| Ok(()),
                |row| {
                    rows.push(row);
                    Ok(())
                },
            )?;
            Ok(rows)
        })
        .await
    }

    pub(crate) async fn begin(&mut self, opening: Opening) -> Result<(), Error> {
        self.switches.read_only.store(opening.read_only, Ordering::SeqCst);
        let wait = opening.statement;
        let sql = if opening.read_only { "BEGIN" } else { "BEGIN IMMEDIATE" };
        self.call(true, sql, &[], move |connection, sql, _| {
            connection.busy_timeout(wait).map_err(|e| fault(&e))?;
            connection.execute_batch(sql).map_err(|e| fault(&e))
        })
        .await
    }

    pub(crate) async fn execute(&mut self, sql: &str, params: &[Cell]) -> Result<u64, Error> {
        self.call(false, sql, params, step).await
    }

    pub(crate) async fn describe(&mut self, sql: &str) -> Result<Vec<Column>, Error> {
        self.call(false, sql, &[], |connection, sql, _| {
            let statement = connection.prepare(sql).map_err(|e| fault(&e))?;
            Ok(columns(&statement))
        })
        .await
    }

    /// Its planner keeps no numbers of rows that it would tell.
    pub(crate) async fn estimate(&mut self, sql: &str, _: &[Cell]) -> Result<Option<u64>, Error> {
        self.describe(sql).await.map(|_| None)
    }

    pub(crate) async fn stream(
        &mut self,
        sql: &str,
        params: &[Cell],
        out: BatchSender,
    ) -> Result<(), Error> {
        self.call(false, sql, params, move |connection, sql, params| {
            let out = std::cell::RefCell::new(out);
            each_row(
                connection,
                sql,
                params,
                |columns| {
                    out.borrow_mut().start(columns);
                    Ok(())
                },
                |row| {
                    let full = out.borrow_mut().push(row);
                    full.map_or(Ok(()), |batch| out.borrow().send_blocking(batch))
                },
            )?;
            let mut out = out.into_inner();
            let last = out.rest();
            out.send_blocking(last)
        })
        .await
    }

    pub(crate) async fn commit(&mut self) -> Result<(), Error> {
        self.call(true, "COMMIT", &[], |connection, sql, _| {
            if connection.is_autocommit() {
                return Err(Error::EndedEarly);
            }
            connection.execute_batch(sql).map_err(|e| match e.sqlite_error_code() {
                // The file system gave no clear answer: what is on the disk is found by a probe.
                Some(ErrorCode::SystemIoFailure) => Error::UnknownOutcome(e.to_string()),
                _ => fault(&e),
            })
        })
        .await
    }

    pub(crate) async fn rollback(&mut self) -> Result<(), Error> {
        self.call(true, "ROLLBACK", &[], |connection, sql, _| {
            if connection.is_autocommit() {
                return Ok(());
            }
            connection.execute_batch(sql).map_err(|e| fault(&e))
        })
        .await
    }

    /// Opening a file is cheap, so a connection is never shared by two users.
    pub(crate) async fn reset(&mut self) -> bool {
        false
    }

    pub(crate) async fn is_alive(&mut self) -> bool {
        true
    }

    /// Does the work on a thread that may block. Should the caller go away, the work still ends there.
    async fn call<T, F>(
        &mut self,
        own: bool,
        sql: &str,
        params: &[Cell],
        work: F,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, &str, &[Cell]) -> Result<T, Error> + Send + 'static,
    {
        let (connection, switches) = (Arc::clone(&self.connection), Arc::clone(&self.switches));
        let (sql, params) = (sql.to_owned(), params.to_vec());
        blocking(move || {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            if switches.cancelled.load(Ordering::SeqCst) {
                return Err(Error::Over("it was cancelled"));
            }
            switches.own.store(own, Ordering::SeqCst);
            work(&connection, &sql, &params)
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|e| Err(Error::Bug(format!("a thread of SQLite ended: {e}"))))
}

fn open(path: &Path, read_only: bool, switches: &Arc<Switches>) -> rusqlite::Result<Connection> {
    let access = if read_only {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE
    };
    let mut connection =
        Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let seen = Arc::clone(switches);
    connection.progress_handler(
        STEPS_BETWEEN_LOOKS,
        Some(move || seen.cancelled.load(Ordering::SeqCst)),
    )?;
    let seen = Arc::clone(switches);
    connection.authorizer(Some(move |context: AuthContext<'_>| seen.authorize(&context)))?;
    // Reads the header, so that a file that is no database is found out here.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// Runs a statement to its end and counts what it changed; rows that it answers are not looked at.
fn step(connection: &Connection, sql: &str, params: &[Cell]) -> Result<u64, Error> {
    let before = connection.total_changes();
    let mut statement = connection.prepare(sql).map_err(|e| fault(&e))?;
    bind(&mut statement, params)?;
    let writes = !statement.readonly();
    let mut rows = statement.raw_query();
    while rows.next().map_err(|e| fault(&e))?.is_some() {}
    drop(rows);
    drop(statement);
    let changed = if writes { connection.total_changes() - before } else { 0 };
    // Rows changed by triggers and foreign keys count too: the cap is on what really happened.
    Ok(changed)
}

fn each_row(
    connection: &Connection,
    sql: &str,
    params: &[Cell],
    start: impl FnOnce(Vec<Column>) -> Result<(), Error>,
    mut take: impl FnMut(Vec<Cell>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut statement = connection.prepare(sql).map_err(|e| fault(&e))?;
    bind(&mut statement, params)?;
    let columns = columns(&statement);
    let width = columns.len();
    start(columns)?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(|e| fault(&e))? {
        let cells = (0..width)
            .map(|i| row.get_ref(i).map_err(|e| fault(&e)).and_then(value::cell))
            .collect::<Result<_, _>>()?;
        take(cells)?;
    }
    Ok(())
}

fn columns(statement: &rusqlite::Statement<'_>) -> Vec<Column> {
    let column = |column: rusqlite::Column<'_>| Column {
        name: column.name().to_owned(),
        type_name: column.decl_type().unwrap_or_default().to_ascii_lowercase(),
    };
    statement.columns().map(column).collect()
}

fn bind(statement: &mut rusqlite::Statement<'_>, params: &[Cell]) -> Result<(), Error> {
    let wanted = statement.parameter_count();
    if wanted != params.len() {
        return Err(Error::Value(format!(
            "the statement has {wanted} parameters, found {}",
            params.len()
        )));
    }
    for (i, param) in params.iter().enumerate() {
        statement.raw_bind_parameter(i + 1, value::bound(param)?).map_err(|e| fault(&e))?;
    }
    Ok(())
}

fn open_failed(name: &ResourceId, error: &rusqlite::Error) -> Error {
    let (connection, reason) = (name.clone(), error.to_string());
    match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            Error::UnknownDatabase { connection, reason }
        }
        Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            Error::Credentials { connection, reason }
        }
        _ => Error::Unreachable { connection, reason },
    }
}

fn fault(error: &rusqlite::Error) -> Error {
    let code = error.sqlite_extended_error_code();
    let fault = match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => return Error::Over("it was cancelled"),
        Some(ErrorCode::ConstraintViolation) => StatementFault::Constraint,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StatementFault::Conflict,
        Some(ErrorCode::AuthorizationForStatementDenied | ErrorCode::PermissionDenied) => {
            StatementFault::Privilege
        }
        Some(ErrorCode::ReadOnly) => StatementFault::ReadOnly,
        Some(ErrorCode::DiskFull | ErrorCode::OutOfMemory) => StatementFault::Resources,
        Some(ErrorCode::SystemIoFailure) => return Error::Lost(error.to_string()),
        _ => StatementFault::Wrong,
    };
    let code = code.map_or_else(|| "sqlite".to_owned(), |code| format!("sqlite {code}"));
    Error::Statement { fault, code, message: message(error) }
}

/// The reason itself, without the driver's repetition of the statement.
fn message(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(text)) => text.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::MultipleStatement => "expected one statement, found several".to_owned(),
        other => other.to_string(),
    }
}
