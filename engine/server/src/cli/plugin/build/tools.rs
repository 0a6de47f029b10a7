//! What makes components of plugins in JavaScript and Python: installed once for each lock file, by the
//! ordinary clients of their registries, into a folder that is there whole or not at all.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};
use clap::Args;
use sha2::{Digest as _, Sha256};

use super::{Language, finish, progress};
use crate::{caches, kit};

/// Where the tools are.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Tools {
    /// Where the tools of JavaScript and Python are kept [default: the user's folder of caches]
    #[arg(long, env = "COUNTERSIGN_TOOLS", value_name = "DIR")]
    tools: Option<PathBuf>,
}

impl Tools {
    /// The folder of a language's tools, installed where they are missing.
    pub(in crate::cli::plugin) fn ready(&self, language: Language) -> anyhow::Result<PathBuf> {
        let (name, lock, of) = match language {
            Language::Js => ("js", "js/tools/package-lock.json", "JavaScript"),
            Language::Python => ("python", "python/tools/requirements.txt", "Python"),
            Language::Rust => anyhow::bail!("Cargo is all that Rust needs"),
        };
        let digest = hex::encode(Sha256::digest(kit::text(lock)));
        let version: String = digest.chars().take(12).collect();
        let all = self.folder()?;
        let folder = all.join(format!("{name}-{version}"));
        if folder.is_dir() {
            return Ok(folder);
        }
        let made = match self.tools {
            Some(_) => fs::create_dir_all(&all),
            None => caches::make(&all),
        };
        made.with_context(|| format!("cannot make `{}`", all.display()))?;
        let draft = tempfile::Builder::new().prefix("installing-").tempdir_in(&all)?;
        progress(&format!("installing what builds plugins in {of} (once)"), || match language {
            Language::Js => javascript(draft.path()),
            Language::Python | Language::Rust => python(draft.path()),
        })?;
        match fs::rename(draft.path(), &folder) {
            // Another build has just installed the same.
            Err(_) if folder.is_dir() => Ok(folder),
            Err(error) => Err(error).with_context(|| format!("cannot make `{}`", folder.display())),
            Ok(()) => Ok(folder),
        }
    }

    fn folder(&self) -> anyhow::Result<PathBuf> {
        if let Some(folder) = &self.tools {
            return Ok(std::path::absolute(folder)?);
        }
        caches::folder("tools")
            .context("no folder of caches is known: say with --tools where tools are kept")
    }
}

/// The program that runs JavaScript at build time.
pub(super) fn node() -> Command {
    Command::new("node")
}

/// The program that runs Python at build time; `PYTHON` says which.
pub(super) fn interpreter() -> Command {
    Command::new(env::var_os("PYTHON").unwrap_or_else(|| "python3".into()))
}

fn javascript(folder: &Path) -> anyhow::Result<()> {
    needs(node(), "--version", "Node.js 18 or later, with npm")?;
    needs(npm(), "--version", "npm")?;
    kit::write("js/tools", folder)?;
    let mut install = npm();
    install.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(folder);
    finish("`npm ci`", install)
}

fn npm() -> Command {
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

fn python(folder: &Path) -> anyhow::Result<()> {
    needs(interpreter(), "--version", "Python 3.10 or later, with pip")?;
    let mut pip = interpreter();
    pip.args(["-m", "pip", "--version"]);
    finish("`python3 -m pip --version`", pip)
        .context("plugins in Python need pip; Debian has it in `python3-pip`")?;
    kit::write("python/tools", folder)?;
    let mut install = interpreter();
    install
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .args(["--require-hashes", "--only-binary", ":all:", "--target", "packages"])
        .args(["-r", "requirements.txt"])
        .current_dir(folder);
    finish("`pip install`", install)
}

fn needs(mut program: Command, argument: &str, what: &str) -> anyhow::Result<()> {
    let name = program.get_program().to_string_lossy().into_owned();
    let found = program.arg(argument).output().is_ok_and(|output| output.status.success());
    ensure!(found, "`{name}` was not found: this needs {what}");
    Ok(())
}
