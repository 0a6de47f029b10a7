//! Documents that are written from the code, so that no number and no list in them can be wrong.
//!
//! `UPDATE=1 cargo test -p countersign-tests --test all generated` writes them again.

mod api;
mod configuration;
mod contract;
mod errors;
mod limits;
mod roles;
mod schema;
mod scripts;
mod semantics;
mod source;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The documents, for those who look whether all are known.
pub(super) const GENERATED: &[&str] = &[
    "docs/api.md",
    "docs/configuration.md",
    "docs/contract.md",
    "docs/errors.md",
    "docs/limits.md",
    "docs/roles.md",
];

#[test]
fn the_api() {
    check("docs/api.md", &api::write());
}

#[test]
fn the_configuration() {
    check("docs/configuration.md", &configuration::write());
}

#[test]
fn the_contract() {
    check("docs/contract.md", &contract::write());
}

#[test]
fn the_errors() {
    check("docs/errors.md", &errors::write());
}

#[test]
fn the_limits() {
    check("docs/limits.md", &limits::write());
}

/// The rest of the document is written by hand, and run as such.
#[test]
fn the_functions_of_scripts() {
    let document = fs::read_to_string(path("docs/scripts.md")).unwrap();
    check("docs/scripts.md", &scripts::write(&document));
}

#[tokio::test]
async fn the_roles() {
    check("docs/roles.md", &roles::write().await);
}

#[test]
fn the_schemas() {
    check("docs/schema/organization.json", &schema::organization());
    check("docs/schema/rule.json", &schema::rule());
    check("docs/schema/scenario.json", &schema::scenario());
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// Compares with the committed document; tells the first line that is different.
fn check(name: &str, text: &str) {
    let path = path(name);
    if std::env::var("UPDATE").is_ok_and(|value| value == "1") {
        fs::write(&path, text).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let mut lines = (1..).zip(committed.lines().zip(text.lines()));
    if let Some((line, (committed, code))) = lines.find(|(_, (committed, code))| committed != code)
    {
        panic!(
            "{name}:{line} says\n  {committed}\nand the code\n  {code}\nIf the code is right: \
             UPDATE=1 cargo test -p countersign-tests --test all generated"
        );
    }
    assert_eq!(committed.lines().count(), text.lines().count(), "{name} has another length");
}

/// What every such document says about itself.
fn note() -> &'static str {
    "Written from the code by `tests/tests/all/generated.rs`, which fails where they differ; `UPDATE=1 cargo test -p\n\
     countersign-tests --test all generated` writes it again.\n"
}
