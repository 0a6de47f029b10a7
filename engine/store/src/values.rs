//! The small values that commits and queries are made of.

use std::{fmt, str::FromStr, sync::Arc};

use engine_core::ids::{
    CommandId, GroupId, Login, NodeId, PluginId, RequestId, ResourceId, RuleGroupId, RuleId,
    ScriptId, UserId,
};

/// The longest [`Key`], in bytes.
pub const MAX_KEY_LENGTH: usize = 256;
/// The longest [`Name`], in bytes.
const MAX_NAME_LENGTH: usize = 64;
/// How many characters of a bad text its error shows.
const SHOWN: usize = 80;

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub i64);

/// How often a subject has been committed: 0 where it does not exist, 1 after its first commit.
///
/// The store's compare-and-set uses it. It is not the request's revision (DEC-8a).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(pub u64);

/// An event's place in its organization's log: 1 is the first, and there are no gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

impl Sequence {
    /// What a subject has that does not exist.
    pub const NONE: Self = Self(0);

    /// The one after this.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A stored value: the number of its schema, and its JSON, which the store never reads.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Body {
    /// Grows whenever the form of `json` changes; readers upgrade older forms.
    pub schema: u16,
    /// The value, at most [`MAX_BODY`](crate::MAX_BODY) bytes.
    pub json: Vec<u8>,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.schema, String::from_utf8_lossy(&self.json))
    }
}

/// Why a text is not a [`Name`] or a [`Key`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadText {
    what: &'static str,
    found: String,
    expected: &'static str,
}

impl fmt::Display for BadText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a {}: expected {}", self.found, self.what, self.expected)
    }
}

impl std::error::Error for BadText {}

/// A word of the runtime's vocabulary: the kind of an event, a state, a collection of documents.
///
/// 1 to 64 lower-case letters, digits, `-`, `_` or `.`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

/// What a document or an agenda entry is found by: 1 to 256 bytes without control characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Arc<str>);

impl Name {
    /// Parses a name.
    ///
    /// # Errors
    /// [`BadText`] where the text is empty, too long, or has other characters.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let plain =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
        if (1..=MAX_NAME_LENGTH).contains(&text.len()) && text.chars().all(plain) {
            return Ok(Self(text.into()));
        }
        let expected = "1 to 64 lower-case letters, digits, `-`, `_` or `.`";
        Err(BadText { what: "name", found: text.chars().take(SHOWN).collect(), expected })
    }
}

impl Key {
    /// Parses a key.
    ///
    /// # Errors
    /// [`BadText`] where the text is empty, too long, or has control characters.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let sized = (1..=MAX_KEY_LENGTH).contains(&text.len());
        if sized && !text.chars().any(char::is_control) {
            return Ok(Self(text.into()));
        }
        let expected = "1 to 256 bytes without control characters";
        Err(BadText { what: "key", found: text.chars().take(SHOWN).collect(), expected })
    }
}

macro_rules! texts {
    ($($name:ident)*) => {$(
        impl $name {
            /// As text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadText;
            fn from_str(text: &str) -> Result<Self, BadText> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "`{}`", &self.0)
            }
        }
    )*};
}

texts! { Name Key }

macro_rules! keys_from_ids {
    ($($id:ident)*) => {$(
        impl From<&$id> for Key {
            /// Every id is a key: ids are shorter and have fewer characters.
            fn from(id: &$id) -> Self {
                Self(id.as_str().into())
            }
        }
    )*};
}

keys_from_ids! {
    CommandId GroupId Login NodeId PluginId RequestId ResourceId RuleGroupId RuleId
    ScriptId UserId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_checked_where_they_enter() {
        assert!(Name::parse("request.submitted").is_ok());
        for bad in ["", "A", "a b", "a\0", &"a".repeat(65)] {
            assert!(Name::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Key::parse("capex/12 é").is_ok());
        for bad in ["", "a\0b", "a\nb", &"a".repeat(257)] {
            assert!(Key::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(
            Name::parse("No").map_err(|e| e.to_string()),
            Err("`No` is not a name: expected 1 to 64 lower-case letters, digits, `-`, `_` or `.`"
                .into())
        );
    }
}
