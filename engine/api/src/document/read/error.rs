//! What went wrong while a tree was read, and where.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::document::{
    Diagnostic, Path, Segment, Span,
    nearest::nearest,
    node::{Entry, Node, shortened},
    source::Source,
};

/// An error on its way out of the tree.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.message)]
pub(in crate::document) struct Error(Box<Mistake>);

#[derive(Debug, Default)]
struct Mistake {
    message: String,
    /// Said in `message` as soon as it is known what was found there.
    wanted: Option<String>,
    /// Words that could stand there.
    expected: Vec<String>,
    /// What should probably stand in the place of the span.
    perhaps: Option<String>,
    /// The key that is to blame, where serde blames the whole map.
    blamed_key: Option<String>,
    span: Option<Span>,
    path: Path,
}

impl From<Mistake> for Error {
    fn from(mistake: Mistake) -> Self {
        Self(Box::new(mistake))
    }
}

impl Error {
    fn new(message: String) -> Self {
        Mistake { message, ..Mistake::default() }.into()
    }

    /// What the visitor wanted is not what is there.
    pub(super) fn expected(wanted: &dyn Expected) -> Self {
        Self::expecting(&in_our_words(&wanted.to_string()))
    }

    /// As [`Error::expected`], in words.
    pub(super) fn expecting(wanted: &str) -> Self {
        let message = format!("expected {wanted}");
        Mistake { message, wanted: Some(wanted.to_owned()), ..Mistake::default() }.into()
    }

    /// One of several words should stand there.
    pub(super) fn word(words: &[&str]) -> Self {
        let mut error = Self::expecting("a word");
        error.0.expected = quoted(words);
        error
    }

    /// A map should have one key, which is one of several words.
    pub(super) fn one_key(words: &[&str]) -> Self {
        let mut error = Self::new("expected exactly one key".to_owned());
        error.0.expected = quoted(words);
        error
    }

    pub(super) fn needs_value(word: &str) -> Self {
        Self::new(format!("`{word}` needs a value: `{word}: …`"))
    }

    pub(super) fn needs_no_value(word: &str) -> Self {
        Self::new(format!("`{word}` stands alone, without a value"))
    }

    /// What should stand there instead.
    pub(super) fn or_perhaps(mut self, text: String) -> Self {
        self.0.perhaps = Some(text);
        self
    }

    /// Gives it a place, unless it has one, and says what was found there.
    pub(super) fn at(mut self, node: &Node, key: Option<Span>) -> Self {
        if self.0.span.is_some() {
            return self;
        }
        if let Some(wanted) = self.0.wanted.take() {
            self.0.message = format!("expected {wanted}, found {}", node.describe());
        }
        let blamed = self.0.blamed_key.take();
        if let Some(entry) = blamed.and_then(|name| node.entry(&name)) {
            return self.at_key(entry).within(Segment::Key(entry.key.clone()));
        }
        self.0.span = Some(node.shown(key));
        self
    }

    /// As [`Error::at`], for an error about a key.
    pub(super) fn at_key(mut self, entry: &Entry) -> Self {
        self.0.span.get_or_insert(entry.key_span);
        self
    }

    /// Says that all this happened in a part of something bigger.
    pub(super) fn within(mut self, segment: Segment) -> Self {
        self.0.path.prefix(segment);
        self
    }

    /// The message for people.
    pub(in crate::document) fn locate(self, source: &Source, root: &Node) -> Diagnostic {
        let Mistake { message, expected, perhaps, span, path, .. } = *self.0;
        let span = span.unwrap_or_else(|| root.shown(None));
        let mut diagnostic = source.diagnostic(span, message);
        diagnostic.path = path.to_string();
        diagnostic.expected = expected;
        if let Some(perhaps) = perhaps {
            let replacement = in_same_quotes(source.slice(span), &perhaps);
            diagnostic.corrected = source.corrected(span, &replacement);
            diagnostic.nearest = Some(perhaps);
        }
        diagnostic
    }

    fn unknown(what: &str, written: &str, known: &[&str]) -> Self {
        let message = format!("unknown {what} `{}`", shortened(written));
        let perhaps = nearest(written, known.iter().copied()).map(str::to_owned);
        Mistake { message, expected: quoted(known), perhaps, ..Mistake::default() }.into()
    }

    fn blaming(mut self, key: &str) -> Self {
        self.0.blamed_key = Some(key.to_owned());
        self
    }
}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(_found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::expected(wanted)
    }

    fn invalid_value(_found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::expected(wanted)
    }

    fn invalid_length(found: usize, wanted: &dyn Expected) -> Self {
        let wanted = in_our_words(&wanted.to_string());
        Self::new(format!("expected {wanted}, found {found} elements"))
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        Self::unknown("word", variant, known)
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Self::unknown("field", field, known).blaming(field)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("missing field `{field}`"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(format!("the field `{field}` stands twice")).blaming(field)
    }
}

fn quoted(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| format!("`{word}`")).collect()
}

/// A correction of `"text"` is quoted as well, unless it already is.
fn in_same_quotes(written: &str, correction: &str) -> String {
    match written.chars().next() {
        Some(quote @ ('"' | '\'')) if !correction.starts_with(quote) => {
            format!("{quote}{correction}{quote}")
        }
        Some(_) | None => correction.to_owned(),
    }
}

/// Serde speaks to programmers.
fn in_our_words(wanted: &str) -> String {
    let translated = match wanted {
        "a string" | "a character" | "a borrowed string" | "str" => "a text",
        "a boolean" => "`true` or `false`",
        "a sequence" => "a list",
        "unit" | "unit struct" => "nothing",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "u128" | "usize" => "a whole number that is not negative",
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        other if other.starts_with("struct ") => "a map",
        other if other.starts_with("a tuple") || other.starts_with("tuple ") => "a list",
        other => other,
    };
    translated.to_owned()
}
