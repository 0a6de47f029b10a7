//! What a call costs through the host, beside the same call on the bare machine with the same
//! settings: the goal is within twice as much.
//!
//! The component reads six facts of the request and answers `met`; one script compares three
//! properties, another all fifteen, in one expression: at most 5 µs, 200,000 in a second on one core.
//! Every call of a component is in a fresh instance. One condition in JavaScript (QuickJS: at most 200 µs) and
//! one in Python (1.5 ms) compare an amount with a limit.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench that cannot go on ends by a panic")]

#[path = "../tests/components/guest.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod guest;

use std::{collections::BTreeMap, hint::black_box, path::Path, sync::Arc};

use criterion::{Criterion, criterion_group, criterion_main};
use engine_core::{
    directory::Directory,
    extension::{ConfigValue, Facts, Verdict},
    value::Value,
};
use engine_host::{Call, Host, HostLimits, HostOptions};
use rhai::{Dynamic, ImmutableString, Scope};
use wasmtime::{
    Config, Enabled, Engine, PoolingAllocationConfig, Store, StoreLimits, StoreLimitsBuilder,
    component::{Component, ComponentExportIndex, InstancePre, Linker, Val},
};

const READS: &str = "
    (drop (call $rule_version)) (drop (call $rule_version)) (drop (call $rule_version))
    (drop (call $rule_version)) (drop (call $rule_version)) (drop (call $rule_version))
    (i32.const 1024)";
const SCRIPT: &str = "request.amount > 100 && request.department == \"finance\" && \
                      (request.urgent || \"capex\" in request.tags)";
/// What a rule of fifteen properties asks, one after the other.
const PROPERTIES: usize = 15;
const FUEL: u64 = 20_000_000;

fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

/// `request.p0 < 1000 && request.p1 < 1001 && …`: every property is read.
fn expression() -> String {
    let each = |n: usize| format!("request.p{n} < {}", 1_000 + n);
    (0..PROPERTIES).map(each).collect::<Vec<_>>().join(" && ")
}

fn call() -> Call {
    let numbers = (0..PROPERTIES).map(|n| (id(&format!("p{n}")), Value::Number(900)));
    let tags = Value::List(vec![Value::Text("it".into()), Value::Text("capex".into())]);
    let properties = [
        (id("amount"), Value::Number(900)),
        (id("department"), Value::Choice("finance".into())),
        (id("tags"), tags),
    ];
    let facts = Facts {
        organization: id("acme"),
        request: id("r1"),
        rule: id("capex"),
        rule_version: 3,
        kind: id("spend"),
        step: None,
        requester: id("u-ann"),
        target_users: vec![],
        urgent: false,
        title: "A desk".into(),
        reason: "The old one broke".into(),
        properties: numbers.chain(properties).collect(),
        items: vec![],
        now: id("2026-03-06T22:30:00Z"),
    };
    Call::new(Arc::new(facts), Arc::new(Directory::default()))
}

fn host(folder: &tempfile::TempDir) -> Host {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let blobs = runtime.block_on(engine_connect::Blobs::open(folder.path().join("blobs")));
    Host::open(HostOptions {
        folder: folder.path().join("host"),
        limits: HostLimits::default(),
        connections: engine_connect::Connections::default(),
        blobs: blobs.unwrap(),
        http: engine_connect::Http::default(),
        secrets: BTreeMap::new(),
        lookups: BTreeMap::new(),
    })
    .unwrap()
}

/// The settings of `machine.rs`.
fn bare_engine() -> Engine {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(128)
        .total_core_instances(4_096)
        .total_memories(256)
        .total_tables(1_024)
        .total_stacks(128)
        .max_memory_size(64 << 20)
        .table_elements(20_000)
        .max_core_instances_per_component(200)
        .max_tables_per_component(200)
        .max_memories_per_component(16)
        .linear_memory_keep_resident(2 << 20)
        .table_keep_resident(64 << 10)
        .pagemap_scan(Enabled::Auto);
    let mut config = Config::new();
    config
        .allocation_strategy(pool)
        .consume_fuel(true)
        .epoch_interruption(true)
        .concurrency_support(false)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .max_wasm_stack(512 * 1024);
    Engine::new(&config).unwrap()
}

/// A component, ready to be instantiated, and where its function is.
struct Bare {
    linked: InstancePre<StoreLimits>,
    evaluate: ComponentExportIndex,
}

fn bare_component(engine: &Engine, file: &[u8]) -> Bare {
    let component = Component::from_binary(engine, file).unwrap();
    let mut linker = Linker::new(engine);
    linker.define_unknown_imports_as_traps(&component).unwrap();
    // What is never called stands as a trap; the one function that is stands beside it.
    linker.allow_shadowing(true);
    let mut request = linker.instance("countersign:plugin/request@1.0.0").unwrap();
    request.func_wrap("rule-version", |_, (): ()| Ok((3_u32,))).unwrap();
    let interface = "countersign:plugin/condition@1.0.0";
    let interface = component.get_export_index(None, interface).unwrap();
    let evaluate = component.get_export_index(Some(&interface), "evaluate").unwrap();
    Bare { linked: linker.instantiate_pre(&component).unwrap(), evaluate }
}

fn bare_call(engine: &Engine, bare: &Bare) -> bool {
    let limits = StoreLimitsBuilder::new().memory_size(16 << 20).build();
    let mut store = Store::new(engine, limits);
    store.limiter(|limits| limits);
    store.set_fuel(FUEL).unwrap();
    store.set_epoch_deadline(1_000_000);
    let instance = bare.linked.instantiate(&mut store).unwrap();
    let evaluate = instance.get_func(&mut store, bare.evaluate).unwrap();
    let mut answer = [Val::Bool(false)];
    evaluate.call(&mut store, &[], &mut answer).unwrap();
    matches!(&answer[0], Val::Result(Ok(_)))
}

fn components(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let (host, call, file) = (host(&folder), call(), guest::condition(READS));
    let plugin = host.load(&file).unwrap();
    let engine = bare_engine();
    let bare = bare_component(&engine, &file);
    let mut group = criterion.benchmark_group("component");
    group.bench_function("bare", |b| b.iter(|| assert!(bare_call(&engine, &bare))));
    group.bench_function("host", |b| {
        b.iter(|| assert_eq!(host.condition(&plugin, black_box(&call)).result, Ok(Verdict::Met)));
    });
    group.finish();
}

/// The template of a condition in JavaScript and in Python, made by `cargo xtask bench`.
fn interpreted(criterion: &mut Criterion) {
    let components = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder);
    let call = call();
    let amount = Value::Money(id("900 EUR"));
    let facts = Facts { properties: [(id("amount"), amount)].into(), ..(*call.facts).clone() };
    let limit = ConfigValue::Json("1000 EUR".into());
    let config = Arc::new([("limit".to_owned(), limit)].into());
    let call = Call { facts: Arc::new(facts), config, ..call };
    let mut group = criterion.benchmark_group("interpreted");
    for language in ["js", "python"] {
        let file = components.join(format!("{language}.wasm"));
        let file = std::fs::read(&file).unwrap_or_else(|error| {
            panic!("{}: {error}; run `cargo xtask bench call`", file.display())
        });
        let plugin = host.load(&file).unwrap();
        group.bench_function(language, |b| {
            b.iter(|| {
                assert_eq!(host.condition(&plugin, black_box(&call)).result, Ok(Verdict::Met));
            });
        });
    }
    group.finish();
}

/// The request of the bare interpreter.
#[derive(Clone)]
struct Request(Arc<Facts>);

#[expect(clippy::needless_pass_by_value, reason = "the interpreter hands names over by value")]
fn property(request: &mut Request, name: ImmutableString) -> Dynamic {
    match name.as_str() {
        "urgent" => request.0.urgent.into(),
        name => match request.0.properties.get(name) {
            Some(Value::Number(number)) => (*number).into(),
            Some(Value::Choice(choice)) => choice.clone().into(),
            Some(Value::List(values)) => values
                .iter()
                .map(|value| Dynamic::from(value.to_string()))
                .collect::<Vec<_>>()
                .into(),
            _ => Dynamic::UNIT,
        },
    }
}

fn scripts(criterion: &mut Criterion) {
    script(criterion, "script", SCRIPT);
    script(criterion, "expression", &expression());
}

fn script(criterion: &mut Criterion, name: &str, text: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (host, call) = (host(&folder), call());
    let script = host.compile_script(text).unwrap();
    let mut engine = rhai::Engine::new();
    engine.register_type::<Request>().register_indexer_get(property);
    let ast = engine.compile(text).unwrap();
    let mut group = criterion.benchmark_group(name);
    group.bench_function("bare", |b| {
        b.iter(|| {
            let mut scope = Scope::new();
            scope.push("request", Request(Arc::clone(&call.facts)));
            assert!(engine.eval_ast_with_scope::<bool>(&mut scope, black_box(&ast)).unwrap());
        });
    });
    group.bench_function("host", |b| {
        b.iter(|| {
            assert_eq!(host.script_condition(&script, black_box(&call)).result, Ok(Verdict::Met));
        });
    });
    group.finish();
}

criterion_group!(benches, components, interpreted, scripts);
criterion_main!(benches);
