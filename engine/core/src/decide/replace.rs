//! Somebody takes over the open seats of a person who leaves (DIR-9).

use super::Draft;
use crate::{event::Event, ids::UserId, offboarding::holds, rejection::Rejection};

impl Draft<'_> {
    /// The right to decide moves, nothing else; whether the step can still be completed is asked
    /// again.
    pub(super) fn replace(&mut self, from: &UserId, to: &UserId) -> Result<(), Rejection> {
        if !self.request.is_open() {
            return Err(self.wrong_status(None));
        }
        let Some((step, open)) = self.request.active() else { return Ok(()) };
        if open.seats.iter().any(|seat| holds(seat, from)) {
            let (step, from, to) = (step.clone(), from.clone(), to.clone());
            self.record(Event::SeatsReplaced { step, from, to });
        }
        self.recount()
    }
}
