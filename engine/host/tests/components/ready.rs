//! Interpreters whose instances were ready before they were asked.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use engine_core::extension::Verdict;
use engine_host::{Answer, Call, Limits};

use crate::{Place, call, guest};

const MET: &str = "(i32.const 1024)";
/// Met by the first call of an instance alone.
const COUNTS: &str = "
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (if (i32.ne (global.get $count) (i32.const 1)) (then unreachable))
    (drop (memory.grow (i32.const 1)))
    (i32.const 1024)";
const WAIT: Duration = Duration::from_secs(60);

fn limits() -> Limits {
    Limits { deadline: WAIT, ..Limits::condition().interpreted() }
}

fn with(limits: Limits) -> Call {
    Call { limits: Some(Arc::new(limits)), ..call() }
}

/// Waits for what is made beside the calls.
fn wait_for(place: &Place, ready: usize) {
    let until = Instant::now() + WAIT;
    while place.host.instances_ready() != ready {
        assert!(Instant::now() < until, "{} are ready", place.host.instances_ready());
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn an_instance_that_was_ready_is_as_any_other() {
    let place = Place::new();
    let plugin = place.load(&guest::heavy_condition(COUNTS));
    let ask = || {
        let Answer { result, trace } = place.host.condition(&plugin, &with(limits()));
        assert_eq!(result, Ok(Verdict::Met));
        (trace.fuel, trace.memory, trace.reads, trace.host_calls)
    };
    let first = ask();
    for _ in 0..3 {
        wait_for(&place, 1);
        assert_eq!(ask(), first);
    }
    // For a call that has to do with less it is made anew.
    for less in [Limits { memory: 33 << 16, ..limits() }, Limits { fuel: 1, ..limits() }] {
        wait_for(&place, 1);
        let failed = place.host.condition(&plugin, &with(less.clone()));
        assert!(failed.result.is_err(), "{less:?}");
    }
    wait_for(&place, 1);
    assert_eq!(ask(), first);
}

#[test]
fn another_version_finds_nothing_ready() {
    let place = Place::new();
    let met = place.load(&guest::heavy_condition(MET));
    let traps = place.load(&guest::heavy_condition("unreachable"));
    assert_eq!(place.host.condition(&met, &with(limits())).result, Ok(Verdict::Met));
    wait_for(&place, 1);
    place.host.condition(&traps, &with(limits())).result.unwrap_err();
    wait_for(&place, 2);
    place.host.condition(&traps, &with(limits())).result.unwrap_err();
    assert_eq!(place.host.condition(&met, &with(limits())).result, Ok(Verdict::Met));
}

/// What a start asks for belongs to the call that it starts for.
#[test]
fn what_asks_at_its_start_is_made_for_its_call() {
    let place = Place::new();
    let plugin = place.load(&guest::heavy_condition_that_starts("(drop (call $rule_version))"));
    let ready = place.load(&guest::heavy_condition(MET));
    for _ in 0..2 {
        let answer = place.host.condition(&plugin, &with(limits()));
        assert_eq!((answer.result, answer.trace.host_calls), (Ok(Verdict::Met), 1));
    }
    assert_eq!(place.host.condition(&ready, &with(limits())).result, Ok(Verdict::Met));
    // What came before it was done before it.
    wait_for(&place, 1);
    assert_eq!(place.host.condition(&ready, &with(limits())).result, Ok(Verdict::Met));
}
