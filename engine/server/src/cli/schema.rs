//! `countersign schema`.

use std::process::ExitCode;

use clap::Args;
use engine_api::json_schema::DocumentKind;

use super::output::say;

const EXAMPLES: &str = "\
Examples:
  countersign schema rule
  countersign schema scenario

Kept in a file, an editor that speaks the YAML language server checks and completes by it what
begins with `# yaml-language-server: $schema=rule.schema.json`.";

/// Print the JSON Schema of a kind of document, for editors
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Schema {
    /// `organization`, `rule` or `scenario`
    kind: DocumentKind,
}

impl Schema {
    pub(super) fn run(&self) -> ExitCode {
        say(self.kind.schema().trim_end());
        ExitCode::SUCCESS
    }
}
