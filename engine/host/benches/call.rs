//! What a call costs through the host, beside the same call on the bare machine with the same
//! settings: the goal is within twice as much.
//!
//! The component reads six facts of the request and answers `met`. One script compares three properties; one
//! multiplies two decimals too: of a request with fifteen properties and more, at most 5 µs, 200,000 in a second on
//! one core. Another reads fifteen, one after the other. Every call of a component is in a fresh instance. One condition in JavaScript (QuickJS: at most 200 µs) and
//! one in Python (1.5 ms) compare an amount with a limit: in instances that were ready, in such that are made for
//! the call, and one call after the other.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench that cannot go on ends by a panic"
)]
#![expect(clippy::print_stdout, reason = "what is measured once is told at once")]

#[path = "shared/bare.rs"]
mod bare;
#[path = "../tests/components/guest.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod guest;
#[path = "shared/host.rs"]
mod shared;
#[path = "shared/spread.rs"]
mod spread;

use std::{
    hint::black_box,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use criterion::{BatchSize, Criterion, SamplingMode, criterion_group, criterion_main};
use engine_connect::Connections;
use engine_core::{
    extension::{ConfigValue, Facts, Verdict},
    value::Value,
};
use engine_host::{Call, Host, Limits, World};
use rhai::{Dynamic, ImmutableString, Scope};
use wasmtime::{
    Engine, StoreLimits,
    component::{Component, ComponentExportIndex, InstancePre, Linker, Val},
};

use self::spread::percentiles;

/// For percentiles, of calls of microseconds and of milliseconds.
const CALLS: usize = 50_000;
const SLOW_CALLS: usize = 2_000;
const READS: &str = "
    (drop (call $rule_version)) (drop (call $rule_version)) (drop (call $rule_version))
    (drop (call $rule_version)) (drop (call $rule_version)) (drop (call $rule_version))
    (i32.const 1024)";
const SCRIPT: &str = "request.amount > 100 && request.department == \"finance\" && \
                      (request.urgent || \"capex\" in request.tags)";
const DECIMALS: &str = "request.price * request.rate > request.ceiling && \
                        request.department == \"finance\" && \
                        (request.urgent || \"capex\" in request.tags)";
/// What is asked one after the other.
const PROPERTIES: usize = 15;

/// `request.p0 < 1000 && request.p1 < 1001 && …`: every property is read.
fn expression() -> String {
    let each = |n: usize| format!("request.p{n} < {}", 1_000 + n);
    (0..PROPERTIES).map(each).collect::<Vec<_>>().join(" && ")
}

fn call() -> Call {
    let numbers = (0..PROPERTIES).map(|n| (format!("p{n}"), Value::Number(900)));
    let tags = Value::List(vec![Value::Text("it".into()), Value::Text("capex".into())]);
    let properties = [
        ("amount".to_owned(), Value::Number(900)),
        ("department".to_owned(), Value::Choice("finance".into())),
        ("tags".to_owned(), tags),
        ("price".to_owned(), Value::Decimal(shared::id("1200.50"))),
        ("rate".to_owned(), Value::Decimal(shared::id("1.0825"))),
        ("ceiling".to_owned(), Value::Decimal(shared::id("900"))),
    ];
    shared::call(numbers.chain(properties))
}

fn host(folder: &tempfile::TempDir) -> Host {
    shared::host(folder, Connections::default())
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
    let mut store = bare::store(engine);
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
    let engine = bare::engine();
    let bare = bare_component(&engine, &file);
    let mut group = criterion.benchmark_group("component");
    group.bench_function("bare", |b| b.iter(|| assert!(bare_call(&engine, &bare))));
    group.bench_function("host", |b| {
        b.iter(|| assert_eq!(host.condition(&plugin, black_box(&call)).result, Ok(Verdict::Met)));
    });
    group.finish();
    percentiles("component/bare", CALLS, || assert!(bare_call(&engine, &bare)));
    percentiles("component/host", CALLS, || {
        assert_eq!(host.condition(&plugin, &call).result, Ok(Verdict::Met));
    });
}

/// The template of a condition in JavaScript and in Python, made by `cargo xtask bench`: a call, and the way from the
/// file to a plugin that can be asked, which one core compiles, as in an engine (at most 3 s and 15 s).
fn interpreted(criterion: &mut Criterion) {
    let components = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder);
    let call = call();
    let amount = Value::Money(shared::id("900 EUR"));
    let facts =
        Facts { properties: [(shared::id("amount"), amount)].into(), ..(*call.facts).clone() };
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
        let ask = |call: &Call| {
            assert_eq!(host.condition(&plugin, black_box(call)).result, Ok(Verdict::Met));
        };
        group.bench_function(language, |b| {
            ask(&call);
            b.iter_custom(|times| (0..times).map(|_| once_ready(&host, || ask(&call))).sum());
        });
        group.bench_function(format!("{language}, one after the other"), |b| {
            b.iter(|| ask(&call));
        });
        percentiles(&format!("{language}, one after the other"), SLOW_CALLS, || ask(&call));
        group.bench_function(format!("{language}, made for the call"), |b| {
            // With another limit of its memory, an instance that is ready is not the one.
            let usual = host.usual_limits(&plugin, World::Condition);
            let limits = Limits { memory: usual.memory - 1, ..usual.clone() };
            let call = Call { limits: Some(Arc::new(limits)), ..call.clone() };
            b.iter(|| ask(&call));
        });
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
        group.bench_function(format!("{language}, ready"), |b| {
            b.iter_batched(
                || another(&file),
                |file| host.load(&file).unwrap(),
                BatchSize::PerIteration,
            );
        });
        group.sample_size(100).sampling_mode(SamplingMode::Auto);
    }
    group.finish();
}

/// How long something takes when an instance is ready, as in an engine in which calls do not follow each other
/// at once.
fn once_ready(host: &Host, ask: impl FnOnce()) -> Duration {
    while host.instances_ready().0 == 0 {
        thread::sleep(Duration::from_micros(100));
    }
    let since = Instant::now();
    ask();
    since.elapsed()
}

/// The same component as another file, so that it is not found in the cache.
fn another(file: &[u8]) -> Vec<u8> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    [file, &[0, 6, 1, b'n'], &number.to_be_bytes()].concat()
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
            Some(Value::Decimal(decimal)) => Dynamic::from_decimal(*decimal),
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
    script(criterion, "decimals", DECIMALS);
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
    let bare = || {
        let mut scope = Scope::new();
        scope.push("request", Request(Arc::clone(&call.facts)));
        assert!(engine.eval_ast_with_scope::<bool>(&mut scope, black_box(&ast)).unwrap());
    };
    let ask = || {
        assert_eq!(host.script_condition(&script, black_box(&call)).result, Ok(Verdict::Met));
    };
    group.bench_function("bare", |b| b.iter(bare));
    group.bench_function("host", |b| b.iter(ask));
    group.finish();
    percentiles(&format!("{name}/bare"), CALLS, bare);
    percentiles(&format!("{name}/host"), CALLS, ask);
}

criterion_group!(benches, components, interpreted, scripts);
criterion_main!(benches);
