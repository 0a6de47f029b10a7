//! The interface `named-statements`: look-ups that the operator wrote. A plugin names one and gives
//! its parameters; the answers are recorded.

use engine_connect::{Cell, Column};
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
    call::{LookupOutcome, LookupRecord, Read},
    capsule::{Recorded, nth_equal},
    component::manifest::Capability,
    outside::Fault,
    state::State,
};

type Answer<T> = wasmtime::Result<Result<T, wit::HostError>>;
/// Columns and rows.
type Found = (Vec<Column>, Vec<Vec<Cell>>);

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
        let record = match &self.call.recorded {
            Some(recorded) if self.repeats_question() => {
                recorded.look_up(&self.trace.lookups, &connection, statement, &parameters)?
            }
            _ => self.ask_for(connection, statement, parameters).await?,
        };
        let answer = match &record.outcome {
            LookupOutcome::Found { columns, rows } => {
                self.read(Read::Other(format!("lookup.{}.{statement}", record.connection)));
                Ok(rowset(columns, rows))
            }
            LookupOutcome::Failed(fault) => {
                Err(self.faulty(record.connection.as_str(), fault.clone()).into())
            }
        };
        self.trace.lookups.push(record);
        answer
    }

    async fn ask_for(
        &mut self,
        connection: ResourceId,
        statement: &str,
        parameters: Vec<Cell>,
    ) -> Result<LookupRecord, Refused> {
        let left = self.left();
        let found = self.outside.look_up(&connection, statement, &parameters, left).await?;
        let outcome = match found.and_then(|found| self.count_rows(found)) {
            Ok((columns, rows)) => LookupOutcome::Found { columns, rows },
            Err(fault) => LookupOutcome::Failed(fault),
        };
        Ok(LookupRecord { connection, statement: statement.to_owned(), parameters, outcome })
    }

    /// What was found, where it is within what a call may have.
    fn count_rows(&mut self, found: Found) -> Result<Found, Fault> {
        let taken = self.rows.saturating_add(found.1.len() as u64);
        if taken > self.limits.rows {
            return Err(too_many(self.limits.rows));
        }
        self.rows = taken;
        Ok(found)
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
    /// What came of the same look-up the first time.
    fn look_up(
        &self,
        repeated: &[LookupRecord],
        connection: &ResourceId,
        statement: &str,
        parameters: &[Cell],
    ) -> Result<LookupRecord, wit::HostError> {
        let same = |found: &&LookupRecord| {
            found.connection == *connection
                && found.statement == statement
                && found.parameters == parameters
        };
        nth_equal(&self.lookups, repeated, same).cloned().ok_or_else(|| wit::HostError {
            kind: wit::ErrorKind::Unavailable,
            message: format!(
                "what `{statement}` finds on `{connection}` for this was not recorded"
            ),
            code: None,
        })
    }
}

fn rowset(columns: &[Column], rows: &[Vec<Cell>]) -> sql_types::Rowset {
    let line = |row: &Vec<Cell>| row.iter().cloned().map(sql::from_cell).collect();
    sql_types::Rowset { columns: sql::columns(columns), rows: rows.iter().map(line).collect() }
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
