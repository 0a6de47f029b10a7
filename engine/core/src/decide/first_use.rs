//! The window of a grant that runs from its first use (EXE-6b). No plugin can say when somebody uses what it
//! gave, so that people report it, or a gateway does that sees every use.

use super::{Draft, execution::window_end};
use crate::{
    effect::{Effect, Timer},
    event::GrantEvent,
    ids::ExecutionId,
    rejection::{Forbidden, Rejection, Unfit},
    request::{AwaitedUse, Execution, ExecutionState},
    rule::WindowStart,
    visibility::may_report_use,
};

impl Draft<'_> {
    /// A grant that has just taken effect waits for its first use, where its window runs from there.
    pub(super) fn await_use(&mut self, execution: &Execution) {
        let window = self.window(execution.binding()).filter(|_| execution.is_grant);
        let Some(window) = window.filter(|_| self.is_from_first_use(execution)) else { return };
        let length = self.length(&window.length);
        self.record_grant(&execution.id, GrantEvent::UseAwaited { length });
    }

    /// Somebody reports that a grant is used for the first time: it ends so long after now. The first
    /// report counts, and no later one makes it last longer.
    pub(super) fn report_use(&mut self, id: &ExecutionId) -> Result<(), Rejection> {
        let person = self.person()?;
        let execution = self.execution(id)?.clone();
        if !may_report_use(self.context.rule, &self.request, &execution, person) {
            let execution = id.clone();
            return Err(Rejection::Forbidden(Forbidden::NotAReporter { execution }));
        }
        let AwaitedUse { length } = self.awaited_use(&execution)?;
        let until = window_end(self.at(), length, self.request.ends);
        let timer = Timer::GrantEnd(id.clone());
        self.order(match until {
            Some(until) => Effect::SetTimer(timer, until),
            None => Effect::ClearTimer(timer),
        });
        self.record_grant(id, GrantEvent::Used { by: person.id.clone(), until });
        Ok(())
    }

    fn is_from_first_use(&self, execution: &Execution) -> bool {
        self.window(execution.binding()).is_some_and(|window| match window.from {
            WindowStart::FirstUse { .. } => true,
            WindowStart::Effect | WindowStart::Fixed(_) => false,
        })
    }

    /// What a report begins, where there is something to report.
    fn awaited_use(&self, execution: &Execution) -> Result<AwaitedUse, Rejection> {
        let id = &execution.id;
        if !self.is_from_first_use(execution) {
            return Err(self.unfit(Unfit::NotFromFirstUse { execution: id.clone() }));
        }
        let ExecutionState::Active { until, awaits, .. } = &execution.state else {
            return Err(self.wrong_status(Some(id)));
        };
        match (awaits, &execution.used) {
            (Some(_), _) if !execution.awaits_use(self.at()) => {
                Err(self.unfit(Unfit::NeverUsed { execution: id.clone(), until: *until }))
            }
            (Some(awaited), _) => Ok(*awaited),
            (None, Some(first)) => {
                let (execution, by, at) = (id.clone(), first.by.clone(), first.at);
                Err(self.unfit(Unfit::UsedBefore { execution, by, at, until: *until }))
            }
            (None, None) => Err(self.wrong_status(Some(id))),
        }
    }
}
