//! Values across the boundary. What the host gives is right by construction; what comes back is
//! checked: canonical, bounded, and naming only users who exist.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use engine_core::{
    directory::Directory,
    ids::{GroupId, NodeId, ResourceId, UserId},
    money::{self, Money},
    value::Value,
};
use serde_json::Value as Json;

use super::bindings::condition::countersign::plugin::{sql_types, types as wit};
use crate::state::State;

// Interfaces of types alone have no functions.
impl wit::Host for State {}
impl sql_types::Host for State {}

/// The largest whole number of the contract: 2^53 - 1.
pub(super) const MAX_NUMBER: i64 = (1 << 53) - 1;
const MAX_LIST: usize = 10_000;
const MAX_TEXT: usize = 64 * 1024;

/// A value of a property, for a component.
pub(super) fn to_wit(value: &Value) -> wit::Value {
    match value {
        Value::List(values) => wit::Value::Many(values.iter().filter_map(scalar).collect()),
        one => scalar(one).map_or_else(|| wit::Value::Many(Vec::new()), wit::Value::One),
    }
}

/// A value that is no list; there are no lists of lists.
fn scalar(value: &Value) -> Option<wit::Scalar> {
    Some(match value {
        Value::Text(text) => wit::Scalar::Text(text.clone()),
        Value::Number(number) if number.unsigned_abs() > MAX_NUMBER.unsigned_abs() => {
            wit::Scalar::Decimal(number.to_string())
        }
        Value::Number(number) => wit::Scalar::Number(*number),
        Value::Decimal(decimal) => wit::Scalar::Decimal(decimal.to_string()),
        Value::Money(money) => wit::Scalar::Money(wit::Money {
            amount: money.amount.to_string(),
            currency: money.currency.to_string(),
        }),
        Value::Boolean(boolean) => wit::Scalar::Boolean(*boolean),
        Value::Date(date) => wit::Scalar::Date(date.to_string()),
        Value::Timestamp(at) => wit::Scalar::Timestamp(timestamp(*at)),
        Value::Duration(span) => wit::Scalar::Duration(span.to_string()),
        Value::Choice(choice) => wit::Scalar::Choice(choice.clone()),
        Value::User(id) => wit::Scalar::User(id.to_string()),
        Value::Group(id) => wit::Scalar::Group(id.to_string()),
        Value::Node(id) => wit::Scalar::Node(id.to_string()),
        Value::Resource(id) => wit::Scalar::Resource(id.to_string()),
        Value::Attachment(hash) => wit::Scalar::Attachment(hash.clone()),
        Value::List(_) => return None,
    })
}

/// An instant as the contract writes it: UTC, at most microseconds.
pub(super) fn timestamp(at: DateTime<Utc>) -> String {
    let precision = match at.timestamp_subsec_micros() {
        0 => SecondsFormat::Secs,
        micros if micros % 1_000 == 0 => SecondsFormat::Millis,
        _ => SecondsFormat::Micros,
    };
    at.to_rfc3339_opts(precision, true)
}

/// A value from a component, with the users who exist.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub(super) fn from_wit(value: wit::Value, directory: &Directory) -> Result<Value, String> {
    match value {
        wit::Value::One(scalar) => from_scalar(scalar, directory),
        wit::Value::Many(scalars) => {
            if scalars.len() > MAX_LIST {
                return Err(format!("a list of {} values, the most are {MAX_LIST}", scalars.len()));
            }
            let kinds = scalars.iter().map(std::mem::discriminant);
            if kinds.clone().zip(kinds.skip(1)).any(|(one, next)| one != next) {
                return Err("a list of values of different kinds".to_owned());
            }
            let values = scalars.into_iter().map(|scalar| from_scalar(scalar, directory));
            values.collect::<Result<_, _>>().map(Value::List)
        }
        wit::Value::Other(other) => Err(format!(
            "a value of the kind `{}`, which this host does not know",
            shown(&other.kind)
        )),
    }
}

fn from_scalar(scalar: wit::Scalar, directory: &Directory) -> Result<Value, String> {
    Ok(match scalar {
        wit::Scalar::Text(text) => Value::Text(bounded(text)?),
        wit::Scalar::Number(number) => Value::Number(whole(number)?),
        wit::Scalar::Decimal(text) => Value::Decimal(decimal(&text)?),
        wit::Scalar::Money(money) => Value::Money(Money {
            amount: decimal(&money.amount)?,
            currency: money.currency.parse().map_err(|e: money::BadAmount| e.0)?,
        }),
        wit::Scalar::Boolean(boolean) => Value::Boolean(boolean),
        wit::Scalar::Date(text) => Value::Date(date(&text)?),
        wit::Scalar::Timestamp(text) => Value::Timestamp(instant(&text)?),
        wit::Scalar::Duration(text) => Value::Duration(text.parse()?),
        wit::Scalar::Choice(text) => Value::Choice(bounded(text)?),
        wit::Scalar::User(id) => Value::User(user(&id, directory)?),
        wit::Scalar::Group(id) => Value::Group(id_of(GroupId::parse(&id))?),
        wit::Scalar::Node(id) => Value::Node(id_of(NodeId::parse(&id))?),
        wit::Scalar::Resource(id) => Value::Resource(id_of(ResourceId::parse(&id))?),
        wit::Scalar::Attachment(hash) => Value::Attachment(sha256(hash)?),
    })
}

/// A user who exists, active or not.
pub(super) fn user(id: &str, directory: &Directory) -> Result<UserId, String> {
    let id = id_of(UserId::parse(id))?;
    match directory.user(&id) {
        Some(user) => Ok(user.id.clone()),
        None => Err(format!("the user `{id}`, who does not exist")),
    }
}

pub(super) fn id_of<T>(parsed: Result<T, engine_core::ids::BadId>) -> Result<T, String> {
    parsed.map_err(|error| error.to_string())
}

fn whole(number: i64) -> Result<i64, String> {
    if number.unsigned_abs() <= MAX_NUMBER.unsigned_abs() {
        Ok(number)
    } else {
        Err(format!("the number `{number}`, beyond 2^53 - 1"))
    }
}

/// A decimal in its one canonical form: no leading zeros, no minus before zero.
pub(super) fn decimal(text: &str) -> Result<rust_decimal::Decimal, String> {
    let decimal = money::parse_decimal(text).map_err(|error| error.0)?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let padded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if padded || (text.starts_with('-') && decimal.is_zero()) {
        return Err(format!("`{}`, which is not the canonical form of a decimal", shown(text)));
    }
    Ok(decimal)
}

fn date(text: &str) -> Result<NaiveDate, String> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    date.filter(|date| date.to_string() == text)
        .ok_or_else(|| format!("`{}`, which is not a date such as `2026-03-02`", shown(text)))
}

/// An instant of the contract: RFC 3339, in UTC, at most microseconds.
pub(super) fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    let parsed = DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc());
    parsed
        .filter(|at| text.ends_with('Z') && at.timestamp_subsec_nanos().is_multiple_of(1_000))
        .ok_or_else(|| {
            format!("`{}`, which is not an instant such as `2026-03-02T09:00:00Z`", shown(text))
        })
}

fn sha256(hash: String) -> Result<String, String> {
    let digits = hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if digits && hash.len() == 64 {
        Ok(hash)
    } else {
        Err(format!("`{}`, which is not a SHA-256 in hexadecimal", shown(&hash)))
    }
}

fn bounded(text: String) -> Result<String, String> {
    if text.len() <= MAX_TEXT {
        Ok(text)
    } else {
        Err(format!("a text of {} bytes, the most are {MAX_TEXT}", text.len()))
    }
}

/// A value as JSON that reads well and turns back into the same value: texts, whole numbers,
/// booleans and lists are themselves, anything else names its kind (`{"money": "12.50 EUR"}`).
pub(super) fn to_json(value: &Value) -> Json {
    match value {
        Value::Text(text) => text.clone().into(),
        Value::Number(number) => (*number).into(),
        Value::Boolean(boolean) => (*boolean).into(),
        Value::List(values) => values.iter().map(to_json).collect(),
        tagged => serde_json::to_value(tagged).unwrap_or(Json::Null),
    }
}

/// The value that [`to_json`] wrote.
///
/// # Errors
/// What else it is.
pub(super) fn from_json(json: &Json) -> Result<Value, String> {
    let value = match json {
        Json::String(text) => Some(Value::Text(text.clone())),
        Json::Bool(boolean) => Some(Value::Boolean(*boolean)),
        Json::Number(number) => number.as_i64().map(Value::Number),
        Json::Array(values) => {
            Some(Value::List(values.iter().map(from_json).collect::<Result<_, _>>()?))
        }
        Json::Object(_) => serde_json::from_value(json.clone()).ok(),
        Json::Null => None,
    };
    value.ok_or_else(|| format!("`{json}` is not a value"))
}

/// The start of a text, for a message.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use engine_core::value::Span;
    use serde_json::json;

    use super::*;

    fn values() -> Vec<Value> {
        let mut values = vec![
            Value::Text("a".into()),
            Value::Number(-MAX_NUMBER),
            Value::Decimal("-1.50".parse().unwrap()),
            Value::Money("12.50 EUR".parse().unwrap()),
            Value::Boolean(true),
            Value::Date("2026-03-02".parse().unwrap()),
            Value::Timestamp("2026-03-02T09:00:00.000123Z".parse().unwrap()),
            Value::Duration(Span::BusinessDays(3)),
            Value::Choice("b".into()),
            Value::Group("staff".parse().unwrap()),
            Value::Node("emea".parse().unwrap()),
            Value::Resource("db".parse().unwrap()),
            Value::Attachment("ab".repeat(32)),
        ];
        values.push(Value::List(vec![values[0].clone(), values[0].clone()]));
        values.push(Value::List(vec![values[3].clone()]));
        values
    }

    #[test]
    fn every_kind_comes_back_as_it_went() {
        for value in values() {
            assert_eq!(from_wit(to_wit(&value), &Directory::default()), Ok(value.clone()));
            assert_eq!(from_json(&to_json(&value)), Ok(value));
        }
        assert_eq!(to_json(&values()[3]), json!({"money": "12.50 EUR"}));
        assert_eq!(to_json(&values()[1]), json!(-MAX_NUMBER));
    }

    #[test]
    fn nonsense_is_refused() {
        let one = wit::Value::One;
        let money = |amount: &str, currency: &str| {
            one(wit::Scalar::Money(wit::Money { amount: amount.into(), currency: currency.into() }))
        };
        for bad in [
            one(wit::Scalar::Number(MAX_NUMBER + 1)),
            one(wit::Scalar::Decimal("01".into())),
            one(wit::Scalar::Decimal("-0".into())),
            one(wit::Scalar::Decimal("1e3".into())),
            one(wit::Scalar::Decimal("NaN".into())),
            money("1", "eur"),
            money("", "EUR"),
            one(wit::Scalar::Date("2026-3-2".into())),
            one(wit::Scalar::Date("2026-02-30".into())),
            one(wit::Scalar::Timestamp("2026-03-02T09:00:00+01:00".into())),
            one(wit::Scalar::Timestamp("2026-03-02T09:00:00.1234567Z".into())),
            one(wit::Scalar::Duration("3 days".into())),
            one(wit::Scalar::User("u-nobody".into())),
            one(wit::Scalar::Group("No Group".into())),
            one(wit::Scalar::Attachment("xyz".into())),
            one(wit::Scalar::Text("x".repeat(MAX_TEXT + 1))),
            wit::Value::Many(vec![wit::Scalar::Number(1), wit::Scalar::Boolean(true)]),
            wit::Value::Other(wit::OtherValue { kind: "colour".into(), json: "1".into() }),
        ] {
            assert!(from_wit(bad.clone(), &Directory::default()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_number_that_guests_cannot_hold_travels_as_a_decimal() {
        let wit::Value::One(wit::Scalar::Decimal(text)) = to_wit(&Value::Number(i64::MIN)) else {
            panic!("not a decimal");
        };
        assert_eq!(text, i64::MIN.to_string());
    }
}
