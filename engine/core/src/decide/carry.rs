//! First approvals that count in later steps too (STP-11, FIN-21).

use std::collections::BTreeSet;

use super::Draft;
use crate::{
    event::Event,
    ids::{StepId, UserId},
    rejection::Unmet,
    request::{Choice, Decision, OpenStep},
    rule::definition::RepeatApprover,
};

impl Draft<'_> {
    /// Records, in the step that is open, the approvals of those who approved an earlier one: where they
    /// have a seat of their own, and could approve it now.
    pub(super) fn carry_over(&mut self) {
        match self.context.rule.repeat_approver {
            RepeatApprover::EachStep => return,
            RepeatApprover::AllAtOnce => {}
        }
        let Some(step) = self.request.active().map(|(id, _)| id.clone()) else { return };
        for (from, decision) in self.first_approvals(&step) {
            self.carry(&step, from, &decision);
        }
    }

    /// Each person's first approval in an earlier step, for themself.
    fn first_approvals(&self, step: &StepId) -> Vec<(StepId, Decision)> {
        let mut seen: BTreeSet<&UserId> = BTreeSet::new();
        let earlier = self.request.opened().take_while(|(id, _)| *id != step);
        let approvals = earlier.flat_map(|(id, open): (&StepId, &OpenStep)| {
            open.of(Choice::Approve).map(move |decision| (id, decision))
        });
        approvals
            .filter(|(_, decision)| decision.on_behalf_of.is_none())
            .filter(|(_, decision)| seen.insert(&decision.by))
            .map(|(id, decision)| {
                let from = decision.carried_from.clone().unwrap_or_else(|| id.clone());
                (from, decision.clone())
            })
            .collect()
    }

    fn carry(&mut self, step: &StepId, from: StepId, first: &Decision) {
        let directory = &self.context.organization.directory;
        let Some(person) = directory.active(&first.by) else { return };
        let standing = self.view().standing(person);
        // A request that was blocked goes on with this step.
        let may = standing.unmet.iter().all(|unmet| matches!(unmet, Unmet::Blocked { .. }));
        let taken_back =
            self.request.active().is_some_and(|(_, o)| o.taken_back.contains(&first.by));
        if !may || taken_back || standing.on_behalf_of.is_some() {
            return;
        }
        let is_left = |id: &&crate::ids::ExecutionId| {
            id.item.as_ref().is_none_or(|item| self.request.resources().any(|left| left == item))
        };
        let payloads = first.payloads.iter().filter(|(id, _)| is_left(id));
        let decision = Decision {
            at: self.at(),
            seats: standing.seats,
            or_seats: standing.or_seats,
            carried_from: Some(from),
            kept: false,
            payloads: payloads.map(|(id, hash)| (id.clone(), hash.clone())).collect(),
            items: None,
            concern: None,
            ..first.clone()
        };
        self.record(Event::DecisionRecorded { step: step.clone(), decision });
    }
}
