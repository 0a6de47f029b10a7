//! From a step's assignments to its seats (STP-2 to STP-8).

mod change;
mod review;
mod route;
mod same;
mod who;

use std::collections::{BTreeMap, BTreeSet};

pub use change::ADDED;
pub(crate) use change::{Place, join, pass, take};

use crate::{
    directory::{User, UserKind},
    evaluate::View,
    explanation::{Explanation, Outcome},
    ids::{AssignmentId, StepId, UserId},
    matching::{Possibilities, Progress, progress},
    rejection::Own,
    request::{
        Choice, EmptyBecause, EmptySeat, NotApplying, OpenStep, Seat, SeatId, SeatWho, Shortage,
        SkippedBecause,
    },
    rule::{
        MAX_SEATS, Step, Who,
        definition::{AccessPolicy, IfNobody, QuorumDoc},
    },
    visibility::{is_involved, is_named, may_fill_seat},
};

/// What becomes of a step that is reached.
#[derive(Clone, Debug, PartialEq)]
pub enum Opening {
    /// It opens with these seats.
    Open(Vec<Seat>),
    /// It is skipped.
    Skip(SkippedBecause),
    /// Its `when` cannot be decided (CND-3).
    Undecided(Explanation),
    /// Nobody can complete it, and the rule does not say `skip` (STP-6, STP-6a).
    Short(Shortage, IfNobody),
}

/// The seat at this place of a step. One beyond all numbers makes too many seats (FIN-25).
fn seat_id(place: usize) -> SeatId {
    SeatId(u16::try_from(place).unwrap_or(u16::MAX))
}

/// A place that an assignment points to: somebody, or nobody and why.
type Found = Result<SeatWho, EmptyBecause>;

impl View<'_> {
    /// What would become of a step if it were reached now.
    #[must_use]
    pub fn opening(&self, step: &Step) -> Opening {
        if let Some(when) = &step.when {
            let explanation = self.condition(when, Some(&step.id));
            match explanation.outcome {
                Outcome::Met => {}
                Outcome::Unmet => return Opening::Skip(SkippedBecause::Condition(explanation)),
                Outcome::Undecided => return Opening::Undecided(explanation),
            }
        }
        let seats = self.seats(step);
        match self.shortage(step, &seats) {
            None => Opening::Open(seats),
            Some(shortage) => match (step.if_nobody, &shortage) {
                (IfNobody::Skip, Shortage::Nobody { .. }) => {
                    Opening::Skip(SkippedBecause::Nobody(shortage))
                }
                (IfNobody::Skip, Shortage::TooFew { empty, .. }) if !empty.is_empty() => {
                    Opening::Skip(SkippedBecause::Nobody(shortage))
                }
                (IfNobody::Refuse | IfNobody::Block | IfNobody::Skip, _) => {
                    Opening::Short(shortage, step.if_nobody)
                }
            },
        }
    }

    /// The seats of a step, default approvers in their places (STP-6).
    #[must_use]
    pub fn seats(&self, step: &Step) -> Vec<Seat> {
        let mut seats = Vec::new();
        for assignment in &step.assignments {
            let applies = self.permissions(&assignment.permissions, &step.id);
            if !applies.is_met() {
                continue;
            }
            let first = seats.len();
            for place in self.places(step, assignment) {
                // The seats of one group have the same people, and there can be thousands of them.
                let same = seats.get(first..).and_then(<[Seat]>::last);
                let same = same.filter(|seat| place.as_ref() == Ok(&seat.who)).cloned();
                let id = seat_id(seats.len());
                seats.push(match same {
                    Some(seat) => Seat { id, ..seat },
                    None => self.seat(step, id, assignment.id.clone(), place, false),
                });
            }
            let mut made = seats.iter().skip(first);
            if assignment.optional && made.all(|seat| seat.people.is_empty()) {
                seats.truncate(first);
            }
        }
        let seats = same::merged(step, self.with_defaults(step, seats));
        self.changed(step, seats)
    }

    fn with_defaults(&self, step: &Step, mut seats: Vec<Seat>) -> Vec<Seat> {
        if step.default_approvers.is_empty() {
            return seats;
        }
        let defaults: Vec<SeatWho> = step
            .default_approvers
            .iter()
            .flat_map(|who| self.who(step, who, None))
            .filter_map(Result::ok)
            .collect();
        if seats.iter().all(|seat| seat.people.is_empty()) {
            let Ok(assignment) = AssignmentId::parse("default_approvers") else { return seats };
            let places = defaults.into_iter().enumerate();
            return places
                .map(|(index, who)| {
                    self.seat(step, seat_id(index), assignment.clone(), Ok(who), true)
                })
                .collect();
        }
        if step.quorum == QuorumDoc::All {
            for seat in seats.iter_mut().filter(|seat| seat.people.is_empty()) {
                let who = SeatWho::AnyOf(defaults.clone());
                *seat = self.seat(step, seat.id, seat.assignment.clone(), Ok(who), true);
            }
        }
        seats
    }

    fn seat(
        &self,
        step: &Step,
        id: SeatId,
        assignment: AssignmentId,
        place: Found,
        by_default: bool,
    ) -> Seat {
        match place {
            Err(why) => {
                Seat { by_default, empty: Some(why), ..Seat::new(id, assignment, SeatWho::Nobody) }
            }
            Ok(who) => {
                let people = self.candidates(step, &who);
                let empty = if people.is_empty() { Some(self.why_empty(step, &who)) } else { None };
                Seat { by_default, people, empty, ..Seat::new(id, assignment, who) }
            }
        }
    }

    /// The active people who may fill a place: without the requester (STP-9), without those who are
    /// separated (STP-10), under strict access without those who cannot see (FIN-12).
    #[must_use]
    pub fn candidates(&self, step: &Step, who: &SeatWho) -> Vec<UserId> {
        let people = self.everybody(who).into_iter();
        people.filter(|id| self.bar(step, who, id).is_none()).collect()
    }

    /// What keeps a person from a place that names them.
    pub(crate) fn bar(&self, step: &Step, who: &SeatWho, id: &UserId) -> Option<EmptyBecause> {
        self.bar_unless_named(step, is_named(who, id), id)
    }

    /// What keeps a person from a place, which names them or a set that they are in.
    fn bar_unless_named(&self, step: &Step, is_named: bool, id: &UserId) -> Option<EmptyBecause> {
        if self.is_self(id) {
            return Some(EmptyBecause::OnlyRequester);
        }
        if self.separated(step, id).is_some() {
            return Some(EmptyBecause::Separated);
        }
        if self.sat_in(step, id).is_some() {
            return Some(EmptyBecause::SatElsewhere);
        }
        let directory = &self.organization.directory;
        let seen = || {
            is_named
                || directory.user(id).is_some_and(|user| is_involved(directory, self.request, user))
        };
        let hidden = self.rule.access == AccessPolicy::Strict && !seen();
        hidden.then_some(EmptyBecause::NoSight)
    }

    /// The active people that a `who` names.
    pub(crate) fn named_by(&self, step: &Step, who: &Who) -> BTreeSet<UserId> {
        let places = self.who(step, who, None).into_iter().filter_map(Result::ok);
        places.flat_map(|place| self.everybody(&place)).collect()
    }

    /// Everybody whom a place names, once, by id.
    pub(crate) fn everybody(&self, who: &SeatWho) -> Vec<UserId> {
        let directory = &self.organization.directory;
        let people: Vec<&User> = match who {
            SeatWho::Person(id) | SeatWho::Found(id) => directory.active(id).into_iter().collect(),
            SeatWho::Group(group) => directory.members(group).collect(),
            SeatWho::Role(role) => directory.with_role(*role).collect(),
            SeatWho::Node { node, level } => self.holders(node, *level).collect(),
            SeatWho::AnyOf(several) => {
                let all: BTreeSet<_> = several.iter().flat_map(|w| self.everybody(w)).collect();
                return all.into_iter().collect();
            }
            SeatWho::Nobody => Vec::new(),
        };
        // Service accounts submit and never decide.
        people.into_iter().filter(|u| u.kind == UserKind::Person).map(|u| u.id.clone()).collect()
    }

    /// Whether this is the requester, or treated like them, under a rule without self-approval.
    #[must_use]
    pub fn is_self(&self, id: &UserId) -> bool {
        self.own(id).is_some()
    }

    /// What makes the request this person's own, where that keeps them from deciding it (STP-9).
    pub(crate) fn own(&self, id: &UserId) -> Option<Own> {
        if self.rule.self_approval {
            return None;
        }
        if self.request.requester == *id {
            return Some(Own::Asked);
        }
        if self.request.is_for(id) {
            return Some(Own::Target);
        }
        (!self.rule.editors_may_approve && self.has_edited(id)).then_some(Own::Edited)
    }

    /// FIN-22
    fn has_edited(&self, id: &UserId) -> bool {
        self.request.editors.contains(id)
    }

    /// The earlier step this person decided, if this one is separated from it (STP-10).
    #[must_use]
    pub fn separated(&self, step: &Step, id: &UserId) -> Option<StepId> {
        self.request
            .opened()
            .find(|(earlier, open)| {
                step.separation.contains(*earlier) && open.decision_by(id).is_some()
            })
            .map(|(earlier, _)| earlier.clone())
    }

    fn why_empty(&self, step: &Step, who: &SeatWho) -> EmptyBecause {
        let people = self.everybody(who);
        let mut bars = people.iter().map(|id| self.bar(step, who, id));
        if let Some(first) = bars.next() {
            let is_same = bars.all(|bar| bar == first);
            return first.filter(|_| is_same).unwrap_or(EmptyBecause::EachBarred);
        }
        match who {
            SeatWho::Group(group) => EmptyBecause::GroupEmpty { group: group.clone() },
            SeatWho::Person(user) | SeatWho::Found(user) => {
                EmptyBecause::Deactivated { user: user.clone(), property: None }
            }
            SeatWho::Role(role) => EmptyBecause::RoleEmpty { role: *role },
            SeatWho::Node { node, .. } => EmptyBecause::NodeEmpty { node: node.clone() },
            SeatWho::AnyOf(_) | SeatWho::Nobody => EmptyBecause::NobodyThere,
        }
    }

    /// Why these seats cannot complete the quorum with the people there are (STP-6, STP-6a).
    #[must_use]
    pub fn shortage(&self, step: &Step, seats: &[Seat]) -> Option<Shortage> {
        if seats.len() > MAX_SEATS as usize {
            let seats = u32::try_from(seats.len()).unwrap_or(u32::MAX);
            return Some(Shortage::TooManySeats { seats });
        }
        let mut people = Possibilities::default();
        for seat in seats {
            // As many people as there are seats are always enough for one of them.
            for person in seat.people.iter().take(seats.len()) {
                people.add(seat.id, person);
            }
        }
        let Progress::Short { wanted, filled } = progress(&step.quorum, seats, &people) else {
            return None;
        };
        let empty: Vec<EmptySeat> = seats
            .iter()
            .filter_map(|seat| {
                let why = seat.empty.clone()?;
                Some(EmptySeat { assignment: seat.assignment.clone(), why })
            })
            .collect();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Some(if seats.iter().all(|seat| seat.people.is_empty()) {
            Shortage::Nobody { empty, unmet: self.not_applying(step) }
        } else {
            Shortage::TooFew {
                wanted: count(wanted),
                possible: count(filled),
                empty,
                same: same::of(seats),
            }
        })
    }

    /// The assignments of a step that yield no seat, with what keeps them from it (STP-4).
    fn not_applying(&self, step: &Step) -> Vec<NotApplying> {
        let all = step.assignments.iter().map(|assignment| NotApplying {
            assignment: assignment.id.clone(),
            explanation: self.permissions(&assignment.permissions, &step.id),
        });
        all.filter(|found| !found.explanation.is_met()).collect()
    }

    /// What an open step is short of, with the approvals there are and the people who have not
    /// rejected it (DEC-2, FIN-3).
    #[must_use]
    pub fn remaining_shortage(&self, step: &Step, open: &OpenStep) -> Option<Shortage> {
        let candidates: Vec<Vec<UserId>> =
            open.seats.iter().map(|seat| self.seat_candidates(step, seat)).collect();
        let mut people = Possibilities::of_decisions(open.of(Choice::Approve));
        for (seat, candidates) in open.seats.iter().zip(&candidates) {
            let undecided = candidates.iter().filter(|id| open.decision_of(id).is_none());
            // Approvals already count for themselves; as many others as seats are always enough.
            undecided.take(open.seats.len()).for_each(|person| people.add(seat.id, person));
        }
        let Progress::Short { wanted, filled } = progress(&open.quorum, &open.seats, &people)
        else {
            return self.too_few_people();
        };
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let empty = open
            .seats
            .iter()
            .zip(&candidates)
            .filter(|(_, candidates)| candidates.is_empty())
            .map(|(seat, _)| EmptySeat {
                assignment: seat.assignment.clone(),
                why: self.why_empty(step, &seat.who),
            })
            .collect();
        let (wanted, possible) = (count(wanted), count(filled));
        Some(Shortage::TooFew { wanted, possible, empty, same: same::of(&open.seats) })
    }

    /// The seats of an open step that a person could fill now: theirs, nothing barring them, the
    /// seat's permissions met (ELG-1 c, d, g).
    #[must_use]
    pub fn fillable(&self, step: &Step, seats: &[Seat], person: &User) -> BTreeSet<SeatId> {
        self.seats_of(step, seats, person, |bar| bar.is_none())
    }

    /// The same, with those that only want of sight keeps from them (ELG-1 b).
    pub(crate) fn claimed(&self, step: &Step, seats: &[Seat], person: &User) -> BTreeSet<SeatId> {
        let or_unseen =
            |bar: Option<EmptyBecause>| matches!(bar, None | Some(EmptyBecause::NoSight));
        self.seats_of(step, seats, person, or_unseen)
    }

    fn seats_of(
        &self,
        step: &Step,
        seats: &[Seat],
        person: &User,
        passes: impl Fn(Option<EmptyBecause>) -> bool,
    ) -> BTreeSet<SeatId> {
        let mut permissions: BTreeMap<&AssignmentId, bool> = BTreeMap::new();
        seats
            .iter()
            .filter(|_| person.active && person.kind == UserKind::Person)
            .filter(|seat| may_fill_seat(&self.organization.directory, seat, person))
            .filter(|seat| passes(self.bar_from(step, seat, &person.id)))
            .filter(|seat| {
                seat.by_default
                    || seat.added_by.is_some()
                    || seat.assignments().all(|id| {
                        *permissions.entry(id).or_insert_with(|| {
                            step.assignment(id).is_some_and(|assignment| {
                                self.permissions(&assignment.permissions, &step.id).is_met()
                            })
                        })
                    })
            })
            .map(|seat| seat.id)
            .collect()
    }
}
