//! `docs/contract.md`: the plugin contract, interface by interface, from `sdk/wit/v1`.

use wit_parser::{Docs, Function, Interface, Resolve, TypeDefKind, TypeId, WorldItem};

use super::{
    super::{contract::words, documents::root},
    note,
};

pub(super) fn write() -> String {
    let contract = words::read(&root().join("sdk/wit/v1"));
    let (_, package) = contract.packages.iter().next().unwrap();
    let mut text =
        format!("# The plugin contract {}\n\n{}", package.name.version.as_ref().unwrap(), note());
    text.push_str(&format!("\n{}", paragraphs(&package.docs)));
    text.push_str(&worlds(&contract));
    let mut interfaces: Vec<_> = words::interfaces(&contract).collect();
    interfaces.sort_by_key(|(name, _)| *name);
    for (name, interface) in interfaces {
        text.push_str(&format!("\n## {name}\n\n{}", paragraphs(&interface.docs)));
        text.push_str(&types(&contract, interface));
        text.push_str(&functions(&contract, interface));
    }
    text
}

fn worlds(contract: &Resolve) -> String {
    let mut text = "\n## Worlds\n\n| world | exports | may import |\n|---|---|---|\n".to_owned();
    let name = |item: &WorldItem| match item {
        WorldItem::Interface { id, .. } => {
            let interface = contract.interfaces[*id].name.as_deref().unwrap();
            format!("[{interface}](#{interface})")
        }
        WorldItem::Function(_) | WorldItem::Type { .. } => panic!("a bare item in a world"),
    };
    for (_, world) in contract.worlds.iter().filter(|(_, world)| !world.exports.is_empty()) {
        let [imports, exports] = [&world.imports, &world.exports].map(|items| {
            let mut names: Vec<String> = items.values().map(name).collect();
            names.sort();
            names.join(", ")
        });
        text.push_str(&format!("| `{}` | {exports} | {imports} |\n", world.name));
    }
    text
}

fn types(contract: &Resolve, interface: &Interface) -> String {
    let mut text = String::new();
    for (name, id) in &interface.types {
        let ty = &contract.types[*id];
        let (kind, parts) = parts(contract, *id);
        // What comes from another interface is told there.
        if kind == "use" {
            continue;
        }
        text.push_str(&format!("\n### {name}\n\n{kind}\n{}", below(&ty.docs)));
        if !parts.is_empty() {
            text.push_str("\n| | |\n|---|---|\n");
        }
        for (name, docs) in parts {
            text.push_str(&format!("| `{name}` | {} |\n", in_a_cell(&docs)));
        }
    }
    text
}

/// What a type is, and its parts with what is said about each.
fn parts(contract: &Resolve, id: TypeId) -> (String, Vec<(String, Docs)>) {
    let ty = &contract.types[id];
    match &ty.kind {
        TypeDefKind::Record(record) => {
            let all = record.fields.iter();
            let all = all.map(|field| {
                (
                    format!("{}: {}", field.name, words::name(contract, &field.ty)),
                    field.docs.clone(),
                )
            });
            ("A record.".to_owned(), all.collect())
        }
        TypeDefKind::Variant(variant) => {
            let all = variant.cases.iter().map(|case| {
                let carries = case.ty.map(|ty| format!("({})", words::name(contract, &ty)));
                (format!("{}{}", case.name, carries.unwrap_or_default()), case.docs.clone())
            });
            ("One of these.".to_owned(), all.collect())
        }
        TypeDefKind::Enum(cases) => {
            let all = cases.cases.iter().map(|case| (case.name.clone(), case.docs.clone()));
            ("One of these.".to_owned(), all.collect())
        }
        TypeDefKind::Resource => ("A resource.".to_owned(), Vec::new()),
        TypeDefKind::Type(inner) if words::name(contract, inner) == *ty.name.as_ref().unwrap() => {
            ("use".to_owned(), Vec::new())
        }
        _ => (format!("`{}`", words::definition(contract, id)), Vec::new()),
    }
}

fn functions(contract: &Resolve, interface: &Interface) -> String {
    let mut text = String::new();
    for (name, function) in &interface.functions {
        text.push_str(&format!("\n### {}\n\n", shown(name)));
        text.push_str(&format!("`{}`\n{}", words::signature(contract, function), said(function)));
    }
    text
}

/// `[method]connection.begin` as `connection.begin`.
fn shown(name: &str) -> &str {
    name.split_once(']').map_or(name, |(_, name)| name)
}

fn said(function: &Function) -> String {
    below(&function.docs)
}

fn below(docs: &Docs) -> String {
    let text = paragraphs(docs);
    if text.is_empty() { text } else { format!("\n{text}") }
}

fn paragraphs(docs: &Docs) -> String {
    let text = docs.contents.as_deref().unwrap_or_default().trim();
    if text.is_empty() { String::new() } else { format!("{text}\n") }
}

fn in_a_cell(docs: &Docs) -> String {
    let text = docs.contents.as_deref().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
