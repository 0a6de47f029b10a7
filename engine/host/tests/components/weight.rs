//! Interpreters have a pool, limits and places of their own.

use std::{thread, time::Duration};

use engine_core::extension::{FailureClass, Verdict};
use engine_host::{HostLimits, Limits, Weight};

use crate::{Place, call, guest};

const MET: &str = "(i32.const 1024)";
const ENDLESS: &str = "(loop $again (br $again)) (i32.const 1024)";

#[test]
fn a_component_runs_where_its_size_belongs() {
    let place = Place::new();
    let light = place.load(&guest::condition(MET));
    let heavy = place.load(&guest::heavy_condition(MET));
    assert_eq!((light.weight(), heavy.weight()), (Weight::Light, Weight::Heavy));
    for plugin in [light, heavy] {
        assert_eq!(place.host.condition(&plugin, &call()).result, Ok(Verdict::Met));
    }
}

#[test]
fn an_interpreter_may_use_more() {
    let place = Place::new();
    let grow = format!("(drop (memory.grow (i32.const 400))) {MET}");
    assert_eq!(place.failure(&grow).class, FailureClass::Memory);
    let heavy = place.load(&guest::heavy_condition(&grow));
    assert_eq!(place.host.condition(&heavy, &call()).result, Ok(Verdict::Met));
    let far = place.load(&guest::heavy_condition(&grow.replace("400", "1000")));
    let failure = place.host.condition(&far, &call()).result.unwrap_err();
    assert_eq!(failure.class, FailureClass::Memory);
}

#[test]
fn an_interpreter_that_does_not_end_holds_up_nobody_else() {
    let limits = HostLimits {
        condition: Limits {
            fuel: u64::MAX / 100,
            deadline: Duration::from_secs(1),
            ..Limits::condition()
        },
        interpreted_questions: 1,
        ..HostLimits::default()
    };
    let place = Place::with(limits);
    let endless = place.load(&guest::heavy_condition(ENDLESS));
    let heavy = place.load(&guest::heavy_condition(MET));
    let light = place.load(&guest::condition(MET));
    thread::scope(|scope| {
        let running = scope.spawn(|| place.host.condition(&endless, &call()).result);
        while !running.is_finished() {
            let answer = place.host.condition(&light, &call()).result;
            assert_eq!(answer, Ok(Verdict::Met));
        }
        assert_eq!(running.join().unwrap().unwrap_err().class, FailureClass::Deadline);
    });
    // Its place is free again.
    assert_eq!(place.host.condition(&heavy, &call()).result, Ok(Verdict::Met));
}

#[test]
fn a_question_waits_for_a_place_until_its_deadline() {
    let patient = Limits { deadline: Duration::from_secs(60), ..Limits::condition() };
    let of = |interpreted_questions, condition| {
        Place::with(HostLimits { interpreted_questions, condition, ..HostLimits::default() })
    };
    let place = of(1, patient);
    let heavy = place.load(&guest::heavy_condition(MET));
    thread::scope(|scope| {
        let ask = || scope.spawn(|| place.host.condition(&heavy, &call()).result);
        for answer in [(); 8].map(|()| ask()) {
            assert_eq!(answer.join().unwrap(), Ok(Verdict::Met));
        }
    });
    let full = of(0, Limits { deadline: Duration::from_millis(5), ..Limits::condition() });
    let heavy = full.load(&guest::heavy_condition(MET));
    let failure = full.host.condition(&heavy, &call()).result.unwrap_err();
    assert_eq!(failure.class, FailureClass::Busy);
}
