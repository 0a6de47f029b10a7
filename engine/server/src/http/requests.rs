//! Submit, read, explain.

use std::collections::BTreeSet;

use axum::{Extension, Json, extract::State, response::Response};
use engine_api::{
    catalogue::{Names, Whom},
    command::SubmitRequest,
    view::{
        AssignmentConditions, ConditionView, EventList, EventView, ExplanationView, PersonView,
        SeatFilled, StepPeople,
    },
};
use engine_core::{
    explanation::Outcome,
    ids::{Login, RequestId, UserId},
};
use engine_runtime::{Explained, PersonExplained, StepExplained};
use serde::Deserialize;

use super::{
    AppState,
    caller::Known,
    extract::{Asked, Body, Id, field},
    outcome::joined,
    refusal::Refusal,
};

/// The id that a new request is to have, where code of this process says it: a world of test control
/// does. No header can put it there.
#[derive(Clone, Debug)]
pub(crate) struct NewId(pub(crate) RequestId);

pub(super) fn new_id(
    state: &AppState,
    new: Option<Extension<NewId>>,
) -> Result<RequestId, Refusal> {
    match new {
        Some(Extension(NewId(id))) => Ok(id),
        None => field("id", &state.engine.next_id("r")),
    }
}

pub(super) async fn submit(
    State(state): State<AppState>,
    known: Known,
    new: Option<Extension<NewId>>,
    Body(body): Body<SubmitRequest>,
) -> Result<Response, Refusal> {
    let id = new_id(&state, new)?;
    let (target, submit) =
        body.into_command(id).map_err(|rejection| Refusal::rejected(&rejection))?;
    let (engine, caller, of) = (state.engine.clone(), known.caller.clone(), target.clone());
    let done = tokio::spawn(async move { engine.submit(&caller, &of, submit).await });
    match joined(done.await)? {
        Ok(seen) => Ok(known.answer(&seen.request, None)),
        Err(error) => {
            let (rule, _) = target.parts();
            let newest = rule.and_then(|rule| known.organization.newest(rule));
            let rule = newest.map(|version| &*version.rule);
            Err(Refusal::of(&error, &known.names_of(rule)))
        }
    }
}

pub(super) async fn read(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
) -> Result<Response, Refusal> {
    let me = known.caller.user.clone();
    let explained = state.engine.explain(&known.caller, &id, Some(&me)).await;
    let explained = explained.map_err(|error| known.refusal(&error))?;
    let allowed = explained.person.map(|person| words(&person.allowed));
    Ok(known.answer(&explained.request, allowed))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    person: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// The most people of a page, and as many as there are where nobody says (FIN-25).
const MOST_PEOPLE: usize = 200;

pub(super) async fn explain(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
    Asked(about): Asked<About>,
) -> Result<Json<ExplanationView>, Refusal> {
    let person = match &about.person {
        Some(login) => {
            let login: Login = field("person", login)?;
            let user = known.organization.organization.directory.by_login(&login);
            Some(user.ok_or_else(|| {
                Refusal::invalid("person", format!("`{login}` is nobody's login"))
            })?)
        }
        None => None,
    };
    let explained = state.engine.explain(&known.caller, &id, person.map(|user| &user.id)).await;
    let mut explained = explained.map_err(|error| known.refusal(&error))?;
    let after = match &about.cursor {
        Some(cursor) => Some(person_at(&known, cursor)?),
        None => None,
    };
    let limit = about.limit.unwrap_or(MOST_PEOPLE).clamp(1, MOST_PEOPLE);
    let next = cut(&mut explained, after.as_ref(), limit);
    let names = known.names(&explained.request);
    let next = next.map(|last| names.login(&last));
    Ok(Json(ExplanationView { next, ..explanation(&explained, &known.caller.user, &names) }))
}

/// Who stood last on the page before.
fn person_at(known: &Known, cursor: &str) -> Result<UserId, Refusal> {
    let login = Login::parse(cursor).ok();
    let directory = &known.organization.organization.directory;
    let user = login.and_then(|login| directory.by_login(&login));
    let user = user.ok_or_else(|| Refusal::invalid("cursor", "is not the `next` of a page"))?;
    Ok(user.id.clone())
}

/// Leaves so many people in the lists, those after the cursor, the same in each; and says who is the last,
/// where there are more.
fn cut(explained: &mut Explained, after: Option<&UserId>, limit: usize) -> Option<UserId> {
    let steps = explained.steps.iter_mut().map(|step| &mut step.people);
    let mut lists: Vec<&mut Vec<UserId>> =
        std::iter::once(&mut explained.decision_makers).chain(steps).collect();
    let all: BTreeSet<UserId> = lists.iter().flat_map(|list| list.iter().cloned()).collect();
    let mut rest = all.into_iter().filter(|id| after.is_none_or(|after| id > after));
    let page: BTreeSet<UserId> = rest.by_ref().take(limit).collect();
    lists.iter_mut().for_each(|list| list.retain(|id| page.contains(id)));
    rest.next().and(page.into_iter().next_back())
}

pub(super) async fn history(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RequestId>,
) -> Result<Json<EventList>, Refusal> {
    let seen = state.engine.request(&known.caller, &id).await;
    let seen = seen.map_err(|error| known.refusal(&error))?;
    let history = state.engine.history(&known.caller, &id).await;
    let history = history.map_err(|error| known.refusal(&error))?;
    let names = known.names(&seen.request);
    Ok(Json(EventList { items: history.iter().map(|e| EventView::new(e, &names)).collect() }))
}

/// An explanation as the API answers it to this reader.
pub(crate) fn explanation(
    explained: &Explained,
    reader: &UserId,
    names: &Names<'_>,
) -> ExplanationView {
    let criteria = match explained.criteria.outcome {
        Outcome::Met => "met",
        Outcome::Unmet => "unmet",
        Outcome::Undecided => "undecided",
    };
    ExplanationView {
        status: explained.status.as_str().to_owned(),
        blocked: explained.blocked.as_ref().map(|block| names.block(block)),
        decision_makers: explained.decision_makers.iter().map(|id| names.login(id)).collect(),
        criteria: criteria.to_owned(),
        criteria_reasons: names.reasons(&explained.criteria),
        criteria_tree: ConditionView::new(&explained.criteria, names),
        steps: explained.steps.iter().map(|s| step(s, names)).collect(),
        next: None,
        person: explained.person.as_ref().map(|p| person(p, reader, names)),
    }
}

fn step(step: &StepExplained, names: &Names<'_>) -> StepPeople {
    let seats = step.seats.iter().map(|(assignment, by)| SeatFilled {
        assignment: assignment.to_string(),
        by: by.as_ref().map(|id| names.login(id)),
    });
    let permissions = step.permissions.iter().map(|(assignment, tree)| AssignmentConditions {
        assignment: assignment.to_string(),
        permissions: ConditionView::new(tree, names),
    });
    StepPeople {
        id: step.id.to_string(),
        title: step.title.clone(),
        state: step.state.to_owned(),
        people: step.people.iter().map(|id| names.login(id)).collect(),
        seats: seats.collect(),
        why: step.why.as_ref().map(|why| names.reasons(why)).unwrap_or_default(),
        when: step.when.as_ref().map(|when| ConditionView::new(when, names)),
        permissions: permissions.collect(),
    }
}

fn person(person: &PersonExplained, reader: &UserId, names: &Names<'_>) -> PersonView {
    let whom = if person.user == *reader { Whom::Reader } else { Whom::Other(&person.user) };
    PersonView {
        login: names.login(&person.user),
        visible: person.visible,
        can_approve: person.can_approve,
        can_decide: person.can_decide,
        unmet: names.all_unmet(&person.unmet, whom),
        allowed: words(&person.allowed),
    }
}

fn words(words: &[&'static str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
