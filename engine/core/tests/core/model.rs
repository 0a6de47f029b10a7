//! Every order in which people decide, a worker runs executions, its process dies and the plugin
//! fails, within bounds: the same core, with the worker of `engine/runtime/src/dispatch.rs` as a
//! small state machine.
//!
//! The target remembers nothing by itself and counts what is done to it, so an effect happens once
//! only if the engine asks (`probe`) before it tries again (EXE-3).

mod worker;

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use chrono::TimeDelta;
use engine_core::{
    command::{Command, EngineCommand},
    decide::Changes,
    directory::OrganizationRole,
    effect::{Effect, Timer},
    event::Actor,
    ids::ExecutionId,
    request::{ExecutionState, Phase, Request, Status},
};
use serde_json::json;
use stateright::{Checker, Model, Property};

use crate::office::{Office, approve, cancel, id, organization, person, reject, submit, user};
use worker::{Answer, Ending, Worker};

const APPROVERS: [&str; 3] = ["ann", "bob", "cid"];

/// What the model tries.
#[derive(Clone)]
struct Plant {
    /// One for each request, with its rule.
    offices: Vec<Arc<Office>>,
    /// Every way in which a plugin and its target can fail, not the most telling ones only.
    every_fault: bool,
    crashes: u8,
    attempts: u32,
}

/// A request as it is committed, the worker in memory, and the target.
#[derive(Clone, Debug, PartialEq)]
struct Desk {
    request: Request,
    /// Whether its execution is in the outbox.
    queued: bool,
    /// Whether a timer will put it there.
    timer: bool,
    worker: Worker,
    /// How often the effect happened.
    effects: u8,
    /// Whether it happened while nobody had approved yet.
    early: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct World {
    desks: Vec<Desk>,
    crashes: u8,
}

impl Hash for World {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.crashes.hash(hasher);
        for desk in &self.desks {
            serde_json::to_string(&desk.request).unwrap().hash(hasher);
            format!("{:?}", desk.worker).hash(hasher);
            (desk.queued, desk.timer, desk.effects, desk.early).hash(hasher);
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Action {
    Approve(usize, &'static str),
    Reject(usize, &'static str),
    Cancel(usize),
    Expire(usize),
    /// A person presses *run*.
    Run(usize),
    /// A person tries a failed execution again.
    Retry(usize),
    /// The timer of the next attempt fires.
    Fire(usize),
    /// A worker finds the execution in the outbox.
    TakeOn(usize),
    Execute(usize, Ending),
    Probe(usize, Answer),
    Report(usize),
    /// The process dies: what is not committed is gone.
    Crash,
}

impl Plant {
    fn of(requests: &[(bool, bool)]) -> Self {
        let offices = requests.iter().map(|(urgent, manual)| Arc::new(office(*urgent, *manual)));
        Self { offices: offices.collect(), every_fault: true, crashes: 1, attempts: 3 }
    }

    /// Gives a command to the core and commits what it says.
    fn commit(
        &self,
        world: &mut World,
        at: usize,
        actor: &Actor,
        command: &Command,
    ) -> Option<Changes> {
        let desk = &mut world.desks[at];
        let mut office = self.offices[at].clone();
        if matches!(command, Command::Engine(EngineCommand::Expire)) {
            Arc::make_mut(&mut office).wait(TimeDelta::days(30));
        }
        let changes = office.decide(Some(&desk.request), actor, command).ok()?;
        desk.request = changes.request.clone();
        for effect in &changes.effects {
            match effect {
                Effect::Queue(_) => desk.queued = true,
                Effect::Unqueue(_) => desk.queued = false,
                Effect::SetTimer(Timer::ExecutionRetry(_), _) => desk.timer = true,
                Effect::ClearTimer(Timer::ExecutionRetry(_)) => desk.timer = false,
                Effect::Execute(_)
                | Effect::Revert(_)
                | Effect::SetTimer(..)
                | Effect::ClearTimer(_)
                | Effect::Notify(_) => {}
            }
        }
        Some(changes)
    }

    fn engine(&self, world: &mut World, at: usize, command: EngineCommand) -> Option<Changes> {
        self.commit(world, at, &Actor::Engine, &Command::Engine(command))
    }

    /// What people and timers can do to a request.
    fn decisions(&self, at: usize, desk: &Desk, actions: &mut Vec<Action>) {
        let state = desk.execution();
        if desk.request.is_open() {
            let decided = |name: &str| {
                desk.request.live_decisions().any(|decision| decision.by.as_str() == name)
            };
            for name in APPROVERS.into_iter().filter(|name| !decided(name)) {
                actions.push(Action::Approve(at, name));
            }
            // One who rejects stands for all: the rule is the same for each.
            if !decided(APPROVERS[2]) {
                actions.push(Action::Reject(at, APPROVERS[2]));
            }
            actions.extend([Action::Cancel(at), Action::Expire(at)]);
        }
        if matches!(state, ExecutionState::Scheduled { .. }) {
            actions.push(Action::Run(at));
        }
        if matches!(state, ExecutionState::Failed { .. }) {
            actions.push(Action::Retry(at));
        }
        if desk.timer {
            actions.push(Action::Fire(at));
        }
    }
}

impl Desk {
    fn execution(&self) -> &ExecutionState {
        &self.request.executions[0].state
    }

    fn is_approved(&self) -> bool {
        matches!(self.request.phase, Phase::Approved { .. })
    }

    /// Whether the engine says that there was no effect (EXE-3).
    fn is_surely_nothing(&self) -> bool {
        matches!(
            self.execution(),
            ExecutionState::Waiting
                | ExecutionState::Scheduled { .. }
                | ExecutionState::Failed { may_have_happened: false, .. }
                | ExecutionState::Cancelled { .. }
                | ExecutionState::Expired { .. }
        )
    }

    /// Whatever is to go on by itself is in the outbox, waits for a timer, or is in somebody's hands.
    fn is_remembered(&self) -> bool {
        let execution = &self.request.executions[0];
        match execution.state {
            ExecutionState::Scheduled { .. } => {
                self.queued || self.timer || (execution.manual && execution.attempts == 0)
            }
            ExecutionState::Running { .. } => self.queued || self.timer,
            _ => true,
        }
    }
}

impl Model for Plant {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let desks = self.offices.iter().map(|office| Desk {
            request: office.request().clone(),
            queued: matches!(
                office.request().executions[0].state,
                ExecutionState::Scheduled { .. }
            ) && !office.request().executions[0].manual,
            timer: false,
            worker: Worker::Idle,
            effects: 0,
            early: false,
        });
        vec![World { desks: desks.collect(), crashes: 0 }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for (at, desk) in world.desks.iter().enumerate() {
            self.decisions(at, desk, actions);
            worker::actions(self.every_fault, at, desk, actions);
        }
        let busy = world.desks.iter().any(|desk| desk.worker != Worker::Idle);
        if busy && world.crashes < self.crashes {
            actions.push(Action::Crash);
        }
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = last.clone();
        match action {
            Action::Approve(at, name) => {
                self.commit(&mut world, at, &person(name), &approve())?;
            }
            Action::Reject(at, name) => {
                self.commit(&mut world, at, &person(name), &reject())?;
            }
            Action::Cancel(at) => {
                self.commit(&mut world, at, &person("eve"), &cancel())?;
            }
            Action::Expire(at) => {
                self.engine(&mut world, at, EngineCommand::Expire)?;
            }
            Action::Run(at) => {
                let changes = self.commit(&mut world, at, &person("ann"), &Command::Run(fix()))?;
                worker::hand_over(&mut world.desks[at], changes);
            }
            Action::Retry(at) => {
                self.commit(&mut world, at, &person("adm"), &Command::Retry(fix()))?;
            }
            Action::Fire(at) => {
                world.desks[at].timer = false;
                self.engine(&mut world, at, EngineCommand::RetryDue(fix()))?;
            }
            Action::TakeOn(at) => worker::take_on(self, &mut world, at),
            Action::Execute(at, ending) => worker::execute(&mut world.desks[at], ending),
            Action::Probe(at, answer) => worker::probe(&mut world.desks[at], answer),
            Action::Report(at) => worker::report(self, &mut world, at),
            Action::Crash => {
                world.crashes += 1;
                world.desks.iter_mut().for_each(|desk| desk.worker = Worker::Idle);
            }
        }
        Some(world)
    }

    fn within_boundary(&self, world: &World) -> bool {
        world.desks.iter().all(|desk| {
            let execution = &desk.request.executions[0];
            execution.attempts.max(execution.failures) <= self.attempts
        })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        fn all(world: &World, holds: impl Fn(&Desk) -> bool) -> bool {
            world.desks.iter().all(holds)
        }
        fn any(world: &World, holds: impl Fn(&Desk) -> bool) -> bool {
            world.desks.iter().any(holds)
        }
        let mut properties = vec![
            Property::always("no execution before approval or urgent release", |_, world| {
                all(world, |desk| desk.effects == 0 || desk.request.urgent || desk.is_approved())
            }),
            Property::always("effect at most once", |_, world| {
                all(world, |desk| desk.effects <= 1)
            }),
            Property::always("success is recorded only where the effect happened", |_, world| {
                all(world, |desk| {
                    desk.effects == 1
                        || !matches!(desk.execution(), ExecutionState::Succeeded { .. })
                })
            }),
            Property::always(
                "what is over or to be tried again did nothing, or is in doubt",
                |_, world| all(world, |desk| desk.effects == 0 || !desk.is_surely_nothing()),
            ),
            Property::always("no work is forgotten", |_, world| all(world, Desk::is_remembered)),
            Property::always("an urgent request is never rejected or expired", |_, world| {
                all(world, |desk| {
                    let status = desk.request.status();
                    !(desk.request.urgent && matches!(status, Status::Rejected | Status::Expired))
                })
            }),
            Property::always("a cancelled request did nothing", |_, world| {
                all(world, |desk| desk.request.status() != Status::Cancelled || desk.effects == 0)
            }),
            Property::sometimes("approved and executed", |_, world| {
                any(world, |desk| desk.is_approved() && desk.effects == 1)
            }),
            Property::sometimes("an effect found after a crash", |_, world: &World| {
                world.crashes > 0
                    && any(world, |desk| {
                        desk.effects == 1
                            && matches!(desk.execution(), ExecutionState::Succeeded { .. })
                    })
            }),
            Property::sometimes("tried again, with its effect", |_, world| {
                any(world, |desk| desk.request.executions[0].attempts > 1 && desk.effects == 1)
            }),
        ];
        if self.every_fault {
            properties.push(Property::sometimes("in doubt, and found out later", |_, world| {
                any(world, |desk| {
                    let execution = &desk.request.executions[0];
                    let done = matches!(execution.state, ExecutionState::Succeeded { .. });
                    done && execution.attempts == 1 && execution.failures > 0
                })
            }));
        }
        if self.offices.iter().any(|office| office.request().urgent) {
            properties.push(Property::sometimes("urgent executes before approval", |_, world| {
                any(world, |desk| desk.early && !desk.is_approved())
            }));
            properties
                .push(Property::sometimes("urgent is approved after it executed", |_, world| {
                    any(world, |desk| desk.early && desk.is_approved())
                }));
        }
        properties
    }
}

fn fix() -> ExecutionId {
    id("fix")
}

/// An office with a request that two of three people must approve.
fn office(urgent: bool, manual: bool) -> Office {
    let people = APPROVERS.map(|name| user(name, OrganizationRole::User, &["approvers"]));
    let others = [
        user("adm", OrganizationRole::Administrator, &[]),
        user("eve", OrganizationRole::User, &[]),
    ];
    let run = if manual { json!({"manual": [{"user": "ann"}]}) } else { json!("automatic") };
    let rule = json!({
        "rule": "repair",
        "kind": "sql",
        "urgent": true,
        "steps": [{
            "id": "peers",
            "quorum": {"at_least": 2},
            "approvers": [{"id": "each", "who": {"group": "approvers"}, "seats": "each"}],
        }],
        "executors": [{"id": "fix", "plugin": "sql", "run": run}],
    });
    let mut office = Office::new(organization(people.into_iter().chain(others)), &rule);
    office.by("eve", &submit(json!({}), urgent));
    office
}

/// Explores everything within the bounds: what must always hold does, what must be seen is.
fn check(plant: Plant) -> usize {
    let checker = plant.checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
    checker.unique_state_count()
}

#[test]
fn a_request_with_every_fault() {
    let states = check(Plant::of(&[(false, false)]));
    assert!(states > 300, "only {states} states");
}

#[test]
fn a_request_run_by_a_person_with_every_fault() {
    let states = check(Plant::of(&[(false, true)]));
    assert!(states > 300, "only {states} states");
}

#[test]
fn an_urgent_request_with_every_fault() {
    let states = check(Plant { attempts: 2, ..Plant::of(&[(true, false)]) });
    assert!(states > 1_000, "only {states} states");
}

/// Both in one process, which dies once.
#[test]
fn two_requests_and_a_crash() {
    let requests = [(false, false), (true, false)];
    let plant = Plant { every_fault: false, attempts: 2, ..Plant::of(&requests) };
    let checker = plant.checker().threads(2).target_max_depth(11).spawn_bfs().join();
    checker.assert_properties();
}
