//! The plugin `sql` on a SQLite database: an effect happens exactly once.

use std::{collections::BTreeMap, path::Path, process::Command, sync::Arc};

use engine_connect::{ConnectionConfig, Connections, Limits, Target};
use engine_core::{
    extension::{ConfigValue, FailureClass, Presence},
    ids::ResourceId,
};
use engine_host::{Call, ConnectionGrant, Grant, HostLimits, Plugin};
use rusqlite::Connection;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::{Place, call, id, open_with};

/// Builds a plugin of this repository; nothing is done where it is built.
fn build(name: &str) -> Vec<u8> {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--target", "wasm32-wasip2", "-p"])
        .arg(format!("plugins-{name}"))
        .current_dir(&plugins)
        .env_remove("CARGO_TARGET_DIR")
        .status()
        .unwrap();
    assert!(built.success(), "`{name}` was not built");
    let file = format!("target/wasm32-wasip2/release/plugins_{}.wasm", name.replace('-', "_"));
    std::fs::read(plugins.join(file)).unwrap()
}

/// A host with one database of four orders, and the plugin.
struct Shop {
    place: Place,
    plugin: Plugin,
}

impl Shop {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.db");
        let database = Connection::open(&path).unwrap();
        let setup = "create table orders (id integer primary key, state text not null);
             insert into orders (state) values ('open'), ('open'), ('open'), ('paid');";
        database.execute_batch(setup).unwrap();
        let config = ConnectionConfig {
            target: Target::Sqlite { path },
            read_only: false,
            limits: Limits::default(),
        };
        let connections: BTreeMap<ResourceId, _> = [(id("orders-db"), config)].into();
        let host = open_with(&folder, HostLimits::default(), Connections::new(connections));
        let place = Place { host, folder };
        let plugin = place.load(&build("sql"));
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

fn about(statement: &str, max_rows: u64, granted: Option<ConnectionGrant>) -> Call {
    let config: BTreeMap<&str, Json> = [
        ("connection", json!("orders-db")),
        ("statement", json!(statement)),
        ("max_rows", json!(max_rows)),
    ]
    .into();
    let config = config.into_iter().map(|(key, value)| (key.to_owned(), ConfigValue::Json(value)));
    let granted = granted.map(|granted| (id("orders-db"), granted));
    Call {
        config: Arc::new(config.collect()),
        grant: Arc::new(Grant { connections: granted.into_iter().collect(), ..Grant::default() }),
        ..call()
    }
}

const INSERT: &str = "insert into orders (state) values ('new')";
const WRITE: Option<ConnectionGrant> = Some(ConnectionGrant::Write);

/// EXE-3
#[tokio::test]
async fn two_executions_with_one_key_have_one_effect() {
    let shop = Shop::open();
    let (host, call) = (&shop.place.host, about(INSERT, 1, WRITE));
    let plan = host.plan(&shop.plugin, &call).await.result.unwrap();
    assert_eq!(plan.effects[0].kind, "insert");
    assert_eq!(plan.binding["statements"][0]["writes"], json!(["orders"]));
    assert_eq!(shop.states().len(), 4);

    let probed = host.probe(&shop.plugin, &call, "k1").await;
    assert_eq!(probed.result, Ok(Presence::DidNotHappen));
    let first = host.execute(&shop.plugin, &call, "k1").await;
    let receipt = first.result.unwrap();
    assert_eq!(receipt.fields["rows"], json!(1));
    assert!(first.trace.reads.contains("connection.orders-db"));
    let again = host.execute(&shop.plugin, &call, "k1").await;
    assert_eq!(again.result, Ok(receipt.clone()));
    assert_eq!(shop.states().len(), 5);
    let probed = host.probe(&shop.plugin, &call, "k1").await;
    assert_eq!(probed.result, Ok(Presence::Happened(receipt)));
    assert!(host.execute(&shop.plugin, &call, "k2").await.result.is_ok());
    assert_eq!(shop.states().len(), 6);
}

#[tokio::test]
async fn above_the_limit_nothing_is_changed() {
    let shop = Shop::open();
    let update = "update orders set state = 'gone' where state = 'open'";
    let answer = shop.place.host.execute(&shop.plugin, &about(update, 2, WRITE), "k1").await;
    let failure = answer.result.unwrap_err();
    assert_eq!(failure.class, FailureClass::Permanent);
    assert!(failure.message.contains("more than 2 rows"), "{failure:?}");
    assert_eq!(shop.states(), ["open", "open", "open", "paid"]);
}

#[tokio::test]
async fn what_was_not_granted_is_denied_and_recorded() {
    let shop = Shop::open();
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
    let shop = Shop::open();
    for statement in ["attach database 'x' as y", "delete from countersign_effects", "nonsense"] {
        let call = about(statement, 1, WRITE);
        let answer = shop.place.host.execute(&shop.plugin, &call, "k1").await;
        assert!(answer.result.is_err(), "{statement}");
    }
    assert_eq!(shop.states().len(), 4);
}
