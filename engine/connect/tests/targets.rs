//! What every kind of target database must do, checked on each: SQLite always, PostgreSQL and MariaDB
//! with the feature `databases`, on servers that `cargo xtask test` starts.

#[cfg(test)]
mod targets {
    mod checks;
    #[cfg(feature = "databases")]
    mod mariadb;
    mod place;
    #[cfg(feature = "databases")]
    mod postgres;
    #[cfg(feature = "databases")]
    mod proxy;
    #[cfg(feature = "databases")]
    mod servers;
    mod sqlite;
}
