//! Values as people read them, and as documents write them.

use engine_core::value::Value;
use serde_json::Value as Json;

use super::{Names, list, time};

impl Names<'_> {
    /// For a sentence: `12,000,000 USD`, `Ann Example (ann)`.
    #[must_use]
    pub fn value(&self, value: &Value) -> String {
        match value {
            Value::Text(text) => format!("“{}”", shortened(text)),
            Value::Choice(choice) => choice.replace(['_', '-'], " "),
            Value::Attachment(_) => "an attachment".to_owned(),
            Value::Number(number) => grouped(&number.to_string()),
            Value::Decimal(decimal) => grouped(&decimal.to_string()),
            Value::Money(money) => {
                format!("{} {}", grouped(&money.amount.to_string()), money.currency)
            }
            Value::Boolean(true) => "yes".to_owned(),
            Value::Boolean(false) => "no".to_owned(),
            Value::Date(date) => time::day(*date),
            Value::Timestamp(at) => self.time(*at),
            Value::Duration(span) => time::length(*span),
            Value::User(id) => self.person(id),
            Value::Group(id) => self.group(id),
            Value::Node(id) => self.node(id),
            Value::Resource(id) => self.resource(id),
            Value::List(values) if values.is_empty() => "nothing".to_owned(),
            Value::List(values) => list(&values.iter().map(|v| self.value(v)).collect::<Vec<_>>()),
        }
    }

    /// The literal that documents use: people by login, decimals as text.
    #[must_use]
    pub fn literal(&self, value: &Value) -> Json {
        match value {
            Value::Number(number) => (*number).into(),
            Value::Boolean(boolean) => (*boolean).into(),
            Value::User(id) => self.login(id).into(),
            Value::List(values) => values.iter().map(|value| self.literal(value)).collect(),
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
        }
    }
}

/// A number with its thousands apart.
pub(super) fn number(number: &impl ToString) -> String {
    grouped(&number.to_string())
}

/// How large a file is, as people say it.
pub(super) fn bytes(size: u64) -> String {
    let tenths = |unit: u64| {
        let tenths = size.saturating_mul(10).div_ceil(unit);
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match size {
        1 => "1 byte".to_owned(),
        0..1_024 => format!("{} bytes", number(&size)),
        1_024..1_048_576 => format!("{} KB", tenths(1_024)),
        _ => format!("{} MB", tenths(1_048_576)),
    }
}

/// Thousands apart: `-12000.50` is `-12,000.50`.
fn grouped(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut text = String::from(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(120).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("-12000.50", "-12,000.50"),
            ("12000000", "12,000,000"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn sizes_are_told_with_their_unit() {
        for (size, told) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1_023, "1,023 bytes"),
            (1_024, "1.0 KB"),
            (1_025, "1.1 KB"),
            (1 << 20, "1.0 MB"),
            (25 << 20, "25.0 MB"),
        ] {
            assert_eq!(bytes(size), told);
        }
    }
}
