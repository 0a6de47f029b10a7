//! Decimals of any length, so that nothing is rounded on the way to a result.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};
use rust_decimal::Decimal;

use super::Uncalculated;
use crate::money::{MAX_INTEGER_DIGITS, MAX_SCALE, half_even};

/// `mantissa / 10^scale`.
#[derive(Clone, Debug)]
pub(super) struct Exact {
    mantissa: BigInt,
    scale: u32,
}

impl From<Decimal> for Exact {
    fn from(value: Decimal) -> Self {
        Self { mantissa: value.mantissa().into(), scale: value.scale() }
    }
}

impl From<i64> for Exact {
    fn from(value: i64) -> Self {
        Self { mantissa: value.into(), scale: 0 }
    }
}

impl Exact {
    pub(super) fn is_zero(&self) -> bool {
        self.mantissa.sign() == Sign::NoSign
    }

    pub(super) fn is_whole(&self) -> bool {
        self.scale == 0
    }

    pub(super) fn negated(self) -> Self {
        Self { mantissa: -self.mantissa, scale: self.scale }
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        let scale = self.scale.max(other.scale);
        Self { mantissa: self.at(scale) + other.at(scale), scale }
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        self.plus(&other.clone().negated())
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        let scale = self.scale.saturating_add(other.scale);
        Self { mantissa: &self.mantissa * &other.mantissa, scale }
    }

    /// Rounded half to even to 9 places (FIN-15); none for a division by zero.
    pub(super) fn over(&self, other: &Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        let above = &self.mantissa * ten_to(other.scale.saturating_add(MAX_SCALE));
        let below = &other.mantissa * ten_to(self.scale);
        let quotient = Self { mantissa: half_even(&above, &below), scale: MAX_SCALE };
        Some(quotient.shortened(self.scale.max(other.scale)))
    }

    /// Rounded half to even to so many places.
    pub(super) fn rounded(&self, places: u32) -> Self {
        match self.scale.checked_sub(places) {
            None | Some(0) => self.clone(),
            Some(too_many) => {
                Self { mantissa: half_even(&self.mantissa, &ten_to(too_many)), scale: places }
            }
        }
    }

    pub(super) fn order(&self, other: &Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        self.at(scale).cmp(&other.at(scale))
    }

    /// Within the bounds of FIN-15, or what is beyond them.
    pub(super) fn bounded(&self) -> Result<Decimal, Uncalculated> {
        let shortened = self.shortened(MAX_SCALE);
        if shortened.scale > MAX_SCALE {
            return Err(Uncalculated::TooManyPlaces { most: MAX_SCALE });
        }
        let limit = ten_to(MAX_INTEGER_DIGITS.saturating_add(shortened.scale));
        let too_many = Uncalculated::TooManyDigits { most: MAX_INTEGER_DIGITS };
        if *shortened.mantissa.magnitude() >= *limit.magnitude() {
            return Err(too_many);
        }
        let mantissa = i128::try_from(&shortened.mantissa).map_err(|_| too_many)?;
        Decimal::try_from_i128_with_scale(mantissa, shortened.scale).map_err(|_| too_many)
    }

    /// The same value without zeros at its end, as far as `least` places.
    fn shortened(&self, least: u32) -> Self {
        let ten = BigInt::from(10);
        let mut short = self.clone();
        while short.scale > least && (&short.mantissa % &ten).sign() == Sign::NoSign {
            short.mantissa /= &ten;
            short.scale -= 1;
        }
        short
    }

    fn at(&self, scale: u32) -> BigInt {
        &self.mantissa * ten_to(scale.saturating_sub(self.scale))
    }
}

fn ten_to(power: u32) -> BigInt {
    BigInt::from(10).pow(power)
}
