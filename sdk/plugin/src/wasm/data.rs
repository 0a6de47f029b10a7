//! Databases, files and secrets.

use super::{
    bindings::plugin::{blobs, named_statements, secrets, sql_types, statements as wit, types},
    convert::{self, Answer},
};
use crate::{
    ErrorKind, HostError, Receipt, Value,
    data::{Cell, Column, File, Marker, Mode, Parameter, RowSet, Statement, Target},
};

pub(crate) fn parameters_out(parameters: &[Parameter]) -> Answer<Vec<Option<types::Value>>> {
    let one = |value: Value| {
        convert::scalar_out(value).map(types::Value::One).map_err(|value| {
            let kind = value.kind();
            HostError::new(ErrorKind::Invalid, format!("a {kind} cannot be a parameter"))
        })
    };
    parameters.iter().map(|p| p.clone().map(one).transpose()).collect()
}

fn cells(cells: Vec<Option<types::Scalar>>) -> Answer<Vec<Cell>> {
    cells.into_iter().map(|cell| cell.map(convert::scalar).transpose()).collect()
}

fn columns(columns: Vec<sql_types::Column>) -> Vec<Column> {
    columns.into_iter().map(|c| Column { name: c.name, kind: c.kind }).collect()
}

fn file(file: blobs::File) -> File {
    let blobs::File { id, name, media_type, size, sha256, rows } = file;
    File { id, name, media_type, size, sha256, rows }
}

pub(crate) fn look_up(
    connection: &str,
    statement: &str,
    parameters: &[Parameter],
) -> Answer<RowSet> {
    let set = named_statements::query(connection, statement, &parameters_out(parameters)?)?;
    Ok(RowSet {
        columns: columns(set.columns),
        rows: set.rows.into_iter().map(cells).collect::<Answer<_>>()?,
    })
}

pub(crate) fn files_of(once_key: &str) -> Answer<Vec<File>> {
    Ok(blobs::find(once_key)?.into_iter().map(file).collect())
}

/// See [`crate::Connection`].
pub(crate) struct Connection(wit::Connection);

impl Connection {
    pub(crate) fn open(name: &str) -> Answer<Self> {
        Ok(Self(wit::Connection::open(name)?))
    }

    pub(crate) fn open_as(name: &str, password: &Secret) -> Answer<Self> {
        Ok(Self(wit::Connection::open_as(name, &password.0)?))
    }

    pub(crate) fn kind(&self) -> String {
        self.0.kind()
    }

    pub(crate) fn classify(&self, text: &str) -> Answer<Vec<Statement>> {
        let one = |s: wit::Statement| {
            let wit::Statement { text, kind, reads, writes, transactional, details } = s;
            let details = convert::fields(details)?;
            Ok(Statement { text, kind, reads, writes, transactional, details })
        };
        self.0.classify(text)?.into_iter().map(one).collect()
    }

    pub(crate) fn quote_identifier(&self, name: &str) -> Answer<String> {
        Ok(self.0.quote_identifier(name)?)
    }

    pub(crate) fn estimate(&self, text: &str, parameters: &[Parameter]) -> Answer<Option<u64>> {
        Ok(self.0.estimate(text, &parameters_out(parameters)?)?)
    }

    pub(crate) fn describe(&self, text: &str) -> Answer<Vec<Column>> {
        Ok(columns(self.0.describe(text)?))
    }

    pub(crate) fn begin(&self, mode: Mode) -> Answer<Transaction> {
        let mode = match mode {
            Mode::ReadOnly => wit::Mode::ReadOnly,
            Mode::Atomic => wit::Mode::Atomic,
            Mode::Steps => wit::Mode::Steps,
        };
        Ok(Transaction(self.0.begin(mode)?))
    }

    pub(crate) fn marker_of(&self, once_key: &str) -> Answer<Marker> {
        Ok(match self.0.marker_of(once_key)? {
            wit::Marker::Absent => Marker::Absent,
            wit::Marker::Begun(receipt) => Marker::Begun(convert::receipt(receipt)?),
            wit::Marker::Done(receipt) => Marker::Done(convert::receipt(receipt)?),
        })
    }
}

/// See [`crate::Transaction`].
pub(crate) struct Transaction(wit::Transaction);

impl Transaction {
    pub(crate) fn execute(
        &self,
        text: &str,
        parameters: &[Parameter],
        max_rows: Option<u64>,
    ) -> Answer<u64> {
        Ok(self.0.execute(text, &parameters_out(parameters)?, max_rows)?)
    }

    pub(crate) fn query(&self, text: &str, parameters: &[Parameter]) -> Answer<Cursor> {
        Ok(Cursor(self.0.query(text, &parameters_out(parameters)?)?))
    }

    pub(crate) fn query_to_file(
        &self,
        text: &str,
        parameters: &[Parameter],
        target: &Target<'_>,
    ) -> Answer<File> {
        let Target { name, format, max_rows, once_key } = *target;
        let parameters = parameters_out(parameters)?;
        Ok(file(self.0.query_to_file(text, &parameters, max_rows, format, name, once_key)?))
    }

    pub(crate) fn mark(&self, once_key: &str, receipt: Receipt) -> Answer<Option<Receipt>> {
        let earlier = self.0.mark(once_key, &convert::receipt_out(receipt))?;
        earlier.map(convert::receipt).transpose()
    }

    pub(crate) fn commit(&self, once_key: &str, receipt: Receipt) -> Answer<Receipt> {
        convert::receipt(self.0.commit(once_key, &convert::receipt_out(receipt))?)
    }
}

/// See [`crate::Cursor`].
pub(crate) struct Cursor(wit::Cursor);

impl Cursor {
    pub(crate) fn columns(&self) -> Vec<Column> {
        columns(self.0.columns())
    }

    pub(crate) fn next(&self, max_rows: u32) -> Answer<Option<Vec<Vec<Cell>>>> {
        let Some(batch) = self.0.next(max_rows)? else { return Ok(None) };
        batch.into_iter().map(cells).collect::<Answer<_>>().map(Some)
    }
}

/// See [`crate::Writer`].
pub(crate) struct Writer(blobs::Writer);

impl Writer {
    pub(crate) fn create(name: &str, media_type: &str, once_key: &str) -> Answer<Self> {
        Ok(Self(blobs::create(name, media_type, once_key)?))
    }

    pub(crate) fn write(&self, bytes: &[u8]) -> Answer<()> {
        Ok(self.0.write(bytes)?)
    }

    pub(crate) fn finish(&self) -> Answer<File> {
        Ok(file(self.0.finish()?))
    }
}

/// See [`crate::Secret`].
pub(crate) struct Secret(pub(super) secrets::Secret);

impl Secret {
    pub(crate) fn get(name: &str) -> Answer<Self> {
        Ok(Self(secrets::get(name)?))
    }
}
