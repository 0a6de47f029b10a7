//! A database of a real server, where effects are counted without asking the engine.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
};

use mysql_async::prelude::Queryable;

/// Where effects go. A repeated effect is a second row.
const EFFECTS: &str = "CREATE TABLE effects (request VARCHAR(80) NOT NULL)";

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Which kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Postgres,
    Mariadb,
}

impl Kind {
    pub(super) const ALL: [Self; 2] = [Self::Postgres, Self::Mariadb];

    /// The name of the connection, and of the rule whose executor uses it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
        }
    }

    /// How a statement names its first parameter.
    pub(super) fn parameter(self) -> &'static str {
        match self {
            Self::Postgres => "$1",
            Self::Mariadb => "?",
        }
    }

    fn variable(self) -> &'static str {
        match self {
            Self::Postgres => "COUNTERSIGN_TEST_POSTGRES",
            Self::Mariadb => "COUNTERSIGN_TEST_MARIADB",
        }
    }
}

/// A server and an account of it that may make databases, from a URL such as
/// `postgres://countersign:secret@127.0.0.1:5432`.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) password: String,
}

impl Server {
    fn of(kind: Kind) -> Self {
        let variable = kind.variable();
        let url = std::env::var(variable).unwrap_or_else(|_| {
            panic!("`{variable}` is not set: run these tests by `cargo xtask test`")
        });
        let (_, rest) = url.split_once("://").unwrap();
        let (account, place) = rest.rsplit_once('@').unwrap();
        let (user, password) = account.split_once(':').unwrap();
        let (host, port) = place.trim_end_matches('/').rsplit_once(':').unwrap();
        Self {
            host: host.to_owned(),
            port: port.parse().unwrap(),
            user: user.to_owned(),
            password: password.to_owned(),
        }
    }
}

/// A fresh database with an empty table of effects.
pub(super) struct Target {
    pub(super) kind: Kind,
    pub(super) server: Server,
    pub(super) database: String,
    session: Session,
}

enum Session {
    Postgres(tokio_postgres::Client),
    Mariadb(tokio::sync::Mutex<mysql_async::Conn>),
}

impl Target {
    /// One of each kind.
    pub(super) async fn all() -> Vec<Self> {
        vec![Self::new(Kind::Postgres).await, Self::new(Kind::Mariadb).await]
    }

    pub(super) async fn new(kind: Kind) -> Self {
        let server = Server::of(kind);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let database = format!("torture_{}_{number}", std::process::id());
        let administration = match kind {
            Kind::Postgres => "postgres",
            Kind::Mariadb => "mysql",
        };
        let session = connect(kind, &server, administration).await;
        session.run(&format!("CREATE DATABASE {database}")).await.unwrap();
        let session = connect(kind, &server, &database).await;
        session.run(EFFECTS).await.unwrap();
        Self { kind, server, database, session }
    }

    /// How often each effect happened.
    pub(super) async fn effects(&self) -> BTreeMap<String, u64> {
        let sql = "SELECT request, count(*) FROM effects GROUP BY request";
        match &self.session {
            Session::Postgres(client) => {
                let rows = client.query(sql, &[]).await.unwrap();
                let counted = |row: &tokio_postgres::Row| (row.get(0), row.get::<_, i64>(1) as u64);
                rows.iter().map(counted).collect()
            }
            Session::Mariadb(connection) => {
                let rows: Vec<(String, u64)> = connection.lock().await.query(sql).await.unwrap();
                rows.into_iter().collect()
            }
        }
    }

    /// Runs a statement that must succeed, as somebody who may do everything.
    pub(super) async fn run(&self, sql: &str) {
        self.session.run(sql).await.unwrap_or_else(|why| panic!("{sql}: {why}"));
    }

    /// The number that a query answers.
    pub(super) async fn number(&self, sql: &str) -> i64 {
        match &self.session {
            Session::Postgres(client) => client.query_one(sql, &[]).await.unwrap().get(0),
            Session::Mariadb(connection) => {
                let number: Option<i64> = connection.lock().await.query_first(sql).await.unwrap();
                number.unwrap()
            }
        }
    }

    /// Takes away what makes effects happen exactly once. Waits for transactions that use it.
    pub(super) async fn forget_markers(&self) {
        let truncated = self.session.run("TRUNCATE TABLE countersign_effects").await;
        // The engine makes the table with the first effect: unknown table, in two dialects.
        let missing = |why: &String| why.contains("42P01") || why.contains("42S02");
        assert!(truncated.as_ref().err().is_none_or(missing), "{truncated:?}");
    }
}

impl Session {
    async fn run(&self, sql: &str) -> Result<(), String> {
        match self {
            Self::Postgres(client) => {
                client.batch_execute(sql).await.map_err(|error| format!("{error:?}"))
            }
            Self::Mariadb(connection) => {
                let done = connection.lock().await.query_drop(sql).await;
                done.map_err(|error| format!("{error:?}"))
            }
        }
    }
}

async fn connect(kind: Kind, server: &Server, database: &str) -> Session {
    match kind {
        Kind::Postgres => {
            let mut config = tokio_postgres::Config::new();
            config.host(&server.host).port(server.port).user(&server.user).dbname(database);
            config.password(&server.password);
            let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            Session::Postgres(client)
        }
        Kind::Mariadb => {
            let options = mysql_async::OptsBuilder::default()
                .ip_or_hostname(server.host.clone())
                .tcp_port(server.port)
                .user(Some(server.user.clone()))
                .pass(Some(server.password.clone()))
                .prefer_socket(false)
                .db_name(Some(database));
            let connection = mysql_async::Conn::new(options).await.unwrap();
            Session::Mariadb(tokio::sync::Mutex::new(connection))
        }
    }
}
