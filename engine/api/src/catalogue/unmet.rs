//! Why a person cannot decide (ELG-2).

use engine_core::{
    explanation::{Explanation, Ground},
    ids::{StepId, UserId},
    rejection::Unmet,
};

use super::{Names, capitalized, condition::subject, list, property, sentences};

impl Names<'_> {
    /// The sentence of one unmet condition.
    #[must_use]
    pub fn unmet(&self, unmet: &Unmet) -> String {
        match unmet {
            Unmet::Inactive => {
                "The account is deactivated. An administrator can activate it.".to_owned()
            }
            Unmet::NoAccess => "This person has no access to the request. A seat, or sight of it by name, would give it.".to_owned(),
            Unmet::NoSeat { step, taken_by, elsewhere } => {
                self.no_seat(step, taken_by, elsewhere.as_ref())
            }
            Unmet::Permission { step, explanation } => self.permission(step, explanation),
            Unmet::Criteria { explanation } => format!(
                "The rule does not let anybody decide this request: {}",
                sentences(&self.reasons(explanation))
            ),
            Unmet::RequiredProperties { properties } => format!(
                "Before somebody can approve, {} must be filled.",
                list(&properties.iter().map(property).collect::<Vec<_>>())
            ),
            Unmet::SelfApproval => {
                "The request is this person's own, or counts as theirs because they changed it, and the rule does not allow self-approval. Somebody else has to decide.".to_owned()
            }
            Unmet::Separation { step } => format!(
                "This person has decided in step {}, and whoever did may not decide here. Somebody else has to.",
                self.step(step)
            ),
            Unmet::NotPending { status } => {
                super::request::nothing_to_decide(*status)
            }
            Unmet::OnHold => {
                "The request is on hold. It can be decided as soon as somebody releases it.".to_owned()
            }
            Unmet::Blocked => {
                "The request is blocked: see its explanation for what has to change first.".to_owned()
            }
            Unmet::AlreadyDecided { step } => {
                format!("This person has decided in step {} already.", self.step(step))
            }
        }
    }

    fn no_seat(&self, step: &StepId, taken_by: &[UserId], elsewhere: Option<&StepId>) -> String {
        match elsewhere {
            Some(other) => format!(
                "In this rule one person counts once in the whole route, and this person's seat is in step {}. Somebody else has to decide step {}.",
                self.step(other),
                self.step(step)
            ),
            None if taken_by.is_empty() => {
                format!(
                    "This person has no seat in step {}: it asks other people.",
                    self.step(step)
                )
            }
            None => format!(
                "The seats of step {} that this person could fill are taken by {}. Nothing is left to do.",
                self.step(step),
                self.people(taken_by)
            ),
        }
    }

    /// *Amount 12,000,000 USD is above the 10,000,000 USD that Unit Directors may approve.*
    fn permission(&self, step: &StepId, explanation: &Explanation) -> String {
        let who = self.limited(step).unwrap_or_else(|| "this person".to_owned());
        if let Some(limit) = self.limit(explanation) {
            return format!("{limit} that {who} may approve in step {}.", self.step(step));
        }
        let reasons = sentences(&self.reasons(explanation));
        format!("{reasons} That is not what {who} may approve in step {}.", self.step(step))
    }

    /// Whose permissions these are, where one assignment of the step alone has any.
    fn limited(&self, step: &StepId) -> Option<String> {
        let step = self.rule()?.step(step)?;
        let mut limited = step.assignments.iter().filter(|a| !a.permissions.is_empty());
        match (limited.next(), limited.next()) {
            (Some(only), None) => Some(self.who(&only.who, &only.id)),
            _ => None,
        }
    }

    /// *Amount 12,000,000 USD is above the 10,000,000 USD*, where an upper limit alone is missed.
    fn limit(&self, explanation: &Explanation) -> Option<String> {
        let missed = match explanation.ground {
            Ground::All => {
                let mut missed = explanation.parts.iter().filter(|part| !part.is_met());
                missed.next().filter(|_| missed.next().is_none())?
            }
            _ => explanation,
        };
        let Ground::Test { path, operator, wanted, seen: Some(seen) } = &missed.ground else {
            return None;
        };
        let relation = match operator.as_str() {
            "less" => "is not below",
            "less_or_equal" => "is above",
            _ => return None,
        };
        let subject = capitalized(&subject(path));
        let [limit] = wanted.as_slice() else { return None };
        Some(format!("{subject} {} {relation} the {}", self.value(seen), self.value(limit)))
    }
}
