//! PostgreSQL and MariaDB, on servers of the caller.
//!
//! `COUNTERSIGN_TEST_POSTGRES` and `COUNTERSIGN_TEST_MARIADB` are URLs of accounts that may make databases and
//! accounts, such as `postgres://postgres:secret@127.0.0.1:5432`. Each test makes a database of its own.

use std::sync::atomic::{AtomicU32, Ordering};

use engine_connect::{Mode, Secret, Target, config::Server};

use super::place::Place;

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// An account of a server, from its URL.
pub(crate) fn server(variable: &str) -> Server {
    let url = std::env::var(variable).unwrap_or_else(|_| {
        panic!("`{variable}` is not set: run these tests by `cargo xtask test`")
    });
    let (_, rest) = url.split_once("://").unwrap();
    let (account, place) = rest.rsplit_once('@').unwrap();
    let (user, password) = account.split_once(':').unwrap_or((account, ""));
    let (host, port) = place.trim_end_matches('/').rsplit_once(':').unwrap();
    Server {
        host: host.to_owned(),
        port: Some(port.parse().unwrap()),
        database: String::new(),
        user: user.to_owned(),
        password: Some(Secret::new(password)),
    }
}

fn fresh_name() -> String {
    format!("target_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// A fresh database of a PostgreSQL server.
pub(crate) async fn postgres() -> Place {
    let (server, database) = (server("COUNTERSIGN_TEST_POSTGRES"), fresh_name());
    let mut config = tokio_postgres::Config::new();
    config.host(&server.host).port(server.port.unwrap()).user(&server.user).dbname("postgres");
    config.password(url_password("COUNTERSIGN_TEST_POSTGRES"));
    let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(&format!("CREATE DATABASE {database}")).await.unwrap();
    Place::new(Target::Postgres(Server { database, ..server }), None)
}

/// A fresh database of a MariaDB server.
pub(crate) async fn mariadb() -> Place {
    let (server, database) = (server("COUNTERSIGN_TEST_MARIADB"), fresh_name());
    let admin = Target::Mariadb(Server { database: "mysql".to_owned(), ..server.clone() });
    let admin = Place::new(admin, None);
    let mut transaction = admin.begin(Mode::Steps).await;
    transaction.mark(&format!("test/{database}"), &serde_json::json!(null)).await.unwrap();
    transaction.execute(&format!("CREATE DATABASE {database}"), &[]).await.unwrap();
    transaction.commit().await.unwrap();
    Place::new(Target::Mariadb(Server { database, ..server }), None)
}

fn url_password(variable: &str) -> String {
    let url = std::env::var(variable).unwrap();
    let account = url.split_once("://").unwrap().1.rsplit_once('@').unwrap().0;
    account.split_once(':').map_or("", |(_, password)| password).to_owned()
}
