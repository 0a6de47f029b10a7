//! A fresh database to work in.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use engine_connect::{
    Begin, Cell, ConnectionConfig, Connections, Dialect, Error, Limits, Mode, Target, Transaction,
};
use engine_core::ids::ResourceId;

/// The connection that tests use.
pub(crate) fn name() -> ResourceId {
    ResourceId::parse("orders-db").unwrap()
}

/// A database of one kind, and its connections.
pub(crate) struct Place {
    pub(crate) connections: Connections,
    pub(crate) target: Target,
    _folder: Option<tempfile::TempDir>,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.db");
        rusqlite::Connection::open(&path).unwrap().execute_batch("VACUUM").unwrap();
        Self::new(Target::Sqlite { path }, Some(folder))
    }

    pub(crate) fn new(target: Target, folder: Option<tempfile::TempDir>) -> Self {
        let connections = connections(target.clone(), Limits::default(), false);
        Self { connections, target, _folder: folder }
    }

    /// The same database under other limits.
    pub(crate) fn with(&self, limits: Limits) -> Connections {
        connections(self.target.clone(), limits, false)
    }

    pub(crate) fn read_only(&self) -> Connections {
        connections(self.target.clone(), Limits::default(), true)
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.target.dialect()
    }

    pub(crate) async fn begin(&self, mode: Mode) -> Transaction {
        begin(&self.connections, mode).await.unwrap()
    }

    /// Runs statements, as steps where DDL commits by itself.
    pub(crate) async fn run(&self, statements: &[&str]) {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        let key = format!("test/{}", RUNS.fetch_add(1, Ordering::Relaxed));
        let mut transaction = self.begin(Mode::Steps).await;
        transaction.mark(&key, &serde_json::Value::Null).await.unwrap();
        for sql in statements {
            transaction.execute(sql, &[]).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        }
        transaction.commit().await.unwrap();
    }

    /// The answer of a query.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<Vec<Cell>> {
        let mut transaction = self.begin(Mode::ReadOnly).await;
        let rows =
            transaction.query(sql, &[], 10_000).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        transaction.commit().await.unwrap();
        rows.rows
    }

    /// A query with one parameter, in the language of the database.
    pub(crate) fn with_parameter(&self, sql: &str) -> String {
        match self.dialect() {
            Dialect::Postgres => sql.replace('?', "$1"),
            Dialect::Sqlite | Dialect::Mariadb => sql.to_owned(),
        }
    }
}

pub(crate) async fn begin(connections: &Connections, mode: Mode) -> Result<Transaction, Error> {
    connections.begin(&name(), Begin { mode, timeout: Some(Duration::from_secs(20)) }).await
}

fn connections(target: Target, limits: Limits, read_only: bool) -> Connections {
    let config = ConnectionConfig { target, read_only, limits };
    Connections::new(BTreeMap::from([(name(), config)]))
}
