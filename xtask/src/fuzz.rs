//! `cargo xtask fuzz`: the fuzz targets of the host, for as long as somebody has time. Every run of the
//! tests has 30 seconds of each.

use anyhow::{Context, Result};

use crate::{build, workspace::Workspace};

/// How long each target runs, in seconds.
pub(crate) const SECONDS: u64 = 600;

/// Whether nothing was found.
///
/// # Errors
/// Cargo cannot be started, or the plugins do not build.
pub(crate) fn run(
    workspace: &Workspace,
    target: Option<&str>,
    seconds: u64,
    keep: bool,
) -> Result<bool> {
    build::plugins(workspace)?;
    let mut cargo = workspace.cargo();
    // With the features of all packages, so that what the tests were built with is not built again.
    cargo.args(["test", "--workspace", "--test", "fuzz", "--"]);
    cargo.arg("--nocapture").args(target);
    cargo.env("COUNTERSIGN_FUZZ_SECONDS", seconds.to_string());
    if keep {
        cargo.env("COUNTERSIGN_FUZZ_KEEP", "1");
    }
    Ok(cargo.status().context("cannot start Cargo")?.success())
}
