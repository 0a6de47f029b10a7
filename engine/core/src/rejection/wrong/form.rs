//! Values of forms, and what of them is lost.

use serde::{Deserialize, Serialize};

use crate::{
    expression::Uncalculated,
    ids::{NodeId, PropertyName},
    money::Money,
    value::Value,
};

/// What is wrong with a value of a form (REQ-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrongValue {
    /// Required, and not filled in (REQ-2).
    Missing,
    /// Given, though it is calculated (FIN-23).
    Calculated,
    /// Required, and calculated from what is not filled in (FIN-23).
    CalculatedFromMissing {
        /// What is not filled in.
        missing: Vec<PropertyName>,
    },
    /// What it is calculated from gives no value (FIN-23).
    NotCalculated {
        /// What it is calculated from.
        from: Vec<PropertyName>,
        /// Why there is none.
        why: Uncalculated,
    },
    /// An amount of money below zero (DIR-7).
    Negative {
        /// Which.
        money: Money,
    },
    /// Below what the form allows (REQ-2).
    BelowLeast {
        /// What was found.
        value: Value,
        /// What is the least.
        least: Value,
    },
    /// Above what the form allows (REQ-2).
    AboveMost {
        /// What was found.
        value: Value,
        /// What is the most.
        most: Value,
    },
    /// The form has a bound, and there is no exchange rate to hold it against (DIR-7).
    NoRate {
        /// What was found.
        value: Value,
    },
    /// The form has a bound in another unit, such as days on the clock for business days (DUE-1).
    OtherUnit {
        /// What was found.
        value: Value,
        /// The bound.
        bound: Value,
    },
    /// How long a grant lasts, in business days (EXE-6b).
    NotOnTheClock,
    /// Not in the part of the tree that the form names (DIR-5).
    NotUnder {
        /// What was found.
        node: NodeId,
        /// The top of that part.
        top: NodeId,
    },
    /// None of the choices that this requester has (DIR-6).
    NotAChoice {
        /// What was found.
        found: String,
        /// What there is.
        among: Vec<String>,
    },
    /// No attachment of the request has this content (DIR-6, REQ-9).
    NotAttached {
        /// The SHA-256 of the content.
        sha256: String,
    },
}

/// Why something was not taken over from an ended request (REQ-5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lost {
    /// The form does not ask for it any more (REQ-5).
    NotInForm,
    /// It was removed from the directory (REQ-5).
    NotThere {
        /// What.
        value: Value,
    },
    /// No choice any more (REQ-5).
    NotAChoice {
        /// What was chosen.
        found: String,
        /// What there is.
        among: Vec<String>,
    },
    /// A file belongs to the request that it was attached to (REQ-5, REQ-9).
    OfOldRequest,
    /// A time that has passed since (REQ-5).
    NotAhead,
}
