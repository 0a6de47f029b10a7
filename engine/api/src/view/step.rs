//! A step of a request as people see it: its seats and decisions.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine_core::{
    ids::UserId,
    request::{Decision, OpenStep, Seat, SeatId, StepRecord, StepState},
    rule::definition::QuorumDoc,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{catalogue::Names, command::DecisionWord};

/// A step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StepView {
    /// The rule's step.
    pub id: String,
    /// Shown to people.
    pub title: String,
    /// `waiting`, `skipped`, `active`, `paused` or `complete`.
    pub state: String,
    /// When it came to its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// Until when it should be decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime<Utc>>,
    /// Why it was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// When it is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<String>,
    /// Its seats, once it was active.
    pub seats: Vec<SeatView>,
    /// Oldest first.
    pub decisions: Vec<DecisionView>,
}

/// A seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeatView {
    /// The assignment that made it.
    pub assignment: String,
    /// Who may fill it, in words.
    pub who: String,
    /// The logins of those who could when the step began.
    pub people: Vec<String>,
    /// The login of who added it by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_by: Option<String>,
    /// The login of who fills it, once the step is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled_by: Option<String>,
    /// Why nobody could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<String>,
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecisionView {
    /// The login of who decided.
    pub by: String,
    /// What.
    pub decision: DecisionWord,
    /// Why.
    pub comment: String,
    /// What the approver is concerned about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concern: Option<String>,
    /// The login of the one for whom they stood in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
    /// The step whose approval counts here too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_from: Option<String>,
    /// The resources of the items that were granted, where not all were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// Of which revision.
    pub revision: u32,
}

impl StepView {
    pub(super) fn new(record: &StepRecord, names: &Names<'_>) -> Self {
        let title = names.rule().and_then(|rule| rule.step(&record.id));
        let mut view = Self {
            id: record.id.to_string(),
            title: title.map_or_else(|| record.id.to_string(), |step| step.title.clone()),
            state: String::new(),
            since: None,
            due: None,
            why: None,
            quorum: None,
            seats: Vec::new(),
            decisions: Vec::new(),
        };
        match &record.state {
            StepState::Waiting => view.state = "waiting".to_owned(),
            StepState::Skipped { at, why } => {
                view.state = "skipped".to_owned();
                view.since = Some(*at);
                view.why = Some(names.skipped(&record.id, why));
            }
            StepState::Active(open) => view.open("active", open, &BTreeMap::new(), names),
            StepState::Paused(open) => view.open("paused", open, &BTreeMap::new(), names),
            StepState::Complete { at, step, filled } => {
                view.open("complete", step, filled, names);
                view.since = Some(*at);
            }
        }
        view
    }

    fn open(
        &mut self,
        state: &str,
        open: &OpenStep,
        filled: &BTreeMap<SeatId, UserId>,
        names: &Names<'_>,
    ) {
        let seat = |seat: &Seat| SeatView {
            assignment: seat.assignment.to_string(),
            who: names.seat_of(seat),
            added_by: seat.added_by.as_ref().map(|id| names.login(id)),
            people: seat.people.iter().map(|id| names.login(id)).collect(),
            filled_by: filled.get(&seat.id).map(|id| names.login(id)),
            empty: seat.empty.as_ref().map(|why| names.empty_because(why)),
        };
        state.clone_into(&mut self.state);
        self.since = Some(open.since);
        self.due = open.due.as_ref().map(|due| due.at);
        self.quorum = Some(quorum(&open.quorum));
        self.seats = open.seats.iter().map(seat).collect();
        self.decisions = open.decisions.iter().map(|d| DecisionView::new(d, names)).collect();
    }
}

impl DecisionView {
    fn new(decision: &Decision, names: &Names<'_>) -> Self {
        Self {
            by: names.login(&decision.by),
            decision: decision.choice.into(),
            comment: decision.comment.clone(),
            concern: decision.concern.clone(),
            on_behalf_of: decision.on_behalf_of.as_ref().map(|id| names.login(id)),
            carried_from: decision.carried_from.as_ref().map(ToString::to_string),
            items: decision.items.iter().flatten().map(ToString::to_string).collect(),
            at: decision.at,
            revision: decision.revision,
        }
    }
}

fn quorum(quorum: &QuorumDoc) -> String {
    match quorum {
        QuorumDoc::Any => "one seat filled".to_owned(),
        QuorumDoc::All => "every seat filled".to_owned(),
        QuorumDoc::AtLeast(n) => format!("at least {n} seats filled"),
        QuorumDoc::Paths(paths) => {
            let path = |path: &Vec<engine_core::ids::AssignmentId>| {
                path.iter().map(ToString::to_string).collect::<Vec<_>>().join(" + ")
            };
            format!(
                "every seat filled of {}",
                paths.iter().map(path).collect::<Vec<_>>().join(" or ")
            )
        }
    }
}
