//! Values of a target database, exactly as it holds them.
//!
//! Numbers that a binary float would change, and all days and instants, are text: what the server says
//! is what the caller gets, years before Christ and `infinity` included.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A parameter of a statement, or a value of its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// No value.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// An exact decimal, such as `12500.00`; also whole numbers beyond 64 bits.
    Decimal(String),
    /// A binary float, as the shortest text that reads back as the same number.
    Double(String),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A day, such as `2026-03-01`.
    Date(String),
    /// A time of day, such as `09:30:00.25`.
    Time(String),
    /// A day and a time without a zone, such as `2026-03-01T09:30:00`.
    Timestamp(String),
    /// An instant in UTC, such as `2026-03-01T09:30:00Z`.
    Instant(String),
}

impl Cell {
    /// Roughly the bytes that it holds in memory.
    #[must_use]
    pub fn size(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Null | Self::Boolean(_) | Self::Integer(_) => 0,
                Self::Bytes(bytes) => bytes.len(),
                Self::Decimal(text)
                | Self::Double(text)
                | Self::Text(text)
                | Self::Date(text)
                | Self::Time(text)
                | Self::Timestamp(text)
                | Self::Instant(text) => text.len(),
            }
    }

    /// Whether it is a number, and so never a spreadsheet formula.
    #[must_use]
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Integer(_) | Self::Decimal(_) | Self::Double(_))
    }

    /// The shortest text that reads back as the same float.
    pub(crate) fn double(number: f64) -> Self {
        Self::Double(number.to_string())
    }

    /// As [`Cell::double`], for single precision.
    pub(crate) fn single(number: f32) -> Self {
        Self::Double(number.to_string())
    }

    /// The value as plain text; `None` for null. Bytes are `\x` and hexadecimal.
    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Boolean(value) => Some(value.to_string()),
            Self::Integer(value) => Some(value.to_string()),
            Self::Bytes(bytes) => Some(format!("\\x{}", hex::encode(bytes))),
            Self::Decimal(text)
            | Self::Double(text)
            | Self::Text(text)
            | Self::Date(text)
            | Self::Time(text)
            | Self::Timestamp(text)
            | Self::Instant(text) => Some(text.clone()),
        }
    }
}

/// A column of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// As the server names it; names may repeat.
    pub name: String,
    /// The server's name of its type, such as `numeric`; empty where it has none.
    pub type_name: String,
}

/// A part of an answer. Every row has as many cells as there are columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The same for every batch of an answer.
    pub columns: Arc<[Column]>,
    /// In the order of the server.
    pub rows: Vec<Vec<Cell>>,
}

/// A whole answer, held in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// In the order of the statement.
    pub columns: Arc<[Column]>,
    /// In the order of the server.
    pub rows: Vec<Vec<Cell>>,
}
