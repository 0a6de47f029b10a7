//! Why a person cannot decide (ELG-2).

use engine_core::{
    explanation::{Explanation, Ground, Outcome},
    ids::{StepId, UserId},
    rejection::{Own, Unmet},
    value::Value,
};

use super::{
    Names, capitalized,
    condition::subject,
    properties,
    request::{ON_HOLD, nothing_to_decide},
    sentences,
};

/// Whom an explanation is about, and so how it speaks of them.
#[derive(Clone, Copy, Debug)]
pub enum Whom<'a> {
    /// Whoever reads it.
    Reader,
    /// Somebody else.
    Other(&'a UserId),
}

const RESTORE: &str = "An administrator can activate it again.";

impl Names<'_> {
    /// The sentence of one unmet condition.
    #[must_use]
    pub fn unmet(&self, unmet: &Unmet, whom: Whom<'_>) -> String {
        match unmet {
            Unmet::Inactive => self.inactive(whom),
            Unmet::NoAccess => self.no_access(whom),
            Unmet::NoSeat { step, taken_by, elsewhere } => {
                self.no_seat(step, taken_by, elsewhere.as_ref(), whom)
            }
            Unmet::Permission { step, explanation } => self.permission(step, explanation, whom),
            Unmet::Criteria { explanation } => format!(
                "Nobody can decide this request as it is: {} Tell its requester, who may be able to change it, or an administrator.",
                sentences(&self.reasons(explanation))
            ),
            Unmet::RequiredProperties { properties: names } => format!(
                "Nobody can approve before {} {} filled in. If you cannot do that yourself, ask the requester.",
                properties(names),
                if names.len() == 1 { "is" } else { "are" }
            ),
            Unmet::SelfApproval { own } => {
                format!("{} Somebody else has to decide.", self.own(*own, whom))
            }
            Unmet::Separation { step } => format!(
                "{} There is nothing for {} to do.",
                self.separation(step, whom),
                self.whom(whom)
            ),
            Unmet::NotPending { status } => nothing_to_decide(*status),
            Unmet::OnHold => ON_HOLD.to_owned(),
            Unmet::Blocked { why } => format!(
                "The request is blocked. {} The administrators have been told.",
                self.block(why)
            ),
            Unmet::AlreadyDecided { step, by } => self.already_decided(step, by.as_ref(), whom),
        }
    }

    /// Why somebody cannot be given a place in a step, without what to do about it.
    pub(super) fn cannot_sit(&self, why: &Unmet, whom: Whom<'_>) -> String {
        match why {
            Unmet::SelfApproval { own } => self.own(*own, whom),
            Unmet::Separation { step } => self.separation(step, whom),
            Unmet::Inactive
            | Unmet::NoAccess
            | Unmet::NoSeat { .. }
            | Unmet::Permission { .. }
            | Unmet::Criteria { .. }
            | Unmet::RequiredProperties { .. }
            | Unmet::NotPending { .. }
            | Unmet::OnHold
            | Unmet::Blocked { .. }
            | Unmet::AlreadyDecided { .. } => self.unmet(why, whom),
        }
    }

    fn whom(&self, whom: Whom<'_>) -> String {
        match whom {
            Whom::Reader => "you".to_owned(),
            Whom::Other(id) => self.person(id),
        }
    }

    /// The same at the beginning of a sentence.
    fn beginning(&self, whom: Whom<'_>) -> String {
        match whom {
            Whom::Reader => "You".to_owned(),
            Whom::Other(id) => self.person(id),
        }
    }

    fn inactive(&self, whom: Whom<'_>) -> String {
        match whom {
            Whom::Reader => format!("Your account is deactivated. {RESTORE}"),
            Whom::Other(id) => {
                format!("The account of {} is deactivated. {RESTORE}", self.person(id))
            }
        }
    }

    fn no_access(&self, whom: Whom<'_>) -> String {
        let (they_are, them) = match whom {
            Whom::Reader => ("You are".to_owned(), "you"),
            Whom::Other(id) => (format!("{} is", self.person(id)), "them"),
        };
        format!(
            "Only people who are named for this request, or have rights where it belongs, can decide it. {they_are} not among them. An administrator can add {them} to the step by name."
        )
    }

    fn no_seat(
        &self,
        step: &StepId,
        taken_by: &[UserId],
        elsewhere: Option<&StepId>,
        whom: Whom<'_>,
    ) -> String {
        let (step, whom) = (self.step(step), self.whom(whom));
        match elsewhere {
            Some(other) => format!(
                "Under this rule each person can approve only one step. For {whom} that is step {}, so somebody else has to decide step {step}.",
                self.step(other)
            ),
            None if taken_by.is_empty() => format!(
                "Step {step} asks other people, not {whom}. There is nothing to do. If that is a mistake, tell the requester or an administrator."
            ),
            None => format!(
                "Step {step} needs nothing more from {whom}: {} decided already. There is nothing to do.",
                self.people(taken_by)
            ),
        }
    }

    /// *Amount 12,000,000 USD is above the 10,000,000 USD that Unit Directors may approve.*
    fn permission(&self, step: &StepId, explanation: &Explanation, whom: Whom<'_>) -> String {
        let limited = self.limited(step);
        let who = limited.clone().unwrap_or_else(|| self.whom(whom));
        let step = self.step(step);
        if let Some(limit) = self.limit(explanation) {
            return format!(
                "{limit} that {who} may approve in step {step}. Somebody who may approve more has to decide."
            );
        }
        let reasons = sentences(&self.reasons(explanation));
        match explanation.outcome {
            Outcome::Undecided => format!(
                "{reasons} Until that is known, {who} cannot decide step {step}. Tell an administrator."
            ),
            Outcome::Met | Outcome::Unmet => format!(
                "{reasons} {} may not approve that in step {step}. Somebody else has to decide.",
                limited.map_or_else(|| self.beginning(whom), |who| capitalized(&who))
            ),
        }
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
        let [limit] = wanted.as_slice() else { return None };
        let relation = match (operator.as_str(), seen) {
            (_, Value::Date(_) | Value::Timestamp(_)) => return None,
            ("less", Value::Duration(_)) => "is not shorter than",
            ("less", _) => "is not below",
            ("less_or_equal", Value::Duration(_)) => "is longer than",
            ("less_or_equal", _) => "is above",
            _ => return None,
        };
        let subject = capitalized(&subject(path));
        Some(format!("{subject} {} {relation} the {}", self.value(seen), self.value(limit)))
    }

    /// What makes a request somebody's own, and what follows.
    fn own(&self, own: Own, whom: Whom<'_>) -> String {
        let who = self.beginning(whom);
        match own {
            Own::Asked => format!(
                "{who} asked for this, and under this rule nobody may approve what is their own."
            ),
            Own::Target => format!(
                "This was asked for {}, and under this rule nobody may approve what is for themselves.",
                self.whom(whom)
            ),
            Own::Edited => format!(
                "{who} changed this request, and under this rule nobody may approve what they changed."
            ),
        }
    }

    fn separation(&self, step: &StepId, whom: Whom<'_>) -> String {
        let who = self.beginning(whom);
        format!(
            "{who} decided in step {}, and this rule wants somebody else here.",
            self.step(step)
        )
    }

    fn already_decided(&self, step: &StepId, by: Option<&UserId>, whom: Whom<'_>) -> String {
        let (step, who, them) = (self.step(step), self.beginning(whom), self.whom(whom));
        match by {
            None => format!(
                "{who} decided in step {step} already. Nothing more is needed from {them} there."
            ),
            Some(by) => format!(
                "{} decided in step {step} for {them}. Nothing more is needed there.",
                self.person(by)
            ),
        }
    }
}
