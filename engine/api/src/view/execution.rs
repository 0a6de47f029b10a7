//! Executions: what will be, is, or was done (EXE).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine_core::{
    extension::{Failure, Plan, PlannedStatement, Receipt, Stage},
    request::{EndCause, Execution, ExecutionFailure, ExecutionState, Files, MadeFile},
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use crate::catalogue::Names;

/// An execution.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExecutionView {
    /// The binding, with items also the resource: `grant` or `grant/orders-db`.
    pub id: String,
    /// The executor.
    pub plugin: String,
    /// Such as `waiting`, `running`, `succeeded`, `active`.
    pub state: String,
    /// Whether a person presses *run*.
    pub manual: bool,
    /// How often it was started.
    pub attempts: u32,
    /// What approvals are bound to (EXE-6a).
    pub payload: String,
    /// What it will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanView>,
    /// What it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptView>,
    /// Why it failed, or why it could not be taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureView>,
    /// When it came to its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// Must start before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_before: Option<DateTime<Utc>>,
    /// Until when a grant lasts; one that waits for its first use, where nobody uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// That a grant waits for its first use, and when it ends, in words (EXE-6b).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaits_use: Option<String>,
    /// When a grant was used for the first time, where its window runs from there (EXE-6b).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<DateTime<Utc>>,
    /// Who reported its first use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_by: Option<String>,
    /// Who took a grant back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_by: Option<String>,
    /// What files it made (EXE-7).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileView>,
}

/// A file that an execution made (EXE-7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileView {
    /// Its name.
    pub name: String,
    /// Such as `text/csv`.
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// Of the content, in lower-case hexadecimal.
    pub sha256: String,
    /// How many rows it has, where the engine wrote them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Until when it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_until: Option<DateTime<Utc>>,
    /// When it was deleted, at the end of its retention.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<DateTime<Utc>>,
}

/// A link to a file, for the person who made it (EXE-7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileLinkView {
    /// Where the file is had, on this server, with the caller's token. It is told once.
    pub path: String,
    /// The secret in it.
    pub link: String,
    /// Until when.
    pub expires: DateTime<Utc>,
    /// How often in all.
    pub downloads: u32,
}

/// What an executor would do (EXE-6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanView {
    /// One effect a line.
    pub effects: Vec<PlannedEffectView>,
    /// What approvals bind.
    pub binding: Json,
    /// Shown, never bound.
    pub estimates: BTreeMap<String, String>,
    /// The only statements that the executor may send, as the engine reads them; bound as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<PlannedStatementView>,
}

/// Statements that a plan covers (EXE-6a).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedStatementView {
    /// `execute`, or `revert` for what is sent when it is taken back.
    pub during: String,
    /// On which connection.
    pub connection: String,
    /// Such as `update` or `create table`.
    pub kind: String,
    /// Tables that are read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<String>,
    /// Tables that are changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writes: Vec<String>,
    /// Functions that are called, standard ones aside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<String>,
    /// Whether it is one text, which the executor knows, and not any of this kind on these tables.
    pub exact: bool,
}

/// One line of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedEffectView {
    /// Such as `update` or `grant`.
    pub kind: String,
    /// On what.
    pub target: String,
    /// For a person.
    pub summary: String,
}

/// What an executor did (EXE-7).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptView {
    /// The plugin's own name for the effect.
    pub reference: String,
    /// Affected rows, file name, size, hash, ….
    pub fields: BTreeMap<String, Json>,
}

/// Why it failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailureView {
    /// For programs: a class of failure, or `plan_changed`.
    pub class: String,
    /// For people.
    pub message: String,
    /// Whether the effect may have happened all the same.
    pub may_have_happened: bool,
}

impl ExecutionView {
    /// The execution as seen with these names.
    #[must_use]
    pub fn new(execution: &Execution, names: &Names<'_>) -> Self {
        let mut view = Self {
            id: execution.id.to_string(),
            plugin: execution.plugin.to_string(),
            state: execution.state.as_str().to_owned(),
            manual: execution.manual,
            attempts: execution.attempts,
            payload: execution.payload.to_string(),
            plan: execution.plan.as_ref().map(PlanView::from),
            awaits_use: names.awaited_use(&execution.id, &execution.state),
            used_at: execution.used.as_ref().map(|first| first.at),
            used_by: execution.used.as_ref().map(|first| names.login(&first.by)),
            files: files(&execution.files),
            ..Self::default()
        };
        view.fill(&execution.state, names);
        view
    }

    fn fill(&mut self, state: &ExecutionState, names: &Names<'_>) {
        match state {
            ExecutionState::Waiting => {}
            ExecutionState::Scheduled { since, start_before }
            | ExecutionState::Running { since, start_before } => {
                self.since = Some(*since);
                self.start_before = *start_before;
            }
            ExecutionState::Succeeded { at, receipt } => {
                self.since = Some(*at);
                self.receipt = Some(receipt.into());
            }
            ExecutionState::Failed { at, why, may_have_happened, .. } => {
                self.since = Some(*at);
                self.failure = Some(failure(why, *may_have_happened, names));
            }
            ExecutionState::Cancelled { at }
            | ExecutionState::Expired { at }
            | ExecutionState::Lapsed { at } => self.since = Some(*at),
            ExecutionState::Active { since, until, receipt, .. } => {
                self.since = Some(*since);
                self.until = *until;
                self.receipt = Some(receipt.into());
            }
            ExecutionState::Revoking { since, cause, receipt, failure, .. } => {
                self.since = Some(*since);
                self.receipt = receipt.as_ref().map(Into::into);
                self.failure = failure.as_ref().map(|failure| of_plugin(failure, true, names));
                if let EndCause::Revoked { by, .. } = cause {
                    self.revoked_by = Some(names.login(by));
                }
            }
            ExecutionState::Revoked { at, by } => {
                self.since = Some(*at);
                self.revoked_by = Some(names.login(by));
            }
        }
    }
}

fn files(files: &Files) -> Vec<FileView> {
    let view = |file: &MadeFile| FileView {
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        size: file.size,
        sha256: file.sha256.clone(),
        rows: file.rows,
        kept_until: files.until.filter(|_| files.deleted.is_none()),
        deleted_at: files.deleted,
    };
    files.made.iter().map(view).collect()
}

fn failure(why: &ExecutionFailure, may_have_happened: bool, names: &Names<'_>) -> FailureView {
    match why {
        ExecutionFailure::Plugin(failure) => of_plugin(failure, may_have_happened, names),
        ExecutionFailure::PlanChanged { .. } => FailureView {
            class: "plan_changed".to_owned(),
            message: names.execution_failure(why),
            may_have_happened,
        },
    }
}

fn of_plugin(failure: &Failure, may_have_happened: bool, names: &Names<'_>) -> FailureView {
    let class = serde_json::to_value(failure.class).ok();
    FailureView {
        class: class.as_ref().and_then(Json::as_str).unwrap_or_default().to_owned(),
        message: names.failure(failure),
        may_have_happened,
    }
}

impl From<&Plan> for PlanView {
    fn from(plan: &Plan) -> Self {
        let effect = |effect: &engine_core::extension::PlannedEffect| PlannedEffectView {
            kind: effect.kind.clone(),
            target: effect.target.clone(),
            summary: effect.summary.clone(),
        };
        Self {
            effects: plan.effects.iter().map(effect).collect(),
            binding: plan.binding.clone(),
            estimates: plan.estimates.clone(),
            statements: plan.statements.iter().map(Into::into).collect(),
        }
    }
}

impl From<&PlannedStatement> for PlannedStatementView {
    fn from(statement: &PlannedStatement) -> Self {
        let during = match statement.during {
            Stage::Execute => "execute",
            Stage::Revert => "revert",
        };
        let words = [Some(&statement.kind), statement.object.as_ref()];
        let words: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
        Self {
            during: during.to_owned(),
            connection: statement.connection.to_string(),
            kind: words.join(" "),
            reads: statement.reads.iter().cloned().collect(),
            writes: statement.writes.iter().cloned().collect(),
            functions: statement.functions.iter().cloned().collect(),
            exact: statement.text.is_some(),
        }
    }
}

impl From<&Receipt> for ReceiptView {
    fn from(receipt: &Receipt) -> Self {
        Self { reference: receipt.reference.clone(), fields: receipt.fields.clone() }
    }
}
