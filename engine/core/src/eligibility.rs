//! Who can decide now, and why somebody cannot (ELG).

use std::collections::BTreeSet;

use crate::{
    directory::{OrganizationRole, User, UserKind},
    evaluate::View,
    explanation::Outcome,
    ids::{StepId, UserId},
    matching::Possibilities,
    rejection::Unmet,
    request::{Choice, EmptyBecause, OpenStep, SeatId, StepState},
    rule::{
        Assignment, Step, Who,
        definition::{AccessPolicy, QuorumDoc},
    },
    visibility::{is_involved, may_execute, may_fill, reviews_receipt, sees, stands_in},
};

/// What a person can do in the active step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Every unmet condition, in the order of `rule-format.md` (FIN-1).
    pub unmet: Vec<Unmet>,
    /// The seats that a decision of this person now would be about.
    pub seats: BTreeSet<SeatId>,
    /// The seats that it could fill beside, of those for whom they stand in (FIN-6).
    pub or_seats: BTreeSet<SeatId>,
    /// Whose seats they are, where they are not this person's own (DEC-8, FIN-6).
    pub on_behalf_of: Option<UserId>,
}

/// Seats that a person could decide about, in one capacity.
#[derive(Clone, Debug, Default)]
struct Claim {
    seats: BTreeSet<SeatId>,
    on_behalf_of: Option<UserId>,
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
        let (mut claim, mut or_seats) = (Claim::default(), BTreeSet::new());
        if !person.active {
            unmet.push(Unmet::Inactive);
        }
        if !self.has_access(person) {
            unmet.push(Unmet::NoAccess);
        }
        if let Some((id, open)) = self.request.active()
            && let Some(step) = self.rule.step(id)
        {
            let claims = self.claims(step, open, person);
            let free = claims.iter().find(|claim| self.is_free(open, claim, person));
            unmet.extend(match free {
                Some(claim) => self.needed_elsewhere(step, claim, person),
                None => self.seat_trouble(step, open, &claims, person),
            });
            claim = free.or(claims.first()).cloned().unwrap_or_default();
            or_seats = claims.into_iter().flat_map(|claim| claim.seats).collect();
            or_seats.retain(|seat| !claim.seats.contains(seat));
            if let Some(decision) = open.decision_of(&person.id) {
                let by = Some(&decision.by).filter(|by| **by != person.id).cloned();
                unmet.push(Unmet::AlreadyDecided { step: id.clone(), by });
            }
            unmet.extend(self.unfilled(step));
        }
        unmet.extend(self.unmet_of_request());
        unmet.sort_by_key(Unmet::code_order);
        Standing { unmet, seats: claim.seats, or_seats, on_behalf_of: claim.on_behalf_of }
    }

    /// What keeps everybody from deciding (ELG-1 e, h).
    fn unmet_of_request(&self) -> Vec<Unmet> {
        let mut unmet = Vec::new();
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
        if let Some(why) = &self.request.blocked {
            unmet.push(Unmet::Blocked { why: Box::new(why.clone()) });
        }
        unmet
    }

    /// Who can decide in the active step (ELG-2), by id. Unmet criteria empty the list (CND-5).
    #[must_use]
    pub fn decision_makers(&self) -> Vec<UserId> {
        let Some((_, open, _)) = self.active_step() else { return Vec::new() };
        let directory = &self.organization.directory;
        // Also those whom a seat alone does not let see the request: something else may (ELG-1 b).
        let places = open.seats.iter().flat_map(|seat| {
            std::iter::once(&seat.who).chain(seat.also.iter().map(|further| &further.who))
        });
        let mut candidates: BTreeSet<UserId> = places.flat_map(|who| self.everybody(who)).collect();
        let stand_ins = candidates.iter().filter_map(|of| directory.delegate(of, self.at));
        let stand_ins: Vec<UserId> = stand_ins.map(|user| user.id.clone()).collect();
        candidates.extend(stand_ins);
        candidates
            .into_iter()
            .filter(|id| directory.user(id).is_some_and(|user| self.standing(user).can_decide()))
            .collect()
    }

    /// Whether this person may give somebody a seat of a step that is not decided yet (STP-15).
    #[must_use]
    pub fn may_add_approvers(&self, person: &User) -> bool {
        if !self.request.is_open() || self.request.on_hold || !person.active {
            return false;
        }
        let counts = |step: &&Step| matches!(step.quorum, QuorumDoc::All | QuorumDoc::Paths(_));
        let undecided = |step: &&Step| match self.request.step(&step.id).map(|r| &r.state) {
            Some(StepState::Waiting | StepState::Active(_) | StepState::Paused(_)) => true,
            Some(StepState::Skipped { .. } | StepState::Complete { .. }) | None => false,
        };
        let mut steps = self.rule.steps.iter().filter(undecided);
        match person.role {
            OrganizationRole::Owner | OrganizationRole::Administrator => steps.next().is_some(),
            OrganizationRole::WorkflowManager
            | OrganizationRole::Auditor
            | OrganizationRole::User => {
                (self.request.requester == person.id && steps.any(|step| counts(&step)))
                    || (self.has_own_seat(person)
                        && self.active_step().is_some_and(|(_, _, step)| counts(&step)))
            }
        }
    }

    /// Whether this person has a seat of the active step that is not another's.
    #[must_use]
    pub fn has_own_seat(&self, person: &User) -> bool {
        let open = self.request.active().map(|(_, open)| open);
        !self.is_self(&person.id)
            && open.is_some_and(|open| !self.held(&open.seats, &person.id).is_empty())
    }

    /// Whether this person is among those who press *run* (EXE-2).
    #[must_use]
    pub fn may_execute(&self, person: &User) -> bool {
        may_execute(self.rule, self.request, person)
    }

    /// Whether this person can confirm now what was done (REQ-12).
    #[must_use]
    pub fn may_confirm(&self, person: &User) -> bool {
        person.kind == UserKind::Person
            && reviews_receipt(self.rule, self.request, person)
            && !self.is_self(&person.id)
            && self.request.is_done()
            && self.request.confirmations.iter().all(|confirmation| confirmation.by != person.id)
    }

    /// ELG-1 b
    fn has_access(&self, person: &User) -> bool {
        let directory = &self.organization.directory;
        match self.rule.access {
            AccessPolicy::Seat => sees(directory, self.rule, self.request, person, self.at),
            AccessPolicy::Strict => {
                is_involved(directory, self.request, person)
                    || stands_in(directory, self.rule, self.request, person, self.at)
            }
        }
    }

    /// What a person could decide about: their own seats first, then those of each for whom they stand
    /// in and who has not decided (DEC-8, FIN-6).
    fn claims(&self, step: &Step, open: &OpenStep, person: &User) -> Vec<Claim> {
        // A seat is theirs to decide even where they do not see the request (ELG-1 b, c).
        let own = Claim { seats: self.claimed(step, &open.seats, person), on_behalf_of: None };
        let mut claims = vec![own];
        for of in self.stood_in_for(step, person) {
            let decided = open.decision_of(&of.id);
            if decided.is_none_or(|decision| decision.by == person.id) {
                let seats = self.fillable(step, &open.seats, of);
                claims.push(Claim { seats, on_behalf_of: Some(of.id.clone()) });
            }
        }
        claims.retain(|claim| !claim.seats.is_empty());
        claims
    }

    /// For whom a person may decide in a step: nobody where they could not decide themself (STP-9,
    /// STP-10).
    fn stood_in_for(&self, step: &Step, person: &User) -> Vec<&User> {
        let delegators = self.organization.directory.delegators(&person.id, self.at);
        if self.may_stand_in(step, person) { delegators.collect() } else { Vec::new() }
    }

    /// Whether nothing keeps a person from deciding a step, for whomever.
    pub(crate) fn may_stand_in(&self, step: &Step, person: &User) -> bool {
        person.active
            && person.kind == UserKind::Person
            && !self.is_self(&person.id)
            && self.separated(step, &person.id).is_none()
            && self.sat_in(step, &person.id).is_none()
    }

    /// FIN-5: another step needs this person, who counts once in the route.
    fn needed_elsewhere(&self, step: &Step, claim: &Claim, person: &User) -> Option<Unmet> {
        let elsewhere = self.needed_in(&person.id, &claim.seats)?;
        Some(no_seat(step, Vec::new(), Some(elsewhere)))
    }

    /// Whether the approvals of others leave one of these seats (STP-5).
    fn is_free(&self, open: &OpenStep, claim: &Claim, person: &User) -> bool {
        let others = open.of(Choice::Approve).filter(|decision| {
            !decision.concerns(&person.id)
                && claim.on_behalf_of.as_ref().is_none_or(|of| !decision.concerns(of))
        });
        let mut approvals = Possibilities::of_decisions(others);
        let all = open.seats.iter().map(|seat| seat.id).collect();
        let before = approvals.largest(&all).len();
        claim.seats.iter().for_each(|seat| approvals.add(*seat, &person.id));
        approvals.largest(&all).len() > before
    }

    /// Why a person has no free seat (ELG-1 c, d, g); the explanation of a missing seat replaces
    /// `no_seat` (FIN-1).
    fn seat_trouble(
        &self,
        step: &Step,
        open: &OpenStep,
        claims: &[Claim],
        person: &User,
    ) -> Option<Unmet> {
        if !person.active {
            return Some(no_seat(step, Vec::new(), None));
        }
        let others = open.of(Choice::Approve).map(|decision| decision.by.clone());
        let taken_by: Vec<UserId> = others.filter(|id| *id != person.id).collect();
        if !claims.is_empty() {
            return Some(no_seat(step, taken_by, None));
        }
        let delegators: Vec<&User> =
            self.organization.directory.delegators(&person.id, self.at).collect();
        let has_seat = |id: &UserId| !self.held(&open.seats, id).is_empty();
        let named = has_seat(&person.id) || delegators.iter().any(|of| has_seat(&of.id));
        if let Some(own) = self.own(&person.id)
            && (named || self.is_one_of_each(step, person))
        {
            return Some(Unmet::SelfApproval { own });
        }
        if named && let Some(earlier) = self.separated(step, &person.id) {
            return Some(Unmet::Separation { step: earlier });
        }
        if named && let Some(elsewhere) = self.sat_in(step, &person.id) {
            return Some(no_seat(step, Vec::new(), Some(elsewhere)));
        }
        let decided = |of: &&&User| open.decision_of(&of.id).is_some_and(|d| d.by == of.id);
        if let Some(of) = delegators.iter().filter(|of| has_seat(&of.id)).find(decided) {
            return Some(no_seat(step, vec![of.id.clone()], None));
        }
        let mut all = std::iter::once(person).chain(delegators);
        let unmet = all.find_map(|user| self.unmet_permission(step, user));
        Some(unmet.unwrap_or_else(|| no_seat(step, Vec::new(), None)))
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
            | Who::Pick(_)
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
            may_fill(directory, &who, person)
                && matches!(self.bar(step, &who, &person.id), None | Some(EmptyBecause::NoSight))
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

fn no_seat(step: &Step, taken_by: Vec<UserId>, elsewhere: Option<StepId>) -> Unmet {
    Unmet::NoSeat { step: step.id.clone(), taken_by, elsewhere }
}

impl Unmet {
    fn code_order(&self) -> crate::rejection::Code {
        self.code()
    }
}
