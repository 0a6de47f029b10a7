//! How records are laid out as keys and values. One file per key family.
//!
//! Everything stands in one ordered map of bytes. A key is the organization's id, the number of
//! its family, and the family's fields, so that all of an organization lies together and nothing
//! of another can be reached by a key that begins with it. What belongs to one request lies
//! together too: there the family's number of its own follows the request.
//!
//! ```text
//! org 00 01                                   head        its sequence, the end of its log
//! org 00 02 position                          log         an event
//! org 00 03 request 03                        request     its sequence, and where it is listed
//! org 00 03 request 04                        snapshot    its whole state
//! org 00 03 request 05 position               trail       nothing: the event is in the log
//! org 00 06 facet value time request          list        nothing
//! org 00 07 collection key                    document    its sequence and body
//! org 00 08 actor command                     answer      when, and the body
//! org 00 09 time actor command                answer_age  nothing
//! org 00 0a lane key                          agenda      when it is due, and the body
//! org 00 0b lane due key                      agenda_due  nothing
//! ```
//!
//! Texts end with a zero byte, which none of them contains, so that they sort as texts do. Numbers
//! are big-endian, times with their sign bit flipped, so that they sort as numbers do. A value
//! begins with the number of its form; a reader knows every form that was ever written.
//!
//! The numbers of families, facets and lanes never change and are never used again.

pub(crate) mod codec;

pub(crate) mod agenda;
pub(crate) mod agenda_due;
pub(crate) mod answer;
pub(crate) mod answer_age;
pub(crate) mod document;
pub(crate) mod head;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod request;
pub(crate) mod snapshot;
pub(crate) mod trail;

/// The version of the whole data folder: what the families are and what they mean together.
pub(crate) const DATA_VERSION: u64 = 1;

/// The key families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Head = 1,
    Log = 2,
    Request = 3,
    Snapshot = 4,
    Trail = 5,
    List = 6,
    Document = 7,
    Answer = 8,
    AnswerAge = 9,
    Agenda = 10,
    AgendaDue = 11,
}

impl Family {
    pub(crate) const fn number(self) -> u8 {
        self as u8
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Log => "log",
            Self::Request => "request",
            Self::Snapshot => "snapshot",
            Self::Trail => "trail",
            Self::List => "list",
            Self::Document => "document",
            Self::Answer => "answer",
            Self::AnswerAge => "answer_age",
            Self::Agenda => "agenda",
            Self::AgendaDue => "agenda_due",
        }
    }
}

#[cfg(test)]
pub(crate) mod samples;
