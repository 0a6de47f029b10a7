//! Random routes: who stands in for whom, which items are granted, what is carried over, who counts once.
//!
//! Rules of several steps, with all settings of one person over a route; people decide for themselves and
//! for others, narrow, withdraw and send back, and delegations change under their feet. The invariants are
//! checked after every command, each named after its rule.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use engine_core::{
    command::{Command, Decide, SendBack, Submit},
    directory::{Delegation, OrganizationRole, Resource},
    evolve::replay,
    ids::{ResourceId, StepId, UserId},
    request::{Choice, Decision, OpenStep, Request, Status, StepState},
};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value as Json, json};

use crate::office::{Office, id, organization, person, submit, user};

/// How many plays there are.
const CASES: u32 = 2_000;
const PEOPLE: u8 = 6;
const ITEMS: [&str; 3] = ["db0", "db1", "db2"];

/// One thing that happens.
#[derive(Clone, Debug)]
enum Move {
    Decide { by: u8, reject: bool, items: Option<u8> },
    SendBack { by: u8, to: u8 },
    Withdraw { by: u8 },
    Delegate { of: u8, to: Option<u8> },
    Active { who: u8, is_active: bool },
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let who = || 0..PEOPLE;
    let one = prop_oneof![
        8 => (who(), prop::bool::weighted(0.1), prop::option::weighted(0.3, 0_u8..8))
            .prop_map(|(by, reject, items)| Move::Decide { by, reject, items }),
        1 => (who(), 0_u8..3).prop_map(|(by, to)| Move::SendBack { by, to }),
        1 => who().prop_map(|by| Move::Withdraw { by }),
        2 => (who(), prop::option::weighted(0.8, who()))
            .prop_map(|(of, to)| Move::Delegate { of, to }),
        1 => (who(), prop::bool::weighted(0.7))
            .prop_map(|(who, is_active)| Move::Active { who, is_active }),
    ];
    vec(one, 1..40)
}

/// A rule of three steps over two groups and single people.
fn rules() -> impl Strategy<Value = Json> {
    let assignment = (0_u8..4, 0..PEOPLE).prop_map(|(kind, who)| match kind {
        0 => json!({"group": "even"}),
        1 => json!({"group": "odd"}),
        _ => json!({"user": format!("p{who}")}),
    });
    let step = (vec(assignment, 1..3), any::<bool>(), any::<bool>(), 1_u32..3);
    let route = (vec(step, 3), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    route.prop_map(|(steps, carries, is_distinct, is_target_only, is_separated)| {
        let steps = steps.iter().enumerate().map(|(n, (whos, is_any, is_merged, rejections))| {
            let approvers = whos.iter().enumerate();
            let approvers = approvers.map(|(a, who)| json!({"id": format!("a{a}"), "who": who}));
            let separation = if n == 2 && is_separated { json!(["s0"]) } else { json!([]) };
            json!({
                "id": format!("s{n}"),
                "quorum": if *is_any { "any" } else { "all" },
                "same_person": if *is_merged { "one_seat" } else { "separate" },
                "reject_after": rejections,
                "separation": separation,
                "approvers": approvers.collect::<Vec<_>>(),
            })
        });
        json!({
            "rule": "route",
            "kind": "route",
            "repeat_approver": if carries { "all_at_once" } else { "each_step" },
            "distinct_people": if is_distinct { "rule" } else { "step" },
            "after_send_back": if is_target_only { "target_only" } else { "all_following" },
            "steps": steps.collect::<Vec<_>>(),
        })
    })
}

fn login(who: u8) -> String {
    format!("p{who}")
}

fn office(rule: &Json) -> Option<Office> {
    let people = (0..PEOPLE).map(|who| {
        let group = if who % 2 == 0 { "even" } else { "odd" };
        user(&login(who), OrganizationRole::User, &[group])
    });
    let asks = user("ann", OrganizationRole::User, &[]);
    let mut organization = organization(people.chain([asks]));
    let directory = std::sync::Arc::make_mut(&mut organization.directory);
    for item in ITEMS {
        directory.put_resource(Resource { id: id(item), name: item.to_owned(), owner: None });
    }
    let mut office = Office::try_new(organization, rule).ok()?;
    let Command::Submit(whole) = submit(json!({}), false) else { return None };
    let items = ITEMS.map(Json::from).to_vec();
    let command = Command::Submit(Submit { items, ..whole });
    office.give(&person("ann"), &command).is_ok().then_some(office)
}

impl Move {
    fn command(&self) -> Option<(String, Command)> {
        match self {
            Self::Decide { by, reject, items } => {
                let named = items.map(|bits| {
                    let named = ITEMS.iter().enumerate().filter(|(n, _)| bits & (1 << n) != 0);
                    named.map(|(_, item)| Json::from(*item)).collect()
                });
                let decide = Decide {
                    choice: if *reject { Choice::Reject } else { Choice::Approve },
                    comment: Some("looked at it".to_owned()),
                    concern: None,
                    items: named,
                    step: None,
                    seen: None,
                };
                Some((login(*by), Command::Decide(decide)))
            }
            Self::SendBack { by, to } => {
                let comment = Some("look again".to_owned());
                let to = id(&format!("s{to}"));
                let back = SendBack { to, comment, step: None, seen: None };
                Some((login(*by), Command::SendBack(back)))
            }
            Self::Withdraw { by } => {
                let comment = "too soon".to_owned();
                Some((login(*by), Command::Withdraw { comment, step: None, seen: None }))
            }
            Self::Delegate { .. } | Self::Active { .. } => None,
        }
    }
}

/// Changes the world around the request; delegations make no chain.
fn change(office: &mut Office, delegations: &mut BTreeMap<u8, u8>, step: &Move) {
    match step {
        Move::Delegate { of, to: None } => drop(delegations.remove(of)),
        Move::Delegate { of, to: Some(to) } => {
            let is_chain = of == to
                || delegations.contains_key(to)
                || delegations.iter().any(|(other, stands)| stands == of && other != of);
            if !is_chain {
                delegations.insert(*of, *to);
            }
        }
        Move::Active { who, is_active } => {
            office.change_user(&login(*who), |user| user.active = *is_active);
        }
        _ => {}
    }
    let at = office.at;
    let all = delegations.iter().map(|(of, to)| Delegation {
        of: id(&login(*of)),
        to: id(&login(*to)),
        starts: at - chrono::TimeDelta::days(1),
        ends: at + chrono::TimeDelta::days(1),
    });
    std::sync::Arc::make_mut(&mut office.organization.directory).set_delegations(all);
}

fn opened(request: &Request) -> Vec<(&StepId, &OpenStep)> {
    request.opened().collect()
}

/// FIN-6, DEC-8: in a step a person decides once, and nobody's item is decided twice.
fn nobody_decides_twice(request: &Request) -> Result<(), TestCaseError> {
    for (id, step) in opened(request) {
        let mut people: BTreeSet<&UserId> = BTreeSet::new();
        for decision in &step.decisions {
            let about = [Some(&decision.by), decision.on_behalf_of.as_ref()];
            for who in about.into_iter().flatten() {
                prop_assert!(people.insert(who), "FIN-6: {who} twice in {id}");
            }
        }
    }
    Ok(())
}

/// STP-5: the seats of a complete step are filled by distinct people who approved it.
fn seats_are_filled_by_approvers(request: &Request) -> Result<(), TestCaseError> {
    for record in &request.steps {
        let StepState::Complete { step, filled, .. } = &record.state else { continue };
        let approvers: BTreeSet<&UserId> = step.of(Choice::Approve).map(|d| &d.by).collect();
        let fillers: BTreeSet<&UserId> = filled.values().collect();
        prop_assert_eq!(fillers.len(), filled.len(), "STP-5: {} sits twice", record.id);
        prop_assert!(fillers.is_subset(&approvers), "STP-5: {filled:?} in {}", record.id);
    }
    Ok(())
}

/// DEC-7: what is not granted never comes back, and no approval stands for anything else than what was left.
fn items_only_become_fewer(before: &Request, after: &Request) -> Result<(), TestCaseError> {
    let left =
        |request: &Request| -> BTreeSet<ResourceId> { request.resources().cloned().collect() };
    let gone: BTreeSet<ResourceId> =
        after.rejected_items.iter().map(|rejected| rejected.item.resource.clone()).collect();
    prop_assert!(left(after).is_subset(&left(before)), "DEC-7: an item came back");
    prop_assert!(left(after).is_disjoint(&gone), "DEC-7: granted and rejected");
    prop_assert_eq!(left(after).len() + gone.len(), ITEMS.len(), "DEC-7: an item is lost");
    prop_assert!(!left(after).is_empty(), "DEC-7: no items left is a rejection");
    Ok(())
}

/// STP-11, FIN-21: what is carried over stands on an approval of the same person in an earlier step, and
/// nothing is carried where the rule does not say so, or for somebody else.
fn carried_stands_on_an_approval(rule: &Json, request: &Request) -> Result<(), TestCaseError> {
    let steps = opened(request);
    for (place, (id, step)) in steps.iter().enumerate() {
        for decision in &step.decisions {
            let Some(from) = &decision.carried_from else { continue };
            prop_assert_eq!(&rule["repeat_approver"], "all_at_once", "STP-11: carried to {}", id);
            prop_assert!(decision.choice == Choice::Approve && decision.on_behalf_of.is_none());
            let earlier = steps.iter().take(place).find(|(id, _)| *id == from);
            let source = earlier.and_then(|(_, step)| step.decision_by(&decision.by));
            let is_first = source.is_some_and(|first| {
                first.choice == Choice::Approve
                    && first.on_behalf_of.is_none()
                    && first.carried_from.is_none()
            });
            prop_assert!(is_first, "FIN-21: carried from {from} to {id} without an approval");
        }
    }
    Ok(())
}

/// FIN-5, STP-10: nobody counts twice in the route, and nobody decides a step that is separated from theirs.
fn people_are_kept_apart(rule: &Json, request: &Request) -> Result<(), TestCaseError> {
    let steps = opened(request);
    if rule["distinct_people"] == "rule" {
        let mut people: BTreeSet<&UserId> = BTreeSet::new();
        for decision in steps.iter().flat_map(|(_, step)| step.of(Choice::Approve)) {
            prop_assert!(people.insert(&decision.by), "FIN-5: {} counts twice", decision.by);
        }
    }
    let of = |name: &str| steps.iter().find(|(id, _)| id.as_str() == name).map(|(_, step)| *step);
    if rule["steps"][2]["separation"] == json!(["s0"])
        && let (Some(first), Some(third)) = (of("s0"), of("s2"))
    {
        for decision in &third.decisions {
            let both = first.decision_by(&decision.by);
            prop_assert!(both.is_none(), "STP-10: {} decided both", decision.by);
        }
    }
    Ok(())
}

/// DEC-8: who decided just now decided for whom they stand in for, and neither is the requester or gone.
fn stands_in(
    office: &Office,
    delegations: &BTreeMap<u8, u8>,
    before: &Request,
) -> Result<(), TestCaseError> {
    let directory = &office.organization.directory;
    let known: Vec<&Decision> = before.live_decisions().collect();
    for decision in office.request().live_decisions().filter(|d| !known.contains(d)) {
        prop_assert!(directory.active(&decision.by).is_some(), "DIR-8: {}", decision.by);
        prop_assert!(decision.by.as_str() != "ann", "STP-9: the requester decided");
        let Some(of) = &decision.on_behalf_of else { continue };
        let is_so = delegations
            .iter()
            .any(|(away, to)| login(*away) == of.as_str() && login(*to) == decision.by.as_str());
        prop_assert!(is_so, "DEC-8: {} decided for {of}", decision.by);
        prop_assert!(directory.active(of).is_some(), "DIR-8: {of}");
    }
    Ok(())
}

/// What plays come across: a play that shows nothing proves nothing.
fn seen(tally: &mut BTreeMap<&'static str, usize>, before: &Request, after: &Request) {
    let steps = opened(after);
    let decisions = || steps.iter().flat_map(|(_, step)| &step.decisions);
    let combined = |step: &&OpenStep| step.seats.iter().any(|seat| !seat.merged.is_empty());
    let all = [
        ("for somebody", decisions().any(|decision| decision.on_behalf_of.is_some())),
        ("instead of one's own", decisions().any(|decision| !decision.or_seats.is_empty())),
        ("carried over", decisions().any(|decision| decision.carried_from.is_some())),
        ("carried and taken back", steps.iter().any(|(_, step)| !step.taken_back.is_empty())),
        ("narrowed", after.rejected_items.len() > before.rejected_items.len()),
        ("narrowed twice", after.rejected_items.len() == 2 && before.rejected_items.len() == 1),
        ("sent back", after.revision > before.revision),
        ("one seat of two", steps.iter().any(|(_, step)| combined(step))),
        ("approved", after.status() == Status::Approved),
        ("rejected", after.status() == Status::Rejected),
        ("blocked", after.blocked.is_some()),
    ];
    for (what, is_so) in all {
        *tally.entry(what).or_default() += usize::from(is_so);
    }
}

fn perform(
    rule: &Json,
    moves: &[Move],
    tally: &mut BTreeMap<&'static str, usize>,
) -> Result<(), TestCaseError> {
    let Some(mut office) = office(rule) else { return Ok(()) };
    let mut delegations = BTreeMap::new();
    for step in moves {
        let before = office.request().clone();
        let Some((who, command)) = step.command() else {
            change(&mut office, &mut delegations, step);
            continue;
        };
        if office.give(&person(&who), &command).is_err() {
            continue;
        }
        let request = office.request();
        nobody_decides_twice(request)?;
        seats_are_filled_by_approvers(request)?;
        items_only_become_fewer(&before, request)?;
        carried_stands_on_an_approval(rule, request)?;
        people_are_kept_apart(rule, request)?;
        stands_in(&office, &delegations, &before)?;
        let replayed = replay(&office.records);
        prop_assert_eq!(replayed.as_ref(), Some(request), "AUD-3: a replay differs");
        seen(tally, &before, request);
    }
    Ok(())
}

#[test]
fn random_routes_break_no_rule() {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[26; 32]);
    let tally = RefCell::new(BTreeMap::new());
    let plays = (rules(), moves());
    let outcome = TestRunner::new_with_rng(config, rng)
        .run(&plays, |(rule, moves)| perform(&rule, &moves, &mut tally.borrow_mut()));
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let tally = tally.into_inner();
    println!("{tally:?}");
    let never: Vec<_> = tally.iter().filter(|(_, times)| **times == 0).collect();
    assert!(never.is_empty(), "no play comes across {never:?}");
}
