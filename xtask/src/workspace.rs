//! Where things are.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

/// The folders of a checkout.
pub(crate) struct Workspace {
    /// The folder with the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where Cargo puts what it builds.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// The checkout that this program was built from.
    ///
    /// # Errors
    /// The folder has moved away since.
    pub(crate) fn here() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let root = root
            .canonicalize()
            .with_context(|| format!("the checkout `{}` is no longer there", root.display()))?;
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// Where `build` puts the plugins' components and the server's build script finds them. Always
    /// in the checkout, so that a plain `cargo build` finds them too.
    pub(crate) fn components(&self) -> PathBuf {
        self.root.join("target/components")
    }

    /// Where `build` puts the components of examples.
    pub(crate) fn example_components(&self) -> PathBuf {
        self.root.join("target/examples")
    }

    /// The plugins' own workspace.
    pub(crate) fn plugins_manifest(&self) -> PathBuf {
        self.root.join("plugins/Cargo.toml")
    }

    /// Where the plugins are built, apart from the engine so that neither waits for the other.
    pub(crate) fn plugins_target(&self) -> PathBuf {
        self.target.join("plugins")
    }

    /// The Cargo that runs this program, in the root folder.
    pub(crate) fn cargo(&self) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.current_dir(&self.root);
        command
    }
}
