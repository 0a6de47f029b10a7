//! `countersign plugin tools`: what builds plugins in other languages, installed ahead of the first build.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::{
    super::output::{Form, say},
    build::{Language, tools::Tools},
};

const EXAMPLES: &str = "\
Examples:
  countersign plugin tools
  countersign plugin tools js --tools target/tools

`countersign plugin build` installs what it needs by itself; this is for machines that are set up
before they build, such as those of a CI. The versions are those of the lock files that the program
has inside.";

/// Install what makes components of plugins in JavaScript and Python
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Install {
    /// For which languages [default: both]
    #[arg(value_enum, value_name = "LANG")]
    languages: Vec<Interpreted>,
    #[command(flatten)]
    tools: Tools,
    #[command(flatten)]
    form: Form,
}

/// A language whose plugins bring their interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Interpreted {
    /// QuickJS, with `npm`
    Js,
    /// CPython, with pip
    Python,
}

impl Install {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let both = [Interpreted::Js, Interpreted::Python];
        let asked = if self.languages.is_empty() { &both[..] } else { &self.languages };
        let mut folders = Vec::new();
        for language in asked {
            let language = match language {
                Interpreted::Js => Language::Js,
                Interpreted::Python => Language::Python,
            };
            folders.push(self.tools.ready(language)?.display().to_string());
        }
        self.form.tell(&folders, || folders.iter().for_each(|folder| say(folder)))?;
        Ok(ExitCode::SUCCESS)
    }
}
