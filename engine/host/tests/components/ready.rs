//! Interpreters whose instances were ready before they were asked.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use engine_core::extension::{FailureClass, Verdict};
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
    while place.host.instances_ready().0 != ready {
        assert!(Instant::now() < until, "{:?} are ready", place.host.instances_ready());
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
    let used = || place.host.instances_ready().1;
    let first = ask();
    for times in 1..4 {
        wait_for(&place, 1);
        assert_eq!((ask(), used()), (first.clone(), times));
    }
    // For one that may use other memory it is made anew, and nothing is made for the next.
    wait_for(&place, 1);
    let other = with(Limits { memory: limits().memory - 1, ..limits() });
    for _ in 0..2 {
        let Answer { result, trace } = place.host.condition(&plugin, &other);
        assert_eq!(result, Ok(Verdict::Met));
        assert_eq!((trace.fuel, trace.memory), (first.0, first.1));
        assert_eq!(place.host.instances_ready(), (1, 3));
    }
    // What its start took counts.
    let little = with(Limits { fuel: 1, ..limits() });
    let failure = place.host.condition(&plugin, &little).result.unwrap_err();
    assert_eq!(failure.class, FailureClass::Fuel);
    wait_for(&place, 1);
    assert_eq!(ask(), first);
}

/// Everybody's places together are no more than there are: what is ready gives way.
#[test]
fn many_at_once_are_all_answered() {
    let place = Place::new();
    let plugin = place.load(&guest::heavy_condition(COUNTS));
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let answer = place.host.condition(&plugin, &with(limits()));
                    assert_eq!(answer.result, Ok(Verdict::Met));
                }
            });
        }
    });
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
    // Until what came before is done, nothing more is made.
    let until = Instant::now() + WAIT;
    while place.host.instances_ready().1 == 0 {
        assert!(Instant::now() < until, "{:?} are ready", place.host.instances_ready());
        assert_eq!(place.host.condition(&ready, &with(limits())).result, Ok(Verdict::Met));
        // While calls follow each other there is no time for it.
        thread::sleep(Duration::from_millis(5));
    }
    let used = place.host.instances_ready().1;
    for _ in 0..3 {
        let answer = place.host.condition(&plugin, &with(limits()));
        assert_eq!((answer.result, answer.trace.host_calls), (Ok(Verdict::Met), 1));
    }
    assert_eq!(place.host.instances_ready().1, used, "none was ready of the other");
}
