//! The sample database as a script that SQLite, PostgreSQL and MariaDB understand.

use std::fmt::Write;

use super::rows::{Customer, Line, Order, Product, Shop};

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
    insert(&mut script, "customers", shop.customers.iter().zip(1..).map(customer));
    insert(&mut script, "products", shop.products.iter().zip(1..).map(product));
    insert(&mut script, "orders", shop.orders.iter().zip(1..).map(order));
    insert(&mut script, "order_lines", shop.orders.iter().zip(1..).flat_map(lines));
    script.push_str("COMMIT;\n");
    script
}

fn customer((Customer { name, email, city, country }, id): (&Customer, u32)) -> String {
    format!("{id}, {}, {}, {}, {}", text(name), text(email), text(city), text(country))
}

fn product((Product { name, category, cents, stock }, id): (&Product, u32)) -> String {
    format!("{id}, {}, {}, {cents}, {stock}", text(name), text(category))
}

fn order((Order { customer, day, status, .. }, id): (&Order, u32)) -> String {
    format!("{id}, {customer}, {}, {}", text(day), text(status))
}

fn lines((order, id): (&Order, u32)) -> impl Iterator<Item = String> {
    order.lines.iter().zip(1..).map(move |(Line { product, quantity, cents }, line)| {
        format!("{id}, {line}, {product}, {quantity}, {cents}")
    })
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
