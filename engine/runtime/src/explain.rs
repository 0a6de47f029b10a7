//! Who can decide, who will be asked, and what keeps a person from deciding (ELG-2).

use std::{collections::BTreeSet, sync::Arc};

use engine_core::{
    directory::{OrganizationRole, User},
    eligibility::Standing,
    evaluate::View,
    explanation::Explanation,
    ids::{AssignmentId, StepId, UserId},
    matching::Possibilities,
    rejection::Unmet,
    request::{
        Block, Choice, Execution, ExecutionState, OpenStep, Phase, RejectedBy, Request, Seat,
        SeatId, SkippedBecause, Status, StepState,
    },
    resolve::Opening,
    rule::Step,
    visibility::{may_hold, may_report_use, sees},
};

/// Who can decide a request, and why not (ELG-2).
#[derive(Clone, Debug)]
pub struct Explained {
    /// The request.
    pub request: Arc<Request>,
    /// Its status.
    pub status: Status,
    /// Why it cannot go on.
    pub blocked: Option<Block>,
    /// Each step, past, present and to come.
    pub steps: Vec<StepExplained>,
    /// Who can decide in the active step.
    pub decision_makers: Vec<UserId>,
    /// The person asked about.
    pub person: Option<PersonExplained>,
    /// The route criteria.
    pub criteria: Explanation,
}

/// A step, past, present or to come.
#[derive(Clone, Debug)]
pub struct StepExplained {
    /// Which.
    pub id: StepId,
    /// Shown to people.
    pub title: String,
    /// `waiting`, `skipped`, `active`, `paused` or `complete`.
    pub state: &'static str,
    /// Who can decide, could have, or will be asked as things are.
    pub people: Vec<UserId>,
    /// Who fills which seat.
    pub seats: Vec<(AssignmentId, Option<UserId>)>,
    /// Why it was, or would be, skipped.
    pub why: Option<Explanation>,
    /// Its condition: as it was when it was skipped, else as things are (CND-4).
    pub when: Option<Explanation>,
    /// What its assignments ask for, as long as it is not over (CND-4).
    pub permissions: Vec<(AssignmentId, Explanation)>,
}

/// What a person can do.
#[derive(Clone, Debug)]
pub struct PersonExplained {
    /// Who.
    pub user: UserId,
    /// Whether they see the request.
    pub visible: bool,
    /// Whether they can approve.
    pub can_approve: bool,
    /// Whether they can decide at all.
    pub can_decide: bool,
    /// What keeps them from it, in the order of `rule-format.md`.
    pub unmet: Vec<Unmet>,
    /// The commands that would not be refused for their state or person.
    pub allowed: Vec<&'static str>,
}

pub(crate) fn explain(
    view: &View<'_>,
    request: &Arc<Request>,
    person: Option<&UserId>,
) -> Explained {
    let directory = &view.organization.directory;
    let steps = view.rule.steps.iter().filter_map(|step| {
        let record = request.step(&step.id)?;
        Some(explain_step(view, step, &record.state))
    });
    Explained {
        request: Arc::clone(request),
        status: request.status(),
        blocked: request.blocked.clone(),
        steps: steps.collect(),
        decision_makers: view.decision_makers(),
        person: person
            .and_then(|id| directory.user(id))
            .map(|user| explain_person(view, request, user)),
        criteria: view.criteria(),
    }
}

fn explain_step(view: &View<'_>, step: &Step, state: &StepState) -> StepExplained {
    let mut explained = StepExplained {
        id: step.id.clone(),
        title: step.title.clone(),
        state: "waiting",
        people: Vec::new(),
        seats: Vec::new(),
        why: None,
        when: None,
        permissions: Vec::new(),
    };
    match state {
        StepState::Waiting => explained.expect(view.opening(step)),
        StepState::Skipped { why, .. } => {
            explained.state = "skipped";
            explained.why = match why {
                SkippedBecause::Condition(explanation) => Some(explanation.clone()),
                SkippedBecause::Nobody(_) => None,
            };
        }
        StepState::Active(open) => {
            explained.state = "active";
            explained.asks(view.decision_makers());
            explained.seats = filled(open);
        }
        StepState::Paused(open) => {
            explained.state = "paused";
            explained.asks(open.seats.iter().flat_map(|seat| seat.people.clone()));
            explained.seats = filled(open);
        }
        StepState::Complete { step, filled, .. } => {
            explained.state = "complete";
            explained.asks(filled.values().cloned());
            let by = |seat: &Seat| (seat.assignment.clone(), filled.get(&seat.id).cloned());
            explained.seats = step.seats.iter().map(by).collect();
        }
    }
    (explained.when, explained.permissions) = conditions(view, step, state);
    explained
}

impl StepExplained {
    /// Who will be asked as things are, or why nobody will.
    fn expect(&mut self, opening: Opening) {
        match opening {
            Opening::Open(seats) => {
                self.asks(seats.iter().flat_map(|seat| seat.people.clone()));
                self.seats = seats.into_iter().map(|seat| (seat.assignment, None)).collect();
            }
            Opening::Skip(SkippedBecause::Condition(why)) | Opening::Undecided(why) => {
                self.why = Some(why);
            }
            Opening::Skip(SkippedBecause::Nobody(_)) | Opening::Short(..) => {}
        }
    }

    fn asks(&mut self, people: impl IntoIterator<Item = UserId>) {
        let people: BTreeSet<UserId> = people.into_iter().collect();
        self.people = people.into_iter().collect();
    }
}

/// What a step and its assignments ask for. Nobody asks for the permissions of a step that is over, or
/// does not apply as things are: its scripts and plugins are left alone.
fn conditions(
    view: &View<'_>,
    step: &Step,
    state: &StepState,
) -> (Option<Explanation>, Vec<(AssignmentId, Explanation)>) {
    let when = match state {
        StepState::Skipped { why: SkippedBecause::Condition(why), .. } => Some(why.clone()),
        StepState::Complete { .. } => None,
        StepState::Waiting
        | StepState::Skipped { why: SkippedBecause::Nobody(_), .. }
        | StepState::Active(_)
        | StepState::Paused(_) => {
            step.when.as_ref().map(|when| view.condition(when, Some(&step.id)))
        }
    };
    let is_to_come = match state {
        StepState::Waiting => when.as_ref().is_none_or(Explanation::is_met),
        StepState::Active(_) | StepState::Paused(_) => true,
        StepState::Skipped { .. } | StepState::Complete { .. } => false,
    };
    let asked = step.assignments.iter().filter(|_| is_to_come);
    let permissions = asked.map(|assignment| {
        (assignment.id.clone(), view.permissions(&assignment.permissions, &step.id))
    });
    (when, permissions.collect())
}

/// Who fills which seat of an open step, as the approvals stand.
fn filled(open: &OpenStep) -> Vec<(AssignmentId, Option<UserId>)> {
    let approvals = Possibilities::of_decisions(open.of(Choice::Approve));
    let all: BTreeSet<SeatId> = open.seats.iter().map(|seat| seat.id).collect();
    let filled = approvals.largest(&all);
    open.seats.iter().map(|seat| (seat.assignment.clone(), filled.get(&seat.id).cloned())).collect()
}

fn explain_person(view: &View<'_>, request: &Request, user: &User) -> PersonExplained {
    let standing = view.standing(user);
    let directory = &view.organization.directory;
    let visible = sees(directory, view.rule, request, user, view.at);
    PersonExplained {
        user: user.id.clone(),
        visible,
        can_approve: standing.can_approve(),
        can_decide: standing.can_decide(),
        allowed: if visible { allowed(view, request, user, &standing) } else { Vec::new() },
        unmet: standing.unmet,
    }
}

/// The commands that a console would enable.
fn allowed(
    view: &View<'_>,
    request: &Request,
    user: &User,
    standing: &Standing,
) -> Vec<&'static str> {
    use engine_core::directory::OrganizationRole::{Administrator, Owner};
    let administrates = matches!(user.role, Owner | Administrator);
    let started = request.executions.iter().any(|execution| execution.attempts > 0);
    let requests = request.requester == user.id;
    let is_free = request.is_open() && !request.on_hold;
    let commands = [
        ("approve", standing.can_approve()),
        ("reject", standing.can_decide() && !request.urgent),
        ("return_to_review", view.may_return_to_review(standing)),
        ("pass_review", request.is_in_review() && view.may_review(user)),
        ("edit", view.may_edit(user)),
        ("submit", requests && request.is_draft()),
        ("resubmit", requests && request.has_ended()),
        (
            "cancel",
            (requests && !request.has_ended() && !(request.urgent && started))
                || (request.is_in_review() && view.may_review(user)),
        ),
        ("confirm", view.may_confirm(user)),
        ("send_back", standing.can_decide() && !request.urgent && has_complete(request)),
        ("withdraw", may_withdraw(request, user)),
        ("force", administrates && is_free),
        ("hold", is_free && may_hold(&view.organization.directory, request, user)),
        (
            "release",
            request.is_open()
                && request.on_hold
                && may_hold(&view.organization.directory, request, user),
        ),
        ("reevaluate", administrates && request.is_under_way() && !request.on_hold),
        ("restart", may_restart(request, user)),
        ("add_approver", view.may_add_approvers(user)),
        ("reassign", standing.can_decide() && view.has_own_seat(user)),
    ];
    let commands = commands.into_iter().chain(on_executions(view, request, user, administrates));
    commands.filter(|(_, may)| *may).map(|(name, _)| name).collect()
}

/// RUL-2, FIN-17
fn may_restart(request: &Request, user: &User) -> bool {
    let manages = match user.role {
        OrganizationRole::Owner
        | OrganizationRole::Administrator
        | OrganizationRole::WorkflowManager => true,
        OrganizationRole::Auditor | OrganizationRole::User => false,
    };
    manages && request.is_under_way() && !request.on_hold && !request.urgent
}

/// The commands about executions, and whether a console would enable them.
fn on_executions(
    view: &View<'_>,
    request: &Request,
    user: &User,
    administrates: bool,
) -> [(&'static str, bool); 4] {
    let has = |wanted: fn(&Execution) -> bool| request.executions.iter().any(wanted);
    [
        (
            "run",
            has(|e| e.manual && matches!(e.state, ExecutionState::Scheduled { .. }))
                && view.may_execute(user),
        ),
        (
            "retry",
            has(|e| matches!(e.state, ExecutionState::Failed { .. }))
                && (administrates || view.may_execute(user)),
        ),
        (
            "use",
            request
                .executions
                .iter()
                .any(|e| e.awaits_use(view.at) && may_report_use(view.rule, request, e, user)),
        ),
        (
            "revoke",
            request.executions.iter().any(|e| {
                let owns = || e.is_on_resource_of(&view.organization.directory, &user.id);
                e.may_be_there() && (administrates || request.requester == user.id || owns())
            }),
        ),
    ]
}

fn has_complete(request: &Request) -> bool {
    request.steps.iter().any(|record| matches!(record.state, StepState::Complete { .. }))
}

/// DEC-5, as far as it can be said without trying.
fn may_withdraw(request: &Request, user: &User) -> bool {
    let rejected = match &request.phase {
        Phase::Open if request.on_hold => return false,
        Phase::Open => None,
        Phase::Rejected {
            by: RejectedBy::Decision { step } | RejectedBy::QuorumOutOfReach { step },
            ..
        } => Some(step),
        Phase::Draft
        | Phase::InReview
        | Phase::Rejected { .. }
        | Phase::Approved { .. }
        | Phase::Cancelled { .. }
        | Phase::Expired { .. } => return false,
    };
    request.steps.iter().any(|record| {
        let (StepState::Active(open) | StepState::Paused(open)) = &record.state else {
            return false;
        };
        open.decision_of(&user.id).is_some_and(|decision| match rejected {
            None => true,
            Some(step) => decision.choice == Choice::Reject && record.id == *step,
        })
    })
}
