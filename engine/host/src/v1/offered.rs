//! The functions that this host offers to components, by interface.

/// Interfaces with their functions, as components import them. A test compares them with the contract.
pub(crate) const FUNCTIONS: &[(&str, &[&str])] = &[
    ("blobs", &["[method]writer.write", "[method]writer.finish", "create", "find"]),
    ("config", &["json"]),
    ("determinism", &["now", "local-time", "random-bytes"]),
    ("directory", &["user-by-id", "user-by-login", "property", "groups-of", "members"]),
    ("http", &["send"]),
    ("http-lookups", &["get"]),
    ("log", &["event"]),
    ("named-statements", &["query"]),
    (
        "notice",
        &["id", "organization", "recipient", "content", "subject", "text", "link", "request", "at"],
    ),
    (
        "request",
        &[
            "id",
            "organization",
            "rule",
            "rule-version",
            "kind",
            "step",
            "requester",
            "target-users",
            "urgent",
            "title",
            "reason",
            "get",
            "get-many",
            "names",
            "items",
            "item-field",
            "compare",
        ],
    ),
    ("secrets", &["get"]),
    (
        "statements",
        &[
            "[static]connection.open",
            "[static]connection.open-as",
            "[method]connection.kind",
            "[method]connection.classify",
            "[method]connection.quote-identifier",
            "[method]connection.estimate",
            "[method]connection.describe",
            "[method]connection.begin",
            "[method]connection.marker-of",
            "[method]transaction.execute",
            "[method]transaction.query",
            "[method]transaction.query-to-file",
            "[method]transaction.mark",
            "[method]transaction.commit",
            "[method]cursor.columns",
            "[method]cursor.next",
        ],
    ),
    ("steps", &["begin", "finish", "look"]),
];

/// Whether there is a function in an interface.
pub(crate) fn has(interface: &str, function: &str) -> bool {
    FUNCTIONS.iter().any(|(name, functions)| *name == interface && functions.contains(&function))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use wit_parser::{Resolve, WorldItem};

    use super::*;

    #[test]
    fn every_function_of_the_contract_is_offered() {
        let mut resolve = Resolve::default();
        resolve.push_dir("../../sdk/wit/v1").unwrap();
        let (_, package) = resolve.packages.iter().next().unwrap();
        assert_eq!(package.name.version.as_ref().unwrap().to_string(), crate::v1::VERSION);
        let mut contract = BTreeSet::new();
        for (_, world) in &resolve.worlds {
            for import in world.imports.values() {
                let WorldItem::Interface { id, .. } = import else { panic!("a bare import") };
                let interface = &resolve.interfaces[*id];
                for function in interface.functions.keys() {
                    contract.insert((interface.name.as_deref().unwrap(), function.as_str()));
                }
            }
        }
        let offered: BTreeSet<(&str, &str)> =
            FUNCTIONS.iter().flat_map(|(name, all)| all.iter().map(|one| (*name, *one))).collect();
        assert_eq!(offered, contract);
        assert!(has("request", "get") && !has("request", "put") && !has("moon", "get"));
    }
}
