//! What is asked for changed, or the rule that governs it.

use super::reopen_all;
use crate::{
    event::{Edited, Moved, MovedBecause},
    ids::StepId,
    request::{Phase, Request, StepRecord},
};

pub(super) fn edit(request: &mut Request, edited: &Edited) {
    request.title.clone_from(&edited.title);
    request.reason.clone_from(&edited.reason);
    request.properties.clone_from(&edited.properties);
    request.items.clone_from(&edited.items);
    request.picks.clone_from(&edited.picks);
    request.target_users.clone_from(&edited.target_users);
    request.approval_expires = edited.approval_expires;
    request.ends = edited.ends;
    request.revision = edited.revision;
    if let Some(executions) = &edited.executions {
        request.executions.clone_from(executions);
    }
    if edited.reopens {
        request.phase = Phase::Open;
    }
    if edited.by != request.requester {
        request.editors.insert(edited.by.clone());
    }
}

/// The new rule begins; whoever had a seat or decided still sees the request (REQ-10), and what people changed
/// of a step's seats holds in the step of the same name (STP-15).
pub(super) fn move_to(request: &mut Request, moved: &Moved) {
    let all: Vec<StepId> = request.steps.iter().map(|record| record.id.clone()).collect();
    reopen_all(request, &all, moved.revision);
    let before = std::mem::take(&mut request.steps);
    let step = |id: &StepId| {
        let same = before.iter().find(|record| record.id == *id).cloned();
        same.unwrap_or_else(|| StepRecord::waiting(id.clone()))
    };
    request.steps = moved.steps.iter().map(step).collect();
    request.rule.clone_from(&moved.rule);
    request.rule_version = moved.version;
    request.kind.clone_from(&moved.kind);
    request.properties.clone_from(&moved.properties);
    request.items.clone_from(&moved.items);
    request.picks.clone_from(&moved.picks);
    request.executions.clone_from(&moved.executions);
    request.kept.clone_from(&moved.kept);
    request.phase = if moved.to_review { Phase::InReview } else { Phase::Open };
    if let MovedBecause::Restarted { order: Some(order), .. } = &moved.why {
        request.restart_order = Some(*order);
    }
}
