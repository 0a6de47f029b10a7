//! What the plays of a run came across: invariants about what never happens show nothing.

use std::{collections::BTreeMap, fmt};

use engine_core::request::Status;

use super::{
    script::Move,
    stage::{Stage, Turn},
};

/// How often something was seen.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    /// Plays performed.
    pub(crate) plays: u32,
    /// Rules that could not be published.
    pub(crate) unpublished: u32,
    /// Plays that ended before they began.
    refused: u32,
    seen: BTreeMap<String, u32>,
}

/// What every run comes across; each was seen twenty times and more in a run.
const WANTED: [&str; 53] = [
    "approve: ok",
    "approve: not_found",
    "approve: invalid",
    "approve: conflict",
    "approve: step_complete",
    "approve: no_seat",
    "approve: no_access",
    "approve: criteria",
    "approve: required_properties",
    "approve: self_approval",
    "approve: not_pending",
    "approve: blocked",
    "reject: ok",
    "reject: urgent_approve_only",
    "cancel: ok",
    "cancel: forbidden",
    "cancel: conflict",
    "reevaluate: ok",
    "reevaluate: forbidden",
    "run: ok",
    "run: forbidden",
    "run: wrong_status",
    "retry: ok",
    "retry: wrong_status",
    "revoke: wrong_status",
    "submit: ok",
    "submit: invalid",
    "submit: no_approvers",
    "submit: no_rule",
    "submit: urgent_not_allowed",
    "expire: ok",
    "expire: forbidden",
    "start_execution: ok",
    "finish_execution: ok",
    "step_skipped",
    "step_completed",
    "request_blocked",
    "execution_failed",
    "execution_succeeded",
    "execution_retry_scheduled",
    "execution_cancelled",
    "execution_expired",
    "is pending",
    "is in_progress",
    "is approved",
    "is rejected",
    "is cancelled",
    "is expired",
    "urgent is in_progress",
    "urgent is approved",
    "urgent is cancelled",
    "urgent, executed, pending",
    "self-approval",
];

impl Coverage {
    /// Whether a play without a request is over with this move: all but every eighth.
    pub(crate) fn turns_without_request(&mut self, step: &Move) -> bool {
        if matches!(step, Move::Submit { .. }) {
            return false;
        }
        self.refused += 1;
        !self.refused.is_multiple_of(8)
    }

    pub(crate) fn saw(&mut self, stage: &Stage, turn: &Turn) {
        let outcome = match &turn.outcome {
            Ok(_) => "ok",
            Err(rejection) => rejection.code().as_str(),
        };
        self.count(format!("{}: {outcome}", turn.command.name()));
        for event in turn.outcome.iter().flat_map(|changes| &changes.events) {
            self.count(event.name().to_owned());
            if format!("{event:?}").contains("PlanChanged") {
                self.count("plan_changed".to_owned());
            }
        }
        let Some(request) = &stage.office.request else { return };
        let status = request.status();
        self.count(format!("is {}", status.as_str()));
        if request.urgent {
            self.count(format!("urgent is {}", status.as_str()));
        }
        let executed = request
            .executions
            .iter()
            .any(|execution| ["succeeded", "active"].contains(&execution.state.as_str()));
        if request.urgent && executed && status == Status::Pending {
            self.count("urgent, executed, pending".to_owned());
        }
        if request.live_decisions().any(|decision| decision.by == request.requester) {
            self.count("self-approval".to_owned());
        }
    }

    /// Whether this was seen at all.
    pub(crate) fn has_seen(&self, what: &str) -> bool {
        self.seen.contains_key(what)
    }

    fn count(&mut self, what: String) {
        *self.seen.entry(what).or_default() += 1;
    }

    /// Fails where the plays were too tame.
    pub(crate) fn assert_whole(&self) {
        let missing: Vec<&str> =
            WANTED.into_iter().filter(|wanted| !self.seen.contains_key(*wanted)).collect();
        assert_eq!(missing, [""; 0], "never seen in {} plays", self.plays);
        let share = self.unpublished * 100 / (self.plays + self.unpublished);
        assert!(share < 35, "{share} of 100 rules could not be published");
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} plays, {} rules not published", self.plays, self.unpublished)?;
        self.seen.iter().try_for_each(|(what, number)| writeln!(f, "{number:>8} {what}"))
    }
}
