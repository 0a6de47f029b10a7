//! What a document may not ask for: parts that are not available yet, criteria on the wrong
//! properties, quorums that nobody can reach (CND-5, STP-6a, FIN-9).

use std::collections::{BTreeMap, BTreeSet};

use super::{Compiler, MAX_SEATS};
use crate::{
    ids::{AssignmentId, PropertyName, UserId},
    rule::{
        Assignment, Condition, Definition, Path, Rule, Step, Who,
        definition::{QuorumDoc, SamePerson, SeatsDoc},
    },
    value::{PropertyType, Span},
};

impl Compiler<'_> {
    /// A part that would be read and then ignored is worse than one that is refused.
    pub(super) fn refuse_unavailable(&mut self, definition: &Definition) {
        if matches!(definition.approval_expires_after, Some(Span::BusinessDays(_))) {
            self.problem(
                "approval_expires_after",
                "business days are not available yet: use `d` or `h`",
            );
        }
        for (index, executor) in definition.executors.iter().enumerate() {
            if matches!(executor.start_within, Some(Span::BusinessDays(_))) {
                let path = format!("executors[{index}].start_within");
                self.problem(path, "business days are not available yet: use `d` or `h`");
            }
            // What was published stays as it is.
            if let Some(window) = executor.window.as_ref().filter(|_| self.names.is_publish()) {
                let path = format!("executors[{index}].window");
                self.check_length(&format!("{path}.length"), &window.length);
                if let Some(unused) = &window.unused {
                    self.check_length(&format!("{path}.unused"), unused);
                }
            }
        }
    }

    /// EXE-6b: what is no length at all would be a grant without an end.
    fn check_length(&mut self, path: &str, written: &str) {
        match written.parse() {
            Ok(Span::Seconds(_)) => {}
            Ok(Span::BusinessDays(_)) => {
                self.problem(path, "business days are not available yet: use `d` or `h`");
            }
            Err(_) if PropertyName::parse(written).is_err() => {
                let message = format!("`{written}` is neither a duration nor a duration property");
                self.problem(path, message);
            }
            Err(_) => {}
        }
    }

    pub(super) fn check_limits(&mut self, definition: &Definition, rule: &Rule) {
        self.check_criteria(rule);
        self.check_picks(rule);
        self.check_editable(definition, rule);
        for (index, step) in rule.steps.iter().enumerate() {
            let path = format!("steps[{index}]");
            // Assignments that did not compile are reported already, and would shift the indexes.
            let whole = definition
                .steps
                .get(index)
                .is_some_and(|doc| doc.approvers.len() == step.assignments.len());
            if whole {
                self.check_step(&path, step);
            }
        }
    }

    /// STP-2: a submission names its picks by assignment alone.
    fn check_picks(&mut self, rule: &Rule) {
        let mut seen = BTreeSet::new();
        for (index, step) in rule.steps.iter().enumerate() {
            for assignment in step.assignments.iter().filter(|a| matches!(a.who, Who::Pick(_))) {
                if !seen.insert(&assignment.id) {
                    let message = format!(
                        "the requester picks for a `{}` in an earlier step too: give one of them another id",
                        assignment.id
                    );
                    self.problem(format!("steps[{index}].approvers"), message);
                }
            }
        }
    }

    /// CND-5
    fn check_criteria(&mut self, rule: &Rule) {
        let mut used = BTreeSet::new();
        for assignment in rule.steps.iter().flat_map(|step| &step.assignments) {
            assignment.permissions.iter().flatten().for_each(|c| properties(c, &mut used));
        }
        for (index, criterion) in rule.criteria.iter().enumerate() {
            let mut looked_at = BTreeSet::new();
            properties(criterion, &mut looked_at);
            let path = format!("criteria[{index}]");
            if looked_at.is_empty() || !only_properties(criterion) {
                self.problem(&path, "route criteria are conditions on money properties only");
            }
            for name in looked_at {
                if self.types.get(&name) != Some(&PropertyType::Money) {
                    self.problem(
                        &path,
                        format!(
                            "`{name}` is not money: route criteria are on money properties only"
                        ),
                    );
                } else if used.contains(&name) {
                    self.problem(
                        &path,
                        format!("`{name}` is used by a step permission of this rule"),
                    );
                }
            }
        }
    }

    fn check_step(&mut self, path: &str, step: &Step) {
        if step.reject_after == 0 {
            self.problem(format!("{path}.reject_after"), "expected at least 1");
        }
        if step.assignments.is_empty() && step.default_approvers.is_empty() {
            self.problem(format!("{path}.approvers"), "a step needs approvers");
        }
        for (index, assignment) in step.assignments.iter().enumerate() {
            self.check_assignment(&format!("{path}.approvers[{index}]"), assignment);
        }
        self.check_same_person(path, step);
        match &step.quorum {
            QuorumDoc::Any | QuorumDoc::All => {}
            QuorumDoc::AtLeast(wanted) => self.check_at_least(path, step, *wanted),
            QuorumDoc::Paths(paths) => self.check_paths(path, step, paths),
        }
    }

    fn check_assignment(&mut self, path: &str, assignment: &Assignment) {
        self.check_count(path, assignment);
        let count = assignment.count;
        let Some(there) = self.named_today(&assignment.who).map(|people| people.len()) else {
            return;
        };
        // Of one person who has left, it is said where they are named.
        let is_one = matches!(assignment.who, Who::User(_));
        if count as usize > there && count > 1 {
            let message = format!("{count} seats for {there} active people");
            self.problem(format!("{path}.count"), message);
        } else if there == 0 && !is_one {
            self.warn(format!("{path}.who"), "nobody is there today");
        }
    }

    /// The active people whom a `who` names today; none where it finds them later.
    fn named_today(&self, who: &Who) -> Option<BTreeSet<&UserId>> {
        let directory = self.names.directory();
        match who {
            Who::User(id) => Some(directory.active(id).map(|user| &user.id).into_iter().collect()),
            Who::Group(group) => Some(directory.members(group).map(|user| &user.id).collect()),
            Who::Role(_)
            | Who::Node { .. }
            | Who::OwnerOf(_)
            | Who::OwnersOfItems
            | Who::OfRequester(_)
            | Who::OfRequest(..)
            | Who::Pick(_)
            | Who::OfApprover(_)
            | Who::Script(_)
            | Who::Plugin(_) => None,
        }
    }

    /// Whether it may name a number of seats, and this one.
    fn check_count(&mut self, path: &str, assignment: &Assignment) {
        let count = assignment.count;
        if count == 0 || count > MAX_SEATS {
            self.problem(
                format!("{path}.count"),
                format!("{count} seats: expected 1 to {MAX_SEATS}"),
            );
        }
        if count > 1 && matches!(assignment.who, Who::Pick(_)) {
            self.problem(
                format!("{path}.count"),
                "the requester picks as many as `min` and `max` say: leave `count` out",
            );
        }
        if count > 1 && assignment.seats == Some(SeatsDoc::Each) {
            self.problem(
                format!("{path}.count"),
                "`count` goes with one set of people, not with `seats: each`",
            );
        }
    }

    /// FIN-4: one person who is the only one for two seats that must both be filled.
    fn check_same_person(&mut self, path: &str, step: &Step) {
        if step.quorum != QuorumDoc::All || step.same_person == SamePerson::OneSeat {
            return;
        }
        let mut only: BTreeMap<UserId, Vec<&AssignmentId>> = BTreeMap::new();
        for assignment in step.assignments.iter().filter(|a| a.permissions.is_empty()) {
            if let Some(user) = self.only_one(&assignment.who) {
                only.entry(user).or_default().push(&assignment.id);
            }
        }
        for (user, assignments) in only.into_iter().filter(|(_, ids)| ids.len() > 1) {
            let names: Vec<String> = assignments.iter().map(|id| format!("`{id}`")).collect();
            let login = self.names.directory().user(&user).map(|user| user.login.to_string());
            let message = format!(
                "`{}` is the only one for {}, and one person fills one seat: `same_person: one_seat` makes them one",
                login.unwrap_or_else(|| user.to_string()),
                names.join(" and ")
            );
            self.warn(format!("{path}.approvers"), message);
        }
    }

    /// The only person whom a `who` names today.
    fn only_one(&self, who: &Who) -> Option<UserId> {
        let mut people = self.named_today(who)?.into_iter();
        people.next().filter(|_| people.next().is_none()).cloned()
    }

    /// How many different people the assignments name today; none where one of them finds its people later.
    fn named_people(&self, step: &Step) -> Option<u32> {
        let named = step.assignments.iter().map(|assignment| self.named_today(&assignment.who));
        let people: Vec<BTreeSet<&UserId>> = named.collect::<Option<_>>()?;
        let people: BTreeSet<&UserId> = people.into_iter().flatten().collect();
        u32::try_from(people.len()).ok()
    }

    fn check_at_least(&mut self, path: &str, step: &Step, wanted: u32) {
        let path = format!("{path}.quorum.at_least");
        if wanted == 0 {
            self.problem(path, "expected at least 1");
            return;
        }
        let most: Option<u32> = step.assignments.iter().map(most_seats).sum();
        if most.is_some_and(|most| most < wanted) {
            let message = format!(
                "{wanted} of {} seats can never be reached: give the group `count: {wanted}`, or `seats: each` for one seat per person",
                most.unwrap_or(0)
            );
            self.problem(path, message);
        } else if let Some(there) = self.named_people(step).filter(|there| *there < wanted) {
            let message = format!(
                "{wanted} approvals can never be given by {there} active people: one person fills one seat of a step"
            );
            self.problem(path, message);
        }
    }

    fn check_paths(&mut self, path: &str, step: &Step, paths: &[Vec<AssignmentId>]) {
        let path = format!("{path}.quorum.paths");
        if paths.is_empty() {
            self.problem(&path, "expected at least one path");
        }
        for (index, assignments) in paths.iter().enumerate() {
            let path = format!("{path}[{index}]");
            if assignments.is_empty() {
                self.problem(&path, "an empty path");
            }
            for id in assignments.iter().filter(|id| step.assignment(id).is_none()) {
                self.problem(&path, format!("`{id}` is not an assignment of this step"));
            }
        }
    }
}

/// The most seats an assignment can yield, where that is known before there is a request.
fn most_seats(assignment: &Assignment) -> Option<u32> {
    let each = assignment.seats == Some(SeatsDoc::Each);
    match &assignment.who {
        Who::User(_) => Some(1),
        Who::Pick(_) if assignment.seats == Some(SeatsDoc::One) => Some(assignment.count),
        Who::Pick(pick) => Some(pick.max),
        Who::Group(_) | Who::Role(_) | Who::Node { .. } if !each => Some(assignment.count),
        Who::Group(_)
        | Who::Role(_)
        | Who::Node { .. }
        | Who::OwnerOf(_)
        | Who::OwnersOfItems
        | Who::OfRequester(_)
        | Who::OfRequest(..)
        | Who::OfApprover(_)
        | Who::Script(_)
        | Who::Plugin(_) => None,
    }
}

fn properties(condition: &Condition, into: &mut BTreeSet<PropertyName>) {
    match condition {
        Condition::Test(test) => {
            if let Path::Property(name) = &test.path {
                into.insert(name.clone());
            }
        }
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().for_each(|part| properties(part, into));
        }
        Condition::Not(part) => properties(part, into),
        Condition::Script(_) | Condition::Plugin(_) => {}
    }
}

fn only_properties(condition: &Condition) -> bool {
    match condition {
        Condition::Test(test) => matches!(test.path, Path::Property(_)),
        Condition::All(parts) | Condition::Any(parts) => parts.iter().all(only_properties),
        Condition::Not(part) => only_properties(part),
        Condition::Script(_) | Condition::Plugin(_) => false,
    }
}
