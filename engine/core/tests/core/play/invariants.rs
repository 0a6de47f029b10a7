//! What must hold after every event and every command, each named after its rule.

mod decisions;
mod effects;
mod executions;
mod groups;
mod requests;
mod route;
mod seats;
mod windows;

use std::fmt;

use engine_core::{
    command::Command,
    decide::Changes,
    event::{Actor, Event},
    evolve::{evolve, replay},
    ids::StepId,
    request::Request,
};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value as Json;

use super::{
    referee::Referee,
    stage::{Stage, Turn},
};

/// One event, before it is kept.
pub(crate) struct Moment<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) actor: &'a Actor,
    /// None for a submission.
    pub(crate) before: Option<&'a Request>,
    pub(crate) event: &'a Event,
    pub(crate) after: &'a Request,
    /// Of the same command, before this one.
    pub(crate) earlier: &'a [Event],
    pub(crate) changes: &'a Changes,
}

impl<'a> Moment<'a> {
    /// The document of the rule that governs the request after the event.
    fn rule(&self) -> &'a Json {
        self.stage.document(self.after)
    }

    /// A step's document.
    fn step(&self, step: &StepId) -> &'a Json {
        let steps = self.rule()["steps"].as_array().unwrap();
        steps.iter().find(|document| document["id"] == step.as_str()).unwrap()
    }

    /// Whether the request is committed as it is after this event.
    fn is_last(&self) -> bool {
        self.earlier.len() + 1 == self.changes.events.len()
    }

    /// Judges the request as it was before the event.
    fn referee(&self) -> Option<Referee<'_>> {
        Some(self.stage.referee(self.before?))
    }

    /// Judges the request as it is after the event.
    fn referee_after(&self) -> Referee<'_> {
        self.stage.referee(self.after)
    }
}

type EventCheck = (&'static str, fn(&Moment<'_>) -> Result<(), String>);
type TurnCheck = (&'static str, fn(&Stage, &Turn) -> Result<(), String>);

/// Checked after every event.
const OF_EVENTS: [EventCheck; 40] = [
    ("REQ-1: statuses move along their edges", requests::status_edges),
    ("REQ-1: one step is active, or the request is blocked or ended", requests::one_place),
    ("REQ-1: closed stays closed", route::closed),
    ("REQ-3, STP-12: who edits what", route::edited),
    ("RUL-2, FIN-17: who restarts what", route::restarted),
    ("RUL-4: under the first rule of its group that takes it", groups::taken),
    ("RUL-1: asked for by who may submit", groups::submitters),
    ("RUL-4, EXE-6a: what counts in the new rule was decided of what there is", groups::kept),
    ("RUL-4: what is kept waited for its step", groups::was_made_before),
    ("REQ-4: cancelled by whom it is", route::cancelled),
    ("REQ-10: who had a seat sees it, of past ones too", route::keeps_sight),
    ("REQ-7: on hold nobody decides, edits or withdraws", route::held),
    ("STP-1: a step is opened or skipped by its condition", requests::steps_by_condition),
    ("STP-4, STP-6a, STP-7: seats are made by permissions and can be filled", requests::seats),
    ("DEC-2: rejected by enough rejections, or out of reach", requests::rejections),
    ("DEC-3: sent back to a step that was decided", route::sent_back),
    ("DEC-4: an urgent request is never rejected and never expires", requests::urgent),
    ("DEC-4: an urgent request is approved whole, and not reviewed", route::urgent_whole),
    ("DEC-5: what is withdrawn is one's own", decisions::withdrawn),
    ("DEC-7: items only become fewer", decisions::items),
    ("DEC-8a: the revision grows with what was asked for or asked again", route::revision),
    ("STP-5, STP-6: approved when every step is complete or skipped", requests::approval),
    ("EXE-6b: approved before its expiry", route::in_time),
    ("ELG-1, STP-9, STP-10: a decision is by somebody entitled to it", decisions::entitled),
    ("EXE-6a: an approval is of what there is", decisions::bound),
    ("STP-5, DEC-8: nobody decides twice in a step", decisions::once),
    ("FIN-5: nobody counts twice in a route of distinct people", decisions::once_in_the_route),
    ("STP-11, FIN-21: what is carried stands on a first approval", decisions::carried),
    ("STP-5: complete exactly when distinct people fill the quorum", decisions::complete),
    ("STP-13: reviewed by reviewers, before the first step", route::reviewed),
    ("STP-15: seats are added and removed by those who may", seats::changed_by),
    ("STP-15, STP-16: who comes to a seat may hold it", seats::new_holder),
    ("FIN-7: escalating and passing on is never a higher bar", seats::same_bar),
    ("DUE-3: overdue when it is due", route::overdue),
    ("EXE-1, URG-2: no execution before approval, urgent requests aside", executions::released),
    ("EXE-1: executions move along their edges", executions::edges),
    ("EXE-3, EXE-4: one start, one attempt, one order", executions::attempts),
    ("EXE-6a: what runs is what every approval named", executions::payloads),
    ("EXE-6b: a first use is reported once, in time, and by who may", windows::reported),
    (
        "EXE-7: links are one person's, for a time and so often; files end when they are due",
        effects::files,
    ),
];

/// Checked after every command.
const OF_COMMANDS: [TurnCheck; 22] = [
    ("a decision is deterministic", deterministic),
    ("REQ-10: who sees the request, and who hears `not_found`", requests::sight),
    ("DEC-9: a refused command is refused again, and changes nothing", refused),
    ("AUD-3: the request is what its events say", replayed),
    ("events and requests survive JSON", written_and_read),
    ("DEC-8a: nothing is done to what the person did not see", route::unseen),
    ("REQ-10, DUE-4: who is told of the request sees it", route::told),
    ("REQ-9, REQ-12: who talks about it and confirms it", route::talked),
    ("ELG-2: the core knows who can decide", decisions::makers),
    ("EXE-3: an execution has its effect once", executions::once),
    ("EXE-3, EXE-4, EXE-5: no work is forgotten", executions::remembered),
    ("EXE-6b: a window from the first use runs from its report", windows::from_first_use),
    ("EXE-6b: who may report a first use, and who hears why not", windows::reporters),
    ("EXE-6c: the end of one grant never cuts another short", effects::not_cut_short),
    ("EXE-6c: no grant leaves a right behind", effects::not_left_behind),
    ("EXE-6c: what the account had before stays", effects::had_before),
    ("EXE-7: who may have a file, and who hears `not_found`", effects::file_is_for),
    ("EXE-7: each download is counted, and each file comes to its end", effects::counted),
    ("FIN-23: calculated properties and items are what the form says", groups::forms),
    ("REQ-2: what is wrong has a field", groups::named),
    ("REQ-8: what waits for approval has a timer", requests::expiry),
    ("DUE-1, FIN-11: due dates have timers, and rest on hold", route::dates),
];

/// Checks the events of a turn, one by one, before they are kept.
pub(crate) fn check_events(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let Ok(changes) = &turn.outcome else { return Ok(()) };
    let is_new = matches!(turn.command, Command::Resubmit(_));
    let mut before = stage.office.request.clone().filter(|_| !is_new);
    for (index, event) in changes.events.iter().enumerate() {
        let mut after = match (&before, event) {
            (Some(before), _) => before.clone(),
            (None, Event::RequestSubmitted(request) | Event::DraftSaved(request)) => {
                (**request).clone()
            }
            (None, other) => return Err(format!("`{}` before the submission", other.name())),
        };
        evolve(&mut after, event, stage.office.at);
        let moment = Moment {
            stage,
            actor: &turn.actor,
            before: before.as_ref(),
            event,
            after: &after,
            earlier: &changes.events[..index],
            changes,
        };
        for (name, check) in OF_EVENTS {
            check(&moment).map_err(|message| format!("{name}\n{message}\nat {event:?}"))?;
        }
        before = Some(after);
    }
    Ok(())
}

/// Checks a turn after it was kept.
pub(crate) fn check_turn(stage: &Stage, turn: &Turn) -> Result<(), String> {
    for (name, check) in OF_COMMANDS {
        check(stage, turn).map_err(|message| format!("{name}\n{message}"))?;
    }
    Ok(())
}

/// Says what is wrong where something is.
fn ensure(holds: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(message()) }
}

/// The same input, the same output; checked with the turn itself, since it is over now.
fn deterministic(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let is_new = matches!(turn.command, Command::Resubmit(_));
    let before = turn.before.as_ref().filter(|_| !is_new);
    let second = stage.office.decide(before, &turn.actor, &turn.command);
    ensure(second == turn.outcome, || format!("{:?}\nand then\n{second:?}", turn.outcome))
}

fn refused(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let Err(rejection) = &turn.outcome else { return Ok(()) };
    ensure(stage.office.request == turn.before, || "the request has changed".to_owned())?;
    let again = stage.try_out(&turn.actor, &turn.command);
    ensure(again.as_ref() == Err(rejection), || format!("{rejection:?}\nand then\n{again:?}"))
}

fn replayed(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let replayed = replay(&stage.office.records);
    ensure(replayed == stage.office.request, || {
        format!("`{}`: {replayed:?}\nis not\n{:?}", turn.command.name(), stage.office.request)
    })
}

fn written_and_read(_: &Stage, turn: &Turn) -> Result<(), String> {
    let Ok(changes) = &turn.outcome else { return Ok(()) };
    changes.events.iter().try_for_each(same_again)?;
    same_again(&changes.request)
}

fn same_again<T>(value: &T) -> Result<(), String>
where
    T: PartialEq + fmt::Debug + Serialize + DeserializeOwned,
{
    let json = serde_json::to_string(value).map_err(|error| error.to_string())?;
    let read: T = serde_json::from_str(&json).map_err(|error| format!("{error}: {json}"))?;
    // What a draft holds has no id of its own.
    let is_draft = json.contains(r#""draft":{"submit""#);
    let same = || serde_json::to_string(&read).is_ok_and(|again| again == json);
    ensure(read == *value || (is_draft && same()), || format!("{json}\nbecame {read:?}"))
}
