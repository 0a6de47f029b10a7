//! Databases: the operator's connections, what runs on them, and the operator's look-ups.

use std::time::Duration;

use engine_connect::{
    Batch, Begin, Cell, Column, Connections, CsvOptions, Dialect, Error, Mode, Pin, Probe,
    RowStream, export_csv,
};
use engine_core::ids::ResourceId;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Exchanged, Export, Fault, FaultKind, Live, Outside, told};
use crate::host::Lookup;

/// Rows of an answer.
pub(crate) type Lines = Vec<Vec<Cell>>;

/// A database that was opened. Nothing of it is reached before a transaction begins.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub(crate) name: ResourceId,
    pub(crate) dialect: Dialect,
    /// Those of the operator, or this one alone with another password.
    through: Live<Connections>,
}

/// A transaction that is open; dropped, it is undone.
#[derive(Debug)]
pub(crate) struct Transaction {
    pub(crate) connection: ResourceId,
    pub(crate) dialect: Dialect,
    number: u32,
    open: Live<engine_connect::Transaction>,
}

/// Rows that still come; dropped, they are cancelled.
#[derive(Debug)]
pub(crate) struct Rows {
    number: u32,
    stream: Live<RowStream>,
}

/// What a probe found, as it is kept.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Found {
    Happened(Json),
    DidNotHappen,
    Begun(Json),
}

fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::ReadOnly => "read-only",
        Mode::Atomic => "atomic",
        Mode::Steps => "steps",
    }
}

impl Outside {
    /// The language of a connection.
    pub(crate) fn dialect(&mut self, name: &ResourceId) -> Exchanged<Dialect> {
        let all = &self.services.connections;
        let real = || Ok((all.dialect(name)?, ()));
        told(self.journal.ask_now(("connection.kind", name.as_str()), name, real))
    }

    /// Opens a connection.
    pub(crate) fn open(&mut self, name: &ResourceId) -> Exchanged<Database> {
        let all = &self.services.connections;
        let real = || Ok((all.dialect(name)?, all.clone()));
        let opened = self.journal.ask_now(("connection.open", name.as_str()), name, real)?;
        Ok(opened.map(|(dialect, through)| Database {
            name: name.clone(),
            dialect,
            through: Live(through),
        }))
    }

    /// The same connection, with a secret in place of the operator's password.
    pub(crate) fn with_password(&mut self, on: Database, secret: &str) -> Exchanged<Database> {
        let services = &self.services;
        let Database { name, dialect, mut through } = on;
        let real = || {
            let password = services.secrets.get(secret).cloned();
            let password = password.ok_or_else(|| Fault::unknown_secret(secret))?;
            Ok(((), through.get()?.with_password(&name, password)?))
        };
        let with = (&name, secret);
        let opened = self.journal.ask_now(("connection.open-as", name.as_str()), &with, real)?;
        Ok(opened.map(|((), through)| Database { name, dialect, through: Live(through) }))
    }

    /// Begins a transaction that may take so long.
    pub(crate) async fn begin(
        &mut self,
        on: &mut Database,
        mode: Mode,
        left: Duration,
    ) -> Exchanged<Transaction> {
        let (name, through) = (&on.name, &mut on.through);
        let real = async { Ok(((), begin(through, name, mode, left).await?)) };
        let with = (name, mode_word(mode));
        let begun = self.journal.ask(("connection.begin", name.as_str()), &with, real).await?;
        Ok(begun.map(|((), open)| Transaction {
            connection: name.clone(),
            dialect: on.dialect,
            number: self.number(),
            open: Live(open),
        }))
    }

    /// The columns that a query would give.
    pub(crate) async fn columns(
        &mut self,
        on: &mut Database,
        text: &str,
        left: Duration,
    ) -> Exchanged<Vec<Column>> {
        let (name, through) = (&on.name, &mut on.through);
        let real = async {
            let mut open = begin(through, name, Mode::ReadOnly, left).await?;
            Ok((open.describe(text).await?, ()))
        };
        told(self.journal.ask(("connection.describe", text), &(name, text), real).await)
    }

    /// How many rows a statement would touch or give.
    pub(crate) async fn estimate(
        &mut self,
        on: &mut Database,
        (text, parameters): (&str, &[Cell]),
        mode: Mode,
        left: Duration,
    ) -> Exchanged<Option<u64>> {
        let (name, through) = (&on.name, &mut on.through);
        let real = async {
            let mut open = begin(through, name, mode, left).await?;
            Ok((open.estimate(text, parameters).await?, ()))
        };
        let with = (name, text, parameters, mode_word(mode));
        told(self.journal.ask(("connection.estimate", text), &with, real).await)
    }

    /// Looks for the marker of an effect.
    pub(crate) async fn probe(&mut self, on: &mut Database, once_key: &str) -> Exchanged<Probe> {
        let (name, through) = (&on.name, &mut on.through);
        let real = async {
            let found = match through.get()?.probe(name, once_key).await? {
                Probe::Happened(receipt) => Found::Happened(receipt),
                Probe::DidNotHappen => Found::DidNotHappen,
                Probe::Begun(receipt) => Found::Begun(receipt),
            };
            Ok((found, ()))
        };
        let with = (name, once_key);
        let found =
            told(self.journal.ask(("connection.marker-of", name.as_str()), &with, real).await)?;
        Ok(found.map(|found| match found {
            Found::Happened(receipt) => Probe::Happened(receipt),
            Found::DidNotHappen => Probe::DidNotHappen,
            Found::Begun(receipt) => Probe::Begun(receipt),
        }))
    }

    /// Asks what the operator wrote, within so long.
    pub(crate) async fn look_up(
        &mut self,
        connection: &ResourceId,
        statement: &str,
        parameters: &[Cell],
        left: Duration,
    ) -> Exchanged<(Vec<Column>, Lines)> {
        let services = &self.services;
        let real = async {
            let lookup = services.lookups.get(connection).and_then(|all| all.get(statement));
            let lookup = lookup.ok_or_else(|| unknown_lookup(connection, statement))?;
            let asking = look_up(&services.connections, connection, lookup, parameters, left);
            let answer = tokio::time::timeout(left, asking).await;
            Ok((answer.unwrap_or(Err(Error::Timeout(left)))?, ()))
        };
        let with = (connection, statement, parameters);
        told(self.journal.ask(("named-statements.query", statement), &with, real).await)
    }
}

impl Transaction {
    /// Runs a statement; how many rows it changed.
    pub(crate) async fn execute(
        &mut self,
        outside: &mut Outside,
        text: &str,
        parameters: &[Cell],
    ) -> Exchanged<u64> {
        let open = &mut self.open;
        let real = async { Ok((open.get()?.execute(text, parameters).await?, ())) };
        let with = (self.number, text, parameters);
        told(outside.journal.ask(("transaction.execute", text), &with, real).await)
    }

    /// Starts a query: its columns, its first rows, and those that still come.
    pub(crate) async fn query(
        &mut self,
        outside: &mut Outside,
        text: &str,
        parameters: &[Cell],
    ) -> Exchanged<(Vec<Column>, Lines, Rows)> {
        let open = &mut self.open;
        let real = async {
            let mut stream = open.get()?.stream(text, parameters).await?;
            let first = match stream.next().await? {
                Some(Batch { columns, rows }) => (columns.to_vec(), rows),
                None => Default::default(),
            };
            Ok((first, stream))
        };
        let with = (self.number, text, parameters);
        let begun = outside.journal.ask(("transaction.query", text), &with, real).await?;
        Ok(begun.map(|((columns, rows), stream)| {
            (columns, rows, Rows { number: self.number, stream: Live(stream) })
        }))
    }

    /// Sends the answer of a query into a file.
    pub(crate) async fn export(
        &mut self,
        outside: &mut Outside,
        query: &Export<'_>,
    ) -> Exchanged<(engine_connect::BlobRef, u64, Option<Pin>)> {
        let (open, blobs) = (&mut self.open, &outside.services.blobs);
        let Export { text, parameters, media_type, name, max_rows, max_bytes } = *query;
        let real = async {
            let writer = blobs.create(media_type, max_bytes).await?;
            let rows = open.get()?.stream(text, parameters).await?;
            let (report, pin) = export_csv(rows, writer, CsvOptions::new(max_rows)).await?;
            Ok(((report.blob, report.rows), pin))
        };
        let with = (self.number, text, parameters, media_type, name, max_rows);
        let made = outside.journal.ask(("transaction.query-to-file", text), &with, real).await?;
        Ok(made.map(|((blob, rows), pin)| (blob, rows, pin)))
    }

    /// Writes the marker of the effect; the receipt of an earlier try, where there is one.
    pub(crate) async fn mark(
        &mut self,
        outside: &mut Outside,
        once_key: &str,
        receipt: &Json,
    ) -> Exchanged<Option<Json>> {
        let open = &mut self.open;
        let real = async {
            match open.get()?.mark(once_key, receipt).await {
                Ok(()) => Ok((None, ())),
                Err(Error::AlreadyHappened(earlier)) => Ok((Some(earlier), ())),
                Err(error) => Err(error.into()),
            }
        };
        let with = (self.number, once_key, receipt);
        let about = self.connection.as_str();
        told(outside.journal.ask(("transaction.mark", about), &with, real).await)
    }

    /// Commits with the marker; where an earlier try left one, undoes this one and answers that receipt.
    pub(crate) async fn commit(
        self,
        outside: &mut Outside,
        once_key: &str,
        receipt: Json,
    ) -> Exchanged<Json> {
        let Self { connection, number, open, .. } = self;
        let real = async {
            let mut open = open.take()?;
            match open.mark(once_key, &receipt).await {
                Ok(()) => open.commit().await?,
                Err(Error::AlreadyHappened(earlier)) => {
                    open.rollback().await?;
                    return Ok((earlier, ()));
                }
                Err(error) => return Err(error.into()),
            }
            Ok((receipt.clone(), ()))
        };
        let with = (number, once_key, &receipt);
        told(outside.journal.ask(("transaction.commit", connection.as_str()), &with, real).await)
    }

    /// Undoes it. Its session is given back where that works, and closed where it does not.
    pub(crate) async fn undo(self) {
        if let Some(open) = self.open.0 {
            let _ = open.rollback().await;
        }
    }
}

impl Rows {
    /// The next ones; none at the end.
    pub(crate) async fn next(&mut self, outside: &mut Outside) -> Exchanged<Option<Lines>> {
        let stream = &mut self.stream;
        let real = async { Ok((stream.get()?.next().await?.map(|batch| batch.rows), ())) };
        told(outside.journal.ask(("cursor.next", ""), &self.number, real).await)
    }
}

async fn begin(
    through: &mut Live<Connections>,
    name: &ResourceId,
    mode: Mode,
    left: Duration,
) -> Result<engine_connect::Transaction, Fault> {
    Ok(through.get()?.begin(name, Begin { mode, timeout: Some(left) }).await?)
}

async fn look_up(
    connections: &Connections,
    connection: &ResourceId,
    lookup: &Lookup,
    parameters: &[Cell],
    left: Duration,
) -> Result<(Vec<Column>, Lines), Error> {
    let begin = Begin { mode: Mode::ReadOnly, timeout: Some(left) };
    let mut transaction = connections.begin(connection, begin).await?;
    let rows = transaction.query(&lookup.statement, parameters, lookup.max_rows).await?;
    transaction.rollback().await?;
    Ok((rows.columns.to_vec(), rows.rows))
}

fn unknown_lookup(connection: &ResourceId, statement: &str) -> Fault {
    let message = format!("the operator configured no look-up `{statement}` on `{connection}`");
    Fault::new(FaultKind::NotFound, message)
}
