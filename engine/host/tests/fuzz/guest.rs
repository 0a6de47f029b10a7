//! Everything that crosses back from a guest: the answers of every world, and what is passed to the host
//! before. `tests/parrot` makes it of the bytes of an input.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    sync::Arc,
    time::Duration,
};

use engine_connect::{Blobs, ConnectionConfig, Connections, Http, Secret, Target};
use engine_core::{
    directory::{Directory, Group},
    extension::{ConfigValue, Facts, Failure, FailureClass, Message, Receipt},
    value::Value,
};
use engine_host::{
    Answer, Call, ConnectionGrant, Grant, Host, HostLimits, HostOptions, Limits, Lookup,
    MANIFEST_SECTION, Notice, Plugin, custom_section,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use tokio::runtime::Runtime;

use super::{
    built::{build, compiled},
    run::{outline, run},
};

fn id<T: std::str::FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn component() -> Vec<u8> {
    let want = |capability: &str, target: &str| {
        let access = if capability == "statements" { "read-write" } else { "read-only" };
        match target {
            "" => json!({"capability": capability, "why": "a test"}),
            _ => {
                json!({"capability": capability, "target": target, "access": access, "why": "a test"})
            }
        }
    };
    let manifest = json!({
        "name": "parrot", "version": "1", "contract": "1.0.0", "about": "says anything",
        "worlds": ["condition", "approvers", "validator", "executor", "notifier"],
        "config": {"type": "object"},
        "reads": {"request": ["amount"], "items": ["price"], "users": ["manager"]},
        "wants": [
            want("statements", "orders-db"), want("named-statements", "orders-db"),
            want("secrets", "token"), want("blobs", ""),
        ],
    });
    [build("parrot"), custom_section(MANIFEST_SECTION, manifest.to_string().as_bytes())].concat()
}

struct Cage {
    host: Host,
    plugin: Plugin,
    runtime: Runtime,
    folder: tempfile::TempDir,
}

impl Cage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.db");
        let database = rusqlite::Connection::open(&path).unwrap();
        let tables = "create table orders (id integer primary key, state text);
             insert into orders (state) values ('open'), ('paid');";
        database.execute_batch(tables).unwrap();
        let limits = engine_connect::Limits::default();
        let config = ConnectionConfig { target: Target::Sqlite { path }, read_only: false, limits };
        let statement = "select id from orders where state = ?".to_owned();
        let lookups = [("open".to_owned(), Lookup { statement, max_rows: 5 })].into();
        let runtime = Runtime::new().unwrap();
        let patient = |limits| Limits { deadline: Duration::from_secs(20), ..limits };
        let host = Host::open(HostOptions {
            folder: folder.path().join("host"),
            compiled: Some(compiled()),
            limits: HostLimits {
                condition: patient(Limits::condition()),
                approvers: patient(Limits::approvers()),
                validator: patient(Limits::validator()),
                ..HostLimits::default()
            },
            connections: Connections::new([(id("orders-db"), config)].into()),
            blobs: runtime.block_on(Blobs::open(folder.path().join("blobs"))).unwrap(),
            http: Http::default(),
            secrets: [("token".to_owned(), Secret::new("s3cret"))].into(),
            lookups: [(id("orders-db"), lookups)].into(),
        })
        .unwrap();
        let plugin = host.load(&component()).unwrap_or_else(|error| panic!("{error}"));
        Self { host, plugin, runtime, folder }
    }

    fn call(bytes: &[u8]) -> Call {
        let facts = Facts {
            organization: id("acme"),
            request: id("r1"),
            rule: id("capex"),
            rule_version: 3,
            kind: id("spend"),
            step: None,
            requester: id("u-ann"),
            target_users: vec![],
            urgent: false,
            title: "A desk".into(),
            reason: "The old one broke".into(),
            properties: [(id("amount"), Value::Number(900))].into(),
            items: vec![],
            now: id("2026-03-06T22:30:00Z"),
        };
        let mut directory = Directory::default();
        directory.put_group(Group { id: id("staff"), name: "Staff".into() });
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let covered = json!([
            {"during": "execute", "connection": "orders-db", "kind": "select", "reads": ["orders"]},
            {"during": "execute", "connection": "orders-db", "kind": "update", "writes": ["orders"]},
        ]);
        let statements: Vec<_> = serde_json::from_value(covered).unwrap();
        let text = "A request waits.".to_owned();
        let code = "approval_needed".to_owned();
        let notice = Notice {
            id: "n1".to_owned(),
            organization: id("acme"),
            recipient: id("u-ann"),
            content: Message { code, arguments: BTreeMap::new(), text: text.clone() },
            subject: text.clone(),
            text,
            link: None,
            request: None,
            at: id("2026-03-06T22:30:00Z"),
        };
        let grant = Grant {
            connections: [(id("orders-db"), ConnectionGrant::Write)].into(),
            lookups: [(id("orders-db"), ["open".to_owned()].into())].into(),
            blobs: true,
            secrets: ["token".to_owned()].into(),
            ..Grant::default()
        };
        Call {
            config: Arc::new([("bytes".to_owned(), ConfigValue::Json(json!(hex)))].into()),
            grant: Arc::new(grant),
            statements: statements.into(),
            notice: Some(Arc::new(notice)),
            ..Call::new(Arc::new(facts), Arc::new(directory))
        }
    }

    /// The first byte says what is asked.
    fn ask(&self, input: &[u8]) -> String {
        let (world, rest) = input.split_first().unwrap_or((&0, &[]));
        let (host, plugin, call) = (&self.host, &self.plugin, &Self::call(rest));
        let wait = &self.runtime;
        match world % 8 {
            0 => question("condition", || host.condition(plugin, call)),
            1 => question("approvers", || host.approvers(plugin, call)),
            2 => question("validator", || host.validate(plugin, call)),
            3 => told("plan", wait.block_on(host.plan(plugin, call))),
            4 => told("execute", wait.block_on(host.execute(plugin, call, "k1"))),
            5 => told("probe", wait.block_on(host.probe(plugin, call, "k1"))),
            6 => {
                let done = Receipt { reference: "k1".to_owned(), ..Receipt::default() };
                told("revert", wait.block_on(host.revert(plugin, call, &done, "k2")))
            }
            _ => told("deliver", wait.block_on(host.deliver(plugin, call, "n1"))),
        }
    }
}

/// Pure worlds answer the same again.
fn question<T>(world: &str, ask: impl Fn() -> Answer<T>) -> String
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let (first, second) = (ask(), ask());
    assert_eq!(first.result, second.result);
    assert_eq!((first.trace.fuel, &first.trace.log), (second.trace.fuel, &second.trace.log));
    told(world, first)
}

/// An answer makes sense, or there is none and it is the plugin's fault.
fn told<T>(world: &str, answer: Answer<T>) -> String
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let trace = serde_json::to_string(&answer.trace).unwrap();
    assert!(!trace.contains("s3cret"), "{trace}");
    let denials: BTreeSet<&str> =
        answer.trace.denials.iter().map(|denial| denial.capability.as_str()).collect();
    let calls = answer.trace.host_calls.min(4);
    match answer.result {
        Ok(answer) => {
            let written = serde_json::to_string(&answer).unwrap();
            let again: T = serde_json::from_str(&written).unwrap();
            assert_eq!(again, answer);
            let size = written.len().checked_ilog2().unwrap_or(0);
            format!("{world} answers {size} {denials:?} {calls}")
        }
        Err(Failure { class, message, .. }) => {
            assert_ne!(class, FailureClass::Bug, "{message}");
            assert!(!message.is_empty());
            format!("{world} {class:?} {} {denials:?} {calls}", outline(&message))
        }
    }
}

#[test]
fn guests() {
    let cage = Cage::new();
    // Look-ups of questions wait on the runtime of whoever asks.
    let _inside = cage.runtime.enter();
    let quiet = cage.ask(&[0]);
    run("guest", &[], |input| cage.ask(input));
    // After all of it the host answers as before, and what no plan covers is as it was.
    assert_eq!(cage.ask(&[0]), quiet);
    let database = rusqlite::Connection::open(cage.folder.path().join("orders.db")).unwrap();
    let rows = database.query_row("select count(*) from orders", [], |row| row.get(0));
    assert_eq!(rows, Ok(2));
}
