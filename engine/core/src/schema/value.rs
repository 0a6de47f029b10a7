//! Checking one value: its type, its size, what it is among.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate};
use serde_json::Value as Json;

use super::{
    Counted, Kind, OfNumber, OfText, OfValue,
    check::{Outcome, Part},
    read::{decimal, shortened},
};
use crate::value::PropertyType;

/// The most values that a message lists.
const MAX_LISTED: usize = 12;

pub(super) fn of_kind(kinds: &[Kind], part: Part<'_>, path: &str) -> Outcome {
    let (kind, found) = match part {
        Part::Settings(_) => (Kind::Object, "a map".to_owned()),
        Part::Name(name) => (Kind::String, format!("`{}`", shortened(name))),
        Part::Json(json) => (kind_of(json), shown(json)),
        Part::Property(of) => (kind_of_property(of), format!("a property of type {of}")),
    };
    let fits = kinds.contains(&kind) || (kind == Kind::Integer && kinds.contains(&Kind::Number));
    Outcome::when(fits, path, || {
        let wanted: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
        format!("expected {}, found {found}", wanted.join(" or "))
    })
}

/// Keywords that need the value itself.
pub(super) fn of_value(of: &OfValue, part: Part<'_>, path: &str) -> Outcome {
    match part {
        Part::Json(json) => of_json(of, json, path),
        Part::Name(name) => of_json(of, &Json::from(name), path),
        Part::Property(_) => Outcome::Open,
        Part::Settings(settings) => match of {
            OfValue::Count { of: Counted::Entries, least, most } => {
                counted(settings.len(), *least, *most, Counted::Entries, path)
            }
            _ => Outcome::Holds,
        },
    }
}

fn of_json(of: &OfValue, json: &Json, path: &str) -> Outcome {
    match of {
        OfValue::Among(values) => {
            let is_one = values.iter().any(|value| equal(value, json));
            let message = || format!("expected {}, found {}", any_of(values), shown(json));
            Outcome::when(is_one, path, message)
        }
        OfValue::Number(of) if json.is_number() => of_number(of, json, path),
        OfValue::Text(of) => match json {
            Json::String(text) => of_text(of, text, path),
            _ => Outcome::Holds,
        },
        OfValue::Unique => unique(json, path),
        OfValue::Count { of, least, most } => match (of, json) {
            (Counted::Characters, Json::String(text)) => {
                counted(text.chars().count(), *least, *most, *of, path)
            }
            (Counted::Items, Json::Array(items)) => counted(items.len(), *least, *most, *of, path),
            (Counted::Entries, Json::Object(map)) => counted(map.len(), *least, *most, *of, path),
            (Counted::Characters | Counted::Items | Counted::Entries, _) => Outcome::Holds,
        },
        OfValue::Number(_) => Outcome::Holds,
    }
}

fn of_number(of: &OfNumber, json: &Json, path: &str) -> Outcome {
    let Some(n) = decimal(json) else {
        return Outcome::fails(path, "expected a number of at most 28 digits".to_owned());
    };
    let (fits, wanted) = match of {
        OfNumber::Least { bound, exclusive: false } => {
            (n >= *bound, format!("a number of at least {bound}"))
        }
        OfNumber::Least { bound, exclusive: true } => {
            (n > *bound, format!("a number above {bound}"))
        }
        OfNumber::Most { bound, exclusive: false } => {
            (n <= *bound, format!("a number of at most {bound}"))
        }
        OfNumber::Most { bound, exclusive: true } => {
            (n < *bound, format!("a number below {bound}"))
        }
        OfNumber::MultipleOf(step) => {
            let rest = n.checked_rem(*step);
            (rest.is_some_and(|rest| rest.is_zero()), format!("a multiple of {step}"))
        }
    };
    Outcome::when(fits, path, || format!("expected {wanted}, found `{json}`"))
}

fn of_text(of: &OfText, text: &str, path: &str) -> Outcome {
    let (fits, wanted) = match of {
        OfText::Like(pattern) => {
            (pattern.is_match(text), format!("a text like `{}`", shortened(pattern.as_str())))
        }
        OfText::Date => {
            let fits = NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok();
            (fits, "a day such as `2026-03-02`".to_owned())
        }
        OfText::DateTime => {
            (DateTime::parse_from_rfc3339(text).is_ok(), "a time in RFC 3339".to_owned())
        }
    };
    Outcome::when(fits, path, || format!("expected {wanted}, found `{}`", shortened(text)))
}

fn unique(json: &Json, path: &str) -> Outcome {
    let Json::Array(items) = json else { return Outcome::Holds };
    let mut seen = BTreeSet::new();
    let again = items.iter().find(|item| !seen.insert(item.to_string()));
    Outcome::when(again.is_none(), path, || {
        format!("{} stands twice", again.map(shown).unwrap_or_default())
    })
}

fn counted(found: usize, least: u64, most: u64, of: Counted, path: &str) -> Outcome {
    let one = if most == u64::MAX { least == 1 } else { (least, most) == (1, 1) };
    let what = match (of, one) {
        (Counted::Characters, true) => "character",
        (Counted::Characters, false) => "characters",
        (Counted::Items, true) => "element",
        (Counted::Items, false) => "elements",
        (Counted::Entries, true) => "entry",
        (Counted::Entries, false) => "entries",
    };
    Outcome::when((least..=most).contains(&(found as u64)), path, || match most {
        u64::MAX => format!("expected at least {least} {what}, found {found}"),
        most => format!("expected {least} to {most} {what}, found {found}"),
    })
}

fn equal(a: &Json, b: &Json) -> bool {
    match (decimal(a), decimal(b)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => a == b,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn any_of(values: &[Json]) -> String {
    let mut words: Vec<String> = values.iter().take(MAX_LISTED).map(shown).collect();
    if values.len() > MAX_LISTED {
        words.push("…".to_owned());
    }
    match words.as_slice() {
        [one] => one.clone(),
        several => format!("one of {}", several.join(", ")),
    }
}

fn kind_of(json: &Json) -> Kind {
    match json {
        Json::Null => Kind::Null,
        Json::Bool(_) => Kind::Boolean,
        Json::Number(_) if decimal(json).is_some_and(|n| n.is_integer()) => Kind::Integer,
        Json::Number(_) => Kind::Number,
        Json::String(_) => Kind::String,
        Json::Array(_) => Kind::Array,
        Json::Object(_) => Kind::Object,
    }
}

/// What a property's value is, once the plugin gets it: exact amounts and the like are text.
fn kind_of_property(of: &PropertyType) -> Kind {
    match of {
        PropertyType::Number => Kind::Integer,
        PropertyType::Boolean => Kind::Boolean,
        PropertyType::List(_) => Kind::Array,
        PropertyType::Text
        | PropertyType::Decimal
        | PropertyType::Money
        | PropertyType::Date
        | PropertyType::Timestamp
        | PropertyType::Duration
        | PropertyType::Choice
        | PropertyType::User
        | PropertyType::Group
        | PropertyType::Node
        | PropertyType::Resource
        | PropertyType::Attachment => Kind::String,
    }
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Boolean => "`true` or `false`",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::String => "a text",
            Self::Array => "a list",
            Self::Object => "a map",
        }
    }
}

fn shown(json: &Json) -> String {
    match json {
        Json::Null => "nothing".to_owned(),
        Json::String(text) => format!("`{}`", shortened(text)),
        Json::Bool(_) | Json::Number(_) => format!("`{json}`"),
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "a map".to_owned(),
    }
}
