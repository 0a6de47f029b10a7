//! Values of properties, and how they become the types that plugins want.

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A value of a property: one case for every property type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Any text.
    Text(String),
    /// A whole number of at most ±(2^53 − 1).
    Number(i64),
    /// An exact decimal.
    Decimal(Decimal),
    /// An amount of one currency.
    Money(Money),
    /// True or false.
    Boolean(bool),
    /// A day.
    Date(NaiveDate),
    /// An instant.
    Timestamp(DateTime<Utc>),
    /// A length of time, as written: `90m`, `5bd`.
    Duration(String),
    /// One of a closed list.
    Choice(String),
    /// A user.
    User(UserId),
    /// A group.
    Group(GroupId),
    /// A node of the organization's tree.
    Node(NodeId),
    /// A configured connection or target.
    Resource(ResourceId),
    /// A file, by the SHA-256 of its content in hexadecimal.
    Attachment(String),
    /// A list of one of the above.
    List(Vec<Value>),
    /// A kind that this version of the contract does not know.
    Other {
        /// The word for the kind.
        kind: String,
        /// The value as JSON.
        json: String,
    },
}

impl Value {
    /// The word that documents use for the type.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Text(_) => "text",
            Self::Number(_) => "number",
            Self::Decimal(_) => "decimal",
            Self::Money(_) => "money",
            Self::Boolean(_) => "boolean",
            Self::Date(_) => "date",
            Self::Timestamp(_) => "timestamp",
            Self::Duration(_) => "duration",
            Self::Choice(_) => "choice",
            Self::User(_) => "user",
            Self::Group(_) => "group",
            Self::Node(_) => "node",
            Self::Resource(_) => "resource",
            Self::Attachment(_) => "attachment",
            Self::List(_) => "list",
            Self::Other { kind, .. } => kind,
        }
    }
}

impl Value {
    /// The value as documents write it: numbers, booleans and lists as such, everything else as text.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Number(number) => (*number).into(),
            Self::Boolean(truth) => (*truth).into(),
            Self::List(values) => values.iter().map(Self::to_json).collect(),
            Self::Other { json, .. } => serde_json::from_str(json).unwrap_or_default(),
            Self::Decimal(decimal) => decimal.to_string().into(),
            Self::Money(money) => money.to_string().into(),
            Self::Date(date) => date.to_string().into(),
            Self::Timestamp(at) => at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true).into(),
            Self::Text(text)
            | Self::Duration(text)
            | Self::Choice(text)
            | Self::Attachment(text)
            | Self::User(UserId(text))
            | Self::Group(GroupId(text))
            | Self::Node(NodeId(text))
            | Self::Resource(ResourceId(text)) => text.as_str().into(),
        }
    }
}

/// An amount of one currency. Two amounts compare with [`crate::request::compare`], which knows the
/// rates; there is no `<`, because amounts of two currencies would silently be unordered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// In units of the currency, such as euros, not cents.
    pub amount: Decimal,
    /// Three capital letters, such as `EUR`.
    pub currency: String,
}

impl FromStr for Money {
    type Err = String;

    /// Reads `12500.00 EUR`.
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            format!(
                "`{text}` is not money: expected an amount and a currency such as `12500.00 EUR`"
            )
        };
        let (amount, currency) = text.split_once(' ').ok_or_else(bad)?;
        if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(bad());
        }
        let amount = Decimal::from_str_exact(amount).map_err(|_| bad())?;
        Ok(Self { amount, currency: currency.to_owned() })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A user's id: for ever, and not the login.
    UserId;
    /// A group's id.
    GroupId;
    /// The id of a node of the organization's tree.
    NodeId;
    /// The id of a configured connection or target.
    ResourceId;
}

/// What a property can be read as.
pub trait FromValue: Sized {
    /// For messages, such as `money`.
    const EXPECTED: &'static str;

    /// The value as this type; `None` where it is of another.
    fn from_value(value: Value) -> Option<Self>;
}

/// A type and the case of [`Value`] that holds it, both ways.
macro_rules! plain {
    ($($type:ty, $case:ident, $word:literal;)*) => {$(
        impl FromValue for $type {
            const EXPECTED: &'static str = $word;

            fn from_value(value: Value) -> Option<Self> {
                if let Value::$case(inner) = value { Some(inner) } else { None }
            }
        }

        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$case(value)
            }
        }
    )*};
}

plain! {
    i64, Number, "number";
    Decimal, Decimal, "decimal";
    Money, Money, "money";
    bool, Boolean, "boolean";
    NaiveDate, Date, "date";
    DateTime<Utc>, Timestamp, "timestamp";
    UserId, User, "user";
    GroupId, Group, "group";
    NodeId, Node, "node";
    ResourceId, Resource, "resource";
}

impl FromValue for String {
    const EXPECTED: &'static str = "text, choice, duration or attachment";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Text(text)
            | Value::Choice(text)
            | Value::Duration(text)
            | Value::Attachment(text) => Some(text),
            _ => None,
        }
    }
}

impl FromValue for Value {
    const EXPECTED: &'static str = "anything";

    fn from_value(value: Value) -> Option<Self> {
        Some(value)
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    const EXPECTED: &'static str = "list";

    fn from_value(value: Value) -> Option<Self> {
        let Value::List(values) = value else { return None };
        values.into_iter().map(T::from_value).collect()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl<T: Into<Self>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_and_written_alike() {
        assert_eq!("12.50 EUR".parse::<Money>().unwrap().to_string(), "12.50 EUR");
        for bad in ["12.50", "12.50 eur", "EUR", "x EUR", "1 EURO", "1e3 EUR"] {
            assert!(bad.parse::<Money>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_value_is_read_as_its_own_type_only() {
        assert_eq!(i64::from_value(Value::Number(3)), Some(3));
        assert_eq!(Decimal::from_value(Value::Number(3)), None);
        assert_eq!(String::from_value(Value::Choice("a".into())), Some("a".into()));
        let list = Value::from(vec!["a", "b"]);
        assert_eq!(Vec::<String>::from_value(list.clone()), Some(vec!["a".into(), "b".into()]));
        assert_eq!(Vec::<i64>::from_value(list), None);
    }
}
