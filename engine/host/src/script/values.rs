//! Values in scripts: money, days, instants, lengths of time, people.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use engine_core::{
    extension::{ConfigValue, ResolvedConfig},
    ids::UserId,
    money,
    value::{Span, Value},
};
use rhai::{Dynamic, Engine, INT, ImmutableString};
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::frame::Native;

/// An amount of one currency.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Money(pub(super) money::Money);

/// A day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Day(pub(super) NaiveDate);

/// An instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moment(pub(super) DateTime<Utc>);

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Length(pub(super) Span);

/// A user; what is asked about them is looked up in the directory of the run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Person(pub(super) UserId);

/// A value of the request or of a user, as a script sees it.
pub(super) fn to_dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Text(text) | Value::Choice(text) | Value::Attachment(text) => text.clone().into(),
        Value::Number(number) => (*number).into(),
        Value::Decimal(decimal) => (*decimal).into(),
        Value::Money(money) => Dynamic::from(Money(money.clone())),
        Value::Boolean(boolean) => (*boolean).into(),
        Value::Date(date) => Dynamic::from(Day(*date)),
        Value::Timestamp(instant) => Dynamic::from(Moment(*instant)),
        Value::Duration(span) => Dynamic::from(Length(*span)),
        Value::User(id) => Dynamic::from(Person(id.clone())),
        Value::Group(id) => id.as_str().into(),
        Value::Node(id) => id.as_str().into(),
        Value::Resource(id) => id.as_str().into(),
        Value::List(values) => Dynamic::from_array(values.iter().map(to_dynamic).collect()),
    }
}

/// The settings, as a script sees them.
///
/// # Errors
/// For a number that is neither an integer of 64 bits nor an exact decimal.
pub(super) fn settings(config: &ResolvedConfig) -> Result<Dynamic, String> {
    let mut map = rhai::Map::new();
    for (key, setting) in config {
        let value = match setting {
            ConfigValue::Json(json) => json_to_dynamic(json)?,
            ConfigValue::Property(value) => to_dynamic(value),
        };
        map.insert(key.as_str().into(), value);
    }
    Ok(Dynamic::from_map(map))
}

/// A setting. A number that is not whole is a decimal.
fn json_to_dynamic(json: &Json) -> Result<Dynamic, String> {
    Ok(match json {
        Json::Null => Dynamic::UNIT,
        Json::Bool(boolean) => (*boolean).into(),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => Decimal::from_str_exact(&number.to_string())
                .map_err(|_| format!("`{number}` is not an exact decimal"))?
                .into(),
        },
        Json::String(text) => text.clone().into(),
        Json::Array(values) => {
            Dynamic::from_array(values.iter().map(json_to_dynamic).collect::<Result<_, _>>()?)
        }
        Json::Object(fields) => {
            let mut map = rhai::Map::new();
            for (name, value) in fields {
                map.insert(name.into(), json_to_dynamic(value)?);
            }
            Dynamic::from_map(map)
        }
    })
}

/// Registers the types, and the functions that make and take them apart.
pub(super) fn register(engine: &mut Engine) {
    register_money(engine);
    register_times(engine);
    engine
        .register_fn("decimal", decimal)
        .register_fn("round", |number: Decimal, places: INT| round(number, places))
        .register_fn("round", |number: INT, _places: INT| number);
}

fn register_money(engine: &mut Engine) {
    engine
        .register_type_with_name::<Money>("money")
        .register_fn("money", parse::<Money>)
        .register_fn("money", |amount: INT, currency: &str| money_of(amount.into(), currency))
        .register_fn("money", money_of)
        .register_get("amount", |money: &mut Money| money.0.amount)
        .register_get("currency", |money: &mut Money| money.0.currency.to_string())
        .register_fn("to_string", |money: &mut Money| money.0.to_string())
        .register_fn("to_debug", |money: &mut Money| money.0.to_string())
        .register_fn("+", |a: Money, b: Money| combine(&a, &b, Decimal::checked_add))
        .register_fn("-", |a: Money, b: Money| combine(&a, &b, Decimal::checked_sub))
        .register_fn("*", |a: Money, b: INT| scale(&a, b.into(), Decimal::checked_mul))
        .register_fn("*", |a: Money, b: Decimal| scale(&a, b, Decimal::checked_mul))
        .register_fn("*", |a: INT, b: Money| scale(&b, a.into(), Decimal::checked_mul))
        .register_fn("*", |a: Decimal, b: Money| scale(&b, a, Decimal::checked_mul))
        .register_fn("/", |a: Money, b: INT| scale(&a, b.into(), Decimal::checked_div))
        .register_fn("/", |a: Money, b: Decimal| scale(&a, b, Decimal::checked_div));
}

fn register_times(engine: &mut Engine) {
    engine
        .register_type_with_name::<Day>("date")
        .register_fn("date", parse::<Day>)
        .register_get("year", |day: &mut Day| INT::from(day.0.year()))
        .register_get("month", |day: &mut Day| INT::from(day.0.month()))
        .register_get("day", |day: &mut Day| INT::from(day.0.day()))
        .register_get("weekday", |day: &mut Day| weekday(day.0))
        .register_fn("to_string", |day: &mut Day| day.0.to_string())
        .register_fn("to_debug", |day: &mut Day| day.0.to_string())
        .register_fn("+", |day: Day, days: INT| shift(day, days))
        .register_fn("-", |day: Day, days: INT| shift(day, days.saturating_neg()))
        .register_fn("-", |a: Day, b: Day| a.0.signed_duration_since(b.0).num_days());
    engine
        .register_type_with_name::<Moment>("timestamp")
        .register_fn("timestamp", parse::<Moment>)
        .register_fn("to_string", |at: &mut Moment| Value::Timestamp(at.0).to_string())
        .register_fn("to_debug", |at: &mut Moment| Value::Timestamp(at.0).to_string())
        .register_type_with_name::<Length>("duration")
        .register_fn("duration", parse::<Length>)
        .register_fn("to_string", |length: &mut Length| length.0.to_string())
        .register_fn("to_debug", |length: &mut Length| length.0.to_string());
}

/// `monday` to `sunday`.
pub(super) fn weekday(day: NaiveDate) -> ImmutableString {
    match day.weekday() {
        chrono::Weekday::Mon => "monday",
        chrono::Weekday::Tue => "tuesday",
        chrono::Weekday::Wed => "wednesday",
        chrono::Weekday::Thu => "thursday",
        chrono::Weekday::Fri => "friday",
        chrono::Weekday::Sat => "saturday",
        chrono::Weekday::Sun => "sunday",
    }
    .into()
}

fn parse<T: FromStr>(text: &str) -> Native<T>
where
    T::Err: fmt::Display,
{
    text.parse().map_err(|error: T::Err| error.to_string().into())
}

fn decimal(text: &str) -> Native<Decimal> {
    money::parse_decimal(text).map_err(|error| error.to_string().into())
}

impl FromStr for Money {
    type Err = money::BadAmount;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl FromStr for Day {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| {
            format!("`{}` is not a date: expected one such as `2026-03-02`", shown(text))
        })
    }
}

impl FromStr for Moment {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        DateTime::parse_from_rfc3339(text).map(|at| Self(at.to_utc())).map_err(|_| {
            format!(
                "`{}` is not a timestamp: expected one such as `2026-03-02T09:00:00Z`",
                shown(text)
            )
        })
    }
}

impl FromStr for Length {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self)
    }
}

pub(super) fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

fn money_of(amount: Decimal, currency: &str) -> Native<Money> {
    let currency = currency.parse().map_err(|error: money::BadAmount| error.to_string())?;
    Ok(Money(money::Money { amount, currency }))
}

pub(super) fn combine(
    a: &Money,
    b: &Money,
    with: fn(Decimal, Decimal) -> Option<Decimal>,
) -> Native<Money> {
    if a.0.currency != b.0.currency {
        return Err(format!("`{}` and `{}` are of two currencies", a.0, b.0).into());
    }
    scale(a, b.0.amount, with)
}

fn scale(a: &Money, by: Decimal, with: fn(Decimal, Decimal) -> Option<Decimal>) -> Native<Money> {
    let amount = with(a.0.amount, by)
        .ok_or_else(|| format!("the result of `{}` and `{by}` cannot be held exactly", a.0))?;
    Ok(Money(money::Money { amount, currency: a.0.currency }))
}

pub(super) fn shift(day: Day, days: INT) -> Native<Day> {
    chrono::TimeDelta::try_days(days)
        .and_then(|days| day.0.checked_add_signed(days))
        .map(Day)
        .ok_or_else(|| format!("`{days}` days from `{}` is out of range", day.0).into())
}

/// Halves go away from zero, as people expect of money.
pub(super) fn round(number: Decimal, places: INT) -> Native<Decimal> {
    let places = u32::try_from(places).ok().filter(|places| *places <= 28);
    let places = places.ok_or("the places to round to are 0 to 28")?;
    Ok(number.round_dp_with_strategy(places, rust_decimal::RoundingStrategy::MidpointAwayFromZero))
}
