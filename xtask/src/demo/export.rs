//! A query becomes a file that two departments agreed to.

use anyhow::{Context, Result};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::{
    check::same,
    client::{number, text},
    stage::Stage,
};

pub(super) fn play(stage: &mut Stage) -> Result<()> {
    stage.tell.act("3  An export: a query becomes a file");
    let query = "SELECT id, name, email, city FROM customers WHERE country = 'LV' ORDER BY id";
    let submitted = stage.submit("nina", &request(query, 100, "report"))?;
    let id = text(&submitted, "/id")?.to_owned();
    stage.tell.step("nina asks for the names of all customers in Latvia, for a report");
    stage.show_plan(&submitted)?;
    stage.show_steps("nina", &id)?;
    stage.approve("omar", &id, "a query of no weight")?;
    let approved = stage.approve("petra", &id, "names are needed for this report")?;
    same("the status", &text(&approved, "/status")?, &"approved")?;
    let execution = stage.execution("nina", &id, "succeeded")?;
    look(stage, &execution)
}

/// A request for a file with personal data.
pub(super) fn request(query: &str, max_rows: u32, purpose: &str) -> Json {
    json!({
        "rule": "customer-export", "title": "Customers", "reason": "marketing asks for it",
        "properties": {
            "database": "shop-db", "query": query, "max_rows": max_rows, "purpose": purpose,
            "personal": true,
        },
    })
}

/// Compares the receipt with the file, and the file with the database.
fn look(stage: &mut Stage, execution: &Json) -> Result<()> {
    let fields = execution.pointer("/receipt/fields").context("expected a receipt")?;
    stage.tell.show(&format!("receipt  {fields}"));
    let hash = text(fields, "/sha256")?;
    let path = stage.blobs.join(hash.get(..2).unwrap_or_default()).join(hash);
    let file = std::fs::read(&path).with_context(|| format!("no file `{}`", path.display()))?;
    same("the size", &number(fields, "/size")?, &i64::try_from(file.len())?)?;
    let digest: String = Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect();
    same("the SHA-256 of the file", &digest.as_str(), &hash)?;
    stage.tell.checked(&format!("the file has {} bytes and this SHA-256", file.len()));
    let customers = stage.shop.number("SELECT count(*) FROM customers WHERE country = 'LV'")?;
    let text_of_file = String::from_utf8(file).context("the file is not UTF-8")?;
    let mut lines = text_of_file.lines();
    same("the first line of the file", &lines.next(), &Some("id,name,email,city"))?;
    let first = lines.clone().next().unwrap_or_default().to_owned();
    same("lines of the file", &i64::try_from(lines.count())?, &customers)?;
    same("rows in the receipt", &number(fields, "/rows")?, &customers)?;
    stage.tell.show(&first);
    stage.tell.checked(&format!("its {customers} rows are the {customers} of the database"));
    Ok(())
}
