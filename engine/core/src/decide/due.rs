//! Due dates: reminders, what is overdue, and what a rule does about it (DUE-1, DUE-2, DUE-3).

use std::collections::{BTreeMap, BTreeSet};

use super::Draft;
use crate::{
    effect::{Effect, Notice, Timer},
    event::Event,
    ids::{StepId, UserId},
    matching::Possibilities,
    rejection::Rejection,
    request::{Block, Choice, Due, OpenStep, Overdue, RejectedBy, Seat, SeatWho},
    rule::{DueFrom, OnOverdue, Step, Who},
    value::Span,
    wake::wakes,
};

impl Draft<'_> {
    /// When a step is due that opens now (DUE-1).
    pub(super) fn due(&self, step: &Step) -> Option<Due> {
        let due = step.due.as_ref()?;
        let from = match due.from {
            DueFrom::Activation => self.at(),
            DueFrom::Submission => self.request.submitted_at,
        };
        let at = self.context.organization.settings.after(from, due.after)?;
        Some(Due { at, reminded: None, missed: None })
    }

    /// DUE-2: those who have not decided are told that the date comes near.
    pub(super) fn remind(&mut self) -> Result<(), Rejection> {
        let Some(step) = self.awaited(Timer::StepReminder)? else { return Ok(()) };
        let due_later = self.request.active().and_then(|(_, open)| open.due.as_ref());
        // Once the date itself is there, that is what people are told.
        let told = due_later.is_some_and(|due| due.at > self.at());
        if told {
            self.order(Effect::Notify(Notice::DueSoon(step.clone())));
        }
        self.record(Event::StepReminded { step, told });
        Ok(())
    }

    /// DUE-3: the date has passed.
    pub(super) fn miss(&mut self) -> Result<(), Rejection> {
        let Some(id) = self.awaited(Timer::StepDue)? else { return Ok(()) };
        let Some(step) = self.context.rule.step(&id) else { return Err(self.wrong_status(None)) };
        let then = self.overdue(step);
        let asked = self.view().undecided(&id);
        self.record(Event::StepOverdue { step: id.clone(), then: then.clone() });
        match then {
            Overdue::Shown => self.tell_overdue(id, asked),
            Overdue::NobodyFound => {
                self.order(Effect::Notify(Notice::NobodyToEscalateTo(id.clone())));
                self.tell_overdue(id, asked);
            }
            Overdue::Reassigned { .. } | Overdue::Escalated { .. } => {
                let new = self.view().undecided(&id).difference(&asked).cloned().collect();
                let new = self.view().represented(new);
                self.tell(Notice::StepOpened(id.clone()), new);
                self.tell_overdue(id, asked);
                self.recount()?;
            }
            Overdue::Approved => {
                self.record(Event::StepCompleted { step: id, filled: BTreeMap::new() });
                self.advance();
            }
            Overdue::Blocked => {
                self.tell_overdue(id.clone(), asked);
                self.block(Block::Overdue { step: id });
            }
            Overdue::Rejected => self.reject(RejectedBy::Overdue { step: id }),
        }
        Ok(())
    }

    /// DUE-2: those who were asked are told at the date itself only where the setting says so.
    fn tell_overdue(&mut self, step: StepId, asked: BTreeSet<UserId>) {
        if self.context.organization.settings.reminders.contains(&Span::Seconds(0)) {
            let asked = self.view().with_stand_ins(asked);
            self.tell(Notice::Overdue(step), asked);
        }
    }

    /// The active step, where its timer is due.
    fn awaited(&mut self, timer: Timer) -> Result<Option<StepId>, Rejection> {
        let is_time = self.is_time(timer)?;
        Ok(self.request.active().filter(|_| is_time).map(|(step, _)| step.clone()))
    }

    /// URG-4, URG-5: those who have not decided an urgent request are told every day, and administrators that it
    /// is not approved yet.
    pub(super) fn remind_urgent(&mut self) -> Result<(), Rejection> {
        if self.is_time(Timer::UrgentReminder)? {
            self.order(Effect::Notify(Notice::UrgentWaits));
            self.order(Effect::Notify(Notice::UrgentUnapproved));
            self.record(Event::UrgentReminded);
        }
        Ok(())
    }

    /// URG-5a: an urgent request should have been approved by now.
    pub(super) fn miss_urgent(&mut self) -> Result<(), Rejection> {
        if self.is_time(Timer::UrgentDue)? {
            self.order(Effect::Notify(Notice::UrgentOverdue));
            self.record(Event::UrgentOverdue);
        }
        Ok(())
    }

    /// Whether a timer of the whole request is due. Where it is not yet, it is set anew.
    fn is_time(&mut self, timer: Timer) -> Result<bool, Rejection> {
        let wakes = wakes(&self.request, self.context.organization);
        let Some(at) = wakes.get(&timer).copied() else { return Err(self.wrong_status(None)) };
        if at > self.at() {
            self.order(Effect::SetTimer(timer, at));
        }
        Ok(at <= self.at())
    }

    /// What the rule does about an overdue step now.
    fn overdue(&self, step: &Step) -> Overdue {
        match &step.on_overdue {
            OnOverdue::Nothing => Overdue::Shown,
            OnOverdue::Approve if self.could_be_approved(step) => Overdue::Approved,
            OnOverdue::Approve => Overdue::Shown,
            // DEC-4: what would reject another request blocks an urgent one.
            OnOverdue::Reject if self.request.urgent => Overdue::Blocked,
            OnOverdue::Reject => Overdue::Rejected,
            OnOverdue::Reassign(whos) => match self.passed_on(step, whos, false) {
                seats if seats.is_empty() => Overdue::NobodyFound,
                seats => Overdue::Reassigned { seats },
            },
            OnOverdue::Escalate(whos) => match self.passed_on(step, whos, true) {
                seats if seats.is_empty() => Overdue::NobodyFound,
                seats => Overdue::Escalated { seats },
            },
        }
    }

    /// A date approves what a person could approve: never an urgent request (DEC-4), none that is blocked,
    /// whose criteria are unmet or whose required properties are missing.
    fn could_be_approved(&self, step: &Step) -> bool {
        !self.request.urgent
            && self.request.blocked.is_none()
            && self.view().criteria().is_met()
            && step
                .required_properties
                .iter()
                .all(|name| self.request.properties.contains_key(name))
    }

    /// The open seats with those who are named: in place of the people there were, or beside them, so that
    /// the bar never becomes higher (FIN-7). Seats for which nobody is found stay as they are.
    fn passed_on(&self, step: &Step, whos: &[Who], beside: bool) -> Vec<Seat> {
        let Some((_, open)) = self.request.active() else { return Vec::new() };
        let view = self.view();
        let mut seats = Vec::new();
        for seat in open_seats(open) {
            let named = whos.iter().flat_map(|who| match who {
                Who::OfApprover(chain) => {
                    let people = view.candidates(step, &seat.who);
                    let people = people.into_iter().filter(|id| open.decision_of(id).is_none());
                    people.flat_map(|id: UserId| view.follow(step, &id, chain)).collect()
                }
                who => view.who(step, who, None),
            });
            let mut places: Vec<SeatWho> = Vec::new();
            for place in named.flatten() {
                if !view.candidates(step, &place).is_empty() && !places.contains(&place) {
                    places.push(place);
                }
            }
            if places.is_empty() {
                continue;
            }
            let new = |before: &SeatWho| {
                let before = beside.then(|| before.clone());
                let mut all: Vec<SeatWho> = before.into_iter().chain(places.clone()).collect();
                if all.len() == 1 { all.remove(0) } else { SeatWho::AnyOf(all) }
            };
            let (who, mut merged) = (new(&seat.who), seat.merged.clone());
            merged.iter_mut().for_each(|same| same.who = new(&same.who));
            let seat = Seat { who, merged, empty: None, ..seat.clone() };
            seats.push(Seat { people: view.seat_candidates(step, &seat), ..seat });
        }
        seats
    }
}

/// The seats that the approvals so far leave open.
fn open_seats(open: &OpenStep) -> impl Iterator<Item = &Seat> {
    let all = open.seats.iter().map(|seat| seat.id).collect();
    let filled = Possibilities::of_decisions(open.of(Choice::Approve)).largest(&all);
    open.seats.iter().filter(move |seat| !filled.contains_key(&seat.id))
}
