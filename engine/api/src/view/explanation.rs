//! Who decides, who is asked, and why not somebody else (ELG-2).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ConditionView;
use crate::problem::Said;

/// Where a request stands, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExplanationView {
    /// As in the request.
    pub status: String,
    /// Why it cannot go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
    /// The logins of those who can decide now; empty where nobody can. Of this page, as all lists of people
    /// here (FIN-25).
    pub decision_makers: Vec<String>,
    /// The route criteria: met, unmet or undecided.
    pub criteria: String,
    /// What decided the criteria.
    pub criteria_reasons: Vec<String>,
    /// The route criteria as a tree, with the values seen (CND-4).
    #[serde(default)]
    pub criteria_tree: ConditionView,
    /// In the rule's order.
    pub steps: Vec<StepPeople>,
    /// Where the lists of people go on; absent where they end here (FIN-25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// About the person that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonView>,
}

/// A step: who decides it, or will be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StepPeople {
    /// The step.
    pub id: String,
    /// Shown to people.
    pub title: String,
    /// `waiting`, `skipped`, `active` or `complete`.
    pub state: String,
    /// Logins.
    pub people: Vec<String>,
    /// Who fills which seat.
    pub seats: Vec<SeatFilled>,
    /// Why the step applies or not.
    pub why: Vec<String>,
    /// The condition of the step as a tree: as it was when the step was skipped, else as things are.
    /// Absent where the step has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<ConditionView>,
    /// Of a step that is being decided or waits: what its assignments ask for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<AssignmentConditions>,
}

/// What an assignment asks for before it makes seats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AssignmentConditions {
    /// Which.
    pub assignment: String,
    /// Its permissions as a tree, with the values seen (CND-4).
    pub permissions: ConditionView,
}

/// A seat and who fills it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeatFilled {
    /// The assignment that made it.
    pub assignment: String,
    /// The login; absent where it is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// What a person can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonView {
    /// Who.
    pub login: String,
    /// Whether they see the request.
    pub visible: bool,
    /// Whether they can approve now.
    pub can_approve: bool,
    /// Whether they can decide at all.
    pub can_decide: bool,
    /// Everything that keeps them from it, in words.
    pub unmet: Vec<Said>,
    /// What they can do, by the names of commands.
    pub allowed: Vec<String>,
}
