//! What is wrong with a script, and where.

use std::fmt;

use engine_core::extension::{Failure, FailureClass};
use rhai::{EvalAltResult, ParseError, Position};

use super::{
    frame::OutOfOperations,
    library::{ScriptFunction, script_functions},
};
use crate::limits::MAX_SCRIPT_BYTES;

/// Why a script cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", place(*line, *column))]
pub struct ScriptError {
    /// From 1; 0 where the mistake has no place.
    pub line: usize,
    /// In characters, from 1; 0 where the mistake has no column.
    pub column: usize,
    /// What is wrong, lower case.
    pub message: String,
    /// The line with a caret under the mistake; empty where it has no place.
    pub snippet: String,
}

impl ScriptError {
    pub(super) fn too_long(bytes: usize) -> Self {
        let message = format!("the script has {bytes} bytes, the most are {MAX_SCRIPT_BYTES}");
        Self { line: 0, column: 0, message, snippet: String::new() }
    }

    pub(super) fn parsing(text: &str, error: &ParseError) -> Self {
        Self::at(text, error.position(), lower(&error.err_type().to_string()))
    }

    pub(super) fn at(text: &str, position: Position, message: String) -> Self {
        let (line, column) = (position.line().unwrap_or(0), position.position().unwrap_or(0));
        Self { line, column, message, snippet: snippet(text, line, column) }
    }
}

fn place(line: usize, column: usize) -> String {
    match (line, column) {
        (0, _) => String::new(),
        (line, 0) => format!("line {line}: "),
        (line, column) => format!("line {line}, column {column}: "),
    }
}

/// The failure of a run, with its place and the line it is in.
pub(super) fn failure(text: &str, error: &EvalAltResult) -> Failure {
    let (class, message) = classify(error);
    let found = ScriptError::at(text, origin(error).position(), message);
    let detail = format!("{found}\n{}", found.snippet);
    Failure { detail: Some(detail), ..Failure::new(class, found.to_string()) }
}

/// The error behind the function calls that it came through.
fn origin(error: &EvalAltResult) -> &EvalAltResult {
    match error {
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => origin(inner),
        other => other,
    }
}

fn classify(error: &EvalAltResult) -> (FailureClass, String) {
    match origin(error) {
        EvalAltResult::ErrorTooManyOperations(_) => out_of_operations(),
        EvalAltResult::ErrorTerminated(why, _) if why.is::<OutOfOperations>() => {
            out_of_operations()
        }
        EvalAltResult::ErrorTerminated(..) => {
            (FailureClass::Deadline, "the script used up its time".to_owned())
        }
        EvalAltResult::ErrorStackOverflow(_) => {
            (FailureClass::Memory, "the script calls itself too deeply".to_owned())
        }
        EvalAltResult::ErrorTooManyVariables(_) => {
            (FailureClass::Memory, "the script has too many variables".to_owned())
        }
        EvalAltResult::ErrorDataTooLarge(what, _) => {
            (FailureClass::Memory, format!("the script made something too large: {}", lower(what)))
        }
        EvalAltResult::ErrorFunctionNotFound(called, _) => {
            (FailureClass::Trap, not_found(called).unwrap_or_else(|| sentence(origin(error))))
        }
        EvalAltResult::ErrorRuntime(thrown, _) => (FailureClass::Trap, thrown.to_string()),
        other => (FailureClass::Trap, sentence(other)),
    }
}

/// What a function takes, where there is one of this name.
fn not_found(called: &str) -> Option<String> {
    let (name, found) = called.split_once(" (")?;
    let functions = script_functions().iter().flat_map(|chapter| chapter.functions);
    let takes: Vec<String> = functions
        .filter(|function| function.name() == name)
        .filter_map(ScriptFunction::parameters)
        .map(|parameters| format!("({})", parameters.join(", ")))
        .collect();
    let found: Vec<&str> = found.trim_end_matches(')').split(", ").map(in_words).collect();
    (!takes.is_empty())
        .then(|| format!("`{name}` takes {}, found ({})", takes.join(" or "), found.join(", ")))
}

/// The interpreter names types as its own language does.
fn in_words(kind: &str) -> &str {
    match kind {
        "&str | ImmutableString | String" => "text",
        "i64" => "number",
        "bool" => "boolean",
        "array" => "list",
        "()" => "nothing",
        "Fn" => "function",
        "char" => "letter",
        "rust_decimal::decimal::Decimal" | "Decimal" => "decimal",
        other => other,
    }
}

fn out_of_operations() -> (FailureClass, String) {
    (FailureClass::Fuel, "the script used up its operations".to_owned())
}

/// The interpreter's words without the place, which is told apart.
fn sentence(error: &EvalAltResult) -> String {
    let text = error.to_string();
    let text = text.split(" (line ").next().unwrap_or(&text);
    lower(text)
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The line with a caret under the column.
fn snippet(text: &str, line: usize, column: usize) -> String {
    let Some(found) = line.checked_sub(1).and_then(|above| text.lines().nth(above)) else {
        return String::new();
    };
    let shown: String = found.chars().take(200).collect();
    let number = line.to_string();
    let mut snippet = format!("{number} | {shown}");
    if let Some(before) = column.checked_sub(1) {
        let before: String = shown
            .chars()
            .take(before)
            .map(|letter| if letter == '\t' { '\t' } else { ' ' })
            .collect();
        let margin = " ".repeat(number.len());
        let _ = fmt::Write::write_fmt(&mut snippet, format_args!("\n{margin} | {before}^"));
    }
    snippet
}
