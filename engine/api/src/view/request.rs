//! A request as people see it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine_core::{
    ids::{PropertyName, StepId, UserId},
    rejection::Unmet,
    request::{Decision, OpenStep, Phase, Request, Seat, SeatId, StepRecord, StepState},
    rule::definition::QuorumDoc,
    value::Value,
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::{AttachmentView, ExecutionView};
use crate::{
    catalogue::Names,
    command::{DecisionWord, Precondition},
    problem::Said,
};

/// A request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RequestView {
    /// For ever.
    pub id: String,
    /// The rule that governs it.
    pub rule: String,
    /// The version it was submitted under.
    pub version: u32,
    /// What is asked for.
    pub kind: String,
    /// `pending`, `in_progress`, `approved`, `rejected`, `cancelled` or `expired`.
    pub status: String,
    /// Of `urgent`, `on_hold`, `blocked`, `overdue`.
    pub flags: Vec<String>,
    /// In the requester's words.
    pub title: String,
    /// In the requester's words.
    pub reason: String,
    /// The login of who asks.
    pub requester: String,
    /// The form's values, as literals.
    pub properties: BTreeMap<String, Json>,
    /// What is asked for, piece by piece.
    pub items: Vec<ItemView>,
    /// When it was submitted.
    pub submitted_at: DateTime<Utc>,
    /// Until when it waits for approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_expires: Option<DateTime<Utc>>,
    /// Until when an urgent request should be approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_due: Option<DateTime<Utc>>,
    /// The end of what is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<DateTime<Utc>>,
    /// Grows when what is asked for changes; part of the `ETag`.
    pub revision: u32,
    /// The step being decided; part of the `ETag`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_step: Option<String>,
    /// Why it cannot go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
    /// For urgent ones: what was done before anybody approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_approval: Option<BeforeApproval>,
    /// The logins of those who watch it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watchers: Vec<String>,
    /// Files, in the order in which they were attached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentView>,
    /// How many comments there are.
    #[serde(default)]
    pub comments: u32,
    /// In the rule's order.
    pub steps: Vec<StepView>,
    /// What will be, is, or was done.
    pub executions: Vec<ExecutionView>,
    /// What the caller can do, by the names of commands; only where one request is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<String>>,
}

/// What was done before anybody approved it (URG-5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BeforeApproval {
    /// When it was released to be done.
    pub released_at: DateTime<Utc>,
    /// When the first of it began; absent while nothing has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_at: Option<DateTime<Utc>>,
    /// When it was approved; absent while it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<DateTime<Utc>>,
    /// How long approval took, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_took_seconds: Option<i64>,
}

impl BeforeApproval {
    fn of(request: &Request) -> Option<Self> {
        let approved_at = match &request.phase {
            Phase::Approved { at, .. } => Some(*at),
            Phase::Open
            | Phase::Rejected { .. }
            | Phase::Cancelled { .. }
            | Phase::Expired { .. } => None,
        };
        let released_at = request.submitted_at;
        let took = approved_at.map(|at| (at - released_at).num_seconds());
        request.urgent.then(|| Self {
            released_at,
            began_at: request.executions.iter().filter_map(|e| e.first_started).min(),
            approved_at,
            approval_took_seconds: took,
        })
    }
}

/// A request in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RequestSummary {
    /// For ever.
    pub id: String,
    /// The rule that governs it.
    pub rule: String,
    /// What is asked for.
    pub kind: String,
    /// As in the whole request.
    pub status: String,
    /// Of `urgent`, `on_hold`, `blocked`, `overdue`.
    pub flags: Vec<String>,
    /// In the requester's words.
    pub title: String,
    /// The login of who asks.
    pub requester: String,
    /// When it was submitted.
    pub submitted_at: DateTime<Utc>,
    /// Part of the `ETag`.
    pub revision: u32,
    /// Part of the `ETag`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_step: Option<String>,
    /// In the list `to_decide`: what keeps the caller from deciding; empty where nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmet: Option<Vec<Said>>,
}

/// An item (FIN-23).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ItemView {
    /// The resource.
    pub resource: String,
    /// By the rule's item form, as literals.
    pub fields: BTreeMap<String, Json>,
}

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
    /// When.
    pub at: DateTime<Utc>,
    /// Of which revision.
    pub revision: u32,
}

/// What somebody who reads the request sees (DEC-8a).
#[must_use]
pub fn precondition(request: &Request) -> Precondition {
    let step = request.active().map(|(id, _)| id.clone());
    Precondition { revision: request.revision, step }
}

impl RequestView {
    /// The request as seen with these names.
    #[must_use]
    pub fn new(request: &Request, names: &Names<'_>) -> Self {
        let (outcome, ended_at) = outcome(request, names);
        Self {
            id: request.id.to_string(),
            rule: request.rule.to_string(),
            version: request.rule_version,
            kind: request.kind.to_string(),
            status: request.status().as_str().to_owned(),
            flags: flags(request),
            title: request.title.clone(),
            reason: request.reason.clone(),
            requester: names.login(&request.requester),
            properties: literals(&request.properties, names),
            items: request.items.iter().map(|item| item_view(item, names)).collect(),
            submitted_at: request.submitted_at,
            approval_expires: request.approval_expires,
            approval_due: request.closure.as_ref().map(|closure| closure.due),
            ends: request.ends,
            revision: request.revision,
            active_step: active_step(request),
            blocked: request.blocked.as_ref().map(|block| names.block(block)),
            outcome,
            ended_at,
            before_approval: BeforeApproval::of(request),
            watchers: request.watchers.iter().map(|id| names.login(id)).collect(),
            attachments: request
                .attachments
                .iter()
                .map(|file| AttachmentView::new(file, names))
                .collect(),
            comments: request.comments,
            steps: request.steps.iter().map(|step| StepView::new(step, names)).collect(),
            executions: request.executions.iter().map(|e| ExecutionView::new(e, names)).collect(),
            allowed: None,
        }
    }

    /// What a decision about this view is conditional on.
    ///
    /// # Errors
    /// Where the view's step is not an id.
    pub fn precondition(&self) -> Result<Precondition, String> {
        let step = self.active_step.as_deref().map(StepId::parse).transpose();
        Ok(Precondition { revision: self.revision, step: step.map_err(|bad| bad.to_string())? })
    }
}

impl RequestSummary {
    /// The request in a list; with what keeps the caller from deciding it, where that was asked.
    #[must_use]
    pub fn new(request: &Request, unmet: Option<&[Unmet]>, names: &Names<'_>) -> Self {
        Self {
            id: request.id.to_string(),
            rule: request.rule.to_string(),
            kind: request.kind.to_string(),
            status: request.status().as_str().to_owned(),
            flags: flags(request),
            title: request.title.clone(),
            requester: names.login(&request.requester),
            submitted_at: request.submitted_at,
            revision: request.revision,
            active_step: active_step(request),
            unmet: unmet.map(|unmet| names.all_unmet(unmet)),
        }
    }
}

impl Names<'_> {
    /// Codes with their sentences.
    #[must_use]
    pub fn all_unmet(&self, unmet: &[Unmet]) -> Vec<Said> {
        let said = |unmet: &Unmet| Said {
            code: unmet.code().as_str().to_owned(),
            message: self.unmet(unmet),
        };
        unmet.iter().map(said).collect()
    }
}

impl StepView {
    fn new(record: &StepRecord, names: &Names<'_>) -> Self {
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
            who: names.seat(&seat.who),
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
            at: decision.at,
            revision: decision.revision,
        }
    }
}

fn active_step(request: &Request) -> Option<String> {
    request.active().map(|(id, _)| id.to_string())
}

fn flags(request: &Request) -> Vec<String> {
    let flags = [
        ("urgent", request.urgent),
        ("on_hold", request.on_hold),
        ("blocked", request.blocked.is_some()),
        ("overdue", request.is_overdue()),
    ];
    flags.iter().filter(|(_, set)| *set).map(|(flag, _)| (*flag).to_owned()).collect()
}

fn outcome(request: &Request, names: &Names<'_>) -> (Option<String>, Option<DateTime<Utc>>) {
    match &request.phase {
        Phase::Open => (None, None),
        Phase::Approved { at, by } => (Some(names.approved_by(*by)), Some(*at)),
        Phase::Rejected { at, by } => (Some(names.rejected_by(by)), Some(*at)),
        Phase::Cancelled { at, by, comment } => {
            (Some(format!("{} cancelled it: {comment}", names.person(by))), Some(*at))
        }
        Phase::Expired { at } => (Some("Nobody decided in time.".to_owned()), Some(*at)),
    }
}

fn item_view(item: &engine_core::extension::Item, names: &Names<'_>) -> ItemView {
    ItemView { resource: item.resource.to_string(), fields: literals(&item.fields, names) }
}

fn literals(values: &BTreeMap<PropertyName, Value>, names: &Names<'_>) -> BTreeMap<String, Json> {
    values.iter().map(|(name, value)| (name.to_string(), names.literal(value))).collect()
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
