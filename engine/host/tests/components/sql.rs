//! The plugins `sql` and `export` on a SQLite database: an effect happens exactly once.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use engine_core::extension::{FailureClass, Presence};
use engine_host::{Call, ConnectionGrant, Grant, HostLimits, Plugin};
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use crate::{Place, build, call, config_of, id, open_with, orders};

/// A host with one database of four orders, and the plugin.
struct Shop {
    place: Place,
    plugin: Plugin,
}

impl Shop {
    fn open(plugin: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let connections = orders(&folder);
        let host = open_with(&folder, HostLimits::default(), connections, BTreeMap::new());
        let place = Place { host, folder };
        let plugin = place.load(&build(plugin));
        Self { place, plugin }
    }

    fn states(&self) -> Vec<String> {
        let database = Connection::open(path(&self.place.folder)).unwrap();
        let mut query = database.prepare("select state from orders order by id").unwrap();
        let states = query.query_map([], |row| row.get(0)).unwrap();
        states.map(Result::unwrap).collect()
    }
}

fn path(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("orders.db")
}

impl Shop {
    /// The call, after its plan was approved.
    async fn approved(&self, call: Call) -> Call {
        let plan = self.place.host.plan(&self.plugin, &call).await.result.unwrap();
        Call { statements: plan.statements.into(), ..call }
    }
}

fn about(statement: &str, max_rows: u64, granted: Option<ConnectionGrant>) -> Call {
    let granted = granted.map(|granted| (id("orders-db"), granted));
    let config = json!({"connection": "orders-db", "statement": statement, "max_rows": max_rows});
    Call {
        config: config_of(config),
        grant: Arc::new(Grant { connections: granted.into_iter().collect(), ..Grant::default() }),
        ..call()
    }
}

const INSERT: &str = "insert into orders (state) values ('new')";
const WRITE: Option<ConnectionGrant> = Some(ConnectionGrant::Write);

/// EXE-3
#[tokio::test]
async fn two_executions_with_one_key_have_one_effect() {
    let shop = Shop::open("sql");
    let (host, call) = (&shop.place.host, about(INSERT, 1, WRITE));
    let plan = host.plan(&shop.plugin, &call).await.result.unwrap();
    assert_eq!(plan.effects[0].kind, "insert");
    assert_eq!(plan.binding["statements"][0]["writes"], json!(["orders"]));
    assert_eq!(shop.states().len(), 4);

    let call = &shop.approved(call).await;
    let probed = host.probe(&shop.plugin, call, "k1").await;
    assert_eq!(probed.result, Ok(Presence::DidNotHappen));
    let first = host.execute(&shop.plugin, call, "k1").await;
    let receipt = first.result.unwrap();
    assert_eq!(receipt.fields["rows"], json!(1));
    assert!(first.trace.reads.contains("connection.orders-db"));
    let again = host.execute(&shop.plugin, call, "k1").await;
    assert_eq!(again.result, Ok(receipt.clone()));
    assert_eq!(shop.states().len(), 5);
    let probed = host.probe(&shop.plugin, call, "k1").await;
    assert_eq!(probed.result, Ok(Presence::Happened(receipt)));
    assert!(host.execute(&shop.plugin, call, "k2").await.result.is_ok());
    assert_eq!(shop.states().len(), 6);
}

#[tokio::test]
async fn above_the_limit_nothing_is_changed() {
    let shop = Shop::open("sql");
    let update = "update orders set state = 'gone' where state = 'open'";
    let call = shop.approved(about(update, 2, WRITE)).await;
    let answer = shop.place.host.execute(&shop.plugin, &call, "k1").await;
    let failure = answer.result.unwrap_err();
    assert_eq!(failure.class, FailureClass::Permanent);
    assert!(failure.message.contains("more than 2 rows"), "{failure:?}");
    assert_eq!(shop.states(), ["open", "open", "open", "paid"]);
}

#[tokio::test]
async fn what_was_not_granted_is_denied_and_recorded() {
    let shop = Shop::open("sql");
    for granted in [None, Some(ConnectionGrant::Read)] {
        let call = about(INSERT, 1, granted);
        let answer = shop.place.host.execute(&shop.plugin, &call, "k1").await;
        let failure = answer.result.unwrap_err();
        assert!(!failure.class.is_retryable(), "{failure:?}");
        let denial = &answer.trace.denials[0];
        assert_eq!((denial.capability.as_str(), denial.name.as_str()), ("statements", "orders-db"));
    }
    assert_eq!(shop.states().len(), 4);
}

#[tokio::test]
async fn a_statement_that_reaches_outside_is_refused() {
    let shop = Shop::open("sql");
    for statement in ["attach database 'x' as y", "delete from countersign_effects", "nonsense"] {
        let call = about(statement, 1, WRITE);
        let answer = shop.place.host.execute(&shop.plugin, &call, "k1").await;
        assert!(answer.result.is_err(), "{statement}");
    }
    assert_eq!(shop.states().len(), 4);
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_given_up_at_the_deadline() {
    let shop = Shop::open("sql");
    let approved = shop.approved(about(INSERT, 1, WRITE)).await;
    let locked = Connection::open(path(&shop.place.folder)).unwrap();
    locked.execute_batch("begin exclusive").unwrap();
    let limits = engine_host::Limits {
        deadline: Duration::from_millis(300),
        ..engine_host::Limits::executor()
    };
    let call = Call { limits: Some(Arc::new(limits)), ..approved.clone() };
    let start = Instant::now();
    let failure = shop.place.host.execute(&shop.plugin, &call, "k1").await.result.unwrap_err();
    assert!(failure.class.is_retryable(), "{failure:?}");
    assert!(start.elapsed() < Duration::from_secs(20));
    locked.execute_batch("rollback").unwrap();
    let probed = shop.place.host.probe(&shop.plugin, &approved, "k1").await;
    assert_eq!(probed.result, Ok(Presence::DidNotHappen));
    assert_eq!(shop.states().len(), 4);
}

/// EXE-7
#[tokio::test]
async fn an_export_leaves_one_file_for_one_key() {
    let shop = Shop::open("export");
    let host = &shop.place.host;
    let export = |max_rows: u64, blobs: bool| Call {
        config: config_of(json!({
            "connection": "orders-db", "query": "select id, state from orders order by id",
            "max_rows": max_rows, "file_name": "orders.csv",
        })),
        grant: Arc::new(Grant {
            connections: [(id("orders-db"), ConnectionGrant::Read)].into(),
            blobs,
            ..Grant::default()
        }),
        ..call()
    };
    let ten = shop.approved(export(10, true)).await;
    let receipt = host.execute(&shop.plugin, &ten, "k1").await.result.unwrap();
    let again = host.execute(&shop.plugin, &ten, "k1").await.result.unwrap();
    assert_eq!(receipt, again);
    let files = host.files("k1").await.unwrap();
    assert_eq!((files.len(), files[0].name.as_str(), files[0].rows), (1, "orders.csv", Some(4)));
    let probed = host.probe(&shop.plugin, &ten, "k1").await.result;
    assert!(matches!(probed, Ok(Presence::Happened(_))), "{probed:?}");
    let probed = host.probe(&shop.plugin, &ten, "k2").await.result;
    assert_eq!(probed, Ok(Presence::DidNotHappen));

    let three = Call { config: export(3, true).config, ..ten.clone() };
    assert!(host.execute(&shop.plugin, &three, "k3").await.result.is_err());
    assert!(host.files("k3").await.unwrap().is_empty());
    let denied = Call { grant: export(10, false).grant, ..ten };
    let denied = host.execute(&shop.plugin, &denied, "k4").await;
    assert!(denied.result.is_err());
    assert!(denied.trace.denials.iter().any(|denial| denial.capability == "blobs"));
}
