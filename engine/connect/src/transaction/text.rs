//! What is refused before it reaches the server.

use super::Mode;
use crate::{error::Error, marker};

/// The longest statement that is sent, in bytes.
pub const MAX_STATEMENT: usize = 1 << 20;

/// First words of statements that control transactions, hide other statements, or change the protocol.
const CONTROL: [&str; 16] = [
    "abort",
    "begin",
    "commit",
    "copy",
    "deallocate",
    "end",
    "execute",
    "lock",
    "prepare",
    "release",
    "rollback",
    "savepoint",
    "start",
    "unlock",
    "use",
    "xa",
];

/// Refuses what would break the bond of an effect and its marker. The text is not understood here: its
/// first word is enough, since every call to the server carries one statement.
pub(super) fn check(sql: &str, mode: Mode) -> Result<(), Error> {
    let refuse = |reason: String| Err(Error::Refused(reason));
    if sql.len() > MAX_STATEMENT {
        return refuse(format!("it has {} bytes, more than {MAX_STATEMENT}", sql.len()));
    }
    if sql.contains('\0') {
        return refuse("it holds a NUL character".to_owned());
    }
    if sql.to_ascii_lowercase().contains(marker::TABLE) {
        return refuse(format!("`{}` belongs to the engine", marker::TABLE));
    }
    let word = first_word(sql).to_ascii_lowercase();
    if word.is_empty() {
        return refuse("it does not begin with a word".to_owned());
    }
    // What is read-only in MariaDB is a setting of the session.
    let sets = mode == Mode::ReadOnly && matches!(word.as_str(), "set" | "call");
    if sets || CONTROL.contains(&word.as_str()) {
        return refuse(format!("`{word}` is not for statements of a transaction"));
    }
    Ok(())
}

/// Allows what can stand after EXPLAIN and is then not run.
pub(super) fn check_explainable(sql: &str) -> Result<(), Error> {
    let word =
        sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let known = ["select", "with", "values", "insert", "update", "delete", "replace", "merge"];
    if known.contains(&word.to_ascii_lowercase().as_str()) {
        return Ok(());
    }
    Err(Error::Refused("the database makes no estimate for it".to_owned()))
}

/// The first word after white space and comments; `/*!`, which MariaDB executes, is none.
fn first_word(sql: &str) -> &str {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '(' | ';'));
        let skipped = if rest.starts_with("--") || rest.starts_with('#') {
            rest.split_once('\n')
        } else if rest.starts_with("/*!") || rest.starts_with("/*M!") {
            return "";
        } else if rest.starts_with("/*") {
            rest.split_once("*/")
        } else {
            let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            return rest.get(..end).unwrap_or_default();
        };
        rest = skipped.map_or("", |(_, after)| after);
    }
}
