//! Calculated properties: a small typed language over a form's other properties (FIN-23).
//!
//! An expression is read and typed once, when the rule is published, and is worked out without
//! rounding but for divisions and `round`, which go half to even (FIN-15). It is not a script: it
//! always ends, asks nobody, and its result is a value or the reason why there is none.

mod check;
mod evaluate;
mod exact;
mod lex;
mod parse;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    ids::PropertyName,
    money::{Currency, Money, Rates},
    value::{PropertyType, Value},
};
use exact::Exact;
use serde::{Deserialize, Serialize};

/// The longest expression, in bytes.
pub const MAX_EXPRESSION: usize = 1_000;
/// How deep its parts may be nested.
pub const MAX_EXPRESSION_DEPTH: usize = 32;

/// An expression that was read and typed.
#[derive(Clone, Debug)]
pub struct Expression {
    root: Node,
    of: PropertyType,
    uses: Uses,
}

/// What an expression looks at.
#[derive(Clone, Debug, Default)]
struct Uses {
    properties: BTreeSet<PropertyName>,
    /// Lists whose sum is zero when they are empty; that of money has no currency then.
    lists_of_numbers: BTreeSet<PropertyName>,
    currencies: BTreeSet<Currency>,
}

impl Expression {
    /// Reads an expression over properties of these types.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence: where it cannot be read, which name is unknown, which
    /// types do not go together.
    pub fn read(text: &str, types: &BTreeMap<PropertyName, PropertyType>) -> Result<Self, String> {
        let root = parse::parse(text)?;
        let mut uses = Uses::default();
        let of = check::type_of(&root, types, &mut uses)?;
        Ok(Self { root, of, uses })
    }

    /// The type of its result: number, decimal, money or boolean.
    #[must_use]
    pub fn of(&self) -> &PropertyType {
        &self.of
    }

    /// The properties that it looks at.
    #[must_use]
    pub fn uses(&self) -> &BTreeSet<PropertyName> {
        &self.uses.properties
    }

    /// The currencies of the amounts written in it.
    #[must_use]
    pub fn currencies(&self) -> &BTreeSet<Currency> {
        &self.uses.currencies
    }

    /// Its value of type `of`; none where a property that it needs is absent. Amounts of different
    /// currencies compare through the rates (DIR-7).
    ///
    /// # Errors
    /// Why there is no value.
    pub fn evaluate(
        &self,
        of: &PropertyType,
        values: &BTreeMap<PropertyName, Value>,
        rates: Option<&Rates>,
    ) -> Result<Option<Value>, Uncalculated> {
        evaluate::evaluate(&self.root, &self.uses, of, values, rates)
    }
}

/// Why an expression has no value (FIN-23).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Uncalculated {
    /// A division by zero.
    ByZero,
    /// Amounts of two currencies that would have to be one.
    Currencies(Currency, Currency),
    /// Amounts of two currencies are compared, and one has no rate (DIR-7).
    NoRate(Currency),
    /// A number that must be whole is beyond what is exact everywhere.
    TooLarge {
        /// The largest, whatever its sign.
        most: i64,
    },
    /// More digits before the point than a value has (FIN-15).
    TooManyDigits {
        /// So many may be.
        most: u32,
    },
    /// More places after the point than a value has, and nothing says where to round (FIN-15).
    TooManyPlaces {
        /// So many may be.
        most: u32,
    },
    /// Types that do not go together, which publishing would have refused.
    Types,
}

/// A part of an expression.
#[derive(Clone, Debug)]
enum Node {
    Number(Exact),
    Money(Money),
    Boolean(bool),
    Property(PropertyName),
    Negative(Box<Node>),
    Binary(Operation, Box<Node>, Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    Not(Box<Node>),
    Both(Box<Node>, Box<Node>),
    Either(Box<Node>, Box<Node>),
    Least(Vec<Node>),
    Greatest(Vec<Node>),
    Round(Box<Node>, u32),
    Sum(PropertyName),
    If(Box<Node>, Box<Node>, Box<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Operation {
    fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}
