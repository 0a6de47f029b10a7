//! The host with real components, hostile ones among them.

mod guest;
mod load;
mod run;
mod sql;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use engine_connect::{Blobs, Connections};
use engine_core::{
    directory::Directory,
    extension::{Facts, Failure, Verdict},
    value::Value,
};
use engine_host::{Answer, Call, Host, HostLimits, HostOptions, Limits, Plugin};
use tempfile::TempDir;

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
    open_with(folder, limits, Connections::default())
}

fn open_with(folder: &TempDir, limits: HostLimits, connections: Connections) -> Host {
    let blobs = folder.path().join("blobs");
    // Of its own, so that it works inside another runtime as well.
    let opening = std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(Blobs::open(blobs)).unwrap()
    });
    Host::open(HostOptions {
        folder: folder.path().join("host"),
        limits,
        connections,
        blobs: opening.join().unwrap(),
        secrets: BTreeMap::new(),
        lookups: BTreeMap::new(),
    })
    .unwrap()
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
