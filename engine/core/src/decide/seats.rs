//! Seats by hand: added and removed (STP-15, FIN-7).

use super::{Draft, is_administrator, pick::can_hold_a_seat};
use crate::{
    command::Approver,
    directory::User,
    event::Event,
    ids::{Login, StepId, UserId},
    rejection::{Forbidden, Rejection, Unfit, Unmet, WrongPerson, WrongStep},
    request::{Block, OpenStep, Seat, SeatId, StepRecord, StepState},
    resolve::Place,
    rule::{MAX_SEATS, Step, definition::QuorumDoc},
};

/// What gives somebody the right to change who approves a step.
struct Right {
    is_administrator: bool,
    is_requester: bool,
    is_approver: bool,
}

impl Right {
    fn is_any(&self) -> bool {
        self.is_administrator || self.is_requester || self.is_approver
    }
}

impl<'a> Draft<'a> {
    /// STP-15: an administrator anywhere; the requester and the step's approvers where every seat counts.
    pub(super) fn add_approver(&mut self, wanted: &Approver) -> Result<(), Rejection> {
        let person = self.person()?;
        self.check_seen(wanted.seen.as_ref())?;
        let id = self.step_meant(wanted)?;
        let right = self.right(person, &id);
        if !right.is_any() {
            return Err(Rejection::Forbidden(Forbidden::NotYourStep { step: Some(id) }));
        }
        let step = self.step_of_rule(&id)?;
        let is_by_number = matches!(step.quorum, QuorumDoc::Any | QuorumDoc::AtLeast(_));
        if is_by_number && !right.is_administrator {
            return Err(Rejection::Forbidden(Forbidden::EnoughApprovals { step: id }));
        }
        let user = self.user_meant("user", &wanted.user);
        if let Ok(user) = user
            && right.is_administrator
            && user.id == person.id
            && !self.view().is_self(&user.id)
        {
            return Err(Rejection::Forbidden(Forbidden::OwnSeat));
        }
        self.check_seats_open(&id)?;
        let user = user?.id.clone();
        let seats = self.seats_of(step);
        self.check_new_holder("user", step, &seats, &user)?;
        self.seat(step, &seats, user, person.id.clone())?;
        self.after_change_of_seats(&id);
        Ok(())
    }

    fn seat(
        &mut self,
        step: &Step,
        seats: &[Seat],
        user: UserId,
        by: UserId,
    ) -> Result<(), Rejection> {
        let open = self.open(step);
        let next = open.map_or(SeatId(0), OpenStep::next_seat);
        let place = self.view().place_for(step, seats, next, &user, &by);
        if matches!(place, Some(Place::Seat(_))) && seats.len() >= MAX_SEATS as usize {
            return Err(Rejection::invalid(
                "user",
                WrongStep::TooManyApprovers { most: MAX_SEATS },
            ));
        }
        let is_open = self.open(step).is_some();
        let (seat, beside) = match place.filter(|_| is_open) {
            Some(Place::Seat(seat)) => (Some(seat), Vec::new()),
            Some(Place::Beside(beside)) => (None, beside),
            None => (None, Vec::new()),
        };
        self.record(Event::ApproverAdded { step: step.id.clone(), user, by, seat, beside });
        Ok(())
    }

    /// The step's seats, where it has some: also while it rests.
    fn open(&self, step: &Step) -> Option<&OpenStep> {
        self.request.step(&step.id).and_then(StepRecord::opened)
    }

    /// STP-15: an administrator removes any seat, others those that they added.
    pub(super) fn remove_approver(&mut self, wanted: &Approver) -> Result<(), Rejection> {
        let person = self.person()?;
        self.check_seen(wanted.seen.as_ref())?;
        let id = self.step_meant(wanted)?;
        let right = self.right(person, &id);
        let user = self.user_meant("user", &wanted.user);
        let is_mine = user.as_ref().is_ok_and(|user| self.was_added(&id, &user.id, &person.id));
        if !right.is_any() && !is_mine {
            return Err(Rejection::Forbidden(Forbidden::NotYourStep { step: Some(id) }));
        }
        let step = self.step_of_rule(&id)?;
        if !right.is_administrator && !is_mine && user.is_ok() {
            return Err(Rejection::Forbidden(Forbidden::NotYourSeat));
        }
        if !is_mine && self.view().is_self(&person.id) {
            return Err(Rejection::Forbidden(Forbidden::OwnRequest));
        }
        self.check_seats_open(&id)?;
        let user = user?.id.clone();
        self.check_removable(step, &user)?;
        self.unseat(step, user, person.id.clone(), !right.is_administrator || is_mine);
        self.after_change_of_seats(&id);
        Ok(())
    }

    /// Whether this person added that user to the step, and still stands for it.
    fn was_added(&self, step: &StepId, user: &UserId, by: &UserId) -> bool {
        let record = self.request.step(step);
        record.is_some_and(|record| {
            record.changes.added.iter().any(|added| added.user == *user && added.by == *by)
        })
    }

    fn check_removable(&self, step: &Step, user: &UserId) -> Result<(), Rejection> {
        let record = self.request.step(&step.id).and_then(|record| record.opened());
        if record.is_some_and(|open| open.decision_of(user).is_some()) {
            return Err(Rejection::invalid("user", WrongStep::DecidedAndStays));
        }
        if self.view().held(&self.seats_of(step), user).is_empty() {
            return Err(Rejection::invalid("user", WrongStep::NotAsked));
        }
        Ok(())
    }

    /// Takes somebody out of the step: out of what was added by hand where that is all that may go,
    /// else out of everything.
    fn unseat(&mut self, step: &Step, user: UserId, by: UserId, was_added: bool) {
        let seats = self.seats_of(step);
        let is_open = self.open(step).is_some();
        let (mut gone, mut without) = self.view().taken_from(&seats, &user);
        if was_added {
            let by_hand = |id: &SeatId| seats.iter().any(|s| s.id == *id && s.added_by.is_some());
            let beside = |id: &SeatId| seats.iter().any(|s| s.id == *id && s.is_also(&user));
            gone.retain(by_hand);
            without.retain(beside);
        }
        if !is_open {
            (gone, without) = (Vec::new(), Vec::new());
        }
        let step = step.id.clone();
        self.record(Event::ApproverRemoved { step, user, by, was_added, gone, without });
    }

    /// What follows from other seats: the step is complete, or nobody can complete it any more
    /// (STP-6a), or it can go on.
    pub(super) fn after_change_of_seats(&mut self, id: &StepId) {
        let Some(active) = self.request.active().map(|(active, _)| active.clone()) else {
            if self.is_short_of(id) {
                self.go_on();
            }
            return;
        };
        if active != *id {
            return;
        }
        self.carry_over();
        if let Some(filled) = self.filled() {
            if self.is_short_of(id) {
                self.count(None);
            }
            self.record(Event::StepCompleted { step: active, filled });
            return self.advance();
        }
        let view = self.view();
        let shortage =
            view.active_step().and_then(|(_, open, step)| view.remaining_shortage(step, open));
        if shortage.is_some() || self.is_short_of(id) {
            self.count(shortage);
        }
    }

    fn is_short_of(&self, id: &StepId) -> bool {
        matches!(&self.request.blocked, Some(Block::NoApprovers { step, .. }) if step == id)
    }

    /// The step that is named, else the active one.
    fn step_meant(&self, wanted: &Approver) -> Result<StepId, Rejection> {
        let active = || self.request.active().map(|(id, _)| id.clone());
        let next = || {
            let waiting = |state: &StepState| matches!(state, StepState::Waiting);
            let next = self.request.steps.iter().find(|record| waiting(&record.state));
            next.map(|record| record.id.clone())
        };
        let last = || self.request.steps.last().map(|record| record.id.clone());
        let step = wanted.step.clone().or_else(active).or_else(next).or_else(last);
        step.ok_or(Rejection::Forbidden(Forbidden::NotYourStep { step: None }))
    }

    fn step_of_rule(&self, id: &StepId) -> Result<&'a Step, Rejection> {
        let step = self.context.rule.step(id).filter(|step| self.request.step(&step.id).is_some());
        step.ok_or_else(|| Rejection::invalid("step", WrongStep::Unknown { step: id.clone() }))
    }

    fn right(&self, person: &User, step: &StepId) -> Right {
        let active = self.request.active().filter(|(id, _)| *id == step);
        let is_approver =
            active.is_some_and(|(_, open)| !self.view().held(&open.seats, &person.id).is_empty());
        Right {
            is_administrator: is_administrator(person),
            is_requester: self.request.requester == person.id,
            is_approver: is_approver && !self.view().is_self(&person.id),
        }
    }

    /// The person with this login.
    pub(super) fn user_meant(&self, field: &str, login: &str) -> Result<&'a User, Rejection> {
        let directory = &self.context.organization.directory;
        let user = Login::parse(login).ok().and_then(|login| directory.by_login(&login));
        match user {
            Some(user) if can_hold_a_seat(user) => Ok(user),
            Some(user) => Err(Rejection::invalid(
                field,
                WrongPerson::CannotApprove { account: user.id.clone() },
            )),
            None => Err(Rejection::invalid(
                field,
                WrongPerson::NobodyCalled { login: login.to_owned() },
            )),
        }
    }

    /// Closed requests and decided steps are locked; on hold the steps are kept (REQ-7).
    pub(super) fn check_seats_open(&self, step: &StepId) -> Result<(), Rejection> {
        let is_decided = match self.request.step(step).map(|record| &record.state) {
            None | Some(StepState::Waiting | StepState::Active(_) | StepState::Paused(_)) => false,
            Some(StepState::Skipped { .. } | StepState::Complete { .. }) => true,
        };
        if !self.request.is_open() {
            return Err(self.wrong_status(None));
        }
        if is_decided {
            return Err(self.unfit(Unfit::StepDecided { step: step.clone() }));
        }
        if self.request.on_hold {
            return Err(Rejection::OnHold);
        }
        Ok(())
    }

    /// The seats of a step: those it has, or would have if it began now.
    pub(super) fn seats_of(&self, step: &Step) -> Vec<Seat> {
        match self.request.step(&step.id).and_then(|record| record.opened()) {
            Some(open) => open.seats.clone(),
            None => self.view().seats(step),
        }
    }

    /// Whether somebody can hold a seat of a step that they have none of (STP-15, FIN-7).
    pub(super) fn check_new_holder(
        &self,
        field: &str,
        step: &Step,
        seats: &[Seat],
        user: &UserId,
    ) -> Result<(), Rejection> {
        let view = self.view();
        let cannot = |why| Rejection::CannotHoldSeat { user: user.clone(), why: Box::new(why) };
        if let Some(own) = view.own(user) {
            return Err(cannot(Unmet::SelfApproval { own }));
        }
        if let Some(earlier) = view.separated(step, user) {
            return Err(cannot(Unmet::Separation { step: earlier }));
        }
        if !view.held(seats, user).is_empty() {
            return Err(Rejection::invalid(field, WrongStep::AskedAlready));
        }
        let opened = self.request.step(&step.id).and_then(|record| record.opened());
        if opened.is_some_and(|open| open.decision_of(user).is_some()) {
            return Err(Rejection::invalid(field, WrongStep::DecidedAlready));
        }
        Ok(())
    }
}
