//! The interface `named-statements`: look-ups that the operator wrote. A plugin names one and gives
//! its parameters; the answers are recorded.

use engine_connect::Cell;
use engine_core::ids::ResourceId;

use super::{
    bindings::{
        condition::countersign::plugin::{
            named_statements as of_questions, sql_types, types as wit,
        },
        executor::countersign::plugin::named_statements as of_executors,
    },
    refused::{Refused, runtime, told},
    request::invalid,
    sql,
    statements::too_many,
};
use crate::{
    call::{LookupRecord, Read},
    capsule::Recorded,
    component::manifest::Capability,
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
    ) -> Result<sql_types::Rowset, Refused> {
        runtime()?.block_on(self.look_up(connection, statement, parameters))
    }

    async fn look_up(
        &mut self,
        connection: &str,
        statement: &str,
        parameters: Vec<sql_types::Parameter>,
    ) -> Result<sql_types::Rowset, Refused> {
        let connection = self.may_look_up(connection, statement)?;
        let parameters = sql::parameters(parameters)?;
        let found = match &self.call.recorded {
            Some(recorded) if self.repeats_question() => {
                recorded.rows(&connection, statement, &parameters)?
            }
            _ => self.ask_for(connection, statement, parameters).await?,
        };
        self.read(Read::Other(format!("lookup.{}.{statement}", found.connection)));
        let rows = rowset(&found);
        self.trace.lookups.push(found);
        Ok(rows)
    }

    async fn ask_for(
        &mut self,
        connection: ResourceId,
        statement: &str,
        parameters: Vec<Cell>,
    ) -> Result<LookupRecord, Refused> {
        let left = self.left();
        let found = self.outside.look_up(&connection, statement, &parameters, left).await?;
        let found = found.map_err(|fault| self.faulty(connection.as_str(), fault))?;
        let ((columns, rows), statement) = (found, statement.to_owned());
        let taken = self.rows.saturating_add(rows.len() as u64);
        if taken > self.limits.rows {
            return Err(too_many(self.limits.rows).into());
        }
        self.rows = taken;
        Ok(LookupRecord { connection, statement, parameters, columns, rows })
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
    ) -> Result<LookupRecord, wit::HostError> {
        let same = |found: &&LookupRecord| {
            found.connection == *connection
                && found.statement == statement
                && found.parameters == parameters
        };
        self.lookups.iter().find(same).cloned().ok_or_else(|| wit::HostError {
            kind: wit::ErrorKind::Unavailable,
            message: format!(
                "what `{statement}` finds on `{connection}` for this was not recorded"
            ),
            code: None,
        })
    }
}

fn rowset(found: &LookupRecord) -> sql_types::Rowset {
    let line = |row: &Vec<Cell>| row.iter().cloned().map(sql::from_cell).collect();
    sql_types::Rowset {
        columns: sql::columns(&found.columns),
        rows: found.rows.iter().map(line).collect(),
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
        told(self.look_up_and_wait(&connection, &statement, parameters))
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
        told(self.look_up(&connection, &statement, parameters).await)
    }
}
