//! `countersign plugin check`.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::Args;
use engine_host::{Access, Manifest, Name, Plugin, Want};

use serde_json::{Value as Json, json};

use super::super::output::{Form, say, warn};

use crate::workshop::Workshop;
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
        let bytes = std::fs::read(&self.file);
        let bytes = bytes.with_context(|| format!("cannot read `{}`", self.file.display()))?;
        let workshop = Workshop::bare()?;
        match workshop.host.load(&bytes) {
            Ok(plugin) => {
                self.form.tell(&described(&plugin, []), || report(&plugin))?;
                Ok(ExitCode::SUCCESS)
            }
            Err(error) => {
                warn(&format!("error [{}]: {error}", error.code()));
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

/// What a plugin says about itself, what it is, and what else there is to say.
pub(super) fn described<const N: usize>(plugin: &Plugin, more: [(&str, Json); N]) -> Json {
    let Manifest { name, version, contract, worlds, about, wants, .. } = plugin.manifest();
    let told = [
        ("name", json!(name)),
        ("version", json!(version)),
        ("contract", json!(contract)),
        ("worlds", json!(worlds)),
        ("about", json!(about)),
        ("bytes", json!(plugin.size())),
        ("sha256", json!(plugin.digest())),
        ("wants", json!(wants)),
    ];
    told.into_iter().chain(more).map(|(name, value)| (name.to_owned(), value)).collect()
}

fn report(plugin: &Plugin) {
    let Manifest { name, version, contract, worlds, about, wants, .. } = plugin.manifest();
    let worlds: Vec<String> = worlds.iter().map(ToString::to_string).collect();
    say(&format!("{name} {version}: {about}"));
    say(&format!("  serves {} (contract {contract})", worlds.join(", ")));
    say(&format!("  {} bytes, SHA-256 {}", plugin.size(), plugin.digest()));
    if wants.is_empty() {
        say("  asks to be granted nothing");
    }
    for want in wants {
        say(&format!("  asks for {}", told(want)));
    }
}

pub(super) fn told(want: &Want) -> String {
    let target = match &want.target {
        Some(Name::Fixed(name)) => format!(" `{name}`"),
        Some(Name::Config(key)) => format!(" named by the setting `{key}`"),
        None => String::new(),
    };
    let access = match want.access {
        Access::ReadOnly => "",
        Access::ReadWrite => ", to change",
    };
    format!("{}{target}{access}: {}", want.capability, want.why)
}
