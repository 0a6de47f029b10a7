//! The keys of `expect`, as they are written.

use std::{collections::BTreeMap, fmt};

use engine_core::{rejection::Code, request::Status};
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};

/// The keys of `expect`; only those that are written are looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct ExpectDoc {
    pub(super) status: Option<Status>,
    pub(super) step: Option<String>,
    pub(super) flags: Option<Vec<Flag>>,
    pub(super) decision_makers: Option<Vec<String>>,
    pub(super) can_decide: Option<bool>,
    pub(super) unmet: Option<Vec<Code>>,
    pub(super) allowed: Option<Vec<String>>,
    pub(super) message_contains: Option<Texts>,
    /// The one key that makes a refusal right.
    pub(in crate::scenario) error: Option<Code>,
    pub(super) fields: Option<Vec<String>>,
    pub(super) executions: Option<BTreeMap<String, String>>,
    pub(super) calls: Option<BTreeMap<String, BTreeMap<String, u32>>>,
    pub(super) events: Option<Vec<String>>,
    pub(super) events_contain: Option<Vec<String>>,
    pub(super) seats: Option<BTreeMap<String, Vec<String>>>,
    pub(super) notices: Option<Vec<NoticeDoc>>,
    pub(super) attachments: Option<Vec<String>>,
    pub(super) visible_to: Option<Vec<String>>,
    pub(super) routed_to: Option<String>,
    pub(super) outcomes: Option<Vec<OneOf>>,
}

impl ExpectDoc {
    /// Whether the sentences of the answer are needed.
    pub(in crate::scenario) fn asks_for_messages(&self) -> bool {
        self.message_contains.is_some()
    }

    /// Whether what happened is needed.
    pub(in crate::scenario) fn asks_for_events(&self) -> bool {
        self.events.is_some() || self.events_contain.is_some()
    }

    /// Whether a refusal would be right, or part of what is.
    pub(in crate::scenario) fn may_be_refused(&self) -> bool {
        self.error.is_some() || self.outcomes.is_some()
    }
}

/// A flag beside the status (REQ-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Flag {
    Urgent,
    OnHold,
    Blocked,
    Overdue,
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Urgent => "urgent",
            Self::OnHold => "on_hold",
            Self::Blocked => "blocked",
            Self::Overdue => "overdue",
        })
    }
}

/// Somebody who is told something.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoticeDoc {
    pub(super) to: String,
    pub(super) about: String,
}

/// One text or several.
#[derive(Debug)]
pub(super) struct Texts(pub(super) Vec<String>);

/// A word, or a list of which one is right.
pub(super) type OneOf = Texts;

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a list of texts")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Texts, E> {
                Ok(Texts(vec![text.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Texts, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = list.next_element()? {
                    texts.push(text);
                }
                Ok(Texts(texts))
            }
        }
        from.deserialize_any(Reader)
    }
}
