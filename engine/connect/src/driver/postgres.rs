//! PostgreSQL, by the extended protocol: one statement in each call, parameters apart from the text.

mod value;

use std::{error::Error as _, time::Duration};

use engine_core::ids::ResourceId;
use futures::{StreamExt, pin_mut};
use tokio_postgres::{CancelToken, Client, NoTls, Statement, error::DbError};

use super::Opening;
use crate::{
    cell::{Cell, Column},
    config::{Secret, Server},
    error::{Error, StatementFault},
    marker::TABLE,
    stream::BatchSender,
};

/// Set by our session, and again after whatever a transaction has set.
const SETTINGS: &str = "SET TIME ZONE 'UTC'; SET datestyle = 'ISO, YMD'; SET standard_conforming_strings = on; \
     SET client_encoding = 'UTF8'";

/// Everything of DISCARD ALL but the prepared statements, which the driver keeps for its own use.
const RESET: &str = "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; \
     SELECT pg_advisory_unlock_all(); DISCARD PLANS; DISCARD TEMP; DISCARD SEQUENCES";

/// For a cancel request, which opens a connection of its own.
const CANCEL_WITHIN: Duration = Duration::from_secs(3);

/// One connection.
pub(crate) struct Session {
    client: Client,
    marker_table: String,
}

/// Sends a cancel request.
#[derive(Clone)]
pub(crate) struct Canceller(CancelToken);

impl Canceller {
    pub(crate) async fn cancel(self) {
        // Where it fails, the server's own statement timeout ends the statement.
        let _ = tokio::time::timeout(CANCEL_WITHIN, self.0.cancel_query(NoTls)).await;
    }
}

impl Session {
    pub(crate) async fn connect(
        name: &ResourceId,
        server: &Server,
        within: Duration,
    ) -> Result<Self, Error> {
        let mut config = tokio_postgres::Config::new();
        config.host(&server.host).port(server.port.unwrap_or(5432));
        config.dbname(&server.database).user(&server.user).application_name("countersign");
        config.connect_timeout(within).tcp_user_timeout(Duration::from_secs(60));
        config.keepalives_idle(Duration::from_secs(30));
        if let Some(password) = &server.password {
            config.password(Secret::expose(password));
        }
        let failed = |e: tokio_postgres::Error| connect_failed(name, &e);
        let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
        // It ends when the client is dropped; what breaks it is reported by the operation it breaks.
        tokio::spawn(connection);
        client.batch_execute(SETTINGS).await.map_err(failed)?;
        let schema = client
            .query_one("SELECT coalesce(quote_ident(current_schema()), 'public')", &[])
            .await
            .map_err(failed)?;
        let schema: String = schema.try_get(0).map_err(failed)?;
        Ok(Self { client, marker_table: format!("{schema}.{TABLE}") })
    }

    pub(crate) fn canceller(&self) -> Canceller {
        Canceller(self.client.cancel_token())
    }

    /// With its schema, so that no `search_path` and no temporary table leads elsewhere.
    pub(crate) fn marker_table(&self) -> String {
        self.marker_table.clone()
    }

    pub(crate) async fn run_own(&mut self, sql: &str, params: &[Cell]) -> Result<u64, Error> {
        self.execute(sql, params).await
    }

    pub(crate) async fn read_own(
        &mut self,
        sql: &str,
        params: &[Cell],
    ) -> Result<Vec<Vec<Cell>>, Error> {
        let statement = self.prepare(sql, params).await?;
        let rows = self.client.query_raw(&statement, value::texts(params)).await;
        let rows = rows.map_err(|e| fault(&e))?;
        pin_mut!(rows);
        let mut answer = Vec::new();
        while let Some(row) = rows.next().await {
            answer.push(value::cells(&row.map_err(|e| fault(&e))?)?);
        }
        Ok(answer)
    }

    pub(crate) async fn begin(&mut self, opening: Opening) -> Result<(), Error> {
        let mode = if opening.read_only {
            "REPEATABLE READ READ ONLY"
        } else {
            "READ COMMITTED READ WRITE"
        };
        // For when this engine is gone; as long as it is here, its own clock is the first to ring.
        let server = |within: Duration| within.as_millis() + 1_000;
        let (statement, whole) = (server(opening.statement), server(opening.transaction));
        // In a savepoint no statement can make a read-only transaction writable, and a savepoint
        // that is gone at the end tells that the transaction is another one.
        let sql = format!(
            "BEGIN ISOLATION LEVEL {mode}; SET LOCAL statement_timeout = {statement}; \
             SET LOCAL lock_timeout = {statement}; \
             SET LOCAL idle_in_transaction_session_timeout = {whole}; SAVEPOINT countersign"
        );
        self.client.batch_execute(&sql).await.map_err(|e| fault(&e))
    }

    pub(crate) async fn execute(&mut self, sql: &str, params: &[Cell]) -> Result<u64, Error> {
        let statement = self.prepare(sql, params).await?;
        self.client.execute_raw(&statement, value::texts(params)).await.map_err(|e| fault(&e))
    }

    pub(crate) async fn describe(&mut self, sql: &str) -> Result<Vec<Column>, Error> {
        let statement = self.client.prepare(sql).await.map_err(|e| fault(&e))?;
        Ok(columns(&statement))
    }

    pub(crate) async fn estimate(
        &mut self,
        sql: &str,
        params: &[Cell],
    ) -> Result<Option<u64>, Error> {
        let rows = self.read_own(&format!("EXPLAIN (FORMAT JSON) {sql}"), params).await?;
        let Some(Cell::Text(text)) = rows.first().and_then(|row| row.first()) else {
            return Ok(None);
        };
        let answer: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        // What changes rows answers none by itself; the rows that it changes come from below.
        let top = answer.pointer("/0/Plan");
        let changes = top.and_then(|plan| plan.get("Node Type")) == Some(&"ModifyTable".into());
        let plan = if changes { answer.pointer("/0/Plan/Plans/0") } else { top };
        Ok(plan.and_then(|plan| plan.get("Plan Rows")?.as_u64()))
    }

    pub(crate) async fn stream(
        &mut self,
        sql: &str,
        params: &[Cell],
        mut out: BatchSender,
    ) -> Result<(), Error> {
        let statement = self.prepare(sql, params).await?;
        out.start(columns(&statement));
        let rows = self.client.query_raw(&statement, value::texts(params)).await;
        let rows = rows.map_err(|e| fault(&e))?;
        pin_mut!(rows);
        while let Some(row) = rows.next().await {
            let cells = value::cells(&row.map_err(|e| fault(&e))?)?;
            if let Some(batch) = out.push(cells) {
                out.send(batch).await?;
            }
        }
        let last = out.rest();
        out.send(last).await
    }

    pub(crate) async fn commit(&mut self) -> Result<(), Error> {
        // Without the savepoint the second statement is not run.
        self.client.batch_execute("RELEASE SAVEPOINT countersign; COMMIT").await.map_err(|e| {
            let answer = e.as_db_error();
            match answer.map(|db| (db, db.code().code())) {
                Some((_, "3B001" | "25P01")) => Error::EndedEarly,
                Some((db, code)) if !is_clear(code) => Error::UnknownOutcome(text(db)),
                Some(_) => fault(&e),
                None => Error::UnknownOutcome(chain(&e)),
            }
        })
    }

    pub(crate) async fn rollback(&mut self) -> Result<(), Error> {
        self.client.batch_execute("ROLLBACK").await.map_err(|e| fault(&e))
    }

    pub(crate) async fn reset(&mut self) -> bool {
        self.client.batch_execute(RESET).await.is_ok()
            && self.client.batch_execute(SETTINGS).await.is_ok()
    }

    pub(crate) async fn is_alive(&mut self) -> bool {
        self.client.check_connection().await.is_ok()
    }

    async fn prepare(&self, sql: &str, params: &[Cell]) -> Result<Statement, Error> {
        let statement = self.client.prepare(sql).await.map_err(|e| fault(&e))?;
        let wanted = statement.params().len();
        if wanted == params.len() {
            Ok(statement)
        } else {
            let found = params.len();
            Err(Error::Value(format!("the statement has {wanted} parameters, found {found}")))
        }
    }
}

fn columns(statement: &Statement) -> Vec<Column> {
    let column = |c: &tokio_postgres::Column| Column {
        name: c.name().to_owned(),
        type_name: c.type_().name().to_owned(),
    };
    statement.columns().iter().map(column).collect()
}

/// Whether a failed COMMIT with this SQLSTATE certainly kept nothing.
fn is_clear(code: &str) -> bool {
    !["08", "57P", "58", "XX"].iter().any(|class| code.starts_with(class)) && code != "40003"
}

fn connect_failed(name: &ResourceId, error: &tokio_postgres::Error) -> Error {
    let connection = name.clone();
    let Some(db) = error.as_db_error() else {
        let reason = chain(error);
        // No password where one is asked for, or a method that the driver does not know.
        let refused = reason.starts_with("authentication") || reason.starts_with("invalid conf");
        return if refused {
            Error::Credentials { connection, reason }
        } else {
            Error::Unreachable { connection, reason }
        };
    };
    let reason = text(db);
    match db.code().code() {
        "3D000" => Error::UnknownDatabase { connection, reason },
        code if code.starts_with("28") || code == "42501" => {
            Error::Credentials { connection, reason }
        }
        _ => Error::Unreachable { connection, reason },
    }
}

fn fault(error: &tokio_postgres::Error) -> Error {
    let Some(db) = error.as_db_error() else {
        return match error.source() {
            Some(cause) if cause.is::<std::io::Error>() => Error::Lost(chain(error)),
            None if error.is_closed() => Error::Lost(chain(error)),
            _ => Error::Over("the server spoke out of turn"),
        };
    };
    let code = db.code().code();
    let fault = match code {
        _ if code.starts_with("57P") || code.starts_with("08") => return Error::Lost(text(db)),
        "25006" => StatementFault::ReadOnly,
        "42501" => StatementFault::Privilege,
        "40001" | "40P01" | "55P03" | "57014" => StatementFault::Conflict,
        _ if code.starts_with("22") || code.starts_with("23") => StatementFault::Constraint,
        _ if code.starts_with("28") => StatementFault::Privilege,
        _ if code.starts_with("53") => StatementFault::Resources,
        _ => StatementFault::Wrong,
    };
    Error::Statement { fault, code: code.to_owned(), message: text(db) }
}

fn text(db: &DbError) -> String {
    match db.detail() {
        Some(detail) => format!("{}: {detail}", db.message()),
        None => db.message().to_owned(),
    }
}

/// The error with its causes; the driver's own text leaves them out.
fn chain(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
