//! What was found, written into the scenario files (`--update`).
//!
//! Expectations that do not hold become what was found; everything else in a file stays as it was
//! written, comments too. A case that could not go on, and a refused command that changed something
//! all the same, are never written off.

use std::path::Path;

use engine_api::document::{Document, Edit, Segment};
use serde_json::{Value as Json, json};

use super::{
    file::{Place, below, key},
    report::{CaseReport, Failure, Mismatch},
};

/// What makes an expectation right; ways begin at `expect`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fix {
    /// Another value.
    Set(Vec<Segment>, Json),
    /// Other elements.
    List {
        /// The list.
        path: Vec<Segment>,
        /// Elements that are not there.
        remove: Vec<usize>,
        /// Elements that are there.
        add: Vec<Json>,
    },
    /// A key less.
    Remove(&'static str),
    /// An entry of a map below a key less.
    RemoveAt(&'static str, String),
    /// A key more.
    Add(&'static str, Json),
}

/// An expectation that was written anew.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Updated {
    /// The scenario file.
    pub file: String,
    /// Where the step stands, from 1.
    pub line: usize,
    /// The key of `expect`.
    pub key: &'static str,
    /// As the file said.
    pub before: String,
    /// As it says now.
    pub now: String,
}

/// Writes what was found into a file; says what it changed.
///
/// # Errors
/// The file has changed meanwhile or cannot be written; it is as it was then.
pub(super) fn update(path: &Path, cases: &[CaseReport]) -> Result<Vec<Updated>, String> {
    let name = path.display().to_string();
    let wrong = |error: &dyn std::fmt::Display| format!("{name} cannot be updated: {error}");
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let document = Document::parse(&name, &text).map_err(|errors| wrong(&errors))?;
    let mut edit = document.edit();
    let mut updated = Vec::new();
    for failure in cases.iter().flat_map(|case| &case.failures) {
        for mismatch in &failure.mismatches {
            if let Some(fix) = &mismatch.fix
                && apply(&mut edit, &document, &failure.place, fix)
            {
                updated.push(told(&name, failure, mismatch));
            }
        }
    }
    if updated.is_empty() {
        return Ok(updated);
    }
    let new = edit.finish();
    // What is written must be read again.
    Document::parse(&name, &new).map_err(|errors| wrong(&errors))?;
    std::fs::write(path, new).map_err(|error| wrong(&error))?;
    Ok(updated)
}

fn told(file: &str, failure: &Failure, mismatch: &Mismatch) -> Updated {
    let (before, now) = (mismatch.expected.clone(), mismatch.found.clone());
    Updated { file: file.to_owned(), line: failure.line, key: mismatch.key, before, now }
}

fn apply(edit: &mut Edit<'_>, document: &Document, step: &Place, fix: &Fix) -> bool {
    let expect = below(step, key("expect"));
    let within = |path: &[Segment]| [&expect, path].concat();
    match fix {
        Fix::Set(path, value) => edit.set(&within(path), value),
        Fix::List { path, remove, add } => edit.list(&within(path), remove, add),
        Fix::Remove(name) => edit.remove(&expect, name),
        Fix::RemoveAt(map, name) => edit.remove(&within(&[key(map)]), name),
        Fix::Add(name, value) if document.part(&expect).is_some() => {
            edit.insert(&expect, name, value, true)
        }
        Fix::Add(name, value) => edit.insert(step, "expect", &json!({*name: value}), false),
    }
}
