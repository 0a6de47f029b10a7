//! The text of a document, its lines, and how a place in it is shown.

use super::{Diagnostic, Format};

/// A part of the text, in bytes; the end is not part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

/// Something wrong with the text itself.
#[derive(Debug)]
pub(super) struct Malformed {
    pub(super) span: Span,
    pub(super) message: String,
}

/// A text with its name.
#[derive(Debug)]
pub(super) struct Source {
    format: Format,
    name: String,
    text: String,
    // INVARIANT: the first byte of every line, ascending; never empty.
    lines: Vec<usize>,
}

/// What is shown of a long line around a place.
const SHOWN: usize = 100;
const SHOWN_BEFORE: usize = 60;

impl Source {
    /// A byte order mark at the beginning is not part of the text.
    pub(super) fn new(format: Format, name: &str, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        Self { format, name: name.to_owned(), text, lines }
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span; empty for one that is not on character borders.
    pub(super) fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// Line and column of a byte, both from 1, columns in characters.
    pub(super) fn position(&self, at: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= at).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..at).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    /// The byte at a line and column, both from 1; the end of the text for one beyond it.
    pub(super) fn offset(&self, line: usize, column: usize) -> usize {
        let Some(start) = self.lines.get(line.saturating_sub(1)).copied() else {
            return self.text.len();
        };
        let rest = self.text.get(start..).unwrap_or_default();
        rest.char_indices()
            .nth(column.saturating_sub(1))
            .map_or(self.text.len(), |(i, _)| start + i)
    }

    /// A message about a place, with the line and a caret under it.
    pub(super) fn diagnostic(&self, span: Span, message: String) -> Diagnostic {
        let (line, column) = self.position(span.start);
        let marked = self.marked(span, '^');
        Diagnostic {
            file: self.name.clone(),
            line,
            column,
            path: String::new(),
            message,
            expected: Vec::new(),
            nearest: None,
            snippet: marked,
            corrected: None,
        }
    }

    /// The line of a span as it would be with `replacement` in the span's place, marked.
    pub(super) fn corrected(&self, span: Span, replacement: &str) -> Option<String> {
        let before = self.text.get(..span.start)?;
        let after = self.text.get(span.end..)?;
        let text = format!("{before}{replacement}{after}");
        let corrected = Self::new(self.format, &self.name, &text);
        let span = Span { start: span.start, end: span.start + replacement.len() };
        Some(corrected.marked(span, '~'))
    }

    /// The first line of a span, and a line that marks the span in it.
    fn marked(&self, span: Span, mark: char) -> String {
        let (number, column) = self.position(span.start);
        let start = self.lines.get(number - 1).copied().unwrap_or_default();
        let rest = self.text.get(start..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let of_span = self.slice(span).lines().next().unwrap_or_default().trim_end();
        let wide = of_span.chars().count().max(1);

        let skipped = if column > SHOWN { column - 1 - SHOWN_BEFORE } else { 0 };
        let shown: String = line.chars().skip(skipped).take(SHOWN).map(printable).collect();
        let indent = column - 1 - skipped;
        let marks = mark.to_string().repeat(wide.min(SHOWN - indent.min(SHOWN - 1)));
        let gutter = number.to_string();
        let blank = " ".repeat(gutter.len());
        format!(
            "{blank} |\n{gutter} | {}\n{blank} | {}{marks}",
            shown.trim_end(),
            " ".repeat(indent)
        )
    }
}

/// A terminal must not obey what stands in a document.
fn printable(character: char) -> char {
    match character {
        '\t' => ' ',
        other if other.is_control() => '\u{fffd}',
        other => other,
    }
}
