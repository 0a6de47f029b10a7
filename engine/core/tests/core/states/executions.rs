//! Execution states × the commands about executions.

use chrono::TimeDelta;
use engine_core::{
    command::{AttemptOutcome, Command, EngineCommand},
    extension::{Failure, FailureClass},
    ids::ExecutionId,
    rights::SharedRights,
};
use serde_json::json;

use super::{
    engine, everybody, finished, fix, grant, heading, pending, people, permanent, requests, rule,
    start, table, urgent,
};
use crate::office::{Office, cancel, finish, submit};

type State = (&'static str, fn() -> Office, fn() -> ExecutionId);

/// Every state of an execution; the execution that is in it.
const STATES: [State; 18] = [
    ("`waiting`", pending, grant),
    ("`scheduled`, run by the engine", requests::approved, grant),
    ("`scheduled`, run by a person", requests::approved, fix),
    ("`scheduled`, its expiry past", start_expired, grant),
    ("`scheduled`, to be tried again", again, grant),
    ("`running`", running, grant),
    ("`running`, run by a person", running_fix, fix),
    ("`succeeded`", succeeded, fix),
    ("`failed`", failed, grant),
    ("`cancelled`", cancelled, grant),
    ("`expired`", expired, grant),
    ("`active`", active, grant),
    ("`active`, its window past", overdue, grant),
    ("`active`, waiting for its first use", awaiting, grant),
    ("`revoking`", revoking, grant),
    ("`revoke_failed`", revoke_failed, grant),
    ("`revoked`", revoked, grant),
    ("`lapsed`", lapsed, grant),
];

pub(super) fn write(text: &mut String) {
    heading(text, 2, "Execution states");
    for (title, login) in [
        ("A person of the group that runs `fix`", "executor"),
        ("An administrator", "administrator"),
        ("The requester", "requester"),
    ] {
        heading(text, 3, title);
        group(text, login, |execution| {
            let comment = "not needed any more".to_owned();
            vec![
                ("run", Command::Run(execution.clone())),
                ("retry", Command::Retry(execution.clone())),
                ("use", Command::Use(execution.clone())),
                ("revoke", Command::Revoke { execution: execution.clone(), comment }),
                ("cancel the request", cancel()),
            ]
        });
    }
    heading(text, 3, "The engine");
    group(text, "", |execution| {
        let of =
            |command: fn(ExecutionId) -> EngineCommand| Command::Engine(command(execution.clone()));
        vec![
            ("start", of(EngineCommand::Start)),
            ("finish", finished(execution, 1)),
            ("finish another attempt", finished(execution, 7)),
            ("expire_execution", of(EngineCommand::ExpireExecution)),
            ("retry_due", of(EngineCommand::RetryDue)),
            ("end_grant", of(EngineCommand::EndGrant)),
            ("start_revert", of(|id| EngineCommand::StartRevert(id, SharedRights::default()))),
            ("finish_revert", finish_revert(execution, Ok(()))),
        ]
    });
}

/// One row for each state, by this person or the engine; the commands are about its execution.
fn group(
    text: &mut String,
    login: &str,
    commands: impl Fn(&ExecutionId) -> Vec<(&'static str, Command)>,
) {
    let mut whole = String::new();
    for (index, (name, make, execution)) in STATES.into_iter().enumerate() {
        let actor = if login.is_empty() { engine() } else { everybody(login) };
        let mut row = String::new();
        table(&mut row, "execution", &commands(&execution()), [(name, make(), actor)]);
        // The heading lines of the first table serve all rows.
        let skip = if index == 0 { 0 } else { 3 };
        row.lines().skip(skip).for_each(|line| whole = format!("{whole}{line}\n"));
    }
    text.push_str(&whole);
}

fn finish_revert(execution: &ExecutionId, outcome: Result<(), Failure>) -> Command {
    Command::Engine(EngineCommand::FinishRevert { execution: execution.clone(), outcome })
}

fn start_expired() -> Office {
    let mut office = requests::approved();
    office.wait(TimeDelta::days(2));
    office
}

fn running() -> Office {
    let mut office = requests::approved();
    office.engine(EngineCommand::Start(grant()));
    office
}

fn again() -> Office {
    let mut office = running();
    let failure = Failure::new(FailureClass::Unavailable, "the database is away");
    office.engine(finish(&grant(), 1, AttemptOutcome::Failed(failure)));
    office
}

pub(super) fn scheduled_fix() -> Office {
    requests::approved()
}

fn running_fix() -> Office {
    let mut office = requests::approved();
    office.by("executor", &Command::Run(fix()));
    office
}

fn succeeded() -> Office {
    let mut office = running_fix();
    office.give(&engine(), &finished(&fix(), 1)).unwrap();
    office
}

pub(super) fn failed() -> Office {
    let mut office = running();
    office.engine(finish(&grant(), 1, AttemptOutcome::Failed(permanent())));
    office
}

fn cancelled() -> Office {
    let mut office = urgent();
    office.by("requester", &cancel());
    office
}

fn expired() -> Office {
    let mut office = start_expired();
    office.engine(EngineCommand::ExpireExecution(grant()));
    office
}

pub(super) fn active() -> Office {
    let mut office = running();
    office.give(&engine(), &finished(&grant(), 1)).unwrap();
    office
}

/// The window of `grant` runs from its first use, which nobody has reported.
pub(super) fn awaiting() -> Office {
    let mut rule = rule();
    rule["executors"][0]["window"]["from"] = "first_use".into();
    let mut office = Office::new(people(), &rule);
    office.by("requester", &submit(json!({}), true));
    office.engine(EngineCommand::Start(grant()));
    office.give(&engine(), &finished(&grant(), 1)).unwrap();
    office
}

pub(super) fn overdue() -> Office {
    let mut office = active();
    office.wait(TimeDelta::hours(3));
    office
}

pub(super) fn revoking() -> Office {
    let mut office = active();
    office.by("requester", &requests::revoke());
    office
}

fn revoke_failed() -> Office {
    let mut office = revoking();
    office.give(&engine(), &finish_revert(&grant(), Err(permanent()))).unwrap();
    office
}

fn revoked() -> Office {
    let mut office = revoking();
    office.give(&engine(), &finish_revert(&grant(), Ok(()))).unwrap();
    office
}

fn lapsed() -> Office {
    let mut office = overdue();
    office.engine(EngineCommand::EndGrant(grant()));
    office.give(&engine(), &finish_revert(&grant(), Ok(()))).unwrap();
    office
}

pub(super) fn startable() -> Command {
    start(&grant())
}
