//! Seats with the same only candidate: named in refusals, and merged where the step says so (FIN-4).

use std::collections::BTreeMap;

use crate::{
    ids::{AssignmentId, UserId},
    request::{Merged, OnlyOne, Seat},
    rule::{Step, definition::SamePerson},
};

/// One seat for each person who is the only candidate of several.
pub(super) fn merged(step: &Step, seats: Vec<Seat>) -> Vec<Seat> {
    match step.same_person {
        SamePerson::Separate => return seats,
        SamePerson::OneSeat => {}
    }
    let mut kept: Vec<Seat> = Vec::new();
    for seat in seats {
        // `count: 2` asks for two people, whoever there is.
        let is_same = |other: &&mut Seat| {
            seat.people.len() == 1
                && other.people == seat.people
                && other.by_default == seat.by_default
                && !other.is_of(&seat.assignment)
        };
        match kept.iter_mut().find(is_same) {
            Some(first) => {
                first.merged.push(Merged { assignment: seat.assignment, who: seat.who });
            }
            None => kept.push(seat),
        }
    }
    kept
}

/// Who is the only candidate of several seats.
pub(super) fn of(seats: &[Seat]) -> Vec<OnlyOne> {
    let mut by_person: BTreeMap<&UserId, Vec<AssignmentId>> = BTreeMap::new();
    for seat in seats {
        if let [only] = seat.people.as_slice() {
            by_person.entry(only).or_default().push(seat.assignment.clone());
        }
    }
    let several = by_person.into_iter().filter(|(_, assignments)| assignments.len() > 1);
    several.map(|(user, assignments)| OnlyOne { user: user.clone(), assignments }).collect()
}
