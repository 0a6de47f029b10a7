//! From step to step, to the end of the route.

use std::collections::{BTreeMap, BTreeSet};

use super::{Draft, is_administrator};
use crate::{
    effect::{Effect, Notice, Timer},
    event::Event,
    explanation::Explanation,
    ids::{StepId, UserId},
    matching::{Possibilities, Progress, progress},
    rejection::{Forbidden, Rejection, StepShortage},
    request::{
        ApprovedBy, Block, Choice, ExecutionState, OpenStep, RejectedBy, Seat, SeatId, Shortage,
        SkippedBecause, StepState, WouldTake,
    },
    resolve::Opening,
    rule::{
        Step,
        definition::{IfNobody, SafetyCatch},
    },
};

impl Draft<'_> {
    /// Begins the route, from before its first step, of a request that its rule is to take.
    pub(super) fn run_route(&mut self) {
        self.run_route_or(None);
    }

    /// The same where another rule would take it, and could not.
    pub(super) fn run_route_or(&mut self, other: Option<Box<WouldTake>>) {
        if let Some(explanation) = self.not_taken() {
            return self.block(Block::NotTaken { explanation, other });
        }
        match self.auto_approval() {
            Some(by) => self.approve(by),
            None => self.advance(),
        }
    }

    /// What of the entry condition is not met by the request as it is now (CND-3, FIN-19).
    fn not_taken(&self) -> Option<Explanation> {
        let when = self.context.rule.when.as_ref()?;
        let explanation = self.view().condition(when, None);
        (!explanation.is_met()).then_some(explanation)
    }

    /// STP-14: the first condition that is met; one that nobody can decide approves nothing (CND-3),
    /// and urgent requests are approved by people.
    pub(super) fn auto_approval(&self) -> Option<ApprovedBy> {
        if self.request.urgent {
            return None;
        }
        self.context.rule.auto_approve.iter().find_map(|condition| {
            let explanation = self.view().condition(&condition.when, None);
            let name = condition.name.clone();
            explanation.is_met().then_some(ApprovedBy::Condition { name, explanation })
        })
    }

    /// Opens the next step that is not skipped, or ends the route.
    pub(super) fn advance(&mut self) {
        while let Some((id, rested)) = self.next_step() {
            if rested {
                if self.resume(id) {
                    continue;
                }
                return;
            }
            let Some(step) = self.context.rule.step(&id) else { break };
            match self.view().opening(step) {
                Opening::Open(seats) => {
                    let kept = self.request.kept.get(&id).cloned().unwrap_or_default();
                    self.open_step(step, seats);
                    self.keep(&id, kept);
                    if !self.request.is_open() {
                        return;
                    }
                    if !self.is_carried_through(id) {
                        if let Some(shortage) = self.view().too_few_people() {
                            self.count(Some(shortage));
                        }
                        return;
                    }
                }
                Opening::Skip(why) => self.record(Event::StepSkipped { step: id, why }),
                Opening::Undecided(explanation) => {
                    return self.block(Block::ConditionUndecided { step: id, explanation });
                }
                Opening::Short(shortage, _) => {
                    return self.block(Block::NoApprovers { step: id, shortage });
                }
            }
        }
        self.end_of_route();
    }

    fn open_step(&mut self, step: &Step, seats: Vec<Seat>) {
        let open = OpenStep {
            since: self.at(),
            quorum: step.quorum.clone(),
            seats,
            decisions: Vec::new(),
            taken_back: BTreeSet::new(),
            due: self.due(step),
        };
        self.record(Event::StepActivated { step: step.id.clone(), open });
    }

    /// Counts earlier approvals in the step that is active now (STP-11), and says whether they complete it;
    /// who else it waits for is told.
    fn is_carried_through(&mut self, step: StepId) -> bool {
        self.carry_over();
        match self.filled() {
            Some(filled) => {
                self.record(Event::StepCompleted { step, filled });
                true
            }
            None => {
                self.order(Effect::Notify(Notice::StepOpened(step)));
                false
            }
        }
    }

    /// Who fills which seat of the active step, if that is enough (STP-5).
    pub(super) fn filled(&self) -> Option<BTreeMap<SeatId, UserId>> {
        let (_, open) = self.request.active()?;
        let approvals = Possibilities::of_decisions(open.of(Choice::Approve));
        match progress(&open.quorum, &open.seats, &approvals) {
            Progress::Complete(filled) => Some(filled),
            Progress::Short { .. } => None,
        }
    }

    /// The first step that is still to be decided, and whether it rested meanwhile.
    fn next_step(&self) -> Option<(StepId, bool)> {
        self.request.steps.iter().find_map(|record| match record.state {
            StepState::Waiting => Some((record.id.clone(), false)),
            StepState::Paused(_) => Some((record.id.clone(), true)),
            StepState::Skipped { .. } | StepState::Active(_) | StepState::Complete { .. } => None,
        })
    }

    /// DEC-3: goes on where it was; people may have gone in the meantime (STP-6a), and who approves
    /// again may have approved here too (FIN-21). Says whether it is complete.
    fn resume(&mut self, step: StepId) -> bool {
        self.record(Event::StepResumed { step: step.clone() });
        let is_complete = self.is_carried_through(step);
        if !is_complete {
            self.recount_step();
        }
        is_complete
    }

    fn end_of_route(&mut self) {
        let decided = self
            .request
            .steps
            .iter()
            .any(|record| matches!(record.state, StepState::Complete { .. }));
        match (decided, self.context.rule.safety_catch) {
            (true, _) => self.approve(ApprovedBy::Steps),
            // DEC-4: neither rejected nor approved by anything but people.
            (false, _) if self.request.urgent => self.block(Block::NothingToApprove),
            (false, SafetyCatch::Approve) => self.approve(ApprovedBy::SafetyCatch),
            (false, SafetyCatch::Reject) => self.reject(RejectedBy::SafetyCatch),
        }
    }

    /// By people in time; by what follows from dates, people who come back and the like, only if it is not
    /// too late meanwhile (EXE-6b).
    pub(super) fn approve(&mut self, by: ApprovedBy) {
        if self.has_run_out() {
            return self.run_out();
        }
        self.record(Event::RequestApproved { by });
        self.order(Effect::ClearTimer(Timer::ApprovalExpiry));
        self.order(Effect::Notify(Notice::Outcome));
        self.release();
    }

    pub(super) fn reject(&mut self, by: RejectedBy) {
        self.record(Event::RequestRejected { by });
        self.order(Effect::ClearTimer(Timer::ApprovalExpiry));
        self.order(Effect::Notify(Notice::Outcome));
    }

    pub(super) fn block(&mut self, why: Block) {
        if self.request.blocked.as_ref() != Some(&why) {
            self.record(Event::RequestBlocked { why });
            self.order(Effect::Notify(Notice::Blocked));
        }
    }

    /// Asks again what could not be decided (CND-3), and whether the active step can still be
    /// completed by the people there are (STP-6a).
    pub(super) fn reevaluate(&mut self) -> Result<(), Rejection> {
        let person = self.person()?;
        if !is_administrator(person) {
            return Err(Rejection::Forbidden(Forbidden::OnlyAdministrators));
        }
        if !self.request.is_under_way() {
            return Err(self.wrong_status(None));
        }
        if self.request.on_hold {
            return Err(Rejection::OnHold);
        }
        self.look_again();
        Ok(())
    }

    /// What blocks a request is asked again whenever a person has done something with it (CND-3). What a date
    /// has blocked, people do not let go on by that.
    pub(super) fn touched(&mut self) {
        let asks = match &self.request.blocked {
            Some(
                Block::ConditionUndecided { .. }
                | Block::NoApprovers { .. }
                | Block::NotTaken { .. }
                | Block::NoReviewers,
            ) => true,
            Some(Block::NothingToApprove | Block::Overdue { .. }) | None => false,
        };
        if asks && self.request.is_under_way() && !self.request.on_hold {
            self.look_again();
        }
    }

    /// Whether the active step can still be completed; where none is, whether the request can go on.
    pub(super) fn look_again(&mut self) {
        if self.request.is_in_review() {
            return self.count_reviewers();
        }
        match self.stuck_step() {
            Some(shortage) => self.count(shortage),
            None => self.go_on(),
        }
    }

    /// Whether the active step can still be completed, asked by the engine itself after people
    /// changed (STP-6a).
    pub(super) fn recount(&mut self) -> Result<(), Rejection> {
        if !self.request.is_under_way() {
            return Err(self.wrong_status(None));
        }
        // REQ-7: steps are kept meanwhile; the release looks again.
        if self.request.on_hold {
            return Ok(());
        }
        if self.request.blocked.as_ref().is_some_and(Block::is_before_route) {
            self.go_on();
        } else {
            self.recount_step();
        }
        Ok(())
    }

    /// Blocks or unblocks the active step by the people there are.
    pub(super) fn recount_step(&mut self) {
        // What a date has blocked, people do not let go on by coming and going.
        if matches!(self.request.blocked, Some(Block::Overdue { .. })) {
            return;
        }
        if self.request.is_in_review() {
            self.count_reviewers();
        }
        if let Some(shortage) = self.stuck_step() {
            self.count(shortage);
        }
    }

    /// Blocks the active step for what it is short of, or lets it go on.
    pub(super) fn count(&mut self, shortage: Option<Shortage>) {
        let step = self.request.active().map(|(step, _)| step.clone());
        match (shortage, step) {
            (Some(shortage), Some(step)) => self.block(Block::NoApprovers { step, shortage }),
            (None, _) if self.request.blocked.is_some() => self.record(Event::RequestUnblocked),
            (_, _) => {}
        }
    }

    /// Advances a request that is blocked between two steps; unblocked only where that helps.
    pub(super) fn go_on(&mut self) {
        let before = self.request.blocked.clone();
        let events = self.events.len();
        if before.as_ref().is_some_and(Block::is_before_route) {
            self.start_route();
        } else {
            self.advance();
        }
        let advanced = self.events.len() > events;
        if before.is_some() && self.request.blocked == before && advanced {
            self.events.insert(events, Event::RequestUnblocked);
            self.request.blocked = None;
        }
    }

    /// For an active step: what it is short of now, counting the decisions there are.
    fn stuck_step(&self) -> Option<Option<Shortage>> {
        let view = self.view();
        let (_, open, step) = view.active_step()?;
        Some(view.remaining_shortage(step, open))
    }

    /// Every way in which the steps cannot be completed, asked at submission (STP-6, STP-7).
    pub(super) fn impossible_steps(&self) -> Vec<StepShortage> {
        let view = self.view();
        let mut shortages = Vec::new();
        let mut opens = false;
        for step in &self.context.rule.steps {
            match view.opening(step) {
                Opening::Open(_) => opens = true,
                Opening::Undecided(_)
                | Opening::Skip(SkippedBecause::Condition(_) | SkippedBecause::Nobody(_))
                | Opening::Short(Shortage::Nobody { .. }, IfNobody::Block) => {}
                Opening::Short(shortage, _) => {
                    shortages.push(StepShortage { step: step.id.clone(), shortage });
                }
            }
        }
        // FIN-5: one by one they can be completed, and not all of them.
        let last = self.context.rule.steps.last().filter(|_| shortages.is_empty());
        if let (Some(last), Some(shortage)) = (last, view.too_few_people()) {
            shortages.push(StepShortage { step: last.id.clone(), shortage });
        }
        // DEC-4: what runs at once needs at least one step with people to approve it afterwards.
        if self.request.urgent && !opens && shortages.is_empty() {
            let empty = Shortage::Nobody { empty: Vec::new(), unmet: Vec::new() };
            let all = self.context.rule.steps.iter();
            shortages.extend(
                all.map(|step| StepShortage { step: step.id.clone(), shortage: empty.clone() }),
            );
        }
        shortages
    }

    /// Whether an execution has started, or may have.
    pub(super) fn anything_started(&self) -> bool {
        self.request.executions.iter().any(|execution| {
            !matches!(
                execution.state,
                ExecutionState::Waiting
                    | ExecutionState::Scheduled { .. }
                    | ExecutionState::Expired { .. }
                    | ExecutionState::Cancelled { .. }
            ) || execution.attempts > 0
        })
    }
}
