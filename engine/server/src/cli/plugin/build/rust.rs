//! Plugins in Rust: Cargo builds them, and the macro of the kit puts the manifest inside.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};
use serde::Deserialize;

/// A line of what Cargo tells about a build.
#[derive(Deserialize)]
struct Line {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// Builds the component; Cargo tells its progress on standard error.
pub(super) fn build(folder: &Path) -> anyhow::Result<Vec<u8>> {
    let manifest = folder.join("Cargo.toml").canonicalize()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--release", "--target", "wasm32-wasip2", "--quiet"])
        .args(["--message-format", "json-render-diagnostics", "--manifest-path"])
        .arg(&manifest)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start `cargo`: plugins in Rust need a Rust toolchain")?;
    ensure!(
        output.status.success(),
        "Cargo does not build it; where the target is missing: `rustup target add wasm32-wasip2`"
    );
    let file = component(&String::from_utf8_lossy(&output.stdout), &manifest)
        .context("Cargo built no component: the package needs `crate-type = [\"cdylib\"]`")?;
    fs::read(&file).with_context(|| format!("cannot read `{}`", file.display()))
}

/// The component of this package among what was built.
fn component(told: &str, manifest: &Path) -> Option<PathBuf> {
    let lines = told.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    let ours = lines.filter(|line| {
        line.reason == "compiler-artifact" && line.manifest_path.as_path() == manifest
    });
    let is_component = |file: &PathBuf| file.extension().is_some_and(|kind| kind == "wasm");
    ours.flat_map(|line| line.filenames).find(is_component)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_of_the_package_is_found() {
        let told = r#"nonsense
{"reason":"compiler-artifact","manifest_path":"/other/Cargo.toml","filenames":["/t/other.wasm"]}
{"reason":"compiler-artifact","manifest_path":"/p/Cargo.toml","filenames":["/t/p.rlib","/t/p.wasm"]}
{"reason":"build-finished","success":true}"#;
        assert_eq!(component(told, Path::new("/p/Cargo.toml")), Some("/t/p.wasm".into()));
        assert_eq!(component(told, Path::new("/q/Cargo.toml")), None);
    }
}
