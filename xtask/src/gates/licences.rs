//! Every dependency's licence is one that `deny.toml` allows.

use std::{collections::BTreeSet, fs};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::{Package, metadata};
use crate::workspace::Workspace;

#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
}

#[derive(Deserialize)]
struct Licences {
    allow: BTreeSet<String>,
}

/// Dependencies with other licences, or none.
pub(super) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let text = fs::read_to_string(workspace.root.join("deny.toml")).context("deny.toml")?;
    let deny: Deny = toml::from_str(&text).context("deny.toml")?;
    // Only what is built here: other platforms' packages need not even be downloaded.
    let packages = metadata(workspace, &["--filter-platform", "x86_64-unknown-linux-gnu"])?;
    Ok(wrong(&packages, &deny.licenses.allow))
}

fn wrong(packages: &[Package], allowed: &BTreeSet<String>) -> Vec<String> {
    let mut problems = Vec::new();
    for package in packages {
        match &package.license {
            None => problems.push(format!("`{}` has no licence", package.name)),
            Some(licence) if !is_allowed(licence, allowed) => {
                let name = &package.name;
                problems.push(format!("`{name}` has the licence `{licence}`; see deny.toml"));
            }
            Some(_) => {}
        }
    }
    problems
}

/// Whether the SPDX expression can be met with the allowed licences. `AND` binds closer than `OR`.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    // The old way to write `OR`.
    let expression = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = expression.split_whitespace().peekable();
    any_of(&mut words, allowed) && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut met = all_of(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        met |= all_of(words, allowed);
    }
    met
}

fn all_of(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let Some(word) = words.next() else { return false };
    if word == "(" {
        return any_of(words, allowed) && words.next() == Some(")");
    }
    match words.next_if_eq(&"WITH").and_then(|_| words.next()) {
        Some(exception) => allowed.contains(&format!("{word} WITH {exception}")),
        None => allowed.contains(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::examples::package;

    fn allowed() -> BTreeSet<String> {
        ["MIT", "Apache-2.0", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"]
            .map(str::to_owned)
            .into()
    }

    #[test]
    fn expressions_are_read_as_spdx_means_them() {
        for (expression, met) in [
            ("MIT", true),
            ("GPL-3.0", false),
            ("MIT OR GPL-3.0", true),
            ("GPL-3.0/MIT", true),
            ("MIT AND GPL-3.0", false),
            ("(MIT OR GPL-3.0) AND Unicode-3.0", true),
            ("GPL-3.0 OR MIT AND Unicode-3.0", true),
            ("Apache-2.0 WITH LLVM-exception OR GPL-3.0", true),
            ("MIT WITH LLVM-exception", false),
            ("(GPL-3.0 OR MIT", false),
            ("", false),
        ] {
            assert_eq!(is_allowed(expression, &allowed()), met, "{expression}");
        }
    }

    #[test]
    fn a_package_with_another_licence_or_none_is_named() {
        let mut other = package("other", "other", &[]);
        other.license = Some("GPL-3.0".to_owned());
        let none = package("none", "none", &[]);
        assert_eq!(
            wrong(&[other, none], &allowed()),
            ["`other` has the licence `GPL-3.0`; see deny.toml", "`none` has no licence"]
        );
    }
}
