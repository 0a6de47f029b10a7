//! Data fixes: the higher the amount, the more people.

use anyhow::{Context, Result};
use serde_json::{Value as Json, json};

use super::{
    check::same,
    client::{number, text, texts},
    stage::Stage,
};
use crate::sample::{DEFECT_PRODUCT, DEFECT_SINCE};

/// The lines with a price that is not the product's.
const WRONG: &str = "SELECT count(*) FROM order_lines l JOIN products p ON p.id = l.product_id \
                     WHERE l.unit_price_cents <> p.unit_price_cents";

pub(super) fn play(stage: &mut Stage) -> Result<()> {
    stage.tell.act("1  Data fixes: the higher the amount, the more people");
    small(stage)?;
    middling(stage)?;
    large(stage)
}

/// A request to run a statement on the shop's database.
pub(super) fn request(title: &str, statement: &str, max_rows: i64, amount: &str) -> Json {
    json!({
        "rule": "data-fix", "title": title, "reason": "ticket 4711: the customer complained",
        "properties": {
            "database": "shop-db", "statement": statement, "max_rows": max_rows, "amount": amount,
        },
    })
}

/// Nothing but the owner of the database.
fn small(stage: &mut Stage) -> Result<()> {
    let email = "SELECT email FROM customers WHERE id = 4";
    let before = stage.shop.text(email)?;
    let statement = "UPDATE customers SET email = 'kata@example.com' WHERE id = 4";
    stage.tell.step(&format!("dan asks to correct an address ({before}), worth nothing"));
    let submitted = stage.submit("dan", &request("Correct an address", statement, 1, "0 EUR"))?;
    let id = text(&submitted, "/id")?.to_owned();
    stage.show_plan(&submitted)?;
    stage.show_steps("dan", &id)?;
    same("the address before the approval", &stage.shop.text(email)?, &before)?;
    let approved = stage.approve("omar", &id, "the ticket is right")?;
    same("the status", &text(&approved, "/status")?, &"approved")?;
    done(stage, &id, 1)?;
    same("the address", &stage.shop.text(email)?, &"kata@example.com".to_owned())?;
    stage.tell.checked("the database has the new address, and had the old one until the approval");
    Ok(())
}

/// Above 500 EUR, also the first manager upwards whose limit covers the amount: a WASM component
/// finds out who that is.
fn middling(stage: &mut Stage) -> Result<()> {
    let line = "FROM order_lines WHERE quantity = 12 AND unit_price_cents BETWEEN 20000 AND 24000 \
                ORDER BY order_id, line LIMIT 1";
    let order = stage.shop.number(&format!("SELECT order_id {line}"))?;
    let place = stage.shop.number(&format!("SELECT line {line}"))?;
    let amount = euros(stage.shop.number(&format!("SELECT unit_price_cents * 10 {line}"))?);
    let statement =
        format!("UPDATE order_lines SET quantity = 2 WHERE order_id = {order} AND line = {place}");
    stage.tell.step(&format!("dan asks to correct a quantity, 12 for 2, worth {amount}"));
    let asked = request("Correct a quantity", &statement, 1, &amount);
    let submitted = stage.submit("dan", &asked)?;
    let id = text(&submitted, "/id")?.to_owned();
    stage.show_plan(&submitted)?;
    stage.show_steps("dan", &id)?;
    stage.approve("omar", &id, "12 was a mistake")?;
    deciders(stage, &id, &["henry"])?;
    stage.tell.checked(
        "the component `org-chart` walked up: tess may sign for 1,000 EUR, henry for 10,000 EUR",
    );
    stage.approve("henry", &id, "agreed with the customer")?;
    done(stage, &id, 1)?;
    let now =
        format!("SELECT quantity FROM order_lines WHERE order_id = {order} AND line = {place}");
    same("the quantity", &stage.shop.number(&now)?, &2)?;
    stage.tell.checked("the database has the new quantity");
    Ok(())
}

/// Above 10,000 EUR, also the signatories, named by a script.
fn large(stage: &mut Stage) -> Result<()> {
    let wrong = stage.shop.number(WRONG)?;
    let worth = stage.shop.number(
        "SELECT sum(l.quantity * (l.unit_price_cents - p.unit_price_cents)) FROM order_lines l \
         JOIN products p ON p.id = l.product_id",
    )?;
    let amount = euros(worth);
    let statement = format!(
        "UPDATE order_lines SET unit_price_cents = unit_price_cents / 100 \
         WHERE product_id = {DEFECT_PRODUCT} \
         AND order_id IN (SELECT id FROM orders WHERE ordered_on >= '{DEFECT_SINCE}')"
    );
    stage.tell.step(&format!(
        "dan asks to correct {wrong} order lines with a price a hundred times too high, worth {amount}"
    ));
    let asked = request("Correct the price of product 17", &statement, wrong, &amount);
    let submitted = stage.submit("dan", &asked)?;
    let id = text(&submitted, "/id")?.to_owned();
    stage.show_plan(&submitted)?;
    stage.show_steps("dan", &id)?;
    stage.approve("omar", &id, "the import was broken")?;
    deciders(stage, &id, &["clara"])?;
    stage.approve("clara", &id, "above henry's limit, within mine")?;
    deciders(stage, &id, &["clara", "henry"])?;
    stage.tell.checked("above 50,000 EUR the script `signatories.rhai` names two people");
    stage.approve("henry", &id, "first signature")?;
    same("wrong prices before the last signature", &stage.shop.number(WRONG)?, &wrong)?;
    stage.approve("clara", &id, "second signature")?;
    done(stage, &id, wrong)?;
    same("wrong prices", &stage.shop.number(WRONG)?, &0)?;
    stage.tell.checked(&format!(
        "{wrong} prices were wrong in the database until the second signature, none is now"
    ));
    Ok(())
}

/// Waits for the execution, and shows its receipt.
fn done(stage: &mut Stage, id: &str, rows: i64) -> Result<()> {
    let execution = stage.execution("dan", id, "succeeded")?;
    let receipt = execution.pointer("/receipt").context("expected a receipt")?;
    let fields = receipt.get("fields").unwrap_or(receipt);
    stage.tell.show(&format!("receipt  {fields}"));
    same("rows in the receipt", &number(receipt, "/fields/rows")?, &rows)
}

/// Who can decide now.
fn deciders(stage: &mut Stage, id: &str, expected: &[&str]) -> Result<()> {
    let explained = stage.explain("dan", id, "dan")?;
    let mut found = texts(&explained, "/decision_makers")?;
    found.sort_unstable();
    same("those who can decide", &found.as_slice(), &expected)?;
    stage.tell.step(&format!("who can decide now: {}", found.join(", ")));
    Ok(())
}

/// Such as `2194.10 EUR`.
fn euros(cents: i64) -> String {
    format!("{}.{:02} EUR", cents / 100, cents % 100)
}
