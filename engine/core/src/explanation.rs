//! Why a condition held or did not (CND-4). Codes and typed arguments; sentences are made at the edge.

use serde::{Deserialize, Serialize};

use crate::{
    extension::{FailureClass, Message},
    money::Currency,
    rule::Path,
    value::Value,
};

/// What a condition came to (CND-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds.
    Met,
    /// It does not hold.
    Unmet,
    /// Nobody can say: something failed, or a rate is missing. Never opens a door.
    Undecided,
}

/// A condition with what was seen, and its parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// What it came to.
    pub outcome: Outcome,
    /// Why.
    pub ground: Ground,
    /// For `all`, `any` and `not`: of what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Explanation>,
}

/// What was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// No condition.
    Always,
    /// All parts must hold.
    All,
    /// One part must hold.
    Any,
    /// The part must not hold.
    Not,
    /// A property was compared.
    Test {
        /// Which.
        path: Path,
        /// With which operator of CND-2.
        operator: String,
        /// What it was compared to.
        wanted: Vec<Value>,
        /// What it was; none where it is absent.
        seen: Option<Value>,
    },
    /// Two currencies without a rate (DIR-7).
    MissingRate {
        /// The property compared.
        path: Path,
        /// The currency without a rate.
        currency: Currency,
    },
    /// Two types that do not compare.
    Incomparable {
        /// The property compared.
        path: Path,
        /// What it was.
        seen: Value,
    },
    /// A script or plugin answered.
    Extension {
        /// Its name.
        name: String,
        /// What it says to the person, where unmet.
        message: Option<Message>,
    },
    /// A script or plugin gave no answer.
    Failed {
        /// Its name.
        name: String,
        /// What kind of failure.
        class: FailureClass,
        /// One sentence.
        message: String,
    },
}

impl Explanation {
    /// A condition without parts.
    #[must_use]
    pub fn leaf(outcome: Outcome, ground: Ground) -> Self {
        Self { outcome, ground, parts: Vec::new() }
    }

    /// No condition at all: met.
    #[must_use]
    pub fn always() -> Self {
        Self::leaf(Outcome::Met, Ground::Always)
    }

    /// `all`: unmet if any part is, else undecided if any is (CND-3).
    #[must_use]
    pub fn all(parts: Vec<Self>) -> Self {
        let outcome = if parts.iter().any(|part| part.outcome == Outcome::Unmet) {
            Outcome::Unmet
        } else if parts.iter().any(|part| part.outcome == Outcome::Undecided) {
            Outcome::Undecided
        } else {
            Outcome::Met
        };
        Self { outcome, ground: Ground::All, parts }
    }

    /// `any`: met if any part is, else undecided if any is (CND-3).
    #[must_use]
    pub fn any(parts: Vec<Self>) -> Self {
        let outcome = if parts.iter().any(|part| part.outcome == Outcome::Met) {
            Outcome::Met
        } else if parts.iter().any(|part| part.outcome == Outcome::Undecided) {
            Outcome::Undecided
        } else {
            Outcome::Unmet
        };
        Self { outcome, ground: Ground::Any, parts }
    }

    /// `not`: undecided stays undecided (CND-3).
    #[must_use]
    pub fn negated(part: Self) -> Self {
        let outcome = match part.outcome {
            Outcome::Met => Outcome::Unmet,
            Outcome::Unmet => Outcome::Met,
            Outcome::Undecided => Outcome::Undecided,
        };
        Self { outcome, ground: Ground::Not, parts: vec![part] }
    }

    /// Whether the condition holds.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.outcome == Outcome::Met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(outcome: Outcome) -> Explanation {
        Explanation::leaf(outcome, Ground::Always)
    }

    /// CND-3: the truth tables of the third value.
    #[test]
    fn undecided_never_opens_a_door() {
        use Outcome::{Met, Undecided, Unmet};
        let table = [
            (Met, Met, Met, Met),
            (Met, Unmet, Unmet, Met),
            (Met, Undecided, Undecided, Met),
            (Unmet, Unmet, Unmet, Unmet),
            (Unmet, Undecided, Unmet, Undecided),
            (Undecided, Undecided, Undecided, Undecided),
        ];
        for (a, b, all, any) in table {
            for (a, b) in [(a, b), (b, a)] {
                assert_eq!(Explanation::all(vec![leaf(a), leaf(b)]).outcome, all, "{a:?} {b:?}");
                assert_eq!(Explanation::any(vec![leaf(a), leaf(b)]).outcome, any, "{a:?} {b:?}");
            }
        }
        assert_eq!(Explanation::negated(leaf(Undecided)).outcome, Undecided);
        assert_eq!(Explanation::all(vec![]).outcome, Met);
        assert_eq!(Explanation::any(vec![]).outcome, Unmet);
    }
}
