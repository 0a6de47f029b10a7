//! Helpers for money and numbers: rounding, other currencies, sums, the least and the most.

use std::cmp::Ordering;

use engine_core::money::{self, Currency, MissingRate};
use rhai::{Array, Dynamic, Engine, INT};
use rust_decimal::Decimal;

use super::{
    frame::{self, Native, charge_each},
    operators::{kind, order},
    values::{Money, combine, round},
};
use crate::call::Read;

/// Registers the helpers.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_fn("-", |money: Money| with_amount(&money, -money.0.amount))
        .register_fn("abs", |money: Money| with_amount(&money, money.0.amount.abs()))
        .register_fn("/", |a: Money, b: Money| ratio(&a, &b))
        .register_fn("round", |money: Money| round_to_digits(&money))
        .register_fn("round", |money: Money, places: INT| round_money(&money, places))
        .register_fn("convert", |money: Money, currency: &str| {
            currency_of(currency).and_then(|to| convert(&money, to))
        })
        .register_fn("sum", |list: Array| sum(&list))
        .register_fn("sum", |list: Array, currency: &str| sum_in(&list, currency))
        .register_fn("min", |a: Dynamic, b: Dynamic| better(a, b, Ordering::Less))
        .register_fn("max", |a: Dynamic, b: Dynamic| better(a, b, Ordering::Greater))
        .register_fn("min", |list: Array| best(list, Ordering::Less))
        .register_fn("max", |list: Array| best(list, Ordering::Greater));
}

fn with_amount(money: &Money, amount: Decimal) -> Money {
    Money(money::Money { amount, currency: money.0.currency })
}

fn ratio(a: &Money, b: &Money) -> Native<Decimal> {
    if a.0.currency != b.0.currency {
        return Err(format!("`{}` and `{}` are of two currencies", a.0, b.0).into());
    }
    let ratio = a.0.amount.checked_div(b.0.amount);
    ratio.ok_or_else(|| format!("`{}` cannot be divided by `{}`", a.0, b.0).into())
}

fn round_to_digits(money: &Money) -> Native<Money> {
    let digits = money.0.currency.digits().ok_or_else(|| {
        format!(
            "`{0}` has no number of digits of its own: write `round(money, 2)`",
            money.0.currency
        )
    })?;
    round_money(money, INT::from(digits))
}

fn round_money(money: &Money, places: INT) -> Native<Money> {
    Ok(with_amount(money, round(money.0.amount, places)?))
}

fn currency_of(text: &str) -> Native<Currency> {
    text.parse().map_err(|error: money::BadAmount| error.to_string().into())
}

/// Through the rates frozen with the request (DIR-7).
fn convert(money: &Money, to: Currency) -> Native<Money> {
    let found = frame::with(|frame| {
        frame.read(Read::Fact("rates"));
        money::convert(&money.0, to, frame.call.rates.as_deref()).map_err(|MissingRate(of)| {
            format!("`{}` cannot be converted to {to}: there is no rate for {of}", money.0).into()
        })
    })?;
    let beyond = || format!("`{}` has too many digits in {to}", money.0).into();
    found.map(Money).ok_or_else(beyond)
}

/// The sum of numbers, or of money of one currency; of nothing, `0`.
fn sum(list: &Array) -> Native<Dynamic> {
    charge_each(list.len())?;
    let mut places = (0..).zip(list);
    let Some((_, first)) = places.next() else { return Ok(Dynamic::from_int(0)) };
    let mut total = summand(0, first)?;
    for (place, next) in places {
        total = add(total, summand(place, next)?)?;
    }
    Ok(match total {
        Summand::Whole(number) => number.into(),
        Summand::Decimal(decimal) => decimal.into(),
        Summand::Money(money) => Dynamic::from(money),
    })
}

/// What can be summed up.
enum Summand {
    Whole(INT),
    Decimal(Decimal),
    Money(Money),
}

fn summand(place: usize, value: &Dynamic) -> Native<Summand> {
    if let Ok(number) = value.as_int() {
        return Ok(Summand::Whole(number));
    }
    if let Ok(decimal) = value.as_decimal() {
        return Ok(Summand::Decimal(decimal));
    }
    match value.read_lock::<Money>() {
        Some(money) => Ok(Summand::Money(money.clone())),
        None => Err(unsummed(place, value).into()),
    }
}

fn unsummed(place: usize, value: &Dynamic) -> String {
    format!("the list at [{place}]: expected a number or money, found {}", kind(value))
}

fn add(a: Summand, b: Summand) -> Native<Summand> {
    use Summand::{Decimal as Exact, Money as Amount, Whole};
    let exact = |a: Decimal, b: Decimal| {
        let sum = a.checked_add(b).map(Exact);
        sum.ok_or_else(|| format!("the sum of `{a}` and `{b}` cannot be held exactly").into())
    };
    match (a, b) {
        (Whole(a), Whole(b)) => match a.checked_add(b) {
            Some(sum) => Ok(Whole(sum)),
            None => exact(a.into(), b.into()),
        },
        (Whole(a), Exact(b)) => exact(a.into(), b),
        (Exact(a), Whole(b)) => exact(a, b.into()),
        (Exact(a), Exact(b)) => exact(a, b),
        (Amount(a), Amount(b)) if a.0.currency != b.0.currency => Err(format!(
            "`{}` and `{}` are of two currencies: write `sum(list, \"{}\")`",
            a.0, b.0, a.0.currency
        )
        .into()),
        (Amount(a), Amount(b)) => combine(&a, &b, Decimal::checked_add).map(Amount),
        (Amount(_), Whole(_) | Exact(_)) | (Whole(_) | Exact(_), Amount(_)) => {
            Err("money and numbers cannot be summed up".into())
        }
    }
}

/// The sum of amounts in one currency, each through the rates; of nothing, zero of that currency.
fn sum_in(list: &Array, currency: &str) -> Native<Money> {
    charge_each(list.len().saturating_mul(2))?;
    let currency = currency_of(currency)?;
    let mut total = Money(money::Money { amount: Decimal::ZERO, currency });
    for (place, value) in list.iter().enumerate() {
        let Some(money) = value.read_lock::<Money>() else {
            return Err(
                format!("the list at [{place}]: expected money, found {}", kind(value)).into()
            );
        };
        total = combine(&total, &convert(&money, currency)?, Decimal::checked_add)?;
    }
    Ok(total)
}

/// The first of two, unless the second is better.
fn better(a: Dynamic, b: Dynamic, wanted: Ordering) -> Native<Dynamic> {
    Ok(if order(&b, &a)? == wanted { b } else { a })
}

/// The best of a list; of nothing, nothing.
fn best(list: Array, wanted: Ordering) -> Native<Dynamic> {
    charge_each(list.len())?;
    let mut values = list.into_iter();
    let Some(mut found) = values.next() else { return Ok(Dynamic::UNIT) };
    // One alone is compared too, so that a list of what has no order is told at once.
    order(&found, &found)?;
    for next in values {
        found = better(found, next, wanted)?;
    }
    Ok(found)
}
