//! Done first and approved after: it can only be approved, and the record says so for ever.

use anyhow::{Context, Result, ensure};
use serde_json::{Value as Json, json};

use super::{
    check::same,
    client::{text, texts},
    stage::Stage,
};

const STOCK: &str = "SELECT stock FROM products WHERE id = 42";

pub(super) fn play(stage: &mut Stage) -> Result<()> {
    stage.tell.act("5  Urgent: done first, approved after");
    let before = stock(stage)?;
    let statement = "UPDATE products SET stock = stock + 500 WHERE id = 42";
    let submitted = stage.submit("dan", &request(database(stage), statement, 1))?;
    let id = text(&submitted, "/id")?.to_owned();
    stage.tell.step("dan corrects the stock of product 42 at once: customers cannot order");
    same("the flags", &texts(&submitted, "/flags")?, &vec!["urgent"])?;
    stage.execution("dan", &id, "succeeded")?;
    let seen = stage.request("omar", &id)?;
    stage.show_plan(&seen)?;
    same("the status", &text(&seen, "/status")?, &"pending")?;
    same("the stock", &stock(stage)?, &(before + 500))?;
    stage.tell.checked(&format!(
        "the stock was {before} and is {}, and nobody has approved it yet",
        before + 500
    ));
    reject(stage, &id)?;
    stage.approve("omar", &id, "right, and it could not wait")?;
    let approved = stage.approve("tess", &id, "I would have said yes")?;
    same("the status", &text(&approved, "/status")?, &"approved")?;
    same("the stock", &stock(stage)?, &(before + 500))?;
    record(stage, &id)
}

/// A request to run a statement before anybody approves it.
pub(super) fn request(database: &str, statement: &str, max_rows: u32) -> Json {
    json!({
        "rule": "hotfix", "title": "Correct the stock", "reason": "customers cannot order",
        "urgent": true,
        "properties": {"database": database, "statement": statement, "max_rows": max_rows},
    })
}

/// PostgreSQL, whose planner tells rows, where there is one.
fn database(stage: &Stage) -> &'static str {
    if stage.warehouse.is_some() { "warehouse-db" } else { "shop-db" }
}

fn stock(stage: &Stage) -> Result<i64> {
    match &stage.warehouse {
        Some(warehouse) => warehouse.number(STOCK),
        None => stage.shop.number(STOCK),
    }
}

fn reject(stage: &mut Stage, id: &str) -> Result<()> {
    let answer = stage.decide("omar", id, "reject", "should have waited")?;
    let refusal = answer.refused("urgent_approve_only")?;
    stage.tell.step("omar tries to reject it");
    stage.tell.quote(text(&refusal, "/message")?);
    stage.tell.checked("refused with `urgent_approve_only`");
    Ok(())
}

/// What the record shows for ever: the effect came before the approval.
fn record(stage: &mut Stage, id: &str) -> Result<()> {
    let events = stage.history("dan", id)?;
    let mut names = Vec::new();
    for event in &events {
        let time = text(event, "/at")?.get(11..23).unwrap_or_default();
        stage.tell.show(&format!("{time}  {}", text(event, "/message")?));
        names.push(text(event, "/event")?);
    }
    let place = |name: &str| names.iter().position(|other| *other == name);
    let done = place("execution_succeeded").context("the record lacks the execution")?;
    let approved = place("request_approved").context("the record lacks the approval")?;
    ensure!(done < approved, "expected the execution before the approval in the record");
    let seen = stage.request("dan", id)?;
    same("the flags", &texts(&seen, "/flags")?, &vec!["urgent"])?;
    stage.tell.checked("the record keeps it: urgent, done at once, approved afterwards, by whom");
    Ok(())
}
