//! Asks rustup for what `rust-toolchain.toml` pins.

use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::{
    process::{must, say},
    workspace::Workspace,
};

#[derive(Deserialize)]
struct File {
    toolchain: Pinned,
}

/// What `rust-toolchain.toml` asks for.
#[derive(Deserialize)]
struct Pinned {
    channel: String,
    #[serde(default)]
    components: Vec<String>,
    #[serde(default)]
    targets: Vec<String>,
}

/// Makes sure that the pinned toolchain and its targets are installed. Automatic installation may
/// be switched off on a machine, so this asks in so many words.
///
/// # Errors
/// Something is missing and there is no rustup to install it, or rustup fails.
pub(crate) fn ensure(workspace: &Workspace) -> Result<()> {
    let path = workspace.root.join("rust-toolchain.toml");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read `{}`", path.display()))?;
    let File { toolchain } = toml::from_str(&text).context("rust-toolchain.toml")?;
    if !has_rustup() {
        return without_rustup(workspace, &toolchain);
    }
    if complete(&toolchain) {
        return Ok(());
    }
    say(&format!("installing Rust {} with its targets", toolchain.channel));
    let mut install = Command::new("rustup");
    install.args(["toolchain", "install", &toolchain.channel, "--profile", "minimal"]);
    for component in &toolchain.components {
        install.args(["--component", component]);
    }
    for target in &toolchain.targets {
        install.args(["--target", target]);
    }
    must(workspace, "rustup", install).map(drop)
}

fn has_rustup() -> bool {
    Command::new("rustup").arg("--version").output().is_ok_and(|out| out.status.success())
}

/// Whether every target is installed for the channel; an unknown channel has none.
fn complete(pinned: &Pinned) -> bool {
    let listed = Command::new("rustup")
        .args(["target", "list", "--installed", "--toolchain", &pinned.channel])
        .output();
    let Ok(listed) = listed else { return false };
    let installed = String::from_utf8_lossy(&listed.stdout).into_owned();
    listed.status.success()
        && pinned.targets.iter().all(|target| installed.lines().any(|line| line == target))
}

fn without_rustup(workspace: &Workspace, pinned: &Pinned) -> Result<()> {
    let mut rustc = Command::new("rustc");
    let asked = rustc.args(["--print", "sysroot"]).current_dir(&workspace.root).output();
    let sysroot = match asked {
        Ok(out) if out.status.success() => String::from_utf8_lossy(&out.stdout).trim().to_owned(),
        Ok(_) | Err(_) => bail!("neither `rustup` nor `rustc` was found; {}", advice(pinned)),
    };
    for target in &pinned.targets {
        let folder = std::path::Path::new(&sysroot).join("lib/rustlib").join(target);
        if !folder.is_dir() {
            bail!(
                "this Rust has no target `{target}` and there is no `rustup`; {}",
                advice(pinned)
            );
        }
    }
    Ok(())
}

fn advice(pinned: &Pinned) -> String {
    format!(
        "install rustup from your distribution or from rustup.rs, then run this command again: it asks rustup for Rust {} and {}",
        pinned.channel,
        pinned.targets.join(", ")
    )
}
