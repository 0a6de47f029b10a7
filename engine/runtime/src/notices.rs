//! Notices: documents of the people who are told, written with the commit that they follow from
//! (DUE-4). So none is lost, and one that is told again has the same id.

use chrono::{DateTime, Utc};
use engine_core::{
    command::Meta,
    decide::Changes,
    ids::{RequestId, UserId},
    notice::Notice,
    rejection::Rejection,
    request::Request,
    visibility::sees,
};
use engine_store::{DocumentChange, DocumentQuery, Key, Limit, Sequence};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::{
    caller::Caller,
    codec::{decode, encode},
    engine::Engine,
    error::EngineError,
    load::{collection, name},
};

/// A notice as it is kept for one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRecord {
    /// The same for everybody who is told, and for every repeat.
    pub id: String,
    /// When.
    pub at: DateTime<Utc>,
    /// About which request.
    pub request: RequestId,
    /// What.
    pub notice: Notice,
}

/// A notice with the request that it is about.
#[derive(Clone, Debug)]
pub struct NoticeTold {
    /// The notice.
    pub record: NoticeRecord,
    /// The request as it is now; none for somebody who does not see it any more. Whom a rule tells of new
    /// work, it tells of the request.
    pub request: Option<Arc<Request>>,
}

/// A page of a person's notices, newest first.
#[derive(Clone, Debug)]
pub struct NoticePage {
    /// In order.
    pub items: Vec<NoticeTold>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// The documents that a commit leaves for those who are told.
pub(crate) fn documents(
    meta: &Meta,
    changes: &Changes,
    next: Sequence,
) -> Result<Vec<DocumentChange>, EngineError> {
    let mut documents = Vec::new();
    for (index, told) in changes.told.iter().enumerate() {
        let request = changes.request.id.clone();
        let id = format!("{request}.{}.{index}", next.0);
        let record = NoticeRecord { id, at: meta.at, request, notice: told.notice.clone() };
        let body = encode("notice", &record)?;
        for person in &told.to {
            documents.push(DocumentChange::Put {
                collection: name(collection::NOTICES)?,
                key: key(&format!("{}{}", prefix(person), place(&record)))?,
                body: body.clone(),
                expected: None,
            });
        }
    }
    Ok(documents)
}

/// What the keys of a person's notices begin with.
fn prefix(person: &UserId) -> String {
    format!("{person} ")
}

/// The rest of the key: the newest comes first.
fn place(record: &NoticeRecord) -> String {
    let age = i64::MAX.saturating_sub(record.at.timestamp_millis().max(0));
    format!("{age:019} {}", record.id)
}

fn key(text: &str) -> Result<Key, EngineError> {
    Key::parse(text).map_err(|bad| EngineError::Unstorable { what: "key", why: bad.to_string() })
}

impl Engine {
    /// What the caller was told, newest first; from `after` on, which is the `next` of the page before.
    ///
    /// # Errors
    /// `not_found` for somebody who has left; `invalid` for an `after` that is none.
    pub async fn notices(
        &self,
        caller: &Caller,
        after: Option<&str>,
        limit: usize,
    ) -> Result<NoticePage, EngineError> {
        let state = self.organization(&caller.org)?;
        let directory = &state.organization.directory;
        let person = directory.active(&caller.user).ok_or(Rejection::NotFound)?;
        let prefix = prefix(&person.id);
        let bad = || Rejection::invalid("cursor", "is not the `next` of a page of notices");
        let after = after.map(|place| Key::parse(&format!("{prefix}{place}"))).transpose();
        let limit = Limit::new(limit);
        let query = DocumentQuery {
            collection: name(collection::NOTICES)?,
            prefix: prefix.clone(),
            after: after.map_err(|_| bad())?,
            limit,
        };
        let found = self.inner.store.documents(&caller.org, &query).await?;
        let last = found.last().filter(|_| found.len() == limit.get());
        let next = last.and_then(|last| last.key.as_str().strip_prefix(&prefix));
        let next = next.map(str::to_owned);
        let mut items = Vec::new();
        for document in &found {
            let record: NoticeRecord = decode("notice", &document.body)?;
            let known = self.load_request(&caller.org, &record.request).await?;
            let Some(request) = known.map(|known| known.request) else { continue };
            let rule = Self::rule_of(&state, &request)?;
            let is_open = matches!(record.notice, Notice::StepOpened(_))
                || sees(directory, &rule, &request, person, self.now());
            items.push(NoticeTold { record, request: is_open.then_some(request) });
        }
        Ok(NoticePage { items, next })
    }
}
