//! Databases and files, as far as they were granted.

use crate::{FromValue, HostError, Message, Presence, Receipt, Result, Value, backend};

/// A parameter of a statement; `None` is NULL.
pub type Parameter = Option<Value>;

/// A cell of an answer; `None` is NULL.
pub type Cell = Option<Value>;

/// A column of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The database's name of its type.
    pub kind: String,
}

/// A whole answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowSet {
    /// In the order of the cells.
    pub columns: Vec<Column>,
    /// Row by row.
    pub rows: Vec<Vec<Cell>>,
}

/// Runs a look-up that the operator wrote: read-only, recorded, and granted by name.
///
/// # Errors
/// [`NotFound`](crate::ErrorKind::NotFound) for an unknown statement,
/// [`Limit`](crate::ErrorKind::Limit) for more rows than allowed.
pub fn look_up(
    connection: &str,
    statement: &str,
    parameters: &[Parameter],
) -> Result<RowSet, HostError> {
    backend::look_up(connection, statement, parameters)
}

/// What the classifier knows about a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// One statement, without the separator.
    pub text: String,
    /// `select`, `update`, `grant` and so on.
    pub kind: String,
    /// Tables it reads.
    pub reads: Vec<String>,
    /// Tables it changes.
    pub writes: Vec<String>,
    /// Whether its database can roll it back.
    pub transactional: bool,
    /// Further facts, by name; see [`Statement::detail`].
    pub details: Vec<(String, Value)>,
}

impl Statement {
    /// A further fact: `concerns` (texts: why the host would refuse it), `functions` (texts: those it
    /// calls), `has-condition` (boolean: false where it changes or deletes all rows of a table),
    /// `object` (text: what `create`, `alter` or `drop` is about). None where it has none, or is not
    /// of this type.
    #[must_use]
    pub fn detail<T: FromValue>(&self, name: &str) -> Option<T> {
        let (_, value) = self.details.iter().find(|(n, _)| n == name)?;
        T::from_value(value.clone())
    }
}

/// Which database a connection leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// PostgreSQL.
    PostgreSql,
    /// MariaDB.
    MariaDb,
    /// MySQL.
    MySql,
    /// SQLite.
    Sqlite,
    /// One that came later.
    Other(String),
}

/// How a transaction works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The database itself refuses writes.
    ReadOnly,
    /// All or nothing. Denied while a plan is made.
    Atomic,
    /// For statements that may be done twice, such as GRANT. The same as atomic where the database can
    /// roll them back. MariaDB cannot: there, each is kept at once, [`Transaction::mark`] comes first,
    /// and a crash between the two marks leaves [`Marker::Begun`].
    Steps,
}

/// What a database knows of an effect. Final: a try that comes late is stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Marker {
    /// It did not happen.
    Absent,
    /// Steps were begun, and some, all or none of them are there. With the receipt of the last mark.
    Begun(Receipt),
    /// It happened.
    Done(Receipt),
}

impl From<Marker> for Presence {
    /// What `probe` answers where it has nothing but the marker.
    fn from(marker: Marker) -> Self {
        match marker {
            Marker::Absent => Self::DidNotHappen,
            Marker::Begun(_) => Self::CannotTell(Message::new(
                "begun",
                "the execution was begun, and some, all or none of it is there",
            )),
            Marker::Done(receipt) => Self::Happened(receipt),
        }
    }
}

/// A connection that was granted.
pub struct Connection {
    name: String,
    inner: backend::Connection,
}

impl Connection {
    /// Opens a connection by name.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied), [`NotFound`](crate::ErrorKind::NotFound) or
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub fn open(name: &str) -> Result<Self, HostError> {
        let inner = backend::Connection::open(name)?;
        Ok(Self { name: name.to_owned(), inner })
    }

    /// Opens a connection by name, with a secret in place of the password that the operator configured;
    /// the account stays. A wrong one is [`Rejected`](crate::ErrorKind::Rejected), when a transaction
    /// begins.
    ///
    /// # Errors
    /// As [`Connection::open`], and [`Invalid`](crate::ErrorKind::Invalid) where the database asks for no
    /// password.
    pub fn open_as(name: &str, password: &Secret) -> Result<Self, HostError> {
        let inner = backend::Connection::open_as(name, &password.0)?;
        Ok(Self { name: name.to_owned(), inner })
    }

    /// The name that it was opened by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which database it is.
    #[must_use]
    pub fn database(&self) -> Database {
        match self.inner.kind().as_str() {
            "postgresql" => Database::PostgreSql,
            "mariadb" => Database::MariaDb,
            "mysql" => Database::MySql,
            "sqlite" => Database::Sqlite,
            other => Database::Other(other.to_owned()),
        }
    }

    /// Splits a text into statements and classifies each; at least one.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) where it cannot be read.
    pub fn classify(&self, text: &str) -> Result<Vec<Statement>, HostError> {
        self.inner.classify(text)
    }

    /// A name as this database quotes it.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) for what cannot be a name.
    pub fn quote(&self, name: &str) -> Result<String, HostError> {
        self.inner.quote_identifier(name)
    }

    /// How many rows one statement would touch or give, if the database can tell.
    ///
    /// # Errors
    /// Where the statement or the database fails.
    pub fn estimate(&self, text: &str, parameters: &[Parameter]) -> Result<Option<u64>, HostError> {
        self.inner.estimate(text, parameters)
    }

    /// The columns one query would give.
    ///
    /// # Errors
    /// Where the query or the database fails.
    pub fn describe(&self, text: &str) -> Result<Vec<Column>, HostError> {
        self.inner.describe(text)
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied) where the grant is read-only, or nothing may change.
    pub fn begin(&self, mode: Mode) -> Result<Transaction, HostError> {
        self.inner.begin(mode).map(Transaction)
    }

    /// Looks for the marker that [`Transaction::commit`] writes.
    ///
    /// # Errors
    /// Where the database cannot be asked.
    pub fn marker_of(&self, once_key: &str) -> Result<Marker, HostError> {
        self.inner.marker_of(once_key)
    }
}

/// A transaction; rolled back when dropped without a commit.
pub struct Transaction(backend::Transaction);

impl Transaction {
    /// Runs one statement and answers the affected rows.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied) where the plan does not cover it ([`Plan::covers`](crate::Plan::covers));
    /// [`Limit`](crate::ErrorKind::Limit) above `max_rows`; then it can only be dropped.
    pub fn execute(
        &self,
        text: &str,
        parameters: &[Parameter],
        max_rows: Option<u64>,
    ) -> Result<u64, HostError> {
        self.0.execute(text, parameters, max_rows)
    }

    /// Starts a query; one cursor at a time.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied) where the plan does not cover it ([`Plan::covers`](crate::Plan::covers)); else as the database says.
    pub fn query(&self, text: &str, parameters: &[Parameter]) -> Result<Cursor, HostError> {
        self.0.query(text, parameters).map(Cursor)
    }

    /// Sends the answer of a query into a file, past the plugin.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied) where the plan does not cover it ([`Plan::covers`](crate::Plan::covers));
    /// [`Limit`](crate::ErrorKind::Limit) above the row cap; no file is left then.
    pub fn query_to_file(
        &self,
        text: &str,
        parameters: &[Parameter],
        target: &Target<'_>,
    ) -> Result<File, HostError> {
        self.0.query_to_file(text, parameters, target)
    }

    /// Writes the marker before the effect, and so holds off every other try with this key. Where an
    /// earlier one did it, its receipt is the answer, and this transaction can only be dropped.
    ///
    /// # Errors
    /// As the database says.
    pub fn mark(&self, once_key: &str, receipt: Receipt) -> Result<Option<Receipt>, HostError> {
        self.0.mark(once_key, receipt)
    }

    /// Commits, with the receipt as marker under the key. Where an earlier try left a marker, this
    /// transaction is rolled back and that try's receipt is the answer.
    ///
    /// # Errors
    /// [`UnknownOutcome`](crate::ErrorKind::UnknownOutcome) where the connection broke just then.
    pub fn commit(self, once_key: &str, receipt: Receipt) -> Result<Receipt, HostError> {
        self.0.commit(once_key, receipt)
    }
}

/// Where the rows of a query go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// A plain file name.
    pub name: &'a str,
    /// `csv`.
    pub format: &'a str,
    /// More are an error.
    pub max_rows: u64,
    /// Whose file it is.
    pub once_key: &'a str,
}

/// The answer of a query, in batches.
pub struct Cursor(backend::Cursor);

impl Cursor {
    /// The columns.
    #[must_use]
    pub fn columns(&self) -> Vec<Column> {
        self.0.columns()
    }

    /// The next rows, at most `max_rows`, column by column; none at the end.
    ///
    /// # Errors
    /// As the database says.
    pub fn next_batch(&self, max_rows: u32) -> Result<Option<Vec<Vec<Cell>>>, HostError> {
        self.0.next(max_rows)
    }
}

/// A file that an execution made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The host's name for it.
    pub id: String,
    /// What people see.
    pub name: String,
    /// Such as `text/csv`.
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// Of the content, in hexadecimal.
    pub sha256: String,
    /// Where the host wrote the rows.
    pub rows: Option<u64>,
}

impl File {
    /// A receipt that tells all of it.
    #[must_use]
    pub fn receipt(&self) -> Receipt {
        let number = |n: u64| Value::Number(i64::try_from(n).unwrap_or(i64::MAX));
        let mut receipt = Receipt::new(&self.id)
            .with("file", self.name.as_str())
            .with("media_type", self.media_type.as_str())
            .with("size", number(self.size))
            .with("sha256", self.sha256.as_str());
        if let Some(rows) = self.rows {
            receipt = receipt.with("rows", number(rows));
        }
        receipt
    }
}

/// A file being written; dropped without [`Writer::finish`], it leaves nothing.
pub struct Writer(backend::Writer);

impl Writer {
    /// Starts a file that belongs to `once_key`.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied) without a grant for files.
    pub fn create(name: &str, media_type: &str, once_key: &str) -> Result<Self, HostError> {
        backend::Writer::create(name, media_type, once_key).map(Self)
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// [`Limit`](crate::ErrorKind::Limit) above the granted size.
    pub fn write(&self, bytes: &[u8]) -> Result<(), HostError> {
        self.0.write(bytes)
    }

    /// Publishes the whole file at once.
    ///
    /// # Errors
    /// Where it cannot be stored.
    pub fn finish(self) -> Result<File, HostError> {
        self.0.finish()
    }
}

/// The files that belong to a key, by name.
///
/// # Errors
/// Where the store cannot be asked.
pub fn files_of(once_key: &str) -> Result<Vec<File>, HostError> {
    backend::files_of(once_key)
}

/// A secret, as a handle: passed on, never read.
pub struct Secret(pub(crate) backend::Secret);

impl Secret {
    /// A secret that was granted, by name.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied) or [`NotFound`](crate::ErrorKind::NotFound).
    pub fn get(name: &str) -> Result<Self, HostError> {
        backend::Secret::get(name).map(Self)
    }
}
