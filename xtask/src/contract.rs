//! `cargo xtask release-contract`: keeps the plugin contract as it is now, with one component in each
//! language that was built with it, so that every later build must still run them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use flate2::{Compression, GzBuilder};

use crate::{
    build, languages,
    process::{must, say},
    workspace::Workspace,
};

/// Where the plugin stands that uses what the contract offers: in Rust, and below it in the others.
const PLUGIN: &str = "engine/host/tests/released";

/// Writes `sdk/wit/released/VERSION`.
///
/// # Errors
/// The version is released already, or a component does not build.
pub(crate) fn release(workspace: &Workspace) -> Result<()> {
    let contract = workspace.root.join("sdk/wit/v1");
    let version = version(&fs::read_to_string(contract.join("package.wit"))?)?;
    let folder = workspace.root.join("sdk/wit/released").join(&version);
    ensure!(
        !folder.exists(),
        "contract {version} is released: what is new needs a new version in `sdk/wit/v1/package.wit`"
    );
    build::plugins(workspace)?;
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--workspace", "--bin", "countersign"]);
    must(workspace, "countersign", cargo)?;
    let program = workspace.target.join("debug/countersign");
    languages::install(workspace, &program)?;
    let built = tempfile::tempdir()?;
    for language in ["js", "python"] {
        let out = built.path().join(format!("{language}.wasm"));
        interpreted(workspace, &program, language, &out)?;
    }
    let rust = workspace.plugins_target().join(build::WASM).join("release/released.wasm");
    fs::copy(&rust, built.path().join("rust.wasm"))
        .with_context(|| format!("cannot read `{}`", rust.display()))?;
    fs::create_dir_all(&folder)?;
    for path in files(&contract)?.iter().filter(|path| path.is_file()) {
        fs::copy(path, folder.join(path.file_name().unwrap_or_default()))?;
    }
    for path in files(built.path())? {
        pack(&path, &folder)?;
    }
    say(&format!("contract {version} is in {}", folder.display()));
    Ok(())
}

/// The version of a package, from the file that names it.
fn version(package: &str) -> Result<String> {
    let line = package.lines().find_map(|line| line.strip_prefix("package "));
    let version = line.and_then(|line| line.strip_suffix(';')?.split_once('@'));
    Ok(version.context("`package.wit` has no version")?.1.to_owned())
}

fn interpreted(workspace: &Workspace, program: &Path, language: &str, out: &Path) -> Result<()> {
    let mut build = Command::new(program);
    build.args(["plugin", "build"]).arg(workspace.root.join(PLUGIN).join(language));
    build.arg("--out").arg(out).arg("--tools").arg(workspace.root.join("target/tools"));
    must(workspace, &format!("the component in {language}"), build).map(drop)
}

/// Writes a file compressed, the same for the same content.
fn pack(path: &Path, folder: &Path) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let out = fs::File::create_new(folder.join(format!("{name}.gz")))?;
    let mut packed = GzBuilder::new().mtime(0).write(out, Compression::best());
    std::io::copy(&mut fs::File::open(path)?, &mut packed)?;
    packed.finish()?;
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_tells_its_version() {
        assert_eq!(version("/// a\npackage countersign:plugin@1.4.0;\n").unwrap(), "1.4.0");
        assert!(version("package countersign:plugin;").is_err());
    }

    #[test]
    fn the_same_file_is_packed_alike() {
        let folder = tempfile::tempdir().unwrap();
        let packed = ["a", "b"].map(|into| {
            let into = folder.path().join(into);
            fs::create_dir(&into).unwrap();
            let path = folder.path().join("x.wasm");
            fs::write(&path, "x".repeat(1000)).unwrap();
            pack(&path, &into).unwrap();
            fs::read(into.join("x.wasm.gz")).unwrap()
        });
        assert_eq!(packed[0], packed[1]);
        assert!(packed[0].len() < 100);
    }
}
