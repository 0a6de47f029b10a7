//! Conditions against a request: three values and an explanation (CND).

use std::cmp::Ordering;

use chrono::{DateTime, Utc};

use crate::{
    directory::User,
    explanation::{Explanation, Ground, Outcome},
    extension::{ConfigValue, ResolvedConfig, Verdict},
    ids::StepId,
    money::{self, MissingRate},
    organization::Organization,
    question::{Ask, Inquiry, Question, Source},
    request::Request,
    rule::{Condition, Config, ConfigEntry, Operator, Path, Rule, Test},
    value::{Span, Value},
};

/// Everything that judging a request takes.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// People, rates, settings.
    pub organization: &'a Organization,
    /// The version that the request is bound to.
    pub rule: &'a Rule,
    /// The request.
    pub request: &'a Request,
    /// The instant of the command.
    pub at: DateTime<Utc>,
    /// Where answers come from.
    pub inquiry: &'a Inquiry<'a>,
}

impl<'a> View<'a> {
    /// Evaluates a condition, for a step where one is being asked about.
    #[must_use]
    pub fn condition(&self, condition: &Condition, step: Option<&StepId>) -> Explanation {
        let each = |parts: &[Condition]| parts.iter().map(|c| self.condition(c, step)).collect();
        match condition {
            Condition::Test(test) => self.test(test),
            Condition::All(parts) => Explanation::all(each(parts)),
            Condition::Any(parts) => Explanation::any(each(parts)),
            Condition::Not(part) => Explanation::negated(self.condition(part, step)),
            Condition::Script(script) => {
                self.extension(Source::Script(script.id.clone()), &script.config, step)
            }
            Condition::Plugin(plugin) => {
                self.extension(Source::Plugin(plugin.id.clone()), &plugin.config, step)
            }
        }
    }

    /// Evaluates permissions: OR between the entries, AND within one, OR between the values of one
    /// property (CND-1). None at all means always.
    #[must_use]
    pub fn permissions(&self, permissions: &[Vec<Condition>], step: &StepId) -> Explanation {
        match permissions {
            [] => Explanation::always(),
            [only] => self.permission(only, step),
            several => {
                Explanation::any(several.iter().map(|entry| self.permission(entry, step)).collect())
            }
        }
    }

    fn permission(&self, conditions: &[Condition], step: &StepId) -> Explanation {
        let mut terms: Vec<(Option<&Path>, Vec<Explanation>)> = Vec::new();
        for condition in conditions {
            let path = match condition {
                Condition::Test(test) => Some(&test.path),
                Condition::All(_)
                | Condition::Any(_)
                | Condition::Not(_)
                | Condition::Script(_)
                | Condition::Plugin(_) => None,
            };
            let explanation = self.condition(condition, Some(step));
            match terms.iter_mut().find(|(seen, _)| path.is_some() && *seen == path) {
                Some((_, alternatives)) => alternatives.push(explanation),
                None => terms.push((path, vec![explanation])),
            }
        }
        let mut parts: Vec<Explanation> = terms
            .into_iter()
            .map(|(_, mut alternatives)| match alternatives.pop() {
                Some(only) if alternatives.is_empty() => only,
                last => {
                    alternatives.extend(last);
                    Explanation::any(alternatives)
                }
            })
            .collect();
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            last => {
                parts.extend(last);
                Explanation::all(parts)
            }
        }
    }

    /// The route criteria; those that cannot be decided count as unmet (CND-3, CND-5).
    #[must_use]
    pub fn criteria(&self) -> Explanation {
        Explanation::all(self.rule.criteria.iter().map(|c| self.condition(c, None)).collect())
    }

    fn test(&self, test: &Test) -> Explanation {
        let seen = self.look_at(&test.path);
        let judged = match &seen {
            None => Ok(holds_of_nothing(&test.operator)),
            Some(value) => self.holds(value, &test.operator),
        };
        match judged {
            Ok(holds) => {
                let outcome = if holds { Outcome::Met } else { Outcome::Unmet };
                Explanation::leaf(outcome, ground(test, seen))
            }
            Err(Incomparable::NoRate(MissingRate(currency))) => Explanation::leaf(
                Outcome::Undecided,
                Ground::MissingRate { path: test.path.clone(), currency },
            ),
            Err(Incomparable::Types) => match seen {
                Some(seen) => Explanation::leaf(
                    Outcome::Undecided,
                    Ground::Incomparable { path: test.path.clone(), seen },
                ),
                None => Explanation::leaf(Outcome::Undecided, ground(test, None)),
            },
        }
    }

    fn look_at(&self, path: &Path) -> Option<Value> {
        let request = self.request;
        match path {
            Path::Property(name) => request.properties.get(name).cloned(),
            Path::Urgent => Some(Value::Boolean(request.urgent)),
            Path::Kind => Some(Value::Text(request.kind.to_string())),
            Path::Items => {
                let resources = request.items.iter().map(|i| Value::Resource(i.resource.clone()));
                Some(Value::List(resources.collect()))
            }
            Path::Login => self.requester().map(|user| Value::Text(user.login.to_string())),
            Path::Groups => self
                .requester()
                .map(|user| Value::List(user.groups.iter().cloned().map(Value::Group).collect())),
            Path::Requester(name) => {
                self.requester().and_then(|user| user.properties.get(name)).cloned()
            }
        }
    }

    /// The requester, active or not.
    #[must_use]
    pub fn requester(&self) -> Option<&'a User> {
        self.organization.directory.user(&self.request.requester)
    }

    fn holds(&self, seen: &Value, operator: &Operator) -> Result<bool, Incomparable> {
        let order = |wanted: &Value| self.order(seen, wanted);
        let one_of = |values: &[Value]| -> Result<bool, Incomparable> {
            for value in values {
                if order(value)?.is_eq() {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        match operator {
            Operator::Equal(wanted) => Ok(order(wanted)?.is_eq()),
            Operator::NotEqual(wanted) => Ok(order(wanted)?.is_ne()),
            Operator::Less(wanted) => Ok(order(wanted)?.is_lt()),
            Operator::LessOrEqual(wanted) => Ok(order(wanted)?.is_le()),
            Operator::Greater(wanted) => Ok(order(wanted)?.is_gt()),
            Operator::GreaterOrEqual(wanted) => Ok(order(wanted)?.is_ge()),
            Operator::Between { low, high, half_open } => {
                let above = order(low)?.is_ge();
                let below = order(high)?;
                Ok(above && if *half_open { below.is_lt() } else { below.is_le() })
            }
            Operator::In(values) => one_of(values),
            Operator::NotIn(values) => Ok(!one_of(values)?),
            Operator::Contains(wanted) => match seen {
                Value::List(values) => Ok(values.contains(wanted)),
                _ => Err(Incomparable::Types),
            },
            Operator::Within(top) => match seen {
                Value::Node(node) => Ok(self.organization.directory.is_within(node, top)),
                _ => Err(Incomparable::Types),
            },
            Operator::IsSet(wanted) => Ok(*wanted),
            Operator::Matches(pattern) => match seen {
                Value::Text(text) => Ok(pattern.is_match(text)),
                _ => Err(Incomparable::Types),
            },
        }
    }

    /// Compares two values of one type; money through the request's frozen rates (DIR-7).
    pub(crate) fn order(&self, left: &Value, right: &Value) -> Result<Ordering, Incomparable> {
        match (left, right) {
            (Value::Money(a), Value::Money(b)) => {
                money::compare(a, b, self.request.rates.as_ref()).map_err(Incomparable::NoRate)
            }
            (Value::Number(a), Value::Number(b)) => Ok(a.cmp(b)),
            (Value::Decimal(a), Value::Decimal(b)) => Ok(a.cmp(b)),
            (Value::Date(a), Value::Date(b)) => Ok(a.cmp(b)),
            (Value::Timestamp(a), Value::Timestamp(b)) => Ok(a.cmp(b)),
            (Value::Duration(Span::Seconds(a)), Value::Duration(Span::Seconds(b))) => Ok(a.cmp(b)),
            (Value::Duration(Span::BusinessDays(a)), Value::Duration(Span::BusinessDays(b))) => {
                Ok(a.cmp(b))
            }
            (Value::Text(a) | Value::Choice(a), Value::Text(b) | Value::Choice(b)) => Ok(a.cmp(b)),
            (Value::Boolean(a), Value::Boolean(b)) => Ok(a.cmp(b)),
            (Value::User(a), Value::User(b)) => Ok(a.cmp(b)),
            (Value::Group(a), Value::Group(b)) => Ok(a.cmp(b)),
            (Value::Node(a), Value::Node(b)) => Ok(a.cmp(b)),
            (Value::Resource(a), Value::Resource(b)) => Ok(a.cmp(b)),
            _ => Err(Incomparable::Types),
        }
    }

    fn extension(&self, source: Source, config: &Config, step: Option<&StepId>) -> Explanation {
        let name = source.name().to_owned();
        match self.inquiry.condition(self.question(Ask::Condition(source), config, step)) {
            Ok(Verdict::Met) => {
                Explanation::leaf(Outcome::Met, Ground::Extension { name, message: None })
            }
            Ok(Verdict::Unmet(message)) => Explanation::leaf(
                Outcome::Unmet,
                Ground::Extension { name, message: Some(message) },
            ),
            Err(failure) => Explanation::leaf(
                Outcome::Undecided,
                Ground::Failed { name, class: failure.class, message: failure.message },
            ),
        }
    }

    pub(crate) fn question(&self, ask: Ask, config: &Config, step: Option<&StepId>) -> Question {
        Question {
            ask,
            config: self.resolve_config(config),
            facts: self.request.facts(self.at, step),
        }
    }

    /// Puts the request's values where a configuration names a property; absent ones are left out.
    pub(crate) fn resolve_config(&self, config: &Config) -> ResolvedConfig {
        config
            .iter()
            .filter_map(|(key, entry)| {
                let value = match entry {
                    ConfigEntry::Literal(json) => ConfigValue::Json(json.clone()),
                    ConfigEntry::Property(name) => {
                        ConfigValue::Property(self.request.properties.get(name)?.clone())
                    }
                };
                Some((key.clone(), value))
            })
            .collect()
    }
}

/// Why two values could not be compared.
#[derive(Debug)]
pub(crate) enum Incomparable {
    /// Two currencies without a rate.
    NoRate(MissingRate),
    /// Two types.
    Types,
}

/// CND-2: a condition on an absent value is unmet, except these three.
fn holds_of_nothing(operator: &Operator) -> bool {
    match operator {
        Operator::NotEqual(_) | Operator::NotIn(_) | Operator::IsSet(false) => true,
        Operator::Equal(_)
        | Operator::Less(_)
        | Operator::LessOrEqual(_)
        | Operator::Greater(_)
        | Operator::GreaterOrEqual(_)
        | Operator::Between { .. }
        | Operator::In(_)
        | Operator::Contains(_)
        | Operator::Within(_)
        | Operator::IsSet(true)
        | Operator::Matches(_) => false,
    }
}

fn ground(test: &Test, seen: Option<Value>) -> Ground {
    let (operator, wanted) = match &test.operator {
        Operator::Equal(value) => ("equal", vec![value.clone()]),
        Operator::NotEqual(value) => ("not_equal", vec![value.clone()]),
        Operator::Less(value) => ("less", vec![value.clone()]),
        Operator::LessOrEqual(value) => ("less_or_equal", vec![value.clone()]),
        Operator::Greater(value) => ("greater", vec![value.clone()]),
        Operator::GreaterOrEqual(value) => ("greater_or_equal", vec![value.clone()]),
        Operator::Between { low, high, half_open } => {
            let name = if *half_open { "between_half_open" } else { "between" };
            (name, vec![low.clone(), high.clone()])
        }
        Operator::In(values) => ("in", values.clone()),
        Operator::NotIn(values) => ("not_in", values.clone()),
        Operator::Contains(value) => ("contains", vec![value.clone()]),
        Operator::Within(node) => ("within", vec![Value::Node(node.clone())]),
        Operator::IsSet(wanted) => ("is_set", vec![Value::Boolean(*wanted)]),
        Operator::Matches(pattern) => ("matches", vec![Value::Text(unanchored(pattern.as_str()))]),
    };
    Ground::Test { path: test.path.clone(), operator: operator.to_owned(), wanted, seen }
}

/// The pattern as the rule has it.
fn unanchored(pattern: &str) -> String {
    let inner = pattern.strip_prefix(r"\A(?:").and_then(|rest| rest.strip_suffix(r")\z"));
    inner.unwrap_or(pattern).to_owned()
}
