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
}
