//! Every command shows how it is used, and what it shows can be typed.

use clap::{CommandFactory as _, Parser as _};

use super::Cli;

/// Every command with its name in full, such as `countersign token new`. What is hidden is for the
/// program itself.
fn commands() -> Vec<(String, clap::Command)> {
    let mut found = Vec::new();
    let mut left = vec![("countersign".to_owned(), Cli::command())];
    while let Some((name, command)) = left.pop() {
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            left.push((format!("{name} {}", sub.get_name()), sub.clone()));
        }
        found.push((name, command));
    }
    found
}

/// The lines of an after-help that are commands.
fn examples(command: &clap::Command) -> Vec<String> {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let lines = help.lines().filter_map(|line| line.strip_prefix("  countersign"));
    lines.map(|rest| format!("countersign{rest}")).collect()
}

#[test]
fn every_command_has_an_example_of_its_own() {
    for (name, command) in commands() {
        let examples = examples(&command);
        assert!(!examples.is_empty(), "`{name}` has no example");
        for example in examples {
            assert!(example.starts_with(&name), "`{example}` is no example of `{name}`");
        }
    }
}

#[test]
fn every_example_can_be_typed() {
    for (name, command) in commands() {
        for example in examples(&command) {
            if let Err(error) = Cli::try_parse_from(example.split_whitespace()) {
                panic!("{name}: `{example}`: {error}");
            }
        }
    }
}

/// `docs/commands.md` shows the help of each; that it is right is tested where documents are.
#[test]
fn every_command_stands_in_the_documentation() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands.md");
    let text = std::fs::read_to_string(path).unwrap();
    let shown = |name: &str| text.lines().any(|line| line == format!("$ {name} --help"));
    let mut missing: Vec<String> = commands().into_iter().map(|(name, _)| name).collect();
    missing.retain(|name| !shown(name));
    assert_eq!(missing, Vec::<String>::new(), "commands that docs/commands.md does not show");
}
