//! `cargo xtask bench`.

use anyhow::{Result, bail};

use crate::{build, toolchain, workspace::Workspace};

/// Runs the benches, with their output as it comes.
///
/// # Errors
/// One does not compile or fails.
pub(crate) fn run(workspace: &Workspace, filter: Option<&str>) -> Result<()> {
    toolchain::ensure(workspace)?;
    build::plugins(workspace)?;
    let mut cargo = workspace.cargo();
    cargo.args(["bench", "--workspace", "--benches"]).args(filter);
    if !cargo.status()?.success() {
        bail!("a bench failed");
    }
    Ok(())
}
