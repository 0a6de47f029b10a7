//! What is wrong with a field, as typed arguments; sentences are made at the edge.

mod form;
mod people;
mod things;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use form::{Lost, WrongValue};
pub use people::{WrongPerson, WrongStep};
pub use things::{WrongFile, WrongItems};

/// A field that is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct FieldProblem {
    /// Such as `title`, `properties.amount` or `items[0]`.
    pub field: String,
    /// What was found, what was expected.
    pub wrong: Wrong,
}

impl FieldProblem {
    /// What is wrong with a field.
    #[must_use]
    pub fn new(field: impl Into<String>, wrong: impl Into<Wrong>) -> Self {
        Self { field: field.into(), wrong: wrong.into() }
    }
}

/// As it is stored: what was stored as a sentence is still read.
#[derive(Deserialize)]
struct Stored {
    field: String,
    #[serde(default)]
    wrong: Option<Wrong>,
    #[serde(default)]
    message: Option<String>,
}

impl TryFrom<Stored> for FieldProblem {
    type Error = &'static str;

    fn try_from(Stored { field, wrong, message }: Stored) -> Result<Self, Self::Error> {
        let wrong = wrong.or_else(|| message.map(Wrong::Said));
        Ok(Self { field, wrong: wrong.ok_or("a problem of a field without what is wrong")? })
    }
}

/// What is wrong with a field (REQ-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    /// What is wrong with a text (REQ-2, DEC-1).
    Text(WrongText),
    /// What is wrong with a value of a form (REQ-2).
    Value(WrongValue),
    /// What is wrong with a time (REQ-2).
    Time(WrongTime),
    /// What is wrong with the items (DEC-7).
    Items(WrongItems),
    /// What is wrong with people who are named (REQ-6, STP-2).
    Person(WrongPerson),
    /// What is wrong with a step, or with somebody for it (STP-15, STP-16).
    Step(WrongStep),
    /// What is wrong with a file, or with attaching it (REQ-9).
    File(WrongFile),
    /// Why something was not taken over from an ended request (REQ-5).
    Lost(Lost),
    /// A request stays as urgent as it was submitted (URG-1).
    UrgentStays,
    /// The request has as many watchers as it can (REQ-9).
    TooManyWatchers {
        /// So many.
        most: usize,
    },
    /// The request has as many comments as it can (REQ-9).
    TooManyComments {
        /// So many.
        most: u32,
    },
    /// A concern goes with an approval only (URG-5a).
    ConcernWithoutApproval,
    /// What others say in their own words: validators, and readers of documents and values.
    Said(String),
}

/// What is wrong with a text (REQ-2, DEC-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrongText {
    /// A text that must not be empty (REQ-2, DEC-1).
    Empty {
        /// It has at least so many characters.
        least: u32,
    },
    /// A text that is too short (REQ-2, DEC-1).
    TooShort {
        /// It has so many characters.
        found: usize,
        /// And needs at least so many.
        least: u32,
    },
    /// A text that is too long (REQ-2, DEC-1).
    TooLong {
        /// It has so many characters.
        found: usize,
        /// And may have so many.
        most: u32,
    },
}

/// What is wrong with a time (REQ-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrongTime {
    /// A time that has passed (REQ-2).
    NotAhead,
    /// After the last time that the organization allows (REQ-8).
    AfterLatest {
        /// The last.
        latest: DateTime<Utc>,
    },
    /// What is asked for would end before its approval does (REQ-8).
    EndsBeforeApproval {
        /// When the approval ends.
        expires: DateTime<Utc>,
    },
    /// An urgent request does not expire for lack of approval (URG-2).
    UrgentNeverExpires,
}

macro_rules! into_wrong {
    ($($group:ident($of:ident))+) => {
        $(impl From<$of> for Wrong {
            fn from(wrong: $of) -> Self {
                Self::$group(wrong)
            }
        })+
    };
}
into_wrong! { Text(WrongText) Value(WrongValue) Time(WrongTime) Items(WrongItems) Person(WrongPerson) Step(WrongStep) File(WrongFile) Lost(Lost) }

impl From<String> for Wrong {
    fn from(said: String) -> Self {
        Self::Said(said)
    }
}

impl From<&str> for Wrong {
    fn from(said: &str) -> Self {
        Self::Said(said.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was stored before there were types is read, and nothing else without them.
    #[test]
    fn what_was_stored_as_a_sentence_is_still_read() {
        let read = |text: &str| serde_json::from_str::<FieldProblem>(text);
        let said = |text: &str| FieldProblem { field: "title".to_owned(), wrong: text.into() };
        let problem = read(r#"{"field": "title", "message": "is empty"}"#).unwrap();
        assert_eq!(problem, said("is empty"));
        for wrong in [
            WrongValue::Missing.into(),
            WrongText::TooShort { found: 2, least: 3 }.into(),
            Wrong::UrgentStays,
            "so".into(),
        ] {
            let problem = FieldProblem { field: "title".to_owned(), wrong };
            let written = serde_json::to_string(&problem).unwrap();
            assert_eq!(read(&written).unwrap(), problem, "{written}");
        }
        assert!(read(r#"{"field": "title"}"#).is_err());
        assert!(read(r#"{"field": "title", "wrong": "other"}"#).is_err());
    }
}
