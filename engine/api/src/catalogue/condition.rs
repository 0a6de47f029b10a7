//! Why a condition held or did not.

use engine_core::{
    explanation::{Explanation, Ground, Outcome},
    rule::Path,
    value::Value,
};

use super::{Names, alternatives, capitalized, failure::because, list, property};

impl Names<'_> {
    /// What decided a condition, one sentence for each reason: what is unmet of one that is unmet,
    /// what is met of one that is met.
    #[must_use]
    pub fn reasons(&self, explanation: &Explanation) -> Vec<String> {
        match &explanation.ground {
            Ground::All => self.decisive(explanation),
            Ground::Any if explanation.outcome == Outcome::Met => self.decisive(explanation),
            Ground::Any => match self.decisive(explanation).as_slice() {
                [] => vec!["nothing is allowed here".to_owned()],
                [only] => vec![only.clone()],
                several => vec![format!("none of these holds: {}", several.join("; "))],
            },
            Ground::Not => explanation.parts.iter().flat_map(|part| self.reasons(part)).collect(),
            Ground::Always => vec!["there is no condition".to_owned()],
            Ground::Test { path, operator, wanted, seen } => {
                let holds = explanation.outcome == Outcome::Met;
                vec![self.test(path, operator, wanted, seen.as_ref(), holds)]
            }
            Ground::MissingRate { path, currency } => vec![format!(
                "{} cannot be compared: the organization has no exchange rate for {currency}; an administrator can add one",
                subject(path)
            )],
            Ground::Incomparable { path, seen } => vec![format!(
                "{} is {}, which cannot be compared with what the rule asks for",
                subject(path),
                self.value(seen)
            )],
            Ground::Extension { message: Some(message), .. } => {
                vec![message.text.trim_end_matches('.').to_owned()]
            }
            Ground::Extension { name, message: None } => match explanation.outcome {
                Outcome::Met => vec![format!("`{name}` says yes")],
                Outcome::Unmet => vec![format!("`{name}` says no")],
                Outcome::Undecided => vec![format!("`{name}` has not answered")],
            },
            Ground::Failed { name, class, message } => {
                vec![format!("`{name}` could not answer, because {}: {message}", because(*class))]
            }
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

    fn test(
        &self,
        path: &Path,
        operator: &str,
        wanted: &[Value],
        seen: Option<&Value>,
        holds: bool,
    ) -> String {
        let subject = capitalized(&subject(path));
        if operator == "is_set" {
            let filled = seen.is_some();
            let (is, must) = if filled { ("filled", "empty") } else { ("empty", "filled") };
            let rest = if holds { String::new() } else { format!(", and must be {must}") };
            return format!("{subject} is {is}{rest}");
        }
        let Some(seen) = seen else {
            return match holds {
                true => format!("{subject} is empty"),
                false => format!("{subject} is empty, and {}", self.demand(operator, wanted)),
            };
        };
        let (relation, seen) = (self.relation(operator, wanted, holds), self.value(seen));
        match operator {
            "equal" if holds => format!("{subject} is {seen}"),
            "not_equal" if !holds => format!("{subject} is {seen}"),
            "equal" | "not_equal" | "in" | "not_in" | "within" | "contains" | "matches" => {
                format!("{subject} is {seen}, which {relation}")
            }
            _ => format!("{subject} {seen} {relation}"),
        }
    }

    /// What the rule asks for.
    fn demand(&self, operator: &str, wanted: &[Value]) -> String {
        match self.relation(operator, wanted, true).strip_prefix("is ") {
            Some(rest) => format!("must be {rest}"),
            None => "must be filled".to_owned(),
        }
    }

    fn relation(&self, operator: &str, wanted: &[Value], holds: bool) -> String {
        let values: Vec<String> = wanted.iter().map(|value| self.value(value)).collect();
        let (one, other) = match operator {
            "equal" => ("is", "is not"),
            "not_equal" => ("is not", "is"),
            "less" => ("is below", "is not below"),
            "less_or_equal" => ("is at most", "is above"),
            "greater" => ("is above", "is not above"),
            "greater_or_equal" => ("is at least", "is below"),
            "between" | "between_half_open" => ("is between", "is not between"),
            "in" => ("is one of", "is none of"),
            "not_in" => ("is none of", "is one of"),
            "contains" => ("contains", "does not contain"),
            "within" => ("is within", "is not within"),
            "matches" => ("has the form", "does not have the form"),
            _ => ("fits", "does not fit"),
        };
        let object = match operator {
            "between" => list(&values),
            "between_half_open" => format!("{} (the last not included)", list(&values)),
            _ => alternatives(&values),
        };
        format!("{} {object}", if holds { one } else { other })
    }
}

/// What a path is called: `amount`, `the requester's cost center`.
pub(super) fn subject(path: &Path) -> String {
    match path {
        Path::Property(name) => property(name),
        Path::Urgent => "whether the request is urgent:".to_owned(),
        Path::Kind => "the kind of request".to_owned(),
        Path::Items => "the list of items".to_owned(),
        Path::Login => "the requester".to_owned(),
        Path::Groups => "the requester's groups:".to_owned(),
        Path::Requester(name) => format!("the requester's {}", property(name)),
    }
}
