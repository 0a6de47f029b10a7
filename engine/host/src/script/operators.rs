//! Operators that never answer silently where the question makes no sense.
//!
//! The interpreter by itself answers `false` to `() > 5` and to `"5" > 4`, and `0` to `1 / 3`. Here
//! the first two throw and say what to write instead, and the third is a decimal.

use std::{any::Any, cmp::Ordering};

use engine_core::money;
use rhai::{Dynamic, Engine, INT, ImmutableString};
use rust_decimal::Decimal;

use super::{
    frame::{self, Native},
    values::{Day, Length, Moment, Money, Person},
};

/// Registers comparisons and division.
pub(super) fn register(engine: &mut Engine) {
    exact::<INT, INT>(engine, Ord::cmp);
    exact::<Decimal, Decimal>(engine, Ord::cmp);
    exact::<Decimal, INT>(engine, |a, b| a.cmp(&Decimal::from(*b)));
    exact::<INT, Decimal>(engine, |a, b| Decimal::from(*a).cmp(b));
    exact::<ImmutableString, ImmutableString>(engine, |a, b| a.as_str().cmp(b.as_str()));
    engine
        .register_fn("==", |a: bool, b: bool| a == b)
        .register_fn("!=", |a: bool, b: bool| a != b)
        .register_fn("==", |a: Dynamic, b: Dynamic| equal(&a, &b))
        .register_fn("!=", |a: Dynamic, b: Dynamic| equal(&a, &b).map(|equal| !equal))
        .register_fn("<", |a: Dynamic, b: Dynamic| order(&a, &b).map(Ordering::is_lt))
        .register_fn("<=", |a: Dynamic, b: Dynamic| order(&a, &b).map(Ordering::is_le))
        .register_fn(">", |a: Dynamic, b: Dynamic| order(&a, &b).map(Ordering::is_gt))
        .register_fn(">=", |a: Dynamic, b: Dynamic| order(&a, &b).map(Ordering::is_ge))
        .register_fn("/", divide);
}

/// The common pairs, without the detour over `order`.
fn exact<A, B>(engine: &mut Engine, compare: fn(&A, &B) -> Ordering)
where
    A: Any + Clone + Send + Sync,
    B: Any + Clone + Send + Sync,
{
    engine
        .register_fn("==", move |a: A, b: B| compare(&a, &b).is_eq())
        .register_fn("!=", move |a: A, b: B| compare(&a, &b).is_ne())
        .register_fn("<", move |a: A, b: B| compare(&a, &b).is_lt())
        .register_fn("<=", move |a: A, b: B| compare(&a, &b).is_le())
        .register_fn(">", move |a: A, b: B| compare(&a, &b).is_gt())
        .register_fn(">=", move |a: A, b: B| compare(&a, &b).is_ge());
}

/// A whole quotient stays a whole number; any other is a decimal.
fn divide(a: INT, b: INT) -> Native<Dynamic> {
    if let (Some(quotient), Some(0)) = (a.checked_div(b), a.checked_rem(b)) {
        return Ok(quotient.into());
    }
    Decimal::from(a)
        .checked_div(Decimal::from(b))
        .map(Dynamic::from)
        .ok_or_else(|| format!("`{a}` cannot be divided by `{b}`").into())
}

fn equal(a: &Dynamic, b: &Dynamic) -> Native<bool> {
    if a.is_unit() || b.is_unit() {
        return Ok(a.is_unit() && b.is_unit());
    }
    if let (Ok(a), Ok(b)) = (a.as_bool(), b.as_bool()) {
        return Ok(a == b);
    }
    if let (Some(a), Some(b)) = (a.read_lock::<Person>(), b.read_lock::<Person>()) {
        return Ok(*a == *b);
    }
    order(a, b).map(Ordering::is_eq)
}

pub(super) fn order(a: &Dynamic, b: &Dynamic) -> Native<Ordering> {
    numbers(a, b)
        .or_else(|| texts(a, b))
        .or_else(|| same::<Day>(a, b, |a, b| Ok(a.0.cmp(&b.0))))
        .or_else(|| same::<Moment>(a, b, |a, b| Ok(a.0.cmp(&b.0))))
        .or_else(|| same::<Money>(a, b, compare_money))
        .or_else(|| same::<Length>(a, b, compare_lengths))
        .unwrap_or_else(|| Err(incomparable(kind(a), kind(b)).into()))
}

fn same<T>(
    a: &Dynamic,
    b: &Dynamic,
    compare: fn(&T, &T) -> Native<Ordering>,
) -> Option<Native<Ordering>>
where
    T: Any + Clone + Send + Sync,
{
    Some(compare(&*a.read_lock::<T>()?, &*b.read_lock::<T>()?))
}

fn numbers(a: &Dynamic, b: &Dynamic) -> Option<Native<Ordering>> {
    let number =
        |value: &Dynamic| value.as_decimal().or_else(|_| value.as_int().map(Decimal::from)).ok();
    Some(Ok(number(a)?.cmp(&number(b)?)))
}

fn texts(a: &Dynamic, b: &Dynamic) -> Option<Native<Ordering>> {
    let text = |value: &Dynamic| match value.as_char() {
        Ok(letter) => Some(ImmutableString::from(letter.to_string())),
        Err(_) => value.as_immutable_string_ref().ok().map(|text| text.clone()),
    };
    Some(Ok(text(a)?.as_str().cmp(text(b)?.as_str())))
}

fn compare_money(a: &Money, b: &Money) -> Native<Ordering> {
    frame::with(|frame| {
        money::compare(&a.0, &b.0, frame.call.rates.as_deref()).map_err(|money::MissingRate(of)| {
            format!("`{}` and `{}` cannot be compared: there is no rate for {of}", a.0, b.0).into()
        })
    })
}

fn compare_lengths(a: &Length, b: &Length) -> Native<Ordering> {
    use engine_core::value::Span::{BusinessDays, Seconds};
    match (a.0, b.0) {
        (Seconds(a), Seconds(b)) => Ok(a.cmp(&b)),
        (BusinessDays(a), BusinessDays(b)) => Ok(a.cmp(&b)),
        (a @ Seconds(_), b @ BusinessDays(_)) | (a @ BusinessDays(_), b @ Seconds(_)) => {
            Err(format!("`{a}` and `{b}` cannot be compared: business days need a calendar").into())
        }
    }
}

/// Whether values of two kinds have an order, as far as kinds tell.
pub(super) fn orders(left: &str, right: &str) -> bool {
    let ordered = ["a number", "a text", "a date", "a timestamp", "money", "a duration"];
    left == right && ordered.contains(&left)
}

/// Whether values of two kinds are equal or not, as far as kinds tell.
pub(super) fn compares(left: &str, right: &str) -> bool {
    let equal = ["nothing", "true or false", "a user", "a list", "a map"];
    left == "nothing"
        || right == "nothing"
        || orders(left, right)
        || (left == right && equal.contains(&left))
}

/// Why values of two kinds do not compare, and what to write instead.
pub(super) fn incomparable(left: &str, right: &str) -> String {
    let hint = match (left, right) {
        ("nothing", _) | (_, "nothing") => ": test for `== ()` first",
        ("money", "a number" | "a text") | ("a number" | "a text", "money") => {
            ": write `money(\"500 EUR\")`"
        }
        ("a date", "a text") | ("a text", "a date") => ": write `date(\"2026-03-02\")`",
        ("a timestamp", "a text") | ("a text", "a timestamp") => {
            ": write `timestamp(\"2026-03-02T09:00:00Z\")`"
        }
        ("a duration", "a text") | ("a text", "a duration") => ": write `duration(\"3d\")`",
        ("a user", "a text") | ("a text", "a user") => ": compare the user's `.login`",
        ("a number", "a text") | ("a text", "a number") => ": write `decimal(\"5\")`",
        _ => "",
    };
    format!("{left} and {right} cannot be compared{hint}")
}

/// What a value is, in words.
pub(super) fn kind(value: &Dynamic) -> &'static str {
    if value.is_unit() {
        "nothing"
    } else if value.is_bool() {
        "true or false"
    } else if value.is_int() || value.is_decimal() {
        "a number"
    } else if value.is_string() || value.is_char() {
        "a text"
    } else if value.is_array() {
        "a list"
    } else if value.is_fnptr() {
        "a function"
    } else if value.is_map() {
        "a map"
    } else if value.is::<Money>() {
        "money"
    } else if value.is::<Day>() {
        "a date"
    } else if value.is::<Moment>() {
        "a timestamp"
    } else if value.is::<Length>() {
        "a duration"
    } else if value.is::<Person>() {
        "a user"
    } else {
        "something else"
    }
}
