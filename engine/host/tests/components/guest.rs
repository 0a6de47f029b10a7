//! Components for tests: a core module in text, made a component of some world of the contract.

use std::{collections::BTreeSet, fs, path::Path};

use engine_host::{MANIFEST_SECTION, custom_section};
use serde_json::{Value as Json, json};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldItem};

/// The contract, with whatever a test adds to it.
pub(crate) fn contract() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/wit/v1");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wit"))
        .collect();
    files.sort_by_key(|path| (path.file_stem().unwrap() != "package", path.clone()));
    files.iter().map(|path| fs::read_to_string(path).unwrap()).collect::<Vec<_>>().join("\n")
}

/// Its version.
pub(crate) fn contract_version() -> String {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("contract.wit", &contract()).unwrap();
    resolve.packages.get(package).unwrap().name.version.as_ref().unwrap().to_string()
}

/// Every function that components can import by the contract in a folder.
pub(crate) fn imports(folder: &Path) -> BTreeSet<String> {
    let mut resolve = Resolve::default();
    resolve.push_dir(folder).unwrap();
    let imports = resolve.worlds.iter().flat_map(|(_, world)| world.imports.values());
    let interfaces = imports.filter_map(|import| match import {
        WorldItem::Interface { id, .. } => resolve.interfaces.get(*id),
        WorldItem::Function(_) | WorldItem::Type { .. } => None,
    });
    let named = |interface: &wit_parser::Interface| {
        let name = interface.name.clone().unwrap();
        interface.functions.keys().map(|function| format!("{name}.{function}")).collect::<Vec<_>>()
    };
    interfaces.flat_map(named).collect()
}

/// A component of `world` from a core module, without a manifest.
pub(crate) fn component(contract: &str, world: &str, module: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("contract.wit", contract).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let mut module = wat::parse_str(module).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

/// The same with a manifest beside the module.
pub(crate) fn with_manifest(component: Vec<u8>, manifest: &Json) -> Vec<u8> {
    [component, custom_section(MANIFEST_SECTION, manifest.to_string().as_bytes())].concat()
}

/// A manifest for a world of the contract.
pub(crate) fn manifest(world: &str) -> Json {
    json!({
        "name": "guest", "version": "1.0.0", "contract": "1.0.0", "worlds": [world],
        "about": "serves a test",
        "reads": {"request": ["amount"], "users": ["manager"]},
    })
}

/// A condition whose `evaluate` has this body. It answers the address of a result, for which there
/// is room at 1024: `met` by default, since the memory is zero.
pub(crate) fn condition(body: &str) -> Vec<u8> {
    with_manifest(
        condition_component(&contract(), "condition-plugin", "1.0.0", body),
        &manifest("condition"),
    )
}

/// The same with so large a memory that it runs where interpreters do.
pub(crate) fn heavy_condition(body: &str) -> Vec<u8> {
    let module = condition_module("1.0.0", body, 33);
    let component = component(&contract(), "condition-plugin", &module);
    with_manifest(component, &manifest("condition"))
}

/// The same, which does something when it is instantiated.
pub(crate) fn heavy_condition_that_starts(start: &str) -> Vec<u8> {
    let module = condition_module("1.0.0", "(i32.const 1024)", 33);
    let module = module.trim_end().strip_suffix(')').unwrap();
    let module = format!("{module} (func $start {start}) (start $start))");
    let component = component(&contract(), "condition-plugin", &module);
    with_manifest(component, &manifest("condition"))
}

/// The same, of another contract or world.
pub(crate) fn condition_component(
    contract: &str,
    world: &str,
    version: &str,
    body: &str,
) -> Vec<u8> {
    component(contract, world, &condition_module(version, body, 2))
}

fn condition_module(version: &str, body: &str, pages: u32) -> String {
    format!(
        r#"(module
            (import "countersign:plugin/request@{version}" "get"
                (func $get (param i32 i32 i32)))
            (import "countersign:plugin/request@{version}" "rule-version"
                (func $rule_version (result i32)))
            (import "countersign:plugin/log@{version}" "event"
                (func $log (param i32 i32 i32 i32 i32)))
            (import "countersign:plugin/named-statements@{version}" "query"
                (func $look_up (param i32 i32 i32 i32 i32 i32 i32)))
            (memory (export "memory") {pages})
            (table $table 1 funcref)
            (global $free (mut i32) (i32.const 65536))
            (global $count (mut i32) (i32.const 0))
            (data (i32.const 16) "amount")
            (data (i32.const 32) "salary")
            (data (i32.const 48) "Not A Code")
            (data (i32.const 64) "seen")
            (data (i32.const 80) "0123456789")
            (data (i32.const 96) "\ff\fe\fd")
            (data (i32.const 112) "orders-db")
            (data (i32.const 128) "open")
            (func $realloc (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
                (global.get $free)
                (global.set $free (i32.add (global.get $free) (local.get 3))))
            ;; unmet, with a code and a text
            (func $unmet (param $code i32) (param $code_length i32) (param $text i32) (param $length i32) (result i32)
                (i32.store8 (i32.const 1028) (i32.const 1))
                (i32.store (i32.const 1032) (local.get $code))
                (i32.store (i32.const 1036) (local.get $code_length))
                (i32.store (i32.const 1048) (local.get $text))
                (i32.store (i32.const 1052) (local.get $length))
                (i32.const 1024))
            (func $recurse (param i32) (result i32)
                (i32.add (call $recurse (i32.add (local.get 0) (i32.const 1))) (local.get 0)))
            (func (export "countersign:plugin/condition@{version}#evaluate") (result i32)
                (local $i i32) (local $j i32)
                {body}))"#
    )
}

/// A resolver that names the user, or where `tag` is 1 the group, whose id this is.
pub(crate) fn resolver(tag: u8, id: &str) -> Vec<u8> {
    let (version, length) = ("1.0.0", id.len());
    let module = format!(
        r#"(module
            (memory (export "memory") 2)
            (data (i32.const 16) "{id}")
            (data (i32.const 128) "seen")
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
            (func (export "countersign:plugin/approvers@{version}#resolve") (result i32)
                ;; one nominee, at 2048: who, and the reason with its code and text
                (i32.store (i32.const 1028) (i32.const 2048))
                (i32.store (i32.const 1032) (i32.const 1))
                (i32.store8 (i32.const 2048) (i32.const {tag}))
                (i32.store (i32.const 2052) (i32.const 16))
                (i32.store (i32.const 2056) (i32.const {length}))
                (i32.store (i32.const 2068) (i32.const 128))
                (i32.store (i32.const 2072) (i32.const 4))
                (i32.store (i32.const 2084) (i32.const 128))
                (i32.store (i32.const 2088) (i32.const 4))
                (i32.const 1024)))"#
    );
    with_manifest(component(&contract(), "approvers-plugin", &module), &manifest("approvers"))
}

/// An executor whose functions all have this body, in which `$key` is the address of the once-key.
pub(crate) fn executor(body: &str) -> Vec<u8> {
    let version = "1.0.0";
    let module = format!(
        r#"(module
            (memory (export "memory") 2)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
            (func (export "countersign:plugin/executor@{version}#plan") (result i32) {body})
            (func (export "countersign:plugin/executor@{version}#execute") (param i32 i32) (result i32) {body})
            (func (export "countersign:plugin/executor@{version}#probe") (param i32 i32) (result i32) {body})
            (func (export "countersign:plugin/executor@{version}#revert")
                (param i32 i32 i32 i32 i32 i32) (result i32) {body}))"#
    );
    with_manifest(component(&contract(), "executor-plugin", &module), &manifest("executor"))
}
