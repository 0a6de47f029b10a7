//! What the help and the documents say about `cargo xtask` can be typed.

use std::fs;

use clap::{Command, CommandFactory, Parser};

use crate::{Arguments, workspace::Workspace};

/// Why a line such as `cargo xtask test --quick` cannot be typed.
fn mistake(line: &str) -> Option<String> {
    // The program calls itself by two words.
    let words = line.split_whitespace().skip(1);
    Arguments::try_parse_from(words).err().map(|error| format!("`{line}`: {error}"))
}

fn examples(command: &Command) -> Vec<String> {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    help.lines().filter_map(|line| line.strip_prefix("  ")).map(str::to_owned).collect()
}

#[test]
fn every_command_has_an_example_that_can_be_typed() {
    let all = Arguments::command();
    let subs = all.get_subcommands().map(|sub| (format!("cargo xtask {}", sub.get_name()), sub));
    for (name, command) in [("cargo xtask".to_owned(), &all)].into_iter().chain(subs) {
        let examples = examples(command);
        assert!(!examples.is_empty(), "`{name}` has no example");
        for example in examples {
            assert!(example.starts_with(&name), "`{example}` is no example of `{name}`");
            assert_eq!(mistake(&example), None);
        }
    }
}

/// The tests of the documents do not run these lines: most are the suite itself.
#[test]
fn every_line_in_the_documents_can_be_typed() {
    let root = Workspace::here().unwrap().root;
    let mut files: Vec<_> =
        fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file());
    files.extend(["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"].map(|name| root.join(name)));
    let mut seen = 0;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for line in text.lines().filter_map(|line| line.strip_prefix("$ cargo xtask")) {
            assert_eq!(mistake(&format!("cargo xtask{line}")), None, "{}", file.display());
            seen += 1;
        }
    }
    assert!(seen > 0, "no document shows `cargo xtask`");
    assert!(mistake("cargo xtask fly").is_some() && mistake("cargo xtask test --quik").is_some());
}
