//! Reading: a request, its history, who can decide and why not, lists. Everything is checked
//! against REQ-10 first.

use std::{collections::BTreeSet, sync::Arc};

use engine_core::{
    directory::User,
    eligibility::Standing,
    evaluate::View,
    event::Recorded,
    evolve::replay,
    explanation::Explanation,
    ids::{AssignmentId, RequestId, StepId, UserId},
    matching::Possibilities,
    question::{Answers, Inquiry, Question},
    rejection::{Rejection, Unmet},
    request::{
        Block, Choice, Execution, ExecutionState, OpenStep, Request, SeatId, SkippedBecause,
        Status, StepState,
    },
    resolve::Opening,
    rule::Rule,
    visibility::sees,
};
use engine_store::{Cursor, Limit, List, Order, Paging, Position, StoredEvent, Subject};

use crate::{
    caller::Caller, codec::decode, engine::Engine, error::EngineError,
    organization::OrganizationState,
};

/// A request as somebody sees it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The request.
    pub request: Arc<Request>,
    /// How many commits led to it.
    pub sequence: u64,
}

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
    /// `waiting`, `skipped`, `active` or `complete`.
    pub state: &'static str,
    /// Who can decide, could have, or will be asked as things are.
    pub people: Vec<UserId>,
    /// Who fills which seat.
    pub seats: Vec<(AssignmentId, Option<UserId>)>,
    /// Why it was, or would be, skipped.
    pub why: Option<Explanation>,
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

/// Which requests to list.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// Which list.
    pub list: List,
    /// Which end first.
    pub order: Order,
    /// Where to go on.
    pub after: Option<Cursor>,
    /// At most so many, up to 200.
    pub limit: usize,
}

/// A page of requests.
#[derive(Clone, Debug)]
pub struct RequestPage {
    /// In order; rows that the caller may not see are left out, so that a page can be short.
    pub items: Vec<Summary>,
    /// Where the next page begins.
    pub next: Option<Cursor>,
}

/// A request in a list.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The request.
    pub request: Arc<Request>,
    /// In *to decide*: what keeps the caller from deciding it now; empty where nothing does.
    pub unmet: Option<Vec<Unmet>>,
}

impl Engine {
    /// A request.
    ///
    /// # Errors
    /// `not_found`, the same for one that is not there and one that the caller may not see.
    pub async fn request(&self, caller: &Caller, request: &RequestId) -> Result<Seen, EngineError> {
        let (_, _, seen) = self.visible(caller, request).await?;
        Ok(seen)
    }

    async fn visible(
        &self,
        caller: &Caller,
        id: &RequestId,
    ) -> Result<(Arc<OrganizationState>, Arc<Rule>, Seen), EngineError> {
        let state = self.organization(&caller.org)?;
        let loaded = self.load_request(&caller.org, id).await?;
        let (request, sequence) = loaded.ok_or(Rejection::NotFound)?;
        let rule = Self::rule_of(&state, &request)?;
        let directory = &state.organization.directory;
        let person = directory.active(&caller.user).ok_or(Rejection::NotFound)?;
        if !sees(directory, &rule, &request, person) {
            return Err(Rejection::NotFound.into());
        }
        Ok((state, rule, Seen { request: Arc::new(request), sequence: sequence.0 }))
    }

    /// Everything that happened to a request, oldest first (AUD-1).
    ///
    /// # Errors
    /// `not_found`.
    pub async fn history(
        &self,
        caller: &Caller,
        request: &RequestId,
    ) -> Result<Vec<Recorded>, EngineError> {
        self.visible(caller, request).await?;
        let events = self.stored_events(caller, request).await?;
        events.iter().map(|event| decode("event", &event.body)).collect()
    }

    /// The request as it was after so many commits (AUD-3).
    pub(crate) async fn as_of(
        &self,
        caller: &Caller,
        request: &RequestId,
        sequence: u64,
    ) -> Result<Request, EngineError> {
        let mut recorded: Vec<Recorded> = Vec::new();
        for event in self.stored_events(caller, request).await? {
            if event.sequence.0 <= sequence {
                recorded.push(decode("event", &event.body)?);
            }
        }
        replay(&recorded).ok_or_else(|| Rejection::NotFound.into())
    }

    async fn stored_events(
        &self,
        caller: &Caller,
        request: &RequestId,
    ) -> Result<Vec<StoredEvent>, EngineError> {
        let mut events: Vec<StoredEvent> = Vec::new();
        loop {
            let after = events.last().map_or(Position::default(), |event| event.position);
            let page = self.inner.store.history(&caller.org, request, after, Limit::MAX).await?;
            let is_last = page.len() < Limit::MAX.get();
            let own = Subject::Request(request.clone());
            events.extend(page.into_iter().filter(|event| event.subject == own));
            if is_last {
                return Ok(events);
            }
        }
    }

    /// Who can decide, who will be asked, and what keeps a person from deciding (ELG-2).
    ///
    /// # Errors
    /// `not_found`.
    pub async fn explain(
        &self,
        caller: &Caller,
        request: &RequestId,
        person: Option<&UserId>,
    ) -> Result<Explained, EngineError> {
        let (state, rule, seen) = self.visible(caller, request).await?;
        let request = &seen.request;
        Ok(self.asking(&state, &rule, request, |view| explain(view, request, person)).await)
    }

    /// Looks at a request until every question that the look raises is answered.
    async fn asking<T>(
        &self,
        state: &OrganizationState,
        rule: &Rule,
        request: &Request,
        look: impl Fn(&View<'_>) -> T,
    ) -> T {
        let mut answers = Answers::new();
        loop {
            let (seen, open) = self.look(state, rule, request, &answers, &look);
            if open.is_empty() {
                return seen;
            }
            self.answer_all(state, Some(request), open, &mut answers).await;
        }
    }

    fn look<T>(
        &self,
        state: &OrganizationState,
        rule: &Rule,
        request: &Request,
        answers: &Answers,
        look: impl Fn(&View<'_>) -> T,
    ) -> (T, Vec<Question>) {
        let inquiry = Inquiry::new(answers);
        let organization = &state.organization;
        let view = View { organization, rule, request, at: self.now(), inquiry: &inquiry };
        (look(&view), inquiry.into_open())
    }

    /// A page of a list, what the caller may not see left out.
    ///
    /// # Errors
    /// The store's, for a cursor of another list.
    pub async fn list(
        &self,
        caller: &Caller,
        query: &ListQuery,
    ) -> Result<RequestPage, EngineError> {
        let state = self.organization(&caller.org)?;
        let directory = &state.organization.directory;
        let person = directory.active(&caller.user).ok_or(Rejection::NotFound)?.clone();
        let paging = Paging {
            order: query.order,
            after: query.after.clone(),
            limit: Limit::new(query.limit),
        };
        let page = self.inner.store.list(&caller.org, &query.list, &paging).await?;
        let mut items = Vec::new();
        for row in page.items {
            let request: Request = decode("request", &row.loaded.snapshot)?;
            let rule = Self::rule_of(&state, &request)?;
            if !sees(directory, &rule, &request, &person) {
                continue;
            }
            let request = Arc::new(request);
            let unmet = match query.list {
                List::ToDecide { .. } => {
                    Some(self.standing(&state, &rule, &request, &person).await.unmet)
                }
                List::All
                | List::State(_)
                | List::Rule(_)
                | List::Kind(_)
                | List::Resource(_)
                | List::Mine(_) => None,
            };
            items.push(Summary { request, unmet });
        }
        Ok(RequestPage { items, next: page.next })
    }

    async fn standing(
        &self,
        state: &OrganizationState,
        rule: &Rule,
        request: &Request,
        person: &User,
    ) -> Standing {
        self.asking(state, rule, request, |view| view.standing(person)).await
    }
}

fn explain(view: &View<'_>, request: &Arc<Request>, person: Option<&UserId>) -> Explained {
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

fn explain_step(
    view: &View<'_>,
    step: &engine_core::rule::Step,
    state: &StepState,
) -> StepExplained {
    let (word, people, seats, why) = match state {
        StepState::Waiting => match view.opening(step) {
            Opening::Open(seats) => {
                let people: BTreeSet<UserId> =
                    seats.iter().flat_map(|seat| seat.people.clone()).collect();
                let seats = seats.into_iter().map(|seat| (seat.assignment, None)).collect();
                ("waiting", people, seats, None)
            }
            Opening::Skip(SkippedBecause::Condition(why)) | Opening::Undecided(why) => {
                ("waiting", BTreeSet::new(), Vec::new(), Some(why))
            }
            Opening::Skip(SkippedBecause::Nobody(_)) | Opening::Short(..) => {
                ("waiting", BTreeSet::new(), Vec::new(), None)
            }
        },
        StepState::Skipped { why, .. } => {
            let why = match why {
                SkippedBecause::Condition(explanation) => Some(explanation.clone()),
                SkippedBecause::Nobody(_) => None,
            };
            ("skipped", BTreeSet::new(), Vec::new(), why)
        }
        StepState::Active(open) => {
            let people = view.decision_makers().into_iter().collect();
            ("active", people, filled(open), None)
        }
        StepState::Complete { step, filled, .. } => {
            let people = filled.values().cloned().collect();
            let seats = step
                .seats
                .iter()
                .map(|seat| (seat.assignment.clone(), filled.get(&seat.id).cloned()))
                .collect();
            ("complete", people, seats, None)
        }
    };
    let people = people.into_iter().collect();
    StepExplained {
        id: step.id.clone(),
        title: step.title.clone(),
        state: word,
        people,
        seats,
        why,
    }
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
    let visible = sees(directory, view.rule, request, user);
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
    let has = |wanted: fn(&Execution) -> bool| request.executions.iter().any(wanted);
    let started = has(|execution| execution.attempts > 0);
    let commands = [
        ("approve", standing.can_approve()),
        ("reject", standing.can_decide() && !request.urgent),
        (
            "cancel",
            request.requester == user.id && request.is_open() && !(request.urgent && started),
        ),
        ("reevaluate", administrates && request.is_open()),
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
            "revoke",
            has(|e| matches!(e.state, ExecutionState::Active { .. }))
                && (administrates || request.requester == user.id),
        ),
    ];
    commands.into_iter().filter(|(_, may)| *may).map(|(name, _)| name).collect()
}
