//! Which types go together.

use std::collections::BTreeMap;

use super::{Comparison, Node, Operation, Uses};
use crate::{ids::PropertyName, rule::unknown_name, value::PropertyType};

/// The type of a part, or why it has none.
pub(super) fn type_of(
    node: &Node,
    types: &BTreeMap<PropertyName, PropertyType>,
    uses: &mut Uses,
) -> Result<PropertyType, String> {
    let mut of = |node: &Node| type_of(node, types, uses);
    match node {
        Node::Number(number) if number.is_whole() => Ok(PropertyType::Number),
        Node::Number(_) => Ok(PropertyType::Decimal),
        Node::Money(money) => {
            uses.currencies.insert(money.currency);
            Ok(PropertyType::Money)
        }
        Node::Boolean(_) => Ok(PropertyType::Boolean),
        Node::Property(name) => property(name, types, uses),
        Node::Sum(name) => list(name, types, uses),
        Node::Negative(inner) => amount(of(inner)?, "-"),
        Node::Round(inner, places) => match amount(of(inner)?, "round")? {
            PropertyType::Decimal if *places == 0 => Ok(PropertyType::Number),
            other => Ok(other),
        },
        Node::Binary(operation, left, right) => {
            let (left, right) = (of(left)?, of(right)?);
            operate(*operation, &left, &right)
        }
        Node::Compare(comparison, left, right) => {
            let (left, right) = (of(left)?, of(right)?);
            compare(*comparison, &left, &right)
        }
        Node::Not(inner) => boolean(&of(inner)?, "not"),
        Node::Both(left, right) => both(&of(left)?, &of(right)?, "and"),
        Node::Either(left, right) => both(&of(left)?, &of(right)?, "or"),
        Node::Least(parts) => common(parts, "min", of),
        Node::Greatest(parts) => common(parts, "max", of),
        Node::If(condition, then, otherwise) => {
            boolean(&of(condition)?, "if")?;
            alternatives(&of(then)?, &of(otherwise)?)
        }
    }
}

fn both(left: &PropertyType, right: &PropertyType, by: &str) -> Result<PropertyType, String> {
    boolean(left, by)?;
    boolean(right, by)
}

fn alternatives(then: &PropertyType, otherwise: &PropertyType) -> Result<PropertyType, String> {
    if (then, otherwise) == (&PropertyType::Boolean, &PropertyType::Boolean) {
        return Ok(PropertyType::Boolean);
    }
    let message = || format!("the two values of `if` are {then} and {otherwise}");
    joined(then, otherwise).ok_or_else(message)
}

fn property(
    name: &PropertyName,
    types: &BTreeMap<PropertyName, PropertyType>,
    uses: &mut Uses,
) -> Result<PropertyType, String> {
    let found = declared(name, types)?;
    uses.properties.insert(name.clone());
    match found {
        PropertyType::Number
        | PropertyType::Decimal
        | PropertyType::Money
        | PropertyType::Boolean => Ok(found.clone()),
        PropertyType::List(_) => Err(format!("`{name}` is {found}: use `sum({name})`")),
        _ => Err(format!("`{name}` is {found}, which nothing is calculated from")),
    }
}

fn list(
    name: &PropertyName,
    types: &BTreeMap<PropertyName, PropertyType>,
    uses: &mut Uses,
) -> Result<PropertyType, String> {
    let found = declared(name, types)?;
    uses.properties.insert(name.clone());
    match found {
        PropertyType::List(element) if is_amount(element) => {
            if **element != PropertyType::Money {
                uses.lists_of_numbers.insert(name.clone());
            }
            Ok((**element).clone())
        }
        _ => Err(format!("`{name}` is {found}, not a list of numbers, decimals or money")),
    }
}

fn declared<'t>(
    name: &PropertyName,
    types: &'t BTreeMap<PropertyName, PropertyType>,
) -> Result<&'t PropertyType, String> {
    let known = types.keys().map(PropertyName::as_str);
    types.get(name).ok_or_else(|| unknown_name("property", name.as_str(), known))
}

fn is_amount(of: &PropertyType) -> bool {
    matches!(of, PropertyType::Number | PropertyType::Decimal | PropertyType::Money)
}

fn amount(of: PropertyType, by: &str) -> Result<PropertyType, String> {
    if is_amount(&of) { Ok(of) } else { Err(format!("`{by}` of {of}")) }
}

fn boolean(of: &PropertyType, by: &str) -> Result<PropertyType, String> {
    match of {
        PropertyType::Boolean => Ok(PropertyType::Boolean),
        other => Err(format!("`{by}` needs a condition such as `amount > '5 EUR'`, found {other}")),
    }
}

/// The type that both can be: numbers are decimals too.
fn joined(left: &PropertyType, right: &PropertyType) -> Option<PropertyType> {
    match (left, right) {
        (PropertyType::Number, PropertyType::Number) => Some(PropertyType::Number),
        (PropertyType::Money, PropertyType::Money) => Some(PropertyType::Money),
        (
            PropertyType::Number | PropertyType::Decimal,
            PropertyType::Number | PropertyType::Decimal,
        ) => Some(PropertyType::Decimal),
        _ => None,
    }
}

fn operate(
    operation: Operation,
    left: &PropertyType,
    right: &PropertyType,
) -> Result<PropertyType, String> {
    use PropertyType::{Decimal, Money, Number};
    let result = match (operation, left, right) {
        (Operation::Add | Operation::Subtract, ..) => joined(left, right),
        (Operation::Multiply, Money, Number | Decimal)
        | (Operation::Multiply, Number | Decimal, Money)
        | (Operation::Divide, Money, Number | Decimal) => Some(Money),
        (Operation::Multiply, Money, Money) => None,
        (Operation::Multiply, ..) => joined(left, right),
        (Operation::Divide, ..) => joined(left, right).map(|_| Decimal),
    };
    let sign = operation.sign();
    result.ok_or_else(|| format!("`{sign}` between {left} and {right}"))
}

fn compare(
    comparison: Comparison,
    left: &PropertyType,
    right: &PropertyType,
) -> Result<PropertyType, String> {
    let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    let booleans = *left == PropertyType::Boolean && *right == PropertyType::Boolean;
    if joined(left, right).is_some() || (equality && booleans) {
        Ok(PropertyType::Boolean)
    } else {
        Err(format!("{left} is compared with {right}"))
    }
}

fn common(
    parts: &[Node],
    by: &str,
    mut of: impl FnMut(&Node) -> Result<PropertyType, String>,
) -> Result<PropertyType, String> {
    let mut common: Option<PropertyType> = None;
    for part in parts {
        let found = amount(of(part)?, by)?;
        common = Some(match common {
            None => found,
            Some(before) => {
                joined(&before, &found).ok_or_else(|| format!("`{by}` of {before} and {found}"))?
            }
        });
    }
    common.ok_or_else(|| format!("`{by}` of nothing"))
}
