//! Why a command is refused, and what to do next.

use chrono::SecondsFormat;
use engine_core::{
    ids::{BindingId, GroupId},
    rejection::{FieldProblem, Forbidden, Gone, Rejection, UrgentGate},
    request::{EmptyBecause, Status},
};

use super::{
    Names,
    failure::because,
    list, property,
    request::{nothing_to_decide, said},
    sentences,
};

const ON_HOLD: &str =
    "The request is on hold. Its requester, an approver or an administrator can release it.";
const CONFIRMED: &str = "You confirmed this already. To add something, write a comment.";

impl Names<'_> {
    /// The message of a refused command.
    #[must_use]
    pub fn rejection(&self, rejection: &Rejection) -> String {
        match rejection {
            Rejection::NotFound => "There is no such thing here, or you may not see it.".to_owned(),
            Rejection::Forbidden(why) => self.forbidden(why),
            Rejection::Invalid(fields) => invalid(fields),
            Rejection::WrongStatus { status, execution } => {
                wrong_status(*status, execution.as_deref())
            }
            Rejection::Conflict { .. } | Rejection::StepComplete { .. } => self.moved_on(rejection),
            Rejection::UrgentApproveOnly
            | Rejection::UrgentNotAllowed(_)
            | Rejection::UrgentOverdue { .. } => not_urgent(rejection),
            Rejection::NoApprovers(_)
            | Rejection::NoReviewers(_)
            | Rejection::CannotDecide(_)
            | Rejection::CannotHoldSeat { .. } => self.nobody_to_decide(rejection),
            Rejection::NoRule { .. }
            | Rejection::ConditionFailed { .. }
            | Rejection::RuleInvalid(_)
            | Rejection::RuleRetired { .. }
            | Rejection::RuleInUse { .. } => self.not_by_rule(rejection),
            Rejection::ReplacementNeeded(places) => self.replacement_needed(places),
            Rejection::PlanFailed { binding, class, message } => format!(
                "The executor `{binding}` cannot say what it would do, because {}: {message}",
                because(*class)
            ),
            Rejection::NothingToConfirm { status } => nothing_to_confirm(*status),
            Rejection::AlreadyConfirmed => CONFIRMED.to_owned(),
            Rejection::OnHold => ON_HOLD.to_owned(),
            Rejection::NotPending { status } => nothing_to_decide(*status),
            Rejection::Gone(gone) => no_more(gone),
            Rejection::TooLate { expired } => format!(
                "The time for this was over at {}.",
                expired.to_rfc3339_opts(SecondsFormat::Secs, true)
            ),
        }
    }

    /// The request is not where the caller takes it to be.
    fn moved_on(&self, rejection: &Rejection) -> String {
        match rejection {
            Rejection::Conflict { step: Some(step), .. } => format!(
                "The request has changed since you looked at it; it is now at step {}. Look again and decide then.",
                self.step(step)
            ),
            Rejection::Conflict { step: None, .. } => {
                "The request has changed since you looked at it. Look again and decide then."
                    .to_owned()
            }
            Rejection::StepComplete { step: Some(step) } => {
                format!("Step {} is complete: nothing is left to decide in it.", self.step(step))
            }
            Rejection::StepComplete { step: None } => {
                "The request is approved: nothing is left to decide.".to_owned()
            }
            _ => String::new(),
        }
    }

    /// Nobody can decide, or not this person.
    fn nobody_to_decide(&self, rejection: &Rejection) -> String {
        match rejection {
            Rejection::NoApprovers(shortages) => {
                let each = shortages.iter().map(|s| self.shortage(&s.step, &s.shortage));
                each.collect::<Vec<_>>().join(" ")
            }
            Rejection::CannotDecide(unmet) => {
                unmet.iter().map(|unmet| self.unmet(unmet)).collect::<Vec<_>>().join(" ")
            }
            Rejection::NoReviewers(empty) => self.no_reviewers(empty),
            Rejection::CannotHoldSeat { user, why } => {
                format!("{} cannot be given a seat. {}", self.person(user), self.unmet(why))
            }
            _ => String::new(),
        }
    }

    /// The rule does not take it.
    fn not_by_rule(&self, rejection: &Rejection) -> String {
        match rejection {
            Rejection::NoRule { group: Some(group), explanation } => format!(
                "No rule of the rule group `{group}` takes this request. {}",
                sentences(&self.reasons(explanation))
            ),
            Rejection::NoRule { group: None, explanation } => format!(
                "This rule does not take this request. {}",
                sentences(&self.reasons(explanation))
            ),
            Rejection::ConditionFailed { explanation } => format!(
                "Nobody can say whether this rule takes the request. {} Try again later, or tell an administrator.",
                sentences(&self.reasons(explanation))
            ),
            Rejection::RuleInvalid(problems) => format!(
                "The rule has {}.",
                super::request::counted(
                    u32::try_from(problems.len()).unwrap_or(u32::MAX),
                    "mistake"
                )
            ),
            Rejection::RuleRetired { rule } => {
                format!("The rule `{rule}` is retired and takes no new requests.")
            }
            Rejection::RuleInUse { rule, group: Some(group) } => format!(
                "The rule `{rule}` cannot be deleted: the rule group `{group}` names it. Take it out of the group first."
            ),
            Rejection::RuleInUse { rule, group: None } => format!(
                "The rule `{rule}` cannot be deleted: there are requests under it. Retire it instead; it takes no new requests then."
            ),
            _ => String::new(),
        }
    }

    fn not_an_executor(&self, binding: &BindingId, groups: &[GroupId]) -> String {
        if groups.is_empty() {
            return format!("You are not among those who may run `{binding}`.");
        }
        let groups: Vec<String> = groups.iter().map(|group| self.group(group)).collect();
        format!("Only members of {} may run `{binding}`.", list(&groups))
    }

    fn no_reviewers(&self, empty: &[EmptyBecause]) -> String {
        let why: Vec<String> = empty.iter().map(|why| self.empty_because(why)).collect();
        let text = format!("Nobody can review this request. {}", sentences(&why));
        text.trim_end().to_owned()
    }

    fn forbidden(&self, why: &Forbidden) -> String {
        match why {
            Forbidden::EditForbidden => {
                "The rule does not let a submitted request be changed. Cancel it and submit a new one.".to_owned()
            }
            Forbidden::NotEditable { step, properties } if properties.is_empty() => format!(
                "Only the requester changes what is asked for: step {} lets its approvers change nothing.",
                self.step(step)
            ),
            Forbidden::NotEditable { step, properties } => format!(
                "In step {} its approvers change {}, and nothing else.",
                self.step(step),
                list(&properties.iter().map(property).collect::<Vec<_>>())
            ),
            Forbidden::NotAReviewer => "Only the reviewers of the request can do that.".to_owned(),
            Forbidden::OwnReview => {
                "Nobody reviews their own request. Another reviewer has to.".to_owned()
            }
            Forbidden::NoReview => {
                "The rule of this request has no review that it could return to. Reject it, or send it back, with a comment.".to_owned()
            }
            Forbidden::NotASubmitter { rule } => {
                format!("You are not among those who may submit under the rule `{rule}`.")
            }
            Forbidden::NotForOthers { rule } => format!(
                "The rule `{rule}` takes requests for oneself only: leave out whom it is for, or let them submit it."
            ),
            Forbidden::NotAReceiptReviewer => {
                "Only those whom the rule names as reviewers of its receipts confirm what was done."
                    .to_owned()
            }
            Forbidden::OwnReceipt => {
                "Nobody confirms what was done for themself. Another reviewer of receipts has to."
                    .to_owned()
            }
            Forbidden::OnlyRequester => "Only the requester can do that.".to_owned(),
            Forbidden::NotAnExecutor { binding, groups } => self.not_an_executor(binding, groups),
            Forbidden::OnlyAdministrators
            | Forbidden::OnlyRuleManagers
            | Forbidden::OnlyOwner
            | Forbidden::OnlyTransfer
            | Forbidden::OwnRights => forbidden_in_organization(why),
            Forbidden::NotYourStep { .. }
            | Forbidden::EnoughApprovals { .. }
            | Forbidden::NotYourSeat
            | Forbidden::OwnRequest
            | Forbidden::OwnSeat
            | Forbidden::NotAnApprover => self.forbidden_seat(why),
            Forbidden::NoDelegation | Forbidden::OthersDelegation => no_delegation(why),
            Forbidden::TakesNoPart
            | Forbidden::NotAWatcher
            | Forbidden::NotYourAttachment
            | Forbidden::ServiceAccount
            | Forbidden::NotARevoker
            | Forbidden::NoDecision
            | Forbidden::NotAHolder => takes_no_part(why),
        }
    }

    /// Who approves is not theirs to change.
    fn forbidden_seat(&self, why: &Forbidden) -> String {
        match why {
            Forbidden::NotYourStep { step: Some(step) } => format!(
                "Who approves step {} is changed by administrators, by the requester, and by those who approve it now.",
                self.step(step)
            ),
            Forbidden::NotYourStep { step: None } => {
                "There is no step whose approvers you could change.".to_owned()
            }
            Forbidden::EnoughApprovals { step } => format!(
                "In step {} a number of approvals is enough, and one more person would make it easier: only an administrator may add one.",
                self.step(step)
            ),
            Forbidden::NotYourSeat => {
                "Only an administrator can remove a seat that the rule made or somebody else added. Ask one.".to_owned()
            }
            Forbidden::OwnRequest => {
                "The request is your own: those who decide it cannot be removed by you, unless you added them. Ask another administrator.".to_owned()
            }
            Forbidden::OwnSeat => {
                "An administrator cannot give themself a seat. Another administrator has to.".to_owned()
            }
            Forbidden::NotAnApprover => {
                "Only somebody who can decide the active step can pass that on, and you have no seat in it.".to_owned()
            }
            _ => String::new(),
        }
    }
}

/// What is for those who have a part in the request.
fn takes_no_part(why: &Forbidden) -> String {
    let text = match why {
        Forbidden::TakesNoPart => {
            "You see this request without a part in it. Whoever has one can make you a watcher, and watchers comment and attach files."
        }
        Forbidden::NotAWatcher => "Only watchers leave: you see this request for another reason.",
        Forbidden::NotYourAttachment => {
            "Only who attached this file can remove it, or an administrator. Ask one of them."
        }
        Forbidden::ServiceAccount => {
            "A service account can submit requests, and decides nothing. A person has to."
        }
        Forbidden::NotARevoker => {
            "Only the requester, the owner of the resource, or an administrator can take it back."
        }
        Forbidden::NoDecision => {
            "You can only take back a decision of your own, and you have made none that counts."
        }
        Forbidden::NotAHolder => {
            "Only the requester, an approver of the request, or an administrator can set or lift a hold."
        }
        _ => "",
    };
    text.to_owned()
}

/// What the roles of the organization keep to others.
fn no_delegation(why: &Forbidden) -> String {
    match why {
        Forbidden::OthersDelegation => {
            "People choose who stands in for themselves. For somebody else, the owner and administrators do it."
        }
        _ => "The organization does not let people stand in for each other. An administrator can change the setting `delegation`.",
    }
    .to_owned()
}

fn forbidden_in_organization(why: &Forbidden) -> String {
    match why {
        Forbidden::OnlyAdministrators => {
            "Only the owner and administrators can do that.".to_owned()
        }
        Forbidden::OnlyRuleManagers => {
            "Only the owner, administrators and workflow managers can do that.".to_owned()
        }
        Forbidden::OnlyOwner => "Only the owner of the organization can do that.".to_owned(),
        Forbidden::OwnRights => {
            "Nobody changes their own role, groups, node permissions, properties or account, and nobody puts themself in \
             somebody's place. Another administrator has to."
                .to_owned()
        }
        Forbidden::OnlyTransfer => {
            "An organization has exactly one owner, and that role moves only when the owner hands it over."
                .to_owned()
        }
        _ => String::new(),
    }
}

fn no_more(gone: &Gone) -> String {
    match gone {
        Gone::LinkExpired { at } => format!(
            "This link was good until {}. Make another one.",
            at.to_rfc3339_opts(SecondsFormat::Secs, true)
        ),
        Gone::LinkUsedUp { downloads: 1 } => {
            "This link was good for one download. Make another one.".to_owned()
        }
        Gone::LinkUsedUp { downloads } => {
            format!("This link was good for {downloads} downloads. Make another one.")
        }
        Gone::FileDeleted { at } => format!(
            "The file was deleted at {}, at the end of its retention. To have it again, submit the request again.",
            at.to_rfc3339_opts(SecondsFormat::Secs, true)
        ),
    }
}

fn invalid(fields: &[FieldProblem]) -> String {
    let problem = |p: &FieldProblem| format!("{}: {}", p.field, p.message);
    format!(
        "Some values are not right. {}",
        fields.iter().map(problem).collect::<Vec<_>>().join("; ")
    )
}

fn wrong_status(status: Status, execution: Option<&str>) -> String {
    let status = said(status);
    match execution {
        None => format!("That cannot be done now: the request is {status}."),
        Some(state) => format!(
            "That cannot be done now: the request is {status}, the execution is {}.",
            state.replace('_', " ")
        ),
    }
}

fn nothing_to_confirm(status: Status) -> String {
    match status {
        Status::Approved | Status::Pending | Status::InProgress => {
            "There is nothing to confirm yet: first everything that was asked for has to be approved and done.".to_owned()
        }
        Status::Draft
        | Status::InReview
        | Status::Rejected
        | Status::Cancelled
        | Status::Expired => {
            format!("The request is {}: nothing was done, so there is nothing to confirm.", said(status))
        }
    }
}

/// Urgency does not allow it.
fn not_urgent(rejection: &Rejection) -> String {
    match rejection {
        Rejection::UrgentApproveOnly => {
            "The work of an urgent request has been released already, so it can only be approved."
                .to_owned()
        }
        Rejection::UrgentNotAllowed(gate) => shut(*gate).to_owned(),
        Rejection::UrgentOverdue { overdue, limit } => too_many_urgent(*overdue, *limit),
        _ => String::new(),
    }
}

/// Which gate of urgent mode is shut, and what to do.
fn shut(gate: UrgentGate) -> &'static str {
    match gate {
        UrgentGate::Organization => {
            "The organization does not allow urgent requests. Submit it without `urgent`."
        }
        UrgentGate::Rule => "This rule does not allow urgent requests. Submit it without `urgent`.",
    }
}

fn too_many_urgent(overdue: u32, limit: u32) -> String {
    format!(
        "Too many of your urgent requests wait for their approval longer than they may: {overdue}, and {limit} is the most. Have one of them approved first, or submit this one without urgency."
    )
}
