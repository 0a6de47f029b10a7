//! Single cases that random play, the model or a reader found.

use chrono::TimeDelta;
use engine_core::{
    command::{AttemptOutcome, Command, EngineCommand},
    directory::{OrganizationRole, User},
    effect::{Effect, Timer},
    event::Actor,
    extension::{Failure, FailureClass, Plan},
    ids::ExecutionId,
    order::{ExecutionOrder, Release},
    question::{Answer, Ask, Question},
    rejection::{Code, Rejection, Unfit},
    request::Status,
    value::PropertyType,
};
use serde_json::{Value as Json, json};
use std::sync::Arc;

use crate::office::{Office, approve, finish, id, organization, person, submit, user, yes};

fn people() -> [User; 5] {
    let plain = OrganizationRole::User;
    [
        user("ann", plain, &["staff"]),
        user("bob", plain, &["staff"]),
        user("cleo", plain, &[]),
        user("eve", plain, &[]),
        user("adm", OrganizationRole::Administrator, &[]),
    ]
}

fn office(rule: &Json) -> Office {
    Office::new(organization(people()), rule)
}

fn code<T>(result: Result<T, Rejection>) -> Option<Code> {
    result.err().map(|rejection| rejection.code())
}

fn fix() -> ExecutionId {
    id("fix")
}

/// A rule that bob approves, with an executor.
fn repair(executor: &Json) -> Json {
    json!({
        "rule": "repair",
        "kind": "sql",
        "urgent": true,
        "steps": [{"id": "s", "approvers": [{"id": "bob", "who": {"user": "bob"}}]}],
        "executors": [executor],
    })
}

fn manual() -> Json {
    json!({"id": "fix", "plugin": "sql", "run": {"manual": [{"user": "cleo"}]}})
}

/// Every plan fails from now on.
fn without_plans(office: &mut Office, class: FailureClass) {
    office.oracle = Arc::new(move |question: &Question| match question.ask {
        Ask::Plan { .. } => Answer::Plan(Err(Failure::new(class, "away"))),
        Ask::Condition(_) | Ask::Approvers(_) | Ask::Problems(_) | Ask::OverdueUrgent => {
            yes(question)
        }
    });
}

/// DEC-4: an urgent request that nobody can ever approve must not run.
#[test]
fn an_urgent_request_needs_a_step_with_approvers() {
    let rule = json!({
        "rule": "repair",
        "kind": "sql",
        "urgent": true,
        "steps": [{
            "id": "s",
            "if_nobody": "block",
            "approvers": [{"id": "nobody", "who": {"property": "requester.manager"}}],
        }],
        "executors": [{"id": "fix", "plugin": "sql"}],
    });
    let refused = office(&rule).try_out(&person("ann"), &submit(json!({}), true));
    assert_eq!(code(refused), Some(Code::NoApprovers));
    let mut office = office(&rule);
    office.by("ann", &submit(json!({}), false));
    assert!(office.request().blocked.is_some(), "another request waits for people");
}

/// DEC-4: nor one whose only step cannot be decided on (CND-3).
#[test]
fn an_urgent_request_needs_a_step_that_opens() {
    let mut rule = repair(&json!({"id": "fix", "plugin": "sql"}));
    rule["steps"][0]["when"] = json!({"script": "freeze.rhai"});
    let mut office = office(&rule);
    office.oracle = Arc::new(|question: &Question| match question.ask {
        Ask::Condition(_) => Answer::Verdict(Err(Failure::new(FailureClass::Trap, "trap"))),
        Ask::Approvers(_) | Ask::Problems(_) | Ask::OverdueUrgent | Ask::Plan { .. } => {
            yes(question)
        }
    });
    let refused = office.try_out(&person("ann"), &submit(json!({}), true));
    assert_eq!(code(refused), Some(Code::NoApprovers));
}

/// DEC-4: expiry is refused as every other end of an urgent request but approval.
#[test]
fn an_urgent_request_does_not_expire() {
    let mut office = office(&repair(&manual()));
    office.by("ann", &submit(json!({}), true));
    office.wait(TimeDelta::days(100));
    let refused = office.try_out(&Actor::Engine, &Command::Engine(EngineCommand::Expire));
    assert_eq!(refused, Err(Rejection::UrgentApproveOnly));
}

/// REQ-10: what is the engine's own is `not_found` to whoever does not see the request.
#[test]
fn commands_of_the_engine_tell_a_stranger_nothing() {
    let mut office = office(&repair(&manual()));
    office.by("ann", &submit(json!({}), false));
    let expire = Command::Engine(EngineCommand::Expire);
    assert_eq!(code(office.try_out(&person("eve"), &expire)), Some(Code::NotFound));
    assert_eq!(code(office.try_out(&person("adm"), &expire)), Some(Code::Forbidden));
}

/// STP-6, REQ-10: a default approver named by the rule has sight by name, in an empty seat too.
#[test]
fn a_default_approver_takes_an_empty_seat_under_strict_access() {
    let rule = json!({
        "rule": "repair",
        "kind": "sql",
        "access": "strict",
        "steps": [{
            "id": "s",
            "approvers": [
                {"id": "bob", "who": {"user": "bob"}},
                {"id": "manager", "who": {"property": "requester.manager"}},
            ],
            "default_approvers": [{"user": "cleo"}, {"user": "eve"}],
        }],
    });
    let mut office = office(&rule);
    office.by("ann", &submit(json!({}), false));
    office.by("bob", &approve());
    office.by("eve", &approve());
    assert_eq!(office.request().status(), Status::Approved);
}

/// EXE-2, EXE-4: after the plan of a pressed *run* could not be made, the engine goes on by itself.
#[test]
fn a_run_whose_plan_fails_is_tried_again() {
    let mut office = office(&repair(&manual()));
    office.by("ann", &submit(json!({}), false));
    office.by("bob", &approve());
    without_plans(&mut office, FailureClass::Unavailable);
    let changes = office.by("cleo", &Command::Run(fix()));
    assert!(!changes.effects.contains(&Effect::Queue(fix())), "there is nothing to do yet");
    office.wait(TimeDelta::hours(1));
    office.oracle = Arc::new(yes);
    office.engine(EngineCommand::RetryDue(fix()));
    office.engine(EngineCommand::Start(fix()));
    assert_eq!(office.request().executions[0].state.as_str(), "running");
}

/// EXE-4: a person may try again what failed for want of a plan.
#[test]
fn a_run_with_another_plan_can_be_retried() {
    let mut office = office(&repair(&manual()));
    office.by("ann", &submit(json!({}), false));
    office.by("bob", &approve());
    office.oracle = Arc::new(|question: &Question| match question.ask {
        Ask::Plan { .. } => {
            Answer::Plan(Ok(Plan { binding: json!({"tables": ["orders"]}), ..Plan::default() }))
        }
        Ask::Condition(_) | Ask::Approvers(_) | Ask::Problems(_) | Ask::OverdueUrgent => {
            yes(question)
        }
    });
    office.by("cleo", &Command::Run(fix()));
    assert_eq!(office.request().executions[0].state.as_str(), "failed");
    office.oracle = Arc::new(yes);
    office.by("cleo", &Command::Retry(fix()));
    assert_eq!(office.request().executions[0].state.as_str(), "running");
}

/// EXE-4: up to a limit, whatever it is that fails.
#[test]
fn plans_are_not_asked_for_without_end() {
    let mut office = office(&repair(&json!({"id": "fix", "plugin": "sql"})));
    office.by("ann", &submit(json!({}), false));
    office.by("bob", &approve());
    without_plans(&mut office, FailureClass::Unavailable);
    for _ in 0..20 {
        if office.request().executions[0].state.as_str() == "failed" {
            return;
        }
        office.wait(TimeDelta::hours(2));
        office.engine(EngineCommand::Start(fix()));
    }
    panic!("tried for ever");
}

/// EXE-3, EXE-4: an engine that goes down is no failure of the executor, but one that always goes down
/// with it is not tried for ever.
#[test]
fn interruptions_do_not_use_up_the_tries() {
    let mut office = office(&repair(&json!({"id": "fix", "plugin": "sql"})));
    office.by("ann", &submit(json!({}), false));
    office.by("bob", &approve());
    let mut interrupt = |times: std::ops::Range<u32>| {
        for attempt in times {
            office.engine(EngineCommand::Start(fix()));
            office.engine(finish(&fix(), attempt, AttemptOutcome::NeverHappened));
        }
        let execution = &office.request().executions[0];
        (execution.state.as_str(), execution.failures)
    };
    assert_eq!(interrupt(1..100), ("scheduled", 0));
    assert_eq!(interrupt(100..101), ("failed", 0));
}

/// EXE-4: who tries again what failed gives it all its tries again.
#[test]
fn a_retry_by_a_person_begins_anew() {
    let mut office = office(&repair(&json!({"id": "fix", "plugin": "sql"})));
    office.by("ann", &submit(json!({}), false));
    office.by("bob", &approve());
    let away = Failure::new(FailureClass::Unavailable, "away");
    let fail = |office: &mut Office, attempt| {
        office.engine(EngineCommand::Start(fix()));
        office.engine(finish(&fix(), attempt, AttemptOutcome::Failed(away.clone())));
        office.wait(TimeDelta::hours(2));
        office.request().executions[0].state.as_str()
    };
    for attempt in 1..8 {
        assert_eq!(fail(&mut office, attempt), "scheduled");
    }
    assert_eq!(fail(&mut office, 8), "failed");
    office.by("adm", &Command::Retry(fix()));
    assert_eq!(fail(&mut office, 9), "scheduled");
}

/// EXE-6b: a retry is a start, and a start comes before its expiry.
#[test]
fn a_failed_execution_is_not_retried_after_its_expiry() {
    let executor = json!({"id": "fix", "plugin": "sql", "start_within": "1h"});
    let mut office = office(&repair(&executor));
    office.by("ann", &submit(json!({}), false));
    office.by("bob", &approve());
    office.engine(EngineCommand::Start(fix()));
    let failure = Failure::new(FailureClass::Permanent, "no such table");
    office.engine(finish(&fix(), 1, AttemptOutcome::Failed(failure)));
    office.wait(TimeDelta::hours(2));
    office.by("adm", &Command::Retry(fix()));
    office.engine(EngineCommand::Start(fix()));
    assert_eq!(office.request().executions[0].state.as_str(), "expired");
}

/// EXE-1, URG-2: a release is good for its own request only.
#[test]
fn a_release_of_one_request_runs_no_other() {
    let mut urgent = office(&repair(&manual()));
    urgent.by("ann", &submit(json!({}), true));
    let release = Release::of(urgent.request()).unwrap();
    assert!(ExecutionOrder::new(release.clone(), urgent.request(), &fix()).is_some());
    let mut other = urgent.request().clone();
    other.id = id("r-2");
    other.urgent = false;
    assert_eq!(Release::of(&other), None);
    assert_eq!(ExecutionOrder::new(release, &other, &fix()), None);
}

/// RUL-1, EXE-2: a `who` that would let nobody in is refused where people are let in.
#[test]
fn who_submits_and_who_runs_is_seen_without_asking() {
    let resolved = [
        ("property", json!({"property": "requester.manager"})),
        ("property", json!({"property": "request.friend.manager"})),
        ("property", json!({"property": "request.friends"})),
        ("node", json!({"node": {"property": "place", "level": "edit"}})),
        ("owner_of", json!({"owner_of": "db"})),
        ("owner_of", json!({"owner_of": "items"})),
        ("script", json!({"script": "chain.rhai"})),
        ("plugin", json!({"plugin": "org-chart"})),
    ];
    let seen = json!([{"user": "cleo"}, {"group": "staff"}, {"role": "administrator"},
        {"property": "request.friend"}]);
    let rule = |submitters: &Json, manual: &Json| {
        let mut rule = repair(&json!({"id": "fix", "plugin": "sql", "run": {"manual": manual}}));
        rule["submitters"] = submitters.clone();
        rule["form"] = json!([
            {"name": "size", "type": "choice", "values": ["s", "l"],
                "choices_for": [{"who": submitters[1], "values": ["s"]}]},
            {"name": "friend", "type": "user"},
            {"name": "friends", "type": "list of user"},
            {"name": "place", "type": "node"},
            {"name": "db", "type": "resource"},
        ]);
        rule
    };
    assert!(Office::try_new(organization(people()), &rule(&seen, &seen)).is_ok());
    for (word, who) in resolved {
        let whos = json!([{"group": "staff"}, who]);
        let Err(problems) = Office::try_new(organization(people()), &rule(&whos, &whos)) else {
            panic!("{who} is published");
        };
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        let expected =
            ["submitters[1]", "form[0].choices_for[0].who", "executors[0].run.manual[1]"];
        assert_eq!(paths, expected.map(|path| format!("{path}.{word}")), "{who}");
        assert!(problems[0].message.contains("use `user`, `group`, `role`"), "{problems:?}");
    }
}

/// FIN-9: nothing but a profile has properties, so that a chain through a group names nobody, ever.
#[test]
fn a_chain_that_can_name_nobody_is_not_published() {
    let publish = |chain: &str| {
        let mut organization = organization(people());
        let declared =
            [("manager", "user"), ("team", "group"), ("teams", "list of group"), ("place", "text")];
        organization
            .user_properties
            .extend(declared.map(|(name, of)| (id(name), of.parse::<PropertyType>().unwrap())));
        let rule = json!({
            "rule": "chained",
            "kind": "buy",
            "form": [
                {"name": "crew", "type": "group"},
                {"name": "crews", "type": "list of group"},
                {"name": "friends", "type": "list of user"},
            ],
            "steps": [{"id": "s", "approvers": [{"id": "a", "who": {"property": chain}}]}],
        });
        let problems = Office::try_new(organization, &rule).err().unwrap_or_default();
        problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>()
    };
    for chain in [
        "request.crew",
        "request.crews",
        "request.friends.manager.team",
        "requester.manager.manager",
        "requester.teams",
        "requester.undeclared.manager",
    ] {
        assert_eq!(publish(chain), [""; 0], "{chain}");
    }
    for (chain, told) in [
        ("request.crew.manager", "`request.crew` is group, and a group has no `manager`"),
        ("request.crews.manager.manager", "`request.crews` is list of group, and a group has no"),
        ("request.friends.team.manager", "`team` is group, and a group has no `manager`"),
        ("requester.teams.manager", "`teams` is list of group, and a group has no `manager`"),
        ("requester.manager.place", "`place` is text, not a user or a group"),
    ] {
        let problems = publish(chain);
        assert!(problems.len() == 1 && problems[0].starts_with(told), "{chain}: {problems:?}");
    }
}

/// EXE-6b: the engine was away when the step was due, and when the approval had to be there.
#[test]
fn what_a_date_would_approve_is_not_approved_after_the_expiry() {
    let mut office = office(&json!({
        "rule": "late",
        "kind": "late",
        "steps": [{
            "id": "s",
            "approvers": [{"id": "bob", "who": {"user": "bob"}}],
            "due": {"after": "1d"},
            "on_overdue": "approve",
        }],
    }));
    office.by("ann", &submit(json!({}), false));
    office.wait(TimeDelta::days(20));
    office.engine(EngineCommand::Miss);
    assert_eq!(office.request().status(), Status::Expired);
}

/// EXE-6b: the timer has not come by yet.
#[test]
fn no_use_is_reported_after_its_time_and_no_report_moves_the_end() {
    let mut office = office(&repair(&json!({
        "id": "fix", "plugin": "sql", "window": {"from": "first_use", "length": "2h", "unused": "3h"}
    })));
    office.by("ann", &submit(json!({}), true));
    office.engine(EngineCommand::Start(fix()));
    office.engine(finish(&fix(), 1, crate::office::done()));
    let mut late = office.clone();
    late.wait(TimeDelta::hours(3));
    let refused = late.give(&person("ann"), &Command::Use(fix())).unwrap_err();
    let never = |why: &Unfit| matches!(why, Unfit::NeverUsed { until: Some(until), .. } if *until == late.at);
    assert!(matches!(&refused, Rejection::WrongStatus { why: Some(why), .. } if never(why)));

    office.wait(TimeDelta::minutes(179));
    let ends = office.at + TimeDelta::hours(2);
    let changes = office.by("ann", &Command::Use(fix()));
    let timer = Effect::SetTimer(Timer::GrantEnd(fix()), ends);
    assert!(changes.effects.contains(&timer), "{:?}", changes.effects);
    office.wait(TimeDelta::hours(1));
    let refused = office.give(&person("adm"), &Command::Use(fix())).unwrap_err();
    let before =
        |why: &Unfit| matches!(why, Unfit::UsedBefore { until, .. } if *until == Some(ends));
    assert!(matches!(&refused, Rejection::WrongStatus { why: Some(why), .. } if before(why)));
}
