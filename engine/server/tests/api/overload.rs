//! What a caller is told when the store cannot take a commit (503, and when to try again), and when another
//! command was faster.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use axum::http::StatusCode;
use engine_core::ids::{CommandId, OrgId, RequestId, UserId};
use engine_server::config::Config;
use engine_store::{
    AgendaEntry, Body, Commit, Document, DocumentQuery, DueAt, Key, Lane, Limit, List, Loaded, Log,
    Millis, Name, Outcome, Page, Paging, Position, Row, Store, StoreError, StoredEvent,
};
use serde_json::{Value as Json, json};
use tokio::sync::watch;

use crate::place::{Place, in_memory, submission};

/// A store that refuses commits when it is told to.
#[derive(Debug)]
struct Moody {
    store: Arc<dyn Store>,
    mood: Mutex<Option<StoreError>>,
    /// The next answer is looked up as if a moment before it was there.
    is_early: AtomicBool,
}

impl Moody {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            store: in_memory(),
            mood: Mutex::default(),
            is_early: AtomicBool::default(),
        })
    }

    fn set(&self, mood: Option<StoreError>) {
        *self.mood.lock().unwrap() = mood;
    }
}

type Stored<T> = Result<T, StoreError>;

#[async_trait]
impl Store for Moody {
    async fn commit(&self, commit: Commit) -> Stored<Outcome> {
        let mood = self.mood.lock().unwrap().clone();
        match mood {
            Some(error) => Err(error),
            None => self.store.commit(commit).await,
        }
    }

    async fn load(&self, org: &OrgId, request: &RequestId) -> Stored<Option<Loaded>> {
        self.store.load(org, request).await
    }

    async fn answer(
        &self,
        org: &OrgId,
        actor: &UserId,
        command: &CommandId,
    ) -> Stored<Option<Body>> {
        if self.is_early.swap(false, Ordering::SeqCst) {
            return Ok(None);
        }
        self.store.answer(org, actor, command).await
    }

    async fn log(&self, org: &OrgId) -> Stored<Log> {
        self.store.log(org).await
    }

    async fn changes(
        &self,
        org: &OrgId,
        after: Position,
        limit: Limit,
    ) -> Stored<Vec<StoredEvent>> {
        self.store.changes(org, after, limit).await
    }

    async fn history(
        &self,
        org: &OrgId,
        request: &RequestId,
        after: Position,
        limit: Limit,
    ) -> Stored<Vec<StoredEvent>> {
        self.store.history(org, request, after, limit).await
    }

    async fn list(&self, org: &OrgId, list: &List, paging: &Paging) -> Stored<Page<Row>> {
        self.store.list(org, list, paging).await
    }

    async fn document(&self, org: &OrgId, of: &Name, key: &Key) -> Stored<Option<Document>> {
        self.store.document(org, of, key).await
    }

    async fn documents(&self, org: &OrgId, query: &DocumentQuery) -> Stored<Vec<Document>> {
        self.store.documents(org, query).await
    }

    async fn due(
        &self,
        org: &OrgId,
        lane: Lane,
        now: Millis,
        limit: Limit,
    ) -> Stored<Vec<AgendaEntry>> {
        self.store.due(org, lane, now, limit).await
    }

    async fn agenda_entry(
        &self,
        org: &OrgId,
        lane: Lane,
        key: &Key,
    ) -> Stored<Option<AgendaEntry>> {
        self.store.agenda_entry(org, lane, key).await
    }

    async fn next_due(&self, lane: Lane) -> Stored<Option<DueAt>> {
        self.store.next_due(lane).await
    }

    async fn organizations(&self, after: Option<&OrgId>, limit: Limit) -> Stored<Vec<OrgId>> {
        self.store.organizations(after, limit).await
    }

    async fn prune_answers(&self, before: Millis, limit: Limit) -> Stored<u64> {
        self.store.prune_answers(before, limit).await
    }

    fn activity(&self) -> watch::Receiver<u64> {
        self.store.activity()
    }

    async fn stopped(&self) -> StoreError {
        self.store.stopped().await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_busy_or_full_is_503_with_a_time_to_try_again() {
    let store = Moody::new();
    let place = Place::with(store.clone(), Config::default()).await;
    let id = place.submitted().await;
    let path = format!("/api/v1/requests/{id}");
    for (mood, says) in [
        (StoreError::Busy, "too much going on"),
        (StoreError::NoSpace, "there is no room"),
        (StoreError::Stopped("a sync failed".into()), "is being restarted"),
    ] {
        store.set(Some(mood.clone()));
        let user = json!({"login": "zoe"});
        for refused in [
            place.post("ann", "/api/v1/requests", &submission("900 EUR")).await,
            place.post("ann", &format!("{path}/cancel"), &json!({"comment": "no more"})).await,
            place.put("ada", "/api/v1/users/zoe", &user).await,
        ] {
            refused.is_refused(503, "unavailable");
            assert_eq!(refused.headers["retry-after"], "1");
            assert_eq!(refused.body["retryable"], true);
            let message = refused.body["message"].as_str().unwrap().to_lowercase();
            assert!(message.contains(says), "{mood:?}: {message}");
        }
        place.get("ann", &path).await.is(StatusCode::OK);
    }
    store.set(None);
    let list = place.get("ann", "/api/v1/requests?list=mine").await;
    assert_eq!(list.body["items"].as_array().unwrap().len(), 1, "what was refused left nothing");
    assert_eq!(list.body["items"][0]["status"], "pending");
    place.get("ada", "/api/v1/users/zoe").await.is_refused(404, "not_found");
    place.submitted().await;
}

/// REQ-11: also where the repeat was on its way before the first one was done.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_at_the_same_time_gets_the_first_answer() {
    let store = Moody::new();
    let place = Place::with(store.clone(), Config::default()).await;
    let twice = async |who: &str, path: &str, key: &str, body: &Json| {
        let asked = || {
            let asked = place.ask("POST", path).by(who).header("if-match", "\"1;unit\"");
            asked.header("idempotency-key", key).json(body).send()
        };
        let first = asked().await;
        store.is_early.store(true, Ordering::SeqCst);
        let again = asked().await;
        assert!(first.status.is_success(), "{:?}", first.body);
        assert_eq!((first.status, &first.body), (again.status, &again.body));
        assert!(!store.is_early.load(Ordering::SeqCst), "it was looked up");
        first.body
    };
    let submitted = twice("ann", "/api/v1/requests", "s-1", &submission("900 EUR")).await;
    let id = submitted["id"].as_str().unwrap();
    let decision = json!({"decision": "approve", "comment": "fine"});
    twice("bob", &format!("/api/v1/requests/{id}/decisions"), "d-1", &decision).await;
    let list = place.get("ann", "/api/v1/requests?list=mine").await;
    assert_eq!(list.body["items"].as_array().unwrap().len(), 1, "{:#}", list.body);
}
