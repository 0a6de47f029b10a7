//! Rows of the marker table.

use serde_json::Value as Json;

use super::TABLE;
use crate::{cell::Cell, dialect::Dialect, driver::Session, error::Error};

/// A row of the table.
pub(super) struct Row {
    pub(super) fence: i64,
    pub(super) state: State,
    pub(super) receipt: Json,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Done,
    Begun,
    Fenced,
}

pub(super) async fn read(
    session: &mut Session,
    table: &str,
    key: &str,
    locked: bool,
) -> Result<Option<Row>, Error> {
    let dialect = session.dialect();
    let lock = match dialect {
        Dialect::Sqlite => "",
        Dialect::Postgres | Dialect::Mariadb if !locked => "",
        Dialect::Postgres | Dialect::Mariadb => " FOR UPDATE",
    };
    let one = parameter(dialect, 1);
    let sql = format!("SELECT fence, state, receipt FROM {table} WHERE once_key = {one}{lock}");
    let rows = session.read_own(&sql, &[Cell::Text(key.to_owned())]).await?;
    rows.into_iter().next().map(row).transpose()
}

fn row(cells: Vec<Cell>) -> Result<Row, Error> {
    let strange = || Error::Value(format!("a row of `{TABLE}` was changed by somebody"));
    let [Cell::Integer(fence), Cell::Text(state), Cell::Text(receipt)] =
        <[Cell; 3]>::try_from(cells).map_err(|_| strange())?
    else {
        return Err(strange());
    };
    let state = match state.as_str() {
        "done" => State::Done,
        "begun" => State::Begun,
        "fenced" => State::Fenced,
        _ => return Err(strange()),
    };
    let receipt = serde_json::from_str(&receipt).map_err(|_| strange())?;
    Ok(Row { fence, state, receipt })
}

/// Inserts the row; `false` where there is one, after waiting for whoever is writing it.
pub(super) async fn insert(
    session: &mut Session,
    table: &str,
    key: &str,
    fence: i64,
    state: &str,
    receipt: &str,
) -> Result<bool, Error> {
    let columns = "(once_key, fence, state, receipt)";
    let sql = match session.dialect() {
        Dialect::Sqlite => {
            format!("INSERT INTO {table} {columns} VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
        }
        Dialect::Postgres => {
            format!("INSERT INTO {table} {columns} VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
        }
        // No IGNORE, which would swallow other errors; no change where there is one.
        Dialect::Mariadb => format!(
            "INSERT INTO {table} {columns} VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE fence = fence"
        ),
    };
    let params = [
        Cell::Text(key.to_owned()),
        Cell::Integer(fence),
        Cell::Text(state.to_owned()),
        Cell::Text(receipt.to_owned()),
    ];
    Ok(session.run_own(&sql, &params).await? == 1)
}

/// Puts an attempt in the place of the fence of exactly this number.
pub(super) async fn take_over(
    session: &mut Session,
    table: &str,
    key: &str,
    fence: i64,
    state: &str,
    receipt: &str,
) -> Result<bool, Error> {
    let dialect = session.dialect();
    let [one, two, three, four] = [1, 2, 3, 4].map(|number| parameter(dialect, number));
    let sql = format!(
        "UPDATE {table} SET state = {one}, receipt = {two} \
         WHERE once_key = {three} AND fence = {four} AND state = 'fenced'"
    );
    let params = [
        Cell::Text(state.to_owned()),
        Cell::Text(receipt.to_owned()),
        Cell::Text(key.to_owned()),
        Cell::Integer(fence),
    ];
    Ok(session.run_own(&sql, &params).await? == 1)
}

pub(super) fn parameter(dialect: Dialect, number: usize) -> String {
    match dialect {
        Dialect::Postgres => format!("${number}"),
        Dialect::Sqlite | Dialect::Mariadb => "?".to_owned(),
    }
}
