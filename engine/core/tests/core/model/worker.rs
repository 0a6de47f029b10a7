//! The worker of the outbox, step by step as in `engine/runtime/src/dispatch.rs`.

use engine_core::{
    command::{AttemptOutcome, EngineCommand},
    decide::Changes,
    effect::Effect,
    extension::{Failure, FailureClass, Receipt},
    order::ExecutionOrder,
    request::ExecutionState,
};

use super::{Action, Desk, Plant, World, fix};

/// What the process has in memory about an execution.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Worker {
    /// Nothing.
    Idle,
    /// The order of an attempt that it has just started.
    Ordered(Box<ExecutionOrder>, u32),
    /// The same, after a probe: the effect is not there.
    Cleared(Box<ExecutionOrder>, u32),
    /// An attempt whose end is open.
    Unsure(u32, FailureClass),
    /// An attempt that another process started.
    Found(u32),
    /// The outcome of an attempt, not committed yet.
    Reporting(u32, End),
}

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    Succeeded,
    Failed(FailureClass),
    NeverHappened,
    Unclear,
    CannotTell,
}

/// How `execute` ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ending {
    Done,
    /// The effect happened, and the answer was lost.
    DoneAnswerLost,
    /// Nothing happened, and the answer was lost.
    NothingAnswerLost,
    /// The target is away.
    Away,
    /// The plugin says: never.
    Never,
}

/// What `probe` says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Answer {
    /// Whether the effect is there.
    Truth,
    CannotTell,
    Away,
}

/// What the worker of a request can do next.
pub(super) fn actions(every_fault: bool, at: usize, desk: &Desk, actions: &mut Vec<Action>) {
    let mut probe = || {
        actions.push(Action::Probe(at, Answer::Truth));
        if every_fault {
            actions
                .extend([Action::Probe(at, Answer::CannotTell), Action::Probe(at, Answer::Away)]);
        }
    };
    match &desk.worker {
        Worker::Idle if desk.queued => actions.push(Action::TakeOn(at)),
        Worker::Idle => {}
        Worker::Ordered(_, attempt) if *attempt > 1 => probe(),
        Worker::Ordered(..) | Worker::Cleared(..) => {
            actions.extend(
                [Ending::Done, Ending::DoneAnswerLost].map(|ending| Action::Execute(at, ending)),
            );
            if every_fault {
                let more = [Ending::NothingAnswerLost, Ending::Away, Ending::Never];
                actions.extend(more.map(|ending| Action::Execute(at, ending)));
            }
        }
        Worker::Unsure(..) | Worker::Found(_) => probe(),
        Worker::Reporting(..) => actions.push(Action::Report(at)),
    }
}

/// `work_off`: what an execution's state asks for.
pub(super) fn take_on(plant: &Plant, world: &mut World, at: usize) {
    let execution = &world.desks[at].request.executions[0];
    match execution.state {
        ExecutionState::Running { .. } => {
            world.desks[at].worker = Worker::Found(execution.attempts);
        }
        ExecutionState::Scheduled { .. } => {
            if let Some(changes) = plant.engine(world, at, EngineCommand::Start(fix())) {
                hand_over(&mut world.desks[at], changes);
            }
        }
        _ => world.desks[at].queued = false,
    }
}

/// `dispatch`: an order goes to the worker, if it has nothing in hand.
pub(super) fn hand_over(desk: &mut Desk, changes: Changes) {
    let order = changes.effects.into_iter().find_map(|effect| match effect {
        Effect::Execute(order) => Some(order),
        _ => None,
    });
    if let (Some(order), Worker::Idle) = (order, &desk.worker) {
        desk.worker = Worker::Ordered(Box::new(order), desk.request.executions[0].attempts);
    }
}

/// `execute` of the plugin: only ever with an order.
pub(super) fn execute(desk: &mut Desk, ending: Ending) {
    let (Worker::Ordered(order, attempt) | Worker::Cleared(order, attempt)) = &desk.worker else {
        panic!("{:?} has no order", desk.worker);
    };
    assert_eq!(*order.request(), desk.request.id);
    let attempt = *attempt;
    if matches!(ending, Ending::Done | Ending::DoneAnswerLost) {
        desk.effects += 1;
        desk.early = !desk.is_approved();
    }
    desk.worker = match ending {
        Ending::Done => Worker::Reporting(attempt, End::Succeeded),
        Ending::DoneAnswerLost | Ending::NothingAnswerLost => {
            assert!(FailureClass::Deadline.may_have_happened());
            Worker::Unsure(attempt, FailureClass::Deadline)
        }
        Ending::Away => Worker::Reporting(attempt, End::Failed(FailureClass::Unavailable)),
        Ending::Never => Worker::Reporting(attempt, End::Failed(FailureClass::Permanent)),
    };
}

/// `probe` of the plugin, and what follows from its answer.
pub(super) fn probe(desk: &mut Desk, answer: Answer) {
    let attempt = match &desk.worker {
        Worker::Ordered(_, attempt) | Worker::Unsure(attempt, _) | Worker::Found(attempt) => {
            *attempt
        }
        other => panic!("{other:?} asks nothing"),
    };
    let worker = std::mem::replace(&mut desk.worker, Worker::Idle);
    desk.worker = match (answer, worker) {
        (Answer::CannotTell, _) => Worker::Reporting(attempt, End::CannotTell),
        (Answer::Away, _) => Worker::Reporting(attempt, End::Unclear),
        (Answer::Truth, _) if desk.effects > 0 => Worker::Reporting(attempt, End::Succeeded),
        (Answer::Truth, Worker::Ordered(order, _)) => Worker::Cleared(order, attempt),
        (Answer::Truth, Worker::Unsure(_, class)) => Worker::Reporting(attempt, End::Failed(class)),
        (Answer::Truth, _) => Worker::Reporting(attempt, End::NeverHappened),
    };
}

/// Commits the outcome of an attempt.
pub(super) fn report(plant: &Plant, world: &mut World, at: usize) {
    let Worker::Reporting(attempt, end) = world.desks[at].worker else {
        panic!("{:?} has nothing to report", world.desks[at].worker);
    };
    let outcome = match end {
        End::Succeeded => AttemptOutcome::Succeeded(Receipt::default()),
        End::Failed(class) => AttemptOutcome::Failed(Failure::new(class, "broken")),
        End::NeverHappened => AttemptOutcome::NeverHappened,
        End::Unclear => {
            AttemptOutcome::Unclear(Failure::new(FailureClass::Unavailable, "nobody answers"))
        }
        End::CannotTell => {
            AttemptOutcome::CannotTell(Failure::new(FailureClass::UnknownOutcome, "who knows"))
        }
    };
    let finish = EngineCommand::Finish { execution: fix(), attempt, outcome };
    plant.engine(world, at, finish).expect("the outcome of a running attempt");
    world.desks[at].worker = Worker::Idle;
}
