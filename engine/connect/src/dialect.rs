//! The languages of the databases, and how names are written in them.

use serde::{Deserialize, Serialize};

/// The language of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MariaDB and MySQL.
    Mariadb,
}

/// Why a text cannot be a name in a database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// No text.
    #[error("expected a name, found none")]
    Empty,
    /// The server would cut it, and so mean something else.
    #[error("a name of {found} is longer than the {most} that the database keeps")]
    TooLong {
        /// Bytes (PostgreSQL, SQLite) or characters (MariaDB).
        found: usize,
        /// The same unit.
        most: usize,
    },
    /// No database can hold a NUL, MariaDB no character beyond U+FFFF.
    #[error("`{0}` cannot stand in a name")]
    Character(String),
}

impl Dialect {
    /// Writes a name (of a table, column, role, …) so that it means exactly itself.
    ///
    /// # Errors
    /// [`BadName`] where the database cannot hold such a name.
    pub fn quote_identifier(self, name: &str) -> Result<String, BadName> {
        let (quote, most) = match self {
            Self::Sqlite => ('"', 1_000),
            Self::Postgres => ('"', 63),
            Self::Mariadb => ('`', 64),
        };
        let found = match self {
            Self::Sqlite | Self::Postgres => name.len(),
            Self::Mariadb => name.chars().count(),
        };
        if name.is_empty() {
            return Err(BadName::Empty);
        }
        if found > most {
            return Err(BadName::TooLong { found, most });
        }
        if let Some(bad) = name.chars().find(|c| !self.holds(*c)) {
            return Err(BadName::Character(bad.escape_default().to_string()));
        }
        let doubled = name.replace(quote, &format!("{quote}{quote}"));
        Ok(format!("{quote}{doubled}{quote}"))
    }

    /// Writes a text so that it means exactly itself, for the statements that take no parameters
    /// (such as the account of a GRANT). Everything else is a parameter.
    ///
    /// # Errors
    /// [`BadName::Character`] where the text holds a NUL.
    pub fn quote_text(self, text: &str) -> Result<String, BadName> {
        if text.contains('\0') {
            return Err(BadName::Character("\\u{0}".to_owned()));
        }
        Ok(match self {
            Self::Sqlite => format!("'{}'", text.replace('\'', "''")),
            // The E form means the same under every `standard_conforming_strings`.
            Self::Postgres if text.contains('\\') => {
                format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
            }
            Self::Postgres => format!("'{}'", text.replace('\'', "''")),
            // Our sessions have no NO_BACKSLASH_ESCAPES.
            Self::Mariadb => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")),
        })
    }

    fn holds(self, character: char) -> bool {
        match self {
            Self::Sqlite | Self::Postgres => character != '\0',
            Self::Mariadb => character != '\0' && character <= '\u{FFFF}',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &[&str] = &[
        "orders",
        "Order Lines",
        "a\"b",
        "a`b",
        "a'b",
        "\"; DROP TABLE users; --",
        "`; DROP TABLE users; --",
        "a\\",
        "a\\\"b",
        "/*! x */",
        "--",
        "select",
        "имя",
        "a\nb",
        "\u{202e}evil",
        "%s$1?",
    ];

    #[test]
    fn a_hostile_name_means_itself_in_sqlite() {
        let db = rusqlite::Connection::open_in_memory().unwrap();
        for name in HOSTILE {
            let quoted = Dialect::Sqlite.quote_identifier(name).unwrap();
            db.execute(&format!("CREATE TABLE {quoted} ({quoted} TEXT)"), []).unwrap();
            let found: String = db
                .query_row("SELECT name FROM sqlite_schema WHERE name = ?", [name], |row| {
                    row.get(0)
                })
                .unwrap();
            assert_eq!(found, *name);
            let text = Dialect::Sqlite.quote_text(name).unwrap();
            let back: String =
                db.query_row(&format!("SELECT {text}"), [], |row| row.get(0)).unwrap();
            assert_eq!(back, *name);
        }
    }

    #[test]
    fn names_that_a_server_would_change_are_refused() {
        let long = "a".repeat(64);
        assert!(matches!(
            Dialect::Postgres.quote_identifier(&long),
            Err(BadName::TooLong { found: 64, most: 63 })
        ));
        assert!(Dialect::Mariadb.quote_identifier(&long).is_ok());
        assert!(Dialect::Mariadb.quote_identifier("🦀").is_err());
        for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Mariadb] {
            assert_eq!(dialect.quote_identifier(""), Err(BadName::Empty));
            assert!(dialect.quote_identifier("a\0b").is_err());
            assert!(dialect.quote_text("a\0b").is_err());
        }
    }
}
