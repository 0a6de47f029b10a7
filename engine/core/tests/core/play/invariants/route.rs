//! How a request goes along its route: held, reviewed, edited, sent back, overdue; and who hears of it.

use std::collections::BTreeSet;

use engine_core::{
    command::{Approver, Command, Decide, Edit, Note, Restart, Seen, SendBack},
    directory::{OrganizationRole, User, UserKind},
    effect::Timer,
    event::{Actor, Event, MovedBecause},
    ids::UserId,
    notice::Notice,
    request::{Overdue, Phase, RejectedBy, StepState},
};
use serde_json::Value as Json;

use super::{Moment, ensure};
use crate::play::stage::{Stage, Turn};

pub(super) fn is_administrator(person: &User) -> bool {
    matches!(person.role, OrganizationRole::Owner | OrganizationRole::Administrator)
}

/// Who gave the command.
fn actor<'a>(moment: &Moment<'a>) -> Result<&'a User, String> {
    match moment.actor {
        Actor::User(id) => moment.stage.directory().user(id).ok_or("by a stranger".to_owned()),
        Actor::Engine => Err("by the engine".to_owned()),
    }
}

/// What can happen to a request for ever: work, talk, and reading what was done.
fn is_beside_the_route(event: &Event) -> bool {
    matches!(
        event,
        Event::CommentAdded { .. }
            | Event::WatcherAdded { .. }
            | Event::WatcherLeft { .. }
            | Event::AttachmentAdded(_)
            | Event::AttachmentRemoved { .. }
            | Event::ReceiptConfirmed { .. }
            | Event::ExecutionReleased { .. }
            | Event::ExecutionStarted { .. }
            | Event::ExecutionSucceeded { .. }
            | Event::ExecutionRetryScheduled { .. }
            | Event::ExecutionInDoubt { .. }
            | Event::ExecutionFailed { .. }
            | Event::ExecutionExpired { .. }
            | Event::ExecutionCancelled { .. }
            | Event::Grant { .. }
            | Event::Files { .. }
    )
}

pub(super) fn closed(moment: &Moment<'_>) -> Result<(), String> {
    let Some(before) = moment.before.filter(|before| before.has_ended()) else { return Ok(()) };
    let leaves_rejection = matches!(before.phase, Phase::Rejected { .. })
        && matches!(
            moment.event,
            Event::DecisionWithdrawn { .. } | Event::RejectionWithdrawn | Event::RequestEdited(_)
        );
    ensure(leaves_rejection || is_beside_the_route(moment.event), || {
        format!("`{}` of what is {:?}", moment.event.name(), before.phase)
    })
}

pub(super) fn restarted(moment: &Moment<'_>) -> Result<(), String> {
    let Event::RequestMoved(moved) = moment.event else { return Ok(()) };
    let Some(referee) = moment.referee() else { return Ok(()) };
    let MovedBecause::Restarted { by, order, .. } = &moved.why else {
        let is_group = moment.stage.rules.len() > 1;
        return ensure(is_group, || "routed, and there is no group".to_owned());
    };
    let request = referee.request;
    if order.is_none() {
        let person = actor(moment)?;
        let may = is_administrator(person) || person.role == OrganizationRole::WorkflowManager;
        ensure(may && person.id == *by && referee.sees(person), || format!("by {by:?}"))?;
    }
    let late = request.approval_expires.is_some_and(|expiry| expiry <= referee.at);
    ensure(request.is_under_way() && !request.on_hold && !late, || "not restartable".to_owned())?;
    let begins = moment.after.opened().next().is_none() && moment.after.kept.is_empty();
    ensure(begins, || "something is decided already".to_owned())
}

pub(super) fn edited(moment: &Moment<'_>) -> Result<(), String> {
    let Event::RequestEdited(edited) = moment.event else { return Ok(()) };
    let Some(referee) = moment.referee() else { return Ok(()) };
    let (person, request) = (actor(moment)?, referee.request);
    ensure(person.id == edited.by, || "in another's name".to_owned())?;
    let late = request.approval_expires.is_some_and(|expiry| expiry <= referee.at);
    ensure(!late, || "after the approval expiry".to_owned())?;
    let own = request.requester == person.id || request.target_users.contains(&person.id);
    let reviews = request.phase == Phase::InReview
        && referee.reviews(person)
        && (moment.rule()["self_approval"] == true || !own);
    let final_word = matches!(request.phase, Phase::Rejected { by: RejectedBy::Force { .. }, .. });
    let requests =
        request.requester == person.id && moment.rule()["edit"] != "forbid" && !final_word;
    if !request.urgent && (requests || reviews) {
        return Ok(());
    }
    let Some((step, open)) = request.active().filter(|_| request.is_open()) else {
        return Err("by nobody who may".to_owned());
    };
    let mut seats = open.seats.iter();
    let has_seat = seats
        .any(|seat| referee.could_fill(step, seat, person) && referee.is_permitted(step, seat));
    let editable = moment.step(step)["editable_properties"].as_array();
    let may = |changed: &String| {
        let name = changed.strip_prefix("properties.");
        editable.is_some_and(|all| all.iter().any(|one| one.as_str() == name))
    };
    let within = edited.changed.iter().all(may) && edited.executions.is_none();
    ensure(has_seat && within, || format!("{:?} by {:?}", edited.changed, edited.by))
}

/// Whoever had a seat or decided keeps their sight, unless it is they who go.
pub(super) fn keeps_sight(moment: &Moment<'_>) -> Result<(), String> {
    let Some(referee) = moment.referee() else { return Ok(()) };
    let gone = matches!(
        moment.event,
        Event::ApproverRemoved { .. } | Event::SeatsReplaced { .. } | Event::DraftSaved(_)
    );
    for person in referee.directory.users().filter(|_| !gone) {
        // For somebody else, and not any more.
        if matches!(moment.event, Event::DecisionWithdrawn { by, .. } if *by == person.id) {
            continue;
        }
        let lost = referee.is_seated(person) && !moment.referee_after().is_seated(person);
        ensure(!lost, || format!("{:?} does not see it any more", person.id))?;
    }
    Ok(())
}

pub(super) fn cancelled(moment: &Moment<'_>) -> Result<(), String> {
    let Event::RequestCancelled { by, .. } = moment.event else { return Ok(()) };
    let Some(referee) = moment.referee() else { return Ok(()) };
    let person = actor(moment)?;
    let reviews = referee.request.phase == Phase::InReview && referee.reviews(person);
    let may = referee.request.requester == *by || reviews;
    ensure(person.id == *by && may, || format!("by {by:?}"))
}

pub(super) fn held(moment: &Moment<'_>) -> Result<(), String> {
    let Some(referee) = moment.referee() else { return Ok(()) };
    let request = referee.request;
    if let Event::RequestHeld { by, .. } | Event::RequestReleased { by, .. } = moment.event {
        let person = actor(moment)?;
        let may =
            is_administrator(person) || request.requester == person.id || referee.is_seated(person);
        let fits = matches!(moment.event, Event::RequestReleased { .. }) == request.on_hold;
        return ensure(may && fits && person.id == *by, || format!("by {by:?}"));
    }
    // Work goes on, people talk, and who left is replaced; it can be cancelled, and it expires (FIN-11).
    let goes_on = is_beside_the_route(moment.event)
        || matches!(
            moment.event,
            Event::RequestCancelled { .. } | Event::RequestExpired | Event::SeatsReplaced { .. }
        );
    ensure(!request.on_hold || goes_on, || format!("`{}`", moment.event.name()))
}

pub(super) fn sent_back(moment: &Moment<'_>) -> Result<(), String> {
    let Event::RequestSentBack { by, from, to, .. } = moment.event else { return Ok(()) };
    let Some(referee) = moment.referee() else { return Ok(()) };
    let person = actor(moment)?;
    let request = referee.request;
    let is_from = request.active().is_some_and(|(active, _)| active == from);
    let target = request.step(to).map(|record| &record.state);
    let was_decided = matches!(target, Some(StepState::Complete { .. }));
    ensure(person.id == *by && is_from && was_decided, || format!("by {by:?} to {to:?}"))?;
    let may = referee.can_decide(person, engine_core::request::Choice::Reject);
    ensure(may, || format!("{by:?} could not decide"))
}

pub(super) fn urgent_whole(moment: &Moment<'_>) -> Result<(), String> {
    let never = match moment.event {
        Event::ItemsRejected { .. }
        | Event::RequestSentBack { .. }
        | Event::ReturnedToReview { .. }
        | Event::ReviewStarted { .. }
        | Event::RequestExpired
        | Event::RequestRejected { .. }
        | Event::RequestMoved(_) => true,
        Event::RequestEdited(edited) => edited.executions.is_some(),
        _ => false,
    };
    ensure(!moment.after.urgent || !never, || format!("`{}`", moment.event.name()))
}

pub(super) fn revision(moment: &Moment<'_>) -> Result<(), String> {
    let Some(before) = moment.before else { return Ok(()) };
    let (before, after) = (before.revision, moment.after.revision);
    let grows = matches!(
        moment.event,
        Event::RequestEdited(_)
            | Event::RequestMoved(_)
            | Event::StepsReopened { .. }
            | Event::RequestSubmitted(_)
            | Event::DraftSaved(_)
    );
    // An edit and what it reopens are one step.
    let right = if grows { after == before + 1 || after == before } else { after == before };
    ensure(right, || format!("from {before} to {after}"))
}

pub(super) fn in_time(moment: &Moment<'_>) -> Result<(), String> {
    let Event::RequestApproved { .. } = moment.event else { return Ok(()) };
    let late = moment.after.approval_expires.is_some_and(|expiry| expiry <= moment.stage.office.at);
    ensure(!late, || "too late".to_owned())
}

pub(super) fn reviewed(moment: &Moment<'_>) -> Result<(), String> {
    let has_review = moment.rule().get("review_first").is_some();
    let is_submission =
        moment.changes.events.iter().any(|event| matches!(event, Event::RequestSubmitted(_)));
    if is_submission && moment.is_last() && has_review && !moment.after.urgent {
        ensure(moment.after.is_in_review(), || "not reviewed".to_owned())?;
    }
    let Some(referee) = moment.referee() else { return Ok(()) };
    let is_in_review = referee.request.is_in_review();
    match moment.event {
        Event::ReviewStarted { .. } => {
            ensure(has_review && !referee.request.urgent, || "no review of its rule".to_owned())
        }
        Event::ReviewPassed { by, .. } => {
            let person = actor(moment)?;
            let request = referee.request;
            let own = request.requester == *by || request.target_users.contains(by);
            let may = referee.reviews(person) && (moment.rule()["self_approval"] == true || !own);
            ensure(is_in_review && may && person.id == *by, || format!("by {by:?}"))
        }
        Event::StepActivated { .. } | Event::StepSkipped { .. } | Event::RequestApproved { .. } => {
            ensure(!is_in_review, || "before it was reviewed".to_owned())
        }
        _ => Ok(()),
    }
}

pub(super) fn overdue(moment: &Moment<'_>) -> Result<(), String> {
    let Event::StepOverdue { step, then } = moment.event else { return Ok(()) };
    let Some(before) = moment.before else { return Ok(()) };
    let active = before.active().filter(|(active, _)| *active == step);
    let due = active.and_then(|(_, open)| open.due.as_ref());
    let is_due = due.is_some_and(|due| due.missed.is_none() && due.at <= moment.stage.office.at);
    ensure(is_due, || format!("{due:?}"))?;
    let urgent = before.urgent;
    let wanted: &[&str] = match then {
        Overdue::Shown => &["none", "approve"],
        Overdue::Approved => &["approve"],
        Overdue::Rejected | Overdue::Blocked => &["reject"],
        Overdue::Reassigned { .. } | Overdue::Escalated { .. } | Overdue::NobodyFound => &[],
    };
    let fits = match &moment.step(step)["on_overdue"] {
        Json::String(word) => wanted.contains(&word.as_str()),
        Json::Object(whos) => match then {
            Overdue::Reassigned { .. } => whos.contains_key("reassign"),
            Overdue::Escalated { .. } => whos.contains_key("escalate"),
            other => *other == Overdue::NobodyFound,
        },
        _ => *then == Overdue::Shown,
    };
    let by_date = match then {
        Overdue::Approved | Overdue::Rejected => !urgent,
        Overdue::Blocked => urgent,
        _ => true,
    };
    ensure(fits && by_date, || format!("{then:?}"))
}

/// What a person says they saw; a new command says here what it carries.
fn seen(command: &Command) -> Option<&Seen> {
    match command {
        Command::SubmitDraft(edit) | Command::Edit(edit) => {
            let Edit { seen, .. } = &**edit;
            seen.as_ref()
        }
        Command::PassReview(Note { seen, .. })
        | Command::ReturnToReview(Note { seen, .. })
        | Command::Decide(Decide { seen, .. })
        | Command::Cancel { seen, .. }
        | Command::SendBack(SendBack { seen, .. })
        | Command::Withdraw { seen, .. }
        | Command::Force { seen, .. }
        | Command::Hold { seen, .. }
        | Command::Release { seen, .. }
        | Command::Restart(Restart { seen, .. })
        | Command::AddApprover(Approver { seen, .. })
        | Command::RemoveApprover(Approver { seen, .. })
        | Command::Reassign { seen, .. } => seen.as_ref(),
        Command::Submit(_)
        | Command::SaveDraft(_)
        | Command::DeleteDraft
        | Command::Resubmit(_)
        | Command::Comment { .. }
        | Command::Watch(_)
        | Command::Leave
        | Command::Attach(_)
        | Command::RemoveAttachment { .. }
        | Command::Confirm { .. }
        | Command::Reevaluate
        | Command::Run(_)
        | Command::Retry(_)
        | Command::Use(_)
        | Command::Revoke { .. }
        | Command::LinkFile { .. }
        | Command::Download { .. }
        | Command::Engine(_) => None,
    }
}

pub(super) fn unseen(_: &Stage, turn: &Turn) -> Result<(), String> {
    let (Some(seen), Some(before), Ok(_)) = (seen(&turn.command), &turn.before, &turn.outcome)
    else {
        return Ok(());
    };
    let step = before.active().map(|(step, _)| step.clone());
    ensure(seen.revision == before.revision && seen.step == step, || format!("{seen:?}"))
}

pub(super) fn told(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let Ok(changes) = &turn.outcome else { return Ok(()) };
    // REQ-3: who had decided hears of an edit, also where it takes their sight from them.
    let others = changes.told.iter().filter(|told| {
        !matches!(told.notice, Notice::Edited(_) | Notice::Restarted(_) | Notice::RestartRefused)
    });
    for told in others {
        for id in &told.to {
            let person = stage.directory().user(id);
            let sees = person.is_some_and(|person| stage.referee(&changes.request).sees(person));
            ensure(sees, || format!("{id:?} is told: {:?}", told.notice))?;
        }
    }
    Ok(())
}

pub(super) fn talked(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let (Ok(changes), Some(before)) = (&turn.outcome, &turn.before) else { return Ok(()) };
    let referee = stage.referee(before);
    for event in &changes.events {
        let (by, may): (&UserId, &dyn Fn(&User) -> bool) = match event {
            Event::CommentAdded { by, .. } => (by, &|person| referee.sees(person)),
            Event::WatcherAdded { by, user } => {
                let watcher = stage.directory().user(user);
                let fits = watcher.is_some_and(|w| w.active && w.kind == UserKind::Person);
                ensure(fits, || format!("{user:?} watches"))?;
                (by, &|person| referee.sees(person))
            }
            Event::ReceiptConfirmed { by, .. } => (by, &|person| {
                referee.is_receipt_reviewer(person)
                    && person.kind == UserKind::Person
                    && !referee.is_barred_as_requester(&person.id)
                    && before.is_done()
            }),
            _ => continue,
        };
        let is_actor = turn.actor == Actor::User(by.clone());
        let person = stage.directory().user(by);
        ensure(is_actor && person.is_some_and(may), || format!("{event:?}"))?;
    }
    let confirmed: BTreeSet<&UserId> =
        changes.request.confirmations.iter().map(|c| &c.by).collect();
    ensure(confirmed.len() == changes.request.confirmations.len(), || "confirmed twice".to_owned())
}

/// A timer that is due was taken from the list when it fired.
pub(super) fn dates(stage: &Stage, _: &Turn) -> Result<(), String> {
    let Some(request) = &stage.office.request else { return Ok(()) };
    let runs = request.is_open() && !request.on_hold;
    let step = request.active().and_then(|(_, open)| open.due.as_ref());
    let step = step.filter(|due| runs && due.missed.is_none()).map(|due| due.at);
    let closure = request.closure.as_ref().filter(|closure| runs && closure.missed.is_none());
    for (timer, wanted) in
        [(Timer::StepDue, step), (Timer::UrgentDue, closure.map(|closure| closure.due))]
    {
        let set = stage.timers.get(&timer).copied();
        let fired = set.is_none() && wanted.is_some_and(|at| at <= stage.office.at);
        ensure(set == wanted || fired, || format!("{timer:?}: {set:?} instead of {wanted:?}"))?;
    }
    for timer in [Timer::StepReminder, Timer::UrgentReminder] {
        let set = stage.timers.get(&timer);
        ensure(runs || set.is_none(), || format!("{timer:?} at {set:?}"))?;
    }
    Ok(())
}
