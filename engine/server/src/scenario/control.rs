//! What a server started with `--test-control` does beside the API: worlds for scenarios.
//!
//! A world is a [`Bench`] whose API is served below a path of its own; its clock, its stubs and its
//! crashes are moved from outside. None of this is part of any other server's router.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{StatusCode, Uri, header, uri::PathAndQuery},
    response::{IntoResponse, Response},
    routing::{any, delete, get, post},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use engine_api::{
    code::ErrorCode,
    problem::{ErrorBody, PROBLEM_JSON},
    test_control::{
        Advance, CRASHED, Crash, CrashMoment, ID_HEADER, NewWorld, Rest, TestControl, World,
        WorldState, WorldStore,
    },
};
use engine_core::ids::{CommandId, RequestId};
use serde::de::DeserializeOwned;
use tokio::sync::{Mutex, RwLock};
use tower::ServiceExt as _;

use super::{
    HostRoom, StoreKind, act::Call, bench::Bench, beside::Beside, broken::Broken,
    crash::CrashPoint, file::ScenarioFile, stage::Stage as _, world::Builder,
};
use crate::http::{AppState, Installing, MAX_COMPONENT, NewId, router};

/// The most worlds at once.
const MAX_WORLDS: usize = 256;

/// The worlds there are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Worlds {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    open: RwLock<BTreeMap<u64, Arc<RwLock<Bench>>>>,
    next: AtomicU64,
    host: Mutex<HostRoom>,
}

/// Something that was not done.
struct Refused(Box<ErrorBody>);

/// The endpoints.
pub(crate) fn routes() -> Router {
    Router::new()
        .route("/test-control/v1", get(look))
        .route("/test-control/v1/worlds", post(open))
        .route("/test-control/v1/worlds/{world}", delete(close))
        .route("/test-control/v1/worlds/{world}/settle", post(settle))
        .route("/test-control/v1/worlds/{world}/advance", post(advance))
        .route("/test-control/v1/worlds/{world}/crash", post(crash))
        .route("/test-control/v1/worlds/{world}/state", get(state))
        .route("/test-control/v1/worlds/{world}/api/{*rest}", any(inside))
        .layer(DefaultBodyLimit::max(2 * MAX_COMPONENT))
        .with_state(Worlds::default())
}

async fn look() -> Json<TestControl> {
    Json(TestControl { version: env!("CARGO_PKG_VERSION").to_owned() })
}

async fn open(State(worlds): State<Worlds>, body: Bytes) -> Result<Json<World>, Refused> {
    let wanted: NewWorld = read(&body)?;
    if worlds.inner.open.read().await.len() >= MAX_WORLDS {
        let message = "There are too many worlds: close some.";
        return Err(ErrorBody::new(ErrorCode::Unavailable, message).into());
    }
    let file = ScenarioFile::read(&wanted.file, &wanted.text);
    let file = file.map_err(|errors| Refused::broken(&errors.to_string()))?;
    let mut sent = BTreeMap::new();
    for (name, text) in wanted.files {
        let bytes = BASE64_STANDARD.decode(&text);
        sent.insert(name, bytes.map_err(|error| Refused::broken(&error.to_string()))?);
    }
    let extensions = worlds.inner.host.lock().await.always().await?;
    let kind = match wanted.store {
        WorldStore::Memory => StoreKind::Memory,
        WorldStore::Redb => StoreKind::Redb,
    };
    let extensions = Some(extensions);
    let builder = Builder { file: &file, beside: Beside::Sent(sent), kind, extensions };
    let bench = builder.build(wanted.at).await?;
    let (owner, hidden) = bench.owner_login()?;
    let token = bench.engine()?.first_token(bench.org()).await.map_err(Broken::from)?.text;
    let number = worlds.inner.next.fetch_add(1, Ordering::SeqCst);
    worlds.inner.open.write().await.insert(number, Arc::new(RwLock::new(bench)));
    let path = format!("/test-control/v1/worlds/{number}");
    Ok(Json(World { path, owner: owner.to_string(), hidden, token }))
}

async fn close(
    State(worlds): State<Worlds>,
    Path(number): Path<u64>,
) -> Result<Json<Rest>, Refused> {
    let world = worlds.inner.open.write().await.remove(&number).ok_or_else(Refused::no_world)?;
    let at = world.read().await.now().await?;
    Ok(Json(Rest { at, crashed: false }))
}

async fn settle(
    State(worlds): State<Worlds>,
    Path(number): Path<u64>,
) -> Result<Json<Rest>, Refused> {
    let world = worlds.find(number).await?;
    let (engine, fuse) = {
        let bench = world.read().await;
        (bench.engine()?.clone(), Arc::clone(bench.fuse()?))
    };
    let crashed = tokio::select! {
        () = fuse.death() => true,
        settled = engine.settle() => match settled {
            Err(_) if fuse.is_dead() => true,
            Err(error) => return Err(Broken::from(error).into()),
            Ok(()) => false,
        },
    };
    Ok(Json(Rest { at: engine.now(), crashed }))
}

async fn advance(
    State(worlds): State<Worlds>,
    Path(number): Path<u64>,
    body: Bytes,
) -> Result<Json<Rest>, Refused> {
    let Advance { to } = read(&body)?;
    let world = worlds.find(number).await?;
    let answers = world.write().await.act(vec![Call::Advance(to)], false).await?;
    let at = world.read().await.now().await?;
    Ok(Json(Rest { at, crashed: answers.is_none() }))
}

async fn crash(
    State(worlds): State<Worlds>,
    Path(number): Path<u64>,
    body: Bytes,
) -> Result<Json<Rest>, Refused> {
    let Crash { at } = read(&body)?;
    let world = worlds.find(number).await?;
    let mut bench = world.write().await;
    match at {
        None => bench.crash().await?,
        Some(CrashMoment::BeforeCommit) => bench.arm(CrashPoint::BeforeCommit).await?,
        Some(CrashMoment::AfterCommit) => bench.arm(CrashPoint::AfterCommit).await?,
        Some(CrashMoment::AfterEffect) => bench.arm(CrashPoint::AfterEffect).await?,
    }
    Ok(Json(Rest { at: bench.now().await?, crashed: false }))
}

async fn state(
    State(worlds): State<Worlds>,
    Path(number): Path<u64>,
) -> Result<Json<WorldState>, Refused> {
    let world = worlds.find(number).await?;
    let bench = world.read().await;
    let parts = bench.everything().await?;
    Ok(Json(WorldState { at: bench.now().await?, parts, calls: bench.all_calls() }))
}

/// The API of a world, up to its end or the engine's.
async fn inside(
    State(worlds): State<Worlds>,
    Path((number, _)): Path<(u64, String)>,
    request: Request,
) -> Result<Response, Refused> {
    let world = worlds.find(number).await?;
    let (state, fuse) = {
        let bench = world.read().await;
        let library = bench.library().ok_or_else(|| Broken::new("there is no plugin host"))?;
        let state = AppState {
            engine: bench.engine()?.clone(),
            library: (**library).clone(),
            trust: Arc::default(),
            installing: Installing::default(),
        };
        note_key(&bench, &state, &request);
        // What only asks counts for nothing.
        bench.peek(request.method() == axum::http::Method::GET);
        (state, Arc::clone(bench.fuse()?))
    };
    let request = moved(request, number)?;
    let answer = tokio::select! {
        () = fuse.death() => None,
        answer = router(state).oneshot(request) => {
            let Ok(answer) = answer;
            Some(answer)
        }
    };
    world.read().await.peek(false);
    match answer {
        Some(answer) if !fuse.is_dead() => Ok(answer),
        Some(_) | None => Err(Refused::crashed()),
    }
}

/// What a key was answered is part of what is kept.
fn note_key(bench: &Bench, state: &AppState, request: &Request) {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let key = header("idempotency-key").and_then(|key| CommandId::parse(key).ok());
    let token = header(header::AUTHORIZATION.as_str()).and_then(|text| text.split_once(' '));
    if let (Some(key), Some((_, token))) = (key, token)
        && let Ok((_, user)) = state.engine.authenticate(token)
    {
        bench.note(user, key);
    }
}

/// The same request to the API itself, with the id that its request is to have. Nothing else of the
/// way here goes along: what the path of the world matched is no parameter of the API's path.
fn moved(request: Request, number: u64) -> Result<Request, Refused> {
    let (parts, body) = request.into_parts();
    let prefix = format!("/test-control/v1/worlds/{number}");
    let path = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let uri: Uri = path
        .strip_prefix(&prefix)
        .and_then(|rest| rest.parse().ok())
        .ok_or_else(Refused::no_world)?;
    let mut moved = Request::new(body);
    *moved.method_mut() = parts.method;
    *moved.uri_mut() = uri;
    let id = parts.headers.get(ID_HEADER).and_then(|value| value.to_str().ok());
    if let Some(id) = id {
        let id = RequestId::parse(id).map_err(|bad| ErrorBody::invalid("id", bad.to_string()))?;
        moved.extensions_mut().insert(NewId(id));
    }
    *moved.headers_mut() = parts.headers;
    Ok(moved)
}

impl Worlds {
    async fn find(&self, number: u64) -> Result<Arc<RwLock<Bench>>, Refused> {
        let open = self.inner.open.read().await;
        open.get(&number).cloned().ok_or_else(Refused::no_world)
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| Refused::broken(&error.to_string()))
}

impl Refused {
    fn broken(message: &str) -> Self {
        let mut body = ErrorBody::invalid("world", message);
        // Shown as it is: it has lines and carets of its own.
        message.clone_into(&mut body.message);
        body.into()
    }

    fn no_world() -> Self {
        let code = engine_core::rejection::Code::NotFound;
        ErrorBody::new(code.into(), "There is no such world.").into()
    }

    fn crashed() -> Self {
        let mut body = ErrorBody::new(ErrorCode::Unavailable, "The engine has crashed.");
        CRASHED.clone_into(&mut body.code);
        body.into()
    }
}

impl From<ErrorBody> for Refused {
    fn from(body: ErrorBody) -> Self {
        Self(Box::new(body))
    }
}

impl From<Broken> for Refused {
    fn from(broken: Broken) -> Self {
        Self::broken(&broken.to_string())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::BAD_REQUEST);
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        (status, [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response()
    }
}
