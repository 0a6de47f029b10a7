//! Where a request stands, and how it ended.

use engine_core::{
    explanation::{Explanation, Outcome},
    ids::StepId,
    rejection::{Forbidden, Rejection},
    request::{ApprovedBy, Block, RejectedBy, SkippedBecause, Status, WouldTake},
    rule::definition::EditPolicy,
};

use super::{Names, sentences};

pub(super) const ON_HOLD: &str = "The request is on hold. Its requester, an approver or an administrator can release it; then it can go on.";
const NO_REVIEWERS: &str = "Nobody is left who can review this request. An administrator can add somebody to the reviewers; then it goes on.";
const NOTHING_TO_APPROVE: &str = "No step applies to this urgent request, and an urgent request can only be approved by people. An administrator can approve it.";
const AT_ONCE: &str = "an administrator can have it checked at once.";

/// The status, to follow *the request*.
pub(crate) fn stands(status: Status) -> &'static str {
    match status {
        Status::Draft => "is a draft",
        Status::InReview => "is in review",
        Status::Pending => "waits for its first decision",
        Status::InProgress => "is being decided",
        Status::Approved => "was approved",
        Status::Rejected => "was rejected",
        Status::Cancelled => "was cancelled",
        Status::Expired => "has expired",
    }
}

/// Why nobody decides a request in this status.
pub(super) fn nothing_to_decide(status: Status) -> String {
    match status {
        Status::Draft => {
            "The request is still a draft: there is nothing to decide before it is submitted.".to_owned()
        }
        Status::InReview => {
            "The request is still in review: there is nothing to decide before a reviewer passes it on.".to_owned()
        }
        Status::Pending | Status::InProgress | Status::Approved => {
            format!("The request {}: nothing is left to decide.", stands(status))
        }
        Status::Rejected | Status::Cancelled | Status::Expired => format!(
            "The request {}: nothing is left to decide. Its requester can start a new one from it.",
            stands(status)
        ),
    }
}

impl Names<'_> {
    /// Why a request cannot go on, and what would change that.
    #[must_use]
    pub fn block(&self, block: &Block) -> String {
        match block {
            Block::ConditionUndecided { step, explanation } => format!(
                "It cannot be said whether step {} is needed. {} It is checked again when somebody next does something with the request; {AT_ONCE}",
                self.step(step),
                sentences(&self.reasons(explanation))
            ),
            Block::NoApprovers { step, shortage } => format!(
                "{} When that is put right, the request goes on; {AT_ONCE}",
                self.shortage(step, shortage)
            ),
            Block::Overdue { step } => format!(
                "Step {} of this urgent request was not decided in time, and an urgent request can only be approved by people. An administrator can let it go on.",
                self.step(step)
            ),
            Block::NotTaken { explanation, other: Some(other) } => {
                self.not_taken_by_other(explanation, other)
            }
            Block::NotTaken { explanation, other: None } => {
                let reasons = sentences(&self.reasons(explanation));
                match explanation.outcome {
                    Outcome::Undecided => format!(
                        "It cannot be said whether the rule still takes this request. {reasons} It is checked again when somebody next does something with the request; {AT_ONCE}"
                    ),
                    Outcome::Met | Outcome::Unmet => format!(
                        "As it is now, the rule does not take this request. {reasons} {}",
                        self.what_the_requester_can_do()
                    ),
                }
            }
            Block::NoReviewers => NO_REVIEWERS.to_owned(),
            Block::NothingToApprove => NOTHING_TO_APPROVE.to_owned(),
        }
    }

    /// RUL-4: the reasons of its own rule alone would send people the wrong way.
    fn not_taken_by_other(&self, explanation: &Explanation, other: &WouldTake) -> String {
        let WouldTake { title, why } = other;
        let but = match why {
            Rejection::Forbidden(Forbidden::NotASubmitter { .. }) => {
                "its requester cannot submit requests under it.".to_owned()
            }
            Rejection::Forbidden(Forbidden::NotForOthers { .. }) => {
                "not for other people.".to_owned()
            }
            why => format!("cannot yet: {}", self.rejection(why)),
        };
        format!(
            "As it is now, its rule does not take this request. {} The rule “{title}” would take it, but {but} {}",
            sentences(&self.reasons(explanation)),
            self.what_the_requester_can_do()
        )
    }

    /// With a request that its rule does not take any more (REQ-3, REQ-4).
    fn what_the_requester_can_do(&self) -> &'static str {
        match self.rule().map(|rule| rule.edit) {
            Some(EditPolicy::Forbid) => {
                "Its requester can cancel it and start a new one from it, or ask an administrator."
            }
            Some(_) | None => "Its requester can change it or cancel it, or ask an administrator.",
        }
    }

    /// Why a step was skipped.
    #[must_use]
    pub fn skipped(&self, step: &StepId, why: &SkippedBecause) -> String {
        match why {
            SkippedBecause::Condition(explanation) => sentences(&self.reasons(explanation)),
            SkippedBecause::Nobody(shortage) => self.shortage(step, shortage),
        }
    }

    /// What approved a request.
    #[must_use]
    pub fn approved_by(&self, by: &ApprovedBy) -> String {
        match by {
            ApprovedBy::Steps => "Every step that applies is approved.".to_owned(),
            ApprovedBy::Force { by, comment } => {
                format!(
                    "{} approved the whole request as an administrator: {comment}",
                    self.person(by)
                )
            }
            ApprovedBy::SafetyCatch => {
                "No step applies, and the rule approves such requests by itself.".to_owned()
            }
            ApprovedBy::Condition { name, explanation } => format!(
                "The rule approves such requests by itself: “{name}”. {}",
                sentences(&self.reasons(explanation))
            ),
        }
    }

    /// What rejected a request.
    #[must_use]
    pub fn rejected_by(&self, by: &RejectedBy) -> String {
        match by {
            RejectedBy::Decision { step } => {
                format!("It was rejected in step {}.", self.step(step))
            }
            RejectedBy::QuorumOutOfReach { step } => format!(
                "After a rejection, the people left are too few to approve step {}.",
                self.step(step)
            ),
            RejectedBy::Overdue { step } => format!(
                "Step {} was not decided in time, and the rule then rejects the request.",
                self.step(step)
            ),
            RejectedBy::Force { by, comment } => {
                format!("{} rejected the whole request as an administrator: {comment}", self.person(by))
            }
            RejectedBy::SafetyCatch => {
                "No step applies, and the rule rejects such requests by itself. Ask an administrator whether that is meant.".to_owned()
            }
        }
    }
}
