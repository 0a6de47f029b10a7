//! `countersign plugin new`: a project that builds, and passes its tests, at once.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, ensure};
use clap::{Args, ValueEnum};
use engine_core::ids::PluginId;
use serde_json::json;

use super::{
    super::output::{Form, say},
    build::Language,
};
use crate::kit;

const EXAMPLES: &str = "\
Examples:
  countersign plugin new small-amounts --world condition --lang rust
  countersign plugin new cost-centres --world validator --lang js --into plugins
  countersign plugin new chat --world notifier --lang python

The project has its manifest, the source with comments, and cases in `cases/`:
`countersign plugin build` makes the component, `countersign plugin test` asks it the cases.

A project in Rust depends on the crate `sdk-plugin` by its path. Unless --sdk says it, it is looked
for as `sdk/plugin` in the folders above the project, then above this program: inside a checkout
both are right.";

/// Make a project for a plugin from a template
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct New {
    /// The name of the plugin, and of its folder
    name: PluginId,
    /// What it is asked
    #[arg(long, value_enum)]
    world: WorldWord,
    /// What it is written in
    #[arg(long = "lang", value_enum, value_name = "LANG")]
    language: Language,
    /// Where its folder is made
    #[arg(long, default_value = ".", value_name = "DIR")]
    into: PathBuf,
    /// For Rust: the folder of the crate `sdk-plugin`
    #[arg(long, value_name = "PATH")]
    sdk: Option<PathBuf>,
    #[command(flatten)]
    form: Form,
}

/// What a plugin is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum WorldWord {
    /// Whether a condition holds
    Condition,
    /// Who approves
    Approvers,
    /// What is wrong with a request
    Validator,
    /// To do what was approved
    Executor,
    /// To deliver a notice
    Notifier,
}

impl WorldWord {
    fn as_str(self) -> &'static str {
        match self {
            Self::Condition => "condition",
            Self::Approvers => "approvers",
            Self::Validator => "validator",
            Self::Executor => "executor",
            Self::Notifier => "notifier",
        }
    }
}

impl New {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let folder = self.into.join(self.name.as_str());
        ensure!(!folder.exists(), "`{}` is there already", folder.display());
        let sdk = match self.language {
            Language::Rust => self.sdk()?.display().to_string(),
            Language::Js | Language::Python => String::new(),
        };
        let world = self.world.as_str();
        let language = match self.language {
            Language::Rust => "rust",
            Language::Js => "js",
            Language::Python => "python",
        };
        for part in [
            format!("templates/worlds/{world}"),
            format!("templates/{language}/every"),
            format!("templates/{language}/{world}"),
        ] {
            for (path, text) in kit::below(&part) {
                let text = text.replace("{{name}}", self.name.as_str()).replace("{{sdk}}", &sdk);
                write(&folder.join(file_name(path)), &text)?;
            }
        }
        let made = json!({ "folder": folder, "world": world, "language": language });
        self.form.tell(&made, || {
            say(&format!("made `{}`", folder.display()));
            say("next:");
            say(&format!("  cd {}", folder.display()));
            say("  countersign plugin build");
            say("  countersign plugin test");
        })?;
        Ok(ExitCode::SUCCESS)
    }

    /// The crate that a project in Rust depends on.
    fn sdk(&self) -> anyhow::Result<PathBuf> {
        if let Some(folder) = &self.sdk {
            ensure!(is_sdk(folder), "`{}` is not the crate `sdk-plugin`", folder.display());
            return Ok(folder.canonicalize()?);
        }
        let beside = |from: &Path| {
            let mut above = from.ancestors().map(|folder| folder.join("sdk/plugin"));
            above.find(|folder| is_sdk(folder))
        };
        let project = std::path::absolute(&self.into)?;
        let program = env::current_exe().and_then(|program| program.canonicalize()).ok();
        beside(&project)
            .or_else(|| program.as_deref().and_then(beside))
            .context("the crate `sdk-plugin` was not found: say with --sdk where it is")
    }
}

fn is_sdk(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    manifest.lines().any(|line| line == "name = \"sdk-plugin\"")
}

/// A manifest of Cargo with names to fill in is none, and stands under another name in the templates.
fn file_name(path: &str) -> &str {
    if path == "Cargo.template.toml" { "Cargo.toml" } else { path }
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    fs::write(file, text).with_context(|| format!("cannot write `{}`", file.display()))
}
