//! Exact money: amounts, currencies, and rates frozen with a request (DIR-7, FIN-15).

use std::{cmp::Ordering, collections::BTreeMap, fmt, str::FromStr};

use chrono::NaiveDate;
use num_bigint::BigInt;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The most integer digits of an amount (FIN-15).
pub const MAX_INTEGER_DIGITS: u32 = 18;
/// The most decimals of an amount (FIN-15).
pub const MAX_SCALE: u32 = 9;
/// The most decimals of a rate (FIN-15).
pub const MAX_RATE_SCALE: u32 = 12;

/// A currency: three capital letters, of ISO 4217 or the organization's own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// An amount of one currency. `Eq` is by value: `1.0 EUR` equals `1.00 EUR`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// In units of the currency, such as euros, not cents.
    pub amount: Decimal,
    /// The currency.
    pub currency: Currency,
}

/// Why a text is not money, a decimal or a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadAmount(pub String);

impl fmt::Display for BadAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadAmount {}

/// The codes of ISO 4217 that stand for money, without separators.
const ISO_4217: &str = "\
    AEDAFNALLAMDAOAARSAUDAWGAZNBAMBBDBDTBHDBIFBMDBNDBOBBOVBRLBSDBTNBWPBYNBZDCADCDFCHECHFCHWCLFCLP\
    CNYCOPCOUCRCCUPCVECZKDJFDKKDOPDZDEGPERNETBEURFJDFKPGBPGELGHSGIPGMDGNFGTQGYDHKDHNLHTGHUFIDRILS\
    INRIQDIRRISKJMDJODJPYKESKGSKHRKMFKPWKRWKWDKYDKZTLAKLBPLKRLRDLSLLYDMADMDLMGAMKDMMKMNTMOPMRUMUR\
    MVRMWKMXNMXVMYRMZNNADNGNNIONOKNPRNZDOMRPABPENPGKPHPPKRPLNPYGQARRONRSDRUBRWFSARSBDSCRSDGSEKSGD\
    SHPSLESOSSRDSSPSTNSVCSYPSZLTHBTJSTMTTNDTOPTRYTTDTWDTZSUAHUGXUSDUSNUYIUYUUYWUZSVEDVESVNDVUVWST\
    XADXAFXCDXCGXOFXPFYERZARZMWZWG";

/// Those of them whose smallest unit is not a hundredth: how many places it has.
const OTHER_DIGITS: [(&str, u32); 3] = [
    ("BIFCLPDJFGNFISKJPYKMFKRWPYGRWFUGXUYIVNDVUVXAFXOFXPF", 0),
    ("BHDIQDJODKWDLYDOMRTND", 3),
    ("CLFUYW", 4),
];

impl Currency {
    /// The places after the point that ISO 4217 gives it; none for a currency of the organization's own.
    #[must_use]
    pub fn digits(&self) -> Option<u32> {
        let has = |codes: &str| codes.as_bytes().chunks_exact(3).any(|code| code == self.0);
        let other = OTHER_DIGITS.iter().find(|(codes, _)| has(codes)).map(|(_, digits)| *digits);
        self.is_iso().then_some(other.unwrap_or(2))
    }

    /// Whether ISO 4217 has it as money; its codes for tests and precious metals do not count.
    #[must_use]
    pub fn is_iso(&self) -> bool {
        ISO_4217.as_bytes().chunks_exact(3).any(|code| code == self.0)
    }

    /// The code, such as `EUR`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

impl FromStr for Currency {
    type Err = BadAmount;

    fn from_str(text: &str) -> Result<Self, BadAmount> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => {
                let shown: String = text.chars().take(60).collect();
                Err(BadAmount(format!(
                    "`{shown}` is not a currency: expected three capital letters such as `EUR`"
                )))
            }
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Reads a decimal in canonical text, within the bounds of FIN-15.
///
/// # Errors
/// [`BadAmount`] for exponents, signs other than `-`, missing digits, or too many of them.
pub fn parse_decimal(text: &str) -> Result<Decimal, BadAmount> {
    bounded_decimal(text, MAX_SCALE)
}

/// Reads a rate: positive, at most 12 decimals (FIN-15).
///
/// # Errors
/// [`BadAmount`] as [`parse_decimal`], or where the rate is not above zero.
pub fn parse_rate(text: &str) -> Result<Decimal, BadAmount> {
    let rate = bounded_decimal(text, MAX_RATE_SCALE)?;
    if rate > Decimal::ZERO {
        Ok(rate)
    } else {
        Err(BadAmount(format!("`{text}` is not a rate: expected a decimal above zero")))
    }
}

fn bounded_decimal(text: &str, max_scale: u32) -> Result<Decimal, BadAmount> {
    let bad = || {
        let shown: String = text.chars().take(60).collect();
        BadAmount(format!(
            "`{shown}` is not a decimal: expected digits with an optional `-` and at most {MAX_INTEGER_DIGITS} places before and {max_scale} after the point"
        ))
    };
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str, most: u32| {
        !part.is_empty() && part.len() <= most as usize && part.bytes().all(|b| b.is_ascii_digit())
    };
    if !plain(whole, MAX_INTEGER_DIGITS) || !plain(fraction, max_scale) {
        return Err(bad());
    }
    Decimal::from_str_exact(text).map_err(|_| bad())
}

impl FromStr for Money {
    type Err = BadAmount;

    fn from_str(text: &str) -> Result<Self, BadAmount> {
        let Some((amount, currency)) = text.split_once(' ') else {
            let shown: String = text.chars().take(60).collect();
            return Err(BadAmount(format!(
                "`{shown}` is not money: expected an amount and a currency such as `12500.00 EUR`"
            )));
        };
        Ok(Self { amount: parse_decimal(amount)?, currency: currency.parse()? })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

impl Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The organization's rate table, or what of it was frozen into a request (DIR-7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    /// The currency that every rate is expressed in.
    pub base: Currency,
    /// The day the rates are of.
    pub as_of: NaiveDate,
    /// The value of one unit of each currency, in the base currency.
    pub rates: BTreeMap<Currency, Decimal>,
}

/// No rate for this currency: the comparison is undecided (CND-3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingRate(pub Currency);

impl Rates {
    fn of(&self, currency: Currency) -> Result<Decimal, MissingRate> {
        if currency == self.base {
            return Ok(Decimal::ONE);
        }
        self.rates.get(&currency).copied().ok_or(MissingRate(currency))
    }
}

/// Compares two amounts exactly, through `rates` where the currencies differ (DIR-7).
///
/// # Errors
/// [`MissingRate`] where a rate is needed and not in the table, or there is no table.
pub fn compare(
    left: &Money,
    right: &Money,
    rates: Option<&Rates>,
) -> Result<Ordering, MissingRate> {
    if left.currency == right.currency {
        return Ok(left.amount.cmp(&right.amount));
    }
    let rates = rates.ok_or(MissingRate(left.currency))?;
    let (a, a_scale) = product(left.amount, rates.of(left.currency)?);
    let (b, b_scale) = product(right.amount, rates.of(right.currency)?);
    let ten = BigInt::from(10);
    Ok((a * ten.pow(b_scale)).cmp(&(b * ten.pow(a_scale))))
}

/// The value of one unit of a currency in the base currency.
///
/// # Errors
/// [`MissingRate`] where it is not in the table, or there is no table.
pub(crate) fn rate(currency: Currency, rates: Option<&Rates>) -> Result<Decimal, MissingRate> {
    rates.ok_or(MissingRate(currency))?.of(currency)
}

/// An amount in another currency, through `rates` where that is needed (DIR-7): rounded half to even to
/// the last place there is (FIN-15). `None` where it has more digits than an amount can have.
///
/// # Errors
/// [`MissingRate`] where a rate is needed and not in the table, or there is no table.
pub fn convert(
    money: &Money,
    to: Currency,
    rates: Option<&Rates>,
) -> Result<Option<Money>, MissingRate> {
    if money.currency == to {
        return Ok(Some(money.clone()));
    }
    let (from_rate, to_rate) = (rate(money.currency, rates)?, rate(to, rates)?);
    let (value, scale) = product(money.amount, from_rate);
    let ten = BigInt::from(10);
    let above = value * ten.pow(MAX_SCALE + to_rate.scale());
    let below = ten.pow(scale) * to_rate.mantissa();
    let mantissa = half_even(&above, &below);
    if *mantissa.magnitude() >= *ten.pow(MAX_INTEGER_DIGITS + MAX_SCALE).magnitude() {
        return Ok(None);
    }
    let mantissa = i128::try_from(mantissa).ok();
    let amount = mantissa.and_then(|m| Decimal::try_from_i128_with_scale(m, MAX_SCALE).ok());
    Ok(amount.map(|amount| Money { amount: amount.normalize(), currency: to }))
}

/// The whole number nearest to `above / below`, the even one of two; `below` is not zero.
pub(crate) fn half_even(above: &BigInt, below: &BigInt) -> BigInt {
    let quotient = above / below;
    let rest = above % below;
    let twice = rest.magnitude() * 2_u32;
    let up = match twice.cmp(below.magnitude()) {
        Ordering::Less => false,
        Ordering::Equal => quotient.bit(0),
        Ordering::Greater => true,
    };
    match (up, above.sign() == below.sign()) {
        (false, _) => quotient,
        (true, true) => quotient + 1,
        (true, false) => quotient - 1,
    }
}

/// The exact product as mantissa and scale.
fn product(amount: Decimal, rate: Decimal) -> (BigInt, u32) {
    (BigInt::from(amount.mantissa()) * rate.mantissa(), amount.scale() + rate.scale())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    fn rates() -> Rates {
        Rates {
            base: "EUR".parse().unwrap(),
            as_of: NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(),
            rates: [("USD".parse().unwrap(), parse_rate("0.92").unwrap())].into(),
        }
    }

    /// DIR-7
    #[test]
    fn amounts_in_two_currencies_compare_through_the_rates() {
        let rates = rates();
        let cmp = |a: &str, b: &str| compare(&money(a), &money(b), Some(&rates));
        assert_eq!(cmp("920 EUR", "1000 USD"), Ok(Ordering::Equal));
        assert_eq!(cmp("920.000000001 EUR", "1000 USD"), Ok(Ordering::Greater));
        assert_eq!(cmp("919.999999999 EUR", "1000 USD"), Ok(Ordering::Less));
        assert_eq!(cmp("1 EUR", "1 GBP"), Err(MissingRate("GBP".parse().unwrap())));
    }

    /// FIN-15: the largest amounts times the finest rates neither round nor overflow.
    #[test]
    fn extreme_amounts_compare_exactly() {
        let fine = Rates {
            rates: [(
                "USD".parse().unwrap(),
                parse_rate("999999999999999999.999999999999").unwrap_or(Decimal::MAX),
            )]
            .into(),
            ..rates()
        };
        let huge = money("999999999999999999.999999999 USD");
        let more = money("999999999999999999.999999999 EUR");
        assert_eq!(compare(&huge, &more, Some(&fine)), Ok(Ordering::Greater));
    }

    #[test]
    fn a_missing_table_is_a_missing_rate_only_across_currencies() {
        assert_eq!(compare(&money("1 EUR"), &money("1.00 EUR"), None), Ok(Ordering::Equal));
        assert!(compare(&money("1 EUR"), &money("1 USD"), None).is_err());
    }

    /// DIR-7, FIN-15
    #[test]
    fn amounts_are_converted_through_the_rates() {
        let rates = rates();
        let to = |text: &str, currency: &str| {
            let found = convert(&money(text), currency.parse().unwrap(), Some(&rates));
            found.map(|money| money.map(|money| money.to_string()))
        };
        assert_eq!(to("1000 USD", "EUR"), Ok(Some("920 EUR".into())));
        assert_eq!(to("1 EUR", "USD"), Ok(Some("1.086956522 USD".into())));
        assert_eq!(to("-1 EUR", "USD"), Ok(Some("-1.086956522 USD".into())));
        assert_eq!(to("1.5 EUR", "EUR"), Ok(Some("1.5 EUR".into())));
        assert_eq!(to("999999999999999999 EUR", "USD"), Ok(None));
        assert_eq!(to("1 EUR", "GBP"), Err(MissingRate("GBP".parse().unwrap())));
        assert!(convert(&money("1 EUR"), "USD".parse().unwrap(), None).is_err());
    }

    #[test]
    fn currencies_have_their_digits() {
        let digits = |code: &str| code.parse::<Currency>().unwrap().digits();
        let found = ["EUR", "JPY", "BHD", "CLF", "XTS"].map(digits);
        assert_eq!(found, [Some(2), Some(0), Some(3), Some(4), None]);
    }

    #[test]
    fn amounts_are_read_strictly() {
        for bad in [
            "1",
            "1EUR",
            "1 eur",
            "1e3 EUR",
            "+1 EUR",
            " 1 EUR",
            "1. EUR",
            ".5 EUR",
            "1,5 EUR",
            "1234567890123456789 EUR",
            "1.0000000001 EUR",
            "NaN EUR",
            "1 EUR ",
            "٣ EUR",
        ] {
            assert!(bad.parse::<Money>().is_err(), "{bad:?}");
        }
        assert_eq!(money("12500.00 EUR").to_string(), "12500.00 EUR");
        assert_eq!(money("-0.5 XTS").amount, Decimal::new(-5, 1));
    }
}
