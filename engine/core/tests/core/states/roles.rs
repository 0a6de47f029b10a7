//! Roles × commands (FIN-17), each command in a state that it fits.

use std::fmt::Write;

use engine_core::{
    command::{Command, EngineCommand},
    event::Actor,
    request::Choice,
};
use serde_json::json;

use super::{
    answer, draft, empty, engine, everybody, executions, finished, fix, grant, heading, pending,
    reviewed,
};
use crate::{
    office::{Office, approve, cancel, edit, note, reject, save_draft, submit},
    states::requests,
};

/// Every role, and a person who has it.
const ROLES: [(&str, &str); 13] = [
    ("owner", "owner"),
    ("administrator", "administrator"),
    ("workflow manager", "manager"),
    ("auditor", "auditor"),
    ("user, not involved", "bystander"),
    ("requester, also in the approvers' group", "requester"),
    ("approver of the step", "approver"),
    ("approver of a later step", "director"),
    ("executor of `fix`", "executor"),
    ("service account in the approvers' group", "service"),
    ("deactivated, in the approvers' group", "leaver"),
    ("nobody of the organization", "stranger"),
    ("the engine", ""),
];

pub(super) fn write(text: &mut String) {
    heading(text, 2, "Roles");
    writeln!(
        text,
        "\nEach command in a state that it fits: `approve`, `reject`, `cancel`, `force`, `hold`, `add_approver`, \
         `remove_approver`, `reassign` and `restart` on a pending request, `send back` \
         in the second\nstep, `withdraw` where a colleague has approved, `release` on a held request, `reevaluate` on a blocked one,\n`run` on a scheduled execution, `retry` on a failed one, `use` on a grant that waits for its first use, `revoke` on one in force, and the \
         engine's own where they are due."
    )
    .unwrap();
    let columns = columns();
    let names: Vec<&str> = columns.iter().map(|(name, ..)| *name).collect();
    writeln!(text, "\n| role | {} |", names.join(" | ")).unwrap();
    writeln!(text, "|---|{}", "---|".repeat(columns.len())).unwrap();
    for (role, login) in ROLES {
        let actor: Actor = if login.is_empty() { engine() } else { everybody(login) };
        let answers: Vec<String> =
            columns.iter().map(|(_, office, command)| answer(office, &actor, command)).collect();
        writeln!(text, "| {role} | {} |", answers.join(" | ")).unwrap();
    }
}

/// In its first step, after the review.
fn passed() -> Office {
    let mut office = reviewed();
    office.by("director", &Command::PassReview(note()));
    office
}

fn columns() -> Vec<(&'static str, Office, Command)> {
    let engine = |command: EngineCommand| Command::Engine(command);
    let revert = EngineCommand::FinishRevert { execution: grant(), outcome: Ok(()) };
    let mut running = executions::scheduled_fix();
    running.engine(EngineCommand::Start(grant()));
    vec![
        ("submit", empty(), submit(json!({}), false)),
        ("submit, urgent", empty(), submit(json!({}), true)),
        ("approve", pending(), approve()),
        ("reject", pending(), reject()),
        ("cancel", pending(), cancel()),
        ("send back", requests::second_step(), requests::send_back()),
        ("withdraw", requests::in_progress(), requests::withdraw()),
        ("force approve", pending(), requests::force(Choice::Approve)),
        ("force reject", pending(), requests::force(Choice::Reject)),
        ("hold", pending(), requests::hold()),
        ("release", requests::held(), requests::release()),
        ("save draft", empty(), save_draft(&json!({}))),
        ("submit the draft", draft(), Command::SubmitDraft(Box::default())),
        ("delete the draft", draft(), Command::DeleteDraft),
        ("edit", pending(), Command::Edit(Box::new(edit("another server")))),
        ("edit in review", reviewed(), Command::Edit(Box::new(edit("another server")))),
        ("pass review", reviewed(), Command::PassReview(note())),
        ("cancel in review", reviewed(), cancel()),
        ("return to review", passed(), Command::ReturnToReview(note())),
        ("reevaluate", requests::nobody(), Command::Reevaluate),
        ("restart", pending(), requests::restart()),
        ("add_approver", pending(), requests::add_approver()),
        ("remove_approver", pending(), requests::remove_approver()),
        ("reassign", pending(), requests::reassign()),
        ("comment", pending(), Command::Comment { text: "which one?".to_owned() }),
        ("attach", pending(), requests::attach()),
        (
            "remove the requester's attachment",
            requests::attached(),
            Command::RemoveAttachment { number: 1 },
        ),
        ("watch", pending(), Command::Watch(crate::office::id("manager"))),
        ("leave", requests::watched(), Command::Leave),
        ("miss", requests::overdue(), engine(EngineCommand::Miss)),
        ("run `fix`", executions::scheduled_fix(), Command::Run(fix())),
        ("run `grant`", executions::scheduled_fix(), Command::Run(grant())),
        ("retry `grant`", executions::failed(), Command::Retry(grant())),
        ("use `grant`", executions::awaiting(), Command::Use(grant())),
        ("revoke `grant`", executions::active(), requests::revoke()),
        ("expire", requests::late(), engine(EngineCommand::Expire)),
        ("start", executions::scheduled_fix(), executions::startable()),
        ("finish", running, finished(&grant(), 1)),
        ("end_grant", executions::overdue(), engine(EngineCommand::EndGrant(grant()))),
        ("finish_revert", executions::revoking(), engine(revert)),
    ]
}
