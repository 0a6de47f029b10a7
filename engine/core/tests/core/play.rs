//! Random plays: rules, people and commands that nobody thought of, the senseless ones among them,
//! with invariants checked after every event.
//!
//! A failure prints the seed, and the smallest play that shows it as one line of JSON, which
//! `PLAY='…' cargo test -p engine-core --test core random` performs again. `SEED` repeats a run and
//! `CASES` sets how long it is. Plays that once failed, or come across what is rare, are kept in
//! `tests/plays`.

mod commands;
mod coverage;
mod effects;
mod groups;
mod invariants;
mod mood;
mod referee;
mod rules;
mod script;
mod stage;
mod world;

use std::{cell::RefCell, fmt::Write, hash::BuildHasher};

use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};

use coverage::Coverage;
use invariants::{check_events, check_turn};
use script::{Script, scripts};
use stage::{Stage, Turn};

/// How many plays a run has.
const CASES: u32 = 700;
/// How many of them are about effects.
const CASES_OF_EFFECTS: u32 = 150;
/// How many of them are about groups of rules.
const CASES_OF_GROUPS: u32 = 700;
/// Where a run begins that names no `SEED`: the same everywhere, so that a failure is one of the change
/// that it is found in. `SEED=random` goes where nobody was.
const SEED: u64 = 20_260_302;

#[test]
fn random_plays_break_no_rule() {
    if let Some(play) = variable("PLAY") {
        let script: Script = serde_json::from_str(&play).expect("PLAY is a play");
        let log = RefCell::new(String::new());
        let outcome = perform(&script, &mut Coverage::default(), &log);
        println!("{}", log.borrow());
        return outcome.unwrap();
    }
    let seed = seed();
    let cases = variable("CASES").map_or(CASES, |cases| cases.parse().expect("CASES is a number"));
    let coverage = run(seed, cases, scripts());
    println!("seed {seed}\n{coverage}");
    if cases >= CASES {
        coverage.assert_whole();
    }
}

/// EXE-6c, EXE-7: grants that overlap, links and downloads, done and refused.
#[test]
fn random_plays_of_effects_break_no_rule() {
    let coverage = run(SEED, CASES_OF_EFFECTS, effects::plays_of_effects());
    println!("{coverage}");
    coverage.assert_seen(&effects::WANTED);
}

/// RUL-1, RUL-4, FIN-23: rules that a request is routed to, and what their forms make of it.
#[test]
fn random_plays_of_groups_break_no_rule() {
    let cases = variable("CASES").map_or(CASES_OF_GROUPS, |it| it.parse().expect("a number"));
    let coverage = run(seed(), cases, groups::plays_of_groups());
    println!("{coverage}");
    if cases >= CASES_OF_GROUPS {
        coverage.assert_seen(&groups::WANTED);
    }
}

#[expect(clippy::disallowed_methods, reason = "the only way to tell a test what to repeat")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn seed() -> u64 {
    match variable("SEED") {
        Some(seed) if seed == "random" => std::hash::RandomState::new().hash_one(0_u8),
        Some(seed) => seed.parse().expect("SEED is a number or `random`"),
        None => SEED,
    }
}

fn run(seed: u64, cases: u32, scripts: impl Strategy<Value = Script>) -> Coverage {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let coverage = RefCell::new(Coverage::default());
    let outcome = TestRunner::new_with_rng(config, rng).run(&scripts, |script| {
        perform(&script, &mut coverage.borrow_mut(), &RefCell::default())
            .map_err(TestCaseError::fail)
    });
    match outcome {
        Ok(()) => coverage.into_inner(),
        Err(TestError::Abort(reason)) => panic!("seed {seed}: {reason}"),
        Err(TestError::Fail(reason, script)) => {
            let log = RefCell::new(String::new());
            let again = perform(&script, &mut Coverage::default(), &log);
            let play = serde_json::to_string(&script).unwrap();
            panic!("seed {seed}: {reason} ({again:?})\n{}\nPLAY='{play}'", log.into_inner());
        }
    }
}

/// Plays worth keeping, and what each of them must still come across: a play that is over before that
/// shows nothing.
const KEPT: [(&str, &[&str]); 3] = [
    (include_str!("../plays/plan-changed.json"), &["plan_changed", "execution_failed"]),
    (include_str!("../plays/urgent-goes-on.json"), &["request_unblocked", "urgent is approved"]),
    (include_str!("../plays/grant-taken-back-late.json"), &["grant_end_failed", "grant_ended"]),
];

#[test]
fn kept_plays_break_no_rule() {
    for (play, wanted) in KEPT {
        let script: Script = serde_json::from_str(play).expect("a play");
        let mut coverage = Coverage::default();
        let outcome = perform(&script, &mut coverage, &RefCell::default());
        assert_eq!(outcome, Ok(()), "the play with {wanted:?}");
        for what in wanted {
            assert!(coverage.has_seen(what), "no `{what}` any more:\n{coverage}");
        }
    }
}

/// Performs a play; an error names the invariant that does not hold.
fn perform(script: &Script, coverage: &mut Coverage, log: &RefCell<String>) -> Result<(), String> {
    let Some(mut stage) = Stage::new(script) else {
        coverage.unpublished += 1;
        return Ok(());
    };
    coverage.plays += 1;
    for (place, step) in script.moves.iter().enumerate() {
        // Where nothing comes of a command, a few are enough.
        if !place.is_multiple_of(8) && stage.is_idle(step) {
            continue;
        }
        writeln!(log.borrow_mut(), "{step:?}").unwrap();
        for (actor, command) in stage.commands(step) {
            let turn = stage.turn(actor, command);
            writeln!(log.borrow_mut(), "  {}", summary(&turn)).unwrap();
            if stage.waits_for_a_right(&turn) {
                coverage.waited();
                continue;
            }
            check_events(&stage, &turn)?;
            if let Ok(changes) = &turn.outcome {
                stage.keep(&turn.actor, &turn.command, changes);
            }
            check_turn(&stage, &turn)?;
            coverage.saw(&stage, &turn);
        }
    }
    Ok(())
}

fn summary(turn: &Turn) -> String {
    let outcome = match &turn.outcome {
        Ok(changes) => {
            let events: Vec<_> =
                changes.events.iter().map(engine_core::event::Event::name).collect();
            events.join(", ")
        }
        Err(rejection) => rejection.code().as_str().to_owned(),
    };
    format!("{} by {:?}: {outcome}", turn.command.name(), turn.actor)
}
