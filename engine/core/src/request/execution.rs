//! Executions of a request, and how far they are (EXE).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Files;
use crate::{
    directory::Directory,
    extension::{ConfigValue, Failure, Plan, Receipt, ResolvedConfig},
    ids::{BindingId, ExecutionId, PluginId, ResourceId, UserId},
    payload::PayloadHash,
    value::{Span, Value},
};

/// An execution (EXE-1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// The binding, and the item where there are items.
    pub id: ExecutionId,
    /// The executor.
    pub plugin: PluginId,
    /// Its configuration for this request.
    pub config: ResolvedConfig,
    /// What it will do; for urgent requests made just before the run (EXE-6).
    pub plan: Option<Plan>,
    /// What approvals are bound to (EXE-6a).
    pub payload: PayloadHash,
    /// Whether a person presses *run* (EXE-2).
    pub manual: bool,
    /// Whether what it gives can be taken back: then it becomes active, not succeeded.
    pub is_grant: bool,
    /// How far it is.
    pub state: ExecutionState,
    /// When it first began, or may have (URG-5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_started: Option<DateTime<Utc>>,
    /// How often it was started.
    pub attempts: u32,
    /// How often in a row it failed by itself, since it was released or a person tried it again.
    pub failures: u32,
    /// Its first use, where its window runs from there (EXE-6b).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<FirstUse>,
    /// What files it made (EXE-7).
    #[serde(default, skip_serializing_if = "Files::is_empty")]
    pub files: Files,
}

/// The first use of a grant, as it was reported (EXE-6b).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstUse {
    /// When.
    pub at: DateTime<Utc>,
    /// Who said so.
    pub by: UserId,
}

/// A first use that nobody has reported yet: the window runs from there (EXE-6b).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwaitedUse {
    /// How long the grant lasts then; none means as long as without a window.
    pub length: Option<Span>,
}

impl Execution {
    /// The rule's binding.
    #[must_use]
    pub fn binding(&self) -> &BindingId {
        &self.id.binding
    }

    /// What it is about: the resources among its settings, and its item.
    pub fn resources(&self) -> impl Iterator<Item = &ResourceId> {
        let in_config = self.config.values().filter_map(|value| match value {
            ConfigValue::Property(Value::Resource(resource)) => Some(resource),
            ConfigValue::Property(_) | ConfigValue::Json(_) => None,
        });
        in_config.chain(&self.id.item)
    }

    /// Whether it is about a resource that somebody owns (EXE-5).
    #[must_use]
    pub fn is_on_resource_of(&self, directory: &Directory, user: &UserId) -> bool {
        let mut resources = self.resources().filter_map(|id| directory.resource(id));
        resources.any(|resource| resource.owner.as_ref() == Some(user))
    }

    /// Whether a first use of it that is reported now begins its window (EXE-6b).
    #[must_use]
    pub fn awaits_use(&self, at: DateTime<Utc>) -> bool {
        match self.state {
            ExecutionState::Active { awaits: Some(_), until, .. } => {
                until.is_none_or(|until| until > at)
            }
            ExecutionState::Active { awaits: None, .. }
            | ExecutionState::Waiting
            | ExecutionState::Scheduled { .. }
            | ExecutionState::Running { .. }
            | ExecutionState::Succeeded { .. }
            | ExecutionState::Failed { .. }
            | ExecutionState::Cancelled { .. }
            | ExecutionState::Expired { .. }
            | ExecutionState::Revoking { .. }
            | ExecutionState::Revoked { .. }
            | ExecutionState::Lapsed { .. } => false,
        }
    }

    /// Whether it is a grant that is there, or may be (EXE-3, EXE-5).
    #[must_use]
    pub fn may_be_there(&self) -> bool {
        match self.state {
            ExecutionState::Active { .. } => true,
            ExecutionState::Failed { may_have_happened, .. } => may_have_happened && self.is_grant,
            ExecutionState::Waiting
            | ExecutionState::Scheduled { .. }
            | ExecutionState::Running { .. }
            | ExecutionState::Succeeded { .. }
            | ExecutionState::Cancelled { .. }
            | ExecutionState::Expired { .. }
            | ExecutionState::Revoking { .. }
            | ExecutionState::Revoked { .. }
            | ExecutionState::Lapsed { .. } => false,
        }
    }
}

/// How far an execution is (EXE-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionState {
    /// Not released.
    Waiting,
    /// Released: a person may run it, or the engine is about to.
    Scheduled {
        /// Since when.
        since: DateTime<Utc>,
        /// Must start before (EXE-6b).
        start_before: Option<DateTime<Utc>>,
    },
    /// Started; the outcome is not known yet, perhaps for longer (EXE-3).
    Running {
        /// Since when.
        since: DateTime<Utc>,
        /// Must start before, should this attempt come to nothing.
        start_before: Option<DateTime<Utc>>,
    },
    /// Done.
    Succeeded {
        /// When.
        at: DateTime<Utc>,
        /// What it did.
        receipt: Receipt,
    },
    /// Not done; a person may retry it (EXE-4).
    Failed {
        /// When.
        at: DateTime<Utc>,
        /// Why.
        why: ExecutionFailure,
        /// Whether the effect may have happened all the same (EXE-3).
        may_have_happened: bool,
        /// Must start before, should a person retry it (EXE-6b).
        start_before: Option<DateTime<Utc>>,
        /// When a grant that may have happened is taken back (EXE-5).
        until: Option<DateTime<Utc>>,
    },
    /// The request was cancelled before it started.
    Cancelled {
        /// When.
        at: DateTime<Utc>,
    },
    /// It did not start in time (EXE-6b).
    Expired {
        /// When.
        at: DateTime<Utc>,
    },
    /// A grant in force.
    Active {
        /// Since when.
        since: DateTime<Utc>,
        /// Until when; none means until it is revoked.
        until: Option<DateTime<Utc>>,
        /// What it did.
        receipt: Receipt,
        /// What its window waits for: until then it lasts as long as an unused grant may (EXE-6b).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        awaits: Option<AwaitedUse>,
    },
    /// A grant being taken back; retried until it succeeds (EXE-5).
    Revoking {
        /// Since when.
        since: DateTime<Utc>,
        /// Why.
        cause: EndCause,
        /// What it did; none where nobody knows whether it did anything.
        receipt: Option<Receipt>,
        /// The last failure: then people see `revoke_failed`.
        failure: Option<Failure>,
        /// How often it was tried.
        tries: u32,
        /// Its rights that stay for other grants (EXE-6c).
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        passed_on: BTreeSet<String>,
        /// Whether the rest is being taken back, or nobody knows whether the last try did it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        under_way: bool,
    },
    /// Taken back early.
    Revoked {
        /// When.
        at: DateTime<Utc>,
        /// By whom.
        by: UserId,
    },
    /// Ended by its window.
    Lapsed {
        /// When.
        at: DateTime<Utc>,
    },
}

/// Why an execution failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionFailure {
    /// The plugin, or what it needs.
    Plugin(Failure),
    /// The plan at run time is not the approved one (EXE-6).
    PlanChanged {
        /// What was approved.
        approved: PayloadHash,
        /// What it would do now.
        now: PayloadHash,
    },
}

/// Why a grant ends (EXE-5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// Its window is over.
    Lapsed,
    /// Somebody took it back.
    Revoked {
        /// Who.
        by: UserId,
        /// Why.
        comment: String,
    },
}

impl ExecutionState {
    /// Whether it had its effect, and what it made is there to be had (EXE-7).
    #[must_use]
    pub fn has_receipt(&self) -> bool {
        match self {
            Self::Succeeded { .. } | Self::Active { .. } | Self::Revoking { .. } => true,
            Self::Waiting
            | Self::Scheduled { .. }
            | Self::Running { .. }
            | Self::Failed { .. }
            | Self::Cancelled { .. }
            | Self::Expired { .. }
            | Self::Revoked { .. }
            | Self::Lapsed { .. } => false,
        }
    }

    /// Whether it may make files at any moment (EXE-7).
    #[must_use]
    pub fn may_make_files(&self) -> bool {
        match self {
            Self::Scheduled { .. } | Self::Running { .. } => true,
            Self::Waiting
            | Self::Succeeded { .. }
            | Self::Failed { .. }
            | Self::Cancelled { .. }
            | Self::Expired { .. }
            | Self::Active { .. }
            | Self::Revoking { .. }
            | Self::Revoked { .. }
            | Self::Lapsed { .. } => false,
        }
    }

    /// The word used everywhere.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Scheduled { .. } => "scheduled",
            Self::Running { .. } => "running",
            Self::Succeeded { .. } => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
            Self::Expired { .. } => "expired",
            Self::Active { .. } => "active",
            Self::Revoking { failure: None, .. } => "revoking",
            Self::Revoking { failure: Some(_), .. } => "revoke_failed",
            Self::Revoked { .. } => "revoked",
            Self::Lapsed { .. } => "lapsed",
        }
    }
}
