//! What was found beside what is expected: how a difference is told, and what would be right.

use std::{collections::BTreeMap, fmt};

use engine_api::document::Segment;
use engine_core::rejection::Code;
use serde_json::{Value as Json, json};

use super::{
    Check,
    keys::{NoticeDoc, OneOf, Texts},
};
use crate::scenario::{
    act::Outcome, file::key, notices::NoticeSeen, report::Mismatch, update::Fix,
};

impl Check<'_> {
    fn differ(&mut self, key: &'static str, expected: impl fmt::Display, found: impl fmt::Display) {
        self.mismatches.push(Mismatch::plain(key, expected.to_string(), found.to_string()));
    }

    fn fixed(&mut self, mismatch: Mismatch, fix: Fix) {
        self.mismatches.push(Mismatch { fix: Some(fix), ..mismatch });
    }

    /// One word, or yes or no.
    pub(super) fn value(
        &mut self,
        name: &'static str,
        expected: impl fmt::Display,
        found: impl fmt::Display + Into<Json>,
    ) {
        let (expected, shown) = (expected.to_string(), found.to_string());
        if expected != shown {
            let mismatch = Mismatch::plain(name, expected, shown);
            self.fixed(mismatch, Fix::Set(vec![key(name)], found.into()));
        }
    }

    /// Exact, whatever the order.
    pub(super) fn list<T: fmt::Display>(
        &mut self,
        name: &'static str,
        expected: &[T],
        mut found: Vec<String>,
    ) {
        let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        found.sort();
        let mut missing = Vec::new();
        let mut added = found.clone();
        for (index, one) in expected.iter().enumerate() {
            match added.iter().position(|found| found == one) {
                Some(place) => drop(added.remove(place)),
                None => missing.push(index),
            }
        }
        if missing.is_empty() && added.is_empty() {
            return;
        }
        let named = |index: &usize| expected.get(*index).cloned();
        let mismatch = Mismatch {
            missing: missing.iter().filter_map(named).collect(),
            unexpected: added.clone(),
            ..Mismatch::plain(name, sorted(expected.clone()), sorted(found))
        };
        let add = added.into_iter().map(Json::from).collect();
        self.fixed(mismatch, Fix::List { path: vec![key(name)], remove: missing, add });
    }

    /// Partial: what is expected must be there.
    pub(super) fn contains(&mut self, name: &'static str, expected: &[String], found: &[String]) {
        let is_missing = |(_, one): &(usize, &String)| !found.contains(one);
        let missing: Vec<(usize, &String)> =
            expected.iter().enumerate().filter(is_missing).collect();
        if missing.is_empty() {
            return;
        }
        let mismatch = Mismatch {
            missing: missing.iter().map(|(_, one)| (*one).clone()).collect(),
            ..Mismatch::plain(name, sorted(expected.to_vec()), sorted(found.to_vec()))
        };
        let remove = missing.into_iter().map(|(index, _)| index).collect();
        self.fixed(mismatch, Fix::List { path: vec![key(name)], remove, add: Vec::new() });
    }

    /// Whether it was refused, and with which code.
    pub(super) fn error(&mut self, expected: Option<Code>) {
        match (expected, self.outcome) {
            (Some(code), Outcome::Refused(refusal)) => match refusal.code {
                Some(found) => self.value("error", code.as_str(), found.as_str()),
                None => self.differ("error", code.as_str(), refusal.describe()),
            },
            (Some(code), Outcome::Done { .. }) => {
                let mismatch = Mismatch::plain("error", code.as_str(), "accepted");
                self.fixed(mismatch, Fix::Remove("error"));
            }
            (Some(code), outcome) => self.differ("error", code.as_str(), outcome.describe()),
            (None, Outcome::Refused(refusal)) => {
                let said = self.outcome.messages().join(" ");
                let found = format!("{}: {said}", refusal.describe());
                let mismatch = Mismatch::plain("error", "no error", found);
                match refusal.code {
                    Some(code) => self.fixed(mismatch, Fix::Add("error", code.as_str().into())),
                    None => self.mismatches.push(mismatch),
                }
            }
            (None, Outcome::Done { .. } | Outcome::Together(_) | Outcome::Crashed) => {}
        }
    }

    /// Each text stands in some message, whatever its case.
    pub(super) fn messages(&mut self, Texts(expected): &Texts) {
        let messages = self.outcome.messages();
        let all = messages.join("\n").to_lowercase();
        let is_missing = |(_, text): &(usize, &String)| !all.contains(&text.to_lowercase());
        let missing: Vec<(usize, &String)> =
            expected.iter().enumerate().filter(is_missing).collect();
        if missing.is_empty() {
            return;
        }
        let mismatch = Mismatch {
            missing: missing.iter().map(|(_, text)| (*text).clone()).collect(),
            ..Mismatch::plain("message_contains", expected.join(", "), format!("{messages:?}"))
        };
        match messages.first() {
            Some(first) => {
                let fix = Fix::Set(vec![key("message_contains")], json!(first));
                self.fixed(mismatch, fix);
            }
            None => self.mismatches.push(mismatch),
        }
    }

    /// Results in any order: some assignment of them to what is expected must fit.
    pub(super) fn outcomes(&mut self, expected: &[OneOf]) {
        let found = match self.outcome {
            Outcome::Together(results) => results.clone(),
            Outcome::Done { .. } | Outcome::Refused(_) | Outcome::Crashed => Vec::new(),
        };
        if expected.len() != found.len() || !assignable(expected, &mut found.clone()) {
            let words: Vec<String> = expected.iter().map(|Texts(any)| any.join("|")).collect();
            let mismatch = Mismatch::plain("outcomes", words.join(", "), found.join(", "));
            self.fixed(mismatch, Fix::Set(vec![key("outcomes")], json!(found)));
        }
    }

    /// The state of one execution; none where there is no such.
    pub(super) fn execution(&mut self, id: &str, expected: &str, found: Option<&str>) {
        if found == Some(expected) {
            return;
        }
        let shown = found.unwrap_or("no such execution");
        let mismatch =
            Mismatch::plain("executions", format!("{id}: {expected}"), format!("{id}: {shown}"));
        let fix = match found {
            Some(found) => Fix::Set(vec![key("executions"), key(id)], found.into()),
            None => Fix::RemoveAt("executions", id.to_owned()),
        };
        self.fixed(mismatch, fix);
    }

    /// How often a plugin was called.
    pub(super) fn called(&mut self, name: &str, word: &str, expected: u32, found: u32) {
        if expected != found {
            let show = |count: u32| format!("{name}: {word}: {count}");
            let mismatch = Mismatch::plain("calls", show(expected), show(found));
            let path = vec![key("calls"), key(name), key(word)];
            self.fixed(mismatch, Fix::Set(path, found.into()));
        }
    }

    /// Who fills which seats, assignment by assignment.
    pub(super) fn seated(
        &mut self,
        expected: &BTreeMap<String, Vec<String>>,
        found: &BTreeMap<String, Vec<String>>,
    ) {
        let in_order = |of_step: &BTreeMap<String, Vec<String>>| {
            let mut of_step = of_step.clone();
            of_step.values_mut().for_each(|people| people.sort());
            of_step
        };
        let (expected, found) = (in_order(expected), in_order(found));
        if expected == found {
            return;
        }
        let is_in = |other: &BTreeMap<String, Vec<String>>, id: &String, people: &Vec<String>| {
            other.get(id) == Some(people)
        };
        let only = |these: &BTreeMap<String, Vec<String>>, others| {
            let these = these.iter().filter(|(id, people)| !is_in(others, id, people));
            these.map(|(id, people)| assignment(id, people)).collect()
        };
        let mismatch = Mismatch {
            missing: only(&expected, &found),
            unexpected: only(&found, &expected),
            ..Mismatch::plain("seats", seats(&expected), seats(&found))
        };
        self.fixed(mismatch, Fix::Set(vec![key("seats")], json!(found)));
    }

    /// Notices, each as often as it was sent.
    pub(super) fn told(&mut self, expected: &[NoticeDoc], found: &[NoticeSeen]) {
        let mut left = found.to_vec();
        let mut missing = Vec::new();
        for (index, one) in expected.iter().enumerate() {
            let fits = |told: &NoticeSeen| {
                told.to == one.to && (told.about == one.about || told.request == one.about)
            };
            match left.iter().position(fits) {
                Some(place) => drop(left.remove(place)),
                None => missing.push(index),
            }
        }
        if missing.is_empty() && left.is_empty() {
            return;
        }
        let show = |to: &str, about: &str| format!("{to} about {about}");
        let words: Vec<String> = expected.iter().map(|one| show(&one.to, &one.about)).collect();
        let of_found = |told: &NoticeSeen| show(&told.to, &told.about);
        let mismatch = Mismatch {
            missing: missing.iter().filter_map(|index| words.get(*index).cloned()).collect(),
            unexpected: left.iter().map(of_found).collect(),
            ..Mismatch::plain(
                "notices",
                sorted(words.clone()),
                sorted(found.iter().map(of_found).collect()),
            )
        };
        let add = left.iter().map(|told| json!({"to": told.to, "about": told.about})).collect();
        let path: Vec<Segment> = vec![key("notices")];
        self.fixed(mismatch, Fix::List { path, remove: missing, add });
    }

    /// There is no request that could be looked at.
    pub(super) fn no_request(&mut self) {
        self.differ("request", "a request", "none");
    }
}

fn assignable(expected: &[OneOf], found: &mut Vec<String>) -> bool {
    let Some((Texts(first), rest)) = expected.split_first() else { return true };
    for index in 0..found.len() {
        let result = found.remove(index);
        if first.contains(&result) && assignable(rest, found) {
            return true;
        }
        found.insert(index, result);
    }
    false
}

/// The name of a form's field, with or without what it is a field of.
pub(super) fn bare(field: &str) -> &str {
    field.strip_prefix("properties.").unwrap_or(field)
}

fn sorted(mut words: Vec<String>) -> String {
    words.sort();
    format!("[{}]", words.join(", "))
}

/// `finance: ["", bob], legal: [lea]`; an empty text is a seat that nobody fills.
fn seats(of_step: &BTreeMap<String, Vec<String>>) -> String {
    let shown = of_step.iter().map(|(id, people)| assignment(id, people));
    shown.collect::<Vec<_>>().join(", ")
}

fn assignment(id: &str, people: &[String]) -> String {
    let quoted = |login: &String| if login.is_empty() { "\"\"".to_owned() } else { login.clone() };
    format!("{id}: {}", sorted(people.iter().map(quoted).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_assigned_whatever_their_order() {
        let expected = [Texts(vec!["ok".into(), "conflict".into()]), Texts(vec!["ok".into()])];
        let found = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        assert!(assignable(&expected, &mut found(&["ok", "conflict"])));
        assert!(assignable(&expected, &mut found(&["conflict", "ok"])));
        assert!(!assignable(&expected, &mut found(&["conflict", "conflict"])));
    }

    #[test]
    fn a_seat_that_nobody_fills_is_still_a_seat() {
        let of = |people: &[&str]| {
            let people = people.iter().map(|login| (*login).to_owned()).collect();
            seats(&BTreeMap::from([("finance".to_owned(), people)]))
        };
        assert_eq!(of(&["bob", ""]), "finance: [\"\", bob]");
        assert_ne!(of(&[""]), of(&[]));
    }
}
