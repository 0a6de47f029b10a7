//! What every kind of target database must do, checked on each: SQLite always, PostgreSQL and MariaDB
//! with the feature `databases`, on servers that `cargo xtask test` starts.

mod targets {
    mod checks;
    mod place;
    mod sqlite;
}
