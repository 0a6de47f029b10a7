//! Why a command is refused, and what to do next.

use chrono::{DateTime, Utc};
use engine_core::{
    explanation::Explanation,
    extension::FailureClass,
    ids::{BindingId, ExecutionId, RuleGroupId, StepId, UserId},
    question::Source,
    rejection::{Gone, Rejection, StepShortage, Tried, Unfit, Unmet, UrgentGate},
    request::{EmptyBecause, Status},
    rule::Problem,
};

use super::{
    Names, Whom, counted,
    failure::because,
    label,
    request::{ON_HOLD, nothing_to_decide, stands},
    sentences,
};

const NOT_FOUND: &str = "There is nothing here that you can see. Check the address or the name; if it is right, ask whoever gave it to you.";
const CONFIRMED: &str = "You confirmed this already. To add something, write a comment.";
const APPROVE_ONLY: &str = "This request is urgent: its work does not wait for the approval, so it can only be approved, as a whole. It cannot be rejected or sent back, and its requester cannot change it. Whoever approves it can add a concern, and an administrator can take back what was granted.";
const WORK_BEGUN: &str = "The work of this urgent request has begun, so it cannot be cancelled. An administrator can take back what was granted.";
const NOTHING_TO_PASS_ON: &str =
    "You, or others in your place, decided already: there is nothing to pass on.";
const NOT_DONE: &str =
    "There is nothing to confirm yet: what was asked for is not done. Come back when it is.";
const START_NEW: &str = "Its requester can start a new one from it.";
/// How many mistakes of a rule are told in the message itself.
const MISTAKES: usize = 3;

impl Names<'_> {
    /// The message of a refused command.
    #[must_use]
    pub fn rejection(&self, rejection: &Rejection) -> String {
        match rejection {
            Rejection::NotFound => NOT_FOUND.to_owned(),
            Rejection::Forbidden(why) => self.forbidden(why),
            Rejection::Invalid(fields) => self.invalid(fields),
            Rejection::WrongStatus { status, why } => self.wrong_status(*status, why.as_deref()),
            Rejection::Conflict { step, .. } => self.conflict(step.as_ref()),
            Rejection::StepComplete { step } => self.step_complete(step.as_ref()),
            Rejection::UrgentApproveOnly => APPROVE_ONLY.to_owned(),
            Rejection::UrgentNotAllowed(gate) => shut(*gate).to_owned(),
            Rejection::UrgentOverdue { overdue, limit } => too_many_urgent(*overdue, *limit),
            Rejection::NoApprovers(shortages) => self.no_approvers(shortages),
            Rejection::NoReviewers(empty) => self.no_reviewers(empty),
            Rejection::NoRule { group, explanation } => self.no_rule(group.as_ref(), explanation),
            Rejection::ConditionFailed { explanation } => self.condition_failed(explanation),
            Rejection::RuleInvalid(problems) => rule_invalid(problems),
            Rejection::RuleRetired { title, tried } => retired(title, *tried),
            Rejection::RuleInUse { title, group } => in_use(title, group.as_ref()),
            Rejection::ReplacementNeeded(places) => self.replacement_needed(places),
            Rejection::ValidatorFailed { source, class, message } => {
                validator_failed(source, *class, message)
            }
            Rejection::PlanFailed { binding, class, message } => {
                plan_failed(binding, *class, message)
            }
            Rejection::NothingToConfirm { status } => nothing_to_confirm(*status),
            Rejection::AlreadyConfirmed => CONFIRMED.to_owned(),
            Rejection::OnHold => ON_HOLD.to_owned(),
            Rejection::NotPending { status } => nothing_to_decide(*status),
            Rejection::Gone(gone) => self.no_more(gone),
            Rejection::CannotDecide(unmet) => self.cannot_decide(unmet),
            Rejection::CannotHoldSeat { user, why } => self.cannot_hold_seat(user, why),
            Rejection::TooLate { expired } => self.too_late(*expired),
        }
    }

    fn wrong_status(&self, status: Status, why: Option<&Unfit>) -> String {
        match why {
            None => format!(
                "That cannot be done with a request that {}. Open it again to see what can be done.",
                stands(status)
            ),
            Some(Unfit::Execution { execution, state, opens }) => format!(
                "That cannot be done now: {} {}. Open the request again to see what can be done.",
                self.work(execution),
                self.execution_state(state, *opens)
            ),
            Some(Unfit::NotFromFirstUse { execution }) => format!(
                "The time for {} does not run from its first use, so there is nothing to report.",
                self.work(execution)
            ),
            Some(Unfit::UsedBefore { execution, by, at, until }) => {
                self.used_before(execution, by, *at, *until)
            }
            Some(Unfit::NeverUsed { execution, until }) => self.never_used(execution, *until),
            Some(Unfit::WorkBegun) => WORK_BEGUN.to_owned(),
            Some(Unfit::CompletedStep { step }) => format!(
                "Your decision has completed step {}, so it can no longer be taken back. If it was a mistake, tell those who decide the next step, or an administrator.",
                self.step(step)
            ),
            Some(Unfit::StepDecided { step }) => format!(
                "Step {} is over, so who approves it cannot be changed any more. While a later step is open, its approvers can send the request back to it.",
                self.step(step)
            ),
            Some(Unfit::NothingToPassOn) => NOTHING_TO_PASS_ON.to_owned(),
        }
    }

    /// EXE-6b: the first report counts.
    fn used_before(
        &self,
        execution: &ExecutionId,
        by: &UserId,
        at: DateTime<Utc>,
        until: Option<DateTime<Utc>>,
    ) -> String {
        let ends = until.map(|until| format!(" It ends on {}.", self.time(until)));
        format!(
            "{} reported the first use of {} on {}, so there is nothing left to report.{}",
            self.person(by),
            self.work(execution),
            self.time(at),
            ends.unwrap_or_default()
        )
    }

    fn never_used(&self, execution: &ExecutionId, until: Option<DateTime<Utc>>) -> String {
        let by = until.map(|until| format!(" by {}", self.time(until)));
        format!(
            "Nobody reported a use of {}{}, so it is being taken back. The requester can start a new request from this one.",
            self.work(execution),
            by.unwrap_or_default()
        )
    }

    /// What the person saw has moved on.
    fn conflict(&self, step: Option<&StepId>) -> String {
        let now = match step {
            Some(step) => format!(", and is now at step {}", self.step(step)),
            None => String::new(),
        };
        format!(
            "The request has changed since you opened it{now}. Nothing was done. Open it again, see what is new, and try again if you still want to."
        )
    }

    fn step_complete(&self, step: Option<&StepId>) -> String {
        match step {
            Some(step) => format!(
                "Step {} is complete, and its decisions stay. There is nothing left to do in it.",
                self.step(step)
            ),
            None => nothing_to_decide(Status::Approved),
        }
    }

    fn no_approvers(&self, shortages: &[StepShortage]) -> String {
        let each: Vec<String> =
            shortages.iter().map(|short| self.shortage(&short.step, &short.shortage)).collect();
        format!(
            "Nothing was done, because nobody could approve this request. {} Change the request, or ask an administrator.",
            each.join(" ")
        )
    }

    fn no_reviewers(&self, empty: &[EmptyBecause]) -> String {
        let why: Vec<String> = empty.iter().map(|why| self.empty_because(why)).collect();
        format!("Nobody can review this request. {} Ask an administrator.", sentences(&why))
    }

    fn no_rule(&self, group: Option<&RuleGroupId>, explanation: &Explanation) -> String {
        let reasons = sentences(&self.reasons(explanation));
        match group {
            Some(group) => format!(
                "Nothing was done, because no rule of “{}” takes this request. {reasons} Change the request, choose another kind, or ask an administrator.",
                label(group.as_str())
            ),
            None => format!(
                "Nothing was done, because this rule does not take this request. {reasons} Change the request, choose another rule, or ask an administrator."
            ),
        }
    }

    fn condition_failed(&self, explanation: &Explanation) -> String {
        format!(
            "Nobody can say whether this rule takes the request. {} Try again later, or tell an administrator.",
            sentences(&self.reasons(explanation))
        )
    }

    fn cannot_decide(&self, unmet: &[Unmet]) -> String {
        let each: Vec<String> = unmet.iter().map(|unmet| self.unmet(unmet, Whom::Reader)).collect();
        format!("You cannot decide this now. {}", each.join(" "))
    }

    fn cannot_hold_seat(&self, user: &UserId, why: &Unmet) -> String {
        format!(
            "{} cannot approve here. {} Choose somebody else.",
            self.person(user),
            self.cannot_sit(why, Whom::Other(user))
        )
    }

    fn no_more(&self, gone: &Gone) -> String {
        match gone {
            Gone::LinkExpired { at } => format!(
                "This link was good until {}. Make another one where the request shows the file.",
                self.time(*at)
            ),
            Gone::LinkUsedUp { downloads: 1 } => {
                "This link was good for one download, and it was used. Make another one where the request shows the file.".to_owned()
            }
            Gone::LinkUsedUp { downloads } => format!(
                "This link was good for {downloads} downloads, and all were used. Make another one where the request shows the file."
            ),
            Gone::FileDeleted { at } => format!(
                "The file was deleted on {}, since files are not kept for ever. To have it again, start a new request from this one.",
                self.time(*at)
            ),
        }
    }

    fn too_late(&self, expired: DateTime<Utc>) -> String {
        format!(
            "The time to approve this request ended on {}, so it can no longer be changed or decided. {START_NEW}",
            self.time(expired)
        )
    }
}

/// Which gate of urgent mode is shut, and what to do.
fn shut(gate: UrgentGate) -> &'static str {
    match gate {
        UrgentGate::Organization => {
            "Your organization does not allow urgent requests. Submit it as an ordinary request."
        }
        UrgentGate::Rule => {
            "Requests under this rule cannot be urgent. Submit it as an ordinary request."
        }
    }
}

fn too_many_urgent(overdue: Option<u32>, limit: u32) -> String {
    let Some(overdue) = overdue else {
        return "It cannot be found out now whether you may submit another urgent request. Try again later, or submit it as an ordinary one.".to_owned();
    };
    let may = match limit {
        0 => "none may be".to_owned(),
        1 => "no more than 1 may be".to_owned(),
        several => format!("no more than {several} may be"),
    };
    let (is, ask) = match overdue {
        1 => ("is", "Ask its approvers to decide it".to_owned()),
        _ => (
            "are",
            format!("Ask the approvers to decide {} of them", overdue.saturating_sub(limit)),
        ),
    };
    format!(
        "{overdue} of your urgent requests {is} past the date for approval, and {may}. {ask}, or submit this request as an ordinary one."
    )
}

fn rule_invalid(problems: &[Problem]) -> String {
    let mut told: Vec<String> = problems
        .iter()
        .take(MISTAKES)
        .map(|problem| format!("{}: {}.", problem.path, problem.message.trim_end_matches('.')))
        .collect();
    let more = problems.len().saturating_sub(told.len());
    if more > 0 {
        told.push(format!("And {more} more."));
    }
    let number = u64::try_from(problems.len()).unwrap_or(u64::MAX);
    format!("The rule was not published: it has {}. {}", counted(number, "mistake"), told.join(" "))
}

fn retired(title: &str, tried: Tried) -> String {
    match tried {
        Tried::Request => format!(
            "The rule “{title}” is retired and takes no new requests. Choose another one, or ask an administrator which."
        ),
        Tried::Restart => format!(
            "The rule “{title}” is retired, so a request under it cannot begin again. It goes on as it is."
        ),
        Tried::Version => format!(
            "The rule “{title}” is retired and cannot be published again. Publish it under another name."
        ),
    }
}

fn in_use(title: &str, group: Option<&RuleGroupId>) -> String {
    match group {
        Some(group) => format!(
            "The rule “{title}” cannot be deleted, because the rule group “{}” uses it. Take it out of the group first.",
            label(group.as_str())
        ),
        None => format!(
            "The rule “{title}” cannot be deleted, because there are requests under it. Retire it instead; it takes no new requests then."
        ),
    }
}

/// REQ-2
fn validator_failed(source: &Source, class: FailureClass, message: &str) -> String {
    let next =
        if class.is_retryable() { "Try again in a moment." } else { "Tell an administrator." };
    format!(
        "Nothing was saved, because “{}” cannot say whether the request is right: {}. It says: {}. {next}",
        label(source.name()),
        because(class),
        message.trim_end_matches('.')
    )
}

/// EXE-6
fn plan_failed(binding: &BindingId, class: FailureClass, message: &str) -> String {
    let next =
        if class.is_retryable() { "Try again in a moment." } else { "Tell an administrator." };
    format!(
        "Nothing was saved, because it cannot be found out what “{}” would do: {}. It says: {}. {next}",
        label(binding.as_str()),
        because(class),
        message.trim_end_matches('.')
    )
}

fn nothing_to_confirm(status: Status) -> String {
    match status {
        Status::Approved | Status::Pending | Status::InProgress => NOT_DONE.to_owned(),
        Status::Draft
        | Status::InReview
        | Status::Rejected
        | Status::Cancelled
        | Status::Expired => {
            format!(
                "The request {}: nothing was done, so there is nothing to confirm.",
                stands(status)
            )
        }
    }
}
