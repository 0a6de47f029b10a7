//! The databases of cases: SQLite files that are made anew for each case, and asked when it is over.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use anyhow::Context as _;
use engine_connect::{
    Begin, Cell, ConnectionConfig, Connections, Error, Limits, Mode, Target, make_sqlite,
};
use engine_core::ids::ResourceId;
use serde_json::{Map, Value as Json, json};

use super::file::Case;

/// The most rows of an answer that is compared.
const MOST_ROWS: u32 = 1000;

/// A file for each database that a case has.
pub(super) struct Databases {
    folder: tempfile::TempDir,
    names: BTreeSet<ResourceId>,
}

impl Databases {
    pub(super) fn of(cases: &[Case]) -> anyhow::Result<Self> {
        let names = cases.iter().flat_map(|case| case.asked.databases.keys().cloned()).collect();
        Ok(Self { folder: tempfile::tempdir()?, names })
    }

    /// As an operator would configure them.
    pub(super) fn connections(&self) -> BTreeMap<ResourceId, ConnectionConfig> {
        let connection = |name: &ResourceId| {
            let target = Target::Sqlite { path: self.path(name) };
            let limits = Limits::default();
            (name.clone(), ConnectionConfig { target, read_only: false, limits })
        };
        self.names.iter().map(connection).collect()
    }

    fn path(&self, name: &ResourceId) -> PathBuf {
        // The number, since not every name can be that of a file.
        let number = self.names.iter().position(|known| known == name).unwrap_or_default();
        self.folder.path().join(format!("{number}.db"))
    }

    /// Makes all of them: those of a case by its scripts, the others empty.
    pub(super) fn make(&self, scripts: &BTreeMap<ResourceId, String>) -> anyhow::Result<()> {
        for name in &self.names {
            let script = scripts.get(name).map_or("", String::as_str);
            make_sqlite(name, &self.path(name), script)
                .with_context(|| format!("cannot make the database `{name}`"))?;
        }
        Ok(())
    }

    /// What queries answer now: those that are asked by `rows: {DATABASE: {QUERY: ROWS}}`.
    pub(super) async fn rows(&self, expected: &Json) -> Json {
        let connections = Connections::new(self.connections());
        let mut all = Map::new();
        for (name, queries) in expected.as_object().into_iter().flatten() {
            let mut answers = Map::new();
            for query in queries.as_object().into_iter().flat_map(Map::keys) {
                let rows = match name.parse() {
                    Ok(name) => rows(&connections, &name, query).await,
                    Err(_) => continue,
                };
                let rows = rows.unwrap_or_else(|error| json!(error.to_string()));
                answers.insert(query.clone(), rows);
            }
            all.insert(name.clone(), answers.into());
        }
        all.into()
    }
}

async fn rows(connections: &Connections, name: &ResourceId, query: &str) -> Result<Json, Error> {
    let begin = Begin { mode: Mode::ReadOnly, timeout: None };
    let mut transaction = connections.begin(name, begin).await?;
    let found = transaction.query(query, &[], MOST_ROWS).await?;
    Ok(found.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<Json>>()).collect())
}

/// Numbers and truths as they are, everything else as text.
fn cell(cell: &Cell) -> Json {
    match cell {
        Cell::Boolean(value) => json!(value),
        Cell::Integer(number) => json!(number),
        other => json!(other.to_text()),
    }
}
