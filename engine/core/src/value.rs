//! Typed properties and their values (DIR-6).

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{GroupId, NodeId, ResourceId, UserId},
    money::Money,
};

/// Numbers beyond ±(2^53 − 1) are not exact in every guest language.
pub(crate) const MAX_NUMBER: i64 = (1 << 53) - 1;

/// The type of a property (DIR-6).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PropertyType {
    /// Any text.
    Text,
    /// A whole number of at most ±(2^53 − 1).
    Number,
    /// An exact decimal.
    Decimal,
    /// An amount of one currency.
    Money,
    /// True or false.
    Boolean,
    /// A day without a time.
    Date,
    /// An instant.
    Timestamp,
    /// A length of time.
    Duration,
    /// One of a closed list.
    Choice,
    /// A user of the organization.
    User,
    /// A group of the organization.
    Group,
    /// A node of the organization's tree.
    Node,
    /// A configured connection or target.
    Resource,
    /// A file, by the hash of its content.
    Attachment,
    /// A list of one of the above.
    List(Box<PropertyType>),
}

/// Every plain type with the word that documents use for it.
const PLAIN: [(PropertyType, &str); 14] = [
    (PropertyType::Text, "text"),
    (PropertyType::Number, "number"),
    (PropertyType::Decimal, "decimal"),
    (PropertyType::Money, "money"),
    (PropertyType::Boolean, "boolean"),
    (PropertyType::Date, "date"),
    (PropertyType::Timestamp, "timestamp"),
    (PropertyType::Duration, "duration"),
    (PropertyType::Choice, "choice"),
    (PropertyType::User, "user"),
    (PropertyType::Group, "group"),
    (PropertyType::Node, "node"),
    (PropertyType::Resource, "resource"),
    (PropertyType::Attachment, "attachment"),
];

impl PropertyType {
    /// The words that documents use for plain types, in the order of DIR-6.
    pub fn words() -> impl Iterator<Item = &'static str> {
        PLAIN.iter().map(|(_, word)| *word)
    }

    /// Whether `less` and its like apply.
    #[must_use]
    pub fn is_ordered(&self) -> bool {
        matches!(
            self,
            Self::Number
                | Self::Decimal
                | Self::Money
                | Self::Date
                | Self::Timestamp
                | Self::Duration
        )
    }
}

impl fmt::Display for PropertyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(of) => write!(f, "list of {of}"),
            plain => f.write_str(PLAIN.iter().find(|(t, _)| t == plain).map_or("text", |(_, w)| w)),
        }
    }
}

impl FromStr for PropertyType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (list, word) = match text.strip_prefix("list of ") {
            Some(word) => (true, word),
            None => (false, text),
        };
        let Some((plain, _)) = PLAIN.iter().find(|(_, w)| *w == word) else {
            return Err(format!("`{text}` is not a property type"));
        };
        Ok(if list { Self::List(Box::new(plain.clone())) } else { plain.clone() })
    }
}

impl Serialize for PropertyType {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PropertyType {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A length of time as people write it. Business days are counted by a calendar, so they do not
/// compare with the other units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Span {
    /// Whole seconds, at most a hundred years.
    Seconds(u64),
    /// Business days (DUE-1).
    BusinessDays(u32),
}

/// The longest length of time on the clock, in seconds.
pub const MAX_SPAN_SECONDS: u64 = 100 * 366 * 86_400;
const UNITS: [(&str, u64); 5] = [("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

impl Span {
    /// The length on the clock; `None` for business days.
    #[must_use]
    pub fn on_the_clock(self) -> Option<chrono::TimeDelta> {
        match self {
            Self::Seconds(s) => chrono::TimeDelta::try_seconds(i64::try_from(s).ok()?),
            Self::BusinessDays(_) => None,
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BusinessDays(n) => write!(f, "{n}bd"),
            Self::Seconds(s) => {
                let (unit, size) =
                    UNITS.iter().find(|(_, size)| *s > 0 && s % size == 0).unwrap_or(&("s", 1));
                write!(f, "{}{unit}", s / size)
            }
        }
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            let shown: String = text.chars().take(40).collect();
            format!(
                "`{shown}` is not a duration: expected a whole number and a unit, such as `90m`, `3d`, `2w` or `5bd`"
            )
        };
        let at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
        let (number, unit) = text.split_at(at);
        let number: u32 = number.parse().map_err(|_| bad())?;
        if unit == "bd" {
            return if number <= 10_000 { Ok(Self::BusinessDays(number)) } else { Err(bad()) };
        }
        let (_, size) = UNITS.iter().find(|(word, _)| *word == unit).ok_or_else(bad)?;
        let seconds = u64::from(number) * size;
        if seconds <= MAX_SPAN_SECONDS { Ok(Self::Seconds(seconds)) } else { Err(bad()) }
    }
}

impl Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A value of a property.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Of type text.
    Text(String),
    /// Of type number.
    Number(i64),
    /// Of type decimal.
    Decimal(Decimal),
    /// Of type money.
    Money(Money),
    /// Of type boolean.
    Boolean(bool),
    /// Of type date.
    Date(NaiveDate),
    /// Of type timestamp.
    Timestamp(DateTime<Utc>),
    /// Of type duration.
    Duration(Span),
    /// Of type choice.
    Choice(String),
    /// Of type user.
    User(UserId),
    /// Of type group.
    Group(GroupId),
    /// Of type node.
    Node(NodeId),
    /// Of type resource.
    Resource(ResourceId),
    /// Of type attachment: the SHA-256 of the content, in hexadecimal.
    Attachment(String),
    /// Of a list type.
    List(Vec<Value>),
}

impl fmt::Display for Value {
    /// The literal form of `rule-format.md`; users by id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(t) | Self::Choice(t) | Self::Attachment(t) => f.write_str(t),
            Self::Number(n) => write!(f, "{n}"),
            Self::Decimal(d) => write!(f, "{d}"),
            Self::Money(m) => write!(f, "{m}"),
            Self::Boolean(b) => write!(f, "{b}"),
            Self::Date(d) => write!(f, "{d}"),
            Self::Timestamp(t) => f.write_str(&t.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::Duration(s) => write!(f, "{s}"),
            Self::User(id) => write!(f, "{id}"),
            Self::Group(id) => write!(f, "{id}"),
            Self::Node(id) => write!(f, "{id}"),
            Self::Resource(id) => write!(f, "{id}"),
            Self::List(values) => {
                for (i, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if i == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_written_as_in_documents() {
        for word in PropertyType::words() {
            assert_eq!(word.parse::<PropertyType>().map(|t| t.to_string()), Ok(word.to_owned()));
            let list = format!("list of {word}");
            assert_eq!(list.parse::<PropertyType>().map(|t| t.to_string()), Ok(list));
        }
        assert!("list of list of text".parse::<PropertyType>().is_err());
        assert!("Text".parse::<PropertyType>().is_err());
    }

    #[test]
    fn durations_read_and_print_the_same_length() {
        for (text, shown) in [
            ("90m", "90m"),
            ("3d", "3d"),
            ("14d", "2w"),
            ("5bd", "5bd"),
            ("60s", "1m"),
            ("0s", "0s"),
        ] {
            assert_eq!(text.parse::<Span>().map(|s| s.to_string()), Ok(shown.to_owned()));
        }
        for bad in ["", "3", "d", "-1d", "1.5h", "3 d", "99999999999d", "4294967295w", "3D"] {
            assert!(bad.parse::<Span>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn values_survive_their_stored_form() {
        let values = Value::List(vec![
            Value::Money("1.50 EUR".parse().unwrap()),
            Value::Decimal(Decimal::new(-15, 1)),
            Value::Duration(Span::BusinessDays(3)),
            Value::User(UserId::parse("u-1").unwrap()),
        ]);
        let stored = serde_json::to_string(&values).unwrap();
        assert_eq!(
            stored,
            r#"{"list":[{"money":"1.50 EUR"},{"decimal":"-1.5"},{"duration":"3bd"},{"user":"u-1"}]}"#
        );
        assert_eq!(serde_json::from_str::<Value>(&stored).unwrap(), values);
    }
}
