//! One person, one seat of the whole route (`distinct_people: rule`, STP-5, FIN-5): whether the steps from
//! here on can be completed by different people.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    evaluate::View,
    ids::{StepId, UserId},
    matching::{Quota, most_filled},
    request::{Choice, OpenStep, Seat, SeatId, Shortage, StepState},
    resolve::Opening,
    rule::{
        Step,
        definition::{DistinctPeople, QuorumDoc},
    },
};

/// How many combinations of paths are tried; a rule with more is taken at its word.
const MOST_COMBINATIONS: usize = 256;

/// Who could fill the seats of a step, and which of them must be.
struct Part {
    step: StepId,
    seats: Vec<BTreeSet<UserId>>,
    /// In each way: these seats, so many of them.
    ways: Vec<(Vec<usize>, usize)>,
}

impl View<'_> {
    /// The other step in which this person's approval counts, where one may count only once.
    pub(crate) fn sat_in(&self, step: &Step, id: &UserId) -> Option<StepId> {
        if self.rule.distinct_people == DistinctPeople::Step {
            return None;
        }
        let mut others = self.request.opened().filter(|(other, _)| **other != step.id);
        let sat = others.find(|(_, open)| open.of(Choice::Approve).any(|d| d.by == *id));
        sat.map(|(other, _)| other.clone())
    }

    /// What the route is short of, asked for all steps that are not complete.
    #[must_use]
    pub fn too_few_people(&self) -> Option<Shortage> {
        if self.rule.distinct_people == DistinctPeople::Step {
            return None;
        }
        let (wanted, possible) = nearest(&self.parts(None));
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (possible < wanted)
            .then(|| Shortage::TooFewPeople { wanted: count(wanted), possible: count(possible) })
    }

    /// The later step that needs this person, who may therefore not fill one of these seats now (FIN-5).
    pub(crate) fn needed_in(&self, person: &UserId, seats: &BTreeSet<SeatId>) -> Option<StepId> {
        if self.rule.distinct_people == DistinctPeople::Step {
            return None;
        }
        let without = self.parts(None);
        let able = |part: &&Part| part.seats.iter().any(|people| people.contains(person));
        let active = self.request.active().map(|(id, _)| id);
        let step =
            without.iter().filter(|part| Some(&part.step) != active).find(able)?.step.clone();
        let short = |parts: &[Part]| {
            let (wanted, possible) = nearest(parts);
            wanted.saturating_sub(possible)
        };
        (short(&self.parts(Some((person, seats)))) > short(&without)).then_some(step)
    }

    /// The steps that are still to be completed, with `deciding` in one of these seats of the active one
    /// and nowhere else.
    fn parts(&self, deciding: Option<(&UserId, &BTreeSet<SeatId>)>) -> Vec<Part> {
        let mut parts = Vec::new();
        for step in &self.rule.steps {
            let Some(record) = self.request.step(&step.id) else { continue };
            let part = match &record.state {
                StepState::Active(open) => self.open_part(step, open, deciding),
                StepState::Paused(open) => self.open_part(step, open, None),
                StepState::Waiting => match self.opening(step) {
                    Opening::Open(seats) => waiting_part(step, &seats),
                    Opening::Skip(_) | Opening::Undecided(_) | Opening::Short(..) => continue,
                },
                StepState::Skipped { .. } | StepState::Complete { .. } => continue,
            };
            parts.push(part);
        }
        if let Some((person, _)) = deciding {
            let active = self.request.active().map(|(id, _)| id);
            for part in parts.iter_mut().filter(|part| Some(&part.step) != active) {
                for people in &mut part.seats {
                    people.remove(person);
                }
            }
        }
        parts
    }

    fn open_part(
        &self,
        step: &Step,
        open: &OpenStep,
        deciding: Option<(&UserId, &BTreeSet<SeatId>)>,
    ) -> Part {
        let people = |seat: &Seat| {
            let candidates = self.seat_candidates(step, seat).into_iter();
            let mut people: BTreeSet<UserId> =
                candidates.filter(|id| open.decision_of(id).is_none()).collect();
            let approved =
                open.of(Choice::Approve).filter(|d| d.possible_seats().any(|id| *id == seat.id));
            people.extend(approved.map(|decision| decision.by.clone()));
            if let Some((person, seats)) = deciding {
                if seats.contains(&seat.id) {
                    people.insert(person.clone());
                } else {
                    people.remove(person);
                }
            }
            people
        };
        let seats = open.seats.iter().map(people).collect();
        Part { step: step.id.clone(), seats, ways: ways(&open.quorum, &open.seats) }
    }
}

/// Who stands in for somebody makes nobody more: whose seat it is may fill one of the route too.
fn waiting_part(step: &Step, seats: &[Seat]) -> Part {
    let of_seats = seats.iter().map(|seat| seat.people.iter().cloned().collect()).collect();
    Part { step: step.id.clone(), seats: of_seats, ways: ways(&step.quorum, seats) }
}

/// The ways in which a quorum can be reached.
fn ways(quorum: &QuorumDoc, seats: &[Seat]) -> Vec<(Vec<usize>, usize)> {
    let all: Vec<usize> = (0..seats.len()).collect();
    match quorum {
        QuorumDoc::Any => vec![(all, 1)],
        QuorumDoc::All => vec![(all, seats.len())],
        QuorumDoc::AtLeast(wanted) => vec![(all, *wanted as usize)],
        QuorumDoc::Paths(_) if seats.iter().all(|seat| seat.by_default) => vec![(all, seats.len())],
        QuorumDoc::Paths(paths) => paths
            .iter()
            .filter(|path| path.iter().all(|id| seats.iter().any(|seat| seat.is_of(id))))
            .map(|path| {
                let on_path =
                    |seat: &Seat| path.iter().any(|id| seat.is_of(id)) || seat.added_by.is_some();
                let indexes = seats.iter().enumerate().filter(|(_, seat)| on_path(seat));
                let indexes: Vec<usize> = indexes.map(|(index, _)| index).collect();
                let wanted = indexes.len();
                (indexes, wanted)
            })
            .collect(),
    }
}

/// How many approvals the steps need, and how many different people can give: in the way in which the
/// fewest are missing.
fn nearest(parts: &[Part]) -> (usize, usize) {
    let combinations =
        parts.iter().try_fold(1_usize, |product, part| product.checked_mul(part.ways.len().max(1)));
    let Some(combinations) = combinations.filter(|number| *number <= MOST_COMBINATIONS) else {
        return (0, 0);
    };
    let tried = (0..combinations).map(|number| tried(parts, number));
    tried.min_by_key(|(wanted, possible)| wanted.saturating_sub(*possible)).unwrap_or((0, 0))
}

fn tried(parts: &[Part], mut number: usize) -> (usize, usize) {
    let mut people: BTreeMap<&UserId, usize> = BTreeMap::new();
    let mut quotas = Vec::new();
    for part in parts {
        let several = part.ways.len().max(1);
        let way = part.ways.get(number % several);
        number /= several;
        let Some((seats, wanted)) = way else { continue };
        let mut able = Vec::new();
        for seat in seats.iter().filter_map(|index| part.seats.get(*index)) {
            let next = |person, people: &mut BTreeMap<_, _>| {
                let fresh = people.len();
                *people.entry(person).or_insert(fresh)
            };
            able.push(seat.iter().map(|person| next(person, &mut people)).collect());
        }
        quotas.push(Quota { seats: able, wanted: *wanted });
    }
    let wanted = quotas.iter().map(|quota| quota.wanted).sum();
    (wanted, most_filled(&quotas, people.len()))
}
