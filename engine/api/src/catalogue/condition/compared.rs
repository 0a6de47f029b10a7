//! A value against what a rule asks for.

use engine_core::{ids::Login, rule::Path, value::Value};

use super::super::{Names, alternatives, list};

/// How two values stand to each other in words: below and above, before and after, shorter and longer.
struct Order {
    less: &'static str,
    not_less: &'static str,
    greater: &'static str,
    not_greater: &'static str,
}

const NUMBERS: Order =
    Order { less: "below", not_less: "at least", greater: "above", not_greater: "at most" };
const TIMES: Order =
    Order { less: "before", not_less: "not before", greater: "after", not_greater: "not after" };
const LENGTHS: Order = Order {
    less: "shorter than",
    not_less: "at least",
    greater: "longer than",
    not_greater: "at most",
};

impl Order {
    fn of(values: &[Value]) -> &'static Self {
        match values.first() {
            Some(Value::Date(_) | Value::Timestamp(_)) => &TIMES,
            Some(Value::Duration(_)) => &LENGTHS,
            Some(
                Value::Text(_)
                | Value::Number(_)
                | Value::Decimal(_)
                | Value::Money(_)
                | Value::Boolean(_)
                | Value::Choice(_)
                | Value::User(_)
                | Value::Group(_)
                | Value::Node(_)
                | Value::Resource(_)
                | Value::Attachment(_)
                | Value::List(_),
            )
            | None => &NUMBERS,
        }
    }

    /// What holds where the operator does, and what where it does not; none for one that compares
    /// otherwise.
    fn words(&self, operator: &str) -> Option<(String, String)> {
        let (one, other) = match operator {
            "less" => (self.less, self.not_less),
            "less_or_equal" => (self.not_greater, self.greater),
            "greater" => (self.greater, self.not_greater),
            "greater_or_equal" => (self.not_less, self.less),
            _ => return None,
        };
        let against = |word: &str| match word {
            "at least" if operator == "less" => format!("not {}", self.less),
            "at most" if operator == "greater" => format!("not {}", self.greater),
            word => word.to_owned(),
        };
        Some((one.to_owned(), against(other)))
    }
}

impl Names<'_> {
    /// What was seen against what was wanted, and where it is not so, what must be.
    pub(super) fn compared(
        &self,
        path: &Path,
        subject: &str,
        operator: &str,
        wanted: &[Value],
        seen: Option<&Value>,
        holds: bool,
    ) -> String {
        if operator == "is_set" {
            return is_set(subject, seen.is_some(), holds);
        }
        let values: Vec<String> = wanted.iter().map(|value| self.told(path, value)).collect();
        let seen = seen.filter(|seen| **seen != Value::List(Vec::new()));
        let Some(seen) = seen else {
            let must =
                (!holds).then(|| format!(", and must {}", demand(operator, wanted, &values)));
            return format!("{subject} is empty{}", must.unwrap_or_default());
        };
        let told = self.told(path, seen);
        let value = beside(seen, &told);
        if let Some((one, other)) = Order::of(wanted).words(operator) {
            let relation = if holds { one } else { other };
            return format!("{subject}{value} is {relation} {}", alternatives(&values));
        }
        match operator {
            "between" | "between_half_open" => {
                let not = if holds { "" } else { "not " };
                format!("{subject}{value} is {not}{}", between(operator, &values))
            }
            _ if holds => is_so(subject, operator, &told, &values),
            "within" => format!("{subject} is {told}, which is not within {}", list(&values)),
            "matches" => format!(
                "{subject} is {told}, which is not in the right form; an administrator can tell you which"
            ),
            _ => format!("{subject} is {told}, and must {}", demand(operator, wanted, &values)),
        }
    }

    /// A value where it says who or what: people by their names, kinds without quotes.
    fn told(&self, path: &Path, value: &Value) -> String {
        match (path, value) {
            (Path::Kind, Value::Text(kind)) => kind.clone(),
            (Path::Login, Value::Text(login)) => {
                let login = Login::parse(login).ok();
                let user = login.and_then(|login| self.directory.by_login(&login));
                user.map_or_else(|| self.value(value), |user| self.person(&user.id))
            }
            (_, value) => self.value(value),
        }
    }
}

/// A value beside what it is called: dates and lengths between commas.
fn beside(value: &Value, told: &str) -> String {
    match value {
        Value::Date(_) | Value::Timestamp(_) | Value::Duration(_) => format!(", {told},"),
        _ => format!(" {told}"),
    }
}

/// What holds, in the words of its operator.
fn is_so(subject: &str, operator: &str, told: &str, values: &[String]) -> String {
    match operator {
        "within" => format!("{subject} is {told}, which is within {}", list(values)),
        "matches" => format!("{subject} is {told}, which is in the right form"),
        "contains" => format!("{subject} is {told}, which includes {}", list(values)),
        "not_equal" => format!("{subject} is {told}, not {}", list(values)),
        _ => format!("{subject} is {told}"),
    }
}

fn is_set(subject: &str, is_filled: bool, holds: bool) -> String {
    let (is, must) = if is_filled { ("filled in", "empty") } else { ("empty", "filled in") };
    let must = if holds { String::new() } else { format!(", and must be {must}") };
    format!("{subject} is {is}{must}")
}

fn between(operator: &str, values: &[String]) -> String {
    let half_open = if operator == "between_half_open" { " (the last not included)" } else { "" };
    format!("between {}{half_open}", list(values))
}

/// What the rule asks for, to follow *must*.
fn demand(operator: &str, wanted: &[Value], values: &[String]) -> String {
    if let Some((relation, _)) = Order::of(wanted).words(operator) {
        return format!("be {relation} {}", alternatives(values));
    }
    match (operator, values) {
        ("equal" | "in", values) => format!("be {}", alternatives(values)),
        ("between" | "between_half_open", values) => format!("be {}", between(operator, values)),
        ("within", values) => format!("be within {}", list(values)),
        ("contains", values) => format!("include {}", list(values)),
        ("not_equal", _) => "be something else".to_owned(),
        ("not_in", [only]) => format!("not be {only}"),
        ("not_in", [one, other]) => format!("be neither {one} nor {other}"),
        ("not_in", values) => format!("be none of {}", list(values)),
        _ => "be filled in".to_owned(),
    }
}
