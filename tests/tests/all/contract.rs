//! What was released of the contract stays as it was (`sdk/wit/released`): types and functions for the
//! life of the major version, and every item that came later says since when it is there.
//!
//! A release is a copy of `sdk/wit/v1` under its version, with one component in each language that was
//! built with it: `engine/host/tests/components/released.rs` runs them.

pub(super) mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use wit_parser::{Interface, Resolve, Stability, WorldItem};

use super::documents::root;

fn released() -> BTreeMap<String, PathBuf> {
    let entries = fs::read_dir(root().join("sdk/wit/released")).unwrap();
    let versions = entries.map(|entry| entry.unwrap().path());
    versions.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

/// What is in a contract, one entry for everything that has a name.
fn items(resolve: &Resolve) -> BTreeMap<String, String> {
    let mut items = BTreeMap::new();
    for (name, interface) in words::interfaces(resolve) {
        for (function, what) in &interface.functions {
            items.insert(format!("{name}.{function}"), words::signature(resolve, what));
        }
        for (ty, id) in &interface.types {
            items.insert(format!("{name}.{ty}"), words::definition(resolve, *id));
        }
    }
    for (_, world) in &resolve.worlds {
        let interface = |item: &WorldItem| match item {
            WorldItem::Interface { id, .. } => resolve.interfaces[*id].name.clone().unwrap(),
            WorldItem::Function(_) | WorldItem::Type { .. } => panic!("a bare item in a world"),
        };
        for import in world.imports.values().map(interface) {
            items.insert(format!("world {} imports {import}", world.name), String::new());
        }
        let exports: BTreeSet<String> = world.exports.values().map(interface).collect();
        items.insert(format!("world {} exports", world.name), format!("{exports:?}"));
    }
    items
}

/// What components export: the host calls it, so it cannot grow either.
fn exported(resolve: &Resolve) -> impl Iterator<Item = (&str, &Interface)> {
    words::interfaces(resolve).filter(|(name, _)| {
        resolve.worlds.iter().any(|(_, world)| {
            world.exports.values().any(|item| {
                matches!(item, WorldItem::Interface { id, .. }
                    if resolve.interfaces[*id].name.as_deref() == Some(*name))
            })
        })
    })
}

/// What a contract did to an earlier one that is no addition.
fn broken(earlier: &Resolve, now: &Resolve) -> Vec<String> {
    let (was, is) = (items(earlier), items(now));
    let mut broken = Vec::new();
    for (name, was) in &was {
        match is.get(name) {
            None => broken.push(format!("`{name}` is gone")),
            Some(is) if is != was => broken.push(format!("`{name}` was `{was}` and is `{is}`")),
            Some(_) => {}
        }
    }
    let frozen = exported(earlier).map(|(name, _)| name).collect::<BTreeSet<_>>();
    for (name, interface) in exported(now).filter(|(name, _)| frozen.contains(name)) {
        let new = interface.functions.keys().map(|function| format!("{name}.{function}"));
        broken.extend(new.filter(|function| !was.contains_key(function)).map(|function| {
            format!("`{function}` is new, and the components that are there do not export it")
        }));
    }
    for (name, interface) in words::interfaces(now) {
        let functions = interface.functions.iter();
        let functions =
            functions.map(|(function, what)| (format!("{name}.{function}"), &what.stability));
        let types = interface.types.iter();
        let types = types.map(|(ty, id)| (format!("{name}.{ty}"), &now.types[*id].stability));
        let whole = &interface.stability;
        broken.extend(functions.chain(types).filter_map(|(item, own)| {
            let dated = [own, whole].iter().any(|it| matches!(it, Stability::Stable { .. }));
            (!was.contains_key(&item) && !dated)
                .then(|| format!("`{item}` is new and does not say `@since(version = …)`"))
        }));
    }
    broken
}

#[test]
fn what_was_released_stays() {
    let now = words::read(&root().join("sdk/wit/v1"));
    let released = released();
    assert!(released.contains_key("1.0.0"));
    for (version, folder) in &released {
        assert_eq!(broken(&words::read(folder), &now), [""; 0], "since {version}");
    }
    let (_, package) = now.packages.iter().next().unwrap();
    let version = package.name.version.as_ref().unwrap().to_string();
    let same = released.get(&version).map(|folder| items(&words::read(folder)));
    if let Some(same) = same {
        assert_eq!(same, items(&now), "what is new needs a new minor version in `package.wit`");
    }
}

#[test]
fn what_is_no_addition_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let original = root().join("sdk/wit/v1");
    let earlier = words::read(&original);
    for (file, old, new, says) in [
        ("types.wit", "        busy,\n", "", "`types.error-kind` was `enum {denied"),
        ("types.wit", "        boolean(bool),\n", "", "`types.scalar` was `variant {text(string)"),
        ("types.wit", "        code: option<string>,", "", "`types.host-error` was `record {kind"),
        (
            "question.wit",
            "get: func(name: string) -> option<value>",
            "get: func(name: string, deep: bool) -> option<value>",
            "`request.get` was `(name: string) -> option<value>` and is `(name: string, deep: bool)",
        ),
        ("question.wit", "    urgent: func() -> bool;\n", "", "`request.urgent` is gone"),
        (
            "http.wit",
            "interface http-types {\n    use secrets.{secret};",
            "interface http-types {\n    use vault.{secret};",
            "`http-types.secret` was `secrets.secret` and is `vault.secret`",
        ),
        ("plugin.wit", "    import http-lookups;\n", "", "imports http-lookups` is gone"),
        (
            "plugin.wit",
            "    evaluate: func",
            "    why: func() -> string;\n    evaluate: func",
            "`condition.why` is new, and the components that are there do not export it",
        ),
        (
            "question.wit",
            "    urgent: func() -> bool;\n",
            "    urgent: func() -> bool;\n    calm: func() -> bool;\n",
            "`request.calm` is new and does not say `@since(version = …)`",
        ),
        (
            "question.wit",
            "    urgent: func() -> bool;\n",
            "    urgent: func() -> bool;\n    @since(version = 1.0.0)\n    calm: func() -> bool;\n",
            "",
        ),
    ] {
        for entry in fs::read_dir(&original).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        let vault = "interface vault {\n    resource secret {\n    }\n}\n";
        let text = fs::read_to_string(original.join(file)).unwrap();
        assert!(text.contains(old), "{old}");
        let beside = if new.contains("vault") { vault } else { "" };
        fs::write(folder.path().join(file), text.replacen(old, new, 1) + beside).unwrap();
        let told = broken(&earlier, &words::read(folder.path()));
        match says {
            "" => assert_eq!(told, [""; 0]),
            says => assert!(told.iter().any(|told| told.contains(says)), "{says}: {told:?}"),
        }
    }
}
