//! A request as people see it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine_core::{
    ids::{PropertyName, StepId, UserId},
    rejection::{FieldProblem, Unmet},
    request::{Confirmation, Phase, RejectedItem, Request, Written},
    value::Value,
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::{AttachmentList, AttachmentView, BeforeApproval, ExecutionView, StepView};
use crate::{
    catalogue::{Names, Whom},
    command::Precondition,
    problem::{FieldMessage, Said},
};

/// A request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RequestView {
    /// For ever.
    pub id: String,
    /// The rule that governs it.
    pub rule: String,
    /// The rule group that it was submitted to; none where the requester picked the rule (RUL-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_group: Option<String>,
    /// The version it was submitted under.
    pub version: u32,
    /// What is asked for.
    pub kind: String,
    /// `draft`, `in_review`, `pending`, `in_progress`, `approved`, `rejected`, `cancelled` or `expired`.
    pub status: String,
    /// Of `urgent`, `on_hold`, `blocked`, `overdue`.
    pub flags: Vec<String>,
    /// In the requester's words.
    pub title: String,
    /// In the requester's words.
    pub reason: String,
    /// The login of who asks.
    pub requester: String,
    /// The logins of those it is for; none where it is for the requester.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub target_users: Vec<String>,
    /// The form's values, as literals.
    pub properties: BTreeMap<String, Json>,
    /// What is asked for, piece by piece.
    pub items: Vec<ItemView>,
    /// What was asked for and rejected for good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected_items: Vec<RejectedItemView>,
    /// The logins of those whom the requester picked, by assignment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub picks: BTreeMap<String, Vec<String>>,
    /// Of a draft: where it comes from. Its values are as they were written, right or wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<DraftView>,
    /// When it was submitted; of a draft, when it was last saved.
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
    /// How many comments there are.
    #[serde(default)]
    pub comments: u32,
    /// Files that people attached, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentView>,
    /// In the rule's order.
    pub steps: Vec<StepView>,
    /// What will be, is, or was done.
    pub executions: Vec<ExecutionView>,
    /// Which receipt reviewers confirmed what was done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmations: Vec<ConfirmationView>,
    /// The day of the rates that amounts in different currencies are compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rates_as_of: Option<String>,
    /// What the caller can do, by the names of commands; only where one request is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<String>>,
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

/// Where a draft comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DraftView {
    /// The ended request that it was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resubmits: Option<String>,
    /// What could not be taken over from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<FieldMessage>,
}

/// An item that an approver did not grant (DEC-7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RejectedItemView {
    /// The resource.
    pub resource: String,
    /// In which step.
    pub step: String,
    /// The login of who did not.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A receipt reviewer's confirmation (REQ-12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfirmationView {
    /// The login of who confirmed.
    pub by: String,
    /// What they say.
    pub comment: String,
    /// When.
    pub at: DateTime<Utc>,
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
            rule_group: request.group.as_ref().map(ToString::to_string),
            version: request.rule_version,
            kind: request.kind.to_string(),
            status: request.status().as_str().to_owned(),
            flags: flags(request),
            title: request.title.clone(),
            reason: request.reason.clone(),
            requester: names.login(&request.requester),
            target_users: request.target_users.iter().map(|id| names.login(id)).collect(),
            properties: properties(request, names),
            items: items(request, names),
            rejected_items: request.rejected_items.iter().map(|i| rejected(i, names)).collect(),
            picks: picks(request, names),
            draft: request.draft.as_deref().map(|written| DraftView::new(written, names)),
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
            watchers: request.talk.watchers.iter().map(|id| names.login(id)).collect(),
            comments: request.talk.comments,
            attachments: AttachmentList::of(request, names).items,
            steps: request.steps.iter().map(|step| StepView::new(step, names)).collect(),
            executions: request.executions.iter().map(|e| ExecutionView::new(e, names)).collect(),
            confirmations: request.confirmations.iter().map(|c| confirmation(c, names)).collect(),
            rates_as_of: request.rates.as_ref().map(|rates| rates.as_of.to_string()),
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

fn picks(request: &Request, names: &Names<'_>) -> BTreeMap<String, Vec<String>> {
    let logins = |people: &[UserId]| people.iter().map(|id| names.login(id)).collect();
    request.picks.iter().map(|(id, people)| (id.to_string(), logins(people))).collect()
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
            unmet: unmet.map(|unmet| names.all_unmet(unmet, Whom::Reader)),
        }
    }
}

impl Names<'_> {
    /// Codes with their sentences, to or about somebody.
    #[must_use]
    pub fn all_unmet(&self, unmet: &[Unmet], whom: Whom<'_>) -> Vec<Said> {
        let said = |unmet: &Unmet| Said {
            code: unmet.code().as_str().to_owned(),
            message: self.unmet(unmet, whom),
        };
        unmet.iter().map(said).collect()
    }
}

fn rejected(rejected: &RejectedItem, names: &Names<'_>) -> RejectedItemView {
    RejectedItemView {
        resource: rejected.item.resource.to_string(),
        step: rejected.step.to_string(),
        by: names.login(&rejected.by),
        at: rejected.at,
    }
}

fn confirmation(confirmation: &Confirmation, names: &Names<'_>) -> ConfirmationView {
    ConfirmationView {
        by: names.login(&confirmation.by),
        comment: confirmation.comment.clone(),
        at: confirmation.at,
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
        Phase::Draft | Phase::InReview | Phase::Open => (None, None),
        Phase::Approved { at, by } => (Some(names.approved_by(by)), Some(*at)),
        Phase::Rejected { at, by } => (Some(names.rejection_of(request, by)), Some(*at)),
        Phase::Cancelled { at, by, comment } => {
            (Some(format!("{} cancelled it: {comment}", names.person(by))), Some(*at))
        }
        Phase::Expired { at } => (Some("It was not approved in time.".to_owned()), Some(*at)),
    }
}

/// Of a draft, as they were written.
fn properties(request: &Request, names: &Names<'_>) -> BTreeMap<String, Json> {
    match &request.draft {
        Some(written) => written.submit.properties.clone(),
        None => literals(&request.properties, names),
    }
}

fn items(request: &Request, names: &Names<'_>) -> Vec<ItemView> {
    match &request.draft {
        Some(written) => written.submit.items.iter().map(written_item).collect(),
        None => request.items.iter().map(|item| item_view(item, names)).collect(),
    }
}

/// What is no item at all is shown as the text it is.
fn written_item(item: &Json) -> ItemView {
    let text = |json: &Json| json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    let Some(fields) = item.as_object() else {
        return ItemView { resource: text(item), fields: BTreeMap::new() };
    };
    let resource = fields.get("resource").map(text).unwrap_or_default();
    let others = fields.iter().filter(|(name, _)| *name != "resource");
    ItemView { resource, fields: others.map(|(name, v)| (name.clone(), v.clone())).collect() }
}

impl DraftView {
    fn new(written: &Written, names: &Names<'_>) -> Self {
        let message = |problem: &FieldProblem| FieldMessage {
            field: problem.field.clone(),
            message: names.dropped(problem),
        };
        Self {
            resubmits: written.resubmits.as_ref().map(ToString::to_string),
            dropped: written.dropped.iter().map(message).collect(),
        }
    }
}

fn item_view(item: &engine_core::extension::Item, names: &Names<'_>) -> ItemView {
    ItemView { resource: item.resource.to_string(), fields: literals(&item.fields, names) }
}

fn literals(values: &BTreeMap<PropertyName, Value>, names: &Names<'_>) -> BTreeMap<String, Json> {
    values.iter().map(|(name, value)| (name.to_string(), names.literal(value))).collect()
}
