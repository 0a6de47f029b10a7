//! Who can decide now, and why somebody cannot (ELG).

use std::collections::BTreeSet;

use crate::{
    directory::{User, UserKind},
    evaluate::View,
    explanation::Outcome,
    ids::{StepId, UserId},
    matching::Possibilities,
    rejection::Unmet,
    request::{Choice, OpenStep, SeatId},
    rule::{Assignment, Step, Who, definition::AccessPolicy},
    visibility::{is_involved, may_execute, may_fill, sees},
};

/// What a person can do in the active step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Every unmet condition, in the order of `rule-format.md` (FIN-1).
    pub unmet: Vec<Unmet>,
    /// The seats this person could fill.
    pub seats: BTreeSet<SeatId>,
}

impl Standing {
    /// Whether they can approve.
    #[must_use]
    pub fn can_approve(&self) -> bool {
        self.unmet.is_empty()
    }

    /// Whether they can decide at all: required properties hold back approvals only (ELG-1 f).
    #[must_use]
    pub fn can_decide(&self) -> bool {
        self.unmet.iter().all(|unmet| matches!(unmet, Unmet::RequiredProperties { .. }))
    }
}

impl View<'_> {
    /// What a person can do in the active step, and all that keeps them from it (ELG-1).
    #[must_use]
    pub fn standing(&self, person: &User) -> Standing {
        let mut unmet = Vec::new();
        let mut seats = BTreeSet::new();
        if !person.active {
            unmet.push(Unmet::Inactive);
        }
        if !self.has_access(person) {
            unmet.push(Unmet::NoAccess);
        }
        if let Some((id, open)) = self.request.active()
            && let Some(step) = self.rule.step(id)
        {
            seats = self.fillable(step, &open.seats, person);
            unmet.extend(self.seat_trouble(step, open, &seats, person));
            if open.decision_of(&person.id).is_some() {
                unmet.push(Unmet::AlreadyDecided { step: id.clone() });
            }
            unmet.extend(self.unfilled(step));
        }
        let criteria = self.criteria();
        if criteria.outcome != Outcome::Met {
            unmet.push(Unmet::Criteria { explanation: criteria });
        }
        if !self.request.is_open() {
            unmet.push(Unmet::NotPending { status: self.request.status() });
        }
        if self.request.on_hold {
            unmet.push(Unmet::OnHold);
        }
        if self.request.blocked.is_some() {
            unmet.push(Unmet::Blocked);
        }
        unmet.sort_by_key(Unmet::code_order);
        Standing { unmet, seats }
    }

    /// Who can decide in the active step (ELG-2), by id. Unmet criteria empty the list (CND-5).
    #[must_use]
    pub fn decision_makers(&self) -> Vec<UserId> {
        let Some((id, open)) = self.request.active() else { return Vec::new() };
        let Some(step) = self.rule.step(id) else { return Vec::new() };
        let directory = &self.organization.directory;
        let candidates: BTreeSet<UserId> =
            open.seats.iter().flat_map(|seat| self.candidates(step, &seat.who)).collect();
        candidates
            .into_iter()
            .filter(|id| directory.user(id).is_some_and(|user| self.standing(user).can_decide()))
            .collect()
    }

    /// Whether this person is among those who press *run* (EXE-2).
    #[must_use]
    pub fn may_execute(&self, person: &User) -> bool {
        may_execute(self.rule, self.request, person)
    }

    /// ELG-1 b
    fn has_access(&self, person: &User) -> bool {
        let directory = &self.organization.directory;
        match self.rule.access {
            AccessPolicy::Seat => sees(directory, self.rule, self.request, person),
            AccessPolicy::Strict => is_involved(directory, self.request, person),
        }
    }

    /// Why a person has no free seat (ELG-1 c, d, g); the explanation of a missing seat replaces
    /// `no_seat` (FIN-1).
    fn seat_trouble(
        &self,
        step: &Step,
        open: &OpenStep,
        fillable: &BTreeSet<SeatId>,
        person: &User,
    ) -> Option<Unmet> {
        let directory = &self.organization.directory;
        if !person.active {
            return Some(Unmet::NoSeat { step: step.id.clone(), taken_by: Vec::new() });
        }
        let mut approvals = Possibilities::of_decisions(
            open.of(Choice::Approve).filter(|decision| decision.by != person.id),
        );
        let taken: Vec<UserId> =
            open.of(Choice::Approve).map(|d| d.by.clone()).filter(|id| *id != person.id).collect();
        if !fillable.is_empty() {
            let all = open.seats.iter().map(|seat| seat.id).collect();
            let before = approvals.largest(&all).len();
            fillable.iter().for_each(|seat| approvals.add(*seat, &person.id));
            let is_free = approvals.largest(&all).len() > before;
            return (!is_free).then(|| Unmet::NoSeat { step: step.id.clone(), taken_by: taken });
        }
        let named = |seat: &&crate::request::Seat| may_fill(directory, &seat.who, person);
        let mine: Vec<_> = open.seats.iter().filter(named).collect();
        if self.is_self(&person.id) && (!mine.is_empty() || self.is_one_of_each(step, person)) {
            return Some(Unmet::SelfApproval);
        }
        if !mine.is_empty()
            && let Some(earlier) = self.separated(step, &person.id)
        {
            return Some(Unmet::Separation { step: earlier });
        }
        self.unmet_permission(step, person)
            .or(Some(Unmet::NoSeat { step: step.id.clone(), taken_by: Vec::new() }))
    }

    /// Whether one of the step's groups or roles names this person: with `seats: each` the requester
    /// is left out when the seats are made.
    fn is_one_of_each(&self, step: &Step, person: &User) -> bool {
        let applies =
            |assignment: &&Assignment| self.permissions(&assignment.permissions, &step.id).is_met();
        step.assignments.iter().filter(applies).any(|assignment| match &assignment.who {
            Who::Group(group) => person.groups.contains(group),
            Who::Role(role) => person.role == *role,
            Who::User(_)
            | Who::Node { .. }
            | Who::OwnerOf(_)
            | Who::OwnersOfItems
            | Who::OfRequester(_)
            | Who::OfRequest(..)
            | Who::OfApprover(_)
            | Who::Script(_)
            | Who::Plugin(_) => false,
        })
    }

    /// The permission that keeps a person from a seat they would have without it.
    fn unmet_permission(&self, step: &Step, person: &User) -> Option<Unmet> {
        if person.kind == UserKind::Service {
            return None;
        }
        let bare = step.assignments.iter().filter(|assignment| !assignment.permissions.is_empty());
        for assignment in bare {
            let explanation = self.permissions(&assignment.permissions, &step.id);
            if !explanation.is_met() && self.would_fill(step, assignment, person) {
                return Some(Unmet::Permission { step: step.id.clone(), explanation });
            }
        }
        None
    }

    fn would_fill(&self, step: &Step, assignment: &Assignment, person: &User) -> bool {
        let directory = &self.organization.directory;
        self.places(step, assignment).into_iter().filter_map(Result::ok).any(|who| {
            may_fill(directory, &who, person) && self.bar(step, &who, &person.id).is_none()
        })
    }

    /// STP-12
    fn unfilled(&self, step: &Step) -> Option<Unmet> {
        let missing: Vec<_> = step
            .required_properties
            .iter()
            .filter(|name| !self.request.properties.contains_key(*name))
            .cloned()
            .collect();
        (!missing.is_empty()).then_some(Unmet::RequiredProperties { properties: missing })
    }

    /// The step that is active, by the rule.
    #[must_use]
    pub fn active_step(&self) -> Option<(&StepId, &OpenStep, &Step)> {
        let (id, open) = self.request.active()?;
        Some((id, open, self.rule.step(id)?))
    }
}

impl Unmet {
    fn code_order(&self) -> crate::rejection::Code {
        self.code()
    }
}
