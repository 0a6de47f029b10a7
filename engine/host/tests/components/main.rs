//! The host with real components, hostile ones among them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod cover;
mod dry;
mod first_party;
mod guest;
mod hostile;
mod load;
mod out;
mod questions;
mod ready;
mod released;
mod run;
#[cfg(feature = "databases")]
mod servers;
mod sql;
mod vandal;
mod weight;

#[path = "../shared/built.rs"]
mod built;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use engine_connect::{Blobs, ConnectionConfig, Connections, Target};
use engine_core::{
    directory::Directory,
    extension::{ConfigValue, Facts, Failure, ResolvedConfig, Verdict},
    ids::ResourceId,
    value::Value,
};
use engine_host::{Answer, Call, Host, HostLimits, HostOptions, Limits, Lookup, Plugin};
use serde_json::Value as Json;
use tempfile::TempDir;

use self::built::{build, compiled};

/// A host in a folder of its own.
struct Place {
    host: Host,
    folder: TempDir,
}

impl Place {
    /// With time enough on any machine, so that only what is counted decides.
    fn new() -> Self {
        let patient = Limits { deadline: Duration::from_secs(60), ..Limits::condition() };
        Self::with(HostLimits { condition: patient, ..HostLimits::default() })
    }

    fn with(limits: HostLimits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let host = open(&folder, limits);
        Self { host, folder }
    }

    fn load(&self, file: &[u8]) -> Plugin {
        self.host.load(file).unwrap_or_else(|error| panic!("{error}"))
    }

    fn condition(&self, body: &str) -> Answer<Verdict> {
        self.host.condition(&self.load(&guest::condition(body)), &call())
    }

    fn failure(&self, body: &str) -> Failure {
        match self.condition(body).result {
            Err(failure) => failure,
            Ok(verdict) => panic!("`{body}` answered {verdict:?}"),
        }
    }
}

fn open(folder: &TempDir, limits: HostLimits) -> Host {
    open_with(folder, limits, Connections::default(), BTreeMap::new())
}

fn open_with(
    folder: &TempDir,
    limits: HostLimits,
    connections: Connections,
    lookups: BTreeMap<ResourceId, BTreeMap<String, Lookup>>,
) -> Host {
    let compiled = Some(compiled());
    let options = options(folder, limits);
    Host::open(HostOptions { compiled, connections, lookups, ..options }).unwrap()
}

/// With nothing outside, and what it compiles in its folder.
fn options(folder: &TempDir, limits: HostLimits) -> HostOptions {
    let blobs = folder.path().join("blobs");
    // Of its own, so that it works inside another runtime as well.
    let opening = std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(Blobs::open(blobs)).unwrap()
    });
    HostOptions {
        folder: folder.path().join("host"),
        compiled: None,
        limits,
        connections: Connections::default(),
        blobs: opening.join().unwrap(),
        http: engine_connect::Http::default(),
        secrets: BTreeMap::new(),
        lookups: BTreeMap::new(),
    }
}

/// A database of four orders, on the connection `orders-db`.
fn orders(folder: &TempDir) -> Connections {
    let path = folder.path().join("orders.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    let setup = "create table orders (id integer primary key, state text not null);
         insert into orders (state) values ('open'), ('open'), ('open'), ('paid');";
    database.execute_batch(setup).unwrap();
    let config = ConnectionConfig {
        target: Target::Sqlite { path },
        read_only: false,
        limits: engine_connect::Limits::default(),
    };
    Connections::new([(id("orders-db"), config)].into())
}

fn config_of(config: Json) -> Arc<ResolvedConfig> {
    let Json::Object(fields) = config else { panic!("not an object") };
    Arc::new(fields.into_iter().map(|(key, value)| (key, ConfigValue::Json(value))).collect())
}

fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

fn call() -> Call {
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
        properties: [(id("amount"), Value::Number(900)), (id("salary"), Value::Number(1))].into(),
        items: vec![],
        now: id("2026-03-06T22:30:00Z"),
    };
    Call::new(Arc::new(facts), Arc::new(Directory::default()))
}
