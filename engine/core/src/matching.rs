//! Who fills which seat: maximum bipartite matching (STP-5).
//!
//! A person fills at most one seat. With the seats {Finance, Legal}, Ann in both and Bob in Finance
//! only, the approvals of Ann and Bob fill both, whoever comes first.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    ids::{AssignmentId, UserId},
    request::{Decision, Seat, SeatId},
    rule::definition::QuorumDoc,
};

/// Which people could fill which seat.
#[derive(Clone, Debug, Default)]
pub struct Possibilities<'a> {
    people: Vec<&'a UserId>,
    /// Places in `people`, and so in everything that is counted by person.
    places: BTreeMap<&'a UserId, usize>,
    seats: BTreeMap<SeatId, Vec<usize>>,
    /// Those, and what people could fill instead where that helps (FIN-6); none where nobody could.
    with_others: BTreeMap<SeatId, Vec<usize>>,
}

impl<'a> Possibilities<'a> {
    /// By the seats that each decision could fill when it was made.
    pub fn of_decisions(decisions: impl Iterator<Item = &'a Decision> + Clone) -> Self {
        let mut possibilities = Self::default();
        for decision in decisions.clone() {
            decision.seats.iter().for_each(|seat| possibilities.add(*seat, &decision.by));
        }
        for decision in decisions {
            decision.or_seats.iter().for_each(|seat| possibilities.add_other(*seat, &decision.by));
        }
        possibilities
    }

    /// Adds a person who could fill a seat.
    pub fn add(&mut self, seat: SeatId, person: &'a UserId) {
        let place = self.place(person);
        insert(&mut self.seats, seat, place);
        if !self.with_others.is_empty() {
            insert(&mut self.with_others, seat, place);
        }
    }

    /// Adds a person who could fill a seat of somebody else's, where their own do not help.
    pub fn add_other(&mut self, seat: SeatId, person: &'a UserId) {
        let place = self.place(person);
        if self.with_others.is_empty() {
            self.with_others.clone_from(&self.seats);
        }
        insert(&mut self.with_others, seat, place);
    }

    fn place(&mut self, person: &'a UserId) -> usize {
        *self.places.entry(person).or_insert_with(|| {
            self.people.push(person);
            self.people.len() - 1
        })
    }

    /// A largest assignment of distinct people to distinct seats, among `wanted` seats.
    ///
    /// Seats are tried in order, each by augmenting paths (Kuhn), in O(seats × possibilities): first with
    /// the seats that are people's own, then with the others too.
    #[must_use]
    pub fn largest(&self, wanted: &BTreeSet<SeatId>) -> BTreeMap<SeatId, UserId> {
        let seats = listed(&self.seats, &self.with_others, wanted);
        let mut seat_of = Seating::new(&seats, vec![None; self.people.len()]).filled();
        if !self.with_others.is_empty() {
            let with_others = listed(&self.with_others, &self.with_others, wanted);
            seat_of = Seating::new(&with_others, seat_of).filled();
        }
        let placed = self.people.iter().zip(&seat_of);
        placed.filter_map(|(&who, at)| Some((seats.get((*at)?)?.0, who.clone()))).collect()
    }
}

fn insert(able: &mut BTreeMap<SeatId, Vec<usize>>, seat: SeatId, person: usize) {
    let people = able.entry(seat).or_default();
    if !people.contains(&person) {
        people.push(person);
    }
}

/// The wanted seats that somebody can fill by one of two lists, with those who can by the first.
fn listed<'a>(
    able: &'a BTreeMap<SeatId, Vec<usize>>,
    or: &BTreeMap<SeatId, Vec<usize>>,
    wanted: &BTreeSet<SeatId>,
) -> Vec<(SeatId, &'a [usize])> {
    let somebody = wanted.iter().filter(|seat| able.contains_key(seat) || or.contains_key(seat));
    somebody.map(|seat| (*seat, able.get(seat).map_or(&[][..], Vec::as_slice))).collect()
}

/// An assignment in the making. Seats and people are numbers: what is matched is looked at often.
struct Seating<'a> {
    seats: &'a [(SeatId, &'a [usize])],
    /// By person.
    seat_of: Vec<Option<usize>>,
}

impl<'a> Seating<'a> {
    fn new(seats: &'a [(SeatId, &'a [usize])], seat_of: Vec<Option<usize>>) -> Self {
        Self { seats, seat_of }
    }

    /// Fills as many of the seats that are not filled yet as can be: everybody's seat then.
    fn filled(mut self) -> Vec<Option<usize>> {
        let mut is_filled = vec![false; self.seats.len()];
        for seat in self.seat_of.iter().flatten() {
            if let Some(is_filled) = is_filled.get_mut(*seat) {
                *is_filled = true;
            }
        }
        for (seat, is_filled) in is_filled.into_iter().enumerate() {
            if !is_filled {
                self.fill(seat, &mut vec![false; self.seat_of.len()]);
            }
        }
        self.seat_of
    }

    /// Fills `seat` with somebody who has none, or moves people so that somebody has none.
    fn fill(&mut self, seat: usize, asked: &mut [bool]) -> bool {
        let Some((_, able)) = self.seats.get(seat) else { return false };
        let able = *able;
        if let Some(person) = able.iter().find(|person| self.seat(**person).is_none()) {
            return self.place(*person, seat);
        }
        for &person in able {
            let Some(was_asked) = asked.get_mut(person) else { continue };
            if std::mem::replace(was_asked, true) {
                continue;
            }
            if let Some(other) = self.seat(person)
                && self.fill(other, asked)
            {
                return self.place(person, seat);
            }
        }
        false
    }

    fn seat(&self, person: usize) -> Option<usize> {
        self.seat_of.get(person).copied().flatten()
    }

    fn place(&mut self, person: usize, seat: usize) -> bool {
        if let Some(place) = self.seat_of.get_mut(person) {
            *place = Some(seat);
        }
        true
    }
}

/// So many of these seats, each with the numbers of those who could fill it.
#[derive(Clone, Debug)]
pub(crate) struct Quota {
    pub(crate) seats: Vec<Vec<usize>>,
    pub(crate) wanted: usize,
}

/// How many seats distinct people can fill at most, where each quota counts up to what it wants
/// (FIN-5). A seat that is not filled yet takes somebody, or lets another seat of its quota go.
#[must_use]
pub(crate) fn most_filled(quotas: &[Quota], people: usize) -> usize {
    let seats: Vec<(usize, &[usize])> = quotas
        .iter()
        .enumerate()
        .flat_map(|(quota, of)| of.seats.iter().map(move |able| (quota, able.as_slice())))
        .collect();
    let mut flow =
        Flow { seats: &seats, seat_of: vec![None; people], person_of: vec![None; seats.len()] };
    let mut filled = 0;
    for (number, quota) in quotas.iter().enumerate() {
        for _ in 0..quota.wanted {
            if !flow.fill_one(number, &mut Seen::default()) {
                break;
            }
            filled += 1;
        }
    }
    filled
}

/// Seats of quotas, being filled.
struct Flow<'a> {
    /// The quota, and who could fill it.
    seats: &'a [(usize, &'a [usize])],
    /// By person.
    seat_of: Vec<Option<usize>>,
    /// By seat.
    person_of: Vec<Option<usize>>,
}

/// What a search for one more has looked at: nothing is looked at twice.
#[derive(Default)]
struct Seen {
    quotas: BTreeSet<usize>,
    seats: BTreeSet<usize>,
    people: BTreeSet<usize>,
}

impl Flow<'_> {
    /// Fills one more seat of a quota, whichever.
    fn fill_one(&mut self, quota: usize, seen: &mut Seen) -> bool {
        seen.quotas.insert(quota)
            && (0..self.seats.len()).any(|seat| {
                let is_of = self.seats.get(seat).is_some_and(|(of, _)| *of == quota);
                let is_free = self.person_of.get(seat).is_some_and(Option::is_none);
                is_of && is_free && self.fill(seat, seen)
            })
    }

    /// Finds somebody for a seat, moving whoever is in the way: to a seat of the same quota instead, or
    /// out of it where another can take over.
    fn fill(&mut self, seat: usize, seen: &mut Seen) -> bool {
        if !seen.seats.insert(seat) {
            return false;
        }
        let Some((_, able)) = self.seats.get(seat).copied() else { return false };
        for &person in able {
            let Some(other) = self.seat_of.get(person).copied() else { continue };
            if !seen.people.insert(person) {
                continue;
            }
            let is_free = match other {
                None => true,
                Some(other) => self.give_up(other, seen),
            };
            if is_free {
                self.put(person, seat);
                return true;
            }
        }
        false
    }

    /// Whether a filled seat can do without the one who fills it, who is seen already.
    fn give_up(&mut self, seat: usize, seen: &mut Seen) -> bool {
        if self.fill(seat, seen) {
            return true;
        }
        let Some((quota, _)) = self.seats.get(seat).copied() else { return false };
        let is_replaced = self.fill_one(quota, seen);
        if is_replaced {
            self.set(seat, None);
        }
        is_replaced
    }

    fn set(&mut self, seat: usize, person: Option<usize>) {
        if let Some(place) = self.person_of.get_mut(seat) {
            *place = person;
        }
    }

    fn put(&mut self, person: usize, seat: usize) {
        self.set(seat, Some(person));
        if let Some(place) = self.seat_of.get_mut(person) {
            *place = Some(seat);
        }
    }
}

/// How far a quorum is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Complete, by these people in these seats.
    Complete(BTreeMap<SeatId, UserId>),
    /// Not complete.
    Short {
        /// Seats that must be filled.
        wanted: usize,
        /// Seats that can be.
        filled: usize,
    },
}

/// Whether these people can complete the quorum (STP-5). A step or path without seats never is.
#[must_use]
pub fn progress(quorum: &QuorumDoc, seats: &[Seat], people: &Possibilities<'_>) -> Progress {
    let all: BTreeSet<SeatId> = seats.iter().map(|seat| seat.id).collect();
    match quorum {
        QuorumDoc::Any => reach(&all, 1, people),
        QuorumDoc::All => reach(&all, all.len().max(1), people),
        QuorumDoc::AtLeast(wanted) => reach(&all, *wanted as usize, people),
        // Default approvers stand in for every path.
        QuorumDoc::Paths(_) if stand_in(seats) => reach(&all, all.len().max(1), people),
        QuorumDoc::Paths(paths) => nearest_path(paths, seats, people),
    }
}

/// Whether default approvers have taken the place of all that the rule's assignments name.
fn stand_in(seats: &[Seat]) -> bool {
    let by_rule = || seats.iter().filter(|seat| seat.added_by.is_none());
    by_rule().next().is_some() && by_rule().all(|seat| seat.by_default)
}

fn reach(seats: &BTreeSet<SeatId>, wanted: usize, people: &Possibilities<'_>) -> Progress {
    let filled = people.largest(seats);
    if filled.len() >= wanted {
        Progress::Complete(filled)
    } else {
        Progress::Short { wanted, filled: filled.len() }
    }
}

fn nearest_path(
    paths: &[Vec<AssignmentId>],
    seats: &[Seat],
    people: &Possibilities<'_>,
) -> Progress {
    let mut nearest = Progress::Short { wanted: 1, filled: 0 };
    for path in paths {
        let complete_in_kind = path.iter().all(|id| seats.iter().any(|seat| seat.is_of(id)));
        // FIN-7: what somebody added belongs to every path.
        let on_path: BTreeSet<SeatId> = seats
            .iter()
            .filter(|seat| path.iter().any(|id| seat.is_of(id)) || seat.added_by.is_some())
            .map(|seat| seat.id)
            .collect();
        if path.is_empty() || !complete_in_kind {
            continue;
        }
        match reach(&on_path, on_path.len(), people) {
            complete @ Progress::Complete(_) => return complete,
            short @ Progress::Short { .. } => nearest = nearer(nearest, short),
        }
    }
    nearest
}

fn nearer(a: Progress, b: Progress) -> Progress {
    match (&a, &b) {
        (Progress::Short { filled: x, .. }, Progress::Short { filled: y, .. }) if x < y => b,
        _ => a,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::SeatWho;

    fn user(name: &str) -> UserId {
        name.parse().unwrap()
    }

    fn seats(assignments: &[&str]) -> Vec<Seat> {
        assignments
            .iter()
            .enumerate()
            .map(|(index, assignment)| {
                let id = SeatId(u16::try_from(index).unwrap());
                Seat::new(id, assignment.parse().unwrap(), SeatWho::Nobody)
            })
            .collect()
    }

    fn people<'a>(edges: &'a [(UserId, &'a [u16])]) -> Possibilities<'a> {
        let mut possibilities = Possibilities::default();
        for (person, seats) in edges {
            for seat in *seats {
                possibilities.add(SeatId(*seat), person);
            }
        }
        possibilities
    }

    /// STP-5: the example of the rule, in either order.
    #[test]
    fn ann_in_both_and_bob_in_finance_fill_both_seats() {
        let seats = seats(&["finance", "legal"]);
        for edges in [
            [(user("ann"), &[0, 1][..]), (user("bob"), &[0][..])],
            [(user("bob"), &[0][..]), (user("ann"), &[0, 1][..])],
        ] {
            let expected = [(SeatId(0), user("bob")), (SeatId(1), user("ann"))].into();
            assert_eq!(
                progress(&QuorumDoc::All, &seats, &people(&edges)),
                Progress::Complete(expected)
            );
        }
    }

    /// STP-5: one person never fills two seats.
    #[test]
    fn one_person_fills_one_seat() {
        let edges = [(user("ann"), &[0, 1][..])];
        assert_eq!(
            progress(&QuorumDoc::All, &seats(&["finance", "legal"]), &people(&edges)),
            Progress::Short { wanted: 2, filled: 1 }
        );
    }

    /// STP-3a: no seats, no completion.
    #[test]
    fn a_step_without_seats_is_never_complete() {
        let nobody = Possibilities::default();
        for quorum in
            [QuorumDoc::Any, QuorumDoc::All, QuorumDoc::AtLeast(1), QuorumDoc::Paths(vec![vec![]])]
        {
            assert!(
                matches!(progress(&quorum, &[], &nobody), Progress::Short { .. }),
                "{quorum:?}"
            );
        }
    }

    /// STP-5
    #[test]
    fn one_whole_path_is_enough() {
        let seats = seats(&["directors", "controller", "cfo"]);
        let paths = QuorumDoc::Paths(vec![
            vec!["directors".parse().unwrap(), "controller".parse().unwrap()],
            vec!["cfo".parse().unwrap()],
        ]);
        let half = [(user("dan"), &[0][..])];
        assert_eq!(
            progress(&paths, &seats, &people(&half)),
            Progress::Short { wanted: 2, filled: 1 }
        );
        let cfo = [(user("dan"), &[0][..]), (user("cleo"), &[2][..])];
        assert_eq!(
            progress(&paths, &seats, &people(&cfo)),
            Progress::Complete([(SeatId(2), user("cleo"))].into())
        );
    }

    /// FIN-5: two quotas over four seats and three people, in all 4096 ways in which they can be able to
    /// fill them, against every assignment tried one by one.
    #[test]
    fn quotas_are_filled_by_as_many_as_there_can_be() {
        let assignments: Vec<[Option<usize>; 3]> = (0..125)
            .map(|n| [n % 5, n / 5 % 5, n / 25].map(|seat| (seat < 4).then_some(seat)))
            .filter(|seats| {
                let taken: Vec<usize> = seats.iter().flatten().copied().collect();
                taken.iter().collect::<BTreeSet<_>>().len() == taken.len()
            })
            .collect();
        for bits in 0u32..4096 {
            let able = |person: usize, seat: usize| bits & (1 << (person * 4 + seat)) != 0;
            let of = |seat: usize| (0..3).filter(|person| able(*person, seat)).collect();
            let quotas = [
                Quota { seats: vec![of(0), of(1)], wanted: 1 },
                Quota { seats: vec![of(2), of(3)], wanted: 2 },
            ];
            let counted = |seats: &[Option<usize>; 3]| {
                let fits =
                    seats.iter().enumerate().filter(|(p, seat)| seat.is_some_and(|s| able(*p, s)));
                let (first, second): (Vec<_>, Vec<_>) =
                    fits.partition(|(_, seat)| **seat < Some(2));
                first.len().min(1) + second.len().min(2)
            };
            let best = assignments.iter().map(counted).max();
            assert_eq!(Some(most_filled(&quotas, 3)), best, "{bits:b}");
        }
    }

    /// Against every assignment of people to seats, tried one by one.
    #[test]
    fn the_matching_is_the_largest_there_is() {
        // Three people, three seats: all 512 ways in which they can be able to fill them.
        let names = [user("a"), user("b"), user("c")];
        for bits in 0u32..512 {
            let able = |person: usize, seat: usize| bits & (1 << (person * 3 + seat)) != 0;
            let mut possibilities = Possibilities::default();
            for (person, name) in names.iter().enumerate() {
                for seat in 0..3 {
                    if able(person, seat) {
                        possibilities.add(SeatId(u16::try_from(seat).unwrap()), name);
                    }
                }
            }
            let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
            let best = orders
                .iter()
                .map(|order| (0..3).filter(|seat| able(order[*seat], *seat)).count())
                .max();
            let all = (0..3).map(SeatId).collect();
            assert_eq!(Some(possibilities.largest(&all).len()), best, "{bits:b}");
        }
    }
}
