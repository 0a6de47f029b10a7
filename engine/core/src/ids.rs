//! Identifiers: small, cheap to clone, impossible to mix up.
//!
//! Each is a newtype over shared text. Ids that people choose (rules, steps, groups, …) are parsed:
//! lower-case letters, digits, `-`, `_` and `.`, starting with a letter or digit, at most 64 bytes.
//! Ids that the engine makes (users, requests, executions) are opaque text.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// The longest id, in bytes.
pub const MAX_ID_LENGTH: usize = 64;

/// Why a text is not an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadId {
    /// What kind of id was expected, such as `rule id`.
    pub kind: &'static str,
    /// The text found, cut at 80 characters.
    pub found: String,
}

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a {}: expected 1 to {MAX_ID_LENGTH} lower-case letters, digits, `-`, `_` or `.`, starting with a letter or digit",
            self.found, self.kind
        )
    }
}

impl std::error::Error for BadId {}

fn well_formed(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.len() <= MAX_ID_LENGTH
        && text.starts_with(plain)
        && text.chars().all(|c| plain(c) || matches!(c, '-' | '_' | '.'))
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses an id.
            ///
            /// # Errors
            /// [`BadId`] where the text is empty, too long, or has other characters.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                if well_formed(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(BadId { kind: $kind, found: text.chars().take(80).collect() })
                }
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
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

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl std::str::FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                Self::parse(text)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

ids! {
    /// The tenant boundary (DIR-1).
    OrgId = "organization id";
    /// A person or service account, for ever: never the login, which can change.
    UserId = "user id";
    /// What a person signs in with and is named by in documents; unique in an organization (DIR-2).
    Login = "login";
    /// A group of users.
    GroupId = "group id";
    /// A node of the organization's tree (DIR-5).
    NodeId = "node id";
    /// A configured connection or target (DIR-6).
    ResourceId = "resource id";
    /// An approval rule, over all its versions (RUL-1).
    RuleId = "rule id";
    /// A rule group (RUL-4).
    RuleGroupId = "rule group id";
    /// What is asked for: `access`, `sql`, `export` or a kind of the organization (RUL-1).
    KindId = "request kind";
    /// A step of a rule (STP-1).
    StepId = "step id";
    /// An assignment of a step (STP-2).
    AssignmentId = "assignment id";
    /// A property of a request, a user or an item (DIR-6).
    PropertyName = "property name";
    /// A request.
    RequestId = "request id";
    /// One execution of a request: the binding, and the item where there are items (EXE-1).
    /// A binding of an executor in a rule (EXE-1).
    BindingId = "executor id";
    /// An installed plugin.
    PluginId = "plugin id";
    /// A script of the organization, such as `friday-freeze.rhai`.
    ScriptId = "script name";
    /// What a mutating call is recognized by when it is repeated (REQ-11).
    CommandId = "command id";
}

impl RequestId {
    /// Stands in for the id of what is read without one: a draft's content, whose id is the request's.
    pub(crate) fn unnamed() -> Self {
        Self("unnamed".into())
    }
}

/// An execution of a request: the binding, and the item where there are items (EXE-1), written
/// `grant` or `grant/orders-db`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExecutionId {
    /// The rule's binding.
    pub binding: BindingId,
    /// The item's resource.
    pub item: Option<ResourceId>,
}

impl fmt::Display for ExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.item {
            Some(item) => write!(f, "{}/{item}", self.binding),
            None => write!(f, "{}", self.binding),
        }
    }
}

impl fmt::Debug for ExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

impl std::str::FromStr for ExecutionId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        match text.split_once('/') {
            Some((binding, item)) => {
                Ok(Self { binding: binding.parse()?, item: Some(item.parse()?) })
            }
            None => Ok(Self { binding: text.parse()?, item: None }),
        }
    }
}

impl Serialize for ExecutionId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ExecutionId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked_where_they_enter() {
        for good in ["a", "capex-2", "friday-freeze.rhai", "0b"] {
            assert_eq!(RuleId::parse(good).map(|id| id.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", "A", "-a", "a b", "ä", "a/b", &"a".repeat(65)] {
            assert!(RuleId::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_bad_id_says_what_was_expected() {
        let error = StepId::parse("Unit Director").map_err(|e| e.to_string());
        assert_eq!(
            error,
            Err("`Unit Director` is not a step id: expected 1 to 64 lower-case letters, digits, `-`, `_` or `.`, starting with a letter or digit".into())
        );
    }
}
