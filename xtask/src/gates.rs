//! The dependency graph, held to the picture in `ARCHITECTURE.md`.
//!
//! | gate | where |
//! |---|---|
//! | a package is called after its folder; our crates depend on each other in one direction | [`direction`] |
//! | each of the big libraries stands in one `Cargo.toml` | [`owners`] |
//! | what the pure core is built from is a short, committed list | [`purity`] |
//! | every dependency has a licence that `deny.toml` allows | [`licences`] |

mod direction;
mod licences;
mod owners;
mod purity;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::workspace::Workspace;

/// Everything that is against the rules, one line each.
///
/// # Errors
/// Cargo cannot tell.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let ours = metadata(workspace, &["--no-deps"])?;
    let plugins = match workspace.plugins_manifest().is_file() {
        true => metadata(
            workspace,
            &["--no-deps", "--manifest-path", &workspace.plugins_manifest().to_string_lossy()],
        )?,
        false => Vec::new(),
    };
    let mut problems = direction::check(&workspace.root, &ours);
    problems.extend(direction::check_plugins(&plugins));
    problems.extend(owners::check(&ours));
    problems.extend(purity::check(workspace)?);
    problems.extend(licences::check(workspace)?);
    Ok(problems)
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// A package, as `cargo metadata` tells it.
#[derive(Clone, Debug, Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    license: Option<String>,
    dependencies: Vec<Dependency>,
}

/// A line of a package's `Cargo.toml`.
#[derive(Clone, Debug, Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    path: Option<PathBuf>,
}

impl Package {
    /// What it is built from; not what its tests need.
    fn built_from(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().filter(|dependency| dependency.kind.as_deref() != Some("dev"))
    }
}

fn metadata(workspace: &Workspace, arguments: &[&str]) -> Result<Vec<Package>> {
    let mut cargo = workspace.cargo();
    let output = cargo.args(["metadata", "--format-version", "1"]).args(arguments).output()?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    Ok(metadata.packages)
}

#[cfg(test)]
mod examples {
    use super::{Dependency, Package};

    /// A package at `/r/PATH` with dependencies, the ones with a `/` being ours.
    pub(super) fn package(name: &str, path: &str, dependencies: &[&str]) -> Package {
        let dependency = |name: &&str| Dependency {
            name: name.replace('/', "-"),
            kind: None,
            path: name.contains('/').then(|| format!("/r/{name}").into()),
        };
        Package {
            name: name.to_owned(),
            manifest_path: format!("/r/{path}/Cargo.toml").into(),
            license: None,
            dependencies: dependencies.iter().map(dependency).collect(),
        }
    }

    /// The same package, with everything needed by its tests only.
    pub(super) fn for_tests(mut package: Package) -> Package {
        for dependency in &mut package.dependencies {
            dependency.kind = Some("dev".to_owned());
        }
        package
    }
}
