//! The tree of a document.

use std::collections::BTreeMap;

use super::{Segment, Span};

/// A part of a document.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) data: Data,
}

/// What a part holds.
#[derive(Clone, Debug)]
pub(super) enum Data {
    /// Nothing: `null`, `~`, or nothing after the colon.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number, as it was written.
    Number(String),
    /// Everything else that is not a list or map.
    Text(String),
    /// In the order of the text.
    List(Vec<Node>),
    /// In the order of the text.
    Map(Entries),
}

/// The entries of a map, in the order of the text.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries {
    list: Vec<Entry>,
    // INVARIANT: the place in `list` of every key; no key twice.
    places: BTreeMap<String, usize>,
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value: Node,
}

impl Entries {
    /// The entry with a key.
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        self.list.get(*self.places.get(key)?)
    }

    /// Adds an entry; the caller has checked that its key is new.
    pub(super) fn push(&mut self, entry: Entry) {
        debug_assert!(!self.places.contains_key(&entry.key), "a key stands once");
        self.places.insert(entry.key.clone(), self.list.len());
        self.list.push(entry);
    }

    /// All of them.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.list.iter()
    }
}

impl Node {
    /// The entry of a map; none if this is no map.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        let Data::Map(entries) = &self.data else { return None };
        entries.get(key)
    }

    /// See [`super::Document::part`].
    pub(super) fn find(&self, path: &[Segment]) -> Option<&Self> {
        path.iter().try_fold(self, |node, segment| match (segment, &node.data) {
            (Segment::Key(name), _) => node.entry(name).map(|entry| &entry.value),
            (Segment::Index(index), Data::List(nodes)) => nodes.get(*index),
            (Segment::Index(_), _) => None,
        })
    }

    /// See [`super::Document::locate`].
    pub(super) fn locate(&self, path: &[Segment]) -> Span {
        let mut node = self;
        let mut key = None;
        for segment in path {
            let inner = match (segment, &node.data) {
                (Segment::Key(name), Data::Map(_)) => {
                    node.entry(name).map(|entry| (&entry.value, Some(entry.key_span)))
                }
                (Segment::Index(index), Data::List(nodes)) => {
                    nodes.get(*index).map(|node| (node, None))
                }
                (Segment::Key(_) | Segment::Index(_), _) => None,
            };
            let Some((inner, inner_key)) = inner else { break };
            (node, key) = (inner, inner_key);
        }
        node.shown(key)
    }

    /// The part of the text that stands for this node: all of a scalar, the key of anything bigger,
    /// and where there is none, its first key or its first character.
    pub(super) fn shown(&self, key: Option<Span>) -> Span {
        let first = Span { start: self.span.start, end: self.span.start + 1 };
        match (&self.data, key) {
            (Data::List(_) | Data::Map(_) | Data::Null, Some(key)) => key,
            (Data::Map(entries), None) => {
                entries.iter().next().map_or(first, |entry| entry.key_span)
            }
            (Data::List(_), None) => first,
            (Data::Null | Data::Boolean(_) | Data::Number(_) | Data::Text(_), _) => self.span,
        }
    }

    /// What this is, for a person: "expected a list, found …".
    pub(super) fn describe(&self) -> String {
        match &self.data {
            Data::Null => "nothing".to_owned(),
            Data::Boolean(value) => format!("`{value}`"),
            Data::Number(text) => format!("the number `{}`", shortened(text)),
            Data::Text(text) => format!("the text `{}`", shortened(text)),
            Data::List(_) => "a list".to_owned(),
            Data::Map(_) => "a map".to_owned(),
        }
    }
}

/// The beginning of something that a person wrote.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let mut short: String = text.chars().take(MOST).map(clean).collect();
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    short
}
