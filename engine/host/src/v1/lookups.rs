//! The interface `named-statements`: look-ups that the operator wrote. A plugin names one and gives
//! its parameters; the answers are recorded.

use std::time::{Duration, Instant};

use engine_connect::{Begin, Cell, Error, Mode, Rows};
use engine_core::ids::ResourceId;

use super::{
    bindings::{
        condition::countersign::plugin::{
            named_statements as of_questions, sql_types, types as wit,
        },
        executor::countersign::plugin::named_statements as of_executors,
    },
    request::invalid,
    sql,
};
use crate::{
    call::{LookupRecord, Read},
    capsule::Recorded,
    component::manifest::Capability,
    host::Lookup,
    state::State,
};

type Answer<T> = wasmtime::Result<Result<T, wit::HostError>>;

impl State {
    /// Looks something up on the runtime of the calling thread, which may block.
    fn look_up_and_wait(
        &mut self,
        connection: &str,
        statement: &str,
        parameters: Vec<sql_types::Parameter>,
    ) -> Result<sql_types::Rowset, wit::HostError> {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return Err(wit::HostError {
                kind: wit::ErrorKind::Internal,
                message: "look-ups need a runtime on the calling thread".to_owned(),
                code: None,
            });
        };
        runtime.block_on(self.look_up(connection, statement, parameters))
    }

    async fn look_up(
        &mut self,
        connection: &str,
        statement: &str,
        parameters: Vec<sql_types::Parameter>,
    ) -> Result<sql_types::Rowset, wit::HostError> {
        let connection = self.may_look_up(connection, statement)?;
        let parameters = sql::parameters(parameters)?;
        let rows = match self.call.recorded.clone() {
            Some(recorded) => recorded.rows(&connection, statement, &parameters)?,
            None => self.ask(&connection, statement, &parameters).await?,
        };
        self.rows = self.rows.saturating_add(rows.rows.len() as u64);
        self.read(Read::Other(format!("lookup.{connection}.{statement}")));
        self.trace.lookups.push(record(connection, statement, &parameters, &rows));
        Ok(rowset(rows))
    }

    async fn ask(
        &mut self,
        connection: &ResourceId,
        statement: &str,
        parameters: &[Cell],
    ) -> Result<Rows, wit::HostError> {
        let services = std::sync::Arc::clone(&self.services);
        let lookup = services.lookups.get(connection).and_then(|all| all.get(statement));
        let lookup = lookup.ok_or_else(|| wit::HostError {
            kind: wit::ErrorKind::NotFound,
            message: format!("the operator configured no look-up `{statement}` on `{connection}`"),
            code: None,
        })?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        let asking = ask(&services.connections, connection, lookup, parameters, left);
        let answer = match tokio::time::timeout(left, asking).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::Timeout(left)),
        };
        answer.map_err(|error| self.connection_error(connection.as_str(), &error))
    }

    fn may_look_up(
        &mut self,
        connection: &str,
        statement: &str,
    ) -> Result<ResourceId, wit::HostError> {
        self.allowed(Capability::NamedStatements, Some(connection))?;
        let name = ResourceId::parse(connection).map_err(|error| invalid(error.to_string()))?;
        let granted = self.call.grant.lookups.get(&name);
        if !granted.is_some_and(|granted| granted.contains(statement)) {
            return Err(self.denied("named-statements", statement, "it was not granted"));
        }
        Ok(name)
    }
}

impl Recorded {
    /// What the same look-up found the first time.
    fn rows(
        &self,
        connection: &ResourceId,
        statement: &str,
        parameters: &[Cell],
    ) -> Result<Rows, wit::HostError> {
        let same = |found: &&LookupRecord| {
            found.connection == *connection
                && found.statement == statement
                && found.parameters == parameters
        };
        let found = self.lookups.iter().find(same).ok_or_else(|| wit::HostError {
            kind: wit::ErrorKind::Unavailable,
            message: format!(
                "what `{statement}` finds on `{connection}` for this was not recorded"
            ),
            code: None,
        })?;
        Ok(Rows { columns: found.columns.as_slice().into(), rows: found.rows.clone() })
    }
}

async fn ask(
    connections: &engine_connect::Connections,
    connection: &ResourceId,
    lookup: &Lookup,
    parameters: &[Cell],
    left: Duration,
) -> Result<Rows, Error> {
    let begin = Begin { mode: Mode::ReadOnly, timeout: Some(left) };
    let mut transaction = connections.begin(connection, begin).await?;
    let rows = transaction.query(&lookup.statement, parameters, lookup.max_rows).await?;
    transaction.rollback().await?;
    Ok(rows)
}

fn record(
    connection: ResourceId,
    statement: &str,
    parameters: &[Cell],
    rows: &Rows,
) -> LookupRecord {
    LookupRecord {
        connection,
        statement: statement.to_owned(),
        parameters: parameters.to_vec(),
        columns: rows.columns.to_vec(),
        rows: rows.rows.clone(),
    }
}

fn rowset(rows: Rows) -> sql_types::Rowset {
    let line = |row: Vec<Cell>| row.into_iter().map(sql::from_cell).collect();
    sql_types::Rowset {
        columns: sql::columns(&rows.columns),
        rows: rows.rows.into_iter().map(line).collect(),
    }
}

impl of_questions::Host for State {
    fn query(
        &mut self,
        connection: String,
        statement: String,
        parameters: Vec<sql_types::Parameter>,
    ) -> Answer<sql_types::Rowset> {
        self.enter()?;
        Ok(self.look_up_and_wait(&connection, &statement, parameters))
    }
}

impl of_executors::Host for State {
    async fn query(
        &mut self,
        connection: String,
        statement: String,
        parameters: Vec<sql_types::Parameter>,
    ) -> Answer<sql_types::Rowset> {
        self.enter()?;
        Ok(self.look_up(&connection, &statement, parameters).await)
    }
}
