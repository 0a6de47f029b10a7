//! Conditions as they were evaluated: trees with the values seen (CND-4).

use engine_core::{
    explanation::{Explanation, Ground, Outcome},
    rule::Path,
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use crate::catalogue::{Names, capitalized};

/// A condition, what was seen, and what it came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConditionView {
    /// `met`, `unmet` or `undecided`.
    pub outcome: String,
    /// `always`, `all`, `any`, `not`, `property`, `extension` or `failed`.
    pub kind: String,
    /// What decided it, for people.
    pub message: String,
    /// Which property was looked at, or the name of the script or plugin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// How a property was compared, such as `less`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// What a property was compared with, as literals.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wanted: Vec<Json>,
    /// What a property was, as a literal; absent where it was empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Json>,
    /// For `all`, `any` and `not`: of what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub parts: Vec<ConditionView>,
}

impl ConditionView {
    /// The tree as seen with these names.
    #[must_use]
    pub fn new(explanation: &Explanation, names: &Names<'_>) -> Self {
        let mut view = Self {
            outcome: word(explanation.outcome).to_owned(),
            message: format!("{}.", capitalized(&names.reason(explanation))),
            parts: explanation.parts.iter().map(|part| Self::new(part, names)).collect(),
            ..Self::default()
        };
        view.ground(&explanation.ground, names);
        view
    }

    fn ground(&mut self, ground: &Ground, names: &Names<'_>) {
        let (kind, subject) = match ground {
            Ground::Always => ("always", None),
            Ground::All => ("all", None),
            Ground::Any => ("any", None),
            Ground::Not => ("not", None),
            Ground::Test { path, operator, wanted, seen } => {
                self.operator = Some(operator.clone());
                self.wanted = wanted.iter().map(|value| names.literal(value)).collect();
                self.seen = seen.as_ref().map(|value| names.literal(value));
                ("property", Some(written(path)))
            }
            Ground::MissingRate { path, .. } => ("property", Some(written(path))),
            Ground::Incomparable { path, seen } => {
                self.seen = Some(names.literal(seen));
                ("property", Some(written(path)))
            }
            Ground::Extension { name, .. } => ("extension", Some(name.clone())),
            Ground::Failed { name, .. } => ("failed", Some(name.clone())),
        };
        kind.clone_into(&mut self.kind);
        self.subject = subject;
    }
}

/// An outcome in a word.
fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Met => "met",
        Outcome::Unmet => "unmet",
        Outcome::Undecided => "undecided",
    }
}

/// A path as rules write it.
fn written(path: &Path) -> String {
    match path {
        Path::Property(name) => name.to_string(),
        Path::Urgent => "request.urgent".to_owned(),
        Path::Kind => "request.kind".to_owned(),
        Path::Items => "request.items".to_owned(),
        Path::Login => "requester.login".to_owned(),
        Path::Groups => "requester.groups".to_owned(),
        Path::Requester(name) => format!("requester.{name}"),
    }
}

#[cfg(test)]
mod tests {
    use engine_core::{directory::Directory, value::Value};

    use super::*;

    /// CND-4: the tree, each condition with the value seen and a sentence.
    #[test]
    fn a_tree_has_the_values_seen() {
        let test = |outcome, seen: Option<i64>| {
            Explanation::leaf(
                outcome,
                Ground::Test {
                    path: Path::Property("rows".parse().unwrap()),
                    operator: "less".to_owned(),
                    wanted: vec![Value::Number(10)],
                    seen: seen.map(Value::Number),
                },
            )
        };
        let tree = Explanation::all(vec![
            test(Outcome::Met, Some(5)),
            Explanation::negated(test(Outcome::Unmet, None)),
        ]);
        let directory = Directory::default();
        let view = ConditionView::new(&tree, &Names::of_directory(&directory));
        assert_eq!((view.outcome.as_str(), view.kind.as_str()), ("met", "all"));
        let part = &view.parts[0];
        assert_eq!(part.seen, Some(5.into()));
        assert_eq!(part.wanted, vec![Json::from(10)]);
        assert_eq!(part.subject.as_deref(), Some("rows"));
        assert_eq!(part.message, "Rows 5 is below 10.");
        assert_eq!(view.parts[1].kind, "not");
        assert_eq!(view.parts[1].parts[0].seen, None);
    }
}
