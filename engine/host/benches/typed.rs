//! A condition written in Rust with the SDK, as plugins are: `examples/frugal`, which reads its settings
//! and an amount and compares two decimals. Beside the bare machine with the same pool, whose functions
//! answer the same without looking anything up.
//!
//! Criterion measures one call at a time. What follows it is printed once: percentiles, calls per
//! second on one thread and on two, what a call of the host costs, what installing takes, and the
//! memory while a million instances come and go.
//!
//! `cargo xtask build` first.

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

use std::{hint::black_box, path::Path, sync::Arc, thread, time::Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use engine_connect::Connections;
use engine_core::{
    extension::{ConfigValue, Verdict},
    value::Value,
};
use engine_host::{
    Answer, Answered, Asked, Call, Capsule, Host, LimitChanges, Limits, Plugin, World,
};
use wasmtime::{
    Engine, StoreLimits,
    component::{Component, ComponentExportIndex, InstancePre, Linker, Val},
};

use self::spread::percentiles;

const CALLS: usize = 100_000;
const SOAK: usize = 1_000_000;

fn frugal() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/examples/frugal.wasm");
    std::fs::read(&path)
        .unwrap_or_else(|_| panic!("no plugin at `{}`: run `cargo xtask build`", path.display()))
}

fn call() -> Call {
    let limit = ConfigValue::Json("1000.00 EUR".into());
    Call {
        config: Arc::new([("limit".to_owned(), limit)].into()),
        ..shared::call([("amount".to_owned(), Value::Money(shared::id("900.00 EUR")))])
    }
}

fn host(folder: &tempfile::TempDir) -> Host {
    shared::host(folder, Connections::default())
}

/// The component, ready to be instantiated, and where its function is.
struct Bare {
    engine: Engine,
    linked: InstancePre<StoreLimits>,
    evaluate: ComponentExportIndex,
}

fn money(amount: &str) -> Val {
    let field = |name: &str, value: &str| (name.to_owned(), Val::String(value.to_owned()));
    Val::Record(vec![field("amount", amount), field("currency", "EUR")])
}

impl Bare {
    fn new(file: &[u8]) -> Self {
        let engine = bare::engine();
        let component = Component::from_binary(&engine, file).unwrap();
        let mut linker = Linker::new(&engine);
        linker.define_unknown_imports_as_traps(&component).unwrap();
        linker.allow_shadowing(true);
        let mut config = linker.instance("countersign:plugin/config@1.0.0").unwrap();
        let text = "{\"limit\":\"1000.00 EUR\"}";
        config.func_wrap("json", move |_, (): ()| Ok((text.to_owned(),))).unwrap();
        let mut request = linker.instance("countersign:plugin/request@1.0.0").unwrap();
        let amount = Val::Variant("money".to_owned(), Some(Box::new(money("900.00"))));
        let amount = Val::Variant("one".to_owned(), Some(Box::new(amount)));
        let amount = Val::Option(Some(Box::new(amount)));
        let answered = |results: &mut [Val], value: &Val| {
            results.iter_mut().for_each(|result| *result = value.clone());
            Ok(())
        };
        request.func_new("get", move |_, _, _, results| answered(results, &amount)).unwrap();
        let less = Val::Result(Ok(Some(Box::new(Val::Enum("less".to_owned())))));
        request.func_new("compare", move |_, _, _, results| answered(results, &less)).unwrap();
        let interface = "countersign:plugin/condition@1.0.0";
        let interface = component.get_export_index(None, interface).unwrap();
        let evaluate = component.get_export_index(Some(&interface), "evaluate").unwrap();
        Self { linked: linker.instantiate_pre(&component).unwrap(), evaluate, engine }
    }

    fn call(&self) {
        let mut store = bare::store(&self.engine);
        let instance = self.linked.instantiate(&mut store).unwrap();
        let evaluate = instance.get_func(&mut store, self.evaluate).unwrap();
        let mut answer = [Val::Bool(false)];
        evaluate.call(&mut store, &[], &mut answer).unwrap();
        assert!(matches!(&answer[0], Val::Result(Ok(_))), "{answer:?}");
    }
}

fn ask(host: &Host, plugin: &Plugin, call: &Call) -> Answer<Verdict> {
    let answer = host.condition(plugin, black_box(call));
    assert_eq!(answer.result, Ok(Verdict::Met));
    answer
}

/// With everything that the recorder of capsules does, on the same thread: in the engine a thread of
/// its own writes them.
fn recorded(host: &Host, plugin: &Plugin, call: &Call) -> usize {
    let Answer { result, trace } = ask(host, plugin, call);
    let limits = LimitChanges::default();
    let (digest, world) = (plugin.digest(), World::Condition);
    let asked = Asked { plugin: "frugal", digest, world, limits };
    let answer = Answer { result: result.map(Answered::Verdict), trace };
    Capsule::of(&asked, call, answer).sealed().unwrap().1.len()
}

/// What the thread that asks does for the recorder of capsules.
fn handed_over(host: &Host, plugin: &Plugin, call: &Call) -> (Call, Answer<Answered>) {
    let answer = ask(host, plugin, call);
    let result = answer.result.clone().map(Answered::Verdict);
    (call.clone(), Answer { result, trace: answer.trace.clone() })
}

fn typed(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let (host, call, file) = (host(&folder), call(), frugal());
    let (plugin, bare) = (host.load(&file).unwrap(), Bare::new(&file));
    let mut group = criterion.benchmark_group("typed");
    group.bench_function("bare", |b| b.iter(|| bare.call()));
    group.bench_function("host", |b| b.iter(|| ask(&host, &plugin, &call)));
    group.bench_function("host, capsule handed over", |b| {
        b.iter(|| handed_over(&host, &plugin, &call));
    });
    group.bench_function("host, capsule sealed here", |b| {
        b.iter(|| recorded(&host, &plugin, &call));
    });
    group.finish();
    percentiles("bare", CALLS, || bare.call());
    percentiles("host, capsule handed over", CALLS, || drop(handed_over(&host, &plugin, &call)));
    threads("bare", || bare.call());
    threads("host, capsule handed over", || drop(handed_over(&host, &plugin, &call)));
    soak(&host, &plugin, &call);
}

fn threads(name: &str, work: impl Fn() + Sync) {
    let many = |threads: usize| {
        let start = Instant::now();
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| (0..CALLS).for_each(|_| work()));
            }
        });
        (threads * CALLS) as f64 / start.elapsed().as_secs_f64()
    };
    let (one, two) = (many(1), many(2));
    println!("{name}: {one:.0} a second on one thread, {two:.0} on two ({:.2})", two / one);
}

/// The memory of this process, in MiB.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok());
    pages.unwrap_or(f64::NAN) * 4_096.0 / f64::from(1 << 20)
}

fn soak(host: &Host, plugin: &Plugin, call: &Call) {
    let tenth = || (0..SOAK / 10).for_each(|_| drop(ask(host, plugin, call)));
    tenth();
    let first = resident();
    let most = (1..10).map(|_| {
        tenth();
        resident()
    });
    let most = most.fold(first, f64::max);
    println!("soak: {first:.1} MiB after 100,000 instances, at most {most:.1} MiB up to 1,000,000");
}

/// What a call of the host costs: the difference between many and none, in one call of a component.
fn host_call(criterion: &mut Criterion) {
    const MANY: usize = 200;
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder);
    let limits = Limits { host_calls: 10_000, ..Limits::condition() };
    let call = Call { limits: Some(Arc::new(limits)), ..call() };
    let body = |calls: usize| {
        let reads = "(drop (call $rule_version))".repeat(calls);
        format!("{reads} (i32.const 1024)")
    };
    let mut group = criterion.benchmark_group("host calls");
    for calls in [0, MANY] {
        let plugin = host.load(&guest::condition(&body(calls))).unwrap();
        group.bench_function(calls.to_string(), |b| b.iter(|| ask(&host, &plugin, &call)));
    }
    group.finish();
}

/// From the bytes of a file to a plugin that can be asked, with nothing in the cache.
fn install(criterion: &mut Criterion) {
    let file = frugal();
    let mut note = 0_u32;
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder);
    let mut group = criterion.benchmark_group("install");
    group.sample_size(10);
    group.bench_function("rust", |b| {
        b.iter(|| {
            note += 1;
            let section = [&[0, 6, 1, b'n'][..], &note.to_be_bytes()].concat();
            host.load(&[&file[..], &section].concat()).unwrap()
        });
    });
    group.finish();
}

criterion_group!(benches, typed, host_call, install);
criterion_main!(benches);
