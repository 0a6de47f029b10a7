//! What happened, one sentence an event.

mod effects;
mod talk;

use engine_core::{
    event::{Actor, Event, Moved, MovedBecause, Recorded},
    extension::Failure,
    ids::{StepId, UserId},
    request::{Block, Choice, Decision, EndCause, ExecutionFailure, Overdue, Request, Seat},
};
use std::collections::BTreeSet;

use super::{Names, alternatives, list};

/// Through what the engine knows of an end that it did not see (EXE-3).
const PROBE: &str = "probe";

impl Names<'_> {
    /// What happened.
    #[must_use]
    pub fn event(&self, recorded: &Recorded) -> String {
        if let Some(text) = found_out(recorded) {
            return text;
        }
        match &recorded.event {
            Event::RequestSubmitted(request) => {
                let urgent =
                    if request.urgent { ", to run first and be approved after" } else { "" };
                format!("{} submitted the request{urgent}.", self.actor(&recorded.by))
            }
            Event::DraftSaved(_)
            | Event::DraftDeleted { .. }
            | Event::RequestEdited(_)
            | Event::RequestMoved(_)
            | Event::RestartRefused { .. }
            | Event::ReviewStarted { .. }
            | Event::ReviewPassed { .. }
            | Event::ReturnedToReview { .. } => self.before_route(recorded),
            Event::StepReminded { .. }
            | Event::StepOverdue { .. }
            | Event::UrgentReminded
            | Event::UrgentOverdue => self.due_event(&recorded.event),
            Event::StepSkipped { .. }
            | Event::StepActivated { .. }
            | Event::StepCompleted { .. }
            | Event::StepsReopened { .. }
            | Event::StepPaused { .. }
            | Event::StepResumed { .. } => self.step_moved(&recorded.event),
            Event::SeatsReplaced { .. }
            | Event::DecisionRecorded { .. }
            | Event::ItemsRejected { .. }
            | Event::ApproverAdded { .. }
            | Event::ApproverRemoved { .. }
            | Event::SeatReassigned { .. } => self.seat_event(&recorded.event),
            Event::RequestSentBack { .. }
            | Event::DecisionWithdrawn { .. }
            | Event::RejectionWithdrawn
            | Event::RequestHeld { .. }
            | Event::RequestReleased { .. } => self.way_back(&recorded.event),
            Event::RequestApproved { .. }
            | Event::RequestRejected { .. }
            | Event::RequestCancelled { .. }
            | Event::RequestExpired => self.end_event(&recorded.event),
            Event::CommentAdded { .. }
            | Event::WatcherAdded { .. }
            | Event::WatcherLeft { .. }
            | Event::AttachmentAdded(_)
            | Event::AttachmentRemoved { .. }
            | Event::ReceiptConfirmed { .. } => self.talk_event(&recorded.event),
            Event::RequestBlocked { why } => self.blocked(why),
            Event::RequestUnblocked => "The request can go on.".to_owned(),
            Event::ExecutionReleased { .. }
            | Event::ExecutionStarted { .. }
            | Event::ExecutionSucceeded { .. }
            | Event::ExecutionRetryScheduled { .. }
            | Event::ExecutionInDoubt { .. }
            | Event::ExecutionFailed { .. }
            | Event::ExecutionExpired { .. }
            | Event::ExecutionCancelled { .. } => self.execution_event(&recorded.event),
            Event::GrantEnding { .. }
            | Event::GrantEndStarted { .. }
            | Event::GrantEndFailed { .. }
            | Event::GrantEnded { .. }
            | Event::FilesMade { .. }
            | Event::FileLinked { .. }
            | Event::FileDownloaded { .. }
            | Event::FilesDeleted { .. } => self.effect_event(&recorded.event),
        }
    }

    /// What is written and changed, and its review.
    fn before_route(&self, recorded: &Recorded) -> String {
        match &recorded.event {
            Event::DraftSaved(request) => self.draft_saved(&recorded.by, request),
            Event::DraftDeleted { by } => format!("{} threw the draft away.", self.person(by)),
            Event::RequestEdited(edited) => format!(
                "{} changed {} of the request.",
                self.person(&edited.by),
                list(&edited.changed.iter().map(|field| named(field)).collect::<Vec<_>>())
            ),
            Event::RequestMoved(moved) => self.moved(moved),
            Event::RestartRefused { by, why, .. } => format!(
                "{} let all requests of the rule begin again, and this one could not. {}",
                self.person(by),
                self.rejection(why)
            ),
            Event::ReviewStarted { review } => {
                let who: Vec<String> = review.reviewers.iter().map(|who| self.seat(who)).collect();
                format!("The request waits for a review by {}.", alternatives(&who))
            }
            Event::ReviewPassed { by, comment } => {
                said(&format!("{} submitted the reviewed request", self.person(by)), comment)
            }
            Event::ReturnedToReview { step, by, comment } => said(
                &format!(
                    "{} returned the request from step {} to review",
                    self.person(by),
                    self.step(step)
                ),
                comment,
            ),
            _ => String::new(),
        }
    }

    /// Under which rule a request begins again, and why.
    fn moved(&self, moved: &Moved) -> String {
        let to = format!("version {} of the rule `{}`", moved.version, moved.rule);
        match &moved.why {
            MovedBecause::Restarted { by, comment, .. } => {
                said(&format!("{} restarted the request under {to}", self.person(by)), comment)
            }
            MovedBecause::Routed if moved.rule == moved.from => {
                format!("Only {to} takes the request as it is now: it begins again under it.")
            }
            MovedBecause::Routed => format!(
                "The request is no longer for the rule `{}`: it begins again under {to}.",
                moved.from
            ),
        }
    }

    /// Who decides, and what they decided.
    fn seat_event(&self, event: &Event) -> String {
        match event {
            Event::SeatsReplaced { step, from, to } => self.replaced(step, from, to),
            Event::DecisionRecorded { step, decision } => self.decision(step, decision),
            Event::ItemsRejected { step, by, items } => format!(
                "In step {}, {} did not grant {}.",
                self.step(step),
                self.person(by),
                list(&items.iter().map(|item| self.resource(item)).collect::<Vec<_>>())
            ),
            Event::ApproverAdded { step, user, by, .. } => format!(
                "{} gave {} a seat in step {}.",
                self.person(by),
                self.person(user),
                self.step(step)
            ),
            Event::ApproverRemoved { step, user, by, .. } => format!(
                "{} took {} out of step {}.",
                self.person(by),
                self.person(user),
                self.step(step)
            ),
            Event::SeatReassigned { step, from, to, comment, .. } => format!(
                "{} passed the right to decide step {} to {}: {comment}",
                self.person(from),
                self.step(step),
                self.person(to)
            ),
            _ => String::new(),
        }
    }

    /// What moved a request backwards, or made it wait.
    fn way_back(&self, event: &Event) -> String {
        match event {
            Event::RequestSentBack { by, from, to, comment, on_behalf_of } => format!(
                "{} sent the request back from step {} to step {}: {comment}",
                self.decider(by, on_behalf_of.as_ref()),
                self.step(from),
                self.step(to)
            ),
            Event::DecisionWithdrawn { step, by, choice, comment } => {
                self.withdrawn(step, by, *choice, comment)
            }
            Event::RejectionWithdrawn => {
                "The request is no longer rejected: it goes on where it was.".to_owned()
            }
            Event::RequestHeld { by, comment } => {
                format!("{} put the request on hold: {comment}", self.person(by))
            }
            Event::RequestReleased { by, comment } => {
                format!("{} lifted the hold: {comment}", self.person(by))
            }
            _ => String::new(),
        }
    }

    /// Who decided, and for whom (DEC-8).
    fn decider(&self, by: &UserId, on_behalf_of: Option<&UserId>) -> String {
        match on_behalf_of {
            Some(of) => format!("{} (for {})", self.person(by), self.person(of)),
            None => self.person(by),
        }
    }

    /// How a request ended.
    fn end_event(&self, event: &Event) -> String {
        match event {
            Event::RequestApproved { by } => {
                format!("The request is approved. {}", self.approved_by(by))
            }
            Event::RequestRejected { by } => {
                format!("The request is rejected. {}", self.rejected_by(by))
            }
            Event::RequestCancelled { by, comment } => {
                format!("{} cancelled the request: {comment}", self.person(by))
            }
            Event::RequestExpired => "The request expired: nobody decided in time.".to_owned(),
            _ => String::new(),
        }
    }

    /// Who sits where somebody left.
    fn replaced(&self, step: &StepId, from: &UserId, to: &UserId) -> String {
        let (from, to) = (self.person(from), self.person(to));
        format!("{to} takes over the seat of {from}, who left, at step {}.", self.step(step))
    }

    /// What happened to an execution.
    fn execution_event(&self, event: &Event) -> String {
        match event {
            Event::ExecutionReleased { execution, .. } => format!("`{execution}` may run."),
            Event::ExecutionStarted { execution, attempt, .. } => {
                format!("`{execution}` started, attempt {attempt}.")
            }
            Event::ExecutionSucceeded { execution, until: Some(until), .. } => {
                format!("`{execution}` took effect, until {}.", until.format("%Y-%m-%d %H:%M UTC"))
            }
            Event::ExecutionSucceeded { execution, until: None, .. } => {
                format!("`{execution}` succeeded.")
            }
            Event::ExecutionRetryScheduled { execution, failure, .. } => {
                format!("`{execution}` will be tried again: {}.", self.failure(failure))
            }
            Event::ExecutionInDoubt { execution, failure, .. } => {
                self.in_doubt(&execution.to_string(), failure)
            }
            Event::ExecutionFailed { execution, why, may_have_happened, .. } => {
                self.failed(&execution.to_string(), why, *may_have_happened)
            }
            Event::ExecutionExpired { execution } => {
                format!("`{execution}` did not start in time.")
            }
            Event::ExecutionCancelled { execution } => format!("`{execution}` will not run."),
            _ => String::new(),
        }
    }

    /// What a date has brought.
    fn due_event(&self, event: &Event) -> String {
        match event {
            Event::StepReminded { step } => {
                format!("Those who have not decided step {} were reminded.", self.step(step))
            }
            Event::StepOverdue { step, then } => self.overdue(step, then),
            Event::UrgentReminded => {
                "Those who have not decided were reminded: the work was done already.".to_owned()
            }
            Event::UrgentOverdue => {
                "The approval is overdue, and the work was done already.".to_owned()
            }
            _ => String::new(),
        }
    }

    /// How far a step is, and which is decided next.
    fn step_moved(&self, event: &Event) -> String {
        match event {
            Event::StepSkipped { step, why } => {
                format!("Step {} was skipped. {}", self.step(step), self.skipped(step, why))
            }
            Event::StepActivated { step, open } => format!(
                "Step {} began with {}.",
                self.step(step),
                super::request::counted(
                    u32::try_from(open.seats.len()).unwrap_or(u32::MAX),
                    "seat"
                )
            ),
            Event::StepCompleted { step, .. } => format!("Step {} is complete.", self.step(step)),
            Event::StepsReopened { steps, .. } => {
                let steps: Vec<String> = steps.iter().map(|step| self.step(step)).collect();
                match steps.as_slice() {
                    [step] => format!("Step {step} is to be decided again."),
                    _ => format!("Steps {} are to be decided again.", steps.join(", ")),
                }
            }
            Event::StepPaused { step } => {
                format!("Step {} waits for an earlier step.", self.step(step))
            }
            Event::StepResumed { step } => {
                format!("Step {} goes on where it was.", self.step(step))
            }
            _ => String::new(),
        }
    }

    /// Who caused something.
    #[must_use]
    pub fn actor(&self, actor: &Actor) -> String {
        match actor {
            Actor::User(id) => self.person(id),
            Actor::Engine => "The engine".to_owned(),
        }
    }

    fn draft_saved(&self, by: &Actor, request: &Request) -> String {
        let from = request.draft.as_ref().and_then(|written| written.resubmits.as_ref());
        match from {
            Some(old) => format!("{} made a draft from the request `{old}`.", self.actor(by)),
            None => format!("{} saved a draft.", self.actor(by)),
        }
    }

    fn overdue(&self, step: &StepId, then: &Overdue) -> String {
        let people = |seats: &[Seat]| {
            let all: BTreeSet<&UserId> = seats.iter().flat_map(|seat| &seat.people).collect();
            list(&all.into_iter().map(|id| self.person(id)).collect::<Vec<_>>())
        };
        let what = match then {
            Overdue::Shown => String::new(),
            Overdue::Approved => " By the rule it is approved.".to_owned(),
            Overdue::Rejected => " By the rule the request is rejected.".to_owned(),
            Overdue::Blocked => {
                " Others would be rejected; an urgent request is blocked.".to_owned()
            }
            Overdue::Reassigned { seats } => {
                format!(" By the rule it is now for {} to decide.", people(seats))
            }
            Overdue::Escalated { seats } => {
                format!(" By the rule it can be decided by {} now.", people(seats))
            }
            Overdue::NobodyFound => " The rule would ask others, and nobody was found.".to_owned(),
        };
        format!("Step {} was not decided in time.{what}", self.step(step))
    }

    fn decision(&self, step: &StepId, decision: &Decision) -> String {
        let did = match decision.choice {
            Choice::Approve => "approved",
            Choice::Reject => "rejected",
        };
        let who = self.decider(&decision.by, decision.on_behalf_of.as_ref());
        let step = self.step(step);
        if decision.kept {
            return format!("What {who} decided before still counts: they {did} step {step}.");
        }
        let text = if decision.comment.is_empty() {
            format!("{who} {did} step {step}.")
        } else {
            format!("{who} {did} step {step}: {}", decision.comment)
        };
        match &decision.concern {
            Some(concern) => format!("{text} — with a concern: {concern}"),
            None => text,
        }
    }

    fn withdrawn(&self, step: &StepId, by: &UserId, choice: Choice, comment: &str) -> String {
        let what = match choice {
            Choice::Approve => "approval",
            Choice::Reject => "rejection",
        };
        let why = if comment.is_empty() { ".".to_owned() } else { format!(": {comment}") };
        format!("{} took their {what} of step {} back{why}", self.person(by), self.step(step))
    }

    fn blocked(&self, why: &Block) -> String {
        format!("The request is blocked. {}", self.block(why))
    }

    fn ending(&self, execution: &str, cause: &EndCause) -> String {
        match cause {
            EndCause::Lapsed => {
                format!("The time of `{execution}` is over; it is being taken back.")
            }
            EndCause::Revoked { by, comment } => {
                format!("{} is having `{execution}` taken back: {comment}", self.person(by))
            }
        }
    }

    fn in_doubt(&self, execution: &str, failure: &Failure) -> String {
        let why = self.failure(failure);
        format!("Nobody knows whether `{execution}` took effect; it is asked about again: {why}.")
    }

    fn failed(&self, execution: &str, why: &ExecutionFailure, may_have_happened: bool) -> String {
        let doubt = if may_have_happened {
            " Its effect may have happened all the same: somebody must look."
        } else {
            ""
        };
        format!("`{execution}` ended: {}.{doubt}", self.execution_failure(why))
    }
}

/// A sentence with what was said, where something was.
fn said(did: &str, comment: &str) -> String {
    if comment.is_empty() { format!("{did}.") } else { format!("{did}: {comment}") }
}

/// `properties.max_rows` is *max rows*.
fn named(field: &str) -> String {
    field.strip_prefix("properties.").unwrap_or(field).replace(['_', '-'], " ")
}

/// What became of an attempt that the engine did not see the end of.
fn found_out(recorded: &Recorded) -> Option<String> {
    if recorded.via != PROBE {
        return None;
    }
    match &recorded.event {
        Event::ExecutionSucceeded { execution, .. } => Some(format!(
            "`{execution}` was interrupted, and its executor found that it had succeeded."
        )),
        Event::ExecutionRetryScheduled { execution, .. } => Some(format!(
            "`{execution}` was interrupted, and its executor found that nothing had happened: it runs again."
        )),
        _ => None,
    }
}
