//! The house style, as far as a program can see it.
//!
//! | rule | where |
//! |---|---|
//! | functions under 40 lines, never over 70; files under 400 lines, never over 700; tests aside | [`length`] |
//! | `foo.rs` and `foo/`, no `mod.rs`; a module says what it is for | [`source`] |
//! | no ignored test | [`source`] |
//! | nothing unfinished, nothing about one machine | [`words`] |
//!
//! What is longer than it should be stands in `xtask/tidy-exceptions.txt` with its length. The list
//! may only shrink: something that grew fails, and so does something that is shorter than listed.

mod length;
mod source;
mod words;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// Folders that are not sources.
const SKIPPED: [&str; 4] = [".git", "target", "node_modules", "corpus"];

/// A file of the checkout.
pub(crate) struct File {
    /// From the root, with `/`.
    pub(crate) path: String,
    /// What it says.
    pub(crate) text: String,
}

/// Everything that is against the rules, one line each.
///
/// # Errors
/// A file cannot be read.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let files = files(&workspace.root)?;
    let exceptions = workspace.root.join("xtask/tidy-exceptions.txt");
    let exceptions = fs::read_to_string(&exceptions)
        .with_context(|| format!("cannot read `{}`", exceptions.display()))?;
    let mut problems = Vec::new();
    let mut measured = Vec::new();
    for file in &files {
        problems.extend(words::check(file));
        if file.path.ends_with(".rs") {
            let source = source::read(file)?;
            problems.extend(source::check(file, &source));
            measured.extend(length::measure(file, &source));
        }
    }
    problems.extend(length::check(&measured, &exceptions));
    problems.sort();
    Ok(problems)
}

/// Every text file of the checkout that is not built.
fn files(root: &Path) -> Result<Vec<File>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder)
            .with_context(|| format!("cannot list `{}`", folder.display()))?
            .collect::<Result<Vec<_>, _>>()?;
        for entry in entries {
            let path = entry.path();
            let skipped = SKIPPED.iter().any(|name| entry.file_name() == *name);
            if entry.file_type()?.is_dir() && !skipped {
                folders.push(path);
            } else if entry.file_type()?.is_file() {
                found.extend(text_file(root, &path));
            }
        }
    }
    Ok(found)
}

/// The file, unless it is binary.
fn text_file(root: &Path, path: &PathBuf) -> Option<File> {
    let text = String::from_utf8(fs::read(path).ok()?).ok()?;
    let path = path.strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/");
    Some(File { path, text })
}
