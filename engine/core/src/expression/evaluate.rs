//! The value of an expression.

use std::{cmp::Ordering, collections::BTreeMap};

use super::{Comparison, Exact, Node, Operation, Uncalculated, Uses};
use crate::{
    ids::PropertyName,
    money::{Currency, Money, Rates, rate},
    value::{MAX_NUMBER, PropertyType, Value},
};

/// A value on the way. The types were checked before: what does not fit is told all the same.
#[derive(Clone, Debug)]
enum Item {
    Number(Exact),
    Money(Exact, Currency),
    Boolean(bool),
}

struct Scope<'a> {
    uses: &'a Uses,
    values: &'a BTreeMap<PropertyName, Value>,
    rates: Option<&'a Rates>,
}

/// A value, none where a property is absent, or why there is no value.
type Found = Result<Option<Item>, Uncalculated>;

pub(super) fn evaluate(
    root: &Node,
    uses: &Uses,
    of: &PropertyType,
    values: &BTreeMap<PropertyName, Value>,
    rates: Option<&Rates>,
) -> Result<Option<Value>, Uncalculated> {
    match (Scope { uses, values, rates }).value(root)? {
        None => Ok(None),
        Some(item) => finished(item, of).map(Some),
    }
}

fn finished(item: Item, of: &PropertyType) -> Result<Value, Uncalculated> {
    match (item, of) {
        (Item::Boolean(value), _) => Ok(Value::Boolean(value)),
        (Item::Money(amount, currency), _) => {
            Ok(Value::Money(Money { amount: amount.bounded()?, currency }))
        }
        (Item::Number(number), PropertyType::Number) => {
            let number = i64::try_from(number.rounded(0).bounded()?.mantissa()).ok();
            match number.filter(|number| number.abs() <= MAX_NUMBER) {
                Some(number) => Ok(Value::Number(number)),
                None => Err(Uncalculated::TooLarge { most: MAX_NUMBER }),
            }
        }
        (Item::Number(number), _) => Ok(Value::Decimal(number.bounded()?)),
    }
}

impl Scope<'_> {
    fn value(&self, node: &Node) -> Found {
        match node {
            Node::Number(number) => Ok(Some(Item::Number(number.clone()))),
            Node::Money(money) => Ok(Some(item_of_money(money))),
            Node::Boolean(value) => Ok(Some(Item::Boolean(*value))),
            Node::Property(name) => self.values.get(name).map(item).transpose(),
            Node::Negative(inner) => self.map(inner, |item| match item {
                Item::Number(number) => Ok(Item::Number(number.negated())),
                Item::Money(amount, currency) => Ok(Item::Money(amount.negated(), currency)),
                Item::Boolean(_) => Err(Uncalculated::Types),
            }),
            Node::Round(inner, places) => self.map(inner, |item| match item {
                Item::Number(number) => Ok(Item::Number(number.rounded(*places))),
                Item::Money(amount, currency) => Ok(Item::Money(amount.rounded(*places), currency)),
                Item::Boolean(_) => Err(Uncalculated::Types),
            }),
            Node::Binary(operation, left, right) => {
                self.pair(left, right, |left, right| operate(*operation, left, right))
            }
            Node::Compare(comparison, left, right) => self.pair(left, right, |left, right| {
                let order = self.order(&left, &right)?;
                Ok(Item::Boolean(holds(*comparison, order)))
            }),
            Node::Not(inner) => self.map(inner, |item| Ok(Item::Boolean(!truth(&item)?))),
            Node::Both(left, right) => self.either(left, right, false),
            Node::Either(left, right) => self.either(left, right, true),
            Node::Least(parts) => self.extreme(parts, Ordering::Less),
            Node::Greatest(parts) => self.extreme(parts, Ordering::Greater),
            Node::Sum(name) => self.sum(name),
            Node::If(condition, then, otherwise) => match self.value(condition)? {
                None => Ok(None),
                Some(item) => self.value(if truth(&item)? { then } else { otherwise }),
            },
        }
    }

    fn map(&self, node: &Node, with: impl FnOnce(Item) -> Result<Item, Uncalculated>) -> Found {
        self.value(node)?.map(with).transpose()
    }

    fn pair(
        &self,
        left: &Node,
        right: &Node,
        with: impl FnOnce(Item, Item) -> Result<Item, Uncalculated>,
    ) -> Found {
        match (self.value(left)?, self.value(right)?) {
            (Some(left), Some(right)) => with(left, right).map(Some),
            (None, _) | (_, None) => Ok(None),
        }
    }

    /// `or` ends with the first that is true, `and` with the first that is false.
    fn either(&self, left: &Node, right: &Node, ends_with: bool) -> Found {
        match self.value(left)? {
            Some(item) if truth(&item)? == ends_with => Ok(Some(item)),
            Some(_) => self.value(right),
            None => Ok(None),
        }
    }

    fn extreme(&self, parts: &[Node], wanted: Ordering) -> Found {
        let mut best: Option<Item> = None;
        for part in parts {
            let Some(next) = self.value(part)? else { return Ok(None) };
            best = Some(match best {
                None => next,
                Some(best) if self.order(&next, &best)? == wanted => next,
                Some(best) => best,
            });
        }
        Ok(best)
    }

    /// The sum of an empty list of money has no currency: there is none.
    fn sum(&self, name: &PropertyName) -> Found {
        let Some(Value::List(values)) = self.values.get(name) else { return Ok(None) };
        let mut total: Option<Item> = None;
        for value in values {
            let next = item(value)?;
            total = Some(match total {
                None => next,
                Some(total) => operate(Operation::Add, total, next)?,
            });
        }
        let zero = || Item::Number(Exact::from(0));
        Ok(total.or_else(|| self.uses.lists_of_numbers.contains(name).then(zero)))
    }

    fn order(&self, left: &Item, right: &Item) -> Result<Ordering, Uncalculated> {
        match (left, right) {
            (Item::Number(left), Item::Number(right)) => Ok(left.order(right)),
            (Item::Money(left, a), Item::Money(right, b)) if a == b => Ok(left.order(right)),
            (Item::Money(left, a), Item::Money(right, b)) => {
                let in_base = |amount: &Exact, currency: Currency| {
                    let rate = rate(currency, self.rates)
                        .map_err(|missing| Uncalculated::NoRate(missing.0))?;
                    Ok::<Exact, Uncalculated>(amount.times(&rate.into()))
                };
                Ok(in_base(left, *a)?.order(&in_base(right, *b)?))
            }
            (Item::Boolean(left), Item::Boolean(right)) => Ok(left.cmp(right)),
            _ => Err(Uncalculated::Types),
        }
    }
}

fn item(value: &Value) -> Result<Item, Uncalculated> {
    match value {
        Value::Number(number) => Ok(Item::Number((*number).into())),
        Value::Decimal(decimal) => Ok(Item::Number((*decimal).into())),
        Value::Money(money) => Ok(item_of_money(money)),
        Value::Boolean(value) => Ok(Item::Boolean(*value)),
        _ => Err(Uncalculated::Types),
    }
}

fn item_of_money(money: &Money) -> Item {
    Item::Money(money.amount.into(), money.currency)
}

fn truth(item: &Item) -> Result<bool, Uncalculated> {
    match item {
        Item::Boolean(value) => Ok(*value),
        Item::Number(_) | Item::Money(..) => Err(Uncalculated::Types),
    }
}

fn operate(operation: Operation, left: Item, right: Item) -> Result<Item, Uncalculated> {
    let divided = |left: &Exact, right: &Exact| left.over(right).ok_or(Uncalculated::ByZero);
    match (left, right) {
        (Item::Number(left), Item::Number(right)) => Ok(Item::Number(match operation {
            Operation::Add => left.plus(&right),
            Operation::Subtract => left.minus(&right),
            Operation::Multiply => left.times(&right),
            Operation::Divide => divided(&left, &right)?,
        })),
        (Item::Money(left, a), Item::Money(right, b)) if a == b => match operation {
            Operation::Add => Ok(Item::Money(left.plus(&right), a)),
            Operation::Subtract => Ok(Item::Money(left.minus(&right), a)),
            Operation::Divide => Ok(Item::Number(divided(&left, &right)?)),
            Operation::Multiply => Err(Uncalculated::Types),
        },
        (Item::Money(_, a), Item::Money(_, b)) => Err(Uncalculated::Currencies(a, b)),
        (Item::Money(amount, currency), Item::Number(number)) => match operation {
            Operation::Multiply => Ok(Item::Money(amount.times(&number), currency)),
            Operation::Divide => Ok(Item::Money(divided(&amount, &number)?, currency)),
            Operation::Add | Operation::Subtract => Err(Uncalculated::Types),
        },
        (Item::Number(number), Item::Money(amount, currency))
            if operation == Operation::Multiply =>
        {
            Ok(Item::Money(number.times(&amount), currency))
        }
        _ => Err(Uncalculated::Types),
    }
}

fn holds(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}
