//! `cargo xtask build`: the plugins as components, then the binary with them inside.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use serde::Deserialize;

use crate::{
    process::{must, say},
    toolchain,
    workspace::Workspace,
};

/// The target that components are built for.
pub(crate) const WASM: &str = "wasm32-wasip2";

/// A profile of the root `Cargo.toml`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Profile {
    /// Quick to build, slow to run.
    Dev,
    /// Light optimisation, no debug information.
    Demo,
    /// What is shipped.
    Release,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Demo => "demo",
            Self::Release => "release",
        }
    }

    /// The folder of the target folder that Cargo uses for it.
    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Demo => "demo",
            Self::Release => "release",
        }
    }
}

/// Builds everything and returns the path of the binary.
///
/// # Errors
/// The toolchain cannot be had, or something does not compile.
pub(crate) fn run(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    toolchain::ensure(workspace)?;
    plugins(workspace)?;
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--package", "engine-server", "--bin", "countersign"]);
    cargo.args(["--profile", profile.name()]);
    must(workspace, &format!("countersign ({})", profile.name()), cargo)?;
    let binary = workspace.target.join(profile.folder()).join("countersign");
    say(&format!("built {}", binary.display()));
    Ok(binary)
}

/// Builds the plugins and puts their components where the server's build script finds them; those of
/// examples go elsewhere, so that they do not come with the program, and those of tests nowhere.
///
/// # Errors
/// As [`run`]; also two plugins of one name.
pub(crate) fn plugins(workspace: &Workspace) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--release", "--target", WASM, "--manifest-path"]);
    cargo.arg(workspace.plugins_manifest()).arg("--target-dir").arg(workspace.plugins_target());
    must(workspace, "plugins", cargo)?;
    let built = workspace.plugins_target().join(WASM).join("release");
    let components = components(&metadata(workspace)?)?;
    publish(&built, &workspace.example_components(), &components, Purpose::Example)?;
    publish(&built, &workspace.components(), &components, Purpose::Program)
}

/// Makes a folder have the components of this purpose and no others.
fn publish(built: &Path, folder: &Path, all: &[Component], purpose: Purpose) -> Result<()> {
    fs::create_dir_all(folder)?;
    let components: Vec<&Component> = all.iter().filter(|one| one.purpose == purpose).collect();
    for component in &components {
        let to = folder.join(format!("{}.wasm", component.id));
        copy_if_changed(&built.join(&component.file), &to)?;
    }
    remove_others(folder, &components)
}

/// The names of the packages of the plugins' workspace.
///
/// # Errors
/// Cargo cannot tell.
pub(crate) fn plugin_packages(workspace: &Workspace) -> Result<Vec<String>> {
    Ok(metadata(workspace)?.packages.into_iter().map(|package| package.name).collect())
}

/// What `cargo metadata` says about the plugins.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// A plugin's id and the file that Cargo makes of it.
#[derive(Debug, PartialEq, Eq)]
struct Component {
    id: String,
    file: String,
    purpose: Purpose,
}

/// What a component is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// It comes with the program.
    Program,
    /// It shows how to write one.
    Example,
    /// A test loads it.
    Test,
}

fn metadata(workspace: &Workspace) -> Result<Metadata> {
    let mut cargo = workspace.cargo();
    cargo.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"]);
    let output = cargo.arg(workspace.plugins_manifest()).output()?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("cargo metadata")
}

/// A package with a `cdylib` is a plugin, and the name of its folder is its id.
fn components(metadata: &Metadata) -> Result<Vec<Component>> {
    let mut found: Vec<Component> = Vec::new();
    for package in &metadata.packages {
        let cdylib = |target: &&Target| target.kind.iter().any(|kind| kind == "cdylib");
        let Some(target) = package.targets.iter().find(cdylib) else { continue };
        let folder = package.manifest_path.parent().context("a plugin without a folder")?;
        let id = folder.file_name().context("a plugin without a folder")?;
        let id = id.to_string_lossy().into_owned();
        let is_in = |name: &str| folder.parent().is_some_and(|above| above.ends_with(name));
        let purpose = match (is_in("examples"), is_in("tests")) {
            (true, _) => Purpose::Example,
            (_, true) => Purpose::Test,
            (false, false) => Purpose::Program,
        };
        if found.iter().any(|other| other.id == id) {
            bail!("two plugins are called `{id}`");
        }
        let file = format!("{}.wasm", target.name.replace('-', "_"));
        found.push(Component { id, file, purpose });
    }
    if found.is_empty() {
        bail!("plugins/Cargo.toml has no package with a `cdylib`");
    }
    Ok(found)
}

/// Leaves the file alone where it is the same, so that Cargo does not build the server again.
fn copy_if_changed(from: &Path, to: &Path) -> Result<()> {
    let new = fs::read(from).with_context(|| format!("cannot read `{}`", from.display()))?;
    if fs::read(to).is_ok_and(|old| old == new) {
        return Ok(());
    }
    fs::write(to, new).with_context(|| format!("cannot write `{}`", to.display()))
}

/// Takes away components of plugins that are no more.
fn remove_others(folder: &Path, components: &[&Component]) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        if !components.iter().any(|component| Some(&component.id) == stem.as_ref()) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(text: &str) -> Metadata {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_component_is_named_after_its_folder() {
        let of = metadata(
            r#"{"packages": [
                {"name": "org-chart", "manifest_path": "/p/org-chart/Cargo.toml",
                 "targets": [{"name": "plugins-org-chart", "kind": ["cdylib", "rlib"]}]},
                {"name": "frugal", "manifest_path": "/examples/frugal/Cargo.toml",
                 "targets": [{"name": "frugal", "kind": ["cdylib"]}]},
                {"name": "rogue", "manifest_path": "/engine/host/tests/rogue/Cargo.toml",
                 "targets": [{"name": "rogue", "kind": ["cdylib"]}]},
                {"name": "shared", "manifest_path": "/p/shared/Cargo.toml",
                 "targets": [{"name": "shared", "kind": ["lib"]}]}]}"#,
        );
        let component = |id: &str, file: &str, purpose| Component {
            id: id.to_owned(),
            file: file.to_owned(),
            purpose,
        };
        let expected = [
            component("org-chart", "plugins_org_chart.wasm", Purpose::Program),
            component("frugal", "frugal.wasm", Purpose::Example),
            component("rogue", "rogue.wasm", Purpose::Test),
        ];
        assert_eq!(components(&of).unwrap(), expected);
    }

    #[test]
    fn no_plugin_at_all_is_an_error() {
        assert!(components(&metadata(r#"{"packages": []}"#)).is_err());
    }

    #[test]
    fn an_equal_component_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&from, "one").unwrap();
        copy_if_changed(&from, &to).unwrap();
        let mut permissions = fs::metadata(&to).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&to, permissions).unwrap();
        let before = fs::metadata(&to).unwrap().modified().unwrap();
        copy_if_changed(&from, &to).unwrap();
        assert_eq!(fs::metadata(&to).unwrap().modified().unwrap(), before);
    }

    #[test]
    fn the_component_of_a_removed_plugin_goes() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["sql.wasm", "old.wasm"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let purpose = Purpose::Program;
        let sql = Component { id: "sql".to_owned(), file: String::new(), purpose };
        remove_others(folder.path(), &[&sql]).unwrap();
        assert!(folder.path().join("sql.wasm").exists());
        assert!(!folder.path().join("old.wasm").exists());
    }
}
