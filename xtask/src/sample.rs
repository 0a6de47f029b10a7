//! The sample database of `examples/shop`: customers, products, orders and their lines.
//!
//! Everything is made up from a seed: the same seed gives the same bytes. The SQL is the part that
//! SQLite, PostgreSQL and MariaDB share; money is in whole cents. From [`DEFECT_SINCE`] on, the lines
//! of product [`DEFECT_PRODUCT`] carry a price a hundred times too high, for the story to correct.

mod dice;
mod rows;
mod sql;

use std::{fs, path::Path};

use anyhow::{Context, Result};

/// What is in the database where nobody asks for another.
pub(crate) const SEED: u64 = 2026;
/// The product whose price went wrong.
pub(crate) const DEFECT_PRODUCT: u32 = 17;
/// The first day with the wrong price.
pub(crate) const DEFECT_SINCE: &str = "2026-02-01";

/// Writes the database as one SQL script.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn write_sql(seed: u64, path: &Path) -> Result<()> {
    let text = sql::script(&rows::make(seed));
    fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
}

/// Writes the database as a new SQLite file.
///
/// # Errors
/// The file exists, or cannot be written.
pub(crate) fn write_sqlite(seed: u64, path: &Path) -> Result<()> {
    anyhow::ensure!(!path.exists(), "`{}` exists already", path.display());
    let database = rusqlite::Connection::open(path)
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    load(&database, seed)
}

fn load(database: &rusqlite::Connection, seed: u64) -> Result<()> {
    database.pragma_update(None, "foreign_keys", true)?;
    database.execute_batch(&sql::script(&rows::make(seed))).context("the sample database")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> rusqlite::Connection {
        let database = rusqlite::Connection::open_in_memory().unwrap();
        load(&database, SEED).unwrap();
        database
    }

    fn count(database: &rusqlite::Connection, query: &str) -> i64 {
        database.query_row(query, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let script = |seed| sql::script(&rows::make(seed));
        assert_eq!(script(SEED), script(SEED));
        assert_ne!(script(SEED), script(SEED + 1));
    }

    #[test]
    fn there_are_at_least_ten_thousand_rows_and_every_key_is_kept() {
        let database = database();
        let tables = ["customers", "products", "orders", "order_lines"];
        let rows: i64 = tables
            .map(|table| count(&database, &format!("SELECT count(*) FROM {table}")))
            .iter()
            .sum();
        assert!(rows >= 10_000, "{rows}");
        let broken: i64 = count(&database, "SELECT count(*) FROM pragma_foreign_key_check");
        assert_eq!(broken, 0);
        let empty =
            "SELECT count(*) FROM orders WHERE id NOT IN (SELECT order_id FROM order_lines)";
        assert_eq!(count(&database, empty), 0);
    }

    #[test]
    fn the_defect_is_there_and_one_statement_corrects_it() {
        let database = database();
        let wrong = "SELECT count(*) FROM order_lines l JOIN products p ON p.id = l.product_id
                     WHERE l.unit_price_cents <> p.unit_price_cents";
        let before = count(&database, wrong);
        assert!((50..400).contains(&before), "{before}");
        let correction = format!(
            "UPDATE order_lines SET unit_price_cents = unit_price_cents / 100
             WHERE product_id = {DEFECT_PRODUCT}
               AND order_id IN (SELECT id FROM orders WHERE ordered_on >= '{DEFECT_SINCE}')"
        );
        assert_eq!(i64::try_from(database.execute(&correction, []).unwrap()), Ok(before));
        assert_eq!(count(&database, wrong), 0);
    }

    #[test]
    fn an_existing_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db");
        fs::write(&path, "mine").unwrap();
        assert!(write_sqlite(SEED, &path).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }
}
