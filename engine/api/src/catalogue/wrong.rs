//! What is wrong with a field, and what to do about it.

mod form;
mod people;
mod things;

use engine_core::rejection::{FieldProblem, Wrong, WrongText, WrongTime};

use super::{Names, field::field, value::number};

/// How messages of others begin that go on from the field that they are about.
const GOING_ON: [&str; 9] =
    ["is ", "are ", "was ", "has ", "cannot ", "stands ", "decided ", "goes ", "ends "];
/// How many wrong fields are told in the message itself.
const TOLD: usize = 8;

/// A part of a sentence about a field.
#[derive(Clone, Debug)]
pub(super) enum Clause {
    /// Goes on from the field's name: *is not filled in*.
    Of(String),
    /// Has a subject of its own.
    Beside(String),
}

pub(super) fn of(text: impl Into<String>) -> Clause {
    Clause::Of(text.into())
}

pub(super) fn beside(text: impl Into<String>) -> Clause {
    Clause::Beside(text.into())
}

impl Clause {
    fn text(&self) -> &str {
        match self {
            Self::Of(text) | Self::Beside(text) => text,
        }
    }
}

impl Names<'_> {
    /// What is wrong with a field, without its name.
    #[must_use]
    pub fn wrong(&self, wrong: &Wrong) -> String {
        self.clause(wrong).text().to_owned()
    }

    /// Each wrong entry under the name that people know it by.
    pub(super) fn invalid(&self, fields: &[FieldProblem]) -> String {
        let mut told: Vec<String> =
            fields.iter().take(TOLD).map(|problem| self.of_field(problem)).collect();
        if let [only] = told.as_slice() {
            return only.clone();
        }
        let more = fields.len().saturating_sub(told.len());
        if more > 0 {
            told.push(format!("And {more} more."));
        }
        format!("{} entries are not right. {}", fields.len(), told.join(" "))
    }

    fn of_field(&self, problem: &FieldProblem) -> String {
        let label = field(&problem.field);
        match self.clause(&problem.wrong) {
            Clause::Of(text) => format!("{label} {text}."),
            Clause::Beside(text) => format!("{label}: {text}."),
        }
    }

    /// What a draft could not take over from the request that it was made of (REQ-5).
    #[must_use]
    pub fn dropped(&self, problem: &FieldProblem) -> String {
        let why = match self.clause(&problem.wrong) {
            Clause::Of(text) => format!("it {text}"),
            Clause::Beside(text) => text,
        };
        let label = match problem.field.as_str() {
            "target_users" => "A person it is for".to_owned(),
            other => field(other),
        };
        format!("{label} was not taken over: {why}. Fill it in again if you need it.")
    }

    fn clause(&self, wrong: &Wrong) -> Clause {
        match wrong {
            Wrong::Text(wrong) => of(text(wrong)),
            Wrong::Value(wrong) => self.wrong_value(wrong),
            Wrong::Time(wrong) => self.wrong_time(wrong),
            Wrong::Items(wrong) => self.wrong_items(wrong),
            Wrong::Person(wrong) => self.wrong_person(wrong),
            Wrong::Step(wrong) => self.wrong_step(wrong),
            Wrong::File(wrong) => things::file(wrong),
            Wrong::Lost(wrong) => self.lost(wrong),
            Wrong::UrgentStays => beside(
                "a request that was submitted stays as urgent as it was; start another one if it has to be different",
            ),
            Wrong::TooManyWatchers { most } => beside(format!(
                "the request has {most} watchers, and that is the most; one of them has to leave first"
            )),
            Wrong::TooManyComments { most } => beside(format!(
                "the request has {} comments, and that is the most; no more can be added",
                number(most)
            )),
            Wrong::ConcernWithoutApproval => {
                of("goes with an approval only; where you reject, write it in the comment")
            }
            Wrong::Said(text) => said(text),
        }
    }

    fn wrong_time(&self, wrong: &WrongTime) -> Clause {
        match wrong {
            WrongTime::NotAhead => of("is not in the future; choose a later time"),
            WrongTime::AfterLatest { latest } => {
                of(format!("is too late; the latest is {}", self.time(*latest)))
            }
            WrongTime::EndsBeforeApproval { expires } => of(format!(
                "is before the last day to approve, {}; choose a later end or an earlier last day",
                self.time(*expires)
            )),
            WrongTime::UrgentNeverExpires => {
                beside("an urgent request does not expire for lack of approval; leave this out")
            }
        }
    }
}

fn text(wrong: &WrongText) -> String {
    match wrong {
        WrongText::Empty { least: 0 | 1 } => "is empty: write something".to_owned(),
        WrongText::Empty { least } => format!("is empty: write at least {least} characters"),
        WrongText::TooShort { found, least } => {
            format!("is too short: {found} of at least {least} characters")
        }
        WrongText::TooLong { found, most } => {
            format!("is too long: {} characters, and {} is the most", number(found), number(most))
        }
    }
}

/// What others said, as they said it.
fn said(text: &str) -> Clause {
    let text = text.trim_end_matches('.');
    if GOING_ON.iter().any(|verb| text.starts_with(verb)) { of(text) } else { beside(text) }
}
