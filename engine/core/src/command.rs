//! What is asked of a request. Imperative.

mod engine;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use engine::{AttemptOutcome, EngineCommand, RestartOrder};

use crate::{
    event::Actor,
    ids::{ExecutionId, RequestId, StepId, UserId},
    request::{Choice, Request},
};

/// When, by whom and through what a command comes.
#[derive(Clone, Debug)]
pub struct Meta {
    /// The only clock there is.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// `api`, `console`, `engine`, ….
    pub via: String,
}

/// A command. Serialized it is what a repeat must have in common with the first time (REQ-11): what was
/// asked for, not what the person saw.
#[derive(Clone, Debug, Serialize)]
pub enum Command {
    /// Ask for something (REQ-2).
    Submit(Submit),
    /// Write a draft, or write it anew (REQ-1).
    SaveDraft(Box<Submit>),
    /// Submit a draft, with these last changes (RUL-2).
    SubmitDraft(Box<Edit>),
    /// Throw a draft away (REQ-4).
    DeleteDraft,
    /// Make a draft of what an ended request asked for (REQ-5).
    Resubmit(Resubmit),
    /// Change what is asked for (REQ-3, STP-12, STP-13).
    Edit(Box<Edit>),
    /// The review is over: the route begins (STP-13).
    PassReview(Note),
    /// Back to the review, instead of a decision (DEC-1, STP-13).
    ReturnToReview(Note),
    /// Approve or reject (DEC-1).
    Decide(Decide),
    /// Take the request back (REQ-4).
    Cancel {
        /// Required.
        comment: String,
        /// What the person saw (DEC-8a).
        #[serde(skip)]
        seen: Option<Seen>,
    },
    /// Say something about it (REQ-9).
    Comment {
        /// Logins behind an `@` are mentions.
        text: String,
    },
    /// Make somebody a watcher (REQ-9).
    Watch(UserId),
    /// Watch no longer.
    Leave,
    /// Attach a file whose content is kept already (REQ-9).
    Attach(Attach),
    /// Take an attachment away (REQ-9).
    RemoveAttachment {
        /// Which.
        number: u32,
    },
    /// Read what was done, and say so (REQ-12).
    Confirm {
        /// Required.
        comment: String,
    },
    /// Have an earlier step decided again (DEC-3).
    SendBack(SendBack),
    /// Take one's own decision back (DEC-5).
    Withdraw {
        /// May be empty.
        comment: String,
        /// The step it is about, where the caller names one.
        step: Option<StepId>,
        /// What the person saw (DEC-8a).
        #[serde(skip)]
        seen: Option<Seen>,
    },
    /// Approve or reject the whole request at once (DEC-6).
    Force {
        /// Approve or reject.
        choice: Choice,
        /// Required.
        comment: String,
        /// What the person saw (DEC-8a).
        #[serde(skip)]
        seen: Option<Seen>,
    },
    /// Let nobody decide until it is released (REQ-7).
    Hold {
        /// Required.
        comment: String,
        /// What the person saw (DEC-8a).
        #[serde(skip)]
        seen: Option<Seen>,
    },
    /// Lift the hold (REQ-7).
    Release {
        /// Required.
        comment: String,
        /// What the person saw (DEC-8a).
        #[serde(skip)]
        seen: Option<Seen>,
    },
    /// Ask again what could not be decided (CND-3).
    Reevaluate,
    /// Move to the newest version of its rule, and begin again (RUL-2).
    Restart(Restart),
    /// Give somebody a seat (STP-15).
    AddApprover(Approver),
    /// Take somebody out of a step (STP-15).
    RemoveApprover(Approver),
    /// Pass the right to decide in the active step to somebody else (STP-16).
    Reassign {
        /// Their login, unread.
        to: String,
        /// Required.
        comment: String,
        /// What the person saw (DEC-8a).
        #[serde(skip)]
        seen: Option<Seen>,
    },
    /// Press *run* (EXE-2).
    Run(ExecutionId),
    /// Try a failed execution again (EXE-4).
    Retry(ExecutionId),
    /// Report that a grant is used for the first time, now (EXE-6b).
    Use(ExecutionId),
    /// Take a grant back early (EXE-5, URG-6).
    Revoke {
        /// Which.
        execution: ExecutionId,
        /// Why.
        comment: String,
    },
    /// Make a link to a file that an execution made, for oneself (EXE-7).
    LinkFile {
        /// Whose file.
        execution: ExecutionId,
        /// Its name.
        file: String,
        /// The SHA-256 of the link's secret, in hexadecimal.
        hash: String,
    },
    /// Use a link once (EXE-7).
    Download {
        /// Whose file.
        execution: ExecutionId,
        /// Its name.
        file: String,
        /// The SHA-256 of the link's secret, in hexadecimal.
        hash: String,
    },
    /// A timer or an executor reports.
    #[serde(skip)]
    Engine(EngineCommand),
}

/// A submission, its values still as they came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Submit {
    /// The new request's id.
    #[serde(skip, default = "RequestId::unnamed")]
    pub id: RequestId,
    /// The form, unread.
    pub properties: BTreeMap<String, Json>,
    /// Items, unread: resource ids, or objects with `resource` and fields.
    pub items: Vec<Json>,
    /// Whom the requester picks, unread: logins by assignment (STP-2).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub picks: BTreeMap<String, Vec<String>>,
    /// Logins, unread; none means the requester (REQ-6).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub target_users: Vec<String>,
    /// Length is a setting (REQ-2).
    pub title: String,
    /// Length is a setting (REQ-2).
    pub reason: String,
    /// Run first, approve after.
    pub urgent: bool,
    /// The last moment of approval; by the rule where absent.
    pub approval_expires: Option<DateTime<Utc>>,
    /// The end of what is asked for.
    pub ends: Option<DateTime<Utc>>,
}

/// Changes of what is asked for, the values still as they came; what is not named stays.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Edit {
    /// By name, unread; `null` empties a property.
    pub properties: BTreeMap<String, Json>,
    /// All items, unread.
    pub items: Option<Vec<Json>>,
    /// The picks that change, unread: logins by assignment (STP-2).
    pub picks: BTreeMap<String, Vec<String>>,
    /// Logins, unread (REQ-6).
    pub target_users: Option<Vec<String>>,
    /// Length is a setting (REQ-2).
    pub title: Option<String>,
    /// Length is a setting (REQ-2).
    pub reason: Option<String>,
    /// Of a draft only: what is submitted stays as urgent as it was.
    pub urgent: Option<bool>,
    /// The last moment of approval.
    pub approval_expires: Option<DateTime<Utc>>,
    /// The end of what is asked for.
    pub ends: Option<DateTime<Utc>>,
    /// What the person saw (DEC-8a).
    #[serde(skip)]
    pub seen: Option<Seen>,
}

/// An ended request, asked for again.
#[derive(Clone, Debug, Serialize)]
pub struct Resubmit {
    /// The new request's id.
    #[serde(skip)]
    pub id: RequestId,
    /// The ended one, as it is.
    #[serde(skip)]
    pub old: Box<Request>,
    /// The ended one's id.
    pub of: RequestId,
}

/// Words about a step, or about the review.
#[derive(Clone, Debug, Serialize)]
pub struct Note {
    /// Why.
    pub comment: Option<String>,
    /// The step it is about, where the caller names one.
    pub step: Option<StepId>,
    /// What the person saw (DEC-8a).
    #[serde(skip)]
    pub seen: Option<Seen>,
}

/// A decision.
#[derive(Clone, Debug, Serialize)]
pub struct Decide {
    /// Approve or reject.
    pub choice: Choice,
    /// Required for rejections; for approvals by the setting.
    pub comment: Option<String>,
    /// Approves all the same, and tells administrators of this (URG-5a).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concern: Option<String>,
    /// The items that an approval grants, unread, where it does not grant all (DEC-7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<Json>>,
    /// The step it is about, where the caller names one.
    pub step: Option<StepId>,
    /// What the person saw (DEC-8a).
    #[serde(skip)]
    pub seen: Option<Seen>,
}

/// A file to be attached (REQ-9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attach {
    /// What people see.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// Of the content, in lower-case hexadecimal.
    pub sha256: String,
}

/// Somebody in a step, by hand (STP-15).
#[derive(Clone, Debug, Serialize)]
pub struct Approver {
    /// The step; the active one where none is named.
    pub step: Option<StepId>,
    /// Their login, unread.
    pub user: String,
    /// What the person saw (DEC-8a).
    #[serde(skip)]
    pub seen: Option<Seen>,
}

/// Sending a request back to a step that was decided.
#[derive(Clone, Debug, Serialize)]
pub struct SendBack {
    /// The step to be decided again.
    pub to: StepId,
    /// Required.
    pub comment: Option<String>,
    /// The step it is sent back from, where the caller names one.
    pub step: Option<StepId>,
    /// What the person saw (DEC-8a).
    #[serde(skip)]
    pub seen: Option<Seen>,
}

/// A request is to begin again under the newest version of its rule (RUL-2).
#[derive(Clone, Debug, Serialize)]
pub struct Restart {
    /// Why.
    pub comment: Option<String>,
    /// What the person saw (DEC-8a).
    #[serde(skip)]
    pub seen: Option<Seen>,
}

/// The revision and step that a person saw (DEC-8a).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The request's revision.
    pub revision: u32,
    /// The active step; none where no step was active.
    pub step: Option<StepId>,
}

impl Command {
    /// The stable name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Submit(_) | Self::SubmitDraft(_) => "submit",
            Self::SaveDraft(_) => "save_draft",
            Self::DeleteDraft => "delete_draft",
            Self::Resubmit(_) => "resubmit",
            Self::Edit(_) => "edit",
            Self::PassReview(_) => "pass_review",
            Self::ReturnToReview(_) => "return_to_review",
            Self::Decide(Decide { choice: Choice::Approve, .. }) => "approve",
            Self::Decide(Decide { choice: Choice::Reject, .. }) => "reject",
            Self::Cancel { .. } => "cancel",
            Self::Comment { .. } => "comment",
            Self::Watch(_) => "watch",
            Self::Leave => "leave",
            Self::Attach(_) => "attach",
            Self::RemoveAttachment { .. } => "remove_attachment",
            Self::Confirm { .. } => "confirm",
            Self::SendBack(_) => "send_back",
            Self::Withdraw { .. } => "withdraw",
            Self::Force { .. } => "force",
            Self::Hold { .. } => "hold",
            Self::Release { .. } => "release",
            Self::Reevaluate => "reevaluate",
            Self::Restart(_) => "restart",
            Self::AddApprover(_) => "add_approver",
            Self::RemoveApprover(_) => "remove_approver",
            Self::Reassign { .. } => "reassign",
            Self::Run(_) => "run",
            Self::Retry(_) => "retry",
            Self::Use(_) => "use",
            Self::Revoke { .. } => "revoke",
            Self::LinkFile { .. } => "link_file",
            Self::Download { .. } => "download",
            Self::Engine(command) => command.name(),
        }
    }
}
