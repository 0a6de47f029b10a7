//! Whom the requester picks (STP-2): people by login, from whom the rule lets them, within its bounds.

use std::collections::{BTreeMap, BTreeSet};

use super::form::FormReader;
use crate::{
    directory::{Directory, User, UserKind},
    evaluate::View,
    explanation::Outcome,
    ids::{AssignmentId, Login, UserId},
    rejection::{FieldProblem, WrongPerson},
    rule::{Assignment, Pick, PickFrom, Rule, Step, Who, unknown_name},
};

impl FormReader<'_> {
    /// The picks of a submission, by assignment.
    pub(super) fn picks(
        &mut self,
        rule: &Rule,
        directory: &Directory,
        written: &BTreeMap<String, Vec<String>>,
    ) -> BTreeMap<AssignmentId, Vec<UserId>> {
        let known: Vec<&AssignmentId> =
            picks(rule).map(|(_, assignment, _)| &assignment.id).collect();
        let mut read = BTreeMap::new();
        for (name, logins) in written {
            let field = format!("picks.{name}");
            let Some(id) = known.iter().find(|id| id.as_str() == name) else {
                let names = known.iter().map(|id| id.as_str());
                self.problem(field, unknown_name("pick", name, names));
                continue;
            };
            read.insert((*id).clone(), self.people(&field, directory, logins));
        }
        read
    }

    fn people(&mut self, field: &str, directory: &Directory, logins: &[String]) -> Vec<UserId> {
        let mut people = Vec::new();
        let mut seen = BTreeSet::new();
        for login in logins {
            let user = Login::parse(login).ok().and_then(|login| directory.by_login(&login));
            match user {
                Some(user) if !can_hold_a_seat(user) => {
                    self.problem(field, WrongPerson::CannotApprove { account: user.id.clone() });
                }
                Some(user) if seen.insert(&user.id) => people.push(user.id.clone()),
                Some(user) => self.problem(field, WrongPerson::Twice { person: user.id.clone() }),
                None => self.problem(field, WrongPerson::NobodyCalled { login: login.clone() }),
            }
        }
        people
    }
}

/// An active person (DIR-8); service accounts never decide.
pub(super) fn can_hold_a_seat(user: &User) -> bool {
    user.active && user.kind == UserKind::Person
}

fn picks(rule: &Rule) -> impl Iterator<Item = (&Step, &Assignment, &Pick)> {
    let assignments =
        rule.steps.iter().flat_map(|step| step.assignments.iter().map(move |a| (step, a)));
    assignments.filter_map(|(step, assignment)| match &assignment.who {
        Who::Pick(pick) => Some((step, assignment, pick)),
        Who::User(_)
        | Who::Group(_)
        | Who::Role(_)
        | Who::Node { .. }
        | Who::OwnerOf(_)
        | Who::OwnersOfItems
        | Who::OfRequester(_)
        | Who::OfApprover(_)
        | Who::OfRequest(..)
        | Who::Script(_)
        | Who::Plugin(_) => None,
    })
}

impl View<'_> {
    /// How many were picked where the rule asks for it, and whether all are among those to pick from.
    pub(super) fn check_picks(&self) -> Vec<FieldProblem> {
        let mut problems = Vec::new();
        for (step, assignment, pick) in picks(self.rule) {
            let picked = self.request.picks.get(&assignment.id).map_or(&[][..], Vec::as_slice);
            let number = self.check_number(step, assignment, pick, picked.len());
            let people = picked.iter().filter_map(|id| self.check_picked(step, pick, id));
            let field = format!("picks.{}", assignment.id);
            let wrong = number.into_iter().chain(people);
            problems.extend(wrong.map(|wrong| FieldProblem::new(&field, wrong)));
        }
        problems
    }

    /// Nobody has to pick for what does not apply, or may be missing (STP-1, STP-3a, STP-4).
    fn check_number(
        &self,
        step: &Step,
        assignment: &Assignment,
        pick: &Pick,
        number: usize,
    ) -> Option<WrongPerson> {
        let Pick { min, max, .. } = pick;
        let wrong = || WrongPerson::PickNumber { found: number, least: *min, most: *max };
        if number > *max as usize {
            return Some(wrong());
        }
        let may_be_missing = number == 0 && assignment.optional;
        if number >= *min as usize || may_be_missing {
            return None;
        }
        let is_skipped = step
            .when
            .as_ref()
            .is_some_and(|when| self.condition(when, Some(&step.id)).outcome == Outcome::Unmet);
        let applies = !is_skipped && self.permissions(&assignment.permissions, &step.id).is_met();
        applies.then(wrong)
    }

    fn check_picked(&self, step: &Step, pick: &Pick, id: &UserId) -> Option<WrongPerson> {
        if self.is_self(id) {
            return Some(WrongPerson::OwnRequest { person: id.clone() });
        }
        let among = match &pick.from {
            PickFrom::Everyone => true,
            PickFrom::Who(who) => self.named_by(step, who).contains(id),
        };
        (!among).then(|| WrongPerson::NotOffered { person: id.clone() })
    }
}
