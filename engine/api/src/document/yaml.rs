//! YAML text to trees.

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use super::{
    MAX_DEPTH, MAX_DOCUMENTS, Span,
    json::twice,
    node::{Data, Entries, Entry, Node, shortened},
    source::{Malformed, Source},
};

/// The trees of a YAML stream, empty documents left out.
///
/// # Errors
/// It is not YAML, uses what is not read here (anchors, aliases, tags, merge keys, maps as keys),
/// is too deep, has a key twice, or too many documents.
pub(super) fn parse(source: &Source) -> Result<Vec<Node>, Malformed> {
    let mut walk =
        Walk { source, offsets: Offsets::of(source.text()), trees: Vec::new(), open: Vec::new() };
    for event in Parser::new_from_str(source.text()) {
        let (event, span) = event.map_err(|error| walk.malformed(&error))?;
        let span = Span {
            start: walk.offsets.byte(span.start.index()),
            end: walk.offsets.byte(span.end.index()),
        };
        walk.event(event, span)?;
    }
    Ok(walk.trees)
}

/// A list or map that has not ended.
enum Open {
    List { start: usize, nodes: Vec<Node> },
    Map { start: usize, entries: Entries, key: Option<(String, Span)> },
}

struct Walk<'a> {
    source: &'a Source,
    offsets: Offsets,
    trees: Vec<Node>,
    open: Vec<Open>,
}

impl Walk<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Malformed> {
        match event {
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
            Event::Alias(_) => Err(refused(span, "aliases")),
            Event::Scalar(text, style, anchor, tag) => {
                plain_only(span, anchor, tag.as_ref())?;
                self.scalar(&text, style, span)
            }
            Event::SequenceStart(anchor, tag) => {
                plain_only(span, anchor, tag.as_ref())?;
                self.opens(Open::List { start: span.start, nodes: Vec::new() }, span)
            }
            Event::MappingStart(anchor, tag) => {
                plain_only(span, anchor, tag.as_ref())?;
                let map = Open::Map { start: span.start, entries: Entries::default(), key: None };
                self.opens(map, span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.closes(span),
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: Span) -> Result<(), Malformed> {
        if let Some(Open::Map { key: key @ None, entries, .. }) = self.open.last_mut() {
            if text == "<<" && style == ScalarStyle::Plain {
                return Err(refused(span, "merge keys"));
            }
            if let Some(first) = entries.get(text) {
                return Err(twice(self.source, text, first.key_span, span));
            }
            *key = Some((text.to_owned(), span));
            return Ok(());
        }
        let data = match style {
            ScalarStyle::Plain => plain(text),
            ScalarStyle::SingleQuoted
            | ScalarStyle::DoubleQuoted
            | ScalarStyle::Literal
            | ScalarStyle::Folded => Data::Text(text.to_owned()),
        };
        self.put(Node { span, data })
    }

    fn opens(&mut self, part: Open, span: Span) -> Result<(), Malformed> {
        if let Some(Open::Map { key: None, .. }) = self.open.last() {
            return Err(refused(span, "lists and maps as keys"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(Malformed { span, message: format!("nested deeper than {MAX_DEPTH}") });
        }
        self.open.push(part);
        Ok(())
    }

    fn closes(&mut self, span: Span) -> Result<(), Malformed> {
        let (start, data) = match self.open.pop() {
            Some(Open::List { start, nodes }) => (start, Data::List(nodes)),
            Some(Open::Map { start, entries, .. }) => (start, Data::Map(entries)),
            None => return Ok(()),
        };
        self.put(Node { span: Span { start, end: span.end.max(start) }, data })
    }

    fn put(&mut self, node: Node) -> Result<(), Malformed> {
        match self.open.last_mut() {
            Some(Open::List { nodes, .. }) => nodes.push(node),
            Some(Open::Map { entries, key, .. }) => {
                if let Some((key, key_span)) = key.take() {
                    entries.push(Entry { key, key_span, value: node });
                }
            }
            None if matches!(node.data, Data::Null) => {}
            None if self.trees.len() >= MAX_DOCUMENTS => {
                let message = format!("expected at most {MAX_DOCUMENTS} documents");
                return Err(Malformed { span: node.span, message });
            }
            None => self.trees.push(node),
        }
        Ok(())
    }

    fn malformed(&self, error: &ScanError) -> Malformed {
        let at = self.offsets.byte(error.marker().index());
        let message = format!("not YAML: {}", shortened(error.info()));
        Malformed { span: Span { start: at, end: at }, message }
    }
}

fn plain_only(span: Span, anchor: usize, tag: Option<&Cow<'_, Tag>>) -> Result<(), Malformed> {
    match (anchor, tag) {
        (0, None) => Ok(()),
        (0, Some(_)) => Err(refused(span, "tags")),
        _ => Err(refused(span, "anchors")),
    }
}

fn refused(span: Span, what: &str) -> Malformed {
    Malformed { span, message: format!("{what} are not allowed here: write it out") }
}

/// What an unquoted scalar is. Whatever is not surely something else is text.
fn plain(text: &str) -> Data {
    match text {
        "" | "~" | "null" => Data::Null,
        "true" => Data::Boolean(true),
        "false" => Data::Boolean(false),
        text if is_number(text) => Data::Number(text.to_owned()),
        text => Data::Text(text.to_owned()),
    }
}

/// A number in the sense of JSON: `007`, `0x1f`, `1_000` and `.5` are texts.
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Finds bytes by characters, which is what the parser counts.
enum Offsets {
    Ascii(usize),
    Of(Vec<usize>),
}

impl Offsets {
    fn of(text: &str) -> Self {
        if text.is_ascii() {
            return Self::Ascii(text.len());
        }
        let starts = text.char_indices().map(|(at, _)| at);
        Self::Of(starts.chain(std::iter::once(text.len())).collect())
    }

    fn byte(&self, character: usize) -> usize {
        match self {
            Self::Ascii(length) => character.min(*length),
            Self::Of(starts) => {
                starts.get(character).or(starts.last()).copied().unwrap_or_default()
            }
        }
    }
}
