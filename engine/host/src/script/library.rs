//! Every function that a script can call, with what it takes, what it answers, and an example.
//!
//! `docs/scripts.md` shows it, tests hold it to what is registered and run the examples, and
//! [`check`](super::check) knows what functions answer from here.

mod lists;
mod others;
mod ours;
mod texts;

/// Functions about one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptChapter {
    /// What they are about.
    pub title: &'static str,
    /// In the order of the document.
    pub functions: &'static [ScriptFunction],
}

/// A function that a script can call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptFunction {
    /// Such as `round(money, number) -> money`; of a property of a value, `money.amount -> decimal`.
    pub signature: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// An expression with it that is true.
    pub example: &'static str,
}

impl ScriptFunction {
    /// Its name, such as `round`; of a property of a value, the part behind the point.
    #[must_use]
    pub fn name(&self) -> &'static str {
        let called = self.called();
        called.split_once('.').map_or(called, |(_, name)| name)
    }

    /// What it takes; none for a property of a value.
    #[must_use]
    pub fn parameters(&self) -> Option<Vec<&'static str>> {
        let (_, rest) = self.signature.split_once('(')?;
        let (list, _) = rest.rsplit_once(')')?;
        Some(list.split(", ").filter(|parameter| !parameter.is_empty()).collect())
    }

    /// The type that it answers, such as `money`; none where it answers nothing.
    #[must_use]
    pub fn answers(&self) -> Option<&'static str> {
        self.signature.rsplit_once(" -> ").map(|(_, answer)| answer)
    }

    fn called(&self) -> &'static str {
        let end = self.signature.find(['(', ' ']).unwrap_or(self.signature.len());
        self.signature.get(..end).unwrap_or_default()
    }
}

/// Every function: those of this engine first, then what the language has.
#[must_use]
pub fn script_functions() -> &'static [ScriptChapter] {
    CHAPTERS
}

const CHAPTERS: &[ScriptChapter] = &[
    ScriptChapter { title: "Money and numbers", functions: ours::AMOUNTS },
    ScriptChapter { title: "Dates", functions: ours::DATES },
    ScriptChapter { title: "Instants and durations", functions: ours::INSTANTS },
    ScriptChapter { title: "Business days", functions: ours::BUSINESS },
    ScriptChapter { title: "People", functions: ours::PEOPLE },
    ScriptChapter { title: "Problems", functions: ours::PROBLEMS },
    ScriptChapter { title: "Texts", functions: texts::TEXTS },
    ScriptChapter { title: "Numbers of the language", functions: others::NUMBERS },
    ScriptChapter { title: "Lists", functions: lists::LISTS },
    ScriptChapter { title: "Maps, ranges and functions", functions: others::OTHERS },
];

/// An entry of the library.
const fn entry(
    signature: &'static str,
    about: &'static str,
    example: &'static str,
) -> ScriptFunction {
    ScriptFunction { signature, about, example }
}
