//! MariaDB and MySQL, by prepared statements: one statement in each call, parameters apart from the text.
//!
//! DDL, and so GRANT and CREATE USER, ends a transaction there and keeps what came before it. An atomic
//! transaction notices and reports [`Error::EndedEarly`]; effects that are made of DDL run as steps
//! ([`crate::transaction::Mode::Steps`]).

mod value;

use std::time::Duration;

use engine_core::ids::ResourceId;
use mysql_async::{
    Conn, DriverError, OkPacket, Opts, OptsBuilder, ServerError, consts::StatusFlags,
    prelude::Queryable,
};

use super::Opening;
use crate::{
    cell::{Cell, Column},
    config::{Secret, Server},
    dialect::Dialect,
    error::{Error, StatementFault},
    marker::TABLE,
    stream::BatchSender,
};

/// The language that [`classify`](mod@crate::classify) and the identifier quoting assume: backslashes escape, double
/// quotes are texts, wrong values are errors, and GRANT makes no accounts.
const SETTINGS: &str = "SET SESSION time_zone = '+00:00', SESSION autocommit = 1, \
     SESSION sql_mode = IF(VERSION() LIKE '%MariaDB%', \
     'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_CREATE_USER', \
     'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION')";

/// For a kill request, which opens a connection of its own.
const CANCEL_WITHIN: Duration = Duration::from_secs(3);

/// One connection.
pub(crate) struct Session {
    connection: Conn,
    opts: Opts,
    marker_table: String,
    // INVARIANT: true only between `begin` and the end of an atomic or read-only transaction.
    in_transaction: bool,
}

/// Ends the connection on the server, and with it its transaction.
#[derive(Clone)]
pub(crate) struct Canceller {
    opts: Opts,
    id: u32,
}

impl Canceller {
    pub(crate) async fn cancel(self) {
        let killing = async {
            let mut connection = Conn::new(self.opts).await?;
            connection.query_drop(format!("KILL {}", self.id)).await?;
            connection.disconnect().await
        };
        // Where it fails, the server's own limits end the statement.
        let _ = tokio::time::timeout(CANCEL_WITHIN, killing).await;
    }
}

impl Session {
    pub(crate) async fn connect(name: &ResourceId, server: &Server) -> Result<Self, Error> {
        let local = server.host.starts_with('/');
        let builder = OptsBuilder::default()
            .user(Some(&server.user))
            .pass(server.password.as_ref().map(Secret::expose))
            .db_name(Some(&server.database))
            .ip_or_hostname(if local { "localhost" } else { &server.host })
            .tcp_port(server.port.unwrap_or(3306))
            .socket(local.then_some(&server.host))
            // The operator said which way; the driver would take a shorter one where it finds one.
            .prefer_socket(local)
            .tcp_keepalive(Some(Duration::from_secs(30)))
            .stmt_cache_size(0);
        let opts = Opts::from(builder);
        let failed = |e: mysql_async::Error| connect_failed(name, &e);
        let mut connection = Conn::new(opts.clone()).await.map_err(failed)?;
        connection.query_drop(SETTINGS).await.map_err(failed)?;
        let database = Dialect::Mariadb.quote_identifier(&server.database).map_err(|e| {
            Error::UnknownDatabase { connection: name.clone(), reason: e.to_string() }
        })?;
        let marker_table = format!("{database}.{TABLE}");
        Ok(Self { connection, opts, marker_table, in_transaction: false })
    }

    pub(crate) fn canceller(&self) -> Canceller {
        Canceller { opts: self.opts.clone(), id: self.connection.id() }
    }

    pub(crate) fn marker_table(&self) -> String {
        self.marker_table.clone()
    }

    pub(crate) async fn run_own(&mut self, sql: &str, params: &[Cell]) -> Result<u64, Error> {
        let params = value::positional(params)?;
        self.connection.exec_drop(sql, params).await.map_err(|e| fault(&e))?;
        Ok(self.connection.affected_rows())
    }

    pub(crate) async fn read_own(
        &mut self,
        sql: &str,
        params: &[Cell],
    ) -> Result<Vec<Vec<Cell>>, Error> {
        let params = value::positional(params)?;
        let rows: Vec<mysql_async::Row> =
            self.connection.exec(sql, params).await.map_err(|e| fault(&e))?;
        rows.into_iter().map(value::cells).collect()
    }

    pub(crate) async fn begin(&mut self, opening: Opening) -> Result<(), Error> {
        // For when this engine is gone; as long as it is here, its own clock is the first to ring.
        let seconds = |within: Duration| within.as_secs() + 2;
        let (statement, whole) = (seconds(opening.statement), seconds(opening.transaction));
        let limits = format!(
            "SET SESSION lock_wait_timeout = {statement}, SESSION innodb_lock_wait_timeout = {statement}, \
             SESSION wait_timeout = {whole}"
        );
        let mut batch = vec![limits];
        if !opening.steps {
            // The session is read-only too: DROP TABLE first ends a transaction that is read-only, and
            // then drops the table. And without gap locks, two attempts that mark their effects do
            // not lock each other out.
            let (characteristics, start) = if opening.read_only {
                ("ISOLATION LEVEL REPEATABLE READ, READ ONLY", " WITH CONSISTENT SNAPSHOT")
            } else {
                ("ISOLATION LEVEL READ COMMITTED, READ WRITE", "")
            };
            batch.push(format!("SET SESSION TRANSACTION {characteristics}"));
            batch.push(format!("START TRANSACTION{start}"));
            batch.push("SAVEPOINT countersign".to_owned());
        }
        self.connection.query_drop(batch.join("; ")).await.map_err(|e| fault(&e))?;
        self.in_transaction = !opening.steps;
        Ok(())
    }

    pub(crate) async fn execute(&mut self, sql: &str, params: &[Cell]) -> Result<u64, Error> {
        let affected = self.run_own(sql, params).await?;
        self.check_still_in_transaction()?;
        Ok(affected)
    }

    pub(crate) async fn describe(&mut self, sql: &str) -> Result<Vec<Column>, Error> {
        let statement = self.connection.prep(sql).await.map_err(|e| fault(&e))?;
        let columns = columns(&statement.columns());
        self.connection.close(statement).await.map_err(|e| fault(&e))?;
        Ok(columns)
    }

    /// The product of the rows of the tables that the first SELECT goes through.
    pub(crate) async fn estimate(
        &mut self,
        sql: &str,
        params: &[Cell],
    ) -> Result<Option<u64>, Error> {
        let params = value::positional(params)?;
        let rows: Vec<mysql_async::Row> =
            self.connection.exec(format!("EXPLAIN {sql}"), params).await.map_err(|e| fault(&e))?;
        let mut product: Option<u64> = None;
        for row in &rows {
            let first = matches!(row.get_opt::<u64, _>("id"), Some(Ok(1)));
            if let (true, Some(Ok(count))) = (first, row.get_opt::<u64, _>("rows")) {
                product = Some(product.unwrap_or(1).saturating_mul(count));
            }
        }
        Ok(product)
    }

    pub(crate) async fn stream(
        &mut self,
        sql: &str,
        params: &[Cell],
        mut out: BatchSender,
    ) -> Result<(), Error> {
        let params = value::positional(params)?;
        let answer = self.connection.exec_iter(sql, params).await;
        let mut answer = answer.map_err(|e| fault(&e))?;
        out.start(columns(answer.columns_ref()));
        while let Some(row) = answer.next().await.map_err(|e| fault(&e))? {
            if let Some(batch) = out.push(value::cells(row)?) {
                out.send(batch).await?;
            }
        }
        let last = out.rest();
        out.send(last).await?;
        // A procedure may answer more than once; what comes after the first answer is not wanted.
        answer.drop_result().await.map_err(|e| fault(&e))?;
        self.check_still_in_transaction()
    }

    pub(crate) async fn commit(&mut self) -> Result<(), Error> {
        if !self.in_transaction {
            return Ok(());
        }
        let released = self.connection.query_drop("RELEASE SAVEPOINT countersign").await;
        released.map_err(|e| match server_code(&e) {
            // No such savepoint: the transaction that it was set in is not this one.
            Some(1305) => Error::EndedEarly,
            _ => fault(&e),
        })?;
        self.connection.query_drop("COMMIT").await.map_err(|e| match fault(&e) {
            clear @ Error::Statement { .. } => clear,
            _ => Error::UnknownOutcome(e.to_string()),
        })?;
        self.in_transaction = false;
        Ok(())
    }

    pub(crate) async fn rollback(&mut self) -> Result<(), Error> {
        self.connection.query_drop("ROLLBACK").await.map_err(|e| fault(&e))?;
        self.in_transaction = false;
        Ok(())
    }

    pub(crate) async fn reset(&mut self) -> bool {
        self.in_transaction = false;
        matches!(self.connection.reset().await, Ok(true))
            && self.connection.query_drop(SETTINGS).await.is_ok()
    }

    pub(crate) async fn is_alive(&mut self) -> bool {
        self.connection.ping().await.is_ok()
    }

    /// Every answer of the server says whether a transaction is open.
    fn check_still_in_transaction(&self) -> Result<(), Error> {
        let flags = self.connection.last_ok_packet().map(OkPacket::status_flags);
        let open = flags.is_none_or(|f| f.contains(StatusFlags::SERVER_STATUS_IN_TRANS));
        if self.in_transaction && !open { Err(Error::EndedEarly) } else { Ok(()) }
    }
}

fn columns(columns: &[mysql_async::Column]) -> Vec<Column> {
    let column = |c: &mysql_async::Column| Column {
        name: c.name_str().into_owned(),
        type_name: value::type_name(c),
    };
    columns.iter().map(column).collect()
}

fn server_code(error: &mysql_async::Error) -> Option<u16> {
    match error {
        mysql_async::Error::Server(answer) => Some(answer.code),
        mysql_async::Error::Driver(_)
        | mysql_async::Error::Io(_)
        | mysql_async::Error::Other(_)
        | mysql_async::Error::Url(_) => None,
    }
}

fn connect_failed(name: &ResourceId, error: &mysql_async::Error) -> Error {
    let (connection, reason) = (name.clone(), error.to_string());
    match server_code(error) {
        Some(1044 | 1045 | 1130 | 1251 | 1698 | 1862 | 4151) => {
            Error::Credentials { connection, reason }
        }
        Some(1049) => Error::UnknownDatabase { connection, reason },
        _ => Error::Unreachable { connection, reason },
    }
}

fn fault(error: &mysql_async::Error) -> Error {
    let answer = match error {
        mysql_async::Error::Server(answer) => answer,
        mysql_async::Error::Driver(DriverError::StmtParamsMismatch { required, supplied }) => {
            return Error::Value(format!(
                "the statement has {required} parameters, found {supplied}"
            ));
        }
        mysql_async::Error::Driver(_)
        | mysql_async::Error::Io(_)
        | mysql_async::Error::Other(_)
        | mysql_async::Error::Url(_) => return Error::Lost(error.to_string()),
    };
    let ServerError { code, message, state } = answer;
    let fault = match code {
        // The server goes down, or somebody killed the connection.
        1053 | 1077 | 1079 | 1152 | 1184 | 1927 | 4031 => return Error::Lost(message.clone()),
        1290 | 1792 => StatementFault::ReadOnly,
        1044 | 1045 | 1142 | 1143 | 1227 | 1370 | 1410 => StatementFault::Privilege,
        1020 | 1205 | 1213 | 1317 | 1969 | 3024 => StatementFault::Conflict,
        1021 | 1037 | 1038 | 1040 | 1041 | 1114 => StatementFault::Resources,
        3819 | 4025 => StatementFault::Constraint,
        _ if state.starts_with("23") || state.starts_with("22") => StatementFault::Constraint,
        _ => StatementFault::Wrong,
    };
    Error::Statement { fault, code: format!("{state}, {code}"), message: message.clone() }
}
