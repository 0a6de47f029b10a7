//! What happened, one sentence an event.

mod effects;
mod moved;
mod talk;
mod work;

use engine_core::{
    event::{Actor, Event, Recorded},
    ids::{StepId, UserId},
    request::{Block, Choice, Decision, Overdue, RejectedBy, Request, Seat},
};
use std::collections::BTreeSet;

use super::{Names, alternatives, counted, every, list, notice::ended};

const URGENT: &str = " as urgent: its work does not wait for the approval";
const NOBODY_ELSE: &str = " The rule finds nobody else to ask; the administrators were told.";
const CANNOT_REJECT: &str = " The rule would reject the request, but an urgent one cannot be rejected, so it is blocked. An administrator has to look.";

/// Through what the engine knows of an end that it did not see (EXE-3).
const PROBE: &str = "probe";

impl Names<'_> {
    /// What happened.
    #[must_use]
    pub fn event(&self, recorded: &Recorded) -> String {
        if recorded.via == PROBE
            && let Some(text) = self.found_out(&recorded.event)
        {
            return text;
        }
        match &recorded.event {
            Event::RequestSubmitted(request) => {
                let urgent = if request.urgent { URGENT } else { "" };
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
            Event::Grant { execution, what } => self.grant_event(execution, what),
            Event::Files { execution, what } => self.files_event(execution, what),
        }
    }

    /// What is written and changed, and its review.
    fn before_route(&self, recorded: &Recorded) -> String {
        match &recorded.event {
            Event::DraftSaved(request) => self.draft_saved(&recorded.by, request),
            Event::DraftDeleted { by } => format!("{} threw the draft away.", self.person(by)),
            Event::RequestEdited(edited) => format!(
                "{} changed {}.",
                self.person(&edited.by),
                every(&edited.changed.iter().map(|field| changed(field)).collect::<Vec<_>>())
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

    /// Who decides, and what they decided.
    fn seat_event(&self, event: &Event) -> String {
        match event {
            Event::SeatsReplaced { step, from, to } => self.replaced(step, from, to),
            Event::DecisionRecorded { step, decision } => self.decision(step, decision),
            Event::ItemsRejected { step, by, items } => format!(
                "In step {}, {} did not grant {}.",
                self.step(step),
                self.person(by),
                every(&items.iter().map(|item| self.resource(item)).collect::<Vec<_>>())
            ),
            Event::ApproverAdded { step, user, by, .. } => format!(
                "{} added {} as an approver of step {}.",
                self.person(by),
                self.person(user),
                self.step(step)
            ),
            Event::ApproverRemoved { step, user, by, .. } => format!(
                "{} removed {} from the approvers of step {}.",
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
                format!("{} released the request: {comment}", self.person(by))
            }
            _ => String::new(),
        }
    }

    /// Who decided, and for whom (DEC-8).
    pub(super) fn decider(&self, by: &UserId, on_behalf_of: Option<&UserId>) -> String {
        match on_behalf_of {
            Some(of) => format!("{}, for {},", self.person(by), self.person(of)),
            None => self.person(by),
        }
    }

    /// How a request ended.
    fn end_event(&self, event: &Event) -> String {
        match event {
            Event::RequestApproved { by } => {
                format!("The request was approved. {}", self.approved_by(by))
            }
            Event::RequestRejected { by: RejectedBy::Decision { step } } => {
                format!("The request was rejected in step {}.", self.step(step))
            }
            Event::RequestRejected { by } => {
                format!("The request was rejected. {}", self.rejected_by(by))
            }
            Event::RequestCancelled { by, comment } => {
                format!("{} cancelled the request: {comment}", self.person(by))
            }
            Event::RequestExpired => "The request expired: it was not approved in time.".to_owned(),
            _ => String::new(),
        }
    }

    /// Who sits where somebody left.
    fn replaced(&self, step: &StepId, from: &UserId, to: &UserId) -> String {
        let (from, to) = (self.person(from), self.person(to));
        format!("{to} decides step {} in place of {from}, who left.", self.step(step))
    }

    /// What a date has brought.
    fn due_event(&self, event: &Event) -> String {
        match event {
            Event::StepReminded { step, told: true } => {
                format!("The people who have not decided step {} were reminded.", self.step(step))
            }
            Event::StepReminded { step, told: false } => {
                format!("Step {} is due now.", self.step(step))
            }
            Event::StepOverdue { step, then } => self.overdue(step, then),
            Event::UrgentReminded => {
                "The people who have not approved this urgent request were reminded.".to_owned()
            }
            Event::UrgentOverdue => {
                "This urgent request was not approved in time. The administrators were told."
                    .to_owned()
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
            Event::StepActivated { step, open } => {
                format!("Step {} began. It asks {}.", self.step(step), self.asked(&open.seats))
            }
            Event::StepCompleted { step, .. } => format!("Step {} is complete.", self.step(step)),
            Event::StepsReopened { steps, .. } => {
                let steps: Vec<String> = steps.iter().map(|step| self.step(step)).collect();
                match steps.as_slice() {
                    [step] => format!("Step {step} has to be decided again."),
                    _ => format!("Steps {} have to be decided again.", list(&steps)),
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

    /// Whom the seats of a step ask, each once.
    fn asked(&self, seats: &[Seat]) -> String {
        let mut asked: Vec<(String, u64)> = Vec::new();
        for seat in seats {
            let who = self.seat_of(seat);
            match asked.iter_mut().find(|(known, _)| *known == who) {
                Some((_, times)) => *times = times.saturating_add(1),
                None => asked.push((who, 1)),
            }
        }
        let told = |(who, times): &(String, u64)| match times {
            1 => who.clone(),
            several => format!("{who} ({})", counted(*several, "approval")),
        };
        list(&asked.iter().map(told).collect::<Vec<_>>())
    }

    /// Who caused something.
    #[must_use]
    pub fn actor(&self, actor: &Actor) -> String {
        match actor {
            Actor::User(id) => self.person(id),
            Actor::Engine => "The system".to_owned(),
        }
    }

    fn draft_saved(&self, by: &Actor, request: &Request) -> String {
        let from = request.draft.as_ref().and_then(|written| written.resubmits.as_ref());
        match from {
            Some(_) => format!("{} started this draft from an earlier request.", self.actor(by)),
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
            Overdue::Approved => " The rule then approves the step.".to_owned(),
            Overdue::Rejected => " The rule then rejects the request.".to_owned(),
            Overdue::Blocked => CANNOT_REJECT.to_owned(),
            Overdue::Reassigned { seats } => {
                format!(" The rule now asks {} instead.", people(seats))
            }
            Overdue::Escalated { seats } => {
                format!(" The rule now asks {} as well.", people(seats))
            }
            Overdue::NobodyFound => NOBODY_ELSE.to_owned(),
        };
        format!("Step {} was not decided in time.{what}", self.step(step))
    }

    fn decision(&self, step: &StepId, decision: &Decision) -> String {
        if let Some(from) = &decision.carried_from {
            return format!(
                "The approval that {} gave in step {} counts for step {} too.",
                self.decider(&decision.by, decision.on_behalf_of.as_ref()),
                self.step(from),
                self.step(step)
            );
        }
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
            Some(concern) => format!("{} Their concern: {concern}", ended(&text)),
            None => text,
        }
    }

    fn withdrawn(&self, step: &StepId, by: &UserId, choice: Choice, comment: &str) -> String {
        let what = match choice {
            Choice::Approve => "approval",
            Choice::Reject => "rejection",
        };
        let why = if comment.is_empty() { ".".to_owned() } else { format!(": {comment}") };
        format!("{} took back their {what} of step {}{why}", self.person(by), self.step(step))
    }

    fn blocked(&self, why: &Block) -> String {
        format!("The request is blocked. {}", self.block(why))
    }
}

/// A sentence with what was said, where something was.
fn said(did: &str, comment: &str) -> String {
    if comment.is_empty() { format!("{did}.") } else { format!("{did}: {comment}") }
}

/// What was changed of a request, in words.
fn changed(field: &str) -> String {
    match field {
        "approval_expires" => "the last day to approve".to_owned(),
        "ends" => "the end".to_owned(),
        "picks" => "the people picked".to_owned(),
        "target_users" => "whom it is for".to_owned(),
        "items" => "what is asked for".to_owned(),
        _ => {
            let name = field.strip_prefix("properties.").unwrap_or(field);
            format!("the {}", name.replace(['_', '-'], " "))
        }
    }
}
