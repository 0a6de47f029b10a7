//! Databases, files and secrets.

use std::{cell::RefCell, collections::VecDeque};

use sha2::{Digest, Sha256};

use super::{Answer, error};
use crate::{
    Cell, Column, ErrorKind, File, Marker, Mode, Parameter, Receipt, RowSet, Statement, Target,
    testing::{
        FakeDatabase,
        cover::Sending,
        sql,
        state::{Stored, Task, ask},
    },
};

pub(crate) fn look_up(
    connection: &str,
    statement: &str,
    _parameters: &[Parameter],
) -> Answer<RowSet> {
    let key = (connection.to_owned(), statement.to_owned());
    match ask(|state| state.look_ups.get(&key).cloned()) {
        Some(answer) => Ok(answer),
        None => error(ErrorKind::NotFound, format!("no statement `{statement}` on `{connection}`")),
    }
}

pub(crate) fn files_of(once_key: &str) -> Answer<Vec<File>> {
    Ok(ask(|state| {
        let mine = state.files.iter().filter(|stored| stored.once_key == once_key);
        mine.map(|stored| stored.file.clone()).collect()
    }))
}

/// Keeps a file, unless the key has one of this name.
fn keep(name: &str, media_type: &str, once_key: &str, content: Vec<u8>, rows: Option<u64>) -> File {
    ask(|state| {
        let same = |s: &&Stored| s.once_key == once_key && s.file.name == name;
        if let Some(stored) = state.files.iter().find(same) {
            return stored.file.clone();
        }
        let file = File {
            id: format!("file-{}", state.files.len() + 1),
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            size: content.len() as u64,
            sha256: Sha256::digest(&content).iter().map(|b| format!("{b:02x}")).collect(),
            rows,
        };
        state.files.push(Stored { once_key: once_key.to_owned(), file: file.clone(), content });
        file
    })
}

/// See [`crate::Connection`].
pub(crate) struct Connection {
    name: String,
    database: FakeDatabase,
}

impl Connection {
    pub(crate) fn open(name: &str) -> Answer<Self> {
        match ask(|state| state.connections.get(name).cloned()) {
            Some(database) => Ok(Self { name: name.to_owned(), database }),
            None => error(ErrorKind::Denied, format!("connection `{name}` is not granted")),
        }
    }

    pub(crate) fn open_as(name: &str, password: &Secret) -> Answer<Self> {
        let connection = Self::open(name)?;
        if connection.kind() == "sqlite" {
            let file = format!("the connection `{name}` is a file, which asks for no password");
            return error(ErrorKind::Invalid, file);
        }
        ask(|state| {
            state.passwords.insert(name.to_owned(), password.name.clone());
        });
        Ok(connection)
    }

    pub(crate) fn kind(&self) -> String {
        self.database.kind()
    }

    pub(crate) fn classify(&self, text: &str) -> Answer<Vec<Statement>> {
        sql::classify(&self.kind(), text)
    }

    pub(crate) fn quote_identifier(&self, name: &str) -> Answer<String> {
        sql::quote(&self.kind(), name)
    }

    pub(crate) fn estimate(&self, text: &str, parameters: &[Parameter]) -> Answer<Option<u64>> {
        check(&self.name, &self.database, text, None)?;
        self.database.estimate(text, parameters)
    }

    pub(crate) fn describe(&self, text: &str) -> Answer<Vec<Column>> {
        check(&self.name, &self.database, text, None)?;
        self.database.describe(text)
    }

    pub(crate) fn begin(&self, mode: Mode) -> Answer<Transaction> {
        let may_change = ask(|state| matches!(state.task, Task::Execute | Task::Revert));
        if mode != Mode::ReadOnly && !may_change {
            return error(
                ErrorKind::Denied,
                "nothing changes while a plan is made or a probe runs",
            );
        }
        self.database.begin(mode)?;
        Ok(Transaction { name: self.name.clone(), database: self.database.clone() })
    }

    pub(crate) fn marker_of(&self, once_key: &str) -> Answer<Marker> {
        Ok(self.database.marker(once_key))
    }
}

/// Refuses what the plan does not cover.
fn check(
    connection: &str,
    database: &FakeDatabase,
    text: &str,
    parameters: Option<&[Parameter]>,
) -> Answer<()> {
    Sending { connection, database: &database.kind(), text, parameters }.check()
}

/// See [`crate::Transaction`].
pub(crate) struct Transaction {
    name: String,
    database: FakeDatabase,
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.database.roll_back();
    }
}

impl Transaction {
    pub(crate) fn execute(
        &self,
        text: &str,
        parameters: &[Parameter],
        max_rows: Option<u64>,
    ) -> Answer<u64> {
        check(&self.name, &self.database, text, Some(parameters))?;
        let rows = self.database.execute(text, parameters)?;
        match max_rows {
            Some(most) if rows > most => {
                self.database.roll_back();
                error(ErrorKind::Limit, format!("{rows} rows, more than {most}"))
            }
            _ => Ok(rows),
        }
    }

    pub(crate) fn query(&self, text: &str, parameters: &[Parameter]) -> Answer<Cursor> {
        check(&self.name, &self.database, text, Some(parameters))?;
        let RowSet { columns, rows } = self.database.query(text, parameters)?;
        Ok(Cursor { columns, rows: RefCell::new(rows.into()) })
    }

    pub(crate) fn query_to_file(
        &self,
        text: &str,
        parameters: &[Parameter],
        target: &Target<'_>,
    ) -> Answer<File> {
        check(&self.name, &self.database, text, Some(parameters))?;
        let set = self.database.query(text, parameters)?;
        let rows = set.rows.len() as u64;
        if rows > target.max_rows {
            let most = target.max_rows;
            return error(ErrorKind::Limit, format!("{rows} rows, more than {most}"));
        }
        if target.format != "csv" {
            return error(ErrorKind::Invalid, format!("`{}` is not a format", target.format));
        }
        let content = sql::csv(&set).into_bytes();
        Ok(keep(target.name, "text/csv", target.once_key, content, Some(rows)))
    }

    pub(crate) fn mark(&self, once_key: &str, receipt: Receipt) -> Answer<Option<Receipt>> {
        self.database.mark(once_key, receipt)
    }

    pub(crate) fn commit(&self, once_key: &str, receipt: Receipt) -> Answer<Receipt> {
        self.database.commit(once_key, receipt)
    }
}

/// See [`crate::Cursor`].
pub(crate) struct Cursor {
    columns: Vec<Column>,
    rows: RefCell<VecDeque<Vec<Cell>>>,
}

impl Cursor {
    pub(crate) fn columns(&self) -> Vec<Column> {
        self.columns.clone()
    }

    pub(crate) fn next(&self, max_rows: u32) -> Answer<Option<Vec<Vec<Cell>>>> {
        let mut rows = self.rows.borrow_mut();
        if rows.is_empty() {
            return Ok(None);
        }
        let mut batch = vec![Vec::new(); self.columns.len()];
        for _ in 0..max_rows {
            let Some(row) = rows.pop_front() else { break };
            batch.iter_mut().zip(row).for_each(|(column, cell)| column.push(cell));
        }
        Ok(Some(batch))
    }
}

/// See [`crate::Writer`].
pub(crate) struct Writer {
    name: String,
    media_type: String,
    once_key: String,
    content: RefCell<Vec<u8>>,
}

impl Writer {
    pub(crate) fn create(name: &str, media_type: &str, once_key: &str) -> Answer<Self> {
        Ok(Self {
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            once_key: once_key.to_owned(),
            content: Vec::new().into(),
        })
    }

    pub(crate) fn write(&self, bytes: &[u8]) -> Answer<()> {
        self.content.borrow_mut().extend_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn finish(&self) -> Answer<File> {
        let content = self.content.take();
        Ok(keep(&self.name, &self.media_type, &self.once_key, content, None))
    }
}

/// See [`crate::Secret`].
pub(crate) struct Secret {
    pub(super) name: String,
}

impl Secret {
    pub(crate) fn get(name: &str) -> Answer<Self> {
        if ask(|state| state.secrets.contains(name)) {
            Ok(Self { name: name.to_owned() })
        } else {
            error(ErrorKind::Denied, format!("secret `{name}` is not granted"))
        }
    }
}
