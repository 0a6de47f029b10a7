//! JSON text to a tree.
//!
//! `serde_json` decides whether the text is JSON; the walk after it only finds out where things
//! stand, so it can rely on the grammar.

use serde::de::IgnoredAny;

use super::{
    MAX_DEPTH, Span,
    node::{Data, Entries, Entry, Node},
    source::{Malformed, Source},
};

/// The tree of a JSON text.
///
/// # Errors
/// It is not JSON, too deep, or has a key twice.
pub(super) fn parse(source: &Source) -> Result<Node, Malformed> {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(source.text()) {
        let at = source.offset(error.line(), error.column());
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message).to_lowercase();
        return Err(Malformed { span: Span { start: at, end: at }, message });
    }
    Walk { source, at: 0 }.value(0)
}

struct Walk<'a> {
    source: &'a Source,
    at: usize,
}

impl Walk<'_> {
    fn value(&mut self, depth: usize) -> Result<Node, Malformed> {
        self.blank();
        let start = self.at;
        if depth > MAX_DEPTH {
            let span = Span { start, end: start + 1 };
            return Err(Malformed { span, message: format!("nested deeper than {MAX_DEPTH}") });
        }
        let data = match self.peek() {
            Some(b'{') => self.map(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Data::Text(self.text()),
            Some(_) | None => self.word(),
        };
        Ok(Node { span: Span { start, end: self.at }, data })
    }

    fn map(&mut self, depth: usize) -> Result<Data, Malformed> {
        let mut entries = Entries::default();
        self.at += 1;
        while !self.closes(b'}') {
            self.blank();
            let start = self.at;
            let key = self.text();
            let key_span = Span { start, end: self.at };
            if let Some(first) = entries.get(&key) {
                return Err(twice(self.source, &key, first.key_span, key_span));
            }
            self.blank();
            self.at += 1;
            let value = self.value(depth + 1)?;
            entries.push(Entry { key, key_span, value });
        }
        Ok(Data::Map(entries))
    }

    fn list(&mut self, depth: usize) -> Result<Data, Malformed> {
        let mut nodes = Vec::new();
        self.at += 1;
        while !self.closes(b']') {
            nodes.push(self.value(depth + 1)?);
        }
        Ok(Data::List(nodes))
    }

    /// Goes past a comma, or past the closing character, which it tells. Always goes on, so that
    /// every loop over it ends.
    fn closes(&mut self, end: u8) -> bool {
        self.blank();
        let next = self.peek();
        if next == Some(b',') {
            self.at += 1;
        }
        if next == Some(end) || next.is_none() {
            self.at += 1;
            return true;
        }
        false
    }

    /// A string, from one quote to the other.
    fn text(&mut self) -> String {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
        let written = self.source.slice(Span { start, end: self.at });
        serde_json::from_str(written).unwrap_or_default()
    }

    /// `null`, `true`, `false` or a number.
    fn word(&mut self) -> Data {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) {
            self.at += 1;
        }
        match self.source.slice(Span { start, end: self.at }) {
            "null" => Data::Null,
            "true" => Data::Boolean(true),
            "false" => Data::Boolean(false),
            number => Data::Number(number.to_owned()),
        }
    }

    fn blank(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.source.text().as_bytes().get(self.at).copied()
    }
}

/// A key that stands twice in one map.
pub(super) fn twice(source: &Source, key: &str, first: Span, second: Span) -> Malformed {
    let (line, _) = source.position(first.start);
    let key = super::node::shortened(key);
    Malformed { span: second, message: format!("the key `{key}` stands already in line {line}") }
}
