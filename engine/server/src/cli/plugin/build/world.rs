//! The world that a plugin is built for: what its manifest says, and nothing else of the contract.
//!
//! An interpreter imports the whole world that it is built for, whether the author uses it or not. So
//! that the imports of a component still say what it can do, its world is cut to its manifest.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::Context as _;
use engine_host::{Manifest, World};

use crate::kit;

/// The name of the world.
pub(super) const NAME: &str = "built";
/// Interfaces that can be wanted, and that no plugin has without wanting.
const WANTED: [&str; 6] =
    ["named-statements", "statements", "blobs", "secrets", "http", "http-lookups"];
/// Interfaces that belong to a world.
const GIVEN: [&str; 7] =
    ["request", "notice", "config", "log", "determinism", "directory", "steps"];

/// The functions of the contract that a plugin imports, by interface; `types` aside, which has none.
pub(super) fn imports(manifest: &Manifest) -> BTreeSet<&'static str> {
    let mut imports: BTreeSet<&str> = ["config", "log", "determinism", "directory"].into();
    for world in &manifest.worlds {
        match world {
            World::Condition | World::Approvers | World::Validator => imports.insert("request"),
            World::Executor => imports.insert("request") | imports.insert("steps"),
            World::Notifier => imports.insert("notice"),
        };
    }
    imports.extend(manifest.wants.iter().map(|want| want.capability.as_str()));
    imports
}

/// Every interface with functions that there is.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    GIVEN.into_iter().chain(WANTED)
}

/// The name of an interface with its package and version.
pub(super) fn full(interface: &str) -> anyhow::Result<String> {
    let package = kit::text("wit/v1/package.wit")
        .lines()
        .find_map(|line| line.strip_prefix("package ")?.strip_suffix(';')?.split_once('@'));
    let (package, version) = package.context("the contract has no version")?;
    Ok(format!("{package}/{interface}@{version}"))
}

/// Writes the contract and this world into a folder.
pub(super) fn write(manifest: &Manifest, folder: &Path) -> anyhow::Result<()> {
    kit::write("wit/v1", folder)?;
    let mut text = format!("world {NAME} {{\n    import types;\n");
    for interface in imports(manifest) {
        text.push_str(&format!("    import {interface};\n"));
    }
    for world in &manifest.worlds {
        text.push_str(&format!("    export {world};\n"));
    }
    text.push_str("}\n");
    Ok(fs::write(folder.join("built.wit"), text)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn manifest(worlds: &[&str], wants: &[&str]) -> Manifest {
        let want = |name: &&str| json!({"capability": name, "why": "a test"});
        let wants: Vec<_> = wants.iter().map(want).collect();
        serde_json::from_value(json!({
            "name": "a", "version": "1", "contract": "1", "about": "a", "worlds": worlds, "wants": wants,
        }))
        .unwrap()
    }

    #[test]
    fn a_plugin_imports_what_its_manifest_says() {
        let of = |worlds: &[&str], wants: &[&str]| {
            imports(&manifest(worlds, wants)).into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of(&["condition"], &[]), "config determinism directory log request");
        assert_eq!(
            of(&["executor"], &["http", "blobs"]),
            "blobs config determinism directory http log request steps"
        );
        assert_eq!(
            of(&["notifier"], &["secrets"]),
            "config determinism directory log notice secrets"
        );
    }

    #[test]
    fn every_interface_of_the_contract_is_known() {
        let known: BTreeSet<&str> = all().collect();
        let (types, exports) = (
            ["types", "sql-types", "http-types"],
            [
                World::Condition,
                World::Approvers,
                World::Validator,
                World::Executor,
                World::Notifier,
            ],
        );
        for (_, text) in kit::below("wit/v1") {
            let names = text.lines().filter_map(|line| line.strip_prefix("interface "));
            for name in names.filter_map(|name| name.strip_suffix(" {")) {
                let exported = exports.iter().any(|world| world.as_str() == name);
                assert!(known.contains(name) || types.contains(&name) || exported, "{name}");
            }
        }
        assert_eq!(full("log").unwrap(), "countersign:plugin/log@1.0.0");
    }
}
