//! People who cannot are told why; strangers are told nothing.

use anyhow::{Result, ensure};
use serde_json::{Value as Json, json};

use super::{
    check::same,
    client::{list, text, texts},
    export, fix,
    stage::Stage,
    urgent,
};

pub(super) fn play(stage: &mut Stage) -> Result<()> {
    stage.tell.act("2  Who cannot decide is told why, and a stranger is told nothing");
    vague(stage)?;
    own(stage)?;
    let mut asked = urgent::request("shop-db", "UPDATE products SET stock = 0 WHERE id <= 50", 50);
    set(&mut asked, "urgent", json!(false));
    let submitted = stage.submit("dan", &asked)?;
    let id = text(&submitted, "/id")?.to_owned();
    stage.tell.step("dan submits a correction of 50 rows, not urgent");
    refused(stage, "dan", &id, "no_seat")?;
    stage.approve("omar", &id, "counted again")?;
    refused(stage, "omar", &id, "no_seat")?;
    about(stage, &id)?;
    stranger(stage, &id)?;
    let comment = json!({"comment": "counted wrong after all"});
    stage.person("dan")?.post(&format!("/api/v1/requests/{id}/cancel"), &[], &comment)?.ok()?;
    stage.tell.step("dan takes it back");
    twice(stage)
}

fn set(request: &mut Json, field: &str, value: Json) {
    if let Some(fields) = request.as_object_mut() {
        fields.insert(field.to_owned(), value);
    }
}

/// A script of the shop asks for a ticket in the reason.
fn vague(stage: &mut Stage) -> Result<()> {
    let mut asked = fix::request("Correct something", "UPDATE products SET stock = 1", 1, "0 EUR");
    set(&mut asked, "reason", json!("because it is wrong"));
    let refusal = stage.person("dan")?.post("/api/v1/requests", &[], &asked)?.refused("no_rule")?;
    stage.tell.step("dan gives no ticket, which the script `explained.rhai` wants");
    stage.tell.quote(text(&refusal, "/message")?);
    stage.tell.checked("refused with `no_rule`");
    Ok(())
}

/// Nobody approves their own request: with nobody else there, it is not even accepted.
fn own(stage: &mut Stage) -> Result<()> {
    let statement = "UPDATE products SET stock = 0 WHERE id = 9";
    let asked = urgent::request("shop-db", statement, 1);
    let answer = stage.person("omar")?.post("/api/v1/requests", &[], &asked)?;
    let refusal = answer.refused("no_approvers")?;
    stage.tell.step("omar asks to correct the database that he answers for himself");
    stage.tell.quote(text(&refusal, "/message")?);
    stage.tell.checked("refused with `no_approvers`");
    Ok(())
}

/// Somebody who sees the request and may not decide: the refusal says what the explanation says.
fn refused(stage: &mut Stage, login: &str, id: &str, code: &str) -> Result<()> {
    let explained = stage.explain(login, id, login)?;
    let refusal = stage.decide(login, id, "approve", "let it pass")?.refused(code)?;
    stage.tell.step(&format!("{login} tries to approve it"));
    stage.tell.quote(text(&refusal, "/message")?);
    let (said, expected) = (refusal.get("unmet"), explained.pointer("/person/unmet"));
    same("what the refusal says, and the explanation", &said, &expected)?;
    stage
        .tell
        .checked(&format!("refused with `{code}`, for the reasons that the explanation gives"));
    Ok(())
}

/// The requester asks about somebody else.
fn about(stage: &mut Stage, id: &str) -> Result<()> {
    let explained = stage.explain("dan", id, "tess")?;
    stage.tell.step("dan asks why tess, his manager, does not decide it");
    let unmet = list(&explained, "/person/unmet")?;
    for reason in unmet {
        stage.tell.quote(text(reason, "/message")?);
    }
    let codes: Vec<&str> = unmet.iter().filter_map(|reason| text(reason, "/code").ok()).collect();
    ensure!(codes.contains(&"permission"), "the reasons: expected `permission`, found {codes:?}");
    same("those who can decide", &texts(&explained, "/decision_makers")?, &vec!["henry"])?;
    stage.tell.checked("her permission ends at 20 rows: henry, her manager, decides it");
    Ok(())
}

/// Two of data protection have to agree, and one of them tries to be both.
fn twice(stage: &mut Stage) -> Result<()> {
    let asked = export::request("SELECT name, email FROM customers ORDER BY id", 1000, "campaign");
    let submitted = stage.submit("nina", &asked)?;
    let id = text(&submitted, "/id")?.to_owned();
    stage.tell.step("nina asks for all names and addresses, for a campaign");
    stage.show_steps("nina", &id)?;
    stage.approve("omar", &id, "a query of no weight")?;
    stage.approve("petra", &id, "they have agreed to mail")?;
    refused(stage, "petra", &id, "already_decided")?;
    let decided = stage.decide("paul", &id, "reject", "not all of them have agreed")?.ok()?;
    same("the status", &text(&decided, "/status")?, &"rejected")?;
    stage.tell.step("paul rejects it");
    stage.tell.quote(text(&decided, "/outcome")?);
    let state = text(&decided, "/executions/0/state")?;
    ensure!(state != "succeeded", "expected no export, found {state}");
    stage.tell.checked("no file was made");
    Ok(())
}

/// Nina has nothing to do with it: it does not exist for her.
fn stranger(stage: &mut Stage, id: &str) -> Result<()> {
    let nina = stage.person("nina")?;
    let hidden = nina.get(&format!("/api/v1/requests/{id}"))?.refused("not_found")?;
    let missing = nina.get("/api/v1/requests/r-nothing")?.refused("not_found")?;
    stage.tell.step("nina, who has nothing to do with it, looks for it by its id");
    stage.tell.quote(text(&hidden, "/message")?);
    same("the answer", &hidden, &missing)?;
    stage.tell.checked("`not_found`, word for word as for an id that was never given");
    Ok(())
}
