//! What must hold after every event and every command, each named after its rule.

mod decisions;
mod executions;
mod requests;

use engine_core::{
    decide::Changes,
    event::{Actor, Event, Recorded},
    evolve::{evolve, replay},
    request::Request,
};

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

impl Moment<'_> {
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
const OF_EVENTS: [EventCheck; 14] = [
    ("REQ-1: statuses move along their edges", requests::status_edges),
    ("REQ-1: one step is active, or the request is blocked or ended", requests::one_place),
    ("STP-1: a step is opened or skipped by its condition", requests::steps_by_condition),
    ("STP-4, STP-6a, STP-7: seats are made by permissions and can be filled", requests::seats),
    ("DEC-2: rejected by enough rejections, or out of reach", requests::rejections),
    ("DEC-4: an urgent request is never rejected and never expires", requests::urgent),
    ("STP-5, STP-6: approved when every step is complete or skipped", requests::approval),
    ("ELG-1, STP-9, STP-10: a decision is by somebody entitled to it", decisions::entitled),
    ("STP-5: nobody decides twice in a step", decisions::once),
    ("STP-5: complete exactly when distinct people fill the quorum", decisions::complete),
    ("EXE-1, URG-2: no execution before approval, urgent requests aside", executions::released),
    ("EXE-1: executions move along their edges", executions::edges),
    ("EXE-3, EXE-4: one start, one attempt, one order", executions::attempts),
    ("EXE-6a: what runs is what every approval named", executions::payloads),
];

/// Checked after every command.
const OF_COMMANDS: [TurnCheck; 9] = [
    ("a decision is deterministic", deterministic),
    (
        "REQ-10: who hears more than `not_found` sees the request, and the other way",
        requests::sight,
    ),
    ("DEC-9: a refused command is refused again, and changes nothing", refused),
    ("the request is what its events say", replayed),
    ("events and requests survive JSON", written_and_read),
    ("ELG-2: the core knows who can decide", decisions::makers),
    ("EXE-3: an execution has its effect once", executions::once),
    ("EXE-3, EXE-4, EXE-5: no work is forgotten", executions::remembered),
    ("REQ-8: what waits for approval has a timer", requests::expiry),
];

/// Checks the events of a turn, one by one, before they are kept.
pub(crate) fn check_events(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let Ok(changes) = &turn.outcome else { return Ok(()) };
    let mut before = stage.office.request.clone();
    for (index, event) in changes.events.iter().enumerate() {
        let mut after = match (&before, event) {
            (Some(before), _) => before.clone(),
            (None, Event::RequestSubmitted(request)) => (**request).clone(),
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
    let mut again = stage.office.clone();
    // Back to before the turn: by its events, which is how a store would load it.
    let kept = turn.outcome.as_ref().map_or(0, |changes| changes.events.len());
    again.records.truncate(again.records.len() - kept);
    again.request = replay(&again.records);
    let second = again.try_out(&turn.actor, &turn.command);
    ensure(second == turn.outcome, || format!("{:?}\nand then\n{second:?}", turn.outcome))
}

fn refused(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let Err(rejection) = &turn.outcome else { return Ok(()) };
    let again = stage.office.try_out(&turn.actor, &turn.command);
    ensure(again.as_ref() == Err(rejection), || format!("{rejection:?}\nand then\n{again:?}"))
}

fn replayed(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let replayed = replay(&stage.office.records);
    ensure(replayed == stage.office.request, || {
        format!("`{}`: {replayed:?}\nis not\n{:?}", turn.command.name(), stage.office.request)
    })
}

fn written_and_read(stage: &Stage, turn: &Turn) -> Result<(), String> {
    let Ok(changes) = &turn.outcome else { return Ok(()) };
    let new = &stage.office.records[stage.office.records.len() - changes.events.len()..];
    for record in new {
        let json = serde_json::to_string(record).map_err(|error| error.to_string())?;
        let read: Recorded =
            serde_json::from_str(&json).map_err(|error| format!("{error}: {json}"))?;
        ensure(read == *record, || format!("{json}\nbecame {read:?}"))?;
    }
    let json = serde_json::to_string(&changes.request).map_err(|error| error.to_string())?;
    let read: Request = serde_json::from_str(&json).map_err(|error| format!("{error}: {json}"))?;
    ensure(read == changes.request, || format!("{json}\nbecame {read:?}"))
}
