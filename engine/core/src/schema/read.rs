//! Reading a schema: every keyword known, every shape right, every reference leading somewhere.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use super::{
    Counted, Entries, KEYWORDS, Keyword, Kind, NOTES, OfNumber, OfText, OfValue, Place, Schema,
};
use crate::rule::unknown_name;

/// The most patterns of a schema.
const MAX_PATTERNS: usize = 64;
/// The size of a compiled pattern, in bytes.
const MAX_PATTERN: usize = 64 * 1024;

type Object = Map<String, Json>;
type Read<T> = Result<T, String>;

pub(super) fn read(json: &Object) -> Read<Schema> {
    let mut reader = Reader { places: BTreeMap::new(), patterns: 0 };
    reader.schema("", json)?;
    reader.check_references()?;
    Ok(Schema { places: reader.places })
}

struct Reader {
    places: BTreeMap<Place, Vec<Keyword>>,
    patterns: usize,
}

impl Reader {
    /// Reads what stands at a place, which must be a schema; answers the place.
    fn sub(&mut self, at: &str, json: &Json) -> Read<Place> {
        match json {
            Json::Object(object) => self.schema(at, object)?,
            Json::Bool(true) => drop(self.places.insert(at.to_owned(), Vec::new())),
            Json::Bool(false) => drop(self.places.insert(at.to_owned(), vec![Keyword::Never])),
            Json::Null | Json::Number(_) | Json::String(_) | Json::Array(_) => {
                return Err(wrong(at, "a schema"));
            }
        }
        Ok(at.to_owned())
    }

    fn subs(&mut self, at: &str, json: &Json) -> Read<Vec<Place>> {
        let list = json.as_array().filter(|list| !list.is_empty());
        let list = list.ok_or_else(|| wrong(at, "a list of schemas"))?;
        list.iter().enumerate().map(|(i, json)| self.sub(&format!("{at}/{i}"), json)).collect()
    }

    fn named(&mut self, at: &str, json: &Json) -> Read<BTreeMap<String, Place>> {
        let map = json.as_object().ok_or_else(|| wrong(at, "a map of schemas"))?;
        let one = |(key, json): (&String, &Json)| {
            Ok((key.clone(), self.sub(&format!("{at}/{}", escaped(key)), json)?))
        };
        map.iter().map(one).collect()
    }

    fn schema(&mut self, at: &str, object: &Object) -> Read<()> {
        let mut keywords = Vec::new();
        // First what is missing: of several faults it is the one that helps.
        if let Some(names) = object.get("required") {
            keywords.push(Keyword::Required(texts(&format!("{at}/required"), names)?));
        }
        let sorted: BTreeMap<&String, &Json> = object.iter().collect();
        for (key, value) in sorted {
            let place = format!("{at}/{}", escaped(key));
            keywords.extend(self.keyword(at, &place, key, value)?);
        }
        keywords.extend(self.numbers(at, object)?);
        keywords.extend(self.counts(at, object)?);
        keywords.extend(self.items(at, object)?);
        keywords.extend(self.entries(at, object)?);
        keywords.extend(self.branches(at, object)?);
        self.places.insert(at.to_owned(), keywords);
        Ok(())
    }

    /// The keywords that stand for themselves; those that work together are read by the others.
    fn keyword(&mut self, at: &str, place: &str, key: &str, value: &Json) -> Read<Option<Keyword>> {
        Ok(Some(match key {
            "$ref" => Keyword::Ref(reference(place, value)?),
            "type" => Keyword::Type(kinds(place, value)?),
            "enum" => Keyword::Value(OfValue::Among(list(place, value)?.clone())),
            "const" => Keyword::Value(OfValue::Among(vec![value.clone()])),
            "multipleOf" => match decimal(value) {
                Some(step) if step > Decimal::ZERO => of_number(OfNumber::MultipleOf(step)),
                Some(_) | None => return Err(wrong(place, "a number above 0")),
            },
            "pattern" => of_text(OfText::Like(self.pattern(place, value.as_str())?)),
            "format" => return format(place, value),
            "uniqueItems" => match value {
                Json::Bool(true) => Keyword::Value(OfValue::Unique),
                Json::Bool(false) => return Ok(None),
                _ => return Err(wrong(place, "`true` or `false`")),
            },
            "propertyNames" => Keyword::Names(self.sub(place, value)?),
            "dependentRequired" => Keyword::DependentRequired(dependent(place, value)?),
            "allOf" => Keyword::All(self.subs(place, value)?),
            "anyOf" => Keyword::Any(self.subs(place, value)?),
            "oneOf" => Keyword::One(self.subs(place, value)?),
            "not" => Keyword::Not(self.sub(place, value)?),
            "$defs" => return self.named(place, value).map(|_| None),
            "$id" if at.is_empty() => return Ok(None),
            other => return known(at, other).map(|()| None),
        }))
    }

    fn numbers(&self, at: &str, object: &Object) -> Read<Vec<Keyword>> {
        let bound = |key: &str| match object.get(key) {
            None => Ok(None),
            Some(value) => match decimal(value) {
                Some(bound) => Ok(Some(bound)),
                None => Err(wrong(&format!("{at}/{key}"), "a number of at most 28 digits")),
            },
        };
        let least = |(bound, exclusive)| of_number(OfNumber::Least { bound, exclusive });
        let most = |(bound, exclusive)| of_number(OfNumber::Most { bound, exclusive });
        let mut found = Vec::new();
        found.extend(bound("minimum")?.map(|b| least((b, false))));
        found.extend(bound("exclusiveMinimum")?.map(|b| least((b, true))));
        found.extend(bound("maximum")?.map(|b| most((b, false))));
        found.extend(bound("exclusiveMaximum")?.map(|b| most((b, true))));
        Ok(found)
    }

    fn counts(&self, at: &str, object: &Object) -> Read<Vec<Keyword>> {
        let mut found = Vec::new();
        for (of, least, most) in [
            (Counted::Characters, "minLength", "maxLength"),
            (Counted::Items, "minItems", "maxItems"),
            (Counted::Entries, "minProperties", "maxProperties"),
        ] {
            let bound = |key: &str| match object.get(key) {
                None => Ok(None),
                Some(value) => value.as_u64().map(Some).ok_or_else(|| {
                    wrong(&format!("{at}/{key}"), "a whole number that is not negative")
                }),
            };
            let (least, most) = (bound(least)?, bound(most)?);
            if least.is_some() || most.is_some() {
                let (least, most) = (least.unwrap_or(0), most.unwrap_or(u64::MAX));
                found.push(Keyword::Value(OfValue::Count { of, least, most }));
            }
        }
        Ok(found)
    }

    fn items(&mut self, at: &str, object: &Object) -> Read<Option<Keyword>> {
        let first = match object.get("prefixItems") {
            Some(json) => self.subs(&format!("{at}/prefixItems"), json)?,
            None => Vec::new(),
        };
        let rest = object.get("items").map(|json| self.sub(&format!("{at}/items"), json));
        let rest = rest.transpose()?;
        Ok((rest.is_some() || !first.is_empty()).then_some(Keyword::Items { first, rest }))
    }

    fn entries(&mut self, at: &str, object: &Object) -> Read<Option<Keyword>> {
        let mut entries = Entries::default();
        let place = |key: &str| format!("{at}/{key}");
        if let Some(json) = object.get("properties") {
            entries.known = self.named(&place("properties"), json)?;
        }
        if let Some(json) = object.get("patternProperties") {
            let at = place("patternProperties");
            for (pattern, sub) in self.named(&at, json)? {
                entries.patterns.push((self.pattern(&at, Some(&pattern))?, sub));
            }
        }
        if let Some(json) = object.get("additionalProperties") {
            entries.others = Some(self.sub(&place("additionalProperties"), json)?);
        }
        let any = !entries.known.is_empty() || !entries.patterns.is_empty();
        Ok((any || entries.others.is_some()).then_some(Keyword::Entries(entries)))
    }

    fn branches(&mut self, at: &str, object: &Object) -> Read<Option<Keyword>> {
        let mut branch = |key: &str| {
            let json = object.get(key);
            json.map(|json| self.sub(&format!("{at}/{key}"), json)).transpose()
        };
        let (this, then, otherwise) = (branch("if")?, branch("then")?, branch("else")?);
        match this {
            Some(this) => Ok(Some(Keyword::If { this, then, otherwise })),
            None if then.is_some() || otherwise.is_some() => {
                Err(wrong(at, "`then` and `else` only beside `if`"))
            }
            None => Ok(None),
        }
    }

    fn pattern(&mut self, at: &str, text: Option<&str>) -> Read<Regex> {
        let text = text.ok_or_else(|| wrong(at, "a regular expression"))?;
        self.patterns += 1;
        if self.patterns > MAX_PATTERNS {
            return Err(wrong(at, &format!("at most {MAX_PATTERNS} patterns in all")));
        }
        let built = RegexBuilder::new(text).size_limit(MAX_PATTERN).build();
        built.map_err(|_| wrong(at, "a regular expression of linear time, not too large"))
    }

    fn check_references(&self) -> Read<()> {
        for keywords in self.places.values() {
            for keyword in keywords {
                if let Keyword::Ref(to) = keyword
                    && !self.places.contains_key(to)
                {
                    return Err(format!("`$ref` to `#{}`, where no schema is", shortened(to)));
                }
            }
        }
        Ok(())
    }
}

fn of_number(of: OfNumber) -> Keyword {
    Keyword::Value(OfValue::Number(of))
}

fn of_text(of: OfText) -> Keyword {
    Keyword::Value(OfValue::Text(of))
}

/// Whether a keyword is read elsewhere, or is for people.
fn known(at: &str, key: &str) -> Read<()> {
    if KEYWORDS.contains(&key) || NOTES.contains(&key) || key.starts_with("x-") {
        return Ok(());
    }
    let all = KEYWORDS.iter().chain(&NOTES).copied();
    Err(format!("at `#{at}`: {}", unknown_name("keyword", &shortened(key), all)))
}

/// Only within the document: a schema from outside leads nowhere else.
fn reference(at: &str, value: &Json) -> Read<Place> {
    let inside = value.as_str().and_then(|text| text.strip_prefix('#'));
    let inside = inside.filter(|place| place.is_empty() || place.starts_with('/'));
    let inside = inside.ok_or_else(|| wrong(at, "a place in the same schema, such as `#/$defs/a`"));
    inside.map(ToOwned::to_owned)
}

fn kinds(at: &str, value: &Json) -> Read<Vec<Kind>> {
    let words = match value {
        Json::String(word) => vec![word.clone()],
        other => texts(at, other)?,
    };
    let kind = |word: &String| {
        Ok(match word.as_str() {
            "null" => Kind::Null,
            "boolean" => Kind::Boolean,
            "integer" => Kind::Integer,
            "number" => Kind::Number,
            "string" => Kind::String,
            "array" => Kind::Array,
            "object" => Kind::Object,
            _ => return Err(wrong(at, "a type, such as `string`")),
        })
    };
    words.iter().map(kind).collect()
}

fn format(at: &str, value: &Json) -> Read<Option<Keyword>> {
    match value.as_str() {
        Some("date") => Ok(Some(of_text(OfText::Date))),
        Some("date-time") => Ok(Some(of_text(OfText::DateTime))),
        Some(_) => Ok(None),
        None => Err(wrong(at, "the name of a format")),
    }
}

fn list<'a>(at: &str, value: &'a Json) -> Read<&'a Vec<Json>> {
    value.as_array().filter(|list| !list.is_empty()).ok_or_else(|| wrong(at, "a list"))
}

fn texts(at: &str, value: &Json) -> Read<Vec<String>> {
    let list = value.as_array().ok_or_else(|| wrong(at, "a list of texts"))?;
    let text = |json: &Json| json.as_str().map(ToOwned::to_owned);
    let texts: Option<Vec<String>> = list.iter().map(text).collect();
    texts.ok_or_else(|| wrong(at, "a list of texts"))
}

fn dependent(at: &str, value: &Json) -> Read<BTreeMap<String, Vec<String>>> {
    let map = value.as_object().ok_or_else(|| wrong(at, "a map of lists"))?;
    map.iter().map(|(key, names)| Ok((key.clone(), texts(at, names)?))).collect()
}

/// A number of JSON as it is written; none where it has more digits than a decimal.
pub(super) fn decimal(value: &Json) -> Option<Decimal> {
    let Json::Number(number) = value else { return None };
    let text = number.to_string();
    text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(&text)).ok()
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn wrong(at: &str, expected: &str) -> String {
    format!("at `#{}`: expected {expected}", shortened(at))
}

/// Names in a schema are as long as its author likes.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 80;
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let mut short: String = text.chars().take(MOST).map(clean).collect();
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    short
}
