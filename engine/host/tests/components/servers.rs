//! PostgreSQL and MariaDB, on servers of the caller: `cargo xtask test` starts them.
//!
//! `COUNTERSIGN_TEST_POSTGRES` and `COUNTERSIGN_TEST_MARIADB` are URLs of accounts that may do everything, such
//! as `postgres://postgres:secret@127.0.0.1:5432`.

use engine_connect::{Secret, config::Server};

pub(crate) const POSTGRES: &str = "COUNTERSIGN_TEST_POSTGRES";
pub(crate) const MARIADB: &str = "COUNTERSIGN_TEST_MARIADB";

/// A database of a server.
pub(crate) fn server(variable: &str, database: &str) -> Server {
    let (user, password, host, port) = parts(variable);
    Server {
        host,
        port: Some(port),
        database: database.to_owned(),
        user,
        password: Some(Secret::new(&password)),
    }
}

/// The password of the account.
pub(crate) fn password(variable: &str) -> String {
    parts(variable).1
}

fn parts(variable: &str) -> (String, String, String, u16) {
    let url = std::env::var(variable).unwrap_or_else(|_| {
        panic!("`{variable}` is not set: run these tests by `cargo xtask test`")
    });
    let (account, place) = url.split_once("://").unwrap().1.rsplit_once('@').unwrap();
    let (user, password) = account.split_once(':').unwrap();
    let (host, port) = place.trim_end_matches('/').rsplit_once(':').unwrap();
    (user.to_owned(), password.to_owned(), host.to_owned(), port.parse().unwrap())
}
