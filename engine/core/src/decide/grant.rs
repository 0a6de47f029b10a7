//! Grants end: by their window, or taken back early (EXE-5, EXE-6b, URG-6).

use chrono::{DateTime, TimeDelta, Utc};

use super::{Draft, execution::window_end, is_administrator};
use crate::{
    effect::{Effect, Notice, Timer},
    event::{Event, GrantEvent},
    extension::Failure,
    ids::{BindingId, ExecutionId},
    order::RevertOrder,
    rejection::{Forbidden, Rejection},
    request::{EndCause, Execution, ExecutionState},
    rights::SharedRights,
    rule::{UNUSED, Window, WindowLength, WindowStart},
    value::{Span, Value},
};

/// The longest wait between two tries to take a grant back, in seconds.
const LONGEST_REVERT_BACK_OFF: i64 = 600;

impl Draft<'_> {
    /// Until when a grant lasts that takes effect now; one whose window waits for its first use, where it
    /// is never used.
    pub(super) fn window_end(&self, execution: &Execution) -> Option<DateTime<Utc>> {
        let ends = self.request.ends;
        let Some(window) = self.window(execution.binding()) else { return ends };
        match &window.from {
            WindowStart::Effect => window_end(self.at(), self.length(&window.length), ends),
            WindowStart::Fixed(from) => window_end(*from, self.length(&window.length), ends),
            WindowStart::FirstUse { unused } => {
                let unused = self.length(unused).unwrap_or(UNUSED);
                window_end(self.at(), Some(unused), ends)
            }
        }
    }

    pub(super) fn window(&self, binding: &BindingId) -> Option<&Window> {
        self.context.rule.executor(binding).and_then(|executor| executor.window.as_ref())
    }

    /// None where the request leaves it open.
    pub(super) fn length(&self, length: &WindowLength) -> Option<Span> {
        match length {
            WindowLength::Fixed(span) => Some(*span),
            WindowLength::Property(name) => match self.request.properties.get(name) {
                Some(Value::Duration(span)) => Some(*span),
                Some(_) | None => None,
            },
        }
    }

    /// Takes a grant back early: the requester, an administrator, or the owner of the resource.
    pub(super) fn revoke(&mut self, id: &ExecutionId, comment: &str) -> Result<(), Rejection> {
        let person = self.person()?;
        let execution = self.execution(id)?.clone();
        let may = is_administrator(person)
            || self.request.requester == person.id
            || execution.is_on_resource_of(&self.context.organization.directory, &person.id);
        if !may {
            let resource = id.item.clone();
            return Err(Rejection::Forbidden(Forbidden::NotARevoker { resource }));
        }
        if !execution.may_be_there() {
            return Err(self.wrong_status(Some(id)));
        }
        let comment = self.comment(Some(comment), false)?;
        self.end(id, EndCause::Revoked { by: person.id.clone(), comment });
        Ok(())
    }

    fn end(&mut self, id: &ExecutionId, cause: EndCause) {
        self.order(Effect::ClearTimer(Timer::GrantEnd(id.clone())));
        self.order(Effect::Queue(id.clone()));
        self.record_grant(id, GrantEvent::Ending { cause });
    }

    /// The window is over.
    pub(super) fn end_grant(&mut self, id: &ExecutionId) -> Result<(), Rejection> {
        let execution = self.execution(id)?;
        match execution.state {
            ExecutionState::Active { until: Some(until), .. }
            | ExecutionState::Failed { until: Some(until), .. }
                if until <= self.at() && execution.may_be_there() =>
            {
                self.end(id, EndCause::Lapsed);
                Ok(())
            }
            _ => Err(self.wrong_status(Some(id))),
        }
    }

    /// The outbox is about to take it back. What stays for other grants is left to them; where that is
    /// all, there is nothing to do (EXE-6c).
    pub(super) fn start_revert(
        &mut self,
        id: &ExecutionId,
        shared: &SharedRights,
    ) -> Result<(), Rejection> {
        let execution = self.execution(id)?;
        if !matches!(execution.state, ExecutionState::Revoking { .. }) {
            return Err(self.wrong_status(Some(id)));
        }
        let rights = execution.rights();
        if !rights.is_empty() {
            let passed_on = shared.passed_on.intersection(&rights).cloned().collect();
            self.record_grant(id, GrantEvent::EndStarted { passed_on });
            if self.execution(id)?.claims().is_empty() {
                self.order(Effect::Unqueue(id.clone()));
                self.record_grant(id, GrantEvent::Ended);
                return Ok(());
            }
        }
        let order = RevertOrder::new(&self.request, id, &shared.given_before);
        self.effects.extend(order.map(Effect::Revert));
        Ok(())
    }

    /// Retried until it succeeds; shouts when it cannot (EXE-5).
    pub(super) fn finish_revert(
        &mut self,
        id: &ExecutionId,
        outcome: &Result<(), Failure>,
    ) -> Result<(), Rejection> {
        let ExecutionState::Revoking { tries, .. } = self.execution(id)?.state else {
            return Err(self.wrong_status(Some(id)));
        };
        self.order(Effect::Unqueue(id.clone()));
        match outcome {
            Ok(()) => self.record_grant(id, GrantEvent::Ended),
            Err(failure) => {
                let seconds = 1_i64.checked_shl(tries.min(20)).unwrap_or(i64::MAX);
                let wait = TimeDelta::seconds(seconds.min(LONGEST_REVERT_BACK_OFF));
                let retry_at = self.at() + wait;
                self.order(Effect::SetTimer(Timer::RevertRetry(id.clone()), retry_at));
                self.order(Effect::Notify(Notice::ExecutionTrouble(id.clone())));
                self.record_grant(id, GrantEvent::EndFailed { failure: failure.clone(), retry_at });
            }
        }
        Ok(())
    }

    pub(super) fn record_grant(&mut self, execution: &ExecutionId, what: GrantEvent) {
        self.record(Event::Grant { execution: execution.clone(), what });
    }
}
