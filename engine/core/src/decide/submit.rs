//! Submission: everything that can be wrong is found at once (REQ-2), and an impossible request is
//! refused before anybody is asked (STP-7).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{Changes, Context, Draft, active_person, form::FormReader, route, wrong_length};
use crate::{
    command::Submit,
    directory::User,
    effect::{Effect, Timer},
    evaluate::View,
    event::Event,
    explanation::Outcome,
    extension::{Item, Problem},
    ids::{AssignmentId, ExecutionId, PropertyName, UserId},
    payload::PayloadHash,
    question::{Ask, Inquiry, Question},
    rejection::{FieldProblem, Forbidden, Rejection, UrgentGate, WrongTime},
    request::{Closure, Execution, ExecutionState, Files, Phase, Request, StepRecord, Talk},
    rule::{Config, Executor, Names},
    value::{Span, Value},
    visibility::is_among,
};

pub(super) fn submit<'a>(
    context: &Context<'a>,
    inquiry: &'a Inquiry<'a>,
    submit: &Submit,
    revision: u32,
    talk: Talk,
) -> Result<Changes, Rejection> {
    let requester = active_person(context)?;
    let context = &route::routed(context, inquiry, requester, submit)?;
    let (request, problems) = read(context, requester, submit);
    // What was attached to its draft is what its values can name.
    let request = Request { revision, talk, ..request };
    let mut draft = Draft::first(context, inquiry, request);
    draft.check_gates(requester)?;
    draft.check_form(requester, problems)?;
    draft.check_entry()?;
    draft.plan()?;
    // Nobody is asked about what a condition approves, so nobody has to be there (STP-14).
    if draft.auto_approval().is_none() {
        let shortages = draft.impossible_steps();
        if !shortages.is_empty() {
            return Err(Rejection::NoApprovers(shortages));
        }
    }
    let submitted = Request { talk: Talk::default(), ..draft.request.clone() };
    draft.record(Event::RequestSubmitted(Box::new(submitted)));
    if let Some(expiry) = draft.request.approval_expires {
        draft.order(Effect::SetTimer(Timer::ApprovalExpiry, expiry));
    }
    draft.begin()?;
    if draft.request.urgent {
        draft.release();
    }
    Ok(draft.finish())
}

/// The request as asked for, and what is wrong with it so far.
pub(super) fn read(
    context: &Context<'_>,
    requester: &User,
    submit: &Submit,
) -> (Request, Vec<FieldProblem>) {
    let (filled, problems) = read_values(context, submit);
    let request = Request {
        target_users: filled.target_users,
        properties: filled.properties,
        items: filled.items,
        picks: filled.picks,
        ..bare(context, requester, submit)
    };
    (request, problems)
}

/// The same without what the form says.
pub(super) fn bare(context: &Context<'_>, requester: &User, submit: &Submit) -> Request {
    Request {
        id: submit.id.clone(),
        organization: context.organization.id.clone(),
        rule: context.rule.id.clone(),
        rule_version: context.rule.version,
        group: context.route.group.cloned(),
        kind: context.rule.kind.clone(),
        requester: requester.id.clone(),
        title: submit.title.trim().to_owned(),
        reason: submit.reason.trim().to_owned(),
        rejected_items: Vec::new(),
        rates: context.organization.rates.clone(),
        urgent: submit.urgent,
        submitted_at: context.meta.at,
        approval_expires: expiry(context, submit),
        ends: submit.ends,
        revision: 1,
        phase: Phase::Open,
        blocked: None,
        on_hold: false,
        closure: closure(context, submit),
        talk: Talk::default(),
        held_since: None,
        steps: StepRecord::all_waiting(context.rule),
        executions: Vec::new(),
        former_seats: Vec::new(),
        confirmations: Vec::new(),
        kept: BTreeMap::new(),
        restart_order: None,
        draft: None,
        review: None,
        editors: BTreeSet::new(),
        target_users: Vec::new(),
        properties: BTreeMap::new(),
        items: Vec::new(),
        picks: BTreeMap::new(),
    }
}

/// What a submission fills in, as the rule and the directory take it.
struct Filled {
    properties: BTreeMap<PropertyName, Value>,
    items: Vec<Item>,
    picks: BTreeMap<AssignmentId, Vec<UserId>>,
    target_users: Vec<UserId>,
}

fn read_values(context: &Context<'_>, submit: &Submit) -> (Filled, Vec<FieldProblem>) {
    let organization = context.organization;
    let names = Names::of_organization(organization);
    let mut reader =
        FormReader { names: &names, rates: organization.rates.as_ref(), problems: Vec::new() };
    let properties = reader.read("properties", &context.rule.form, &submit.properties);
    let items = reader.items(&context.rule.item_form, &submit.items);
    let picks = reader.picks(context.rule, &organization.directory, &submit.picks);
    let target_users = reader.target_users(&organization.directory, &submit.target_users);
    (Filled { properties, items, picks, target_users }, reader.problems)
}

/// URG-5a: when the approval of an urgent request is due.
fn closure(context: &Context<'_>, submit: &Submit) -> Option<Closure> {
    let settings = &context.organization.settings;
    let due = settings.after(context.meta.at, settings.urgent_due).filter(|_| submit.urgent)?;
    Some(Closure { due, reminded: None, missed: None })
}

/// REQ-2, REQ-8: as asked for, else by the rule, else by the setting; never for urgent requests.
fn expiry(context: &Context<'_>, submit: &Submit) -> Option<DateTime<Utc>> {
    if submit.urgent {
        return submit.approval_expires;
    }
    let most = longest_expiry(context);
    let by_rule = context.rule.approval_expires_after.and_then(|span| after(context.meta.at, span));
    let usual = by_rule.map_or(most, |by_rule| by_rule.min(most));
    // An approval after the end of what is asked for would be about nothing.
    let usual =
        submit.ends.filter(|ends| *ends > context.meta.at).map_or(usual, |end| usual.min(end));
    Some(submit.approval_expires.unwrap_or(usual))
}

fn longest_expiry(context: &Context<'_>) -> DateTime<Utc> {
    let most = context.organization.settings.approval_expiry_max;
    after(context.meta.at, most).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The instant that a span on the clock ends; none for business days.
pub(super) fn after(start: DateTime<Utc>, span: Span) -> Option<DateTime<Utc>> {
    start.checked_add_signed(span.on_the_clock()?)
}

impl Draft<'_> {
    /// Who may submit (RUL-1), and the gates of urgent mode (URG-1).
    fn check_gates(&self, requester: &User) -> Result<(), Rejection> {
        let rule = self.context.rule;
        self.check_submitter(requester)?;
        self.check_targets(requester)?;
        if self.request.urgent && !self.context.organization.settings.urgent {
            return Err(Rejection::UrgentNotAllowed(UrgentGate::Organization));
        }
        if self.request.urgent && !rule.urgent {
            return Err(Rejection::UrgentNotAllowed(UrgentGate::Rule));
        }
        if self.request.urgent { self.check_closure() } else { Ok(()) }
    }

    /// RUL-1
    pub(super) fn check_submitter(&self, requester: &User) -> Result<(), Rejection> {
        let rule = self.context.rule;
        let may =
            rule.submitters.as_ref().is_none_or(|whos| is_among(whos, &self.request, requester));
        if may {
            return Ok(());
        }
        Err(Rejection::Forbidden(Forbidden::NotASubmitter { title: rule.title.clone() }))
    }

    /// REQ-6
    pub(super) fn check_targets(&self, requester: &User) -> Result<(), Rejection> {
        let rule = self.context.rule;
        if !rule.for_others && self.request.target_users.iter().any(|user| *user != requester.id) {
            return Err(Rejection::Forbidden(Forbidden::NotForOthers {
                title: rule.title.clone(),
            }));
        }
        Ok(())
    }

    /// URG-5a: whoever leaves too many urgent requests without their approval does not go on so. Where
    /// nobody can say how many, the gate is shut.
    fn check_closure(&self) -> Result<(), Rejection> {
        let question = self.view().question(Ask::OverdueUrgent, &Config::new(), None);
        let limit = self.context.organization.settings.urgent_overdue_limit;
        match self.inquiry.overdue_urgent(question) {
            Ok(overdue) if overdue <= limit => Ok(()),
            Ok(overdue) => Err(Rejection::UrgentOverdue { overdue: Some(overdue), limit }),
            Err(_) => Err(Rejection::UrgentOverdue { overdue: None, limit }),
        }
    }

    /// REQ-2: every failure at once.
    pub(super) fn check_form(
        &self,
        requester: &User,
        mut problems: Vec<FieldProblem>,
    ) -> Result<(), Rejection> {
        let bounds = &self.context.organization.settings.reason;
        for (field, text) in [("title", &self.request.title), ("reason", &self.request.reason)] {
            let wrong = wrong_length(text, bounds.min, bounds.max);
            problems.extend(wrong.map(|wrong| FieldProblem::new(field, wrong)));
        }
        self.check_dates(&mut problems);
        self.check_filled(requester, problems)
    }

    /// What of [`Draft::check_form`] is about the rule's own form.
    pub(super) fn check_filled(
        &self,
        requester: &User,
        mut problems: Vec<FieldProblem>,
    ) -> Result<(), Rejection> {
        problems.extend(self.view().check_values(requester, &problems));
        problems.extend(self.view().check_picks());
        if problems.is_empty() {
            problems = self.found_by_validators()?;
        }
        if problems.is_empty() { Ok(()) } else { Err(Rejection::Invalid(problems)) }
    }

    /// What the rule's validators find in a request that is well-formed. One that cannot say is no
    /// reason to take the request.
    fn found_by_validators(&self) -> Result<Vec<FieldProblem>, Rejection> {
        let mut problems = Vec::new();
        for validator in &self.context.rule.validators {
            let ask = Ask::Problems(validator.source.clone());
            let question = self.view().question(ask, &validator.config, None);
            let found =
                self.inquiry.problems(question).map_err(|failure| Rejection::ValidatorFailed {
                    source: validator.source.clone(),
                    class: failure.class,
                    message: failure.message,
                })?;
            problems.extend(found.into_iter().map(|problem| self.placed(problem)));
        }
        Ok(problems)
    }

    /// Where in the submission a problem is.
    fn placed(&self, problem: Problem) -> FieldProblem {
        let Problem { property, item, why } = problem;
        let items = &self.request.items;
        let place = item.and_then(|item| items.iter().position(|found| found.resource == item));
        let field = match (place, property) {
            (Some(place), Some(name)) => format!("items[{place}].{name}"),
            (Some(place), None) => format!("items[{place}]"),
            (None, Some(name)) => format!("properties.{name}"),
            (None, None) => "properties".to_owned(),
        };
        FieldProblem::new(field, why.text)
    }

    fn check_dates(&self, problems: &mut Vec<FieldProblem>) {
        let (at, latest) = (self.at(), longest_expiry(&self.context));
        let expiry = match self.request.approval_expires {
            Some(_) if self.request.urgent => Some(WrongTime::UrgentNeverExpires),
            Some(expiry) if expiry <= at => Some(WrongTime::NotAhead),
            Some(expiry) if expiry > latest => Some(WrongTime::AfterLatest { latest }),
            Some(_) | None => None,
        };
        let ends = match (self.request.ends, self.request.approval_expires) {
            (Some(ends), _) if ends <= at => Some(WrongTime::NotAhead),
            (Some(ends), Some(expires)) if ends < expires => {
                Some(WrongTime::EndsBeforeApproval { expires })
            }
            (Some(_) | None, _) => None,
        };
        for (field, wrong) in [("approval_expires", expiry), ("ends", ends)] {
            problems.extend(wrong.map(|wrong| FieldProblem::new(field, wrong)));
        }
    }

    /// The entry condition (CND-3, FIN-19).
    pub(super) fn check_entry(&self) -> Result<(), Rejection> {
        let Some(when) = &self.context.rule.when else { return Ok(()) };
        let explanation = self.view().condition(when, None);
        match explanation.outcome {
            Outcome::Met => Ok(()),
            Outcome::Unmet => {
                Err(Rejection::NoRule { group: None, explanation: Box::new(explanation) })
            }
            Outcome::Undecided => {
                Err(Rejection::ConditionFailed { explanation: Box::new(explanation) })
            }
        }
    }

    /// One execution per binding and item, planned unless urgent (EXE-1, EXE-6).
    pub(super) fn plan(&mut self) -> Result<(), Rejection> {
        let mut executions = Vec::new();
        for executor in &self.context.rule.executors {
            if self.request.items.is_empty() {
                executions.push(self.planned(executor, None)?);
            }
            for item in &self.request.items {
                executions.push(self.planned(executor, Some(item))?);
            }
        }
        self.request.executions = executions;
        Ok(())
    }

    fn planned(&self, executor: &Executor, item: Option<&Item>) -> Result<Execution, Rejection> {
        let view = self.view();
        let id = ExecutionId {
            binding: executor.id.clone(),
            item: item.map(|item| item.resource.clone()),
        };
        let plan = if self.request.urgent {
            None
        } else {
            Some(self.inquiry.plan(view.plan_question(executor, item)).map_err(|failure| {
                Rejection::PlanFailed {
                    binding: executor.id.clone(),
                    class: failure.class,
                    message: failure.message,
                }
            })?)
        };
        let config = view.resolve_config(&executor.config);
        let payload = PayloadHash::of(&id, &executor.plugin, &config, item, plan.as_ref());
        Ok(Execution {
            id,
            plugin: executor.plugin.clone(),
            config,
            plan,
            payload,
            manual: executor.manual.is_some(),
            is_grant: executor.window.is_some() || self.request.kind.as_str() == "access",
            state: ExecutionState::Waiting,
            first_started: None,
            attempts: 0,
            failures: 0,
            used: None,
            files: Files::default(),
        })
    }
}

impl View<'_> {
    /// What an execution would do, for one item where there are items.
    pub(super) fn plan_question(&self, executor: &Executor, item: Option<&Item>) -> Question {
        let ask = Ask::Plan { binding: executor.id.clone(), plugin: executor.plugin.clone() };
        let mut question = self.question(ask, &executor.config, None);
        question.facts.items = item.cloned().into_iter().collect();
        question
    }
}
