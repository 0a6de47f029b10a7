//! Orders to executors. An order can only be made from a release, and a release only from a request
//! that is approved or was submitted in urgent mode: nobody else can construct either.
//!
//! ```compile_fail
//! use engine_core::order::Release;
//! let forged = Release { ground: () };
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::Serialize;

use crate::{
    extension::{Item, PlannedStatement, Receipt, ResolvedConfig},
    ids::{ExecutionId, OrgId, PluginId, RequestId},
    payload::PayloadHash,
    request::{Execution, ExecutionState, Phase, Request},
    rights,
};

/// The right to execute, held by an approved or urgent request (EXE-1, URG-2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    organization: OrgId,
    request: RequestId,
    ground: Ground,
}

/// What a release rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// Final approval.
    Approved,
    /// Urgent mode: run first, approve after.
    Urgent,
}

impl Release {
    /// The request's release; none while neither approval nor urgent mode allows an execution.
    #[must_use]
    pub fn of(request: &Request) -> Option<Self> {
        let ground = match &request.phase {
            Phase::Approved { .. } => Ground::Approved,
            Phase::Open if request.urgent => Ground::Urgent,
            Phase::Draft
            | Phase::InReview
            | Phase::Open
            | Phase::Rejected { .. }
            | Phase::Cancelled { .. }
            | Phase::Expired { .. } => return None,
        };
        let organization = request.organization.clone();
        Some(Self { organization, request: request.id.clone(), ground })
    }

    /// What it rests on.
    #[must_use]
    pub fn ground(&self) -> Ground {
        self.ground
    }
}

/// An order to run one execution, once.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExecutionOrder {
    request: RequestId,
    execution: ExecutionId,
    plugin: PluginId,
    config: ResolvedConfig,
    item: Option<Item>,
    statements: Arc<[PlannedStatement]>,
    payload: PayloadHash,
    ground: Ground,
    once_key: String,
}

impl ExecutionOrder {
    /// The order for an execution of a released request; none if it is not one of its executions,
    /// or the release is another request's.
    #[must_use]
    pub fn new(release: Release, request: &Request, execution: &ExecutionId) -> Option<Self> {
        if (&release.organization, &release.request) != (&request.organization, &request.id) {
            return None;
        }
        let found = request.execution(execution)?;
        let Execution { plugin, config, payload, .. } = found;
        let item = execution
            .item
            .as_ref()
            .and_then(|wanted| request.items.iter().find(|item| item.resource == *wanted));
        Some(Self {
            request: release.request,
            execution: execution.clone(),
            plugin: plugin.clone(),
            config: config.clone(),
            item: item.cloned(),
            statements: planned(found),
            payload: payload.clone(),
            ground: release.ground,
            once_key: once_key(&request.id, execution),
        })
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &RequestId {
        &self.request
    }

    /// The execution.
    #[must_use]
    pub fn execution(&self) -> &ExecutionId {
        &self.execution
    }

    /// The executor.
    #[must_use]
    pub fn plugin(&self) -> &PluginId {
        &self.plugin
    }

    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> &ResolvedConfig {
        &self.config
    }

    /// The item it is about.
    #[must_use]
    pub fn item(&self) -> Option<&Item> {
        self.item.as_ref()
    }

    /// What its plan covers: the only statements that the executor may send (EXE-6a).
    #[must_use]
    pub fn statements(&self) -> &Arc<[PlannedStatement]> {
        &self.statements
    }

    /// What was approved (EXE-6a).
    #[must_use]
    pub fn payload(&self) -> &PayloadHash {
        &self.payload
    }

    /// What allows it.
    #[must_use]
    pub fn ground(&self) -> Ground {
        self.ground
    }

    /// The same from the first attempt to the last (EXE-3).
    #[must_use]
    pub fn once_key(&self) -> &str {
        &self.once_key
    }
}

/// The statements of the plan that an execution was started with; none without a plan.
fn planned(execution: &Execution) -> Arc<[PlannedStatement]> {
    execution.plan.as_ref().map(|plan| plan.statements.clone().into()).unwrap_or_default()
}

/// The idempotency key of an execution: the same for every attempt (EXE-3).
#[must_use]
pub fn once_key(request: &RequestId, execution: &ExecutionId) -> String {
    format!("{request}/{execution}")
}

/// An order to take back what an execution gave.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RevertOrder {
    request: RequestId,
    execution: ExecutionId,
    plugin: PluginId,
    config: ResolvedConfig,
    item: Option<Item>,
    statements: Arc<[PlannedStatement]>,
    receipt: Receipt,
    once_key: String,
}

impl RevertOrder {
    /// The order for a grant that is being taken back, and with it what ended grants gave and left to it
    /// (EXE-6c); none for any other execution.
    #[must_use]
    pub fn new(
        request: &Request,
        execution: &ExecutionId,
        given_before: &BTreeSet<String>,
    ) -> Option<Self> {
        let found = request.execution(execution)?;
        let ExecutionState::Revoking { receipt, passed_on, .. } = &found.state else {
            return None;
        };
        let item =
            request.items.iter().find(|item| Some(&item.resource) == execution.item.as_ref());
        let once_key = once_key(&request.id, execution);
        let unknown = || Receipt { reference: once_key.clone(), fields: BTreeMap::new() };
        Some(Self {
            request: request.id.clone(),
            execution: execution.clone(),
            plugin: found.plugin.clone(),
            config: found.config.clone(),
            item: item.cloned(),
            statements: planned(found),
            receipt: rights::told(receipt.clone().unwrap_or_else(unknown), passed_on, given_before),
            once_key,
        })
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &RequestId {
        &self.request
    }

    /// The execution.
    #[must_use]
    pub fn execution(&self) -> &ExecutionId {
        &self.execution
    }

    /// The executor.
    #[must_use]
    pub fn plugin(&self) -> &PluginId {
        &self.plugin
    }

    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> &ResolvedConfig {
        &self.config
    }

    /// The item it is about.
    #[must_use]
    pub fn item(&self) -> Option<&Item> {
        self.item.as_ref()
    }

    /// What its plan covers: the only statements that the executor may send (EXE-6a).
    #[must_use]
    pub fn statements(&self) -> &Arc<[PlannedStatement]> {
        &self.statements
    }

    /// What `execute` returned; where nobody knows whether it did anything, its key alone. Beside it, in
    /// `still_held`, the rights to be left alone for other grants, and in `given_before` those that
    /// ended grants gave and left to this one (EXE-6c).
    #[must_use]
    pub fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// The execution's key.
    #[must_use]
    pub fn once_key(&self) -> &str {
        &self.once_key
    }
}
