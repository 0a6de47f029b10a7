//! `docs/errors.md`: the codes of refusals, of failures, and of a start that fails.

use std::{
    collections::BTreeMap,
    fmt::Write,
    path::{Path, PathBuf},
};

use engine_api::{
    catalogue::{because, meaning},
    code::ErrorCode,
};
use engine_core::{extension::FailureClass, rejection::Code};
use engine_host::LoadError;
use engine_store::OpenError;

use super::{note, source::Source};

const INTRODUCTION: &str = "\
Every refusal is problem details (RFC 9457): `code` for programs, `message` for people, `fields`, `unmet`, `explanation`
and `diagnostics` where there is more to say. A code never changes its meaning.

## Answers of the API

| code | status | try again? | meaning |
|---|---|---|---|
";
const UNMET: &str = "
## Why somebody cannot decide

In `unmet` of a refused decision and of an explanation, in this order; the first one is the code of the refusal.

";
const WORDING: &str = "
## What people read

Every text as it reads with the names, amounts and dates of an example; `engine/api/src/catalogue/tests` holds the
program to them.
";
const FAILURES: &str = "
## Failures of scripts and plugins

A failure is never an answer: it opens no door. Where *try again* says yes, the engine does so by itself.

| class | try again? | it failed, because … |
|---|---|---|
";
const PLUGINS: &str = "
## Files that are no plugin

From `countersign plugin check` and `countersign plugin install`.

| code | meaning |
|---|---|
";
const START: &str = "
## A data folder that cannot be opened

From every command that opens one, with exit status 1 and nothing changed.

| code | message | what to do |
|---|---|---|
";

pub(super) fn write() -> String {
    let mut text = format!("# Codes\n\n{}\n{INTRODUCTION}", note());
    answers(&mut text);
    text.push_str(UNMET);
    for variant in Source::read("engine/core/src/rejection/unmet.rs").variants("Unmet") {
        let word = snake(&variant.name);
        let code: Code = serde_json::from_value(word.clone().into()).unwrap();
        writeln!(text, "- `{word}`: {}", meaning(code.into())).unwrap();
        for (_, sentence) in
            wording("unmet.txt").iter().filter(|(key, _)| is_to_the_reader(key, &word))
        {
            writeln!(text, "  - {sentence}").unwrap();
        }
    }
    text.push_str(WORDING);
    sentences(&mut text);
    text.push_str(FAILURES);
    for variant in Source::read("engine/core/src/extension.rs").variants("FailureClass") {
        let word = snake(&variant.name);
        let class: FailureClass = serde_json::from_value(word.clone().into()).unwrap();
        let (again, cause) = (yes(class.is_retryable()), because(class));
        writeln!(text, "| `{word}` | {again} | {cause} |").unwrap();
    }
    text.push_str(PLUGINS);
    for variant in Source::read("engine/host/src/component.rs").variants("LoadError") {
        let code = load_code(&variant.name);
        writeln!(text, "| `{code}` | {} |", variant.about).unwrap();
    }
    text.push_str(START);
    for (error, advice) in starts() {
        writeln!(text, "| `{}` | {error} | {advice} |", error.code()).unwrap();
    }
    text
}

fn answers(text: &mut String) {
    let mut codes = Vec::new();
    for variant in Source::read("engine/core/src/rejection/code.rs").variants("Code") {
        let code: Code = serde_json::from_value(snake(&variant.name).into()).unwrap();
        codes.push(ErrorCode::Rejected(code));
    }
    for variant in Source::read("engine/api/src/code.rs").variants("ErrorCode") {
        codes.extend(of_the_wire(&variant.name));
    }
    for code in codes {
        let (status, again, about) = (code.status(), yes(code.is_retryable()), meaning(code));
        writeln!(text, "| `{code}` | {status} | {again} | {about} |").unwrap();
    }
}

/// What stands in a file of the catalogue's wording: a key, which begins with the code, and the text.
fn wording(file: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../engine/api/src/catalogue/wording")
        .join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let line = |line: &str| {
        let (key, sentence) = line.split_once(" | ").unwrap();
        (key.to_owned(), sentence.to_owned())
    };
    text.lines().map(line).collect()
}

fn is_to_the_reader(key: &str, code: &str) -> bool {
    key.split(' ').next() == Some(code) && key.ends_with("to you")
}

/// The texts of refusals by their code; those of `unmet` stand above.
fn sentences(text: &mut String) {
    let mut by_code: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, sentence) in wording("rejection.txt") {
        let code = key.split(' ').next().unwrap_or_default().to_owned();
        by_code.entry(code).or_default().push(sentence);
    }
    let forbidden = wording("forbidden.txt").into_iter().map(|(_, sentence)| sentence);
    by_code.insert(Code::Forbidden.as_str().to_owned(), forbidden.collect());
    for (code, sentences) in by_code {
        let code: Code = serde_json::from_value(code.into()).unwrap();
        writeln!(text, "\n`{}`\n", code.as_str()).unwrap();
        for sentence in sentences {
            writeln!(text, "- {sentence}").unwrap();
        }
    }
}

/// The code of a variant; none for those that the core has.
fn of_the_wire(variant: &str) -> Option<ErrorCode> {
    let all = [
        ErrorCode::Unauthenticated,
        ErrorCode::PreconditionRequired,
        ErrorCode::MethodNotAllowed,
        ErrorCode::TooLarge,
        ErrorCode::PluginInvalid,
        ErrorCode::ScriptInvalid,
        ErrorCode::Unavailable,
        ErrorCode::Internal,
    ];
    let found = all.into_iter().find(|code| format!("{code:?}") == variant);
    assert!(found.is_some() || variant == "Rejected", "`{variant}` is missing here");
    found
}

/// The code of a variant that has no other data than text.
fn load_code(variant: &str) -> &'static str {
    let start = engine_core::extension::Failure::new(FailureClass::Trap, "x");
    let all = [
        LoadError::TooLarge(0),
        LoadError::CoreModule,
        LoadError::NotAComponent,
        LoadError::Manifest(String::new()),
        LoadError::Contract(String::new()),
        LoadError::Newer { version: String::new(), uses: Vec::new() },
        LoadError::Compile(String::new()),
        LoadError::MissingExport(engine_host::World::Condition),
        LoadError::UnknownImport(String::new()),
        LoadError::Mismatch(String::new()),
        LoadError::Start(start),
    ];
    let named = |error: &&LoadError| {
        let debug = format!("{error:?}");
        debug.split(['(', ' ', '{']).next() == Some(variant)
    };
    let found = all.iter().find(named);
    found.unwrap_or_else(|| panic!("`{variant}` is missing here")).code()
}

fn starts() -> [(OpenError, &'static str); 5] {
    let (folder, file) = (PathBuf::from("data"), PathBuf::from("data/store.redb"));
    let source = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    [
        (
            OpenError::InUse { folder },
            "An engine runs on this folder: speak to it with `--server`, or stop it first.",
        ),
        (
            OpenError::NotAStore { file: file.clone() },
            "The folder is not one of Countersign, or the file was overwritten: name the right folder, or restore a backup.",
        ),
        (
            OpenError::OtherVersion { file: file.clone(), found: 2, expected: 1 },
            "Use the program that wrote the folder, or restore the backup made before the upgrade.",
        ),
        (
            OpenError::Damaged { file: file.clone(), reason: "…".to_owned() },
            "Keep the folder for those who want to find out why, and restore the last backup.",
        ),
        (
            OpenError::Io { path: file, source },
            "Look at the cause behind the message: rights, a disk that is gone, a full disk.",
        ),
    ]
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

/// `NotFound` is `not_found`.
fn snake(name: &str) -> String {
    let mut word = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

#[test]
fn every_reason_of_unmet_is_a_code() {
    for variant in Source::read("engine/core/src/rejection/unmet.rs").variants("Unmet") {
        let code: Result<Code, _> = serde_json::from_value(snake(&variant.name).into());
        assert!(code.is_ok(), "{}", variant.name);
    }
    let data_folder = Source::read("engine/store/src/error.rs").variants("OpenError");
    assert_eq!(data_folder.len(), starts().len(), "a reason is missing in this file");
}
