//! `countersign plugin check`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::{super::output::Form, facts, given::load};
use crate::{component, workshop::Workshop};

const EXAMPLES: &str = "\
Examples:
  countersign plugin check target/components/sql.wasm
  countersign plugin check target/components/sql.wasm --json";

/// Say whether a file is a plugin, and what it asks for.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Check {
    /// The component
    file: PathBuf,
    #[command(flatten)]
    form: Form,
}

impl Check {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let plugin = load(&Workshop::bare()?, &self.file)?;
        let component = component::view(&plugin);
        self.form.tell(&component, || {
            facts::say_head(&component);
            facts::say_wants(&component);
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
