//! Files that are no plugins, each with its sentence.

use engine_host::{Host, HostLimits, LoadError, MAX_COMPONENT_BYTES, World};
use serde_json::json;

use crate::{Place, call, guest, options};

const MET: &str = "(i32.const 1024)";

fn refused(place: &Place, file: &[u8]) -> LoadError {
    place.host.load(file).expect_err("the file was taken")
}

#[test]
fn what_is_no_component_is_refused() {
    let place = Place::new();
    let module = wat::parse_str("(module)").unwrap();
    let component =
        guest::condition_component(&guest::contract(), "condition-plugin", "1.0.0", MET);
    for (file, code, says) in [
        (vec![], "plugin_is_not_a_component", "the file is not a WebAssembly component"),
        (b"\x7fELF etc".to_vec(), "plugin_is_not_a_component", "not a WebAssembly component"),
        (module, "plugin_is_core_module", "is a core module, not a component"),
        (vec![0; MAX_COMPONENT_BYTES + 1], "plugin_too_large", "the most are 20971520"),
        (component.clone(), "plugin_manifest", "has no manifest"),
        (
            guest::with_manifest(component.clone(), &json!({"name": "x"})),
            "plugin_manifest",
            "missing field `version`",
        ),
    ] {
        let error = refused(&place, &file);
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    let twice = guest::with_manifest(component, &guest::manifest("condition"));
    let twice = guest::with_manifest(twice, &guest::manifest("condition"));
    assert!(refused(&place, &twice).to_string().contains("has 2 manifests"));
}

#[test]
fn a_broken_component_is_refused() {
    let place = Place::new();
    let mut file = guest::condition(MET);
    let manifest = file.len() - guest::manifest("condition").to_string().len();
    file[manifest / 2] ^= 0xff;
    assert_eq!(refused(&place, &file).code(), "plugin_does_not_compile");
}

#[test]
fn another_contract_is_named() {
    let place = Place::new();
    let newer = guest::contract().replace("1.0.0", "2.0.0");
    let component = guest::condition_component(&newer, "condition-plugin", "2.0.0", MET);
    let mut manifest = guest::manifest("condition");
    let lying = guest::with_manifest(component.clone(), &manifest);
    manifest["contract"] = json!("2.0.0");
    for file in [lying, guest::with_manifest(component, &manifest)] {
        let error = refused(&place, &file);
        assert_eq!(error.code(), "plugin_contract");
        let says = "the component is made for contract 2.0.0; this host offers 1.0.0";
        assert_eq!(error.to_string(), says);
    }
}

/// A condition made for contract 1.4.0, which added this, and which imports a function of an interface.
fn later(added: (&str, &str), import: (&str, &str)) -> Vec<u8> {
    let contract = guest::contract().replace("1.0.0", "1.4.0").replacen(added.0, added.1, 1);
    let module = format!(
        r#"(module
            (import "countersign:plugin/{}@1.4.0" "{}" (func $ask (param i32)))
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
            (func (export "countersign:plugin/condition@1.4.0#evaluate") (result i32)
                (call $ask (i32.const 512)) (i32.const 1024)))"#,
        import.0, import.1
    );
    let mut manifest = guest::manifest("condition");
    manifest["contract"] = json!("1.4.0");
    guest::with_manifest(guest::component(&contract, "condition-plugin", &module), &manifest)
}

#[test]
fn what_a_later_minor_added_is_named() {
    let place = Place::new();
    let id = "    id: func() -> string;\n";
    let delegate = "    id: func() -> string;\n    delegate: func() -> string;\n";
    let plugin = place.load(&later((id, delegate), ("request", "id")));
    let told = place.host.condition(&plugin, &call()).result.unwrap();
    assert_eq!(told, engine_core::extension::Verdict::Met, "what is not new runs");

    let base = "world base {";
    let moon = "interface moon { phase: func() -> string; }\nworld base { import moon;";
    for (added, import, uses) in [
        ((id, delegate), ("request", "delegate"), "request.delegate"),
        ((base, moon), ("moon", "phase"), "countersign:plugin/moon@1.4.0"),
    ] {
        let error = refused(&place, &later(added, import));
        assert_eq!(error.code(), "plugin_contract_newer");
        let says = format!(
            "the component uses `{uses}`, which contract 1.4.0 has; this host offers 1.0.0: it needs \
             a newer Countersign, or has to do without"
        );
        assert_eq!(error.to_string(), says);
    }
}

#[test]
fn a_missing_export_is_named() {
    let place = Place::new();
    let component = guest::component(&guest::contract(), "base", "(module)");
    let error = refused(&place, &guest::with_manifest(component, &guest::manifest("condition")));
    assert_eq!(error, LoadError::MissingExport(World::Condition));
    assert!(error.to_string().contains("does not export `condition`"));
}

#[test]
fn an_unknown_import_is_named() {
    let place = Place::new();
    let strange = format!(
        "{}\ninterface moon {{ phase: func() -> u32; }}\nworld lunatic {{ import moon; export condition; }}",
        guest::contract()
    );
    let module = r#"(module
        (import "countersign:plugin/moon@1.0.0" "phase" (func $phase (result i32)))
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
        (func (export "countersign:plugin/condition@1.0.0#evaluate") (result i32) (call $phase)))"#;
    let component = guest::component(&strange, "lunatic", module);
    let error = refused(&place, &guest::with_manifest(component, &guest::manifest("condition")));
    assert_eq!(error.code(), "plugin_unknown_import");
    assert!(error.to_string().contains("`countersign:plugin/moon@1.0.0`"), "{error}");
}

#[test]
fn a_start_that_never_ends_is_refused() {
    let place = Place::new();
    let module = r#"(module
        (memory (export "memory") 1)
        (func $start (loop (br 0)))
        (start $start)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
        (func (export "countersign:plugin/condition@1.0.0#evaluate") (result i32) (i32.const 0)))"#;
    let component = guest::component(&guest::contract(), "condition-plugin", module);
    let error = refused(&place, &guest::with_manifest(component, &guest::manifest("condition")));
    assert_eq!(error.code(), "plugin_does_not_start");
}

#[test]
fn a_good_plugin_tells_about_itself_and_is_found_compiled() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Host::open(options(&folder, HostLimits::default())).unwrap();
    let file = guest::condition(MET);
    let plugin = open().load(&file).unwrap();
    assert_eq!(plugin.manifest().name.as_str(), "guest");
    assert_eq!(plugin.size(), file.len());
    assert!(plugin.serves(World::Condition) && !plugin.serves(World::Executor));
    let imports: Vec<_> = plugin.imports().collect();
    assert!(imports.contains(&"countersign:plugin/request@1.0.0"), "{imports:?}");

    let compiled = folder.path().join("host/compiled");
    let entries = || std::fs::read_dir(&compiled).unwrap().count();
    assert_eq!(entries(), 3, "the key, the component and its authentication code");
    let again = open();
    let plugin = again.load(&file).unwrap();
    assert_eq!(entries(), 3);
    assert!(again.condition(&plugin, &call()).result.is_ok());
}
