//! Literals of documents, read by the type they must have.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value as Json;

use super::Names;
use crate::{
    ids::{GroupId, Login, NodeId, ResourceId},
    money::{Money, parse_decimal},
    rejection::Lost,
    value::{MAX_NUMBER, PropertyType, Value},
};

/// The longest text value, in bytes.
pub(crate) const MAX_TEXT: usize = 64 * 1024;
/// The longest list value.
pub(crate) const MAX_LIST: usize = 1_000;

/// Reads a literal of type `of`; people, groups, nodes and resources must exist.
///
/// # Errors
/// What was expected and what was found, as a sentence.
pub fn read_literal(of: &PropertyType, json: &Json, names: &Names<'_>) -> Result<Value, String> {
    if let PropertyType::List(element) = of {
        let Json::Array(items) = json else { return Err(unexpected(of, json)) };
        if items.len() > MAX_LIST {
            return Err(format!("a list of {} values: expected at most {MAX_LIST}", items.len()));
        }
        let values = items.iter().map(|item| read_literal(element, item, names));
        return Ok(Value::List(values.collect::<Result<_, _>>()?));
    }
    match (of, json) {
        (PropertyType::Number, Json::Number(number)) => match number.as_i64() {
            Some(n) if n.abs() <= MAX_NUMBER => Ok(Value::Number(n)),
            _ => Err(format!("`{number}` is not a whole number of at most ±{MAX_NUMBER}")),
        },
        (PropertyType::Decimal, Json::Number(number)) if number.is_i64() => {
            parse_decimal(&number.to_string()).map(Value::Decimal).map_err(|bad| bad.to_string())
        }
        (PropertyType::Boolean, Json::Bool(value)) => Ok(Value::Boolean(*value)),
        (_, Json::String(text)) => from_text(of, text, names),
        _ => Err(unexpected(of, json)),
    }
}

fn from_text(of: &PropertyType, text: &str, names: &Names<'_>) -> Result<Value, String> {
    if text.len() > MAX_TEXT {
        return Err(format!("a text of {} bytes: expected at most {MAX_TEXT}", text.len()));
    }
    let shown: String = text.chars().take(80).collect();
    match of {
        PropertyType::Text => Ok(Value::Text(text.to_owned())),
        PropertyType::Choice => Ok(Value::Choice(text.to_owned())),
        PropertyType::Money => {
            let money = text.parse::<Money>().map_err(|bad| bad.to_string())?;
            if names.has_currency(money.currency) {
                Ok(Value::Money(money))
            } else {
                let currency = money.currency;
                Err(format!("`{currency}` is not a currency of ISO 4217 or of the rate table"))
            }
        }
        PropertyType::Decimal => {
            parse_decimal(text).map(Value::Decimal).map_err(|bad| bad.to_string())
        }
        PropertyType::Date => text
            .parse::<NaiveDate>()
            .map(Value::Date)
            .map_err(|_| format!("`{shown}` is not a date: expected a day such as `2026-03-02`")),
        PropertyType::Timestamp => DateTime::parse_from_rfc3339(text)
            .map(|t| Value::Timestamp(t.with_timezone(&Utc)))
            .map_err(|_| {
                format!("`{shown}` is not a time: expected RFC 3339 such as `2026-03-02T09:00:00Z`")
            }),
        PropertyType::Duration => text.parse().map(Value::Duration),
        PropertyType::User => Login::parse(text)
            .ok()
            .and_then(|login| names.user(&login))
            .map(Value::User)
            .ok_or_else(|| names.unknown_user(&shown)),
        PropertyType::Group => GroupId::parse(text)
            .ok()
            .filter(|id| names.has_group(id))
            .map(Value::Group)
            .ok_or_else(|| names.unknown_group(&shown)),
        PropertyType::Node => NodeId::parse(text)
            .ok()
            .filter(|id| names.has_node(id))
            .map(Value::Node)
            .ok_or_else(|| names.unknown_node(&shown)),
        PropertyType::Resource => ResourceId::parse(text)
            .ok()
            .filter(|id| names.has_resource(id))
            .map(Value::Resource)
            .ok_or_else(|| names.unknown_resource(&shown)),
        PropertyType::Attachment => {
            let is_hash = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
            if is_hash {
                Ok(Value::Attachment(text.to_ascii_lowercase()))
            } else {
                Err(format!("`{shown}` is not an attachment: expected the SHA-256 of its content"))
            }
        }
        PropertyType::Number | PropertyType::Boolean | PropertyType::List(_) => {
            Err(unexpected(of, &Json::String(shown)))
        }
    }
}

/// The literal that reads back as this value: people by their login of today.
///
/// # Errors
/// Where a person is not in the directory any more.
pub(crate) fn write_literal(value: &Value, names: &Names<'_>) -> Result<Json, Lost> {
    Ok(match value {
        Value::Number(number) => (*number).into(),
        Value::Boolean(boolean) => (*boolean).into(),
        Value::User(id) => match names.directory().user(id) {
            Some(user) => user.login.as_str().into(),
            None => return Err(Lost::NotThere { value: value.clone() }),
        },
        Value::List(values) => {
            let written = values.iter().map(|value| write_literal(value, names));
            Json::Array(written.collect::<Result<_, _>>()?)
        }
        Value::Text(_)
        | Value::Decimal(_)
        | Value::Money(_)
        | Value::Date(_)
        | Value::Timestamp(_)
        | Value::Duration(_)
        | Value::Choice(_)
        | Value::Group(_)
        | Value::Node(_)
        | Value::Resource(_)
        | Value::Attachment(_) => value.to_string().into(),
    })
}

/// Reads a value whose type nobody declared: what it looks like decides.
///
/// # Errors
/// A sentence, for values of no type: fractions without quotes, objects, `null`.
pub fn infer_literal(json: &Json, names: &Names<'_>) -> Result<Value, String> {
    let like = match json {
        Json::Bool(_) => PropertyType::Boolean,
        Json::Number(_) => PropertyType::Number,
        Json::String(text) => looks_like(text, names),
        Json::Array(items) => {
            let values = items.iter().map(|item| infer_literal(item, names));
            return Ok(Value::List(values.collect::<Result<_, _>>()?));
        }
        Json::Null | Json::Object(_) => PropertyType::Text,
    };
    read_literal(&like, json, names)
}

fn looks_like(text: &str, names: &Names<'_>) -> PropertyType {
    let is = |of: &PropertyType| from_text(of, text, names).is_ok();
    [PropertyType::Money, PropertyType::Date, PropertyType::Timestamp, PropertyType::User]
        .into_iter()
        .find(|of| is(of))
        .unwrap_or(PropertyType::Text)
}

fn unexpected(of: &PropertyType, json: &Json) -> String {
    let example = match of {
        PropertyType::Text | PropertyType::Choice => "a text",
        PropertyType::Number => "a whole number such as `12`",
        PropertyType::Decimal => "a decimal in quotes such as `\"12.5\"`",
        PropertyType::Money => "an amount and a currency such as `12500.00 EUR`",
        PropertyType::Boolean => "`true` or `false`",
        PropertyType::Date => "a day such as `2026-03-02`",
        PropertyType::Timestamp => "a time such as `2026-03-02T09:00:00Z`",
        PropertyType::Duration => "a duration such as `90m`, `3d` or `5bd`",
        PropertyType::User => "a login",
        PropertyType::Group => "a group's id",
        PropertyType::Node => "a node's id",
        PropertyType::Resource => "a resource's id",
        PropertyType::Attachment => "the SHA-256 of an attachment",
        PropertyType::List(_) => "a list",
    };
    let found: String = json.to_string().chars().take(80).collect();
    format!("expected {example}, found `{found}`")
}

/// `unknown group `fnance`; did you mean `finance`?`
pub fn unknown<'a>(kind: &str, found: &str, known: impl Iterator<Item = &'a str>) -> String {
    match nearest(found, known) {
        Some(name) => format!("unknown {kind} `{found}`; did you mean `{name}`?"),
        None => format!("unknown {kind} `{found}`"),
    }
}

/// The known name that a typing mistake most likely meant: at most a third of it differs.
fn nearest<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (distance(found, name), name))
        .filter(|(distance, name)| *distance <= name.len().max(3) / 3)
        .min()
        .map(|(_, name)| name)
}

/// Edits between two short texts (Levenshtein, by characters).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (above, y) in row.iter().skip(1).zip(&b) {
            left = (diagonal + usize::from(x != *y)).min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_mistake_names_what_was_meant() {
        let known = ["finance", "legal", "board"];
        assert_eq!(
            unknown("group", "fnance", known.into_iter()),
            "unknown group `fnance`; did you mean `finance`?"
        );
        assert_eq!(unknown("group", "zzz", known.into_iter()), "unknown group `zzz`");
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn a_wrong_literal_says_what_was_expected() {
        let read = |of: &str, json: Json| {
            let directory = crate::directory::Directory::default();
            read_literal(&of.parse().unwrap(), &json, &Names::of_directory(&directory))
        };
        assert_eq!(
            read("money", 5.into()),
            Err("expected an amount and a currency such as `12500.00 EUR`, found `5`".into())
        );
        assert_eq!(
            read("number", "5".into()),
            Err("expected a whole number such as `12`, found `\"5\"`".into())
        );
        assert!(read("number", Json::from(9_007_199_254_740_992_i64)).is_err());
        assert_eq!(read("decimal", Json::from(7)).map(|v| v.to_string()), Ok("7".into()));
        assert!(read("decimal", Json::from(7.5)).is_err());
        assert!(read("user", "nobody".into()).is_err());
        assert_eq!(
            read("list of text", serde_json::json!(["a"])),
            Ok(Value::List(vec![Value::Text("a".into())]))
        );
    }
}
