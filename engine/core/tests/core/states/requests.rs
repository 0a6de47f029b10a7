//! Request states × commands, for each way of being involved.

use chrono::{DateTime, TimeDelta, Utc};
use engine_core::{
    command::{
        Approver, Attach, Command, Decide, EngineCommand, Restart, RestartOrder, Seen, SendBack,
    },
    extension::{Failure, FailureClass},
    question::{Answer, Ask, Question},
    request::Choice,
};
use serde_json::json;

use super::{
    draft, empty, engine, everybody, finished, fix, grant, heading, pending, reviewed, start,
    table, urgent,
};
use crate::office::{Office, approve, cancel, edit, id, note, reject, save_draft, submit, yes};

type State = (&'static str, fn() -> Office);

/// Every state of a request, in the order of its life.
pub(super) const STATES: [State; 26] = [
    ("not submitted", empty),
    ("`draft`", draft),
    ("`in_review`", reviewed),
    ("`pending`", pending),
    ("`pending`, approval expiry past", late),
    ("`pending`, due date past", overdue),
    ("`pending`, watched by the bystander", watched),
    ("`pending`, with an attachment of the requester's", attached),
    ("`in_progress`, first step", in_progress),
    ("`in_progress`, second step", second_step),
    ("`in_progress`, sent back from the second step", sent_back),
    ("`in_progress`, on hold", held),
    ("`in_progress`, blocked: condition undecided", undecided),
    ("`in_progress`, blocked: nobody can decide", nobody),
    ("`approved`", approved),
    ("`rejected`", rejected),
    ("`rejected`, with an attachment of the requester's", attached_and_rejected),
    ("`rejected`, by force", rejected_by_force),
    ("`cancelled`", cancelled),
    ("`expired`", expired),
    ("`pending`, urgent", urgent),
    ("`pending`, urgent, executed", urgent_executed),
    ("`in_progress`, urgent", urgent_in_progress),
    ("`in_progress`, urgent, blocked", urgent_blocked),
    ("`approved`, urgent", urgent_approved),
    ("`cancelled`, urgent", urgent_cancelled),
];

/// The ways of being involved.
const ROLES: [(&str, &str); 6] = [
    ("The requester", "requester"),
    ("An approver of the first step", "approver"),
    ("An approver of the second step, who reviews", "director"),
    ("An administrator", "administrator"),
    ("A person of the group that runs `fix`", "executor"),
    ("A bystander", "bystander"),
];

pub(super) fn write(text: &mut String) {
    heading(text, 2, "Request states");
    for (title, login) in ROLES {
        heading(text, 3, title);
        let rows = STATES.map(|(name, make)| (name, make(), everybody(login)));
        table(text, "state", &commands(), rows);
    }
    heading(text, 3, "The engine");
    let rows = STATES.map(|(name, make)| (name, make(), engine()));
    let commands = [
        ("expire", Command::Engine(EngineCommand::Expire)),
        ("recount", Command::Engine(EngineCommand::Recount)),
        ("restart with all of its rule", follow()),
        ("remind", Command::Engine(EngineCommand::Remind)),
        ("miss", Command::Engine(EngineCommand::Miss)),
        ("remind urgent", Command::Engine(EngineCommand::RemindUrgent)),
        ("miss urgent", Command::Engine(EngineCommand::MissUrgent)),
        ("start `grant`", start(&grant())),
        ("start `fix`", start(&fix())),
        ("finish `grant`", finished(&grant(), 1)),
        ("approve", approve()),
        ("cancel", cancel()),
    ];
    table(text, "state", &commands, rows);
}

pub(super) fn restart() -> Command {
    Command::Restart(Restart { comment: None, seen: None })
}

/// As one of all open requests of its rule.
fn follow() -> Command {
    Command::Engine(EngineCommand::Restart(RestartOrder {
        number: 1,
        at: DateTime::<Utc>::MAX_UTC,
        by: id("manager"),
        comment: String::new(),
    }))
}

fn commands() -> Vec<(&'static str, Command)> {
    let decide = |step: Option<&str>, seen: Option<Seen>| {
        Command::Decide(Decide {
            choice: Choice::Approve,
            comment: Some("fine with me".to_owned()),
            concern: None,
            items: None,
            step: step.map(id),
            seen,
        })
    };
    vec![
        ("submit", submit(json!({}), false)),
        ("approve", approve()),
        ("approve, naming the first step", decide(Some("team"), None)),
        ("approve, seen before an edit", decide(None, Some(Seen { revision: 0, step: None }))),
        ("reject", reject()),
        ("save draft", save_draft(&json!({"code": "x"}))),
        ("submit the draft", Command::SubmitDraft(Box::default())),
        ("delete the draft", Command::DeleteDraft),
        ("edit", Command::Edit(Box::new(edit("another server")))),
        ("pass review", Command::PassReview(note())),
        ("return to review", Command::ReturnToReview(note())),
        ("cancel", cancel()),
        ("send back", send_back()),
        ("withdraw", withdraw()),
        ("force approve", force(Choice::Approve)),
        ("force reject", force(Choice::Reject)),
        ("hold", hold()),
        ("release", release()),
        ("reevaluate", Command::Reevaluate),
        ("restart", restart()),
        ("add_approver", add_approver()),
        ("remove_approver", remove_approver()),
        ("reassign", reassign()),
        ("comment", Command::Comment { text: "which one?".to_owned() }),
        ("attach", attach()),
        ("remove the attachment", Command::RemoveAttachment { number: 1 }),
        ("watch", Command::Watch(id("manager"))),
        ("leave", Command::Leave),
        ("run `fix`", Command::Run(fix())),
        ("retry `fix`", Command::Retry(fix())),
        ("revoke `grant`", revoke()),
        ("expire", Command::Engine(EngineCommand::Expire)),
        ("recount", Command::Engine(EngineCommand::Recount)),
    ]
}

/// Somebody who has no seat yet, in the first step.
pub(super) fn add_approver() -> Command {
    let step = Some(id("team"));
    Command::AddApprover(Approver { step, user: "bystander".to_owned(), seen: None })
}

/// Somebody who has a seat in the first step.
pub(super) fn remove_approver() -> Command {
    let step = Some(id("team"));
    Command::RemoveApprover(Approver { step, user: "substitute".to_owned(), seen: None })
}

pub(super) fn attach() -> Command {
    Command::Attach(Attach { name: "offer.pdf".to_owned(), size: 12, sha256: "0a".repeat(32) })
}

pub(super) fn reassign() -> Command {
    let comment = "I am away".to_owned();
    Command::Reassign { to: "bystander".to_owned(), comment, seen: None }
}

pub(super) fn send_back() -> Command {
    let comment = Some("look again".to_owned());
    Command::SendBack(SendBack { to: id("team"), comment, step: None, seen: None })
}

pub(super) fn withdraw() -> Command {
    Command::Withdraw { comment: String::new(), step: None, seen: None }
}

pub(super) fn force(choice: Choice) -> Command {
    Command::Force { choice, comment: "it cannot wait".to_owned(), seen: None }
}

pub(super) fn hold() -> Command {
    Command::Hold { comment: "wait for the numbers".to_owned(), seen: None }
}

pub(super) fn release() -> Command {
    Command::Release { comment: "here they are".to_owned(), seen: None }
}

pub(super) fn revoke() -> Command {
    Command::Revoke { execution: grant(), comment: "not needed any more".to_owned() }
}

pub(super) fn late() -> Office {
    let mut office = pending();
    office.wait(TimeDelta::days(4));
    office
}

pub(super) fn overdue() -> Office {
    let mut office = pending();
    office.wait(TimeDelta::days(2));
    office
}

pub(super) fn watched() -> Office {
    let mut office = pending();
    office.by("requester", &Command::Watch(id("bystander")));
    office
}

pub(super) fn attached() -> Office {
    let mut office = pending();
    office.by("requester", &attach());
    office
}

fn attached_and_rejected() -> Office {
    let mut office = attached();
    office.by("colleague", &reject());
    office
}

pub(super) fn in_progress() -> Office {
    let mut office = pending();
    office.by("colleague", &approve());
    office
}

pub(super) fn second_step() -> Office {
    let mut office = in_progress();
    office.by("substitute", &approve());
    office
}

/// The director wants the team to look again, and one of them has.
fn sent_back() -> Office {
    let mut office = second_step();
    office.by("director", &send_back());
    office.by("colleague", &approve());
    office
}

pub(super) fn held() -> Office {
    let mut office = in_progress();
    office.by("requester", &hold());
    office
}

/// The script of the second step gives no answer.
fn undecided() -> Office {
    let mut office = pending();
    office.oracle = std::sync::Arc::new(|question: &Question| match question.ask {
        Ask::Condition(_) => {
            Answer::Verdict(Err(Failure::new(FailureClass::Trap, "division by zero")))
        }
        Ask::Approvers(_) | Ask::Problems(_) | Ask::OverdueUrgent | Ask::Plan { .. } => {
            yes(question)
        }
    });
    office.by("colleague", &approve());
    office.by("substitute", &approve());
    office
}

/// The director of the second step has left.
pub(super) fn nobody() -> Office {
    let mut office = pending();
    office.change_user("director", |user| user.active = false);
    office.by("colleague", &approve());
    office.by("substitute", &approve());
    office
}

pub(super) fn approved() -> Office {
    let mut office = second_step();
    office.by("director", &approve());
    office
}

fn rejected() -> Office {
    let mut office = pending();
    office.by("colleague", &reject());
    office
}

fn rejected_by_force() -> Office {
    let mut office = pending();
    office.by("administrator", &force(Choice::Reject));
    office
}

fn cancelled() -> Office {
    let mut office = pending();
    office.by("requester", &cancel());
    office
}

fn expired() -> Office {
    let mut office = late();
    office.engine(EngineCommand::Expire);
    office
}

fn urgent_executed() -> Office {
    let mut office = urgent();
    office.engine(EngineCommand::Start(grant()));
    office.give(&engine(), &finished(&grant(), 1)).unwrap();
    office
}

fn urgent_in_progress() -> Office {
    let mut office = urgent();
    office.by("colleague", &approve());
    office
}

fn urgent_blocked() -> Office {
    let mut office = urgent();
    office.change_user("director", |user| user.active = false);
    office.by("colleague", &approve());
    office.by("substitute", &approve());
    office
}

fn urgent_approved() -> Office {
    let mut office = urgent_in_progress();
    office.by("substitute", &approve());
    office.by("director", &approve());
    office
}

fn urgent_cancelled() -> Office {
    let mut office = urgent();
    office.by("requester", &cancel());
    office
}
