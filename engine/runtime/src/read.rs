//! Reading: a request, its history, who can decide and why not, lists. Everything is checked
//! against REQ-10 first.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use engine_core::{
    directory::{Directory, User},
    eligibility::Standing,
    evaluate::View,
    event::Recorded,
    evolve::replay,
    ids::{RequestId, UserId},
    question::{Answers, Inquiry, Question},
    rejection::{Rejection, Unmet},
    request::Request,
    rule::Rule,
    visibility::sees,
};
use engine_store::{Cursor, Limit, List, Order, Paging, Position, StoredEvent, Subject};

use crate::{
    caller::Caller,
    codec::decode,
    engine::Engine,
    error::EngineError,
    explain::{Explained, explain},
    organization::OrganizationState,
    recent::Known,
};

/// A request as somebody sees it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The request.
    pub request: Arc<Request>,
    /// How many commits led to it.
    pub sequence: u64,
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

    pub(crate) async fn visible(
        &self,
        caller: &Caller,
        id: &RequestId,
    ) -> Result<(Arc<OrganizationState>, Arc<Rule>, Seen), EngineError> {
        let state = self.organization(&caller.org)?;
        let loaded = self.load_request(&caller.org, id).await?;
        let Known { request, sequence, .. } = loaded.ok_or(Rejection::NotFound)?;
        let rule = Self::rule_of(&state, &request)?;
        let directory = &state.organization.directory;
        let person = directory.active(&caller.user).ok_or(Rejection::NotFound)?;
        if !sees(directory, &rule, &request, person, self.now()) {
            return Err(Rejection::NotFound.into());
        }
        Ok((state, rule, Seen { request, sequence: sequence.0 }))
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
        let list = merged(&query.list, directory, self.now());
        let page = self.inner.store.list(&caller.org, &list, &paging).await?;
        let mut items = Vec::new();
        for row in page.items {
            let request: Request = decode("request", &row.loaded.snapshot)?;
            let rule = Self::rule_of(&state, &request)?;
            if !sees(directory, &rule, &request, &person, self.now()) {
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
                | List::Mine(_)
                | List::Several(_) => None,
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
        self.asking(state, rule, request, |view| {
            let reviews = view.request.is_in_review() && view.may_review(person);
            let standing = view.standing(person);
            if reviews { Standing { unmet: Vec::new(), ..standing } } else { standing }
        })
        .await
    }
}

/// *To decide* with what waits for those whom the person stands in for, as of now (DEC-8).
fn merged(list: &List, directory: &Directory, at: DateTime<Utc>) -> List {
    let List::ToDecide { person, .. } = list else { return list.clone() };
    let of_delegators = directory.delegators(person, at).map(|of| List::ToDecide {
        person: of.id.clone(),
        groups: of.groups.clone(),
        role: of.role,
    });
    let mut lists: Vec<List> = of_delegators.collect();
    if lists.is_empty() {
        return list.clone();
    }
    lists.push(list.clone());
    List::Several(lists)
}
