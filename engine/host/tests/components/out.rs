//! Calls to other systems and the memory of steps, by a component that tries everything.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

use engine_connect::{Blobs, ConnectionConfig, Connections, Http, Secret, Target, config::Server};
use engine_core::extension::{Presence, Receipt};
use engine_host::{
    Call, ConnectionGrant, Grant, HeaderRecord, Host, HostLimits, HostOptions, HttpGrant,
    HttpOutcome, Limits, Method, Plugin, RecordedBody,
};
use serde_json::{Value as Json, json};

use crate::{build, built::compiled, call, config_of, id};

/// Another system on this machine: it replies `pong` to everything and keeps what it was sent.
pub(crate) struct Other {
    pub(crate) origin: String,
    pub(crate) heard: Arc<Mutex<Vec<String>>>,
}

impl Other {
    /// With this reply, head and body; none closes the connection without one.
    pub(crate) fn new(reply: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut text = String::new();
                let mut byte = [0];
                while !text.ends_with("\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                    text.push(char::from(byte[0]));
                }
                let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
                let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
                stream.read_exact(&mut body).unwrap();
                text.push_str(&String::from_utf8_lossy(&body));
                keep.lock().unwrap().push(text);
                if let Some(reply) = reply {
                    let _ = stream.write_all(reply.as_bytes());
                }
            }
        });
        Self { origin, heard }
    }

    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

const PONG: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\npong";

/// A host with a secret.
pub(crate) async fn host(folder: &tempfile::TempDir, limits: HostLimits) -> Host {
    host_on(folder, limits, Connections::default()).await
}

async fn host_on(folder: &tempfile::TempDir, limits: HostLimits, connections: Connections) -> Host {
    Host::open(HostOptions {
        folder: folder.path().join("host"),
        compiled: Some(compiled()),
        limits,
        connections,
        blobs: Blobs::open(folder.path().join("blobs")).await.unwrap(),
        http: Http::default(),
        secrets: [("token".to_owned(), Secret::new("s3cret"))].into(),
        lookups: BTreeMap::new(),
    })
    .unwrap()
}

/// Everything of one system, private addresses too.
pub(crate) fn granted(origin: &str, methods: &[Method]) -> Grant {
    let of = HttpGrant { methods: methods.iter().copied().collect(), private_addresses: true };
    Grant {
        http: [(origin.parse().unwrap(), of)].into(),
        secrets: ["token".to_owned()].into(),
        ..Grant::default()
    }
}

fn with(config: Json, grant: Grant) -> Call {
    Call { config: config_of(config), grant: Arc::new(grant), ..call() }
}

fn outcomes(receipt: &Receipt) -> Vec<String> {
    let outcomes = receipt.fields["outcomes"].as_array().unwrap();
    outcomes.iter().map(crate::cover::text).collect()
}

async fn executed(host: &Host, plugin: &Plugin, call: &Call, key: &str) -> Vec<String> {
    let answer = host.execute(plugin, call, key).await;
    outcomes(&answer.result.unwrap_or_else(|failure| panic!("{failure:?}")))
}

#[tokio::test]
async fn a_call_goes_where_it_was_granted_with_its_secret() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder, HostLimits::default()).await;
    let plugin = host.load(&build("rogue")).unwrap();
    let other = Other::new(Some(PONG));
    let url = format!("{}/tickets?x=1", other.origin);
    let config = json!({
        "calls": [{"method": "POST", "url": url, "secret": "token", "header": ["x-trace", "7"]}],
        "url": url,
    });
    let call = with(config, granted(&other.origin, &[Method::Post]));
    let answer = host.execute(&plugin, &call, "k1").await;
    assert_eq!(outcomes(&answer.result.unwrap()), ["200 pong"]);
    let [heard] = other.heard().try_into().unwrap();
    for part in ["POST /tickets?x=1", "authorization: Bearer s3cret", "x-trace: 7", "hello"] {
        assert!(heard.contains(part), "{heard}");
    }
    let [record] = answer.trace.http.as_slice() else { panic!("one call") };
    assert_eq!((record.method.as_str(), &record.url), ("POST", &url));
    let body = RecordedBody::Text("pong".into());
    let headers = vec![HeaderRecord { name: "content-type".into(), length: 10 }];
    assert_eq!(record.outcome, HttpOutcome::Reply { status: 200, headers, body });
    let trace = serde_json::to_string(&answer.trace).unwrap();
    assert!(!trace.contains("s3cret"), "{trace}");
}

#[tokio::test]
async fn neither_the_manifest_nor_the_grant_widens_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder, HostLimits::default()).await;
    let plugin = host.load(&build("rogue")).unwrap();
    let other = Other::new(Some(PONG));
    let url = format!("{}/", other.origin);
    let config = |calls: Json, url: &str| json!({ "calls": calls, "url": url });
    let post = json!([{"method": "POST", "url": url}]);
    let elsewhere = "http://127.0.0.1:1/";
    let private = |private_addresses| {
        let of = HttpGrant { methods: [Method::Post].into(), private_addresses };
        Grant { http: [(other.origin.parse().unwrap(), of)].into(), ..Grant::default() }
    };
    let look_up = json!([{ "url": url }]);
    for (config, grant, why) in [
        (config(post.clone(), &url), Grant::default(), "it was not granted"),
        (config(post.clone(), elsewhere), private(true), "its manifest does not ask"),
        (config(post.clone(), &url), granted(&other.origin, &[Method::Get]), "not granted"),
        (
            config(post.clone(), &url),
            granted(elsewhere.trim_end_matches('/'), &[Method::Post]),
            "not granted",
        ),
        (config(post.clone(), &url), private(false), "private address"),
        (
            config(json!([{"method": "DELETE", "url": url}]), &url),
            granted(&other.origin, &Method::ALL),
            "its manifest",
        ),
        (config(look_up, &url), private(true), "its manifest does not ask"),
        (
            config(json!([{"method": "POST", "url": url, "secret": "other"}]), &url),
            private(true),
            "not granted",
        ),
    ] {
        let call = with(config, grant);
        let answer = host.execute(&plugin, &call, "k1").await;
        let [outcome] = outcomes(&answer.result.unwrap()).try_into().unwrap();
        assert!(outcome.starts_with("Denied") && outcome.contains(why), "{why}: {outcome}");
        assert_eq!(answer.trace.denials.len(), 1, "{why}");
    }
    assert_eq!(other.heard(), [""; 0]);
}

#[tokio::test]
async fn nothing_changes_before_the_execution() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder, HostLimits::default()).await;
    let plugin = host.load(&build("rogue")).unwrap();
    let other = Other::new(Some(PONG));
    let url = format!("{}/", other.origin);
    let calls = json!([{"method": "POST", "url": url}, {"method": "GET", "url": url}]);
    let steps = json!([{"name": "one"}]);
    let config = json!({ "calls": calls, "url": url, "steps": steps });
    let call = with(config, granted(&other.origin, &Method::ALL));
    let plan = host.plan(&plugin, &call).await.result.unwrap();
    let said = plan.binding["calls"].as_array().unwrap();
    assert!(said[0].as_str().unwrap().starts_with("Denied"), "{said:?}");
    assert_eq!(said[1], "200 pong");
    let Ok(Presence::Happened(seen)) = host.probe(&plugin, &call, "k1").await.result else {
        panic!("no answer")
    };
    let seen = outcomes(&seen);
    assert!(seen[0].starts_with("Denied") && seen[2].starts_with("Denied"), "{seen:?}");
    assert_eq!(seen[1], "200 pong");
    assert!(other.heard().iter().all(|heard| heard.starts_with("GET ")));
}

#[tokio::test]
async fn a_broken_call_may_have_happened() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder, HostLimits::default()).await;
    let plugin = host.load(&build("rogue")).unwrap();
    let silent = Other::new(None);
    let url = format!("{}/", silent.origin);
    let calls = json!([{"method": "POST", "url": url}, {"method": "GET", "url": url}]);
    let call = with(json!({ "calls": calls, "url": url }), granted(&silent.origin, &Method::ALL));
    let seen = executed(&host, &plugin, &call, "k1").await;
    assert!(seen[0].starts_with("UnknownOutcome broken"), "{seen:?}");
    assert!(seen[1].starts_with("Unavailable broken"), "{seen:?}");
    // Cut off by the deadline, after something was sent.
    let limits = Limits {
        deadline: std::time::Duration::from_millis(300),
        deadline_with_lookups: std::time::Duration::ZERO,
        ..Limits::executor()
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let calls = json!([{"method": "POST", "url": origin}]);
    let call = with(json!({ "calls": calls, "url": origin }), granted(&origin, &Method::ALL));
    let call = Call { limits: Some(Arc::new(limits)), ..call };
    let late = host.execute(&plugin, &call, "k2").await.result.unwrap_err();
    assert!(late.class.may_have_happened(), "{late:?}");
}

#[tokio::test]
async fn calls_are_limited() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder, HostLimits::default()).await;
    let plugin = host.load(&build("rogue")).unwrap();
    let other = Other::new(Some(PONG));
    let url = format!("{}/", other.origin);
    let one = json!({"method": "POST", "url": url});
    let limits = |change: fn(&mut Limits)| {
        let mut limits = Limits::executor();
        change(&mut limits);
        Some(Arc::new(limits))
    };
    let bad = json!({"method": "POST", "url": url, "header": ["host", "elsewhere"]});
    for (call, limits, says) in [
        (
            &one,
            limits(|limits| limits.http_calls = 0),
            "Limit : one call of the plugin makes at most 0",
        ),
        (&one, limits(|limits| limits.http_request_bytes = 4), "Limit : the body"),
        (&one, limits(|limits| limits.http_reply_bytes = 3), "UnknownOutcome too-large"),
        (&bad, None, "Invalid : the header `host` belongs"),
    ] {
        let config = json!({ "calls": [call], "url": url });
        let call = Call { limits, ..with(config, granted(&other.origin, &Method::ALL)) };
        let [outcome] = executed(&host, &plugin, &call, "k1").await.try_into().unwrap();
        assert!(outcome.starts_with(says), "{outcome}");
    }
}

#[tokio::test]
async fn a_step_that_is_done_is_not_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let (begin, done) = (json!({"name": "a"}), json!({"name": "a", "answer": "ticket-7"}));
    let other = json!({"name": "a", "answer": "ticket-8"});
    let look = json!({"name": "a", "look": true});
    let noted = format!("Some(Done({:?}))", b"ticket-7");
    let host_of = || host(&folder, HostLimits::default());
    for (step, key, says) in [
        (&begin, "k1", "None"),
        (&begin, "k1", "Some(Begun)"),
        (&done, "k1", "Some(Begun)"),
        (&done, "k1", &noted),
        (&other, "k1", "Invalid : the step `a` is done, with another answer"),
        (&look, "k1", &noted),
        (&look, "k2", "None"),
        (&json!({"name": "A step"}), "k1", "Invalid : `A step` is no name of a step"),
    ] {
        // Another host each time, as after a restart.
        let host = host_of().await;
        let plugin = host.load(&build("rogue")).unwrap();
        let call = with(json!({ "steps": [step] }), Grant::default());
        let [outcome] = executed(&host, &plugin, &call, key).await.try_into().unwrap();
        assert!(outcome.starts_with(says), "{step} {key}: {outcome}");
    }
    let host = host_of().await;
    let plugin = host.load(&build("rogue")).unwrap();
    let call = with(json!({ "steps": [begin], "key": "k1" }), Grant::default());
    let [outcome] = executed(&host, &plugin, &call, "k9").await.try_into().unwrap();
    assert!(outcome.starts_with("Denied"), "{outcome}");
    let call = with(json!({ "steps": [look], "key": "k1" }), Grant::default());
    let taken_back = host.revert(&plugin, &call, &Receipt::default(), "k1").await.result.unwrap();
    assert_eq!(outcomes(&taken_back), [noted]);
}

/// A database server that asks for the password in the clear, and closes: what it was told.
fn nosy_postgres() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, heard) = (listener.local_addr().unwrap().port(), Arc::new(Mutex::new(Vec::new())));
    let keep = Arc::clone(&heard);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut message = |kind: usize| {
                let mut head = vec![0; kind + 4];
                stream.read_exact(&mut head).unwrap();
                let length = u32::from_be_bytes(head[kind..].try_into().unwrap());
                let mut body = vec![0; length as usize - 4];
                stream.read_exact(&mut body).unwrap();
                let asks = [b'R', 0, 0, 0, 8, 0, 0, 0, 3];
                stream.write_all(&asks).unwrap();
                String::from_utf8(body).unwrap()
            };
            // The one at the start has no letter.
            message(0);
            keep.lock().unwrap().push(message(1).trim_end_matches('\0').to_owned());
        }
    });
    (port, heard)
}

/// A plugin hands a secret to a connection that was granted; it is all that the server is told.
#[tokio::test]
async fn a_secret_opens_a_connection() {
    let folder = tempfile::tempdir().unwrap();
    let (port, heard) = nosy_postgres();
    let server: Server = serde_json::from_value(json!({
        "host": "127.0.0.1", "port": port, "database": "shop", "user": "shop", "password": "the operator's",
    }))
    .unwrap();
    let path = folder.path().join("one.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("VACUUM").unwrap();
    let of = |target| ConnectionConfig { target, read_only: false, limits: Default::default() };
    let connections =
        [(id("one"), of(Target::Postgres(server))), (id("two"), of(Target::Sqlite { path }))];
    let connections = Connections::new(connections.into());
    let host = host_on(&folder, HostLimits::default(), connections).await;
    let plugin = host.load(&build("rogue")).unwrap();
    let attempt = |on: &str, secret: &str| json!({"on": on, "send": "select 1", "how": "describe", "password": secret});
    let does = json!([attempt("one", "token"), attempt("one", "other"), attempt("two", "token")]);
    let plan = json!([{"on": "one", "text": "select 1"}, {"on": "two", "text": "select 1"}]);
    let config = json!({"one": "one", "two": "two", "plan": plan, "does": does});
    let read = ConnectionGrant::Read;
    let grant = Grant {
        connections: [(id("one"), read), (id("two"), read)].into(),
        secrets: ["token".to_owned()].into(),
        ..Grant::default()
    };
    let call = with(config, grant);
    let plan = host.plan(&plugin, &call).await.result.unwrap();
    let call = Call { statements: plan.statements.into(), ..call };
    let said = executed(&host, &plugin, &call, "k1").await;
    for (said, kind) in said.iter().zip(["Unavailable: ", "Denied: ", "Invalid: "]) {
        assert!(said.starts_with(kind), "{said}");
    }
    assert_eq!(said.len(), 3);
    assert_eq!(*heard.lock().unwrap(), ["s3cret"]);
}
