//! `cargo xtask bench`.

use anyhow::{Result, bail};

use crate::{
    build::{self, Profile},
    languages,
    workspace::Workspace,
};

/// Runs the benches, with their output as it comes.
///
/// # Errors
/// One does not compile or fails.
pub(crate) fn run(workspace: &Workspace, filter: Option<&str>) -> Result<()> {
    let program = build::run(workspace, Profile::Dev)?;
    languages::conditions(workspace, &program)?;
    let mut cargo = workspace.cargo();
    cargo.args(["bench", "--workspace", "--benches"]).args(filter);
    if !cargo.status()?.success() {
        bail!("a bench failed");
    }
    Ok(())
}
