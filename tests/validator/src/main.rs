//! Validates documents by the JSON Schema in the file that is named: one document of JSON a line in, one list
//! of what is wrong with it a line out.

use std::{
    env, fs,
    io::{self, BufRead as _, Write as _},
};

use anyhow::{Context as _, Result};
use serde_json::Value as Json;

fn main() -> Result<()> {
    let path = env::args().nth(1).context("expected the file of a schema")?;
    let schema: Json = serde_json::from_str(&fs::read_to_string(&path)?)?;
    jsonschema::meta::validate(&schema).map_err(|error| anyhow::anyhow!("{path}: {error}"))?;
    let validator = jsonschema::validator_for(&schema)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let document: Json = serde_json::from_str(&line?)?;
        let errors = validator.iter_errors(&document);
        let told: Vec<String> =
            errors.map(|error| format!("{}: {error}", error.instance_path())).collect();
        writeln!(out, "{}", serde_json::to_string(&told)?)?;
    }
    Ok(out.flush()?)
}
