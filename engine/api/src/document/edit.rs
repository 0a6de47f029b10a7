//! Changes of a document's text that leave all else as it was written: comments, order, layout.

use serde_json::Value as Json;

use super::{
    Document, Format, Segment, Span,
    node::{Data, Entry, Node},
};

/// Changes to be made of a document. What cannot be changed without harm to what stands around it is
/// left alone, and the method says so by `false`.
#[derive(Debug)]
pub struct Edit<'a> {
    document: &'a Document,
    changes: Vec<(Span, String)>,
}

impl Document {
    /// Begins to change the text of the whole that this document is of.
    #[must_use]
    pub fn edit(&self) -> Edit<'_> {
        Edit { document: self, changes: Vec::new() }
    }
}

impl Edit<'_> {
    /// Puts a value in the place of another.
    pub fn set(&mut self, path: &[Segment], value: &Json) -> bool {
        let Some(node) = self.document.root.find(path) else { return false };
        let text = written(value, self.format());
        let span = self.extent(node);
        let is_list_or_map = matches!(node.data, Data::List(_) | Data::Map(_));
        if is_list_or_map && !self.is_flow(node) || span.start == span.end {
            return self.set_block(path, node, &text);
        }
        self.change(span, text)
    }

    /// Takes elements out of a list, and adds others; as far as there are both, one takes the other's
    /// place.
    pub fn list(&mut self, path: &[Segment], remove: &[usize], add: &[Json]) -> bool {
        let Some(list) = self.document.root.find(path) else { return false };
        let Data::List(nodes) = &list.data else { return false };
        if remove.len() >= nodes.len() && add.is_empty() || nodes.is_empty() {
            return self.set(path, &Json::Array(add.to_vec()));
        }
        let format = self.format();
        let both = remove.len().min(add.len());
        let mut is_done = true;
        for (index, value) in remove.iter().zip(add) {
            let Some(node) = nodes.get(*index) else { return false };
            let span = self.extent(node);
            is_done &= self.change(span, written(value, format));
        }
        let parts: Vec<Span> = nodes.iter().map(|node| self.extent(node)).collect();
        let added: Vec<String> = add.iter().skip(both).map(|v| written(v, format)).collect();
        let is_flow = self.is_flow(list);
        is_done &= self.take_out(&parts, remove.get(both..).unwrap_or_default(), is_flow);
        is_done && (added.is_empty() || self.append_to(&parts, &added, is_flow))
    }

    /// Takes an entry out of a map.
    pub fn remove(&mut self, map: &[Segment], key: &str) -> bool {
        let Some(node) = self.document.root.find(map) else { return false };
        let Data::Map(entries) = &node.data else { return false };
        let place = entries.iter().position(|entry| entry.key == key);
        let Some(place) = place else { return false };
        let parts: Vec<Span> = entries.iter().map(|entry| self.entry_extent(entry)).collect();
        if parts.len() == 1 {
            return self.set(map, &Json::Object(serde_json::Map::new()));
        }
        self.take_out(&parts, &[place], self.is_flow(node))
    }

    /// Puts an entry into a map, before its first one or after its last.
    pub fn insert(&mut self, map: &[Segment], key: &str, value: &Json, is_first: bool) -> bool {
        let Some(node) = self.document.root.find(map) else { return false };
        let Data::Map(entries) = &node.data else { return false };
        let parts: Vec<Span> = entries.iter().map(|entry| self.entry_extent(entry)).collect();
        let name = written(&Json::String(key.to_owned()), self.format());
        let text = format!("{name}: {}", written(value, self.format()));
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
            let only = serde_json::Map::from_iter([(key.to_owned(), value.clone())]);
            return self.set(map, &Json::Object(only));
        };
        let indent = " ".repeat(first.start - self.line_start(first.start));
        match (self.is_flow(node), is_first) {
            (true, true) => self.change(at(first.start), format!("{text}, ")),
            (true, false) => self.change(at(last.end), format!(", {text}")),
            (false, true) => self.change(at(first.start), format!("{text}\n{indent}")),
            (false, false) => {
                let end = self.line_end(last.end);
                self.change(at(end), format!("\n{indent}{text}"))
            }
        }
    }

    /// The text with the changes; those that stand in the way of an earlier one are not made.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.changes.sort_by_key(|(span, _)| (span.start, span.end));
        let source = self.source();
        let (mut text, mut done) = (String::with_capacity(source.len()), 0);
        for (span, new) in &self.changes {
            let Some(between) = source.get(done..span.start) else { continue };
            text.push_str(between);
            text.push_str(new);
            done = span.end;
        }
        text.push_str(source.get(done..).unwrap_or_default());
        text
    }

    fn format(&self) -> Format {
        self.document.source.format()
    }

    fn source(&self) -> &str {
        self.document.source.text()
    }

    fn change(&mut self, span: Span, text: String) -> bool {
        self.changes.push((span, text));
        true
    }

    /// A list or map over several lines, or nothing, becomes something that stands after its key.
    fn set_block(&mut self, path: &[Segment], node: &Node, text: &str) -> bool {
        let Some((Segment::Key(key), parent)) = path.split_last() else { return false };
        let entry = self.document.root.find(parent).and_then(|parent| parent.entry(key));
        let Some(key) = entry.map(|entry| entry.key_span) else { return false };
        let after = self.source().get(key.end..).and_then(|rest| rest.find(':'));
        let Some(colon) = after else { return false };
        let start = key.end + colon + 1;
        let span = Span { start, end: self.extent(node).end.max(start) };
        self.change(span, format!(" {text}"))
    }

    /// Takes parts out that stand beside each other, with the commas or lines that are theirs.
    fn take_out(&mut self, parts: &[Span], remove: &[usize], is_flow: bool) -> bool {
        let mut is_done = true;
        for (index, part) in parts.iter().enumerate().filter(|(i, _)| remove.contains(i)) {
            let before = parts.get(..index).unwrap_or_default().iter().enumerate();
            let kept = before.rev().find(|(i, _)| !remove.contains(i)).map(|(_, kept)| kept.end);
            let span = match (is_flow, parts.get(index + 1), kept) {
                (true, Some(next), _) => Span { start: part.start, end: next.start },
                (true, None, kept) => Span { start: kept.unwrap_or(part.start), end: part.end },
                (false, _, _) => self.lines_of(*part),
            };
            // Elements at the end go with the comma before them, and with them those before.
            self.changes.retain(|(other, text)| {
                !(text.is_empty() && span.start <= other.start && other.end <= span.end)
            });
            is_done &= self.change(span, String::new());
        }
        is_done
    }

    /// Adds elements after the last one of a list.
    fn append_to(&mut self, parts: &[Span], added: &[String], is_flow: bool) -> bool {
        let Some(last) = parts.last() else { return false };
        if is_flow {
            return self.change(at(last.end), format!(", {}", added.join(", ")));
        }
        let line = self.line_start(last.start);
        let before = self.source().get(line..last.start).unwrap_or_default();
        if before.trim() != "-" {
            return false;
        }
        let lines: String = added.iter().map(|text| format!("\n{before}{text}")).collect();
        let end = self.line_end(last.end);
        self.change(at(end), lines)
    }

    /// Whether a list or map is written in brackets.
    fn is_flow(&self, node: &Node) -> bool {
        self.source().get(node.span.start..).is_some_and(|text| text.starts_with(['[', '{']))
    }

    /// All of a part, without what follows it: the end of one over several lines is where its last
    /// part ends.
    fn extent(&self, node: &Node) -> Span {
        let start = node.span.start;
        let last = match &node.data {
            Data::List(nodes) => nodes.last(),
            Data::Map(entries) => entries.iter().last().map(|entry| &entry.value),
            Data::Null | Data::Boolean(_) | Data::Number(_) | Data::Text(_) => {
                let text = self.source().get(start..node.span.end).unwrap_or_default();
                return Span { start, end: start + text.trim_end().len() };
            }
        };
        let end = last.map_or(start, |last| self.extent(last).end.max(start));
        match self.is_flow(node) {
            true => Span { start, end: self.closing(end.max(start + 1)) },
            false => Span { start, end },
        }
    }

    /// The place after the bracket that comes next, but for comments.
    fn closing(&self, from: usize) -> usize {
        let mut is_comment = false;
        for (at, character) in self.source().get(from..).unwrap_or_default().char_indices() {
            match character {
                ']' | '}' if !is_comment => return from + at + 1,
                '#' => is_comment = true,
                '\n' => is_comment = false,
                _ => {}
            }
        }
        self.source().len()
    }

    fn entry_extent(&self, entry: &Entry) -> Span {
        let start = entry.key_span.start;
        Span { start, end: self.extent(&entry.value).end.max(entry.key_span.end) }
    }

    /// Whole lines, with the break after them.
    fn lines_of(&self, part: Span) -> Span {
        let end = self.line_end(part.end);
        Span { start: self.line_start(part.start), end: (end + 1).min(self.source().len()) }
    }

    fn line_start(&self, place: usize) -> usize {
        let before = self.source().get(..place).unwrap_or_default();
        before.rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self, place: usize) -> usize {
        let after = self.source().get(place..).unwrap_or_default();
        place + after.find('\n').unwrap_or(after.len())
    }
}

fn at(place: usize) -> Span {
    Span { start: place, end: place }
}

/// A value as it is written on one line.
fn written(value: &Json, format: Format) -> String {
    match value {
        Json::String(text) if format == Format::Yaml && is_plain(text) => text.clone(),
        Json::Array(list) => {
            let list: Vec<String> = list.iter().map(|value| written(value, format)).collect();
            format!("[{}]", list.join(", "))
        }
        Json::Object(map) => {
            let name = |name: &String| written(&Json::String(name.clone()), format);
            let map = map.iter().map(|(key, value)| (name(key), written(value, format)));
            let entries: Vec<String> = map.map(|(key, value)| format!("{key}: {value}")).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// Whether YAML reads it as this very text without quotes, wherever it stands.
fn is_plain(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_-./@".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(is_word)
        && !matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> Vec<Segment> {
        text.parse::<super::super::Path>().unwrap().to_vec()
    }

    /// What comes of a text by changes; it must still be a document.
    fn edited(name: &str, text: &str, change: impl FnOnce(&mut Edit<'_>) -> bool) -> String {
        let document = Document::parse(name, text).unwrap();
        let mut edit = document.edit();
        assert!(change(&mut edit), "{text}");
        let text = edit.finish();
        Document::parse(name, &text).unwrap();
        text
    }

    #[test]
    fn a_value_takes_the_place_of_another_and_comments_stay() {
        for (before, value, after) in [
            ("a: {b: one}  # why\n", json!("two"), "a: {b: two}  # why\n"),
            ("a:\n  b: one  # why\n  c: 1\n", json!("two"), "a:\n  b: two  # why\n  c: 1\n"),
            ("a: {b: [x, y]}\n", json!(["z"]), "a: {b: [z]}\n"),
            ("a:\n  b:\n    - x\n    - y\n# end\n", json!([]), "a:\n  b: []\n# end\n"),
            ("a:\n  b:\nc: 1\n", json!("two"), "a:\n  b: two\nc: 1\n"),
            ("a: {b: one}\n", json!("12.50 EUR"), "a: {b: \"12.50 EUR\"}\n"),
            ("a: {b: one}\n", json!("true"), "a: {b: \"true\"}\n"),
            ("a: {b: one}\n", json!(true), "a: {b: true}\n"),
            ("a: {b: one}\n", json!({"x": ["", "y"]}), "a: {b: {x: [\"\", y]}}\n"),
        ] {
            assert_eq!(edited("a.yaml", before, |e| e.set(&path("a.b"), &value)), after);
        }
    }

    #[test]
    fn elements_come_and_go_where_they_stand() {
        for (before, remove, add, after) in [
            ("a: [x, y, z]\n", &[1][..], json!([]), "a: [x, z]\n"),
            ("a: [x, y, z]\n", &[2], json!([]), "a: [x, y]\n"),
            ("a: [x, y, z]\n", &[1, 2], json!([]), "a: [x]\n"),
            ("a: [x, y, z]\n", &[0, 2], json!([]), "a: [y]\n"),
            ("a: [x, y]\n", &[0, 1], json!([]), "a: []\n"),
            ("a: [x, y]\n", &[0], json!(["v", "w"]), "a: [v, y, w]\n"),
            ("a: []\n", &[], json!(["v"]), "a: [v]\n"),
            ("a: [\n  x,  # one\n  y,  # two\n]\n", &[0], json!([]), "a: [\n  y,  # two\n]\n"),
            ("a:\n  - x  # one\n  - y\n# end\n", &[1], json!([]), "a:\n  - x  # one\n# end\n"),
            ("a:\n- x  # one\nb: 1\n", &[], json!(["y"]), "a:\n- x  # one\n- y\nb: 1\n"),
            ("a:\n  - x  # one\n  - y\n", &[0], json!(["v"]), "a:\n  - v  # one\n  - y\n"),
        ] {
            let Json::Array(add) = add else { panic!() };
            assert_eq!(edited("a.yaml", before, |e| e.list(&path("a"), remove, &add)), after);
        }
    }

    #[test]
    fn entries_come_and_go() {
        let no = |text: &str| edited("a.yaml", text, |e| e.remove(&path("a"), "b"));
        assert_eq!(no("a: {b: 1, c: 2}\n"), "a: {c: 2}\n");
        assert_eq!(no("a: {c: 2, b: 1}\n"), "a: {c: 2}\n");
        assert_eq!(no("a: {b: 1}  # x\n"), "a: {}  # x\n");
        assert_eq!(no("a:\n  b: 1  # gone\n  c: 2  # kept\n"), "a:\n  c: 2  # kept\n");
        let put = |text: &str, is_first| {
            edited("a.yaml", text, |e| e.insert(&path("a[0]"), "b", &json!("new"), is_first))
        };
        assert_eq!(put("a: [{c: 2}]\n", true), "a: [{b: new, c: 2}]\n");
        assert_eq!(put("a: [{c: 2}]\n", false), "a: [{c: 2, b: new}]\n");
        assert_eq!(put("a:\n  - c: 2  # x\n", true), "a:\n  - b: new\n    c: 2  # x\n");
        assert_eq!(put("a:\n  - c: 2  # x\n", false), "a:\n  - c: 2  # x\n    b: new\n");
        assert_eq!(put("a:\n  - {}\n", false), "a:\n  - {b: new}\n");
    }

    #[test]
    fn json_stays_json() {
        let text = "{\n  \"a\": [\"x\", \"y\"],\n  \"b\": {\"c\": \"d\"}\n}\n";
        let text = edited("a.json", text, |e| {
            e.list(&path("a"), &[1], &[json!("z"), json!("w")])
                && e.insert(&path("b"), "e", &json!(["f"]), false)
        });
        let expected =
            "{\n  \"a\": [\"x\", \"z\", \"w\"],\n  \"b\": {\"c\": \"d\", \"e\": [\"f\"]}\n}\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_cannot_be_changed_is_said() {
        let document = Document::parse("a.yaml", "a: {b: 1}\n").unwrap();
        let mut edit = document.edit();
        assert!(!edit.set(&path("a.c"), &json!(1)));
        assert!(!edit.remove(&path("a"), "c"));
        assert!(!edit.list(&path("a"), &[], &[json!(1)]));
        assert_eq!(edit.finish(), "a: {b: 1}\n");
    }
}
