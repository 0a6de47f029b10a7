//! What executors find where they work, and leave there: the rights that accounts have, and who lays
//! claim to them (EXE-6c). The index of claims is kept as the runtime keeps it.

use std::collections::{BTreeMap, BTreeSet};

use engine_core::{
    command::{AttemptOutcome, Command, EngineCommand},
    decide::Changes,
    effect::Effect,
    extension::{Failure, FailureClass, Receipt},
    ids::ExecutionId,
    order::RevertOrder,
    request::{Execution, Request},
    rights::{Claim, Claims, Ending, SharedRights},
};
use serde_json::{Value as Json, json};

/// What a failure says whose effect is there all the same.
const UNSEEN: &str = "done, and nobody saw it";

/// Rights, and who gave them.
#[derive(Default)]
pub(crate) struct World {
    /// What accounts have now.
    pub(crate) rights: BTreeSet<String>,
    /// What they had before any grant.
    pub(crate) before: BTreeSet<String>,
    /// What a grant in doubt had to do with: of these, nobody knows any more who gave them (EXE-3).
    pub(crate) doubtful: BTreeSet<String>,
    claims: BTreeMap<String, Claims>,
    /// What each execution found there that had its effect.
    found: BTreeMap<ExecutionId, BTreeSet<String>>,
    /// What is being taken back.
    orders: BTreeMap<ExecutionId, RevertOrder>,
}

impl World {
    /// Accounts that have these rights already.
    pub(crate) fn with(before: BTreeSet<String>) -> Self {
        Self { rights: before.clone(), before, ..Self::default() }
    }

    /// How an attempt ends: as it is to, if what is there allows it.
    pub(crate) fn end(&self, execution: &Execution, outcome: AttemptOutcome) -> AttemptOutcome {
        use AttemptOutcome::{CannotTell, Failed, NeverHappened, Succeeded, Unclear};
        match outcome {
            Unclear(failure) => Unclear(unseen(failure)),
            CannotTell(failure) => CannotTell(unseen(failure)),
            Failed(_) | NeverHappened if !self.found.contains_key(&execution.id) => outcome,
            Succeeded(_) | Failed(_) | NeverHappened => {
                let kept = json!(self.found_by(execution));
                Succeeded(Receipt {
                    fields: [("kept".to_owned(), kept)].into(),
                    ..Receipt::default()
                })
            }
        }
    }

    fn found_by(&self, execution: &Execution) -> BTreeSet<String> {
        let there = || execution.rights().intersection(&self.rights).cloned().collect();
        self.found.get(&execution.id).cloned().unwrap_or_else(there)
    }

    /// What the outbox does about the end of a grant; nothing while another execution is at work on one of
    /// its rights.
    pub(crate) fn take_back(
        &self,
        request: &Request,
        execution: &Execution,
        outcome: Result<(), Failure>,
    ) -> Option<EngineCommand> {
        let id = execution.id.clone();
        if self.orders.contains_key(&id) {
            return Some(EngineCommand::FinishRevert { execution: id, outcome });
        }
        let mut shared = SharedRights::default();
        for right in execution.claims().into_keys() {
            match self.claims.get(&right)?.ending(&request.id, &id) {
                Ending::PassedOn => {
                    shared.passed_on.insert(right);
                }
                Ending::Waits => return None,
                Ending::InDoubt(_) => {
                    let outcome = Err(Failure::new(FailureClass::Unavailable, "in doubt"));
                    return Some(EngineCommand::FinishRevert { execution: id, outcome });
                }
                Ending::TakenBack { given_before: true } => {
                    shared.given_before.insert(right);
                }
                Ending::TakenBack { given_before: false } => {}
            }
        }
        Some(EngineCommand::StartRevert(id, shared))
    }

    /// Whether a change begins to give a right or to take it back that another execution is at work on.
    pub(crate) fn is_in_use(&self, before: Option<&Request>, after: &Request) -> bool {
        changed(before, after).any(|(id, right, _, now)| {
            let claims = self.claims.get(&right);
            let is_free = claims.is_none_or(|claims| claims.is_free_for(&after.id, &id));
            now.is_some_and(Claim::is_exclusive) && !is_free
        })
    }

    /// What a command does to the rights, and to the claims.
    pub(crate) fn keep(&mut self, before: Option<&Request>, command: &Command, changes: &Changes) {
        let after = &changes.request;
        for (id, right, was, now) in changed(before, after) {
            if was == Some(Claim::Doubtful) || now == Some(Claim::Doubtful) {
                self.doubtful.insert(right.clone());
            }
            self.claims.entry(right).or_default().put(&after.id, &id, was, now);
        }
        for effect in &changes.effects {
            if let Effect::Revert(order) = effect {
                self.orders.insert(order.execution().clone(), order.clone());
            }
        }
        match command {
            Command::Engine(EngineCommand::Finish { execution, outcome, .. }) => {
                let is_there = match outcome {
                    AttemptOutcome::Succeeded(_) => true,
                    AttemptOutcome::Unclear(failure) | AttemptOutcome::CannotTell(failure) => {
                        failure.message == UNSEEN
                    }
                    AttemptOutcome::Failed(_) | AttemptOutcome::NeverHappened => false,
                };
                if let Some(execution) = after.execution(execution).filter(|_| is_there) {
                    self.found.insert(execution.id.clone(), self.found_by(execution));
                    self.rights.extend(execution.rights());
                }
            }
            Command::Engine(EngineCommand::FinishRevert { execution, outcome }) => {
                let done = outcome.as_ref().err().is_none_or(|failure| failure.message == UNSEEN);
                if let Some(order) = self.orders.remove(execution)
                    && let Some(execution) = after.execution(execution).filter(|_| done)
                {
                    self.revert(&order, execution);
                }
            }
            _ => {}
        }
    }

    /// As an executor does it that keeps to the contract.
    fn revert(&mut self, order: &RevertOrder, execution: &Execution) {
        let texts = |name: &str| -> BTreeSet<String> {
            let list = order.receipt().fields.get(name).and_then(Json::as_array);
            list.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
        };
        let (held, given) = (texts("still_held"), texts("given_before"));
        let found = match order.receipt().fields.contains_key("kept") {
            true => Some(texts("kept")),
            false => self.found.get(&execution.id).cloned(),
        };
        for right in execution.rights() {
            let gave = found.as_ref().is_some_and(|found| !found.contains(&right));
            if (gave || given.contains(&right)) && !held.contains(&right) {
                self.rights.remove(&right);
            }
        }
    }

    /// The index as it should be, with nothing in it but what the request says.
    pub(crate) fn index_follows_from(&self, request: &Request) -> bool {
        self.claims.iter().all(|(right, claims)| {
            let of = |execution: &Execution| {
                let claim = execution.claims().get(right).copied();
                (execution.id.clone(), claim)
            };
            let now: BTreeMap<_, _> = request.executions.iter().map(of).collect();
            let known = claims.all().filter(|it| it.request == request.id);
            let known: BTreeMap<_, _> =
                known.map(|it| (it.execution.clone(), Some(it.claim))).collect();
            now.iter().all(|(id, claim)| known.get(id).copied().flatten() == *claim)
                && known.keys().all(|id| now.contains_key(id))
        })
    }
}

/// Every third end that nobody saw had its effect.
fn unseen(failure: Failure) -> Failure {
    let is_there = failure.class != FailureClass::Permanent;
    let message = if is_there { UNSEEN.to_owned() } else { failure.message };
    Failure { message, ..failure }
}

type Change = (ExecutionId, String, Option<Claim>, Option<Claim>);

/// What changes of the claims.
fn changed<'r>(
    before: Option<&'r Request>,
    after: &'r Request,
) -> impl Iterator<Item = Change> + 'r {
    let gone = before.into_iter().flat_map(|before| &before.executions);
    let gone = gone.filter(|execution| after.execution(&execution.id).is_none());
    after.executions.iter().chain(gone).flat_map(move |execution| {
        let claims = |request: &Request| request.execution(&execution.id).map(Execution::claims);
        let was = before.and_then(claims).unwrap_or_default();
        let now = claims(after).unwrap_or_default();
        let rights: BTreeSet<String> = was.keys().chain(now.keys()).cloned().collect();
        let change = move |right: String| {
            let (was, now) = (was.get(&right).copied(), now.get(&right).copied());
            (execution.id.clone(), right, was, now)
        };
        rights.into_iter().map(change).filter(|(_, _, was, now)| was != now)
    })
}
