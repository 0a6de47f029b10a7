//! Blocks, shortages, outcomes: where a request stands and why.

use engine_core::{
    explanation::Outcome,
    ids::{AssignmentId, PropertyName, StepId, UserId},
    rejection::FieldProblem,
    request::{
        ApprovedBy, Block, EmptyBecause, EmptySeat, OnlyOne, RejectedBy, Shortage, SkippedBecause,
        Status,
    },
};

use super::{Names, property, sentences};

/// The status as a word of a sentence.
pub(crate) fn said(status: Status) -> &'static str {
    match status {
        Status::Draft => "a draft",
        Status::InReview => "in review",
        Status::Pending => "waiting for its first decision",
        Status::InProgress => "being decided",
        Status::Approved => "approved",
        Status::Rejected => "rejected",
        Status::Cancelled => "cancelled",
        Status::Expired => "expired",
    }
}

/// Why nobody decides a request in this status.
pub(super) fn nothing_to_decide(status: Status) -> String {
    let when = match status {
        Status::Draft | Status::InReview => "nothing is to be decided yet",
        Status::Pending
        | Status::InProgress
        | Status::Approved
        | Status::Rejected
        | Status::Cancelled
        | Status::Expired => "nothing is left to decide",
    };
    format!("The request is {}: {when}.", said(status))
}

impl Names<'_> {
    /// Why a request cannot go on, and what would change that.
    #[must_use]
    pub fn block(&self, block: &Block) -> String {
        match block {
            Block::ConditionUndecided { step, explanation } => format!(
                "Nobody can say whether step {} applies. {} It is asked again when somebody next does something with the request, or asks to reevaluate it.",
                self.step(step),
                sentences(&self.reasons(explanation))
            ),
            Block::NoApprovers { step, shortage } => format!(
                "{} The request goes on when people or the rule change and somebody does something with it, or asks to reevaluate it.",
                self.shortage(step, shortage)
            ),
            Block::Overdue { step } => format!(
                "Step {} of this urgent request was not decided in time, and only people may approve or end an urgent one. An administrator can let it go on by asking to reevaluate it.",
                self.step(step)
            ),
            Block::NotTaken { explanation } => {
                let reasons = sentences(&self.reasons(explanation));
                if explanation.outcome == Outcome::Undecided {
                    format!(
                        "Nobody can say whether the rule takes this request. {reasons} It is asked again when somebody next does something with the request, or asks to reevaluate it."
                    )
                } else {
                    format!(
                        "As it is now, the rule does not take this request. {reasons} The requester can change it, or cancel it."
                    )
                }
            }
            Block::NoReviewers => {
                "Nobody is left who can review this request. It goes on when somebody joins the reviewers that the rule names.".to_owned()
            }
            Block::NothingToApprove => {
                "Every step of this urgent request was skipped, and only people may approve an urgent one. An administrator has to look at the rule.".to_owned()
            }
        }
    }

    /// What a draft could not take over from the request that it was made of (REQ-5).
    #[must_use]
    pub fn dropped(&self, problem: &FieldProblem) -> String {
        let field = problem.field.strip_prefix("properties.").unwrap_or(&problem.field);
        format!("{field} was left out: {}.", problem.message)
    }

    /// Why a step cannot be completed.
    #[must_use]
    pub fn shortage(&self, step: &StepId, shortage: &Shortage) -> String {
        let step_name = self.step(step);
        match shortage {
            Shortage::Nobody { empty } if empty.is_empty() => {
                format!(
                    "Nobody is responsible for step {step_name}: no assignment applies to this request."
                )
            }
            Shortage::Nobody { empty } => {
                format!("Nobody can decide step {step_name}. {}", self.empty_seats(step, empty))
            }
            Shortage::TooFew { wanted, possible, empty, same } => format!(
                "Step {step_name} needs {} and {} can be given. {} {}",
                counted(*wanted, "approval"),
                if *possible == 0 { "none".to_owned() } else { format!("only {possible}") },
                self.empty_seats(step, empty),
                self.same(step, same)
            )
            .trim_end()
            .to_owned(),
            Shortage::TooFewPeople { wanted, possible } => format!(
                "In this rule one person counts once in the whole route: from step {step_name} on it needs {}, and only {possible} different people can give them.",
                counted(*wanted, "approval")
            ),
            Shortage::TooManySeats { seats } => format!(
                "Step {step_name} would have {seats} seats, and 200 is the most. The rule has to name fewer people."
            ),
        }
    }

    fn empty_seats(&self, step: &StepId, empty: &[EmptySeat]) -> String {
        let reason = |seat: &EmptySeat| self.empty(step, seat);
        sentences(&empty.iter().map(reason).collect::<Vec<_>>())
    }

    /// FIN-4: whom two seats have in common.
    fn same(&self, step: &StepId, same: &[OnlyOne]) -> String {
        let one = |only: &OnlyOne| {
            let seats: Vec<String> =
                only.assignments.iter().map(|id| self.assignment_id(step, id)).collect();
            format!(
                "{} is the only one for {}, and one person fills one seat of a step; `same_person: one_seat` would make them one",
                self.person(&only.user),
                super::list(&seats)
            )
        };
        sentences(&same.iter().map(one).collect::<Vec<_>>())
    }

    /// Two seats of one person are told apart by their ids.
    fn assignment_id(&self, step: &StepId, id: &AssignmentId) -> String {
        let who = self.assignment(step, id);
        format!("`{id}` ({who})")
    }

    fn empty(&self, step: &StepId, seat: &EmptySeat) -> String {
        let who = self.assignment(step, &seat.assignment);
        format!("{who}: {}", self.empty_because(&seat.why))
    }

    /// Why nobody can fill a seat.
    #[must_use]
    pub fn empty_because(&self, why: &EmptyBecause) -> String {
        match why {
            EmptyBecause::PropertyUnset { property: name, of: Some(user) } => format!(
                "the profile of {} has no {}; an administrator can fill it",
                self.person(user),
                property(name)
            ),
            EmptyBecause::PropertyUnset { property: name, of: None } => {
                format!("the request has no {}", property(name))
            }
            EmptyBecause::Deactivated { user, property: named } => {
                self.deactivated(user, named.as_ref())
            }
            EmptyBecause::GroupEmpty { group } => {
                format!("the group {} has no active member", self.group(group))
            }
            EmptyBecause::RoleEmpty => "nobody holds that role".to_owned(),
            EmptyBecause::NoOwner { resource: Some(resource) } => {
                format!("{} has no owner; an administrator can name one", self.resource(resource))
            }
            EmptyBecause::NoOwner { resource: None } => "the request names no resource".to_owned(),
            EmptyBecause::NobodyNamed { name, message: Some(message) } => {
                format!("`{name}` names nobody: {}", message.trim_end_matches('.'))
            }
            EmptyBecause::NobodyNamed { name, message: None } => format!("`{name}` names nobody"),
            EmptyBecause::NobodyPicked => "the requester picked nobody".to_owned(),
            EmptyBecause::OnlyRequester
            | EmptyBecause::Separated
            | EmptyBecause::SatElsewhere
            | EmptyBecause::NoSight => barred(why).to_owned(),
        }
    }

    fn deactivated(&self, user: &UserId, named: Option<&(PropertyName, UserId)>) -> String {
        match named {
            None => format!("{} is deactivated", self.person(user)),
            Some((name, of)) => format!(
                "{} is deactivated, and is the {} in the profile of {}; an administrator can change it",
                self.person(user),
                property(name),
                self.person(of)
            ),
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
                format!("{} approved it by force: {comment}", self.person(by))
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
                "Nobody decided step {} in time, and the rule rejects such requests by itself.",
                self.step(step)
            ),
            RejectedBy::Force { by, comment } => {
                format!("{} rejected it by force: {comment}", self.person(by))
            }
            RejectedBy::SafetyCatch => {
                "No step applies, and the rule rejects such requests by itself.".to_owned()
            }
        }
    }
}

/// What keeps everybody who is there from a seat.
fn barred(why: &EmptyBecause) -> &'static str {
    match why {
        EmptyBecause::OnlyRequester => {
            "the requester is the only one, and the rule does not allow self-approval"
        }
        EmptyBecause::Separated => {
            "all of them have decided in an earlier step, and may not decide here too"
        }
        EmptyBecause::SatElsewhere => {
            "all of them approve another step, and one person counts once in the whole route"
        }
        _ => "none of them may see the request",
    }
}

pub(super) fn counted(number: u32, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
