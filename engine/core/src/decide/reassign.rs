//! The right to decide, passed on (STP-16). Nothing else moves: who passes it still sees the request.

use super::Draft;
use crate::{
    command::Seen,
    event::Event,
    matching::Possibilities,
    rejection::{Forbidden, Rejection, Unfit},
    request::Choice,
};

impl Draft<'_> {
    /// An approver passes their seat of the active step to somebody who has none there.
    pub(super) fn reassign(
        &mut self,
        to: &str,
        comment: &str,
        seen: Option<&Seen>,
    ) -> Result<(), Rejection> {
        let person = self.person()?;
        self.check_seen(seen)?;
        let view = self.view();
        let has_a_seat =
            self.request.opened().any(|(_, open)| !view.held(&open.seats, &person.id).is_empty());
        if !has_a_seat || view.is_self(&person.id) {
            return Err(Rejection::Forbidden(Forbidden::NotAnApprover));
        }
        let Some((id, open, step)) = view.active_step().filter(|_| self.request.is_open()) else {
            return Err(self.wrong_status(None));
        };
        let mine = view.held(&open.seats, &person.id);
        if mine.is_empty() || view.separated(step, &person.id).is_some() {
            return Err(Rejection::Forbidden(Forbidden::NotAnApprover));
        }
        self.check_seats_open(id)?;
        // What was decided, by them or by somebody else in the seats they could fill, stays decided.
        let mut approvals = Possibilities::of_decisions(open.of(Choice::Approve));
        let all = open.seats.iter().map(|seat| seat.id).collect();
        let before = approvals.largest(&all).len();
        mine.iter().for_each(|seat| approvals.add(*seat, &person.id));
        let is_free = approvals.largest(&all).len() > before;
        if open.decision_of(&person.id).is_some() || !is_free {
            return Err(self.unfit(Unfit::NothingToPassOn));
        }
        let comment = self.comment(Some(comment), true)?;
        let to = self.user_meant("to", to)?.id.clone();
        self.check_new_holder("to", step, &open.seats, &to)?;
        let seats = view.passable(&open.seats, &person.id, &to);
        let (id, from) = (id.clone(), person.id.clone());
        self.record(Event::SeatReassigned { step: id.clone(), from, to, comment, seats });
        self.after_change_of_seats(&id);
        Ok(())
    }
}
