//! Who of us may depend on whom.

use std::path::Path;

use super::Package;

/// Our crates, each with those that it may be built from.
const ALLOWED: [(&str, &[&str]); 9] = [
    ("engine-core", &[]),
    ("engine-store", &["engine-core"]),
    ("engine-connect", &["engine-core"]),
    ("engine-api", &["engine-core"]),
    ("engine-host", &["engine-core", "engine-connect"]),
    (
        "engine-runtime",
        &["engine-core", "engine-store", "engine-connect", "engine-host", "engine-api"],
    ),
    (
        "engine-server",
        &[
            "engine-core",
            "engine-store",
            "engine-connect",
            "engine-host",
            "engine-api",
            "engine-runtime",
            "sdk-client",
        ],
    ),
    ("sdk-client", &["engine-api"]),
    ("sdk-plugin", &[]),
];

/// Packages that are not named after their folder, and may use everything of ours.
const OUTSIDE: [&str; 2] = ["countersign-tests", "xtask"];

/// Wrong names and wrong arrows.
pub(super) fn check(root: &Path, packages: &[Package]) -> Vec<String> {
    let mut problems = Vec::new();
    for package in packages.iter().filter(|p| !OUTSIDE.contains(&p.name.as_str())) {
        let name = &package.name;
        let folder = package.manifest_path.parent().and_then(|f| f.strip_prefix(root).ok());
        let expected = folder.map(|f| f.to_string_lossy().replace(['/', '\\'], "-"));
        if expected.as_ref() != Some(name) {
            let expected = expected.unwrap_or_default();
            problems.push(format!("`{name}` should be called `{expected}`, after its folder"));
        }
        let Some((_, allowed)) = ALLOWED.iter().find(|(of, _)| of == name) else {
            problems.push(format!("`{name}` is not in the picture: say what it may depend on"));
            continue;
        };
        let ours = package.built_from().filter(|dependency| dependency.path.is_some());
        for dependency in ours.filter(|dependency| !allowed.contains(&dependency.name.as_str())) {
            problems.push(format!("`{name}` must not depend on `{}`", dependency.name));
        }
    }
    problems
}

/// A plugin is built from the kit for authors and nothing else of ours.
pub(super) fn check_plugins(packages: &[Package]) -> Vec<String> {
    let inside = |name: &str| packages.iter().any(|package| package.name == name);
    let wrong = |package: &Package| {
        package
            .built_from()
            .filter(|d| d.path.is_some() && d.name != "sdk-plugin" && !inside(&d.name))
            .map(|d| format!("the plugin `{}` must not depend on `{}`", package.name, d.name))
            .collect::<Vec<_>>()
    };
    packages.iter().flat_map(wrong).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::examples::{for_tests, package};

    fn problems(package: Package) -> Vec<String> {
        check(Path::new("/r"), &[package])
    }

    #[test]
    fn an_arrow_against_the_picture_is_found() {
        let core = package("engine-core", "engine/core", &["serde", "engine/store"]);
        assert_eq!(problems(core), ["`engine-core` must not depend on `engine-store`"]);
        let store = package("engine-store", "engine/store", &["redb", "engine/core"]);
        assert_eq!(problems(store), [""; 0]);
    }

    #[test]
    fn tests_may_use_what_the_crate_may_not() {
        let core = package("engine-core", "engine/core", &["engine/store"]);
        assert_eq!(problems(for_tests(core)), [""; 0]);
    }

    #[test]
    fn names_follow_folders_and_every_crate_is_in_the_picture() {
        let found = problems(package("store", "engine/store", &[]));
        assert_eq!(
            found,
            [
                "`store` should be called `engine-store`, after its folder",
                "`store` is not in the picture: say what it may depend on"
            ]
        );
    }

    #[test]
    fn plugins_see_the_kit_only() {
        let sql = package("plugins-sql", "plugins/sql", &["sdk/plugin", "engine/core", "serde"]);
        assert_eq!(
            check_plugins(&[sql]),
            ["the plugin `plugins-sql` must not depend on `engine-core`"]
        );
    }
}
