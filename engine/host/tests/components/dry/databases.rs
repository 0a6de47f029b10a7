//! On real servers too, whose answers have other types than SQLite's, and where rights and passwords count.

use engine_connect::{ConnectionConfig, Limits, Target, config::Server};
use engine_core::{
    directory::{Directory, User},
    extension::Facts,
    value::Value,
};

use super::*;
use crate::{
    first_party::user,
    servers::{MARIADB, POSTGRES, password, server},
};

fn to(target: Target) -> Connections {
    let config = ConnectionConfig { target, read_only: false, limits: Limits::default() };
    Connections::new([(id("orders-db"), config)].into())
}

/// A name that no other run of these tests has.
fn fresh(name: &str) -> String {
    format!("dry_{name}_{}", std::process::id())
}

/// Runs these, past the host.
async fn run(on: &Connections, mode: Mode, key: &str, statements: &[String]) {
    let mut transaction = on.begin(&id("orders-db"), Begin { mode, timeout: None }).await.unwrap();
    transaction.mark(key, &Json::Null).await.unwrap();
    for statement in statements {
        transaction.execute(statement, &[]).await.unwrap();
    }
    transaction.commit().await.unwrap();
}

/// Four orders in a table of its own.
fn four_orders(table: &str) -> [String; 2] {
    [
        format!("create table {table} (id serial primary key, state varchar(10) not null)"),
        format!("insert into {table} (state) values ('open'), ('open'), ('open'), ('paid')"),
    ]
}

/// EXE-3
#[tokio::test]
async fn postgres_is_not_needed_again() {
    let (name, on) = (fresh("sql"), to(Target::Postgres(server(POSTGRES, "postgres"))));
    let table = format!("{name}.orders");
    let mut statements = vec![format!("create schema {name}")];
    statements.extend(four_orders(&table));
    run(&on, Mode::Atomic, &name, &statements).await;
    let stage = Stage::of("sql", tempfile::tempdir().unwrap(), on, "s3cret").await;
    a_statement_again(&stage, &table, &format!("{name}/k1")).await;
}

/// EXE-3
#[tokio::test]
async fn mariadb_is_not_needed_again() {
    let name = fresh("sql");
    let all = to(Target::Mariadb(server(MARIADB, "mysql")));
    run(&all, Mode::Steps, &name, &[format!("create database {name}")]).await;
    let on = to(Target::Mariadb(server(MARIADB, &name)));
    run(&on, Mode::Steps, &name, &four_orders("orders")).await;
    let stage = Stage::of("sql", tempfile::tempdir().unwrap(), on, "s3cret").await;
    a_statement_again(&stage, "orders", &format!("{name}/k1")).await;
}

/// EXE-5
#[tokio::test]
async fn access_is_given_and_taken_again_without_anybody_having_it() {
    let (name, on) = (fresh("access"), to(Target::Postgres(server(POSTGRES, "postgres"))));
    let [role, account] = ["role", "account"].map(|what| format!("{name}_{what}"));
    let statements = [&role, &account].map(|name| format!("create role {name}"));
    run(&on, Mode::Atomic, &name, &statements).await;
    let has =
        format!("pg_auth_members m join pg_roles r on r.oid = m.roleid where r.rolname = '{role}'");
    let stage = Stage::of("access", tempfile::tempdir().unwrap(), on, "s3cret").await;
    let mut directory = Directory::default();
    let properties = [(id("account"), Value::Text(account))].into();
    directory.put_user(User { properties, ..user("ann") });
    let facts = Facts { target_users: vec![id("u-ann")], ..(*call().facts).clone() };
    let config = json!({"connection": "orders-db", "account_property": "account", "role": role});
    let call = Call {
        directory: Arc::new(directory),
        facts: Arc::new(facts),
        ..with(config, connections(ConnectionGrant::Write))
    };

    let key = format!("{name}/k1");
    let (planned, call) = stage.plan(call).await;
    let executed = stage.execute(&call, &key).await;
    assert_eq!(stage.count(&has).await, 1, "{:?}", executed.answer);
    let Answered::Receipt(done) = executed.answer.clone() else { panic!("{:?}", executed.answer) };
    let probed = stage.probe(&call, &key).await;
    let reverted = stage.order(&call, Order::Revert { done, once_key: key }).await;
    assert_eq!(stage.count(&has).await, 0, "{:?}", reverted.answer);
    for capsule in [planned, executed, probed, reverted] {
        stage.repeats(&capsule).await;
        assert_eq!(stage.count(&has).await, 0);
    }
}

/// The operator's password is wrong here, and the one that the plugin hands over is right.
#[tokio::test]
async fn a_connection_is_opened_again_without_its_password() {
    let (right, wrong) = (password(POSTGRES), Some(Secret::new("wrong")));
    let on = to(Target::Postgres(Server { password: wrong, ..server(POSTGRES, "postgres") }));
    let stage = Stage::of("rogue", tempfile::tempdir().unwrap(), on, &right).await;
    let own = json!({"on": "orders-db", "how": "read", "send": "select 1", "password": "token"});
    for (attempt, works) in [(own, true), (does("read", "select 1"), false)] {
        let config = json!({
            "one": "orders-db", "two": "orders-db", "does": [attempt],
            "plan": [{"on": "orders-db", "text": "select 1"}],
        });
        let secrets = ["token".to_owned()].into();
        let grant = Grant { secrets, ..connections(ConnectionGrant::Read) };
        let (_, call) = stage.plan(with(config, grant)).await;
        let capsule = stage.execute(&call, "k1").await;
        let Answered::Receipt(done) = &capsule.answer else { panic!("{:?}", capsule.answer) };
        assert_eq!(done.fields["outcomes"][0] == "done", works, "{done:?}");
        stage.repeats(&capsule).await;
        assert!(!text(&capsule).contains(&right), "{}", text(&capsule));
    }
}
