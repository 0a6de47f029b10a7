//! The resource `cursor`.

use wasmtime::component::Resource;

use super::{Answer, Cursor, too_many};
use crate::{
    outside::{Exchanged, Outside},
    state::State,
    v1::{
        bindings::{
            condition::countersign::plugin::sql_types, executor::countersign::plugin::statements,
        },
        sql,
    },
};

/// Rows of one batch, at most.
const MAX_BATCH: u32 = 10_000;

impl Cursor {
    /// Waits until there is a row to give, or the end.
    async fn fill(&mut self, outside: &mut Outside) -> Exchanged<()> {
        while self.waiting.is_empty() {
            let Some(stream) = &mut self.stream else { return Ok(Ok(())) };
            match stream.next(outside).await? {
                Ok(Some(rows)) => self.waiting.extend(rows),
                Ok(None) => self.stream = None,
                Err(fault) => return Ok(Err(fault)),
            }
        }
        Ok(Ok(()))
    }

    /// The rows that wait, at most so many, column by column.
    fn columns_of(&mut self, rows: usize) -> Vec<Vec<sql_types::Cell>> {
        let mut columns: Vec<Vec<_>> =
            self.columns.iter().map(|_| Vec::with_capacity(rows)).collect();
        for row in self.waiting.drain(..rows) {
            for (column, cell) in columns.iter_mut().zip(row) {
                column.push(sql::from_cell(cell));
            }
        }
        columns
    }
}

impl statements::HostCursor for State {
    async fn columns(
        &mut self,
        cursor: Resource<Cursor>,
    ) -> wasmtime::Result<Vec<sql_types::Column>> {
        self.enter()?;
        Ok(sql::columns(&self.table.get(&cursor)?.columns))
    }

    async fn next(
        &mut self,
        cursor: Resource<Cursor>,
        max_rows: u32,
    ) -> Answer<Option<Vec<Vec<sql_types::Cell>>>> {
        self.enter()?;
        let (taken, most) = (self.rows, self.limits.rows);
        let found = self.table.get_mut(&cursor)?;
        if let Err(fault) = found.fill(&mut self.outside).await? {
            let name = found.connection.to_string();
            found.stream = None;
            return Ok(Err(self.faulty(&name, fault)));
        }
        let rows = found.waiting.len().min(max_rows.clamp(1, MAX_BATCH) as usize);
        if rows == 0 {
            return Ok(Ok(None));
        }
        let taken = taken.saturating_add(rows as u64);
        if taken > most {
            return Ok(Err(too_many(most).into()));
        }
        let columns = found.columns_of(rows);
        self.rows = taken;
        Ok(Ok(Some(columns)))
    }

    async fn drop(&mut self, cursor: Resource<Cursor>) -> wasmtime::Result<()> {
        self.table.delete(cursor)?;
        Ok(())
    }
}
