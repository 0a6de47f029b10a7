//! SQLite in memory.

use rusqlite::{params_from_iter, types::Value as Raw};

use crate::{Cell, Column, ErrorKind, HostError, Parameter, RowSet, Value};

/// An open database.
pub(crate) struct Sqlite(rusqlite::Connection);

fn rejected(error: &rusqlite::Error) -> HostError {
    HostError::new(ErrorKind::Rejected, error.to_string())
}

impl Sqlite {
    /// A database after these statements.
    #[expect(clippy::expect_used, reason = "a test that cannot be set up fails")]
    pub(crate) fn new(setup: &str) -> Self {
        let connection = rusqlite::Connection::open_in_memory().expect("a database in memory");
        connection.execute_batch(setup).expect("statements that SQLite understands");
        Self(connection)
    }

    pub(crate) fn batch(&self, text: &str) -> Result<(), HostError> {
        self.0.execute_batch(text).map_err(|e| rejected(&e))
    }

    pub(crate) fn execute(&self, text: &str, parameters: &[Parameter]) -> Result<u64, HostError> {
        let set = self.query(text, parameters)?;
        Ok(if set.columns.is_empty() { self.0.changes() } else { set.rows.len() as u64 })
    }

    pub(crate) fn query(&self, text: &str, parameters: &[Parameter]) -> Result<RowSet, HostError> {
        let parameters = parameters.iter().map(raw).collect::<Result<Vec<Raw>, _>>()?;
        self.read(text, parameters).map_err(|e| rejected(&e))
    }

    fn read(&self, text: &str, parameters: Vec<Raw>) -> rusqlite::Result<RowSet> {
        let mut statement = self.0.prepare(text)?;
        let columns = columns(&statement);
        let mut found = statement.query(params_from_iter(parameters))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let cells = (0..columns.len()).map(|i| row.get(i).map(cell));
            rows.push(cells.collect::<rusqlite::Result<_>>()?);
        }
        Ok(RowSet { columns, rows })
    }

    /// Counts exactly: runs the statement and takes it back.
    pub(crate) fn estimate(&self, text: &str, parameters: &[Parameter]) -> Result<u64, HostError> {
        self.batch("SAVEPOINT estimate")?;
        let rows = self.execute(text, parameters);
        self.batch("ROLLBACK TO estimate; RELEASE estimate")?;
        rows
    }

    pub(crate) fn describe(&self, text: &str) -> Result<Vec<Column>, HostError> {
        self.0.prepare(text).map(|statement| columns(&statement)).map_err(|e| rejected(&e))
    }
}

fn columns(statement: &rusqlite::Statement<'_>) -> Vec<Column> {
    let names = statement.column_names();
    names.map(|name| Column { name: name.to_owned(), kind: String::new() }).collect()
}

fn raw(parameter: &Parameter) -> Result<Raw, HostError> {
    Ok(match parameter {
        None => Raw::Null,
        Some(Value::Text(text)) => Raw::Text(text.clone()),
        Some(Value::Number(number)) => Raw::Integer(*number),
        Some(Value::Decimal(decimal)) => Raw::Text(decimal.to_string()),
        Some(Value::Boolean(truth)) => Raw::Integer((*truth).into()),
        Some(Value::Date(date)) => Raw::Text(date.to_string()),
        Some(other) => {
            let kind = other.kind();
            return Err(HostError::new(
                ErrorKind::Invalid,
                format!("a {kind} is no parameter here"),
            ));
        }
    })
}

fn cell(raw: Raw) -> Cell {
    match raw {
        Raw::Null => None,
        Raw::Integer(number) => Some(Value::Number(number)),
        Raw::Real(number) => Some(Value::Text(number.to_string())),
        Raw::Text(text) => Some(Value::Text(text)),
        Raw::Blob(bytes) => Some(Value::Text(bytes.iter().map(|b| format!("{b:02x}")).collect())),
    }
}
