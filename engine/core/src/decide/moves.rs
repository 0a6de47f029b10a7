//! A request comes under another rule, or another version of its own: a restart (RUL-2), or its data or the
//! rules have changed and another rule of its group takes it (RUL-4).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value as Json;

use super::{Draft, form::FormReader};
use crate::{
    command::{Edit, Restart, RestartOrder},
    directory::{Directory, OrganizationRole, User},
    effect::{Effect, Notice},
    event::{Actor, Event, Moved, MovedBecause},
    explanation::Explanation,
    extension::Item,
    ids::{PropertyName, StepId, UserId},
    rejection::{FieldProblem, Forbidden, Rejection, Tried, Unmet},
    request::{Block, Choice, Decision, Execution, Request, Review, WouldTake},
    rule::{Assignment, Field, Names, Rule, Who, write_literal},
    value::Value,
};

/// What takes a request as it is, or would be.
pub(super) enum Taker<'a> {
    /// The rule that it is under.
    Own,
    /// Another rule of its group, or another version of its own.
    Other(&'a Rule),
    /// No rule of its group, or nobody can say which.
    Nobody(Explanation),
}

/// A request about to begin under another rule.
pub(super) struct Arrival<'a> {
    rule: &'a Rule,
    next: Request,
    review: Option<Review>,
    kept: BTreeMap<StepId, Vec<Decision>>,
    why: MovedBecause,
}

impl<'a> Draft<'a> {
    /// Begins again under the newest version of the rule (RUL-2).
    pub(super) fn restart(&mut self, wanted: &Restart) -> Result<(), Rejection> {
        let person = self.person()?;
        if !manages_rules(person) {
            return Err(Rejection::Forbidden(Forbidden::OnlyRuleManagers));
        }
        self.check_seen(wanted.seen.as_ref())?;
        self.check_restartable()?;
        let comment = self.comment(wanted.comment.as_deref(), false)?;
        self.begin_again(MovedBecause::Restarted { by: person.id.clone(), comment, order: None })
    }

    /// The same with all open requests of its rule. Each follows an order once, and only if it was there when
    /// the order was given; what cannot be done is kept, and told to who gave it.
    pub(super) fn follow(&mut self, order: &RestartOrder) -> Result<(), Rejection> {
        let followed = self.request.restart_order.is_some_and(|last| last >= order.number);
        if followed || self.request.submitted_at > order.at {
            return Ok(());
        }
        self.check_restartable()?;
        let RestartOrder { number, by, comment, .. } = order;
        let (by, comment, order) = (by.clone(), comment.clone(), Some(*number));
        let why = MovedBecause::Restarted { by: by.clone(), comment, order };
        if let Err(why) = self.begin_again(why) {
            let event =
                Event::RestartRefused { by: by.clone(), order: *number, why: Box::new(why) };
            self.record(event);
            self.tell(Notice::RestartRefused, BTreeSet::from([by]));
        }
        Ok(())
    }

    fn check_restartable(&self) -> Result<(), Rejection> {
        if !self.request.is_under_way() {
            return Err(self.wrong_status(None));
        }
        if self.request.on_hold { Err(Rejection::OnHold) } else { Ok(()) }
    }

    /// Nothing of an urgent request begins again: what it asked for was done under the rule that it was
    /// submitted under (DEC-4).
    fn begin_again(&mut self, why: MovedBecause) -> Result<(), Rejection> {
        if self.request.urgent {
            return Err(Rejection::UrgentApproveOnly);
        }
        self.check_time()?;
        let Some(rule) = self.context.route.own else {
            let title = self.context.rule.title.clone();
            return Err(Rejection::RuleRetired { title, tried: Tried::Restart });
        };
        self.move_to(rule, &Edit::default(), why)?;
        if matches!(self.request.blocked, Some(Block::NotTaken { .. })) {
            self.start_route();
        }
        Ok(())
    }

    /// Which rule takes the request with these changes (RUL-4): its own where it was submitted under one, and
    /// where it was urgent.
    pub(super) fn taker(&self, edit: &Edit) -> Taker<'a> {
        let route = self.context.route;
        if route.group.is_none() || self.request.urgent {
            return Taker::Own;
        }
        let mut unmet = Vec::new();
        for rule in self.candidates() {
            match self.under(rule, edit).0.check_entry() {
                Ok(()) if is_same(rule, self.context.rule) => return Taker::Own,
                Ok(()) => return Taker::Other(rule),
                // Those behind one that cannot be asked are not tried (CND-3).
                Err(Rejection::ConditionFailed { explanation }) => {
                    return Taker::Nobody(*explanation);
                }
                Err(Rejection::NoRule { explanation, .. }) => unmet.push(*explanation),
                Err(_) => {}
            }
        }
        Taker::Nobody(Explanation::any(unmet))
    }

    /// The rules of the group in their order; of its own the version that it is bound to (RUL-2), and after
    /// that the newest.
    fn candidates(&self) -> Vec<&'a Rule> {
        let bound = self.context.rule;
        let mut candidates: Vec<&'a Rule> = Vec::new();
        for rule in self.context.route.rules.iter().map(Arc::as_ref) {
            if rule.id == bound.id && rule.version != bound.version {
                candidates.push(bound);
            }
            candidates.push(rule);
        }
        candidates
    }

    /// Begins the route; a request of a group under the rule that takes it now. Where that one asks for more
    /// than the request says, or is not for its requester, it stays where it is.
    pub(super) fn start_route(&mut self) {
        match self.taker(&Edit::default()) {
            Taker::Own => self.run_route(),
            Taker::Nobody(explanation) => {
                self.block(Block::NotTaken { explanation, other: None });
            }
            Taker::Other(rule) => {
                if let Err(why) = self.move_to(rule, &Edit::default(), MovedBecause::Routed) {
                    let title = rule.title.clone();
                    self.run_route_or(Some(Box::new(WouldTake { title, why })));
                }
            }
        }
    }

    /// Comes under a rule as it is, with these changes; nothing has changed where that is refused.
    fn move_to(&mut self, rule: &'a Rule, edit: &Edit, why: MovedBecause) -> Result<(), Rejection> {
        let (next, problems) = self.under(rule, edit);
        let Some(requester) = self.context.organization.directory.user(&self.request.requester)
        else {
            return Err(Rejection::NotFound);
        };
        match why {
            // RUL-1: data that changes brings nobody under a rule that is not for them.
            MovedBecause::Routed => next.check_submitter(requester)?,
            // Who restarts it manages rules, and keeps it under its own.
            MovedBecause::Restarted { .. } => {}
        }
        next.check_targets(requester)?;
        next.check_filled(requester, problems)?;
        let arrival = self.arrival(next, why)?;
        self.arrive(arrival);
        Ok(())
    }

    /// All that can keep the request from the rule of `next`, which is this request as that rule takes it. It
    /// begins with the review where it is in one, else with the first step (REQ-1).
    pub(super) fn arrival(
        &self,
        mut next: Self,
        why: MovedBecause,
    ) -> Result<Arrival<'a>, Rejection> {
        let rule = next.context.rule;
        next.plan()?;
        let review = match rule.review_first {
            Some(_) if self.request.is_in_review() => Some(next.new_review()?),
            Some(_) | None => None,
        };
        let kept = match why {
            MovedBecause::Routed if rule.keep_decisions => self.keepable(rule, &next),
            MovedBecause::Routed | MovedBecause::Restarted { .. } => BTreeMap::new(),
        };
        Ok(Arrival { rule, next: next.request, review, kept, why })
    }

    /// Begins under another rule.
    pub(super) fn arrive(&mut self, arrival: Arrival<'a>) {
        let Arrival { rule, next, review, kept, why } = arrival;
        self.tell_dropped(&kept);
        self.record(Event::RequestMoved(Box::new(Moved {
            why,
            from: self.request.rule.clone(),
            from_version: self.request.rule_version,
            from_title: self.context.rule.title.clone(),
            rule: next.rule,
            version: next.rule_version,
            title: rule.title.clone(),
            kind: next.kind,
            properties: next.properties,
            items: next.items,
            picks: next.picks,
            steps: rule.steps.iter().map(|step| step.id.clone()).collect(),
            to_review: review.is_some(),
            executions: next.executions,
            kept,
            revision: next.revision,
        })));
        self.context.rule = rule;
        match review {
            Some(review) => self.start_review(review),
            None => self.run_route(),
        }
    }

    /// The request under a rule, with changes; and what is wrong with its values.
    pub(super) fn under(&self, rule: &'a Rule, edit: &Edit) -> (Self, Vec<FieldProblem>) {
        let organization = self.context.organization;
        let names = Names::of_organization(organization);
        let mut reader =
            FormReader { names: &names, rates: self.request.rates.as_ref(), problems: Vec::new() };
        let mut next = self.request.clone();
        next.revision = next.revision.saturating_add(1);
        let items = if is_same(rule, self.context.rule) {
            next.properties =
                reader.change("properties", &rule.form, &edit.properties, &next.properties);
            edit.items.clone()
        } else {
            next.rule.clone_from(&rule.id);
            next.rule_version = rule.version;
            next.kind.clone_from(&rule.kind);
            let mut values = reader.written("properties", &rule.form, &next.properties);
            values.extend(edit.properties.clone());
            next.properties = reader.read("properties", &rule.form, &values);
            next.picks.retain(|id, _| assignments(rule).any(|it| it.id == *id && is_pick(it)));
            let written = reader.written_items(&rule.item_form, &next.items);
            Some(edit.items.clone().unwrap_or(written))
        };
        if let Some(items) = &items {
            next.items = reader.items(&rule.item_form, items);
            reader.refuse_rejected(&next);
        }
        reader.beside_the_form(rule, &organization.directory, edit, &mut next);
        let context = super::Context { rule, ..self.context };
        (Draft::new(&context, self.inquiry, next), reader.problems)
    }

    /// Decisions of steps that the rule has too, given for exactly what would be done (EXE-6a). A rejection
    /// that ended the request is no longer one.
    fn keepable(&self, rule: &Rule, next: &Self) -> BTreeMap<StepId, Vec<Decision>> {
        let mut kept: BTreeMap<StepId, Vec<Decision>> = BTreeMap::new();
        let waiting =
            self.request.kept.iter().flat_map(|(id, all)| all.iter().map(move |d| (id, d)));
        let opened = self.request.opened();
        let made = opened.flat_map(|(id, open)| open.decisions.iter().map(move |d| (id, d)));
        for (step, decision) in waiting.chain(made) {
            let counts = match decision.choice {
                Choice::Approve => is_for(decision, &next.request.executions),
                Choice::Reject => self.request.is_open(),
            };
            if counts && decision.carried_from.is_none() && rule.step(step).is_some() {
                kept.entry(step.clone()).or_default().push(decision.clone());
            }
        }
        kept
    }

    /// Counts decisions that were kept in the step that has just opened, of those who could make them in it.
    pub(super) fn keep(&mut self, step: &StepId, kept: Vec<Decision>) {
        let mut rejected = false;
        for before in kept {
            let directory = &self.context.organization.directory;
            let Some(person) = directory.active(&before.by) else { continue };
            let standing = self.view().standing(person);
            let may = standing.unmet.iter().all(|unmet| match unmet {
                // A request that was blocked goes on with this step.
                Unmet::Blocked { .. } => true,
                Unmet::RequiredProperties { .. } => before.choice == Choice::Reject,
                _ => false,
            });
            if !may || standing.on_behalf_of != before.on_behalf_of {
                continue;
            }
            rejected |= before.choice == Choice::Reject;
            let (seats, or_seats) = (standing.seats, standing.or_seats);
            let decision = Decision { seats, or_seats, kept: true, ..before };
            self.record(Event::DecisionRecorded { step: step.clone(), decision });
        }
        if rejected {
            self.after_rejection(step.clone());
        }
    }

    /// REQ-3: who decided is told, where that does not count any more.
    fn tell_dropped(&mut self, kept: &BTreeMap<StepId, Vec<Decision>>) {
        let mut told: BTreeSet<UserId> =
            self.request.live_decisions().map(|decision| decision.by.clone()).collect();
        let still: BTreeSet<&UserId> = kept.values().flatten().map(|kept| &kept.by).collect();
        told.retain(|id| !still.contains(id));
        if let Actor::User(me) = &self.context.meta.actor {
            told.remove(me);
        }
        if !told.is_empty() {
            self.order(Effect::Notify(Notice::Restarted(told)));
        }
    }
}

impl FormReader<'_> {
    /// All that a form does not ask for.
    fn beside_the_form(
        &mut self,
        rule: &Rule,
        directory: &Directory,
        edit: &Edit,
        next: &mut Request,
    ) {
        next.picks.extend(self.picks(rule, directory, &edit.picks));
        if let Some(logins) = &edit.target_users {
            next.target_users = self.target_users(directory, logins);
        }
        if let Some(title) = &edit.title {
            title.trim().clone_into(&mut next.title);
        }
        if let Some(reason) = &edit.reason {
            reason.trim().clone_into(&mut next.reason);
        }
        next.approval_expires = edit.approval_expires.or(next.approval_expires);
        next.ends = edit.ends.or(next.ends);
    }

    /// Values as they would be written, of those that a form has.
    fn written(
        &mut self,
        at: &str,
        form: &[Field],
        values: &BTreeMap<PropertyName, Value>,
    ) -> BTreeMap<String, Json> {
        let mut written = BTreeMap::new();
        for field in form.iter().filter(|field| field.calculated.is_none()) {
            let Some(value) = values.get(&field.name) else { continue };
            match write_literal(value, self.names) {
                Ok(json) => drop(written.insert(field.name.to_string(), json)),
                Err(wrong) => self.problem(format!("{at}.{}", field.name), wrong),
            }
        }
        written
    }

    fn written_items(&mut self, form: &[Field], items: &[Item]) -> Vec<Json> {
        let mut all = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let mut fields = self.written(&format!("items[{index}]"), form, &item.fields);
            fields.insert("resource".to_owned(), Json::String(item.resource.to_string()));
            all.push(Json::Object(fields.into_iter().collect()));
        }
        all
    }
}

/// FIN-17
fn manages_rules(person: &User) -> bool {
    match person.role {
        OrganizationRole::Owner
        | OrganizationRole::Administrator
        | OrganizationRole::WorkflowManager => true,
        OrganizationRole::Auditor | OrganizationRole::User => false,
    }
}

pub(super) fn is_same(a: &Rule, b: &Rule) -> bool {
    (&a.id, a.version) == (&b.id, b.version)
}

fn assignments(rule: &Rule) -> impl Iterator<Item = &Assignment> {
    rule.steps.iter().flat_map(|step| &step.assignments)
}

fn is_pick(assignment: &Assignment) -> bool {
    matches!(assignment.who, Who::Pick(_))
}

/// Whether an approval was given for all that these executions would do.
fn is_for(decision: &Decision, executions: &[Execution]) -> bool {
    executions.iter().all(|execution| {
        decision.payloads.get(&execution.id).is_some_and(|hash| *hash == execution.payload)
    })
}
