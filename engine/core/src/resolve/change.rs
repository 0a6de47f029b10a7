//! What people changed of a step's seats: added, removed, passed on (STP-15, STP-16, FIN-7).

use std::collections::BTreeSet;

use crate::{
    evaluate::View,
    ids::{AssignmentId, UserId},
    request::{EmptyBecause, Further, Seat, SeatId, SeatWho, Without},
    rule::{Step, definition::QuorumDoc},
    visibility::{is_named_by, may_fill_seat},
};

/// The assignment that seats stand under which no assignment of the rule made.
pub const ADDED: &str = "added";

impl View<'_> {
    /// The seats that the rule makes, with what people changed of them so far.
    pub(super) fn changed(&self, step: &Step, mut seats: Vec<Seat>) -> Vec<Seat> {
        let Some(record) = self.request.step(&step.id) else { return seats };
        if record.changes.is_empty() {
            return seats;
        }
        for user in &record.changes.removed {
            let (gone, without) = self.taken_from(&seats, user);
            take(&mut seats, user, &gone, &without);
        }
        for passed in &record.changes.passed {
            let to: Vec<(SeatId, SeatWho)> = self.passable(&seats, &passed.from, &passed.to);
            pass(&mut seats, &passed.from, &passed.to, &to);
        }
        for added in &record.changes.added {
            match self.place_for(step, &seats, next(&seats), &added.user, &added.by) {
                Some(Place::Seat(seat)) => seats.push(*seat),
                Some(Place::Beside(beside)) => join(&mut seats, &added.user, &added.by, &beside),
                None => {}
            }
        }
        for seat in &mut seats {
            let people = self.seat_candidates(step, seat);
            seat.empty = match seat.empty.take() {
                Some(why) if people.is_empty() => Some(why),
                None if people.is_empty() => Some(self.why_empty(step, &seat.who)),
                Some(_) | None => None,
            };
            seat.people = people;
        }
        seats
    }

    /// The active people who may fill a seat, as [`View::candidates`].
    #[must_use]
    pub fn seat_candidates(&self, step: &Step, seat: &Seat) -> Vec<UserId> {
        if seat.also.is_empty() && seat.without.is_empty() && seat.merged.is_empty() {
            return self.candidates(step, &seat.who);
        }
        let mut people: BTreeSet<UserId> = self.everybody(&seat.who).into_iter().collect();
        for same in &seat.merged {
            let also = self.everybody(&same.who);
            people.retain(|id| also.contains(id));
        }
        people.retain(|id| !seat.is_without(id));
        people.extend(seat.also.iter().flat_map(|further| self.everybody(&further.who)));
        people.into_iter().filter(|id| self.bar_from(step, seat, id).is_none()).collect()
    }

    /// What keeps a person from a seat that is theirs.
    pub(crate) fn bar_from(&self, step: &Step, seat: &Seat, id: &UserId) -> Option<EmptyBecause> {
        self.bar_unless_named(step, is_named_by(seat, id), id)
    }

    /// The seats that somebody may fill, as they are named.
    pub(crate) fn held(&self, seats: &[Seat], user: &UserId) -> Vec<SeatId> {
        let directory = &self.organization.directory;
        let Some(person) = directory.user(user) else { return Vec::new() };
        let held = seats.iter().filter(|seat| may_fill_seat(directory, seat, person));
        held.map(|seat| seat.id).collect()
    }

    /// The seats that go with a person, and those that are only without them from then on.
    pub(crate) fn taken_from(&self, seats: &[Seat], user: &UserId) -> (Vec<SeatId>, Vec<SeatId>) {
        let held = self.held(seats, user);
        let of_user = seats.iter().filter(|seat| held.contains(&seat.id));
        let (gone, without): (Vec<&Seat>, Vec<&Seat>) =
            of_user.partition(|seat| seat.is_only(user));
        let ids = |seats: Vec<&Seat>| seats.into_iter().map(|seat| seat.id).collect();
        (ids(gone), ids(without))
    }

    /// The seats that a person may fill, each with what its next holder is then: somebody it names
    /// only where it names the one before (STP-16: nothing else moves).
    pub(crate) fn passable(
        &self,
        seats: &[Seat],
        from: &UserId,
        to: &UserId,
    ) -> Vec<(SeatId, SeatWho)> {
        let held = self.held(seats, from);
        let of_user = seats.iter().filter(|seat| held.contains(&seat.id));
        of_user
            .map(|seat| {
                let to = to.clone();
                (
                    seat.id,
                    if is_named_by(seat, from) { SeatWho::Person(to) } else { SeatWho::Found(to) },
                )
            })
            .collect()
    }

    /// Where somebody who is added to a step comes to sit (FIN-7): where one approval is enough,
    /// beside those there are; else in a seat of their own.
    pub(crate) fn place_for(
        &self,
        step: &Step,
        seats: &[Seat],
        next: SeatId,
        user: &UserId,
        by: &UserId,
    ) -> Option<Place> {
        if step.quorum == QuorumDoc::Any && !seats.is_empty() {
            return Some(Place::Beside(seats.iter().map(|seat| seat.id).collect()));
        }
        let assignment = AssignmentId::parse(ADDED).ok()?;
        Some(Place::Seat(Box::new(Seat {
            added_by: Some(by.clone()),
            people: vec![user.clone()],
            ..Seat::new(next, assignment, SeatWho::Person(user.clone()))
        })))
    }
}

/// Where somebody comes to sit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a seat of their own.
    Seat(Box<Seat>),
    /// As a further candidate of these.
    Beside(Vec<SeatId>),
}

fn next(seats: &[Seat]) -> SeatId {
    let last = seats.iter().map(|seat| seat.id).max();
    SeatId(last.map_or(0, |last| last.0.saturating_add(1)))
}

/// Takes a person out of seats: those that are `gone`, and those that stay `without` them.
pub(crate) fn take(seats: &mut Vec<Seat>, user: &UserId, gone: &[SeatId], without: &[SeatId]) {
    seats.retain(|seat| !gone.contains(&seat.id));
    for seat in seats.iter_mut().filter(|seat| without.contains(&seat.id)) {
        seat.also.retain(|further| !further.who.is_one(user));
        seat.without.push(Without { user: user.clone(), passed_to: None });
    }
}

/// Lets a person fill seats instead of another.
pub(crate) fn pass(seats: &mut [Seat], from: &UserId, to: &UserId, which: &[(SeatId, SeatWho)]) {
    for seat in seats {
        let Some((_, who)) = which.iter().find(|(id, _)| *id == seat.id) else { continue };
        seat.also.retain(|further| !further.who.is_one(from));
        seat.without.push(Without { user: from.clone(), passed_to: Some(to.clone()) });
        seat.also.push(Further { who: who.clone(), by: Some(from.clone()) });
    }
}

/// Lets a person fill seats beside those who may.
pub(crate) fn join(seats: &mut [Seat], user: &UserId, by: &UserId, which: &[SeatId]) {
    for seat in seats.iter_mut().filter(|seat| which.contains(&seat.id)) {
        let further = Further { who: SeatWho::Person(user.clone()), by: Some(by.clone()) };
        seat.also.push(further);
    }
}
