//! Plugins that lie in their answers, and what others notice while one misbehaves.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use engine_core::{
    directory::{Directory, Group},
    extension::{FailureClass, NomineeKind, Verdict},
};
use engine_host::{Call, Plugin};

use crate::{Place, call, guest, id};

/// Unmet, with one argument: a scalar of this case, whose text is at `text`.
fn with_argument(case: u8, text: &str) -> String {
    format!(
        "(i32.store (i32.const 1040) (i32.const 2048)) (i32.store (i32.const 1044) (i32.const 1))
         (i32.store (i32.const 2048) (i32.const 16)) (i32.store (i32.const 2052) (i32.const 6))
         (i32.store8 (i32.const 2064) (i32.const {case})) {text}
         (call $unmet (i32.const 64) (i32.const 4) (i32.const 64) (i32.const 4))"
    )
}

/// The texts of an amount and its currency, each an address and a length.
fn texts(first: (u32, u32), second: (u32, u32)) -> String {
    let stored = [first.0, first.1, second.0, second.1];
    let store = |(place, value): (u32, u32)| {
        format!("(i32.store (i32.const {}) (i32.const {value}))", 2072 + place * 4)
    };
    (0..).zip(stored).map(store).collect()
}

#[test]
fn what_is_no_value_is_no_answer() {
    const DECIMAL: u8 = 2;
    const MONEY: u8 = 3;
    const DATE: u8 = 5;
    const USER: u8 = 9;
    let place = Place::new();
    // At 80 `0123456789`, at 64 `seen`, at 96 no UTF-8.
    for (case, text, says) in [
        (DECIMAL, texts((64, 4), (0, 0)), "seen"),
        (DECIMAL, texts((80, 10), (0, 0)), "0123456789"),
        (DECIMAL, texts((96, 3), (0, 0)), "utf-8"),
        (MONEY, texts((81, 3), (64, 4)), "seen"),
        (MONEY, texts((64, 4), (81, 3)), "seen"),
        (DATE, texts((64, 4), (0, 0)), "seen"),
        (USER, texts((64, 4), (0, 0)), "seen"),
    ] {
        let failure = place.failure(&with_argument(case, &text));
        assert_eq!(failure.class, FailureClass::BadOutput, "{failure:?}");
        let told = format!("{} {:?}", failure.message, failure.detail);
        assert!(told.contains(says), "{says}: {told}");
    }
}

#[test]
fn nobody_is_made_up() {
    let mut directory = Directory::default();
    directory.put_group(Group { id: id("staff"), name: "Staff".into() });
    let call = Call { directory: Arc::new(directory), ..call() };
    let place = Place::new();
    let resolve = |tag: u8, id: &str| {
        let plugin = place.load(&guest::resolver(tag, id));
        place.host.approvers(&plugin, &call).result
    };
    for (tag, id) in [(0, "u-nobody"), (1, "nogroup"), (0, ""), (1, "No Group"), (1, "staff ")] {
        let failure = resolve(tag, id).unwrap_err();
        assert_eq!(failure.class, FailureClass::BadOutput, "{failure:?}");
    }
    let [nominee] = resolve(1, "staff").unwrap().try_into().unwrap();
    assert_eq!(nominee.who, NomineeKind::Group(id("staff")));
}

#[test]
fn tables_have_an_end() {
    let body =
        "(loop (drop (table.grow $table (ref.null func) (i32.const 1000))) (br 0)) unreachable";
    let failure = Place::new().failure(body);
    assert_eq!(failure.class, FailureClass::Memory, "{failure:?}");
}

const QUICK: &str = "(i32.const 1024)";
const CALLS: usize = 400;
/// What others may wait longer, while somebody misbehaves.
const LONGER: u32 = 5;
/// Below this the machine's own noise decides.
const NOISE: Duration = Duration::from_micros(200);
/// A machine that does something else at the same time is asked again.
const ROUNDS: usize = 10;

/// The one timed test: p99 of the calls of others stays within five times what it is alone.
#[test]
fn others_are_as_quick_while_one_misbehaves() {
    let place = Place::new();
    let quick = place.load(&guest::condition(QUICK));
    for body in [
        "(loop (br 0)) unreachable",
        "(call $recurse (i32.const 0))",
        "(loop (drop (memory.grow (i32.const 16))) (br 0)) unreachable",
        "(loop (drop (call $rule_version)) (br 0)) unreachable",
        "(loop (call $log (i32.const 1) (i32.const 64) (i32.const 4) (i32.const 0) (i32.const 0)) (br 0)) unreachable",
        "unreachable",
    ] {
        let hostile = place.load(&guest::condition(body));
        let stays = (0..ROUNDS).any(|_| {
            let alone = p99(&place, &quick).max(NOISE);
            beside(&place, &hostile, || p99(&place, &quick)) <= alone * LONGER
        });
        assert!(stays, "{body}");
    }
}

fn p99(place: &Place, quick: &Plugin) -> Duration {
    let call = call();
    let mut times: Vec<Duration> = (0..CALLS)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(place.host.condition(quick, &call).result, Ok(Verdict::Met));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[CALLS * 99 / 100]
}

/// Works while a plugin is called over and over on another thread.
fn beside<T>(place: &Place, hostile: &Plugin, work: impl FnOnce() -> T) -> T {
    let (call, over) = (call(), AtomicBool::new(false));
    thread::scope(|scope| {
        let calling = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                assert!(place.host.condition(hostile, &call).result.is_err());
            }
        });
        let done = work();
        over.store(true, Ordering::Relaxed);
        calling.join().unwrap();
        done
    })
}
