//! What is kept beside urgent requests: those without their approval, by requester, and the concerns
//! that people approved with (URG-5, URG-5a).

use std::sync::Arc;

use chrono::{DateTime, Utc};
use engine_core::{
    decide::Changes,
    directory::OrganizationRole,
    event::Event,
    extension::{Failure, FailureClass},
    ids::{OrgId, RequestId, UserId},
    rejection::{Forbidden, Rejection},
    request::Request,
};
use engine_store::{Document, DocumentChange, DocumentQuery, Key, Limit, Sequence};
use serde::{Deserialize, Serialize};

use crate::{
    caller::Caller,
    codec::{decode, encode},
    engine::Engine,
    error::EngineError,
    load::{collection, name},
};

/// A concern that somebody approved with (URG-5a).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// For ever.
    pub id: String,
    /// When.
    pub at: DateTime<Utc>,
    /// About which request.
    pub request: RequestId,
    /// Who approved.
    pub by: UserId,
    /// What they are concerned about.
    pub text: String,
}

/// An urgent request without its approval.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Unapproved {
    request: RequestId,
    due: DateTime<Utc>,
}

/// Something with the request that it is about, and where the next page begins.
pub type PageOf<T> = (Vec<(T, Arc<Request>)>, Option<String>);

/// The documents that a commit of a request leaves or removes.
pub(crate) fn documents(
    at: DateTime<Utc>,
    changes: &Changes,
    next: Sequence,
) -> Result<Vec<DocumentChange>, EngineError> {
    let request = &changes.request;
    let mut documents = Vec::new();
    if let Some(closure) = &request.closure {
        let collection = name(collection::UNAPPROVED)?;
        let key = key(&format!("{} {}", request.requester, request.id))?;
        documents.push(if request.is_open() {
            let record = Unapproved { request: request.id.clone(), due: closure.due };
            let body = encode("urgent request", &record)?;
            DocumentChange::Put { collection, key, body, expected: None }
        } else {
            DocumentChange::Remove { collection, key, expected: None }
        });
    }
    for event in &changes.events {
        let Event::DecisionRecorded { decision, .. } = event else { continue };
        let Some(text) = &decision.concern else { continue };
        let id = format!("{}.{}", request.id, next.0);
        let age = i64::MAX.saturating_sub(at.timestamp_millis().max(0));
        let key = key(&format!("{age:019} {id}"))?;
        let (by, text) = (decision.by.clone(), text.clone());
        let record = Incident { id, at, request: request.id.clone(), by, text };
        let (collection, body) = (name(collection::INCIDENTS)?, encode("incident", &record)?);
        documents.push(DocumentChange::Put { collection, key, body, expected: None });
    }
    Ok(documents)
}

fn key(text: &str) -> Result<Key, EngineError> {
    Key::parse(text).map_err(|bad| EngineError::Unstorable { what: "key", why: bad.to_string() })
}

impl Engine {
    /// How many urgent requests of a person should have been approved by now.
    pub(crate) async fn overdue_urgent(
        &self,
        org: &OrgId,
        requester: &UserId,
        now: DateTime<Utc>,
    ) -> Result<u32, Failure> {
        let counted = self.count_overdue(org, requester, now).await;
        counted.map_err(|error| Failure::new(FailureClass::Unavailable, error.to_string()))
    }

    async fn count_overdue(
        &self,
        org: &OrgId,
        requester: &UserId,
        now: DateTime<Utc>,
    ) -> Result<u32, EngineError> {
        let (mut count, mut after) = (0, None);
        loop {
            let query = DocumentQuery {
                collection: name(collection::UNAPPROVED)?,
                prefix: format!("{requester} "),
                after: after.take(),
                limit: Limit::MAX,
            };
            let page = self.inner.store.documents(org, &query).await?;
            for document in &page {
                let record: Unapproved = decode("urgent request", &document.body)?;
                count += u32::from(record.due <= now);
            }
            match page.last() {
                Some(last) if page.len() == Limit::MAX.get() => after = Some(last.key.clone()),
                Some(_) | None => return Ok(count),
            }
        }
    }

    /// Concerns that people approved with, newest first.
    ///
    /// # Errors
    /// `forbidden` for others than administrators and auditors; `invalid` for an `after` that is none.
    pub async fn incidents(
        &self,
        caller: &Caller,
        after: Option<&str>,
        limit: usize,
    ) -> Result<PageOf<Incident>, EngineError> {
        let (found, next) = self.page(caller, collection::INCIDENTS, after, limit).await?;
        let mut items = Vec::new();
        for document in &found {
            let incident: Incident = decode("incident", &document.body)?;
            if let Some(known) = self.load_request(&caller.org, &incident.request).await? {
                items.push((incident, known.request));
            }
        }
        Ok((items, next))
    }

    /// Urgent requests without their approval, by requester, and until when each should have it.
    ///
    /// # Errors
    /// As [`Engine::incidents`].
    pub async fn unapproved(
        &self,
        caller: &Caller,
        after: Option<&str>,
        limit: usize,
    ) -> Result<PageOf<DateTime<Utc>>, EngineError> {
        let (found, next) = self.page(caller, collection::UNAPPROVED, after, limit).await?;
        let mut items = Vec::new();
        for document in &found {
            let record: Unapproved = decode("urgent request", &document.body)?;
            if let Some(known) = self.load_request(&caller.org, &record.request).await? {
                items.push((record.due, known.request));
            }
        }
        Ok((items, next))
    }

    /// A page of a collection that administrators and auditors read.
    async fn page(
        &self,
        caller: &Caller,
        collection: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Document>, Option<String>), EngineError> {
        let state = self.organization(&caller.org)?;
        let directory = &state.organization.directory;
        let person = directory.active(&caller.user).ok_or(Rejection::NotFound)?;
        match person.role {
            OrganizationRole::Owner
            | OrganizationRole::Administrator
            | OrganizationRole::Auditor => {}
            OrganizationRole::WorkflowManager | OrganizationRole::User => {
                return Err(Rejection::Forbidden(Forbidden::OnlyAdministrators).into());
            }
        }
        let bad = || Rejection::invalid("cursor", "is not the `next` of a page");
        let limit = Limit::new(limit);
        let query = DocumentQuery {
            collection: name(collection)?,
            prefix: String::new(),
            after: after.map(Key::parse).transpose().map_err(|_| bad())?,
            limit,
        };
        let found = self.inner.store.documents(&caller.org, &query).await?;
        let last = found.last().filter(|_| found.len() == limit.get());
        let next = last.map(|last| last.key.to_string());
        Ok((found, next))
    }
}
