//! Databases of tests: scripted ones, and real SQLite in memory.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use super::sql;
use crate::{Column, Database, ErrorKind, HostError, Marker, Mode, Parameter, Receipt, RowSet};

type Answer<T> = Result<T, HostError>;

/// A database of a test. Clones are the same database.
#[derive(Clone)]
pub struct FakeDatabase(Rc<RefCell<Inner>>);

struct Inner {
    kind: String,
    engine: Engine,
    markers: BTreeMap<String, Marker>,
    open: Option<Mode>,
    marked: bool,
}

impl Inner {
    /// Whether a roll-back undoes nothing: steps, where the database cannot.
    fn keeps_at_once(&self) -> bool {
        self.open == Some(Mode::Steps) && matches!(self.kind.as_str(), "mariadb" | "mysql")
    }

    /// Refuses what the mode of the open transaction does not allow.
    fn check(&self, text: &str) -> Answer<()> {
        let denied = |why: &str| Err(HostError::new(ErrorKind::Denied, why));
        let statements = sql::classify(&self.kind, text)?;
        let [statement] = &statements[..] else {
            return Err(HostError::new(ErrorKind::Invalid, "one statement at a time"));
        };
        match self.open {
            None => denied("the transaction is over"),
            Some(Mode::ReadOnly) if statement.kind != "select" => {
                denied("the transaction is read-only")
            }
            Some(Mode::Atomic) if !statement.transactional => {
                denied("the statement cannot be rolled back")
            }
            Some(Mode::Steps) if self.keeps_at_once() && !self.marked => {
                denied("steps run after their effect is marked")
            }
            Some(Mode::ReadOnly | Mode::Atomic | Mode::Steps) => Ok(()),
        }
    }
}

/// What runs the statements.
enum Engine {
    Script(Script),
    #[cfg(feature = "sqlite")]
    Sqlite(super::sqlite::Sqlite),
}

/// Answers by what a statement contains, and a record of what was kept.
#[derive(Default)]
struct Script {
    answers: Vec<(String, Answer<RowSet>)>,
    pending: Vec<String>,
    kept: Vec<String>,
}

impl Script {
    fn answer(&self, text: &str, _parameters: &[Parameter]) -> Answer<RowSet> {
        let found = self.answers.iter().find(|(part, _)| text.contains(part));
        found.map_or_else(|| Ok(RowSet::default()), |(_, answer)| answer.clone())
    }
}

impl FakeDatabase {
    /// A database that records statements and answers as it is told.
    #[must_use]
    pub fn scripted(database: &Database) -> Self {
        let kind = match database {
            Database::PostgreSql => "postgresql",
            Database::MariaDb => "mariadb",
            Database::MySql => "mysql",
            Database::Sqlite => "sqlite",
            Database::Other(kind) => kind,
        };
        Self::new(kind, Engine::Script(Script::default()))
    }

    /// SQLite in memory, after running these statements.
    ///
    /// # Panics
    /// Where they fail.
    #[cfg(feature = "sqlite")]
    #[must_use]
    pub fn sqlite(setup: &str) -> Self {
        Self::new("sqlite", Engine::Sqlite(super::sqlite::Sqlite::new(setup)))
    }

    fn new(kind: &str, engine: Engine) -> Self {
        let kind = kind.to_owned();
        let (markers, open, marked) = (BTreeMap::new(), None, false);
        Self(Rc::new(RefCell::new(Inner { kind, engine, markers, open, marked })))
    }

    /// Answers statements that contain this text, scripted databases only. The affected rows are the
    /// rows of the answer.
    #[must_use]
    pub fn answer(self, containing: &str, answer: Result<RowSet, HostError>) -> Self {
        match &mut self.0.borrow_mut().engine {
            Engine::Script(script) => script.answers.push((containing.to_owned(), answer)),
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(_) => {}
        }
        self
    }

    /// The statements that a scripted database kept: those committed, and steps.
    #[must_use]
    pub fn statements(&self) -> Vec<String> {
        match &self.0.borrow().engine {
            Engine::Script(script) => script.kept.clone(),
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(_) => Vec::new(),
        }
    }

    /// What a query answers.
    ///
    /// # Errors
    /// As the database says.
    pub fn query(&self, text: &str, parameters: &[Parameter]) -> Answer<RowSet> {
        match &self.0.borrow().engine {
            Engine::Script(script) => script.answer(text, parameters),
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(sqlite) => sqlite.query(text, parameters),
        }
    }

    pub(crate) fn kind(&self) -> String {
        self.0.borrow().kind.clone()
    }

    pub(crate) fn marker(&self, once_key: &str) -> Marker {
        self.0.borrow().markers.get(once_key).cloned().unwrap_or(Marker::Absent)
    }

    pub(crate) fn begin(&self, mode: Mode) -> Answer<()> {
        let mut inner = self.0.borrow_mut();
        if inner.open.is_some() {
            let why = "one transaction at a time on a connection of a test";
            return Err(HostError::new(ErrorKind::Busy, why));
        }
        #[cfg(feature = "sqlite")]
        if let Engine::Sqlite(sqlite) = &inner.engine {
            sqlite.batch("BEGIN IMMEDIATE")?;
        }
        (inner.open, inner.marked) = (Some(mode), false);
        Ok(())
    }

    pub(crate) fn mark(&self, once_key: &str, receipt: Receipt) -> Answer<Option<Receipt>> {
        if let Marker::Done(earlier) = self.marker(once_key) {
            self.roll_back();
            return Ok(Some(earlier));
        }
        let mut inner = self.0.borrow_mut();
        inner.marked = true;
        if inner.keeps_at_once() {
            inner.markers.insert(once_key.to_owned(), Marker::Begun(receipt));
        }
        Ok(None)
    }

    pub(crate) fn execute(&self, text: &str, parameters: &[Parameter]) -> Answer<u64> {
        let mut inner = self.0.borrow_mut();
        inner.check(text)?;
        let at_once = inner.keeps_at_once();
        match &mut inner.engine {
            Engine::Script(script) => {
                let rows = script.answer(text, parameters)?.rows.len() as u64;
                let list = if at_once { &mut script.kept } else { &mut script.pending };
                list.push(text.to_owned());
                Ok(rows)
            }
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(sqlite) => sqlite.execute(text, parameters),
        }
    }

    pub(crate) fn roll_back(&self) {
        let mut inner = self.0.borrow_mut();
        if inner.open.take().is_none() {
            return;
        }
        match &mut inner.engine {
            Engine::Script(script) => script.pending.clear(),
            #[cfg(feature = "sqlite")]
            // Fails only where SQLite has rolled back by itself.
            Engine::Sqlite(sqlite) => drop(sqlite.batch("ROLLBACK")),
        }
    }

    pub(crate) fn commit(&self, once_key: &str, receipt: Receipt) -> Answer<Receipt> {
        if let Marker::Done(earlier) = self.marker(once_key) {
            self.roll_back();
            return Ok(earlier);
        }
        let mut inner = self.0.borrow_mut();
        if inner.open.take().is_none() {
            return Err(HostError::new(ErrorKind::Invalid, "the transaction is over"));
        }
        match &mut inner.engine {
            Engine::Script(script) => script.kept.append(&mut script.pending),
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(sqlite) => sqlite.batch("COMMIT")?,
        }
        inner.markers.insert(once_key.to_owned(), Marker::Done(receipt.clone()));
        Ok(receipt)
    }

    pub(crate) fn estimate(&self, text: &str, parameters: &[Parameter]) -> Answer<Option<u64>> {
        match &self.0.borrow().engine {
            Engine::Script(script) => Ok(Some(script.answer(text, parameters)?.rows.len() as u64)),
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(sqlite) => sqlite.estimate(text, parameters).map(Some),
        }
    }

    pub(crate) fn describe(&self, text: &str) -> Answer<Vec<Column>> {
        match &self.0.borrow().engine {
            Engine::Script(script) => Ok(script.answer(text, &[])?.columns),
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(sqlite) => sqlite.describe(text),
        }
    }
}
