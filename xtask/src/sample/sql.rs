//! The sample database as a script that SQLite, PostgreSQL and MariaDB understand.

use std::fmt::Write;

use super::rows::Shop;

const TABLES: &str = "\
CREATE TABLE customers (
    id INTEGER PRIMARY KEY,
    name VARCHAR(80) NOT NULL,
    email VARCHAR(120) NOT NULL UNIQUE,
    city VARCHAR(40) NOT NULL,
    country CHAR(2) NOT NULL
);
CREATE TABLE products (
    id INTEGER PRIMARY KEY,
    name VARCHAR(80) NOT NULL,
    category VARCHAR(40) NOT NULL,
    unit_price_cents INTEGER NOT NULL,
    stock INTEGER NOT NULL
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    ordered_on DATE NOT NULL,
    status VARCHAR(10) NOT NULL
);
CREATE TABLE order_lines (
    order_id INTEGER NOT NULL REFERENCES orders (id),
    line INTEGER NOT NULL,
    product_id INTEGER NOT NULL REFERENCES products (id),
    quantity INTEGER NOT NULL,
    unit_price_cents INTEGER NOT NULL,
    PRIMARY KEY (order_id, line)
);
";

/// Rows of one statement: a database reads a few big statements sooner than many small ones.
const ROWS: usize = 250;

/// The tables and all their rows, in one transaction.
pub(super) fn script(shop: &Shop) -> String {
    let mut script = format!("BEGIN;\n{TABLES}");
    insert(
        &mut script,
        "customers",
        shop.customers.iter().zip(1..).map(|(row, id)| {
            format!(
                "{id}, {}, {}, {}, {}",
                text(&row.name),
                text(&row.email),
                text(row.city),
                text(row.country)
            )
        }),
    );
    insert(
        &mut script,
        "products",
        shop.products.iter().zip(1..).map(|(row, id)| {
            format!(
                "{id}, {}, {}, {}, {}",
                text(&row.name),
                text(row.category),
                row.cents,
                row.stock
            )
        }),
    );
    insert(
        &mut script,
        "orders",
        shop.orders.iter().zip(1..).map(|(row, id)| {
            format!("{id}, {}, {}, {}", row.customer, text(&row.day), text(row.status))
        }),
    );
    let lines = shop.orders.iter().zip(1..).flat_map(|(order, id)| {
        order.lines.iter().zip(1..).map(move |(row, line)| {
            format!("{id}, {line}, {}, {}, {}", row.product, row.quantity, row.cents)
        })
    });
    insert(&mut script, "order_lines", lines);
    script.push_str("COMMIT;\n");
    script
}

fn insert(script: &mut String, table: &str, rows: impl Iterator<Item = String>) {
    let rows: Vec<String> = rows.map(|row| format!("({row})")).collect();
    for some in rows.chunks(ROWS) {
        // Writing to a string cannot fail.
        let _ = writeln!(script, "INSERT INTO {table} VALUES\n{};", some.join(",\n"));
    }
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}
