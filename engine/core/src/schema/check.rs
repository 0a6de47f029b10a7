//! Checking settings: what holds, what fails, and what is open until a request has its values.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{
    Entries, Fault, Keyword, MAX_DEPTH, MAX_STEPS, Schema, Setting, Settings, at_key,
    read::shortened,
    value::{of_kind, of_value},
};
use crate::{rule::unknown_name, value::PropertyType};

/// The most alternatives that a message tells of.
const MAX_TOLD: usize = 6;

pub(super) fn faults(schema: &Schema, settings: &Settings<'_>) -> Vec<Fault> {
    let mut checker = Checker { schema, steps: 0, depth: 0, exhausted: false };
    let outcome = checker.check("", Part::Settings(settings), "");
    match outcome {
        _ if checker.exhausted => {
            let message = "cannot be checked: the plugin's schema asks for too much";
            vec![Fault { path: String::new(), message: message.to_owned() }]
        }
        Outcome::Fails(faults) => faults,
        Outcome::Holds | Outcome::Open => Vec::new(),
    }
}

/// What a keyword looks at.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Settings(&'a Settings<'a>),
    Json(&'a Json),
    /// The value of a property, not known yet.
    Property(&'a PropertyType),
    /// The key of an entry.
    Name(&'a str),
}

impl<'a> From<&Setting<'a>> for Part<'a> {
    fn from(setting: &Setting<'a>) -> Self {
        match *setting {
            Setting::Json(json) => Self::Json(json),
            Setting::Property(of) => Self::Property(of),
        }
    }
}

pub(super) enum Outcome {
    Holds,
    /// It depends on values that are not known yet.
    Open,
    Fails(Vec<Fault>),
}

impl Outcome {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Fails(mut faults), Self::Fails(more)) => {
                faults.extend(more);
                Self::Fails(faults)
            }
            (Self::Fails(faults), _) | (_, Self::Fails(faults)) => Self::Fails(faults),
            (Self::Open, _) | (_, Self::Open) => Self::Open,
            (Self::Holds, Self::Holds) => Self::Holds,
        }
    }

    pub(super) fn when(holds: bool, path: &str, message: impl FnOnce() -> String) -> Self {
        if holds { Self::Holds } else { Self::fails(path, message()) }
    }

    pub(super) fn fails(path: &str, message: String) -> Self {
        Self::Fails(vec![Fault { path: path.to_owned(), message }])
    }
}

struct Checker<'s> {
    schema: &'s Schema,
    steps: u32,
    depth: u32,
    exhausted: bool,
}

impl<'s> Checker<'s> {
    fn check(&mut self, place: &str, part: Part<'_>, path: &str) -> Outcome {
        let schema: &'s Schema = self.schema;
        let keywords = schema.places.get(place).map(Vec::as_slice).unwrap_or_default();
        let mut outcome = Outcome::Holds;
        for keyword in keywords {
            self.steps += 1;
            if self.steps > MAX_STEPS || self.depth >= MAX_DEPTH {
                self.exhausted = true;
            }
            if self.exhausted {
                return Outcome::Open;
            }
            self.depth += 1;
            outcome = outcome.and(self.keyword(keyword, part, path));
            self.depth -= 1;
        }
        outcome
    }

    fn keyword(&mut self, keyword: &Keyword, part: Part<'_>, path: &str) -> Outcome {
        match keyword {
            Keyword::Never => Outcome::fails(path, "is not allowed here".to_owned()),
            Keyword::Type(kinds) => of_kind(kinds, part, path),
            Keyword::Ref(place) => self.check(place, part, path),
            Keyword::Items { first, rest } => self.items(first, rest.as_deref(), part, path),
            Keyword::Entries(entries) => self.entries(entries, part, path),
            Keyword::Names(place) => self.names(place, part, path),
            Keyword::Required(names) => required(names, part, path, ""),
            Keyword::DependentRequired(map) => dependent(map, part, path),
            Keyword::All(places) => self.all(places, part, path),
            Keyword::Any(places) => self.any(places, part, path),
            Keyword::One(places) => self.one(places, part, path),
            Keyword::Not(place) => match self.check(place, part, path) {
                Outcome::Holds => Outcome::fails(path, self.excluded(place)),
                Outcome::Open => Outcome::Open,
                Outcome::Fails(_) => Outcome::Holds,
            },
            Keyword::If { this, then, otherwise } => {
                let next = match self.check(this, part, path) {
                    Outcome::Holds => then,
                    Outcome::Fails(_) => otherwise,
                    Outcome::Open => return Outcome::Open,
                };
                next.as_ref().map_or(Outcome::Holds, |place| self.check(place, part, path))
            }
            Keyword::Value(of) => of_value(of, part, path),
        }
    }

    fn items(
        &mut self,
        first: &[String],
        rest: Option<&str>,
        part: Part<'_>,
        path: &str,
    ) -> Outcome {
        let items = match part {
            Part::Json(Json::Array(items)) => items,
            Part::Property(PropertyType::List(_)) => return Outcome::Open,
            Part::Json(_) | Part::Property(_) | Part::Settings(_) | Part::Name(_) => {
                return Outcome::Holds;
            }
        };
        let places = first.iter().map(|place| Some(place.as_str())).chain(std::iter::repeat(rest));
        let mut outcome = Outcome::Holds;
        for (index, (item, place)) in items.iter().zip(places).enumerate() {
            let Some(place) = place else { break };
            let path = format!("{path}[{index}]");
            outcome = outcome.and(self.check(place, Part::Json(item), &path));
        }
        outcome
    }

    fn entries(&mut self, entries: &Entries, part: Part<'_>, path: &str) -> Outcome {
        let mut outcome = Outcome::Holds;
        for (key, value) in entries_of(part) {
            let path = at_key(path, key);
            let mut places: Vec<&str> = Vec::new();
            places.extend(entries.known.get(key).map(String::as_str));
            let fits = entries.patterns.iter().filter(|(pattern, _)| pattern.is_match(key));
            places.extend(fits.map(|(_, place)| place.as_str()));
            if places.is_empty() {
                let Some(place) = &entries.others else { continue };
                if self.is_never(place) {
                    let known = entries.known.keys().map(String::as_str);
                    let message = unknown_name("setting", &shortened(key), known);
                    outcome = outcome.and(Outcome::fails(&path, message));
                    continue;
                }
                places.push(place);
            }
            for place in places {
                outcome = outcome.and(self.check(place, value, &path));
            }
        }
        outcome
    }

    fn names(&mut self, place: &str, part: Part<'_>, path: &str) -> Outcome {
        let mut outcome = Outcome::Holds;
        for (key, _) in entries_of(part) {
            outcome = outcome.and(self.check(place, Part::Name(key), &at_key(path, key)));
        }
        outcome
    }

    fn all(&mut self, places: &[String], part: Part<'_>, path: &str) -> Outcome {
        let check = |outcome: Outcome, place: &String| outcome.and(self.check(place, part, path));
        places.iter().fold(Outcome::Holds, check)
    }

    fn any(&mut self, places: &[String], part: Part<'_>, path: &str) -> Outcome {
        let (mut why, mut open) = (Vec::new(), false);
        for place in places {
            match self.check(place, part, path) {
                Outcome::Holds => return Outcome::Holds,
                Outcome::Open => open = true,
                Outcome::Fails(faults) => why.push(faults),
            }
        }
        if open { Outcome::Open } else { none_of(why, path) }
    }

    fn one(&mut self, places: &[String], part: Part<'_>, path: &str) -> Outcome {
        let (mut why, mut open, mut held) = (Vec::new(), false, 0_usize);
        for place in places {
            match self.check(place, part, path) {
                Outcome::Holds => held += 1,
                Outcome::Open => open = true,
                Outcome::Fails(faults) => why.push(faults),
            }
        }
        match (held, open) {
            (2.., _) => {
                let message = format!("fits {held} of the forms that exclude each other");
                Outcome::fails(path, message)
            }
            (_, true) => Outcome::Open,
            (1, false) => Outcome::Holds,
            (0, false) => none_of(why, path),
        }
    }

    fn is_never(&self, place: &str) -> bool {
        let keywords = self.schema.places.get(place).map(Vec::as_slice);
        matches!(keywords, Some([Keyword::Never]))
    }

    /// What `not` says: usually that some settings do not go with others.
    fn excluded(&self, place: &str) -> String {
        let mut names = BTreeSet::new();
        self.required_by(place, &mut names);
        if names.is_empty() {
            return "is what the plugin excludes".to_owned();
        }
        let names: Vec<String> = names.into_iter().map(|n| format!("`{}`", shortened(n))).collect();
        format!("must be without {}", names.join(" and "))
    }

    /// The names that a place, or one of its alternatives, requires.
    fn required_by(&self, place: &str, into: &mut BTreeSet<&'s str>) {
        let schema: &'s Schema = self.schema;
        let keywords = |place: &str| schema.places.get(place).into_iter().flatten();
        for keyword in keywords(place) {
            match keyword {
                Keyword::Required(names) => into.extend(names.iter().map(String::as_str)),
                Keyword::Any(places) => {
                    for keyword in places.iter().flat_map(|place| keywords(place)) {
                        if let Keyword::Required(names) = keyword {
                            into.extend(names.iter().map(String::as_str));
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// The faults of several alternatives, as one.
fn none_of(why: Vec<Vec<Fault>>, path: &str) -> Outcome {
    if why.len() == 1 {
        return Outcome::Fails(why.into_iter().flatten().collect());
    }
    let told = |faults: &Vec<Fault>| {
        let fault = faults.first()?;
        let place = fault.path.strip_prefix(path).unwrap_or(&fault.path).trim_start_matches('.');
        Some(match place {
            "" => fault.message.clone(),
            place => format!("`{place}` {}", fault.message),
        })
    };
    let mut reasons: Vec<String> = why.iter().filter_map(told).take(MAX_TOLD).collect();
    reasons.dedup();
    Outcome::fails(path, format!("fits none of the forms there are: {}", reasons.join("; or ")))
}

fn entries_of(part: Part<'_>) -> Vec<(&str, Part<'_>)> {
    match part {
        Part::Settings(settings) => {
            settings.iter().map(|(key, setting)| (*key, Part::from(setting))).collect()
        }
        Part::Json(Json::Object(map)) => {
            map.iter().map(|(key, json)| (key.as_str(), Part::Json(json))).collect()
        }
        Part::Json(_) | Part::Property(_) | Part::Name(_) => Vec::new(),
    }
}

fn has(part: Part<'_>, name: &str) -> Option<bool> {
    match part {
        Part::Settings(settings) => Some(settings.contains_key(name)),
        Part::Json(Json::Object(map)) => Some(map.contains_key(name)),
        Part::Json(_) | Part::Property(_) | Part::Name(_) => None,
    }
}

fn required(names: &[String], part: Part<'_>, path: &str, why: &str) -> Outcome {
    let missing = names.iter().filter(|name| has(part, name) == Some(false));
    let fault = |name: &String| Fault {
        path: path.to_owned(),
        message: format!("`{}` is missing{why}", shortened(name)),
    };
    let faults: Vec<Fault> = missing.map(fault).collect();
    if faults.is_empty() { Outcome::Holds } else { Outcome::Fails(faults) }
}

fn dependent(map: &BTreeMap<String, Vec<String>>, part: Part<'_>, path: &str) -> Outcome {
    let asked = map.iter().filter(|(key, _)| has(part, key) == Some(true));
    asked.fold(Outcome::Holds, |outcome, (key, names)| {
        let why = format!(", which goes with `{}`", shortened(key));
        outcome.and(required(names, part, path, &why))
    })
}
