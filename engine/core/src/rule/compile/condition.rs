//! Conditions: paths found, operators that fit, literals read (CND-2).

use serde_json::Value as Json;

use super::Compiler;
use crate::{
    ids::PropertyName,
    rule::{
        Condition, Operator, Path, Test,
        literal::{infer_literal, unknown},
        names::World,
        read_literal,
        written::{ConditionDoc, OperatorDoc},
    },
    value::{PropertyType, Value},
};

/// The size of a compiled pattern, in bytes: patterns come from outside.
const MAX_PATTERN: usize = 64 * 1024;

impl Compiler<'_> {
    pub(super) fn conditions(&mut self, path: &str, docs: &[ConditionDoc]) -> Vec<Condition> {
        docs.iter()
            .enumerate()
            .filter_map(|(index, doc)| self.condition(&format!("{path}[{index}]"), doc))
            .collect()
    }

    pub(super) fn condition(&mut self, path: &str, doc: &ConditionDoc) -> Option<Condition> {
        match doc {
            ConditionDoc::Property { path: found, operator } => {
                let (place, of) = self.path(&format!("{path}.property"), found)?;
                let path = format!("{path}.{}", operator.name);
                let operator = self.operator(&path, of.as_ref(), operator)?;
                self.warn_of_closed_list(&path, &place, &operator);
                Some(Condition::Test(Test { path: place, operator }))
            }
            ConditionDoc::All(parts) => {
                Some(Condition::All(self.conditions(&format!("{path}.all"), parts)))
            }
            ConditionDoc::Any(parts) => {
                Some(Condition::Any(self.conditions(&format!("{path}.any"), parts)))
            }
            ConditionDoc::Not(part) => {
                Some(Condition::Not(Box::new(self.condition(&format!("{path}.not"), part)?)))
            }
            ConditionDoc::Script(doc) => Some(Condition::Script(self.script(path, doc))),
            ConditionDoc::Plugin(doc) => {
                Some(Condition::Plugin(self.plugin(path, doc, World::Condition)))
            }
        }
    }

    /// What a path looks at and its type; no type for an undeclared property of the requester.
    fn path(&mut self, at: &str, path: &str) -> Option<(Path, Option<PropertyType>)> {
        let groups = PropertyType::List(Box::new(PropertyType::Group));
        let items = PropertyType::List(Box::new(PropertyType::Resource));
        match path {
            "request.urgent" => return Some((Path::Urgent, Some(PropertyType::Boolean))),
            "request.kind" => return Some((Path::Kind, Some(PropertyType::Text))),
            "request.items" => return Some((Path::Items, Some(items))),
            "requester.login" => return Some((Path::Login, Some(PropertyType::Text))),
            "requester.groups" => return Some((Path::Groups, Some(groups))),
            _ => {}
        }
        if let Some(name) = path.strip_prefix("requester.") {
            let name = self.keep(at, PropertyName::parse(name).map_err(|bad| bad.to_string()))?;
            let of = self.names.user_property(&name).cloned();
            if let Some(of) = &of {
                self.user_properties.insert(name.clone(), of.clone());
            }
            return Some((Path::Requester(name), of));
        }
        let bare = path.strip_prefix("request.").unwrap_or(path);
        match PropertyName::parse(bare).ok().and_then(|name| self.types.get_key_value(&name)) {
            Some((name, of)) => Some((Path::Property(name.clone()), Some(of.clone()))),
            None => {
                let message =
                    unknown("property", bare, self.types.keys().map(PropertyName::as_str));
                self.problem(at, message);
                None
            }
        }
    }

    fn operator(
        &mut self,
        path: &str,
        of: Option<&PropertyType>,
        doc: &OperatorDoc,
    ) -> Option<Operator> {
        if let Some(of) = of.filter(|of| !fits(of, doc.name)) {
            self.problem(path, format!("`{}` does not fit {of}", doc.name));
            return None;
        }
        match doc.name {
            "is_set" => match doc.operand {
                Json::Bool(wanted) => Some(Operator::IsSet(wanted)),
                _ => self.no(path, "expected `true` or `false`"),
            },
            "matches" => self.pattern(path, &doc.operand),
            "between" => self.between(path, of, doc),
            "in" => self.list(path, of, &doc.operand).map(Operator::In),
            "not_in" => self.list(path, of, &doc.operand).map(Operator::NotIn),
            "contains" => {
                let element = match of {
                    Some(PropertyType::List(element)) => Some(&**element),
                    Some(_) | None => None,
                };
                self.literal(path, element, &doc.operand).map(Operator::Contains)
            }
            "within" => match self.literal(path, Some(&PropertyType::Node), &doc.operand)? {
                Value::Node(node) => Some(Operator::Within(node)),
                _ => self.no(path, "expected a node"),
            },
            name => {
                let value = self.literal(path, of, &doc.operand)?;
                comparison(name, value).or_else(|| self.no(path, "unknown operator"))
            }
        }
    }

    fn no<T>(&mut self, path: &str, message: &str) -> Option<T> {
        self.problem(path, message);
        None
    }

    fn literal(&mut self, path: &str, of: Option<&PropertyType>, json: &Json) -> Option<Value> {
        let value = match of {
            Some(of) => read_literal(of, json, self.names),
            None => infer_literal(json, self.names),
        };
        let value = self.keep(path, value)?;
        self.record_people(json, &value);
        Some(value)
    }

    /// A login in a literal is a person for ever, like one in `who`.
    fn record_people(&mut self, json: &Json, value: &Value) {
        if let (Json::String(text), Value::User(id)) = (json, value)
            && let Ok(login) = text.parse()
        {
            self.people.insert(login, id.clone());
        }
    }

    fn list(&mut self, path: &str, of: Option<&PropertyType>, json: &Json) -> Option<Vec<Value>> {
        let Json::Array(items) = json else { return self.no(path, "expected a list of values") };
        let values = items
            .iter()
            .enumerate()
            .map(|(index, item)| self.literal(&format!("{path}[{index}]"), of, item));
        values.collect()
    }

    fn between(
        &mut self,
        path: &str,
        of: Option<&PropertyType>,
        doc: &OperatorDoc,
    ) -> Option<Operator> {
        let bounds = self.list(path, of, &doc.operand)?;
        let Ok([low, high]) = <[Value; 2]>::try_from(bounds) else {
            return self.no(path, "expected two bounds: `[low, high]`");
        };
        Some(Operator::Between { low, high, half_open: doc.half_open })
    }

    fn pattern(&mut self, path: &str, json: &Json) -> Option<Operator> {
        let Json::String(pattern) = json else { return self.no(path, "expected a pattern") };
        let anchored = format!(r"\A(?:{pattern})\z");
        let compiled = regex::RegexBuilder::new(&anchored).size_limit(MAX_PATTERN).build();
        let compiled = compiled.map_err(|error| format!("not a pattern: {error}"));
        self.keep(path, compiled).map(Operator::Matches)
    }

    fn warn_of_closed_list(&mut self, path: &str, place: &Path, operator: &Operator) {
        let Path::Property(name) = place else { return };
        if self.types.get(name) == Some(&PropertyType::Boolean)
            && matches!(operator, Operator::In(values) if values.len() > 1)
        {
            self.warn(path, "both values of a boolean: always met");
        }
    }
}

/// CND-2: which operators fit which types.
fn fits(of: &PropertyType, operator: &str) -> bool {
    match operator {
        "is_set" => true,
        "equal" | "not_equal" | "in" | "not_in" => {
            !matches!(of, PropertyType::List(_) | PropertyType::Attachment)
        }
        "contains" => matches!(of, PropertyType::List(_)),
        "within" => *of == PropertyType::Node,
        "matches" => *of == PropertyType::Text,
        _ => of.is_ordered(),
    }
}

fn comparison(name: &str, value: Value) -> Option<Operator> {
    Some(match name {
        "equal" => Operator::Equal(value),
        "not_equal" => Operator::NotEqual(value),
        "less" => Operator::Less(value),
        "less_or_equal" => Operator::LessOrEqual(value),
        "greater" => Operator::Greater(value),
        "greater_or_equal" => Operator::GreaterOrEqual(value),
        _ => return None,
    })
}
