//! What people are told, one text a notice: what happened, and what they can do about it as the
//! request now is.

use engine_core::{
    ids::{ExecutionId, StepId, UserId},
    notice::Notice,
    request::{Choice, ExecutionState, OpenStep, Phase, RejectedBy, Request},
    rule::Notify,
};

use super::{Names, alternatives, failure::cause, request::stands};

/// What is told of a request that somebody can see no more.
pub const NOT_SEEN: &str =
    "This was about a request that you can no longer see. There is nothing for you to do.";
const OVER: &str = "There is nothing to do any more";
const START_NEW: &str = "You can start a new request from it.";

impl Names<'_> {
    /// What a notice tells somebody about the request as it now is.
    #[must_use]
    pub fn notice(&self, notice: &Notice, request: &Request, reader: &UserId) -> String {
        match notice {
            Notice::StepOpened(step) => self.step_opened(step, request, reader),
            Notice::DueSoon(step) => self.due_soon(step, request, reader),
            Notice::Overdue(step) => self.overdue_step(step, request, reader),
            Notice::NobodyToEscalateTo(step) => self.nobody_to_ask(step, request, reader),
            Notice::UrgentWaits => self.urgent_waits(request, reader),
            Notice::UrgentUnapproved => self.urgent_unapproved(request),
            Notice::UrgentOverdue => self.urgent_overdue(request, reader),
            Notice::Commented { by, text } => {
                format!("{} wrote about {}: {text}", self.person(by), titled(request))
            }
            Notice::Mentioned { by, text } => {
                format!("{} wrote to you about {}: {text}", self.person(by), titled(request))
            }
            Notice::Watching(by) => self.watching(by, request),
            Notice::Concern(by) => self.concern(by, request),
            Notice::ReviewStarted => self.review_started(request),
            Notice::Edited(_) => self.edited(request, reader),
            Notice::Restarted(_) => self.restarted(request),
            Notice::RestartRefused => format!(
                "{} could not begin again with the other requests of its rule. Open it: its history says why.",
                self.of_whom(request)
            ),
            Notice::Outcome => self.outcome(request),
            Notice::ReadyToRun(execution) => self.ready_to_run(execution, request),
            Notice::Blocked => self.told_blocked(request),
            Notice::ExecutionTrouble(execution) => self.trouble(execution, request),
        }
    }

    fn watching(&self, by: &UserId, request: &Request) -> String {
        let what = if *by == request.requester { titled(request) } else { self.of_whom(request) };
        format!(
            "{} lets you follow {what}. You can read it and comment; there is nothing you have to do.",
            self.person(by)
        )
    }

    /// *“New laptops” of Ann Example (ann)*
    fn of_whom(&self, request: &Request) -> String {
        format!("{} of {}", titled(request), self.person(&request.requester))
    }

    /// The step, where this person can still do something in it.
    fn open<'r>(
        &self,
        step: &StepId,
        request: &'r Request,
        reader: &UserId,
    ) -> Result<&'r OpenStep, String> {
        if !request.is_open() {
            return Err(format!("{OVER}: the request {}.", stands(request.status())));
        }
        let Some((_, open)) = request.active().filter(|(active, _)| *active == step) else {
            return Err(format!("{OVER}: step {} is over.", self.step(step)));
        };
        match open.decision_of(reader) {
            Some(decision) if decision.by == *reader => Err(format!("{OVER}: you decided.")),
            Some(decision) => {
                Err(format!("{OVER}: {} decided for you.", self.person(&decision.by)))
            }
            None => Ok(open),
        }
    }

    fn by_when(&self, open: &OpenStep) -> Option<String> {
        open.due.as_ref().map(|due| self.time(due.at))
    }

    /// DUE-4: the rule may tell others than those who decide.
    fn step_opened(&self, step: &StepId, request: &Request, reader: &UserId) -> String {
        let asks = format!("{} asks for {}.", self.person(&request.requester), titled(request));
        let named = self.step(step);
        let rule = self.rule().and_then(|rule| rule.step(step));
        let tells_others = rule.is_some_and(|step| matches!(step.notify, Notify::People(_)));
        let record = request.step(step).and_then(|record| record.opened());
        let is_asked =
            record.is_some_and(|open| open.seats.iter().any(|s| s.people.contains(reader)));
        if tells_others && !is_asked {
            return format!("{asks} Step {named} has begun; there is nothing for you to do.");
        }
        match self.open(step, request, reader) {
            Ok(open) => {
                let when =
                    self.by_when(open).map(|when| format!(", by {when}")).unwrap_or_default();
                let what = if request.urgent { "approve it" } else { "approve or reject it" };
                format!("{asks} You are asked to decide step {named}{when}. Open it, and {what}.")
            }
            Err(over) => format!("{asks} You were asked to decide step {named}. {over}"),
        }
    }

    fn due_soon(&self, step: &StepId, request: &Request, reader: &UserId) -> String {
        let (what, named) = (self.of_whom(request), self.step(step));
        match self.open(step, request, reader) {
            Ok(open) => {
                let when = self.by_when(open).map(|when| format!(" Decide by {when}."));
                format!("{what} still waits for you at step {named}.{}", when.unwrap_or_default())
            }
            Err(over) => format!("{what} was waiting for you at step {named}. {over}"),
        }
    }

    fn overdue_step(&self, step: &StepId, request: &Request, reader: &UserId) -> String {
        let (what, named) = (self.of_whom(request), self.step(step));
        match self.open(step, request, reader) {
            Ok(_) => format!(
                "{what} should have been decided by now, and waits for you at step {named}. Open it and decide, or pass it on."
            ),
            Err(over) => format!("{what} was not decided in time at step {named}. {over}"),
        }
    }

    fn nobody_to_ask(&self, step: &StepId, request: &Request, reader: &UserId) -> String {
        let (what, named) = (self.of_whom(request), self.step(step));
        match self.open(step, request, reader) {
            Ok(_) => format!(
                "{what} is overdue at step {named}, and the rule finds nobody else to ask. Open it and add an approver."
            ),
            Err(over) => format!("{what} was overdue at step {named}. {over}"),
        }
    }

    /// URG-4: the work may be done, or may still wait for somebody to start it.
    fn urgent_waits(&self, request: &Request, reader: &UserId) -> String {
        let what = self.of_whom(request);
        let Some((step, _)) = request.active() else {
            return format!("{what} was waiting for your approval. {OVER}.");
        };
        match self.open(step, request, reader) {
            Ok(_) => format!(
                "{what} is urgent: its work did not wait for the approval. It still waits for yours at step {}. Open it and approve it; if something is wrong, add a concern.",
                self.step(step)
            ),
            Err(over) => format!("{what} was waiting for your approval. {over}"),
        }
    }

    /// URG-5: to administrators.
    fn urgent_unapproved(&self, request: &Request) -> String {
        let what = self.of_whom(request);
        match request.active().filter(|_| request.is_open()) {
            Some((step, active)) => {
                let who: Vec<String> = active.seats.iter().map(|seat| self.seat_of(seat)).collect();
                format!(
                    "{what} is urgent: its work did not wait for the approval. It is not approved yet, and waits at step {} for {}. Ask them to approve it.",
                    self.step(step),
                    alternatives(&who)
                )
            }
            None => {
                format!("{what} was not approved yet. {OVER}: it {}.", stands(request.status()))
            }
        }
    }

    /// URG-5a: to those who can approve it, and to administrators.
    fn urgent_overdue(&self, request: &Request, reader: &UserId) -> String {
        let due = request.closure.as_ref().map(|closure| self.time(closure.due));
        let due = due.map(|due| format!(" by {due}")).unwrap_or_default();
        let told =
            format!("{} is urgent, and should have been approved{due}.", self.of_whom(request));
        let Some((step, active)) = request.active().filter(|_| request.is_open()) else {
            return format!("{told} {OVER}: it {}.", stands(request.status()));
        };
        if !active.seats.iter().any(|seat| seat.people.contains(reader)) {
            let who: Vec<String> = active.seats.iter().map(|seat| self.seat_of(seat)).collect();
            return format!("{told} It waits for {}. Ask them to approve it.", alternatives(&who));
        }
        match self.open(step, request, reader) {
            Ok(_) => format!("{told} Open it and approve it."),
            Err(over) => format!("{told} {over}"),
        }
    }

    /// URG-5a
    fn concern(&self, by: &UserId, request: &Request) -> String {
        let of_them = request.live_decisions().filter(|decision| decision.by == *by);
        let concern = of_them.filter_map(|decision| decision.concern.as_deref()).last();
        let concern = concern.map(|text| format!(": {text}")).unwrap_or_default();
        let end = if concern.ends_with(['.', '!', '?']) { "" } else { "." };
        format!(
            "{} approved {}, with a concern{concern}{end} Look into it.",
            self.person(by),
            self.of_whom(request)
        )
    }

    fn review_started(&self, request: &Request) -> String {
        let asks = format!("{} asks for {}.", self.person(&request.requester), titled(request));
        if request.is_in_review() {
            format!(
                "{asks} Review it: change what has to be changed, then submit it to its approvers."
            )
        } else {
            format!("{asks} It was waiting for a review. {OVER}: it {}.", stands(request.status()))
        }
    }

    /// REQ-3: decisions are cleared where the requester or a reviewer changed it, and stay where an
    /// approver did.
    fn edited(&self, request: &Request, reader: &UserId) -> String {
        let told = format!("{} was changed after you decided about it.", self.of_whom(request));
        if !request.is_under_way() {
            return format!("{told} {OVER}: it {}.", stands(request.status()));
        }
        if request.live_decisions().any(|decision| decision.concerns(reader)) {
            format!("{told} Your decision stands; look whether it is still right.")
        } else {
            format!(
                "{told} Your decision no longer counts; if it comes to your step again, you are asked again."
            )
        }
    }

    /// RUL-2
    fn restarted(&self, request: &Request) -> String {
        let told = format!(
            "{} begins again, and what you decided about it no longer counts.",
            self.of_whom(request)
        );
        if request.is_under_way() {
            format!("{told} If it comes to your step again, you are asked again.")
        } else {
            format!("{told} {OVER}: it {}.", stands(request.status()))
        }
    }

    /// To the requester.
    fn outcome(&self, request: &Request) -> String {
        let yours = format!("Your request {}", titled(request));
        match &request.phase {
            Phase::Approved { by, .. } => {
                format!(
                    "{yours} was approved. {}{}",
                    self.approved_by(by),
                    self.awaited_uses(request)
                )
            }
            Phase::Rejected { by, .. } => {
                format!("{yours} was rejected. {} {START_NEW}", self.rejection_of(request, by))
            }
            Phase::Cancelled { by, comment, .. } => {
                format!("{yours} was cancelled. {} cancelled it: {comment}", self.person(by))
            }
            Phase::Expired { .. } => match request.approval_expires {
                Some(expired) => format!(
                    "{yours} has expired, because it was not approved by {}. {START_NEW}",
                    self.time(expired)
                ),
                None => format!("{yours} has expired. {START_NEW}"),
            },
            Phase::Draft | Phase::InReview | Phase::Open => format!(
                "{yours} had ended, and goes on: it {}. There is nothing to do.",
                stands(request.status())
            ),
        }
    }

    /// What waits for its first use, which somebody has to report (EXE-6b).
    fn awaited_uses(&self, request: &Request) -> String {
        let executions = request.executions.iter();
        let waiting = executions.filter_map(|it| self.awaited_use(&it.id, &it.state));
        waiting.map(|told| format!(" {told} Report its first use in the request.")).collect()
    }

    /// What rejected a request, and in whose words.
    #[must_use]
    pub fn rejection_of(&self, request: &Request, by: &RejectedBy) -> String {
        let (RejectedBy::Decision { step } | RejectedBy::QuorumOutOfReach { step }) = by else {
            return self.rejected_by(by);
        };
        let opened = request.step(step).and_then(|record| record.opened());
        let rejections = opened.into_iter().flat_map(|open| open.of(Choice::Reject));
        let told = rejections.map(|decision| {
            let who = self.decider(&decision.by, decision.on_behalf_of.as_ref());
            format!("{who} rejected it in step {}: {}", self.step(step), ended(&decision.comment))
        });
        let told: Vec<String> = told.collect();
        match by {
            RejectedBy::Decision { .. } if !told.is_empty() => told.join(" "),
            RejectedBy::QuorumOutOfReach { .. } if !told.is_empty() => {
                format!("{} {}", told.join(" "), self.rejected_by(by))
            }
            RejectedBy::Decision { .. }
            | RejectedBy::QuorumOutOfReach { .. }
            | RejectedBy::Overdue { .. }
            | RejectedBy::Force { .. }
            | RejectedBy::SafetyCatch => self.rejected_by(by),
        }
    }

    /// EXE-2
    fn ready_to_run(&self, id: &ExecutionId, request: &Request) -> String {
        let (what, work) = (self.of_whom(request), self.work(id));
        match request.execution(id).map(|execution| &execution.state) {
            Some(ExecutionState::Scheduled { start_before, .. }) => {
                let before = start_before.map(|at| format!(" before {}", self.time(at)));
                format!(
                    "{what} is ready to be carried out ({work}). Open it and start it{}. One of those who may is enough.",
                    before.unwrap_or_default()
                )
            }
            Some(state) => format!(
                "{what} was ready to be carried out. {OVER}: {work} {}.",
                self.execution_state(state, None)
            ),
            None => format!("{what} was ready to be carried out. {OVER}."),
        }
    }

    fn told_blocked(&self, request: &Request) -> String {
        match &request.blocked {
            Some(block) => format!("{} is blocked. {}", self.of_whom(request), self.block(block)),
            None => format!(
                "{} was blocked, and no longer is. {OVER}: it {}.",
                self.of_whom(request),
                stands(request.status())
            ),
        }
    }

    /// A failed execution, or a grant that cannot be taken back (EXE-5).
    fn trouble(&self, id: &ExecutionId, request: &Request) -> String {
        let (what, work) = (self.of_whom(request), self.work(id));
        match request.execution(id).map(|execution| &execution.state) {
            Some(ExecutionState::Failed { why, may_have_happened, .. }) => {
                let doubt =
                    if *may_have_happened { " It may have taken effect all the same." } else { "" };
                format!(
                    "{} It belongs to {what}.{doubt} Open it to look, and to try it again.",
                    self.came_to_nothing(id, why)
                )
            }
            Some(ExecutionState::Revoking { failure: Some(failure), .. }) => format!(
                "{work} should have ended, and cannot be taken back yet, because {}. It belongs to {what}. It is tried again by itself; look whether you have to end it by hand.",
                cause(failure)
            ),
            Some(state) => format!(
                "There was trouble with {work}, which belongs to {what}. {OVER}: it {}.",
                self.execution_state(state, None)
            ),
            None => format!("There was trouble with {work}, which belongs to {what}. {OVER}."),
        }
    }
}

fn titled(request: &Request) -> String {
    format!("“{}”", request.title)
}

/// With a full stop, where it has none.
pub(super) fn ended(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}
