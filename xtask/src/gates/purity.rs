//! What the pure core is built from, and what its own `clippy.toml` forbids.

use std::{collections::BTreeSet, fs};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// The committed list, one package a line.
const LIST: &str = "xtask/core-dependencies.txt";

/// What the core's `clippy.toml` must forbid: the clock, dice, the environment and files.
const FORBIDDEN: [&str; 7] = [
    "chrono::Utc::now",
    "std::time::SystemTime::now",
    "uuid::Uuid::new_v4",
    "uuid::Uuid::now_v7",
    "rand::random",
    "std::env::var",
    "std::fs::read",
];

/// Packages that came to the core or left it unannounced, and prohibitions that are gone.
pub(super) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let read = |path: &str| {
        fs::read_to_string(workspace.root.join(path)).with_context(|| format!("cannot read {path}"))
    };
    let mut problems = compare(&tree(workspace)?, &read(LIST)?);
    problems.extend(compare_clippy(&read("clippy.toml")?, &read("engine/core/clippy.toml")?));
    Ok(problems)
}

fn tree(workspace: &Workspace) -> Result<String> {
    let mut cargo = workspace.cargo();
    cargo.args(["tree", "--package", "engine-core", "--edges", "normal,no-proc-macro"]);
    let output = cargo.args(["--prefix", "none", "--format", "{p}"]).output()?;
    if !output.status.success() {
        bail!("cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `tree` has a name and a version a line, `list` a name.
fn compare(tree: &str, list: &str) -> Vec<String> {
    let name = |line: &'_ str| line.split(' ').next().unwrap_or_default().to_owned();
    let built: BTreeSet<String> = tree.lines().filter(|line| !line.is_empty()).map(name).collect();
    let allowed: BTreeSet<String> =
        list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(name).collect();
    let came = built.difference(&allowed).map(|name| {
        format!("the core is now built from `{name}`: it must stay free of I/O, clock and dice; if it does, add the name to {LIST}")
    });
    let left = allowed
        .difference(&built)
        .map(|name| format!("the core is no longer built from `{name}`: take the name off {LIST}"));
    came.chain(left).collect()
}

/// Clippy reads the nearest file only, so the core's has to repeat the root's.
fn compare_clippy(root: &str, core: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for line in root.lines().filter(|line| line.contains('=')) {
        if !core.lines().any(|other| other == line) {
            problems.push(format!("engine/core/clippy.toml must repeat `{line}`"));
        }
    }
    for path in FORBIDDEN {
        if !core.contains(&format!("\"{path}\"")) {
            problems.push(format!("engine/core/clippy.toml must forbid `{path}`"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_came_or_left_is_named() {
        let tree = "engine-core v0.1.0 (path)\nserde v1.0.0\ntokio v1.0.0\nserde v1.0.0 (*)\n";
        let found = compare(tree, "# list\nengine-core\nserde\nregex\n");
        assert_eq!(found.len(), 2);
        assert!(found.iter().any(|line| line.contains("now built from `tokio`")));
        assert!(found.iter().any(|line| line.contains("no longer built from `regex`")));
        assert_eq!(compare("serde v1", "serde"), [""; 0]);
    }

    #[test]
    fn the_core_keeps_its_prohibitions_and_the_settings_of_the_root() {
        let full: String = FORBIDDEN.iter().map(|path| format!("\"{path}\"\n")).collect();
        assert_eq!(compare_clippy("a = true", &format!("a = true\n{full}")), [""; 0]);
        assert_eq!(
            compare_clippy("a = true", &full),
            ["engine/core/clippy.toml must repeat `a = true`"]
        );
        assert_eq!(compare_clippy("", "").len(), FORBIDDEN.len());
    }
}
