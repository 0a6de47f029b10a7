//! What a request has before its route: a draft's content, and a review (REQ-1, STP-13).

use serde::{Deserialize, Serialize};

use super::SeatWho;
use crate::{
    command::Submit,
    ids::{RequestId, UserId},
    rejection::FieldProblem,
};

/// What a draft holds: values as they came. They are read when it is submitted, by the version of the
/// rule that it is bound to then (RUL-2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// What would be submitted.
    pub submit: Submit,
    /// The ended request that it was made from (REQ-5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resubmits: Option<RequestId>,
    /// What of that one could not be taken over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<FieldProblem>,
}

/// Who reviews a request (STP-13), as resolved when the review began; membership is live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Any of these.
    pub reviewers: Vec<SeatWho>,
    /// Who could review then, for the history (FIN-18).
    pub people: Vec<UserId>,
}
