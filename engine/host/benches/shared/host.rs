//! A host, and what it is asked about.

use std::{collections::BTreeMap, sync::Arc};

use engine_connect::{Blobs, Connections, Http};
use engine_core::{directory::Directory, extension::Facts, value::Value};
use engine_host::{Call, Host, HostLimits, HostOptions};

pub(crate) fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

/// A request with these properties.
pub(crate) fn call(properties: impl IntoIterator<Item = (String, Value)>) -> Call {
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
        properties: properties.into_iter().map(|(name, value)| (id(&name), value)).collect(),
        items: vec![],
        now: id("2026-03-06T22:30:00Z"),
    };
    Call::new(Arc::new(facts), Arc::new(Directory::default()))
}

pub(crate) fn host(folder: &tempfile::TempDir, connections: Connections) -> Host {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let blobs = runtime.block_on(Blobs::open(folder.path().join("blobs")));
    Host::open(HostOptions {
        folder: folder.path().join("host"),
        compiled: None,
        limits: HostLimits::default(),
        connections,
        blobs: blobs.unwrap(),
        http: Http::default(),
        secrets: BTreeMap::new(),
        lookups: BTreeMap::new(),
    })
    .unwrap()
}
