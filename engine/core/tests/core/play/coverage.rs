//! What the plays of a run came across: invariants about what never happens show nothing.

use std::{collections::BTreeMap, fmt};

use engine_core::{
    command::{Command, Decide, EngineCommand},
    effect::Effect,
    event::{Actor, Event, GrantEvent, MovedBecause},
    rejection::{Gone, Rejection, Unfit},
    request::{Block, Choice, Overdue, Request, Status},
};

use super::stage::{Stage, Turn};

/// Names every kind of command, all in one list: a new command is named here, and must then be played.
macro_rules! kinds {
    ($($command:pat => $name:literal,)*) => {
        /// Every kind of command.
        const KINDS: &[&str] = &[$($name),*];

        fn kind(command: &Command) -> &'static str {
            match command {
                $($command => $name,)*
            }
        }
    };
}

kinds! {
    Command::Submit(_) => "submit",
    Command::SaveDraft(_) => "save a draft",
    Command::SubmitDraft(_) => "submit a draft",
    Command::DeleteDraft => "delete a draft",
    Command::Resubmit(_) => "resubmit",
    Command::Edit(_) => "edit",
    Command::PassReview(_) => "pass the review",
    Command::ReturnToReview(_) => "return to review",
    Command::Decide(Decide { choice: Choice::Approve, items: None, .. }) => "approve",
    Command::Decide(Decide { choice: Choice::Approve, items: Some(_), .. }) => "approve items",
    Command::Decide(Decide { choice: Choice::Reject, .. }) => "reject",
    Command::Cancel { .. } => "cancel",
    Command::Comment { .. } => "comment",
    Command::Watch(_) => "watch",
    Command::Leave => "leave",
    Command::Attach(_) => "attach",
    Command::RemoveAttachment { .. } => "remove an attachment",
    Command::Confirm { .. } => "confirm",
    Command::SendBack(_) => "send back",
    Command::Withdraw { .. } => "withdraw",
    Command::Force { choice: Choice::Approve, .. } => "force an approval",
    Command::Force { choice: Choice::Reject, .. } => "force a rejection",
    Command::Hold { .. } => "hold",
    Command::Release { .. } => "release",
    Command::Reevaluate => "reevaluate",
    Command::Restart(_) => "restart",
    Command::AddApprover(_) => "add an approver",
    Command::RemoveApprover(_) => "remove an approver",
    Command::Reassign { .. } => "reassign",
    Command::Run(_) => "run",
    Command::Retry(_) => "retry",
    Command::Use(_) => "use",
    Command::Revoke { .. } => "revoke",
    Command::LinkFile { .. } => "link a file",
    Command::Download { .. } => "download",
    Command::Engine(EngineCommand::Expire) => "expire",
    Command::Engine(EngineCommand::Remind) => "remind",
    Command::Engine(EngineCommand::Miss) => "miss",
    Command::Engine(EngineCommand::RemindUrgent) => "remind of an urgent one",
    Command::Engine(EngineCommand::MissUrgent) => "miss an urgent one",
    Command::Engine(EngineCommand::Recount) => "recount",
    Command::Engine(EngineCommand::Restart(_)) => "restart with all",
    Command::Engine(EngineCommand::Replace { .. }) => "replace",
    Command::Engine(EngineCommand::Start(_)) => "start",
    Command::Engine(EngineCommand::Finish { .. }) => "finish",
    Command::Engine(EngineCommand::ExpireExecution(_)) => "expire an execution",
    Command::Engine(EngineCommand::RetryDue(_)) => "retry when due",
    Command::Engine(EngineCommand::EndGrant(_)) => "end a grant",
    Command::Engine(EngineCommand::StartRevert(..)) => "start a revert",
    Command::Engine(EngineCommand::FinishRevert { .. }) => "finish a revert",
    Command::Engine(EngineCommand::FilesMade { .. }) => "files are made",
    Command::Engine(EngineCommand::EndFiles(_)) => "end files",
}

/// How often something was seen.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    /// Plays performed.
    pub(crate) plays: u32,
    /// Rules that could not be published.
    pub(crate) unpublished: u32,
    seen: BTreeMap<String, u32>,
}

/// What every run comes across, beside every kind of command, done and refused.
const WANTED: [&str; 64] = [
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
    "step_paused",
    "step_resumed",
    "step_overdue",
    "steps_reopened",
    "items_rejected",
    "rejection_withdrawn",
    "seats_replaced",
    "review_started",
    "for somebody",
    "carried over",
    "by date",
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

/// Commands that plays of effects are about, and few others come to.
const ELSEWHERE: [&str; 3] = ["use", "link a file", "download"];

impl Coverage {
    pub(crate) fn saw(&mut self, stage: &Stage, turn: &Turn) {
        let outcome = match &turn.outcome {
            Ok(_) => "ok",
            Err(rejection) => rejection.code().as_str(),
        };
        self.count(format!("{}: {outcome}", turn.command.name()));
        let end = if turn.outcome.is_ok() { "done" } else { "refused" };
        self.count(format!("{} is {end}", kind(&turn.command)));
        for event in turn.outcome.iter().flat_map(|changes| &changes.events) {
            self.count(event.name().to_owned());
            if matches!(event, Event::StepOverdue { then: Overdue::Approved, .. }) {
                self.count("by date".to_owned());
            }
            if format!("{event:?}").contains("PlanChanged") {
                self.count("plan_changed".to_owned());
            }
        }
        self.saw_effects(turn);
        self.saw_routing(stage, turn);
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
        for decision in request.live_decisions() {
            let all = [
                ("self-approval", decision.by == request.requester),
                ("for somebody", decision.on_behalf_of.is_some()),
                ("carried over", decision.carried_from.is_some()),
            ];
            let seen = all.into_iter().filter(|(_, is_so)| *is_so);
            seen.for_each(|(what, _)| self.count(what.to_owned()));
        }
    }

    /// RUL-4
    fn saw_routing(&mut self, stage: &Stage, turn: &Turn) {
        let Ok(changes) = &turn.outcome else { return };
        let before = turn.before.as_ref();
        for event in &changes.events {
            match event {
                Event::RequestMoved(moved) if moved.why == MovedBecause::Routed => {
                    self.count("routed".to_owned());
                    let was = |phase: fn(&Request) -> bool| before.is_some_and(phase);
                    let by_requester = stage.office.request.as_ref().is_some_and(|request| {
                        turn.actor == Actor::User(request.requester.clone())
                    });
                    let seen = [
                        (
                            "routed by an approver",
                            matches!(turn.command, Command::Edit(_)) && !by_requester,
                        ),
                        ("routed from a rejection", was(|it| it.status() == Status::Rejected)),
                        (
                            "routed after a block",
                            was(|it| matches!(it.blocked, Some(Block::NotTaken { .. }))),
                        ),
                    ];
                    let seen = seen.into_iter().filter(|(_, is_so)| *is_so);
                    seen.for_each(|(what, _)| self.count(what.to_owned()));
                }
                Event::RequestBlocked { why: Block::NotTaken { .. } } => {
                    self.count("blocked: not taken".to_owned());
                }
                Event::DecisionRecorded { decision, .. } if decision.kept => {
                    let what = match decision.choice {
                        Choice::Approve => "approval kept",
                        Choice::Reject => "rejection kept",
                    };
                    self.count(what.to_owned());
                }
                _ => {}
            }
        }
    }

    /// EXE-6c, EXE-7
    fn saw_effects(&mut self, turn: &Turn) {
        if let Err(Rejection::Gone(gone)) = &turn.outcome {
            let what = match gone {
                Gone::LinkExpired { .. } => "a link is over",
                Gone::LinkUsedUp { .. } => "a link is used up",
                Gone::FileDeleted { .. } => "a file is deleted",
            };
            self.count(what.to_owned());
        }
        if let Err(Rejection::WrongStatus { why: Some(why), .. }) = &turn.outcome {
            let what = match **why {
                Unfit::NotFromFirstUse { .. } => "a use that begins nothing",
                Unfit::UsedBefore { .. } => "a second use",
                Unfit::NeverUsed { .. } => "a use too late",
                Unfit::Execution { .. }
                | Unfit::WorkBegun
                | Unfit::CompletedStep { .. }
                | Unfit::StepDecided { .. }
                | Unfit::NothingToPassOn => "something that does not fit",
            };
            self.count(what.to_owned());
        }
        let Ok(changes) = &turn.outcome else { return };
        let left = |event: &Event| {
            matches!(event, Event::Grant { what: GrantEvent::EndStarted { passed_on }, .. }
                if !passed_on.is_empty())
        };
        if changes.events.iter().any(left) {
            self.count("a right is left to another".to_owned());
        }
        for effect in &changes.effects {
            let Effect::Revert(order) = effect else { continue };
            for field in ["still_held", "given_before"] {
                if order.receipt().fields.contains_key(field) {
                    self.count(format!("taken back, {field}"));
                }
            }
        }
        if let Command::Engine(EngineCommand::FinishRevert { outcome: Err(failure), .. }) =
            &turn.command
            && failure.message == "in doubt"
        {
            self.count("a right is in doubt".to_owned());
        }
    }

    /// A command waited for another execution to be done with a right.
    pub(crate) fn waited(&mut self) {
        self.count("waits for a right".to_owned());
    }

    /// Whether this was seen at all.
    pub(crate) fn has_seen(&self, what: &str) -> bool {
        self.seen.contains_key(what)
    }

    fn count(&mut self, what: String) {
        *self.seen.entry(what).or_default() += 1;
    }

    /// Fails where one of these was never seen.
    pub(crate) fn assert_seen(&self, wanted: &[&str]) {
        let missing: Vec<&&str> = wanted.iter().filter(|wanted| !self.has_seen(wanted)).collect();
        assert!(missing.is_empty(), "never seen in {} plays: {missing:?}", self.plays);
    }

    /// Fails where the plays were too tame.
    pub(crate) fn assert_whole(&self) {
        self.assert_seen(&WANTED);
        let ends = |kind: &&str| [format!("{kind} is done"), format!("{kind} is refused")];
        let here = KINDS.iter().filter(|kind| !ELSEWHERE.contains(*kind));
        let commands: Vec<String> = here.flat_map(ends).filter(|end| !self.has_seen(end)).collect();
        assert!(commands.is_empty(), "never in {} plays: {commands:?}", self.plays);
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
