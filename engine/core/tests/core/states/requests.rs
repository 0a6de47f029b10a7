//! Request states × commands, for each way of being involved.

use chrono::TimeDelta;
use engine_core::{
    command::{Attach, Command, Decide, EngineCommand, Seen},
    extension::{Failure, FailureClass},
    question::{Answer, Ask, Question},
    request::Choice,
};
use serde_json::json;

use super::{
    empty, engine, everybody, finished, fix, grant, heading, pending, start, table, urgent,
};
use crate::office::{Office, approve, cancel, id, reject, submit, yes};

type State = (&'static str, fn() -> Office);

/// Every state of a request, in the order of its life.
pub(super) const STATES: [State; 19] = [
    ("not submitted", empty),
    ("`pending`", pending),
    ("`pending`, approval expiry past", late),
    ("`pending`, due date past", overdue),
    ("`pending`, watched by the bystander", watched),
    ("`in_progress`, first step", in_progress),
    ("`in_progress`, second step", second_step),
    ("`in_progress`, blocked: condition undecided", undecided),
    ("`in_progress`, blocked: nobody can decide", nobody),
    ("`approved`", approved),
    ("`rejected`", rejected),
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
const ROLES: [(&str, &str); 5] = [
    ("The requester", "requester"),
    ("An approver of the first step", "approver"),
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

fn commands() -> Vec<(&'static str, Command)> {
    let decide = |step: Option<&str>, seen: Option<Seen>| {
        Command::Decide(Decide {
            choice: Choice::Approve,
            comment: Some("fine with me".to_owned()),
            concern: None,
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
        ("cancel", cancel()),
        ("reevaluate", Command::Reevaluate),
        ("comment", Command::Comment { text: "which one?".to_owned() }),
        ("attach", attach()),
        ("watch", Command::Watch(id("manager"))),
        ("leave", Command::Leave),
        ("run `fix`", Command::Run(fix())),
        ("retry `fix`", Command::Retry(fix())),
        ("revoke `grant`", revoke()),
        ("expire", Command::Engine(EngineCommand::Expire)),
        ("recount", Command::Engine(EngineCommand::Recount)),
    ]
}

pub(super) fn attach() -> Command {
    let (name, sha256) = ("bill.pdf".to_owned(), "0".repeat(64));
    Command::Attach(Attach { name, size: 7, sha256 })
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

fn in_progress() -> Office {
    let mut office = pending();
    office.by("colleague", &approve());
    office
}

fn second_step() -> Office {
    let mut office = in_progress();
    office.by("substitute", &approve());
    office
}

/// The script of the second step gives no answer.
fn undecided() -> Office {
    let mut office = pending();
    office.oracle = std::sync::Arc::new(|question: &Question| match question.ask {
        Ask::Condition(_) => {
            Answer::Verdict(Err(Failure::new(FailureClass::Trap, "division by zero")))
        }
        Ask::Approvers(_) | Ask::OverdueUrgent | Ask::Plan { .. } => yes(question),
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
