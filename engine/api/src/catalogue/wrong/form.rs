//! Values of forms, and what of them is lost.

use engine_core::{
    expression::Uncalculated,
    ids::PropertyName,
    rejection::{Lost, WrongValue},
    value::Value,
};

use super::{Clause, beside, of};
use crate::catalogue::{Names, alternatives, properties, value::number};

const ON_THE_CLOCK: &str =
    "says how long this lasts, and cannot be in working days: use hours or days, such as 8h or 3d";
const NOT_ATTACHED: &str = "names a file that is not attached to the request: attach it first, to a draft where it is not submitted yet";

impl Names<'_> {
    pub(super) fn wrong_value(&self, wrong: &WrongValue) -> Clause {
        of(match wrong {
            WrongValue::Missing => "is not filled in, and is required".to_owned(),
            WrongValue::Calculated => "is calculated by itself: leave it out".to_owned(),
            WrongValue::CalculatedFromMissing { missing } => {
                format!("is calculated from what is not filled in: {}", properties(missing))
            }
            WrongValue::NotCalculated { from, why } => not_calculated(from, *why),
            WrongValue::Negative { money } => {
                format!("is {}, and must not be negative", self.value(&Value::Money(money.clone())))
            }
            WrongValue::BelowLeast { value, least } => self.beyond(value, not_below(value), least),
            WrongValue::AboveMost { value, most } => self.beyond(value, not_above(value), most),
            WrongValue::NoRate { value } => format!(
                "is {}, for which there is no exchange rate: use another currency, or ask an administrator to add the rate",
                self.value(value)
            ),
            WrongValue::OtherUnit { value, bound } => format!(
                "is {}, which cannot be compared with the {} that the rule has here: use the same unit",
                self.value(value),
                self.value(bound)
            ),
            WrongValue::NotOnTheClock => ON_THE_CLOCK.to_owned(),
            WrongValue::NotUnder { node, top } => format!(
                "is {}, which is not within {}: choose a place there",
                self.node(node),
                self.node(top)
            ),
            WrongValue::NotAChoice { found, among } => {
                format!("cannot be “{found}”: {}", choose(among))
            }
            WrongValue::NotAttached { .. } => NOT_ATTACHED.to_owned(),
        })
    }

    fn beyond(&self, value: &Value, must: &str, bound: &Value) -> String {
        format!("is {}, and must {must} {}", self.value(value), self.value(bound))
    }

    pub(super) fn lost(&self, lost: &Lost) -> Clause {
        match lost {
            Lost::NotInForm => beside("the rule does not ask for it any more"),
            Lost::NotThere { value } => of(format!("named {}", self.value(value))),
            Lost::NotAChoice { found, among } => {
                beside(format!("“{found}” is not a choice any more; {}", choose(among)))
            }
            Lost::OfOldRequest => of("belongs to the old request; attach it to the new one"),
            Lost::NotAhead => of("is not in the future any more"),
        }
    }
}

fn choose(among: &[String]) -> String {
    if among.is_empty() {
        return "there is nothing that you may choose; leave it out, or ask an administrator"
            .to_owned();
    }
    let among: Vec<String> = among.iter().map(|choice| choice.replace(['_', '-'], " ")).collect();
    format!("choose {}", alternatives(&among))
}

fn not_below(value: &Value) -> &'static str {
    if is_time(value) { "not be before" } else { "be at least" }
}

fn not_above(value: &Value) -> &'static str {
    if is_time(value) { "not be after" } else { "be at most" }
}

fn is_time(value: &Value) -> bool {
    matches!(value, Value::Date(_) | Value::Timestamp(_))
}

/// FIN-23
fn not_calculated(from: &[PropertyName], why: Uncalculated) -> String {
    let of = if from.is_empty() { String::new() } else { format!(" from {}", properties(from)) };
    let why = match why {
        Uncalculated::ByZero => {
            "that would divide by zero; change what it is calculated from".to_owned()
        }
        Uncalculated::Currencies(a, b) => {
            format!("that would mix {a} and {b}; use amounts of one currency")
        }
        Uncalculated::NoRate(currency) => format!(
            "there is no exchange rate for {currency}; use another currency, or ask an administrator to add the rate"
        ),
        Uncalculated::TooLarge { most } => {
            format!("the result is beyond {}; use smaller numbers", number(&most))
        }
        Uncalculated::TooManyDigits { most } => {
            format!("the result has more than {most} digits before the point; use smaller numbers")
        }
        Uncalculated::TooManyPlaces { most } => format!(
            "the result has more than {most} digits after the point; ask an administrator to have the rule round it"
        ),
        Uncalculated::Types => {
            "the rule calculates with what does not go together; tell an administrator".to_owned()
        }
    };
    format!("cannot be calculated{of}: {why}")
}
