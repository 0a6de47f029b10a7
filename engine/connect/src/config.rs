//! How the operator describes a connection. Nothing here comes through the API.

use std::{fmt, path::PathBuf, time::Duration};

use serde::{Deserialize, Deserializer, de};

use crate::dialect::Dialect;

/// A password. It is never printed and cannot be serialized.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a password.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The password, for the driver that hands it to the server.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl<'de> Deserialize<'de> for Secret {
    /// Serde's own messages quote the value that was found; these do not.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Secret;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a password as text")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Secret, E> {
                Ok(Secret::new(text))
            }
            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Secret, E> {
                Err(E::custom("expected a password as text, found a number"))
            }
            fn visit_u64<E: de::Error>(self, _: u64) -> Result<Secret, E> {
                Err(E::custom("expected a password as text, found a number"))
            }
            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Secret, E> {
                Err(E::custom("expected a password as text, found a number"))
            }
            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Secret, E> {
                Err(E::custom("expected a password as text, found a boolean"))
            }
        }
        from.deserialize_any(Text)
    }
}

/// A named connection.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionConfig {
    /// Which database.
    pub target: Target,
    /// Refuses every transaction that could write.
    #[serde(default)]
    pub read_only: bool,
    /// How much of it may be used.
    #[serde(default)]
    pub limits: Limits,
}

/// Where the database is and as whom to speak to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Target {
    /// A file. It must exist: a wrong path never makes a new, empty database.
    Sqlite {
        /// Of the database file.
        path: PathBuf,
    },
    /// A PostgreSQL server.
    Postgres(Server),
    /// A MariaDB or MySQL server.
    Mariadb(Server),
}

impl Target {
    /// The language that it speaks.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite { .. } => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
            Self::Mariadb(_) => Dialect::Mariadb,
        }
    }
}

/// A database server and an account of it. The account's rights are what bounds every statement.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// A host name or address; a path that starts with `/` is a folder (PostgreSQL) or file (MariaDB) of a
    /// local socket.
    pub host: String,
    /// None means the usual one of the kind.
    #[serde(default)]
    pub port: Option<u16>,
    /// The database, which must exist.
    pub database: String,
    /// The account.
    pub user: String,
    /// None where the server asks for none.
    #[serde(default)]
    pub password: Option<Secret>,
}

/// How much of a connection may be used at once, how long, and how much it may answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Transactions open at once; more wait. At least 1.
    pub open: u32,
    /// For connecting, in milliseconds.
    pub connect_ms: u32,
    /// For one statement, in milliseconds, waiting for locks included.
    pub statement_ms: u32,
    /// For one transaction, in milliseconds.
    pub transaction_ms: u32,
    /// Rows of one answer held in memory. Streams are not bound by it.
    pub rows: u32,
    /// Bytes of one answer held in memory. Streams are not bound by it.
    pub bytes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            open: 4,
            connect_ms: 5_000,
            statement_ms: 60_000,
            transaction_ms: 300_000,
            rows: 10_000,
            bytes: 16 << 20,
        }
    }
}

impl Limits {
    /// For connecting.
    #[must_use]
    pub fn connect(&self) -> Duration {
        Duration::from_millis(self.connect_ms.into())
    }

    /// For one statement.
    #[must_use]
    pub fn statement(&self) -> Duration {
        Duration::from_millis(self.statement_ms.into())
    }

    /// For one transaction.
    #[must_use]
    pub fn transaction(&self) -> Duration {
        Duration::from_millis(self.transaction_ms.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_read_from_toml() {
        let config: ConnectionConfig = toml::from_str(
            "read_only = true\n[target]\nkind = \"postgres\"\nhost = \"db\"\ndatabase = \"orders\"\nuser = \"countersign\"\npassword = \"hunter2\"\n[limits]\nopen = 2\n",
        )
        .unwrap();
        assert!(config.read_only);
        assert_eq!(config.limits, Limits { open: 2, ..Limits::default() });
        assert_eq!(config.target.dialect(), Dialect::Postgres);
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn an_unknown_field_is_refused() {
        for bad in [
            "[target]\nkind = \"sqlite\"\npath = \"a\"\nhost = \"b\"",
            "[target]\nkind = \"sqlite\"\npath = \"a\"\n[limits]\nrow = 1",
            "[target]\nkind = \"oracle\"\nhost = \"b\"",
            "readonly = true\n[target]\nkind = \"sqlite\"\npath = \"a\"",
        ] {
            assert!(toml::from_str::<ConnectionConfig>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_of_the_wrong_type_is_not_quoted_by_the_error() {
        let error = serde_json::from_str::<Secret>("31337").unwrap_err().to_string();
        assert!(!error.contains("31337"), "{error}");
        assert_eq!(
            format!("{} {:?}", Secret::new("hunter2"), Secret::new("hunter2")),
            "… Secret(…)"
        );
    }
}
