//! An engine in memory with a small organization, and calls of its router.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use engine_runtime::{Caller, Clock, Ids};
use engine_server::{
    config::Config,
    data,
    http::{AppState, router},
};
use engine_store::{EmbeddedStore, Options, Store};
use serde_json::{Value as Json, json};
use tower::ServiceExt as _;

pub(crate) struct Place {
    pub(crate) state: AppState,
    router: Router,
    tokens: BTreeMap<&'static str, String>,
    folder: tempfile::TempDir,
}

/// A call being made.
pub(crate) struct Asking<'a> {
    place: &'a Place,
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Json,
}

/// The rule `capex`.
pub(crate) const RULE: &str = "\
rule: capex
kind: capex
form:
  - {name: amount, type: money, required: true}
steps:
  - id: unit
    title: Unit director
    approvers:
      - {id: directors, who: {group: directors}, permissions: [[{property: amount, less_or_equal: 10000000 EUR}]]}
";

/// Gives a data folder the compiled components of all tests, so that each is compiled once.
pub(crate) fn share_compiled(data: &std::path::Path) {
    let all = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    std::fs::create_dir_all(&all).unwrap();
    std::fs::create_dir_all(data.join("host")).unwrap();
    std::os::unix::fs::symlink(all, data.join("host/compiled")).unwrap();
}

/// Everybody of the organization, with their roles and groups.
const PEOPLE: [(&str, &str, &[&str]); 5] = [
    ("ann", "user", &["staff"]),
    ("bob", "user", &["staff", "directors"]),
    ("dora", "user", &["staff", "directors"]),
    ("eve", "user", &[]),
    ("ada", "administrator", &[]),
];

impl Place {
    /// Owner `olga`, the people above, and the rule `capex`.
    pub(crate) async fn new() -> Self {
        Self::with(in_memory(), Config::default()).await
    }

    /// The same on a store, with connections.
    pub(crate) async fn with(store: Arc<dyn Store>, config: Config) -> Self {
        let mut place = Self::on(store, config, BTreeMap::new()).await;
        place.populate().await;
        place
    }

    /// Another engine on the store of this one.
    pub(crate) async fn twin(&self, store: Arc<dyn Store>) -> Self {
        Self::on(store, Config::default(), self.tokens.clone()).await
    }

    /// Another engine on the folder of this one, as after a restart: with what it had in its store.
    pub(crate) async fn again(self, store: Arc<dyn Store>, config: Config) -> Self {
        let now = self.state.engine.now();
        let Self { state, router: old, tokens, folder } = self;
        state.engine.abandon();
        drop((state, old));
        let (clock, ids) = (Clock::manual(now), Ids::Random);
        let state = data::assemble(store, folder.path(), &config, clock, ids).await.unwrap();
        Self { router: router(state.clone()), state, tokens, folder }
    }

    async fn on(
        store: Arc<dyn Store>,
        config: Config,
        tokens: BTreeMap<&'static str, String>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        share_compiled(folder.path());
        let start = "2026-03-02T09:00:00Z".parse().unwrap();
        let (clock, ids) = (Clock::manual(start), Ids::counted());
        let state = data::assemble(store, folder.path(), &config, clock, ids).await.unwrap();
        Self { router: router(state.clone()), state, tokens, folder }
    }

    async fn populate(&mut self) {
        let org = "main".parse().unwrap();
        let owner = serde_json::from_value(json!({"login": "olga"})).unwrap();
        let owner = self.state.engine.create_organization(&org, owner).await.unwrap();
        let first = self.state.engine.first_token(&org).await.unwrap();
        self.tokens.insert("olga", first.text);
        let users: Vec<Json> = PEOPLE
            .iter()
            .map(|(login, role, groups)| json!({"login": login, "role": role, "groups": groups}))
            .collect();
        let directory = json!({"groups": ["staff", "directors"], "users": users});
        self.put("olga", "/api/v1/directory", &directory).await.is(StatusCode::OK);
        let caller = Caller::new(org.clone(), owner, "test");
        for (login, _, _) in PEOPLE {
            let organization = self.state.engine.organization(&org).unwrap();
            let directory = &organization.organization.directory;
            let user = directory.by_login(&login.parse().unwrap()).unwrap().id.clone();
            let made = self.state.engine.make_token(&caller, &user, "test", None).await.unwrap();
            self.tokens.insert(login, made.text);
        }
        let published = self.ask("PUT", "/api/v1/rules/capex").by("olga").text(RULE).send().await;
        published.is(StatusCode::OK);
    }

    /// What is compiled from now on is kept for nobody else.
    pub(crate) fn compile_alone(&self) {
        let compiled = self.folder.path().join("host/compiled");
        std::fs::remove_file(&compiled).unwrap();
        std::fs::create_dir(compiled).unwrap();
    }

    /// With another organization on the same engine, whose owner is `oscar`.
    pub(crate) async fn with_neighbour(mut self) -> Self {
        let org = "neighbour".parse().unwrap();
        let owner = serde_json::from_value(json!({"login": "oscar"})).unwrap();
        self.state.engine.create_organization(&org, owner).await.unwrap();
        let first = self.state.engine.first_token(&org).await.unwrap();
        self.tokens.insert("oscar", first.text);
        self
    }

    pub(crate) fn ask(&self, method: &'static str, path: &str) -> Asking<'_> {
        let path = path.to_owned();
        Asking { place: self, method, path, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) async fn get(&self, who: &str, path: &str) -> Answer {
        self.ask("GET", path).by(who).send().await
    }

    pub(crate) async fn post(&self, who: &str, path: &str, body: &Json) -> Answer {
        self.ask("POST", path).by(who).json(body).send().await
    }

    pub(crate) async fn put(&self, who: &str, path: &str, body: &Json) -> Answer {
        self.ask("PUT", path).by(who).json(body).send().await
    }

    /// A request of Ann's that Bob and Dora can decide; its id.
    pub(crate) async fn submitted(&self) -> String {
        let answer = self.post("ann", "/api/v1/requests", &submission("900 EUR")).await;
        answer.is(StatusCode::OK);
        answer.body["id"].as_str().unwrap().to_owned()
    }

    /// The contents that are kept, and those being written.
    pub(crate) fn contents(&self) -> Vec<std::path::PathBuf> {
        files_below(&self.folder.path().join("blobs"))
    }

    /// The file of an installed plugin.
    pub(crate) fn component(&self, plugin: &str) -> Vec<u8> {
        let organization = self.state.engine.organization(&"main".parse().unwrap()).unwrap();
        let digest = &organization.plugins[plugin].file.digest;
        std::fs::read(self.folder.path().join(format!("components/{digest}.wasm"))).unwrap()
    }

    pub(crate) fn token(&self, who: &str) -> &str {
        &self.tokens[who]
    }
}

/// The files of a folder and of the folders in it.
pub(crate) fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found
}

pub(crate) fn in_memory() -> Arc<dyn Store> {
    Arc::new(EmbeddedStore::in_memory(&Options::default()).unwrap())
}

pub(crate) fn submission(amount: &str) -> Json {
    json!({"rule": "capex", "title": "A lathe", "reason": "The old one broke", "properties": {"amount": amount}})
}

impl Asking<'_> {
    pub(crate) fn by(self, who: &str) -> Self {
        let bearer = format!("Bearer {}", self.place.token(who));
        self.header("authorization", &bearer)
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn json(mut self, body: &Json) -> Self {
        self.body = serde_json::to_vec(body).unwrap();
        self
    }

    pub(crate) fn text(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let (method, path) = (self.method, self.path.clone());
        let (status, headers, bytes) = self.bytes().await;
        let shown = String::from_utf8_lossy(&bytes);
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|error| panic!("{method} {path}: {status} {error}: {shown}"));
        Answer { status, headers, body }
    }

    /// For answers that are not JSON.
    pub(crate) async fn bytes(self) -> (StatusCode, HeaderMap, Vec<u8>) {
        let mut request = Request::builder().method(self.method).uri(&self.path);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let request = request.body(Body::from(self.body)).unwrap();
        let response = self.place.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), 1 << 24).await.unwrap();
        (status, headers, bytes.into())
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn is(&self, status: StatusCode) {
        assert_eq!(self.status, status, "{:#}", self.body);
    }

    /// Refused with this status and code, as problem details.
    #[track_caller]
    pub(crate) fn is_refused(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status.as_u16(), self.body["code"].as_str()),
            (status, Some(code)),
            "{:#}",
            self.body
        );
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert!(!self.body["message"].as_str().unwrap().is_empty());
    }
}
