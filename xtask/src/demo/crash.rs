//! `kill -9` in the middle of executions: every effect happens exactly once.

use std::thread;

use anyhow::{Context, Result, ensure};
use serde_json::Value as Json;

use super::{
    check::{same, until},
    client::{Client, text},
    stage::Stage,
    urgent::request,
};
use crate::process::seconds;

/// Takes a while: every order line is compared with the lines of two hundred orders.
const SLOW: &str = "UPDATE products SET stock = stock + 1 WHERE id = 7 AND \
    (SELECT count(*) FROM order_lines a, order_lines b WHERE a.order_id <= 200 \
     AND a.unit_price_cents < b.unit_price_cents) > 0";
/// Requests submitted at once under load, each for another product.
const LOAD: usize = 40;
/// Those who submit them.
const SUBMITTERS: usize = 8;
/// How often the engine is killed under load, until it was caught between an effect and its record.
const ROUNDS: usize = 6;

pub(super) fn play(stage: &mut Stage) -> Result<()> {
    stage.tell.act("6  kill -9 in the middle");
    before_the_effect(stage)?;
    let mut after_the_effect = 0;
    for round in 1..=ROUNDS {
        after_the_effect += under_load(stage, round)?;
        if after_the_effect > 0 {
            break;
        }
    }
    if after_the_effect == 0 {
        stage.tell.step("this time no kill fell between an effect and its record");
    }
    Ok(())
}

/// Killed while the statement runs: its transaction is rolled back, and it runs again.
fn before_the_effect(stage: &mut Stage) -> Result<()> {
    const STOCK: &str = "SELECT stock FROM products WHERE id = 7";
    let before = stage.shop.number(STOCK)?;
    let submitted = stage.submit("dan", &request("shop-db", SLOW, 1))?;
    let id = text(&submitted, "/id")?.to_owned();
    stage.tell.step("dan submits an urgent statement that takes a while");
    until("the statement to be running", || {
        let seen = stage.request("dan", &id)?;
        let state = text(&seen, "/executions/0/state")?;
        ensure!(state != "succeeded", "the statement was over before the engine could be killed");
        Ok((state == "running" && stage.shop.is_being_changed()?).then_some(()))
    })?;
    stage.engine.kill()?;
    stage.tell.step("the database is being changed, and the engine is killed with -9");
    same("the stock after the kill", &stage.shop.number(STOCK)?, &before)?;
    stage.tell.checked("the database rolled the unfinished change back");
    start_again(stage)?;
    stage.execution("dan", &id, "succeeded")?;
    same("the stock", &stage.shop.number(STOCK)?, &(before + 1))?;
    let events = stage.history("dan", &id)?;
    show(stage, &events)?;
    ensure!(found_out(&events).is_some(), "expected the record to say how it was found out");
    stage.tell.checked(&format!("the stock was {before} and is {}: exactly once", before + 1));
    Ok(())
}

/// Killed under load; how many executions were caught between their effect and its record.
fn under_load(stage: &mut Stage, round: usize) -> Result<usize> {
    let before = stocks(stage)?;
    let total = |stocks: &[i64]| stocks.iter().sum::<i64>();
    let dan = stage.person("dan")?.clone();
    let third = i64::try_from(LOAD / 3)?;
    stage.tell.step(&format!("{LOAD} urgent statements at once; the engine is killed among them"));
    let answered = thread::scope(|scope| -> Result<usize> {
        let workers: Vec<_> = (0..SUBMITTERS)
            .map(|worker| {
                let dan = dan.clone();
                scope.spawn(move || submit_some(&dan, round, worker))
            })
            .collect();
        until("a third of the effects", || {
            Ok((total(&stocks(stage)?) - total(&before) >= third).then_some(()))
        })?;
        stage.engine.kill()?;
        Ok(workers.into_iter().filter_map(|worker| worker.join().ok()).sum())
    })?;
    let effects = total(&stocks(stage)?) - total(&before);
    stage.tell.step(&format!(
        "{answered} submissions were answered and {effects} effects happened until the kill"
    ));
    start_again(stage)?;
    let requests = submit_again(&dan, round)?;
    stage.tell.step("all are submitted again with the same idempotency keys");
    let caught = all_succeed(stage, &requests)?;
    let after = stocks(stage)?;
    let once: Vec<i64> = before.iter().map(|stock| stock + 1).collect();
    same("the stocks of the products", &after, &once)?;
    stage.tell.checked(&format!("each of the {LOAD} effects happened exactly once"));
    Ok(caught)
}

/// Waits until everything is done, and tells what was found out about the executions that were
/// under way; how many of them had had their effect.
fn all_succeed(stage: &mut Stage, requests: &[String]) -> Result<usize> {
    let (mut had, mut had_not) = (Vec::new(), 0);
    for id in requests {
        stage.execution("dan", id, "succeeded")?;
        let events = stage.history("dan", id)?;
        match found_out(&events) {
            Some("execution_succeeded") => had.push(events),
            Some(_) => had_not += 1,
            None => {}
        }
    }
    stage.tell.step(&format!(
        "under way at the kill: {} had had their effect and ran no second time, {had_not} had not",
        had.len()
    ));
    if let Some(events) = had.first() {
        show(stage, events)?;
        stage.tell.checked("the marker in the database told the engine that it was done");
    }
    Ok(had.len())
}

/// One submitter's share; how many were answered before the engine was gone.
fn submit_some(dan: &Client, round: usize, worker: usize) -> usize {
    let mine = (1..=LOAD).filter(|product| product % SUBMITTERS == worker);
    mine.map_while(|product| submit(dan, round, product).ok()).count()
}

/// Everything once more; the ids of the requests.
fn submit_again(dan: &Client, round: usize) -> Result<Vec<String>> {
    (1..=LOAD).map(|product| submit(dan, round, product)).collect()
}

fn submit(dan: &Client, round: usize, product: usize) -> Result<String> {
    let statement = format!("UPDATE products SET stock = stock + 1 WHERE id = {product}");
    let key = format!("demo-{round}-{product}");
    let headers = [("idempotency-key", key.as_str())];
    let answer = dan.post("/api/v1/requests", &headers, &request("shop-db", &statement, 1))?;
    text(&answer.ok()?, "/id").map(str::to_owned)
}

fn start_again(stage: &mut Stage) -> Result<()> {
    let took = stage.engine.start_again()?;
    stage.tell.step(&format!("the engine is started again, and is ready after {}", seconds(took)));
    Ok(())
}

/// The event that the engine learnt from asking the database what had become of an attempt.
fn found_out(events: &[Json]) -> Option<&str> {
    let by_probe = |event: &&Json| text(event, "/via").is_ok_and(|via| via == "probe");
    events.iter().find(by_probe).and_then(|event| text(event, "/event").ok())
}

fn show(stage: &Stage, events: &[Json]) -> Result<()> {
    let about =
        |event: &&Json| text(event, "/event").is_ok_and(|name| name.starts_with("execution"));
    for event in events.iter().filter(about) {
        let time = text(event, "/at")?.get(11..23).unwrap_or_default();
        let (via, message) = (text(event, "/via")?, text(event, "/message")?);
        stage.tell.show(&format!("{time}  via {via:<6}  {message}"));
    }
    Ok(())
}

/// The stocks of the products that the load is about.
fn stocks(stage: &Stage) -> Result<Vec<i64>> {
    (1..=LOAD)
        .map(|id| stage.shop.number(&format!("SELECT stock FROM products WHERE id = {id}")))
        .collect::<Result<_>>()
        .context("the stocks")
}
