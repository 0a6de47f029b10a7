//! Why a command is refused, and what to do next.

use chrono::SecondsFormat;
use engine_core::rejection::{Forbidden, Rejection, UrgentGate};

use super::{Names, failure::because, list, request::said, sentences};

impl Names<'_> {
    /// The message of a refused command.
    #[must_use]
    pub fn rejection(&self, rejection: &Rejection) -> String {
        match rejection {
            Rejection::NotFound => "There is no such thing here, or you may not see it.".to_owned(),
            Rejection::Forbidden(why) => self.forbidden(why),
            Rejection::Invalid(fields) => {
                let problem = |p: &engine_core::rejection::FieldProblem| format!("{}: {}", p.field, p.message);
                format!("Some values are not right. {}", fields.iter().map(problem).collect::<Vec<_>>().join("; "))
            }
            Rejection::WrongStatus { status, execution: None } => {
                format!("That cannot be done now: the request is {}.", said(*status))
            }
            Rejection::WrongStatus { status, execution: Some(state) } => format!(
                "That cannot be done now: the request is {}, the execution is {}.",
                said(*status),
                state.replace('_', " ")
            ),
            Rejection::Conflict { step: Some(step), .. } => format!(
                "The request has changed since you looked at it; it is now at step {}. Look again and decide then.",
                self.step(step)
            ),
            Rejection::Conflict { step: None, .. } => {
                "The request has changed since you looked at it. Look again and decide then.".to_owned()
            }
            Rejection::StepComplete { step: Some(step) } => {
                format!("Step {} is complete: nothing is left to decide in it.", self.step(step))
            }
            Rejection::StepComplete { step: None } => {
                "The request is approved: nothing is left to decide.".to_owned()
            }
            Rejection::UrgentApproveOnly => {
                "The work of an urgent request has been released already, so it can only be approved.".to_owned()
            }
            Rejection::UrgentNotAllowed(gate) => shut(*gate).to_owned(),
            Rejection::UrgentOverdue { overdue, limit } => format!(
                "Too many of your urgent requests wait for their approval longer than they may: {overdue}, and {limit} is the most. Have one of them approved first, or submit this one without urgency."
            ),
            Rejection::NoApprovers(shortages) => {
                let each = shortages.iter().map(|s| self.shortage(&s.step, &s.shortage));
                each.collect::<Vec<_>>().join(" ")
            }
            Rejection::NoRule { explanation } => format!(
                "This rule does not take this request. {}",
                sentences(&self.reasons(explanation))
            ),
            Rejection::ConditionFailed { explanation } => format!(
                "Nobody can say whether this rule takes the request. {} Try again later, or tell an administrator.",
                sentences(&self.reasons(explanation))
            ),
            Rejection::RuleInvalid(problems) => format!(
                "The rule has {}.",
                super::request::counted(u32::try_from(problems.len()).unwrap_or(u32::MAX), "mistake")
            ),
            Rejection::RuleRetired { rule } => {
                format!("The rule `{rule}` is retired and takes no new requests.")
            }
            Rejection::PlanFailed { binding, class, message } => format!(
                "The executor `{binding}` cannot say what it would do, because {}: {message}",
                because(*class)
            ),
            Rejection::NotPending { status } => {
                format!("The request is {}: nothing is left to decide.", said(*status))
            }
            Rejection::CannotDecide(unmet) => {
                unmet.iter().map(|unmet| self.unmet(unmet)).collect::<Vec<_>>().join(" ")
            }
            Rejection::TooLate { expired } => format!(
                "The time for this was over at {}.",
                expired.to_rfc3339_opts(SecondsFormat::Secs, true)
            ),
        }
    }

    fn forbidden(&self, why: &Forbidden) -> String {
        match why {
            Forbidden::NotASubmitter { rule } => {
                format!("You are not among those who may submit under the rule `{rule}`.")
            }
            Forbidden::OnlyRequester => "Only the requester can do that.".to_owned(),
            Forbidden::NotAnExecutor { binding, groups } if groups.is_empty() => {
                format!("You are not among those who may run `{binding}`.")
            }
            Forbidden::NotAnExecutor { binding, groups } => format!(
                "Only members of {} may run `{binding}`.",
                list(&groups.iter().map(|group| self.group(group)).collect::<Vec<_>>())
            ),
            Forbidden::OnlyAdministrators => {
                "Only the owner and administrators can do that.".to_owned()
            }
            Forbidden::OwnRights => {
                "Nobody changes their own role, groups, properties or account. Another administrator has to.".to_owned()
            }
            Forbidden::TakesNoPart => {
                "You see this request without a part in it. Whoever has one can make you a watcher, and watchers comment.".to_owned()
            }
            Forbidden::NotAWatcher => "Only watchers leave: you see this request for another reason.".to_owned(),
            Forbidden::NotARevoker => {
                "Only the requester, the owner of the resource, or an administrator can take it back.".to_owned()
            }
            Forbidden::ServiceAccount => {
                "A service account can submit requests, and decides nothing. A person has to.".to_owned()
            }
        }
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
