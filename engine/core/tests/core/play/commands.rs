//! The commands that the moves of a play stand for, the senseless ones among them.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use engine_core::{
    command::{
        Approver, Attach, Command, Decide, Edit, EngineCommand, Note, Restart, RestartOrder,
        Resubmit, Seen, SendBack, Submit,
    },
    ids::{ExecutionId, StepId, UserId},
    request::{Choice, ExecutionState, MadeFile, Request, SeatWho, StepState},
    rights::SharedRights,
};
use serde_json::{Value as Json, json};

use super::{
    groups,
    mood::{end, end_of_revert},
    script::{Act, Changed, Form, ITEMS, Move, NODES, PEOPLE, RESOURCES, Saw, currency},
    stage::Stage,
};
use crate::office::id;

impl Stage {
    pub(super) fn submission(&self, step: &Move) -> Command {
        let Move::Submit { form, urgent, expires, ends, draft, items, target, pick, .. } = step
        else {
            panic!("{step:?} submits nothing");
        };
        let submit = Submit {
            urgent: *urgent,
            approval_expires: expires.map(|number| self.hours(number)),
            ends: ends.map(|number| self.hours(number) + TimeDelta::days(14)),
            items: self.asked(*items),
            picks: pick.map(|pick| self.picks(pick)).unwrap_or_default(),
            target_users: target.map(target_users).unwrap_or_default(),
            ..plain(form)
        };
        if *draft { Command::SaveDraft(Box::new(submit)) } else { Command::Submit(submit) }
    }

    fn hours(&self, number: u8) -> chrono::DateTime<chrono::Utc> {
        self.office.at + TimeDelta::hours(i64::from(number) * 2 - 20)
    }

    /// The same person for every assignment that lets the requester pick.
    fn picks(&self, number: u8) -> BTreeMap<String, Vec<String>> {
        let steps = self.current()["steps"].as_array().unwrap();
        let assignments = steps.iter().flat_map(|step| step["approvers"].as_array().unwrap());
        let picking = assignments.filter(|assignment| assignment["who"].get("pick").is_some());
        let named = |assignment: &Json| assignment["id"].as_str().unwrap().to_owned();
        picking.map(|assignment| (named(assignment), vec![login(number)])).collect()
    }

    /// The rule of the request, or the first that there is.
    fn current(&self) -> &Json {
        self.office.request.as_ref().map_or(&self.rules[0], |request| self.document(request))
    }

    fn asks_for_fields(&self) -> bool {
        self.current()["item_form"].as_array().is_some_and(|form| !form.is_empty())
    }

    /// A bit for each item, with the fields that the rule asks for.
    fn asked(&self, mask: u8) -> Vec<Json> {
        let items = granted(mask);
        if !self.asks_for_fields() {
            return items;
        }
        let number = |place: usize| usize::from(mask) * 5 + place * 3 + self.office.records.len();
        items.iter().enumerate().map(|(place, it)| groups::item(it, number(place))).collect()
    }

    pub(super) fn command(&self, step: &Move) -> Command {
        match step {
            Move::Decide { reject, comment, step, seen, items, concern, .. } => {
                Command::Decide(Decide {
                    choice: choice(*reject),
                    comment: Some(words(*comment)),
                    concern: concern.map(|number| "mind it ".repeat(usize::from(number))),
                    items: items.map(|mask| self.granted_of(mask)),
                    step: step.map(step_id),
                    seen: self.seen(seen),
                })
            }
            Move::Act { act, comment, seen, .. } => self.act(act, words(*comment), self.seen(seen)),
            Move::Cancel { comment, seen, .. } => {
                Command::Cancel { comment: words(*comment), seen: self.seen(seen) }
            }
            Move::Reevaluate { .. } => Command::Reevaluate,
            Move::Run { execution, .. } => Command::Run(self.execution(*execution)),
            Move::Retry { execution, .. } => Command::Retry(self.execution(*execution)),
            Move::Use { execution, .. } => Command::Use(self.execution(*execution)),
            Move::Revoke { execution, .. } => {
                Command::Revoke { execution: self.execution(*execution), comment: words(true) }
            }
            Move::Odd { command, execution, attempt, end, .. } => {
                Command::Engine(self.of_engine(*command, *execution, *attempt, *end))
            }
            other => panic!("{other:?} is no command"),
        }
    }

    fn of_engine(&self, command: u8, number: u8, attempt: u8, how: u8) -> EngineCommand {
        let execution = self.execution(number);
        match command {
            0 => EngineCommand::Expire,
            1 => EngineCommand::Start(execution),
            2 => {
                let request = self.office.request.as_ref();
                let known = request.and_then(|request| request.execution(&execution));
                let outcome = known.map_or(end(how), |known| self.world.end(known, end(how)));
                EngineCommand::Finish { execution, attempt: u32::from(attempt), outcome }
            }
            3 => EngineCommand::ExpireExecution(execution),
            4 => EngineCommand::RetryDue(execution),
            5 => EngineCommand::EndGrant(execution),
            6 | 8 => self.revert(execution, how),
            7 => EngineCommand::Recount,
            9 => EngineCommand::Remind,
            10 => EngineCommand::Miss,
            11 => EngineCommand::RemindUrgent,
            12 => EngineCommand::MissUrgent,
            13 => EngineCommand::Restart(RestartOrder {
                number: u64::from(attempt),
                at: self.hours(how % 20),
                by: id(&login(number % 9)),
                comment: words(true),
            }),
            14 => EngineCommand::FilesMade { execution, files: files() },
            15 => EngineCommand::EndFiles(execution),
            _ => EngineCommand::Replace { from: self.seated(number), to: id(&login(how % 9)) },
        }
    }

    /// What the outbox would do about an end, or does where nothing ends.
    fn revert(&self, execution: ExecutionId, how: u8) -> EngineCommand {
        let request = self.office.request.as_ref();
        let known = request.and_then(|request| Some((request, request.execution(&execution)?)));
        match known.filter(|(_, known)| matches!(known.state, ExecutionState::Revoking { .. })) {
            Some((request, known)) => self
                .world
                .take_back(request, known, end_of_revert(how))
                .unwrap_or(EngineCommand::EndGrant(execution)),
            None if how.is_multiple_of(2) => {
                EngineCommand::StartRevert(execution, SharedRights::default())
            }
            None => EngineCommand::FinishRevert { execution, outcome: end_of_revert(how) },
        }
    }

    /// Mostly the execution with the most links, of those that made files.
    fn with_files(&self, number: u8) -> ExecutionId {
        let executions = self.office.request.iter().flat_map(|request| &request.executions);
        let made = executions.filter(|execution| !execution.files.is_empty());
        match made.max_by_key(|execution| execution.files.links.len()) {
            Some(execution) if number < 240 => execution.id.clone(),
            _ => self.execution(number),
        }
    }

    /// Mostly the newest link, sometimes none that there is.
    fn link_of(&self, execution: &ExecutionId, number: u8) -> String {
        let found = self.office.request.as_ref().and_then(|request| request.execution(execution));
        let links = found.map(|found| found.files.links.as_slice()).unwrap_or_default();
        let link = links.last().filter(|_| number >= 24);
        link.map_or_else(|| "none".to_owned(), |link| link.hash.clone())
    }

    /// Somebody who has a seat by name, or anybody.
    fn seated(&self, number: u8) -> UserId {
        let open = self.office.request.as_ref().and_then(|request| request.active());
        let seats = open.iter().flat_map(|(_, open)| &open.seats);
        let mut named = seats.filter_map(|seat| match &seat.who {
            SeatWho::Person(who) | SeatWho::Found(who) => Some(who.clone()),
            _ => None,
        });
        named.next().unwrap_or_else(|| id(&login(number % 9)))
    }

    fn act(&self, act: &Act, comment: String, seen: Option<Seen>) -> Command {
        let note = |step: &Option<u8>, comment: String, seen| Note {
            comment: Some(comment),
            step: step.map(step_id),
            seen,
        };
        let approver = |step: &Option<u8>, user: &u8, seen| Approver {
            step: step.map(step_id),
            user: login(*user),
            seen,
        };
        match act {
            Act::SendBack { to, step } => Command::SendBack(SendBack {
                to: self.decided(*to),
                comment: Some(comment),
                step: step.map(step_id),
                seen,
            }),
            Act::Withdraw { step } => Command::Withdraw { comment, step: step.map(step_id), seen },
            Act::Force { reject } => Command::Force { choice: choice(*reject), comment, seen },
            Act::Hold => Command::Hold { comment, seen },
            Act::Release => Command::Release { comment, seen },
            Act::Restart => Command::Restart(Restart { comment: Some(comment), seen }),
            Act::AddApprover { step, user } => Command::AddApprover(approver(step, user, seen)),
            Act::RemoveApprover { step, user } => {
                Command::RemoveApprover(approver(step, user, seen))
            }
            Act::Reassign { to } => Command::Reassign { to: login(*to), comment, seen },
            Act::ReturnToReview { step } => Command::ReturnToReview(note(step, comment, seen)),
            Act::PassReview => Command::PassReview(note(&None, comment, seen)),
            Act::Edit(changed) => Command::Edit(Box::new(self.edit(changed, seen))),
            Act::SubmitDraft(changed) => Command::SubmitDraft(Box::new(self.edit(changed, seen))),
            Act::SaveDraft(form) => Command::SaveDraft(Box::new(plain(form))),
            Act::DeleteDraft => Command::DeleteDraft,
            Act::Resubmit => self.resubmit(),
            Act::Comment { mention: None } => Command::Comment { text: comment },
            Act::Comment { mention: Some(who) } => {
                Command::Comment { text: format!("{comment}, @{}?", login(*who)) }
            }
            Act::Watch(who) => Command::Watch(id(&login(*who))),
            Act::Leave => Command::Leave,
            Act::Attach(kind) => Command::Attach(attachment(*kind)),
            Act::RemoveAttachment(number) => {
                Command::RemoveAttachment { number: u32::from(*number) }
            }
            Act::Confirm => Command::Confirm { comment },
            Act::LinkFile(number) => Command::LinkFile {
                execution: self.with_files(*number),
                file: FILE.to_owned(),
                hash: format!("link {}", self.office.records.len()),
            },
            Act::Download(number) => {
                let execution = self.with_files(*number);
                let hash = self.link_of(&execution, *number);
                Command::Download { execution, file: FILE.to_owned(), hash }
            }
        }
    }

    /// A bit for each item that is left, and one for what is none.
    fn granted_of(&self, mask: u8) -> Vec<Json> {
        let request = self.office.request.iter();
        let left = request.flat_map(Request::resources).map(ToString::to_string);
        let on = |bit: usize| mask & (1 << bit) != 0;
        let with_fields = self.asks_for_fields() && on(1);
        let written = |(bit, item): (usize, String)| match with_fields {
            true => groups::item(&json!(item), usize::from(mask) + bit),
            false => json!(item),
        };
        let granted = left.enumerate().filter(|(bit, _)| on(*bit)).map(written);
        granted.chain(on(3).then(|| json!("nowhere"))).collect()
    }

    /// Mostly a step that was decided.
    fn decided(&self, number: u8) -> StepId {
        let steps = self.office.request.iter().flat_map(|request| &request.steps);
        let complete = steps.filter(|step| matches!(step.state, StepState::Complete { .. }));
        let complete: Vec<&StepId> = complete.map(|step| &step.id).collect();
        match complete.len() {
            several @ 1.. if number < 240 => complete[usize::from(number) % several].clone(),
            _ => step_id(number),
        }
    }

    fn edit(&self, changed: &Changed, seen: Option<Seen>) -> Edit {
        let mut values = BTreeMap::new();
        if let Some(form) = &changed.form {
            values.extend(FORM.map(|name| (name.to_owned(), Json::Null)));
            values.extend(properties(form));
        }
        if let Some(there) = changed.code {
            values.insert("code".to_owned(), if there { json!("k-8") } else { Json::Null });
        }
        Edit {
            properties: values,
            items: changed.items.map(|mask| self.asked(mask % 16)),
            picks: changed.pick.map(|pick| self.picks(pick)).unwrap_or_default(),
            target_users: changed.target.map(target_users),
            title: changed.title.map(|number| "new ".repeat(usize::from(number % 8))),
            reason: None,
            urgent: changed.urgent,
            approval_expires: changed.expires.map(|number| self.hours(number)),
            ends: None,
            seen,
        }
    }

    /// What there is, asked for again; where nothing is, something else.
    fn resubmit(&self) -> Command {
        let Some(old) = &self.office.request else { return Command::DeleteDraft };
        let (new, of) = (id("r-1"), old.id.clone());
        Command::Resubmit(Resubmit { id: new, old: Box::new(old.clone()), of })
    }

    fn seen(&self, saw: &Saw) -> Option<Seen> {
        let request = self.office.request.as_ref()?;
        let step = request.active().map(|(step, _)| step.clone());
        let revision = request.revision;
        match saw {
            Saw::Nothing => None,
            Saw::Now => Some(Seen { revision, step }),
            Saw::OldRevision => Some(Seen { revision: revision - 1, step }),
            Saw::OtherStep => Some(Seen { revision, step: Some(id("s3")) }),
        }
    }
}

/// The file that executions make.
const FILE: &str = "rows.csv";

/// What an execution makes.
pub(super) fn files() -> Vec<MadeFile> {
    let (name, media_type) = (FILE.to_owned(), "text/csv".to_owned());
    vec![MadeFile { name, media_type, size: 7, sha256: "0".repeat(64), rows: Some(1) }]
}

const FORM: [&str; 7] = ["amount", "fee", "unit", "owner", "db", "code", "length"];

fn plain(form: &Form) -> Submit {
    Submit {
        id: id("r-1"),
        properties: properties(form),
        items: Vec::new(),
        picks: BTreeMap::new(),
        target_users: Vec::new(),
        title: "new server".to_owned(),
        reason: "the old one is full".to_owned(),
        urgent: false,
        approval_expires: None,
        ends: None,
    }
}

fn choice(reject: bool) -> Choice {
    if reject { Choice::Reject } else { Choice::Approve }
}

fn words(are_there: bool) -> String {
    if are_there { "fine with me" } else { "" }.to_owned()
}

/// One that no rule has among them.
fn step_id(number: u8) -> StepId {
    id(&format!("s{}", number % 5))
}

fn login(number: u8) -> String {
    if usize::from(number) < PEOPLE { format!("p{number}") } else { "nobody".to_owned() }
}

fn target_users(number: u8) -> Vec<String> {
    if number == 200 { Vec::new() } else { vec![login(number % 10)] }
}

/// A bit for each item, and one for what is none.
fn granted(mask: u8) -> Vec<Json> {
    let all = ITEMS.into_iter().chain(["nowhere"]).enumerate();
    all.filter(|(bit, _)| mask & (1 << bit) != 0).map(|(_, item)| json!(item)).collect()
}

fn attachment(kind: u8) -> Attach {
    let name = ["plan.pdf", "run.exe", "", "plan.pdf", "notes.txt"][usize::from(kind) % 5];
    let size = if kind == 3 { u64::MAX } else { 10 };
    Attach { name: name.to_owned(), size, sha256: "ab".repeat(32) }
}

/// The form as a person sends it; the number 255 names what is not there.
fn properties(form: &Form) -> BTreeMap<String, Json> {
    let money =
        |(amount, dollars): (u16, bool)| json!(format!("{amount}.00 {}", currency(dollars)));
    let one_of = |number: u8, names: &[&str]| match number {
        255 => json!("nowhere"),
        _ => json!(names[usize::from(number) % names.len()]),
    };
    let owner = |number: u8| match number {
        255 => json!("nobody"),
        _ => json!(format!("p{}", usize::from(number) % PEOPLE)),
    };
    let length = |number: u8| match number {
        255 => json!("soon"),
        _ => json!(format!("{}h", number % 9 + 1)),
    };
    let values = [
        ("amount", form.amount.map(money)),
        ("fee", form.fee.map(money)),
        ("unit", form.unit.map(|number| one_of(number, &NODES))),
        ("owner", form.owner.map(owner)),
        ("db", form.db.map(|number| one_of(number, &RESOURCES))),
        ("code", form.code.then(|| json!("k-7"))),
        ("length", form.length.map(length)),
    ];
    values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
