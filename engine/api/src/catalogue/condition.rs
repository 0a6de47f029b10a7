//! Why a condition held or did not.

mod compared;

use engine_core::{
    explanation::{Explanation, Ground, Outcome},
    money::Currency,
    rule::Path,
    value::Value,
};

use super::{Names, capitalized, failure::because, label, property};

impl Names<'_> {
    /// What decided a condition, one sentence for each reason: what is unmet of one that is unmet,
    /// what is met of one that is met.
    #[must_use]
    pub fn reasons(&self, explanation: &Explanation) -> Vec<String> {
        let outcome = explanation.outcome;
        match &explanation.ground {
            Ground::All => self.decisive(explanation),
            Ground::Any => self.one_of(explanation),
            Ground::Not => self.not(explanation),
            Ground::Always => vec!["there is no condition".to_owned()],
            Ground::Test { path, operator, wanted, seen } => {
                let holds = outcome == Outcome::Met;
                vec![self.test(path, operator, wanted, seen.as_ref(), holds)]
            }
            Ground::MissingRate { path, currency } => vec![missing_rate(path, *currency)],
            Ground::Incomparable { path, seen } => vec![format!(
                "{} is {}, which the rule cannot compare; tell an administrator",
                subject(path),
                self.value(seen)
            )],
            Ground::Extension { message: Some(message), .. } => {
                vec![message.text.trim_end_matches('.').to_owned()]
            }
            Ground::Extension { name, message: None } => vec![answered(name, outcome)],
            Ground::Failed { name, class, message } => vec![format!(
                "the check “{}” failed, because {} ({}); an administrator can see more",
                label(name),
                because(*class),
                message.trim_end_matches('.')
            )],
        }
    }

    /// As [`Names::reasons`], in one text.
    #[must_use]
    pub fn reason(&self, explanation: &Explanation) -> String {
        self.reasons(explanation).join("; ")
    }

    fn decisive(&self, explanation: &Explanation) -> Vec<String> {
        let counts = |part: &&Explanation| part.outcome == explanation.outcome;
        explanation.parts.iter().filter(counts).flat_map(|part| self.reasons(part)).collect()
    }

    /// Of several conditions, each of which would be enough.
    fn one_of(&self, explanation: &Explanation) -> Vec<String> {
        let lead = match explanation.outcome {
            Outcome::Met => return self.decisive(explanation),
            Outcome::Unmet => "it would be enough to change one of these",
            Outcome::Undecided => "one of these has to be settled",
        };
        let counts = |part: &&Explanation| part.outcome == explanation.outcome;
        let decisive = explanation.parts.iter().filter(counts);
        let mut alternatives: Vec<String> = Vec::new();
        for alternative in decisive.map(|part| self.reasons(part).join(", and also ")) {
            if !alternatives.contains(&alternative) {
                alternatives.push(alternative);
            }
        }
        match alternatives.as_slice() {
            [] => {
                vec!["the rule allows nothing here; an administrator has to look at it".to_owned()]
            }
            [only] => vec![only.clone()],
            several => vec![format!("{lead}: {}", several.join("; "))],
        }
    }

    /// What must not hold: told as it is, and where it holds, that it must not.
    fn not(&self, explanation: &Explanation) -> Vec<String> {
        let told = explanation.parts.iter().flat_map(|part| {
            let reasons = self.reasons(part).into_iter();
            let is_seen = matches!(part.ground, Ground::Test { .. });
            let must_not = is_seen && explanation.outcome == Outcome::Unmet;
            reasons
                .map(move |told| if must_not { format!("{told}, which must not be") } else { told })
        });
        told.collect()
    }

    fn test(
        &self,
        path: &Path,
        operator: &str,
        wanted: &[Value],
        seen: Option<&Value>,
        holds: bool,
    ) -> String {
        match path {
            Path::Urgent => urgent(operator, wanted, seen, holds),
            Path::Groups if operator == "contains" => self.in_group(wanted, holds),
            Path::Items if operator == "contains" => self.among_items(wanted, seen, holds),
            Path::Groups
            | Path::Items
            | Path::Kind
            | Path::Login
            | Path::Property(_)
            | Path::Requester(_) => {
                let subject = capitalized(&subject(path));
                self.compared(path, &subject, operator, wanted, seen, holds)
            }
        }
    }

    fn in_group(&self, wanted: &[Value], holds: bool) -> String {
        let groups: Vec<String> = wanted.iter().map(|group| self.value(group)).collect();
        let groups = super::list(&groups);
        if holds {
            format!("the requester is in the group {groups}")
        } else {
            format!("the requester is not in the group {groups}")
        }
    }

    fn among_items(&self, wanted: &[Value], seen: Option<&Value>, holds: bool) -> String {
        let wanted: Vec<String> = wanted.iter().map(|item| self.value(item)).collect();
        let wanted = super::list(&wanted);
        let is_empty = match seen {
            None => true,
            Some(Value::List(items)) => items.is_empty(),
            Some(_) => false,
        };
        match (holds, is_empty) {
            (true, _) => format!("{wanted} is among the things asked for"),
            (false, false) => format!("{wanted} is not among the things asked for"),
            (false, true) => format!("nothing is asked for, and {wanted} must be"),
        }
    }
}

/// Whether it is urgent, and whether it must be.
fn urgent(operator: &str, wanted: &[Value], seen: Option<&Value>, holds: bool) -> String {
    let is_urgent = seen == Some(&Value::Boolean(true));
    let is = if is_urgent { "the request is urgent" } else { "the request is not urgent" };
    let must_be = match operator {
        "not_equal" | "not_in" => wanted.contains(&Value::Boolean(false)),
        _ => wanted.contains(&Value::Boolean(true)),
    };
    match (holds, must_be) {
        (true, _) => is.to_owned(),
        (false, true) => format!("{is}, and must be"),
        (false, false) => format!("{is}, and must not be"),
    }
}

fn missing_rate(path: &Path, currency: Currency) -> String {
    format!(
        "{} cannot be compared, because there is no exchange rate for {currency}; an administrator can add one, and it counts for requests that are submitted after that",
        subject(path)
    )
}

/// What a script or plugin says that says nothing more.
fn answered(name: &str, outcome: Outcome) -> String {
    let check = format!("the check “{}”", label(name));
    match outcome {
        Outcome::Met => format!("{check} allows this"),
        Outcome::Unmet => format!("{check} does not allow this; ask an administrator why"),
        Outcome::Undecided => format!("{check} has not answered yet; look again in a moment"),
    }
}

/// What a path is called: `amount`, `the requester's cost center`.
pub(super) fn subject(path: &Path) -> String {
    match path {
        Path::Property(name) => property(name),
        Path::Urgent => "the urgency".to_owned(),
        Path::Kind => "the kind of request".to_owned(),
        Path::Items => "what is asked for".to_owned(),
        Path::Login => "the requester".to_owned(),
        Path::Groups => "the requester's list of groups".to_owned(),
        Path::Requester(name) => format!("the requester's {}", property(name)),
    }
}
