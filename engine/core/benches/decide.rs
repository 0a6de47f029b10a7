//! What a decision costs: on a large request, over a large group, and the matching alone.
//!
//! The targets are 50 µs, 5 ms and 1 ms.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench that cannot go on ends by a panic"
)]

#[path = "../tests/core/office.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod office;

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use engine_core::{
    command::Command,
    directory::OrganizationRole,
    evaluate::View,
    evolve::replay,
    ids::UserId,
    matching::{Possibilities, progress},
    question::{Answers, Inquiry},
    request::{Seat, SeatId, SeatWho},
    resolve::Opening,
    rule::definition::QuorumDoc,
};
use office::{Office, approve, id, organization, person, submit, user};
use serde_json::json;

const STEPS: usize = 10;
const SEATS_OF_A_STEP: usize = 5;
const EVENTS: usize = 200;
const GROUP: usize = 10_000;
const SIDE: usize = 64;

/// 10 steps of 5 seats, all but the last one decided, and people who came and went.
fn long_story() -> Office {
    let plain = OrganizationRole::User;
    let name = |step: usize, seat: usize| format!("p{step}-{seat}");
    let places = || (0..STEPS).flat_map(|step| (0..SEATS_OF_A_STEP).map(move |seat| (step, seat)));
    let approvers = places().map(|(step, seat)| user(&name(step, seat), plain, &[]));
    let others = [user("ann", plain, &[]), user("adm", OrganizationRole::Administrator, &[])];
    let step = |step: usize| {
        let seats = (0..SEATS_OF_A_STEP).map(|seat| {
            let permissions = json!([[{"property": "amount", "less": "5000 EUR"}]]);
            json!({"id": format!("a{seat}"), "who": {"user": name(step, seat)}, "permissions": permissions})
        });
        json!({"id": format!("s{step}"), "approvers": seats.collect::<Vec<_>>()})
    };
    let rule = json!({
        "rule": "long",
        "kind": "sql",
        "form": [{"name": "amount", "type": "money"}],
        "steps": (0..STEPS).map(step).collect::<Vec<_>>(),
    });
    let mut office = Office::new(organization(approvers.chain(others)), &rule);
    office.by("ann", &submit(json!({"amount": "100 EUR"}), false));
    let all_but_one = STEPS * SEATS_OF_A_STEP - 1;
    for (step, seat) in places().take(all_but_one) {
        office.by(&name(step, seat), &approve());
    }
    let last = name(STEPS - 1, SEATS_OF_A_STEP - 1);
    while office.records.len() < EVENTS {
        for active in [false, true] {
            office.change_user(&last, |user| user.active = active);
            office.by("adm", &Command::Reevaluate);
        }
    }
    office
}

fn decisions(bench: &mut Criterion) {
    let office = long_story();
    let last = person(&format!("p{}-{}", STEPS - 1, SEATS_OF_A_STEP - 1));
    bench.bench_function("decide: 10 steps, 50 seats, 200 events", |bench| {
        bench.iter(|| black_box(office.try_out(&last, &approve()).unwrap()));
    });
    bench.bench_function("replay: 200 events", |bench| {
        bench.iter(|| black_box(replay(&office.records)));
    });
}

fn large_group(bench: &mut Criterion) {
    let plain = OrganizationRole::User;
    let everybody = (0..GROUP).map(|number| user(&format!("p{number}"), plain, &["staff"]));
    let rule = json!({
        "rule": "large",
        "kind": "sql",
        "steps": [{"id": "s", "approvers": [{"id": "staff", "who": {"group": "staff"}, "count": 2}]}],
    });
    let mut office = Office::new(organization(everybody), &rule);
    office.by("p0", &submit(json!({}), false));
    let answers = Answers::new();
    bench.bench_function("resolve: a group of 10,000", |bench| {
        bench.iter(|| {
            let inquiry = Inquiry::new(&answers);
            let view = View {
                organization: &office.organization,
                rule: &office.rule,
                request: office.request(),
                at: office.at,
                inquiry: &inquiry,
            };
            let opening = view.opening(&office.rule.steps[0]);
            assert!(matches!(opening, Opening::Open(_)));
        });
    });
}

/// Whether a person could fill a seat, by their numbers.
type Able = fn(usize, usize) -> bool;

fn matching(bench: &mut Criterion) {
    let seats: Vec<Seat> = (0..SIDE)
        .map(|number| Seat::new(SeatId(u16::try_from(number).unwrap()), id("a"), SeatWho::Nobody))
        .collect();
    let people: Vec<UserId> = (0..SIDE).map(|number| id(&format!("p{number}"))).collect();
    let able = |holds: Able| {
        let mut possibilities = Possibilities::default();
        for (number, name) in people.iter().enumerate() {
            let mine = seats.iter().enumerate().filter(|(seat, _)| holds(number, *seat));
            mine.for_each(|(_, seat)| possibilities.add(seat.id, name));
        }
        possibilities
    };
    let shapes: [(&str, Able); 3] = [
        ("everybody everywhere", |_, _| true),
        // Each seat that is filled moves all who were placed before.
        ("a staircase", |person, seat| person + seat >= SIDE - 1),
        ("a chain", |person, seat| person == seat || person == seat + 1),
    ];
    for (name, holds) in shapes {
        let possibilities = able(holds);
        bench.bench_function(&format!("match 64 × 64: {name}"), |bench| {
            bench.iter(|| black_box(progress(&QuorumDoc::All, &seats, &possibilities)));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = decisions, large_group, matching
}
criterion_main!(benches);
