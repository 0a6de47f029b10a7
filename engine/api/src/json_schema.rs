//! JSON Schemas (2020-12) of the documents that people write, for editors and for other programs.
//!
//! They are written from the types that read the documents; `tests/tests/all/generated.rs` fails where
//! they differ, and `tests/tests/all/schemas.rs` holds them to what the engine takes and refuses.

use std::{fmt, str::FromStr};

/// A document that people write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// A file about an organization, for `countersign apply`.
    Organization,
    /// A rule (RUL-1).
    Rule,
    /// A scenario file (BYD-4).
    Scenario,
}

impl DocumentKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Organization, Self::Rule, Self::Scenario];

    /// The word that names it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Rule => "rule",
            Self::Scenario => "scenario",
        }
    }

    /// Its JSON Schema.
    #[must_use]
    pub const fn schema(self) -> &'static str {
        match self {
            Self::Organization => include_str!("../../../docs/schema/organization.json"),
            Self::Rule => include_str!("../../../docs/schema/rule.json"),
            Self::Scenario => include_str!("../../../docs/schema/scenario.json"),
        }
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// There is no such kind of document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no kind of document: expected `organization`, `rule` or `scenario`")]
pub struct UnknownKind(String);

impl FromStr for DocumentKind {
    type Err = UnknownKind;

    fn from_str(word: &str) -> Result<Self, UnknownKind> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| UnknownKind(word.chars().take(40).collect()))
    }
}
