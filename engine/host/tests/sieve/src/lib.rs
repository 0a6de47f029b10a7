//! An executor that takes the rows of a query in its hands: looks away, changes each into a line of a
//! file, or lets the host write them.

use std::fmt::Write as _;

use sdk_plugin::{Connection, Mode, Target, Transaction, Writer, plugin, prelude::*};
use serde_json::Value as Json;

struct Sieve;

#[derive(Deserialize)]
struct Config {
    does: Does,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Does {
    /// Takes every batch, and looks at nothing.
    Take,
    /// Makes a line of each row.
    Change,
    /// Has the host write the rows.
    Pass,
}

const QUERY: &str = "select id, name, amount, share, active, day, at, note from orders";
const BATCH: u32 = 1_000;

impl Executor for Sieve {
    type Config = Config;

    fn plan(_: Config) -> Result<Plan> {
        let shop = Connection::open("shop")?;
        Ok(Plan::binding(Json::Object(serde_json::Map::new())).covers(Planned::text(&shop, QUERY)))
    }

    fn execute(config: Config, once_key: &str) -> Result<Receipt> {
        let transaction = Connection::open("shop")?.begin(Mode::ReadOnly)?;
        let rows = match config.does {
            Does::Take => take(&transaction)?,
            Does::Change => change(&transaction, once_key)?,
            Does::Pass => pass(&transaction, once_key)?,
        };
        Ok(Receipt::new("rows").with("rows", rows))
    }

    fn probe(_: Config, _: &str) -> Result<Presence> {
        Ok(Presence::DidNotHappen)
    }

    fn revert(_: Config, done: Receipt, _: &str) -> Result<Receipt> {
        Ok(done)
    }
}

plugin!(executor: Sieve);

fn take(transaction: &Transaction) -> Result<u32> {
    let cursor = transaction.query(QUERY, &[])?;
    let mut rows = 0;
    while let Some(columns) = cursor.next_batch(BATCH)? {
        rows += columns.first().map_or(0, Vec::len) as u32;
    }
    Ok(rows)
}

fn change(transaction: &Transaction, once_key: &str) -> Result<u32> {
    let file = Writer::create("rows.txt", "text/plain", once_key)?;
    let cursor = transaction.query(QUERY, &[])?;
    let mut rows = 0;
    while let Some(columns) = cursor.next_batch(BATCH)? {
        let count = columns.first().map_or(0, Vec::len);
        let mut lines = String::with_capacity(count * 96);
        for row in 0..count {
            for column in &columns {
                cell(&mut lines, column.get(row).and_then(Option::as_ref));
            }
            lines.push('\n');
        }
        file.write(lines.as_bytes())?;
        rows += count as u32;
    }
    file.finish()?;
    Ok(rows)
}

/// Names in capital letters, numbers one more, the rest as it is.
fn cell(line: &mut String, cell: Option<&Value>) {
    let written = match cell {
        None => Ok(()),
        Some(Value::Text(text)) => {
            line.extend(text.chars().map(|c| c.to_ascii_uppercase()));
            Ok(())
        }
        Some(Value::Number(number)) => write!(line, "{}", number + 1),
        Some(Value::Decimal(decimal)) => write!(line, "{}", decimal + Decimal::ONE),
        Some(Value::Boolean(truth)) => write!(line, "{truth}"),
        Some(Value::Date(date)) => write!(line, "{date}"),
        Some(Value::Timestamp(at)) => write!(line, "{at}"),
        Some(other) => write!(line, "{other:?}"),
    };
    // Nothing fails where a text is written to.
    let _ = written;
    line.push(';');
}

fn pass(transaction: &Transaction, once_key: &str) -> Result<u32> {
    let target = Target { name: "rows.csv", format: "csv", max_rows: 10_000_000, once_key };
    let file = transaction.query_to_file(QUERY, &[], &target)?;
    Ok(file.rows.unwrap_or_default() as u32)
}
