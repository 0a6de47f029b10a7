//! Between the generated types and those of this crate.

use chrono::{DateTime, SecondsFormat, Utc};

use super::bindings::plugin::types as wit;
use crate::{
    Class, Error, ErrorKind, GroupId, HostError, Message, Money, NodeId, Presence, Principal,
    Receipt, ResourceId, UserId, Value,
};

/// What a host call answers.
pub(crate) type Answer<T> = Result<T, HostError>;

/// A text of the host that is not what the contract promises.
pub(crate) fn nonsense(expected: &str, found: &str) -> HostError {
    HostError::new(ErrorKind::Internal, format!("the host gave `{found}` for {expected}"))
}

/// Reads an instant.
pub(crate) fn instant(text: &str) -> Answer<DateTime<Utc>> {
    text.parse().map_err(|_| nonsense("an instant", text))
}

/// Reads a value.
pub(crate) fn value(value: wit::Value) -> Answer<Value> {
    match value {
        wit::Value::One(one) => scalar(one),
        wit::Value::Many(many) => {
            Ok(Value::List(many.into_iter().map(scalar).collect::<Answer<_>>()?))
        }
        wit::Value::Other(other) => Ok(Value::Other { kind: other.kind, json: other.json }),
    }
}

/// Reads a value that is no list.
pub(crate) fn scalar(scalar: wit::Scalar) -> Answer<Value> {
    use wit::Scalar as S;
    Ok(match scalar {
        S::Text(text) => Value::Text(text),
        S::Number(number) => Value::Number(number),
        S::Decimal(text) => Value::Decimal(text.parse().map_err(|_| nonsense("a decimal", &text))?),
        S::Money(money) => {
            let wit::Money { amount, currency } = money;
            let amount = amount.parse().map_err(|_| nonsense("an amount", &amount))?;
            Value::Money(Money { amount, currency })
        }
        S::Boolean(truth) => Value::Boolean(truth),
        S::Date(text) => Value::Date(text.parse().map_err(|_| nonsense("a date", &text))?),
        S::Timestamp(text) => Value::Timestamp(instant(&text)?),
        S::Duration(text) => Value::Duration(text),
        S::Choice(text) => Value::Choice(text),
        S::User(id) => Value::User(UserId(id)),
        S::Group(id) => Value::Group(GroupId(id)),
        S::Node(id) => Value::Node(NodeId(id)),
        S::Resource(id) => Value::Resource(ResourceId(id)),
        S::Attachment(hash) => Value::Attachment(hash),
    })
}

/// Gives an amount.
pub(crate) fn money_out(money: &Money) -> wit::Money {
    wit::Money { amount: money.amount.to_string(), currency: money.currency.clone() }
}

/// Gives a value that is no list; the value back where the contract has no case for it.
pub(crate) fn scalar_out(value: Value) -> Result<wit::Scalar, Value> {
    use wit::Scalar as S;
    Ok(match value {
        Value::Text(text) => S::Text(text),
        Value::Number(number) => S::Number(number),
        Value::Decimal(decimal) => S::Decimal(decimal.to_string()),
        Value::Money(money) => S::Money(money_out(&money)),
        Value::Boolean(truth) => S::Boolean(truth),
        Value::Date(date) => S::Date(date.to_string()),
        Value::Timestamp(at) => S::Timestamp(at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        Value::Duration(text) => S::Duration(text),
        Value::Choice(text) => S::Choice(text),
        Value::User(id) => S::User(id.0),
        Value::Group(id) => S::Group(id.0),
        Value::Node(id) => S::Node(id.0),
        Value::Resource(id) => S::Resource(id.0),
        Value::Attachment(hash) => S::Attachment(hash),
        other @ (Value::List(_) | Value::Other { .. }) => return Err(other),
    })
}

/// Gives a value. What stands in a list and is itself a list is left out: there are no such types.
pub(crate) fn value_out(value: Value) -> wit::Value {
    match scalar_out(value) {
        Ok(scalar) => wit::Value::One(scalar),
        Err(Value::Other { kind, json }) => wit::Value::Other(wit::OtherValue { kind, json }),
        Err(Value::List(values)) => {
            wit::Value::Many(values.into_iter().flat_map(scalar_out).collect())
        }
        Err(_) => wit::Value::Many(Vec::new()),
    }
}

/// Gives a named value.
pub(crate) fn field_out(name: &str, value: Value) -> wit::Field {
    wit::Field { name: name.to_owned(), value: value_out(value) }
}

/// Gives named values.
pub(crate) fn fields_out(fields: Vec<(String, Value)>) -> Vec<wit::Field> {
    fields.into_iter().map(|(name, v)| wit::Field { name, value: value_out(v) }).collect()
}

/// Reads named values.
pub(crate) fn fields(fields: Vec<wit::Field>) -> Answer<Vec<(String, Value)>> {
    fields.into_iter().map(|field| Ok((field.name, value(field.value)?))).collect()
}

/// Gives a sentence.
pub(crate) fn message_out(message: Message) -> wit::Message {
    let Message { code, arguments, text } = message;
    wit::Message { code, arguments: fields_out(arguments), text }
}

/// Gives somebody.
pub(crate) fn principal_out(principal: Principal) -> wit::Principal {
    match principal {
        Principal::User(id) => wit::Principal::User(id.0),
        Principal::Group(id) => wit::Principal::Group(id.0),
    }
}

/// Gives a receipt.
pub(crate) fn receipt_out(receipt: Receipt) -> wit::Receipt {
    wit::Receipt { reference: receipt.reference, fields: fields_out(receipt.fields) }
}

/// Reads a receipt.
pub(crate) fn receipt(receipt: wit::Receipt) -> Answer<Receipt> {
    Ok(Receipt { reference: receipt.reference, fields: fields(receipt.fields)? })
}

/// Gives whether an effect is there.
pub(crate) fn presence_out(presence: Presence) -> wit::Presence {
    match presence {
        Presence::Happened(receipt) => wit::Presence::Happened(receipt_out(receipt)),
        Presence::DidNotHappen => wit::Presence::DidNotHappen,
        Presence::CannotTell(message) => wit::Presence::CannotTell(message_out(message)),
    }
}

/// Gives a failure.
pub(crate) fn failure_out(error: Error) -> wit::Failure {
    let message = message_out(error.message);
    match error.class {
        Class::Permanent => wit::Failure::Permanent(message),
        Class::Retryable { after_ms } => {
            wit::Failure::Retryable(wit::Retry { why: message, after_ms })
        }
        Class::Refused => wit::Failure::Refused(message),
        Class::UnknownOutcome => wit::Failure::UnknownOutcome(message),
    }
}

impl From<wit::HostError> for HostError {
    fn from(error: wit::HostError) -> Self {
        use wit::ErrorKind as K;
        let kind = match error.kind {
            K::Denied => ErrorKind::Denied,
            K::Invalid => ErrorKind::Invalid,
            K::NotFound => ErrorKind::NotFound,
            K::Rejected => ErrorKind::Rejected,
            K::Limit => ErrorKind::Limit,
            K::Busy => ErrorKind::Busy,
            K::Unavailable => ErrorKind::Unavailable,
            K::UnknownOutcome => ErrorKind::UnknownOutcome,
            K::Internal => ErrorKind::Internal,
        };
        Self { kind, message: error.message, code: error.code }
    }
}
