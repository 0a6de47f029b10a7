//! What a change changes, field by field, for people to read.
//!
//! Two documents are compared as they are written. Elements of a list that have names of their own are
//! compared by name, so that a step more does not make all that follow different.

use std::collections::{BTreeMap, BTreeSet};

use engine_api::organization::FieldChange;
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// How many are told of all changes made together.
pub(super) const MOST_IN_ALL: usize = 1000;
/// How many are told of one change.
const MOST: usize = 40;
/// How many characters are told of a value.
const LONGEST: usize = 160;
/// What elements of lists are named by.
const NAMES: [&str; 3] = ["id", "name", "login"];

/// What differs, bounded in number and length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// In the order of the fields' names.
    pub fields: Vec<FieldChange>,
    /// How many more there are.
    pub left_off: u32,
}

impl Differences {
    /// At most `room` of what differs between two documents.
    pub(super) fn of(before: &Json, after: &Json, room: usize) -> Self {
        let mut differing = Differing { found: Self::default(), room: room.min(MOST) };
        differing.compare("", Some(before), Some(after));
        differing.found
    }
}

/// A document as people write it.
pub(crate) fn told(document: &impl Serialize) -> Json {
    serde_json::to_value(document).unwrap_or_default()
}

/// A text as a document: its lines.
pub(super) fn lines(text: &str) -> Json {
    Json::Array(text.lines().map(Json::from).collect())
}

struct Differing {
    found: Differences,
    room: usize,
}

impl Differing {
    fn compare(&mut self, path: &str, before: Option<&Json>, after: Option<&Json>) {
        if before == after {
            return;
        }
        match (before, after) {
            (Some(Json::Object(before)), Some(Json::Object(after))) => {
                self.fields(path, before, after);
            }
            (Some(Json::Array(before)), Some(Json::Array(after))) => {
                self.elements(path, before, after);
            }
            _ => self.differs(path.to_owned(), before.map(short), after.map(short)),
        }
    }

    fn fields(&mut self, path: &str, before: &Map<String, Json>, after: &Map<String, Json>) {
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            self.compare(&path, before.get(name), after.get(name));
        }
    }

    fn elements(&mut self, path: &str, before: &[Json], after: &[Json]) {
        if path.is_empty() {
            return self.lines(before, after);
        }
        if let (Some(old), Some(new)) = (by_name(before), by_name(after)) {
            let order = |all: &[Json], other: &BTreeMap<&str, &Json>| -> Json {
                all.iter().filter_map(name).filter(|name| other.contains_key(name)).collect()
            };
            self.compare_order(path, &order(before, &new), &order(after, &old));
            let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
            for name in names {
                let path = format!("{path}[{name}]");
                self.compare(&path, old.get(name).copied(), new.get(name).copied());
            }
            return;
        }
        let structured = |all: &[Json]| all.iter().all(|e| e.is_object() || e.is_array());
        if before.len() == after.len() && structured(before) && structured(after) {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                self.compare(&format!("{path}[{index}]"), Some(before), Some(after));
            }
            return;
        }
        let whole = |all: &[Json]| Some(short(&Json::Array(all.to_vec())));
        self.differs(path.to_owned(), whole(before), whole(after));
    }

    fn compare_order(&mut self, path: &str, before: &Json, after: &Json) {
        if before != after {
            self.differs(format!("order of {path}"), Some(short(before)), Some(short(after)));
        }
    }

    /// The lines of a text between those that both begin and both end with.
    fn lines(&mut self, before: &[Json], after: &[Json]) {
        let first = before.iter().zip(after).take_while(|(a, b)| a == b).count();
        let (before, after) = (before.iter().skip(first), after.iter().skip(first));
        let last =
            before.clone().rev().zip(after.clone().rev()).take_while(|(a, b)| a == b).count();
        let lengths = (before.len() - last, after.len() - last);
        let mut before = before.take(lengths.0);
        let mut after = after.take(lengths.1);
        for line in first + 1..=first + lengths.0.max(lengths.1) {
            let (before, after) = (before.next().map(short), after.next().map(short));
            if before != after {
                self.differs(format!("line {line}"), before, after);
            }
        }
    }

    fn differs(&mut self, path: String, before: Option<String>, after: Option<String>) {
        if self.found.fields.len() < self.room {
            self.found.fields.push(FieldChange { path, before, after });
        } else {
            self.found.left_off = self.found.left_off.saturating_add(1);
        }
    }
}

/// What an element of a list is named by.
fn name(element: &Json) -> Option<&str> {
    NAMES.iter().find_map(|key| element.get(key)?.as_str())
}

/// The elements of a list by name, where each has one of its own.
fn by_name(elements: &[Json]) -> Option<BTreeMap<&str, &Json>> {
    let named: Option<BTreeMap<&str, &Json>> =
        elements.iter().map(|element| Some((name(element)?, element))).collect();
    named.filter(|named| named.len() == elements.len())
}

/// A text as it is, all else as JSON; cut where it is long.
fn short(json: &Json) -> String {
    let text = match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn differ(before: &Json, after: &Json, expected: &[&str]) {
        let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "(none)".to_owned());
        let found: Vec<String> = Differences::of(before, after, MOST_IN_ALL)
            .fields
            .iter()
            .map(|field| {
                format!("{}: {} → {}", field.path, side(&field.before), side(&field.after))
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn fields_are_told_with_what_they_were() {
        differ(
            &json!({"active": true, "groups": ["staff"], "role": "user", "name": "Ann"}),
            &json!({"active": true, "groups": ["board", "staff"], "role": "auditor", "email": "a@b"}),
            &[
                "email: (none) → a@b",
                r#"groups: ["staff"] → ["board","staff"]"#,
                "name: Ann → (none)",
                "role: user → auditor",
            ],
        );
        differ(&json!({"a": {"b": 1}}), &json!({"a": {"b": 1}}), &[]);
    }

    #[test]
    fn what_has_a_name_is_compared_by_it() {
        let step = |id: &str, who: &str| json!({"id": id, "approvers": [{"who": {"group": who}}]});
        let before = json!({"steps": [step("unit", "staff"), step("board", "board")]});
        let after =
            json!({"steps": [step("board", "board"), step("unit", "leads"), step("last", "x")]});
        differ(
            &before,
            &after,
            &[
                r#"order of steps: ["unit","board"] → ["board","unit"]"#,
                r#"steps[last]: (none) → {"approvers":[{"who":{"group":"x"}}],"id":"last"}"#,
                "steps[unit].approvers[0].who.group: staff → leads",
            ],
        );
    }

    #[test]
    fn of_a_text_the_lines_that_differ_are_told() {
        let before = "let a = 1;\nlet b = 2;\nlet c = 3;\na + b";
        differ(
            &lines(before),
            &lines(&before.replace("b = 2", "b = 4")),
            &["line 2: let b = 2; → let b = 4;"],
        );
        differ(&lines("a\nb"), &lines("a\nx\nb"), &["line 2: (none) → x"]);
        differ(&lines("a\na\nb"), &lines("a\nb"), &["line 2: a → (none)"]);
    }

    #[test]
    fn there_are_never_too_many_nor_too_long() {
        let many = |value: &str| -> Json {
            (0..100).map(|n| (format!("{n}"), Json::from(value))).collect::<Map<_, _>>().into()
        };
        let found = Differences::of(&many("a"), &many(&"ä".repeat(1000)), MOST_IN_ALL);
        assert_eq!((found.fields.len(), found.left_off), (MOST, 100 - 40));
        assert_eq!(found.fields[0].after.as_ref().unwrap().chars().count(), LONGEST + 1);
        let found = Differences::of(&many("a"), &many("b"), 7);
        assert_eq!((found.fields.len(), found.left_off), (7, 93));
    }
}
