//! Plugins that loop, grow, stop, lie and pry: each gets its class, and nobody else notices.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use engine_core::extension::{FailureClass, Verdict};
use engine_host::{Call, HostLimits, Limits};

use crate::{Place, call, guest};

const LOOP: &str = "(loop (br 0)) unreachable";

/// CND-3
#[test]
fn a_condition_is_met_or_unmet_with_a_message() {
    let place = Place::new();
    let met = place.condition("(i32.const 1024)");
    assert_eq!(met.result, Ok(Verdict::Met));
    assert!(met.trace.fuel > 0 && met.trace.memory == 2 * 65536);
    let unmet =
        place.condition("(call $unmet (i32.const 64) (i32.const 4) (i32.const 64) (i32.const 4))");
    let Ok(Verdict::Unmet(message)) = unmet.result else { panic!("{unmet:?}") };
    assert_eq!((message.code.as_str(), message.text.as_str()), ("seen", "seen"));
    assert!(matches!(
        place.condition("(call $rule_version) drop (i32.const 1024)").result,
        Ok(Verdict::Met)
    ));
}

#[test]
fn what_hostile_plugins_do_has_a_class() {
    let place = Place::new();
    let grow = "(loop (drop (memory.grow (i32.const 16))) (br 0)) unreachable";
    let flood = "(loop (drop (call $rule_version)) (br 0)) unreachable";
    for (body, class) in [
        (LOOP, FailureClass::Fuel),
        ("(call $recurse (i32.const 0))", FailureClass::Memory),
        (grow, FailureClass::Memory),
        ("unreachable", FailureClass::Trap),
        ("(i32.div_u (i32.const 1) (i32.const 0))", FailureClass::Trap),
        ("(i32.load (i32.const 0x7fffffff))", FailureClass::Trap),
        (flood, FailureClass::HostCalls),
        // Answers outside the memory, at an odd address, of no known case, in no UTF-8, without end.
        ("(i32.const 0x7ffffffc)", FailureClass::BadOutput),
        ("(i32.const 1025)", FailureClass::BadOutput),
        ("(i32.store8 (i32.const 1028) (i32.const 9)) (i32.const 1024)", FailureClass::BadOutput),
        (
            "(call $unmet (i32.const 64) (i32.const 4) (i32.const 96) (i32.const 3))",
            FailureClass::BadOutput,
        ),
        (
            "(call $unmet (i32.const 64) (i32.const 4) (i32.const 64) (i32.const -1))",
            FailureClass::BadOutput,
        ),
        (
            "(call $unmet (i32.const 48) (i32.const 10) (i32.const 64) (i32.const 4))",
            FailureClass::BadOutput,
        ),
        (
            "(call $unmet (i32.const 64) (i32.const 4) (i32.const 64) (i32.const 0))",
            FailureClass::BadOutput,
        ),
        (
            "(call $unmet (i32.const 64) (i32.const 4) (i32.const 64) (i32.const 5000))",
            FailureClass::BadOutput,
        ),
    ] {
        let failure = place.failure(body);
        assert_eq!(failure.class, class, "{body}: {failure:?}");
        assert!(!failure.message.is_empty());
    }
}

#[test]
fn a_trap_tells_the_administrator_where() {
    let failure = Place::new().failure("unreachable");
    let detail = failure.detail.unwrap();
    assert!(detail.contains("wasm backtrace"), "{detail}");
}

#[test]
fn too_much_passed_to_the_host_ends_the_call() {
    let place = Place::new();
    let body = "(call $log (i32.const 1) (i32.const 0) (i32.const 100000) (i32.const 0) (i32.const 0)) (i32.const 1024)";
    let plugin = place.load(&guest::condition(body));
    let limits = Limits {
        host_call_bytes: 50_000,
        deadline: Duration::from_secs(60),
        ..Limits::condition()
    };
    let call = Call { limits: Some(Arc::new(limits)), ..call() };
    let answer = place.host.condition(&plugin, &call);
    assert_eq!(answer.result.unwrap_err().class, FailureClass::HostCalls);
}

#[test]
fn the_deadline_ends_what_has_fuel_left() {
    let limits = HostLimits {
        condition: Limits {
            fuel: u64::MAX / 2,
            deadline: Duration::from_millis(30),
            ..Limits::condition()
        },
        ..HostLimits::default()
    };
    let place = Place::with(limits);
    let start = Instant::now();
    assert_eq!(place.failure(LOOP).class, FailureClass::Deadline);
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn reads_are_recorded_and_undeclared_ones_refused() {
    let place = Place::new();
    let read = |at: u32| {
        format!("(call $get (i32.const {at}) (i32.const 6) (i32.const 2048)) (i32.const 1024)")
    };
    let answer = place.condition(&read(16));
    assert_eq!(answer.result, Ok(Verdict::Met));
    assert_eq!(answer.trace.reads.words(), BTreeSet::from(["request.amount".to_owned()]));
    assert_eq!(answer.trace.host_calls, 1);
    let failure = place.failure(&read(32));
    assert_eq!(failure.class, FailureClass::Contract);
    assert!(failure.message.contains("the property `salary`"), "{failure:?}");
}

#[test]
fn the_log_is_kept_and_cut() {
    let place = Place::new();
    let log = "(call $log (i32.const 2) (i32.const 64) (i32.const 4) (i32.const 0) (i32.const 0))";
    let answer = place.condition(&format!("{} (i32.const 1024)", log.repeat(40)));
    assert_eq!(answer.result, Ok(Verdict::Met));
    assert_eq!(answer.trace.log.len(), Limits::condition().log_lines);
    assert_eq!(answer.trace.log[0].message, "seen");
    assert!(answer.trace.log_cut);
}

#[test]
fn the_system_refuses_and_is_named() {
    let place = Place::new();
    let nosy = format!(
        "{}\npackage wasi:cli@0.2.6 {{ interface exit {{ exit: func(code: u32); }} }}\nworld nosy {{ import wasi:cli/exit@0.2.6; export condition; }}",
        guest::contract()
    );
    let module = r#"(module
        (import "wasi:cli/exit@0.2.6" "exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
        (func (export "countersign:plugin/condition@1.0.0#evaluate") (result i32)
            (call $exit (i32.const 0)) (i32.const 0)))"#;
    let component = guest::component(&nosy, "nosy", module);
    let plugin = place.load(&guest::with_manifest(component, &guest::manifest("condition")));
    let answer = place.host.condition(&plugin, &call());
    let failure = answer.result.unwrap_err();
    assert_eq!(failure.class, FailureClass::Denied);
    assert!(failure.message.contains("`wasi:cli/exit@0.2.6#exit`"), "{failure:?}");
    assert_eq!(answer.trace.denials[0].capability, "wasi:cli/exit@0.2.6#exit");
}

/// A fresh instance never sees the data of one before it: neither globals, nor the first page, nor
/// pages it grew, whichever of the same or another plugin ran in its place.
#[test]
fn nothing_is_left_for_the_next_instance() {
    let place = Place::new();
    let leaves = "
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (if (i32.ne (global.get $count) (i32.const 1)) (then unreachable))
        (drop (memory.grow (i32.const 60)))
        (local.set $i (i32.const 4096))
        (loop $write
            (i32.store (local.get $i) (i32.const 0x5ec2e75a))
            (local.set $i (i32.add (local.get $i) (i32.const 4096)))
            (br_if $write (i32.lt_u (local.get $i) (i32.const 4000000))))
        (i32.const 1024)";
    let looks = "
        (drop (memory.grow (i32.const 60)))
        (local.set $i (i32.const 4096))
        (loop $read
            (if (i32.load (local.get $i)) (then unreachable))
            (local.set $i (i32.add (local.get $i) (i32.const 512)))
            (br_if $read (i32.lt_u (local.get $i) (i32.const 4000000))))
        (i32.const 1024)";
    let (leaves, looks) =
        (place.load(&guest::condition(leaves)), place.load(&guest::condition(looks)));
    for _ in 0..100 {
        assert_eq!(place.host.condition(&leaves, &call()).result, Ok(Verdict::Met));
        assert_eq!(place.host.condition(&looks, &call()).result, Ok(Verdict::Met));
    }
}

#[test]
fn others_go_on_while_one_loops() {
    let place = Place::new();
    let looping = place.load(&guest::condition(LOOP));
    let quick = place.load(&guest::condition("(i32.const 1024)"));
    let patient =
        Limits { fuel: u64::MAX / 2, deadline: Duration::from_millis(400), ..Limits::condition() };
    let patient = Call { limits: Some(Arc::new(patient)), ..call() };
    std::thread::scope(|scope| {
        let start = Instant::now();
        let loops = scope.spawn(|| place.host.condition(&looping, &patient));
        let mut answered = 0;
        while start.elapsed() < Duration::from_millis(200) {
            assert_eq!(place.host.condition(&quick, &call()).result, Ok(Verdict::Met));
            answered += 1;
        }
        assert!(answered > 10, "{answered}");
        assert_eq!(loops.join().unwrap().result.unwrap_err().class, FailureClass::Deadline);
    });
}

#[test]
fn no_free_place_is_busy_and_not_the_plugins_fault() {
    let place = Place::with(HostLimits { concurrent_questions: 0, ..HostLimits::default() });
    let failure = place.failure("(i32.const 1024)");
    assert_eq!(failure.class, FailureClass::Busy);
    assert!(failure.class.is_retryable());
}

#[test]
fn a_world_that_is_not_served_is_no_answer() {
    let place = Place::new();
    let plugin = place.load(&guest::condition("(i32.const 1024)"));
    let failure = place.host.approvers(&plugin, &call()).result.unwrap_err();
    assert_eq!(failure.class, FailureClass::Contract);
}

#[tokio::test]
async fn a_looping_executor_yields_and_is_ended() {
    let place = Place::new();
    let looping = place.load(&guest::executor(LOOP));
    let limits =
        Limits { fuel: u64::MAX / 2, deadline: Duration::from_millis(150), ..Limits::executor() };
    let call = Call { limits: Some(Arc::new(limits)), ..call() };
    let mut ticks = 0;
    let others = async {
        loop {
            tokio::time::sleep(Duration::from_millis(5)).await;
            ticks += 1;
        }
    };
    let answer = tokio::select! {
        answer = place.host.execute(&looping, &call, "k1") => answer,
        () = others => unreachable!(),
    };
    let failure = answer.result.unwrap_err();
    assert_eq!(failure.class, FailureClass::Deadline);
    assert!(failure.class.may_have_happened());
    assert!(ticks >= 3, "{ticks}");
}

#[tokio::test]
async fn an_executor_that_stops_is_probed_before_it_is_tried_again() {
    let place = Place::new();
    let plugin = place.load(&guest::executor("unreachable"));
    for failure in [
        place.host.execute(&plugin, &call(), "k1").await.result.unwrap_err(),
        place.host.probe(&plugin, &call(), "k1").await.result.unwrap_err(),
    ] {
        assert_eq!(failure.class, FailureClass::Trap);
        assert!(failure.class.may_have_happened());
    }
    assert!(place.host.plan(&plugin, &call()).await.result.is_err());
}
