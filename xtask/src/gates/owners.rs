//! Libraries that only one crate may know, so that they can be replaced.

use super::Package;

/// The one package for each library.
const SOLE: [(&str, &str); 4] = [
    ("redb", "engine-store"),
    ("wasmtime", "engine-host"),
    ("rhai", "engine-host"),
    ("axum", "engine-server"),
];

/// Database drivers, and who may have them: where requests are kept, where targets are reached, the
/// sample database, and the harness in which authors test their plugins.
const DRIVERS: [&str; 3] = ["rusqlite", "tokio-postgres", "mysql_async"];
const MAY_DRIVE: [&str; 4] = ["engine-store", "engine-connect", "xtask", "sdk-plugin"];

/// Every library in a wrong place, or in none.
pub(super) fn check(packages: &[Package]) -> Vec<String> {
    let users = |library: &str| -> Vec<&str> {
        let uses = |p: &&Package| p.built_from().any(|dependency| dependency.name == library);
        packages.iter().filter(uses).map(|package| package.name.as_str()).collect()
    };
    let mut problems = Vec::new();
    for (library, owner) in SOLE {
        let found = users(library);
        if found != [owner] {
            let found = if found.is_empty() { "nobody".to_owned() } else { found.join(", ") };
            problems.push(format!("`{library}` belongs to `{owner}` alone, and {found} has it"));
        }
    }
    for driver in DRIVERS {
        for user in users(driver).into_iter().filter(|user| !MAY_DRIVE.contains(user)) {
            problems.push(format!("`{user}` must not have the database driver `{driver}`"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::examples::{for_tests, package};

    fn right() -> Vec<Package> {
        vec![
            package("engine-store", "engine/store", &["redb"]),
            package("engine-host", "engine/host", &["wasmtime", "rhai"]),
            package("engine-server", "engine/server", &["axum"]),
        ]
    }

    #[test]
    fn each_library_has_one_owner() {
        assert_eq!(check(&right()), [""; 0]);
        let mut twice = right();
        twice.push(package("engine-runtime", "engine/runtime", &["redb"]));
        assert_eq!(
            check(&twice),
            ["`redb` belongs to `engine-store` alone, and engine-store, engine-runtime has it"]
        );
        let missing: Vec<_> = right().into_iter().skip(1).collect();
        assert_eq!(check(&missing), ["`redb` belongs to `engine-store` alone, and nobody has it"]);
    }

    #[test]
    fn drivers_stay_where_databases_are_reached() {
        let mut wrong = right();
        wrong.push(package("engine-runtime", "engine/runtime", &["rusqlite"]));
        assert_eq!(
            check(&wrong),
            ["`engine-runtime` must not have the database driver `rusqlite`"]
        );
    }

    #[test]
    fn tests_may_use_any_library() {
        let mut fine = right();
        fine.push(for_tests(package("countersign-tests", "tests", &["redb", "rusqlite"])));
        assert_eq!(check(&fine), [""; 0]);
    }
}
