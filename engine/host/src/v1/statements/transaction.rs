//! The resource `transaction`.

use engine_connect::{Cell, Mode};
use serde_json::Value as Json;
use wasmtime::component::Resource;

use super::{Answer, Cursor, Transaction, cover::Use, over, too_many};
use crate::{
    outside::{self, Export},
    state::State,
    v1::{
        bindings::{
            condition::countersign::plugin::{sql_types, types as wit},
            executor::countersign::plugin::{blobs, statements},
        },
        blobs as files,
        refused::{Refused, told},
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
    ) -> Result<(String, Mode, outside::Transaction), Refused> {
        let found = self.table.get_mut(transaction)?;
        let (name, mode) = (found.connection.to_string(), found.mode);
        Ok((name, mode, found.open.take().ok_or_else(over)?))
    }

    /// Takes the transaction out to send a statement.
    fn take_to_send(
        &mut self,
        transaction: &Resource<Transaction>,
        text: &str,
        parameters: Vec<sql_types::Parameter>,
    ) -> Result<(String, outside::Transaction, Vec<Cell>), Refused> {
        let found = self.table.get(transaction)?;
        let connection = found.connection.clone();
        let used = if found.mode == Mode::ReadOnly { Use::Read } else { Use::Run };
        let dialect = found.open.as_ref().map(|open| open.dialect).ok_or_else(over)?;
        let parameters = sql::parameters(parameters)?;
        self.may_send(&connection, dialect, text, Some(&parameters), used)?;
        let (name, _, open) = self.take(transaction)?;
        Ok((name, open, parameters))
    }

    fn put_back(
        &mut self,
        transaction: &Resource<Transaction>,
        open: outside::Transaction,
    ) -> Result<(), Refused> {
        self.table.get_mut(transaction)?.open = Some(open);
        Ok(())
    }

    fn rows_left(&self) -> u64 {
        self.limits.rows.saturating_sub(self.rows)
    }

    async fn run(
        &mut self,
        transaction: &Resource<Transaction>,
        text: &str,
        parameters: Vec<sql_types::Parameter>,
        max_rows: Option<u64>,
    ) -> Result<u64, Refused> {
        let (name, mut open, parameters) = self.take_to_send(transaction, text, parameters)?;
        let affected = open.execute(&mut self.outside, text, &parameters).await?;
        let affected = affected.map_err(|fault| self.faulty(&name, fault))?;
        if let Some(most) = max_rows.filter(|most| affected > *most) {
            // Undone by not being put back; the roll-back in order gives the session back.
            open.undo().await;
            return Err(too_many(most).into());
        }
        self.put_back(transaction, open)?;
        Ok(affected)
    }

    async fn ask(
        &mut self,
        transaction: &Resource<Transaction>,
        text: &str,
        parameters: Vec<sql_types::Parameter>,
    ) -> Result<Resource<Cursor>, Refused> {
        let (name, mut open, parameters) = self.take_to_send(transaction, text, parameters)?;
        let begun = open.query(&mut self.outside, text, &parameters).await?;
        let (columns, rows, stream) = begun.map_err(|fault| self.faulty(&name, fault))?;
        let connection = open.connection.clone();
        self.put_back(transaction, open)?;
        let cursor = Cursor { connection, columns, waiting: rows.into(), stream: Some(stream) };
        Ok(self.table.push(cursor)?)
    }

    async fn export(
        &mut self,
        transaction: &Resource<Transaction>,
        query: Query,
        parameters: Vec<sql_types::Parameter>,
    ) -> Result<blobs::File, Refused> {
        let Query { text, max_rows, format, name, once_key } = query;
        self.may_make_file(&name, &once_key)?;
        if format != "csv" {
            let format = crate::v1::values::shown(&format);
            return Err(invalid(format!("`{format}` is not a format: expected `csv`")).into());
        }
        if let Some(earlier) = self.earlier_file(&name, &once_key).await? {
            return Ok(files::to_wit(earlier));
        }
        let (connection, mut open, parameters) =
            self.take_to_send(transaction, &text, parameters)?;
        let query = Export {
            text: &text,
            parameters: &parameters,
            media_type: CSV,
            name: &name,
            max_rows: max_rows.min(self.rows_left()),
            max_bytes: self.blob_room(),
        };
        let made = open.export(&mut self.outside, &query).await?;
        let (blob, rows, pin) = made.map_err(|fault| self.faulty(&connection, fault))?;
        self.rows = self.rows.saturating_add(rows);
        self.put_back(transaction, open)?;
        self.keep_file(&once_key, files::record(name, blob, Some(rows)), pin).await
    }

    async fn mark_it(
        &mut self,
        transaction: &Resource<Transaction>,
        once_key: &str,
        receipt: wit::Receipt,
    ) -> Result<Option<wit::Receipt>, Refused> {
        let receipt = self.storable(once_key, receipt)?;
        let (name, mode, mut open) = self.take(transaction)?;
        let marked = open.mark(&mut self.outside, once_key, &receipt).await?;
        match marked.map_err(|fault| self.faulty(&name, fault))? {
            None => {
                // Steps leave their mark at once.
                self.may_have_changed |= mode == Mode::Steps;
                self.put_back(transaction, open)?;
                Ok(None)
            }
            Some(earlier) => {
                // Undone by not being put back; the roll-back in order gives the session back.
                open.undo().await;
                Ok(results::stored_receipt(earlier).map(Some).map_err(invalid)?)
            }
        }
    }

    async fn keep(
        &mut self,
        transaction: &Resource<Transaction>,
        once_key: &str,
        receipt: wit::Receipt,
    ) -> Result<wit::Receipt, Refused> {
        let receipt = self.storable(once_key, receipt)?;
        let (name, mode, open) = self.take(transaction)?;
        if mode == Mode::ReadOnly {
            let why = "a read-only transaction has nothing to commit";
            return Err(invalid(why.to_owned()).into());
        }
        let kept = open.commit(&mut self.outside, once_key, receipt).await?;
        let kept = kept.map_err(|fault| self.faulty(&name, fault))?;
        self.may_have_changed = true;
        Ok(results::stored_receipt(kept).map_err(invalid)?)
    }

    /// A receipt as a marker holds it, if the key and the receipt are right.
    fn storable(&mut self, once_key: &str, receipt: wit::Receipt) -> Result<Json, wit::HostError> {
        self.may_change(WHAT, once_key)?;
        let receipt = results::receipt(receipt, &self.call.directory)
            .map_err(|bad| invalid(format!("the receipt's {bad}")))?;
        serde_json::to_value(receipt).map_err(|error| invalid(error.to_string()))
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
        told(self.run(&transaction, &text, parameters, max_rows).await)
    }

    async fn query(
        &mut self,
        transaction: Resource<Transaction>,
        text: String,
        parameters: Vec<sql_types::Parameter>,
    ) -> Answer<Resource<Cursor>> {
        self.enter()?;
        told(self.ask(&transaction, &text, parameters).await)
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
        let query = Query { text, max_rows, format, name, once_key };
        told(self.export(&transaction, query, parameters).await)
    }

    async fn mark(
        &mut self,
        transaction: Resource<Transaction>,
        once_key: String,
        receipt: wit::Receipt,
    ) -> Answer<Option<wit::Receipt>> {
        self.enter()?;
        told(self.mark_it(&transaction, &once_key, receipt).await)
    }

    async fn commit(
        &mut self,
        transaction: Resource<Transaction>,
        once_key: String,
        receipt: wit::Receipt,
    ) -> Answer<wit::Receipt> {
        self.enter()?;
        told(self.keep(&transaction, &once_key, receipt).await)
    }

    async fn drop(&mut self, transaction: Resource<Transaction>) -> wasmtime::Result<()> {
        if let Some(open) = self.table.delete(transaction)?.open {
            open.undo().await;
        }
        Ok(())
    }
}

/// A query whose answer goes to a file.
struct Query {
    text: String,
    max_rows: u64,
    format: String,
    name: String,
    once_key: String,
}
