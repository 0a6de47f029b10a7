//! Expressions as rational numbers: numerator over denominator, worked out as at school.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use proptest::prelude::*;
use rust_decimal::Decimal;

/// A rational number; the denominator is above zero.
#[derive(Clone, Debug)]
pub(super) struct Fraction {
    above: BigInt,
    below: BigInt,
}

impl PartialEq for Fraction {
    fn eq(&self, other: &Self) -> bool {
        &self.above * &other.below == &other.above * &self.below
    }
}

impl From<Decimal> for Fraction {
    fn from(value: Decimal) -> Self {
        Self { above: value.mantissa().into(), below: BigInt::from(10).pow(value.scale()) }
    }
}

impl Fraction {
    fn new(above: BigInt, below: BigInt) -> Self {
        if below < BigInt::from(0) {
            Self { above: -above, below: -below }
        } else {
            Self { above, below }
        }
    }

    fn less(&self, other: &Self) -> bool {
        &self.above * &other.below < &other.above * &self.below
    }

    /// Counts from the whole number below: how far is it, and is that more than half?
    fn rounded(&self, places: u32) -> Self {
        let ten = BigInt::from(10).pow(places);
        let above = &self.above * &ten;
        let mut floor = &above / &self.below;
        if &floor * &self.below > above {
            floor -= 1;
        }
        let twice = (&above - &floor * &self.below) * 2;
        let is_odd = &floor % 2 != BigInt::from(0);
        if twice > self.below || (twice == self.below && is_odd) {
            floor += 1;
        }
        Self { above: floor, below: ten }
    }

    /// FIN-15: at most 18 places before and 9 after the point.
    pub(super) fn bounded(self) -> Option<Self> {
        let fits = self.rounded(9) == self;
        let limit = BigInt::from(10).pow(18) * &self.below;
        (fits && self.above < limit && -&self.above < limit).then_some(self)
    }
}

/// An expression over decimals.
#[derive(Clone, Debug)]
pub(super) enum Tree {
    Literal(Decimal),
    Property(&'static str),
    Negative(Box<Tree>),
    Binary(char, Box<Tree>, Box<Tree>),
    Least(Vec<Tree>),
    Greatest(Vec<Tree>),
    Round(Box<Tree>, u32),
    If(Box<Tree>, Box<Tree>, Box<Tree>, Box<Tree>),
}

impl Tree {
    /// As people would write it.
    pub(super) fn text(&self) -> String {
        let list = |parts: &[Self]| parts.iter().map(Self::text).collect::<Vec<_>>().join(", ");
        match self {
            Self::Literal(value) => value.to_string(),
            Self::Property(name) => (*name).to_owned(),
            Self::Negative(inner) => format!("-({})", inner.text()),
            Self::Binary(sign, left, right) => format!("({} {sign} {})", left.text(), right.text()),
            Self::Least(parts) => format!("min({})", list(parts)),
            Self::Greatest(parts) => format!("max({})", list(parts)),
            Self::Round(inner, places) => format!("round({}, {places})", inner.text()),
            Self::If(left, right, then, otherwise) => {
                let condition = format!("{} < {}", left.text(), right.text());
                format!("if({condition}, {}, {})", then.text(), otherwise.text())
            }
        }
    }

    /// None for a division by zero.
    pub(super) fn value(&self, values: &BTreeMap<&'static str, Decimal>) -> Option<Fraction> {
        let pick = |parts: &[Self], is_better: fn(&Fraction, &Fraction) -> bool| {
            let parts: Option<Vec<Fraction>> = parts.iter().map(|p| p.value(values)).collect();
            parts?.into_iter().reduce(|a, b| if is_better(&b, &a) { b } else { a })
        };
        match self {
            Self::Literal(value) => Some((*value).into()),
            Self::Property(name) => Some(values[name].into()),
            Self::Negative(inner) => inner.value(values).map(|f| Fraction::new(-f.above, f.below)),
            Self::Binary(sign, left, right) => {
                operate(*sign, &left.value(values)?, &right.value(values)?)
            }
            Self::Least(parts) => pick(parts, Fraction::less),
            Self::Greatest(parts) => pick(parts, |a, b| b.less(a)),
            Self::Round(inner, places) => inner.value(values).map(|f| f.rounded(*places)),
            Self::If(left, right, then, otherwise) => {
                if left.value(values)?.less(&right.value(values)?) {
                    then.value(values)
                } else {
                    otherwise.value(values)
                }
            }
        }
    }
}

fn operate(sign: char, a: &Fraction, b: &Fraction) -> Option<Fraction> {
    let below = &a.below * &b.below;
    Some(match sign {
        '+' => Fraction::new(&a.above * &b.below + &b.above * &a.below, below),
        '-' => Fraction::new(&a.above * &b.below - &b.above * &a.below, below),
        '*' => Fraction::new(&a.above * &b.above, below),
        _ if b.above == BigInt::from(0) => return None,
        _ => Fraction::new(&a.above * &b.below, &a.below * &b.above).rounded(9),
    })
}

fn decimal() -> impl Strategy<Value = Decimal> {
    let digits = prop_oneof![0_i64..20, 0_i64..1_000_000, 0_i64..1_000_000_000_000_000_000];
    (digits, 0_u32..=9).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

/// What the properties are.
pub(super) fn values() -> impl Strategy<Value = BTreeMap<&'static str, Decimal>> {
    (decimal(), decimal(), any::<bool>()).prop_map(|(a, b, is_negative)| {
        BTreeMap::from([("a", a), ("b", if is_negative { -b } else { b })])
    })
}

/// Any expression.
pub(super) fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        decimal().prop_map(Tree::Literal),
        prop::sample::select(vec!["a", "b"]).prop_map(Tree::Property),
    ];
    leaf.prop_recursive(5, 24, 3, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let several = prop::collection::vec(inner, 1..4);
        prop_oneof![
            4 => (prop::sample::select(vec!['+', '-', '*', '/']), boxed.clone(), boxed.clone())
                .prop_map(|(sign, a, b)| Tree::Binary(sign, a, b)),
            1 => boxed.clone().prop_map(Tree::Negative),
            1 => several.clone().prop_map(Tree::Least),
            1 => several.prop_map(Tree::Greatest),
            2 => (boxed.clone(), 0_u32..=9).prop_map(|(a, places)| Tree::Round(a, places)),
            1 => (boxed.clone(), boxed.clone(), boxed.clone(), boxed)
                .prop_map(|(a, b, c, d)| Tree::If(a, b, c, d)),
        ]
    })
}
