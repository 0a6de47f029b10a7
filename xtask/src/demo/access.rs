//! Access for a while: it ends by itself, and can be taken back before.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::{
    check::{same, until},
    client::text,
    stage::Stage,
};

/// What an account is to be able to do, and cannot without the role.
const READ: &str = "SELECT count(*) FROM products";
const WRITE: &str = "UPDATE products SET stock = stock WHERE id = 1";

pub(super) fn play(stage: &mut Stage) -> Result<()> {
    stage.tell.act("4  Access to PostgreSQL for a while");
    if stage.warehouse.is_none() {
        stage.tell.step("left out: PostgreSQL is not installed, and SQLite has no accounts");
        return Ok(());
    }
    lapses(stage)?;
    taken_back(stage)
}

/// Ends by itself.
fn lapses(stage: &mut Stage) -> Result<()> {
    cannot(stage, "dora", WRITE)?;
    let id = ask(stage, "dora", "stock_writer", "10s")?;
    stage.approve("tess", &id, "dora counts today")?;
    stage.approve("omar", &id, "for ten seconds")?;
    stage.execution("dora", &id, "active")?;
    can(stage, "dora", WRITE)?;
    stage.tell.step("ten seconds pass …");
    stage.execution("dora", &id, "lapsed")?;
    cannot(stage, "dora", WRITE)?;
    record(stage, "dora", &id)
}

/// Ends because the owner of the database says so.
fn taken_back(stage: &mut Stage) -> Result<()> {
    let id = ask(stage, "nina", "stock_reader", "8h")?;
    cannot(stage, "nina", READ)?;
    stage.approve("omar", &id, "reading does no harm")?;
    stage.execution("nina", &id, "active")?;
    can(stage, "nina", READ)?;
    let path = format!("/api/v1/requests/{id}/executions/grant/revoke");
    let comment = json!({"comment": "the stock-taking is over"});
    stage.person("omar")?.post(&path, &[], &comment)?.ok()?;
    stage.tell.step("omar, who owns the database, takes it back after a moment");
    stage.execution("nina", &id, "revoked")?;
    cannot(stage, "nina", READ)?;
    record(stage, "nina", &id)
}

fn ask(stage: &mut Stage, login: &str, role: &str, how_long: &str) -> Result<String> {
    let submitted = stage.submit(
        login,
        &json!({
            "rule": "database-access", "title": format!("Role {role}"), "reason": "stock-taking",
            "properties": {"database": "warehouse-db", "role": role, "how_long": how_long},
        }),
    )?;
    stage.tell.step(&format!("{login} asks for the role {role} for {how_long}"));
    stage.show_plan(&submitted)?;
    Ok(text(&submitted, "/id")?.to_owned())
}

/// Connects as the person's own account; it works.
fn can(stage: &mut Stage, account: &str, sql: &str) -> Result<()> {
    let warehouse = stage.warehouse.as_ref().context("no PostgreSQL")?;
    let answer = warehouse.try_as(account, sql)?;
    ensure!(answer.is_ok(), "`{sql}` as {account}: expected it to work, found {answer:?}");
    stage.tell.checked(&format!("{account} connects: `{sql}` works"));
    Ok(())
}

/// Connects as the person's own account; the server refuses.
fn cannot(stage: &mut Stage, account: &str, sql: &str) -> Result<()> {
    let refusal = until(&format!("`{sql}` to be refused to {account}"), || {
        let warehouse = stage.warehouse.as_ref().context("no PostgreSQL")?;
        Ok(warehouse.try_as(account, sql)?.err())
    })?;
    ensure!(refusal.contains("permission denied"), "expected a refusal, found {refusal}");
    stage.tell.checked(&format!("{account} connects: {refusal}"));
    Ok(())
}

/// How the record tells it.
fn record(stage: &mut Stage, login: &str, id: &str) -> Result<()> {
    let events = stage.history(login, id)?;
    let about = |event: &&serde_json::Value| {
        text(event, "/event")
            .is_ok_and(|name| name.starts_with("grant") || name.ends_with("succeeded"))
    };
    for event in events.iter().filter(about) {
        stage.tell.quote(text(event, "/message")?);
    }
    let last = events.last().context("no events")?;
    same("the last event", &text(last, "/event")?, &"grant_ended")
}
