//! A plugin that does damage at the worst moment (`tests/vandal`): it gets its class, leaves nothing
//! behind, and the next call goes as if nothing had been.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use engine_core::extension::{Failure, FailureClass, Message, Receipt, Verdict};
use engine_host::{Call, ConnectionGrant, Grant, HostLimits, Limits, Notice, Plugin};
use rusqlite::Connection;
use serde_json::json;

use crate::{Place, build, call, config_of, id, open_with, orders};

struct Scene {
    place: Place,
    plugin: Plugin,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let connections = orders(&folder);
        // What never ends is ended by its fuel, before its time is over on any machine.
        let executor =
            Limits { fuel: 50_000_000, deadline: Duration::from_secs(60), ..Limits::executor() };
        let limits = HostLimits { executor, ..HostLimits::default() };
        let place =
            Place { host: open_with(&folder, limits, connections, BTreeMap::new()), folder };
        let plugin = place.load(&build("vandal"));
        Self { place, plugin }
    }

    fn call(at: &str, deed: &str) -> Call {
        let grant = Grant {
            connections: [(id("orders-db"), ConnectionGrant::Write)].into(),
            blobs: true,
            ..Grant::default()
        };
        let notice = Notice {
            id: "n1".to_owned(),
            organization: id("acme"),
            recipient: id("u-ann"),
            content: Message {
                code: "approval_needed".to_owned(),
                arguments: BTreeMap::new(),
                text: "A request waits.".to_owned(),
            },
            subject: "A request waits".to_owned(),
            text: "A request waits.".to_owned(),
            link: None,
            request: None,
            at: id("2026-03-06T22:30:00Z"),
        };
        Call {
            config: config_of(json!({"at": at, "deed": deed})),
            grant: Arc::new(grant),
            notice: Some(Arc::new(notice)),
            ..call()
        }
    }

    /// The call, after the plan of a plugin that behaves was approved.
    async fn approved(&self, at: &str, deed: &str) -> Call {
        let plan = self.place.host.plan(&self.plugin, &Self::call("", deed)).await.result.unwrap();
        Call { statements: plan.statements.into(), ..Self::call(at, deed) }
    }

    /// Calls the function in which it does it.
    async fn answer(&self, at: &str, deed: &str) -> Result<String, Failure> {
        let (host, plugin, call) = (&self.place.host, &self.plugin, &Self::call(at, deed));
        match at {
            "evaluate" => host.condition(plugin, call).result.map(|told| format!("{told:?}")),
            "resolve" => host.approvers(plugin, call).result.map(|told| format!("{told:?}")),
            "validate" => host.validate(plugin, call).result.map(|told| format!("{told:?}")),
            "plan" => host.plan(plugin, call).await.result.map(|told| format!("{told:?}")),
            "deliver" => {
                host.deliver(plugin, call, "k1").await.result.map(|told| format!("{told:?}"))
            }
            _ => {
                let call = &self.approved(at, deed).await;
                let done = Receipt::default();
                match at {
                    "execute" => host
                        .execute(plugin, call, "k1")
                        .await
                        .result
                        .map(|told| format!("{told:?}")),
                    "probe" => {
                        host.probe(plugin, call, "k1").await.result.map(|told| format!("{told:?}"))
                    }
                    _ => host
                        .revert(plugin, call, &done, "k2")
                        .await
                        .result
                        .map(|told| format!("{told:?}")),
                }
            }
        }
    }

    fn states(&self) -> Vec<String> {
        let database = Connection::open(self.place.folder.path().join("orders.db")).unwrap();
        let mut query = database.prepare("select distinct state from orders order by 1").unwrap();
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}

const QUESTIONS: [&str; 3] = ["evaluate", "resolve", "validate"];
const EFFECTS: [&str; 5] = ["plan", "execute", "probe", "revert", "deliver"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_traps_is_gone() {
    let scene = Scene::new();
    for at in QUESTIONS.iter().chain(&EFFECTS) {
        let failure = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(scene.answer(at, "panic"))
        });
        let failure = failure.unwrap_err();
        assert_eq!(failure.class, FailureClass::Trap, "{at}: {failure:?}");
        let detail = failure.detail.unwrap();
        assert!(detail.contains("wasm backtrace"), "{at}: {detail}");
        assert!(!failure.message.contains("backtrace"), "{at}: the person needs no backtrace");
    }
    let call = Scene::call("", "panic");
    let told = tokio::task::block_in_place(|| scene.place.host.condition(&scene.plugin, &call));
    assert!(matches!(told.result, Ok(Verdict::Unmet(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_file_is_none() {
    let scene = Scene::new();
    let failure = scene.answer("execute", "half_file").await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Trap, "{failure:?}");
    assert!(scene.place.host.files("k1").await.unwrap().is_empty());
    assert!(scene.place.host.waiting_files().await.unwrap().is_empty());
    let blobs = scene.place.folder.path().join("blobs");
    let left: Vec<_> = walk(&blobs).into_iter().filter(|path| path.is_file()).collect();
    assert!(left.is_empty(), "{left:?}");
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// EXE-3: what it began is rolled back, and the connection is there for the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_holds_a_connection_beyond_the_end() {
    let scene = Scene::new();
    let before = scene.states();
    for _ in 0..6 {
        let failure = scene.answer("execute", "hold").await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Fuel, "{failure:?}");
        assert_eq!(scene.states(), before);
    }
    // More often than the connection may be open at once; and nothing is locked.
    let database = Connection::open(scene.place.folder.path().join("orders.db")).unwrap();
    assert_eq!(database.execute("update orders set state = 'paid'", []).unwrap(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_looked_at() {
    let scene = Scene::new();
    let failure = scene.answer("plan", "deep").await.unwrap_err();
    assert_eq!(failure.class, FailureClass::BadOutput, "{failure:?}");
    assert!(failure.message.contains("binding"), "{failure:?}");
    for at in ["evaluate", "validate", "plan", "execute", "probe"] {
        let failure = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(scene.answer(at, "currency"))
        });
        let failure = failure.unwrap_err();
        assert_eq!(failure.class, FailureClass::BadOutput, "{at}: {failure:?}");
        assert!(failure.message.contains("euros"), "{at}: {failure:?}");
    }
}

/// Chance is the same in every repetition, hash maps and addresses included.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_no_chance() {
    let scene = Scene::new();
    let ask = || {
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(scene.answer("evaluate", "chance"))
        })
        .unwrap()
    };
    let first = ask();
    assert!(first.contains("2026-03-06"), "{first}");
    for _ in 0..20 {
        assert_eq!(ask(), first);
    }
}
