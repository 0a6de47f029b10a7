//! The resource `transaction`.

use engine_connect::{Cell, CsvOptions, Error, Mode, Pin, export_csv};
use serde_json::Value as Json;
use wasmtime::component::Resource;

use super::{Answer, Cursor, Transaction, cover::Use, over, too_many};
use crate::{
    files::FileRecord,
    state::State,
    v1::{
        bindings::{
            condition::countersign::plugin::{sql_types, types as wit},
            executor::countersign::plugin::{blobs, statements},
        },
        blobs as files,
        request::invalid,
        results, sql,
    },
};

const WHAT: &str = "statements";
const CSV: &str = "text/csv";

impl State {
    /// Takes the transaction out; an operation that fails does not put it back, and so undoes it.
    fn take(
        &mut self,
        transaction: &Resource<Transaction>,
    ) -> wasmtime::Result<Option<(String, Mode, engine_connect::Transaction)>> {
        let found = self.table.get_mut(transaction)?;
        let (name, mode) = (found.connection.to_string(), found.mode);
        Ok(found.open.take().map(|open| (name, mode, open)))
    }

    /// Takes the transaction out to send a statement.
    fn take_to_send(
        &mut self,
        transaction: &Resource<Transaction>,
        text: &str,
        parameters: Vec<sql_types::Parameter>,
    ) -> Answer<(String, engine_connect::Transaction, Vec<Cell>)> {
        let found = self.table.get(transaction)?;
        let connection = found.connection.clone();
        let used = if found.mode == Mode::ReadOnly { Use::Read } else { Use::Run };
        let Some(dialect) = found.open.as_ref().map(engine_connect::Transaction::dialect) else {
            return Ok(Err(over()));
        };
        let parameters = match sql::parameters(parameters) {
            Ok(parameters) => parameters,
            Err(error) => return Ok(Err(error)),
        };
        if let Err(error) = self.may_send(&connection, dialect, text, Some(&parameters), used) {
            return Ok(Err(error));
        }
        let taken = self.take(transaction)?.ok_or_else(over);
        Ok(taken.map(|(name, _, open)| (name, open, parameters)))
    }

    fn put_back(
        &mut self,
        transaction: &Resource<Transaction>,
        open: engine_connect::Transaction,
    ) -> wasmtime::Result<()> {
        self.table.get_mut(transaction)?.open = Some(open);
        Ok(())
    }

    fn rows_left(&self) -> u64 {
        self.limits.rows.saturating_sub(self.rows)
    }
}

impl statements::HostTransaction for State {
    async fn execute(
        &mut self,
        transaction: Resource<Transaction>,
        text: String,
        parameters: Vec<sql_types::Parameter>,
        max_rows: Option<u64>,
    ) -> Answer<u64> {
        self.enter()?;
        let taken = self.take_to_send(&transaction, &text, parameters)?;
        let (name, mut open, parameters) = match taken {
            Ok(taken) => taken,
            Err(error) => return Ok(Err(error)),
        };
        match open.execute(&text, &parameters).await {
            Ok(affected) if max_rows.is_some_and(|most| affected > most) => {
                // Undone by not being put back; the roll-back in order gives the session back.
                let _ = open.rollback().await;
                Ok(Err(too_many(max_rows.unwrap_or_default())))
            }
            Ok(affected) => {
                self.put_back(&transaction, open)?;
                Ok(Ok(affected))
            }
            Err(error) => Ok(Err(self.connection_error(&name, &error))),
        }
    }

    async fn query(
        &mut self,
        transaction: Resource<Transaction>,
        text: String,
        parameters: Vec<sql_types::Parameter>,
    ) -> Answer<Resource<Cursor>> {
        self.enter()?;
        let taken = self.take_to_send(&transaction, &text, parameters)?;
        let (name, mut open, parameters) = match taken {
            Ok(taken) => taken,
            Err(error) => return Ok(Err(error)),
        };
        let connection = open.connection().clone();
        let begun = match open.stream(&text, &parameters).await {
            Ok(mut stream) => match stream.next().await {
                Ok(first) => Ok((stream, first)),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        let (stream, first) = match begun {
            Ok(begun) => begun,
            Err(error) => return Ok(Err(self.connection_error(&name, &error))),
        };
        self.put_back(&transaction, open)?;
        let (columns, waiting) =
            first.map_or_else(Default::default, |batch| (batch.columns, batch.rows.into()));
        let cursor = Cursor { connection, columns, waiting, stream: Some(stream) };
        Ok(Ok(self.table.push(cursor)?))
    }

    async fn query_to_file(
        &mut self,
        transaction: Resource<Transaction>,
        text: String,
        parameters: Vec<sql_types::Parameter>,
        max_rows: u64,
        format: String,
        name: String,
        once_key: String,
    ) -> Answer<blobs::File> {
        self.enter()?;
        let mut query = Query { text, parameters: Vec::new(), max_rows, format, name, once_key };
        match self.may_export(&query).await {
            Ok(Some(earlier)) => return Ok(Ok(files::to_wit(earlier))),
            Ok(None) => {}
            Err(error) => return Ok(Err(error)),
        }
        let taken = self.take_to_send(&transaction, &query.text, parameters)?;
        let (connection, mut open, parameters) = match taken {
            Ok(taken) => taken,
            Err(error) => return Ok(Err(error)),
        };
        query.parameters = parameters;
        match self.export(&mut open, &query).await {
            Ok((file, pin)) => {
                self.put_back(&transaction, open)?;
                Ok(self.keep_file(&query.once_key, file, pin).await)
            }
            Err(error) => Ok(Err(self.connection_error(&connection, &error))),
        }
    }

    async fn mark(
        &mut self,
        transaction: Resource<Transaction>,
        once_key: String,
        receipt: wit::Receipt,
    ) -> Answer<Option<wit::Receipt>> {
        self.enter()?;
        let receipt = match self.storable(&once_key, receipt) {
            Ok(receipt) => receipt,
            Err(error) => return Ok(Err(error)),
        };
        let Some((name, mode, mut open)) = self.take(&transaction)? else { return Ok(Err(over())) };
        match open.mark(&once_key, &receipt).await {
            Ok(()) => {
                // Steps leave their mark at once.
                self.may_have_changed |= mode == Mode::Steps;
                self.put_back(&transaction, open)?;
                Ok(Ok(None))
            }
            Err(Error::AlreadyHappened(earlier)) => {
                // Undone by not being put back; the roll-back in order gives the session back.
                let _ = open.rollback().await;
                Ok(results::stored_receipt(earlier).map(Some).map_err(invalid))
            }
            Err(error) => Ok(Err(self.connection_error(&name, &error))),
        }
    }

    async fn commit(
        &mut self,
        transaction: Resource<Transaction>,
        once_key: String,
        receipt: wit::Receipt,
    ) -> Answer<wit::Receipt> {
        self.enter()?;
        let receipt = match self.storable(&once_key, receipt) {
            Ok(receipt) => receipt,
            Err(error) => return Ok(Err(error)),
        };
        let Some((name, mode, open)) = self.take(&transaction)? else { return Ok(Err(over())) };
        if mode == Mode::ReadOnly {
            return Ok(Err(invalid("a read-only transaction has nothing to commit".to_owned())));
        }
        match keep(open, &once_key, receipt).await {
            Ok(kept) => {
                self.may_have_changed = true;
                Ok(results::stored_receipt(kept).map_err(invalid))
            }
            Err(error) => Ok(Err(self.connection_error(&name, &error))),
        }
    }

    async fn drop(&mut self, transaction: Resource<Transaction>) -> wasmtime::Result<()> {
        if let Some(open) = self.table.delete(transaction)?.open {
            // Its session is given back where that works, and closed where it does not.
            let _ = open.rollback().await;
        }
        Ok(())
    }
}

/// A query whose answer goes to a file.
struct Query {
    text: String,
    parameters: Vec<Cell>,
    max_rows: u64,
    format: String,
    name: String,
    once_key: String,
}

impl State {
    /// A receipt as a marker holds it, if the key and the receipt are right.
    fn storable(&mut self, once_key: &str, receipt: wit::Receipt) -> Result<Json, wit::HostError> {
        self.may_change(WHAT, once_key)?;
        let receipt = results::receipt(receipt, &self.call.directory)
            .map_err(|bad| invalid(format!("the receipt's {bad}")))?;
        serde_json::to_value(receipt).map_err(|error| invalid(error.to_string()))
    }

    async fn may_export(&mut self, query: &Query) -> Result<Option<FileRecord>, wit::HostError> {
        self.may_make_file(&query.name, &query.once_key)?;
        if query.format != "csv" {
            let format = crate::v1::values::shown(&query.format);
            return Err(invalid(format!("`{format}` is not a format: expected `csv`")));
        }
        self.earlier_file(&query.name, &query.once_key).await
    }

    async fn export(
        &mut self,
        open: &mut engine_connect::Transaction,
        query: &Query,
    ) -> Result<(FileRecord, Pin), Error> {
        let most = query.max_rows.min(self.rows_left());
        let writer = self.services.blobs.create(CSV, self.blob_room()).await?;
        let rows = open.stream(&query.text, &query.parameters).await?;
        let (report, pin) = export_csv(rows, writer, CsvOptions::new(most)).await?;
        self.rows = self.rows.saturating_add(report.rows);
        let file = FileRecord {
            id: report.blob.sha256.clone(),
            name: query.name.clone(),
            media_type: report.blob.media_type,
            size: report.blob.size,
            sha256: report.blob.sha256,
            rows: Some(report.rows),
        };
        Ok((file, pin))
    }
}

/// Commits with the marker; where an earlier try left one, undoes this one and answers that receipt.
async fn keep(
    mut open: engine_connect::Transaction,
    once_key: &str,
    receipt: Json,
) -> Result<Json, Error> {
    match open.mark(once_key, &receipt).await {
        Ok(()) => open.commit().await.map(|()| receipt),
        Err(Error::AlreadyHappened(earlier)) => {
            open.rollback().await?;
            Ok(earlier)
        }
        Err(error) => Err(error),
    }
}
