//! The types of expressions, as far as they follow from what is known.

use std::collections::{BTreeMap, BTreeSet};

use engine_core::value::PropertyType;
use rhai::{AST, ASTNode, Expr, FnCallExpr, Position, Stmt};

use super::{super::operators::kind, ScriptTypes, answers};

/// What is known of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// It can be anything.
    Unknown,
    /// A kind of value, in the words of the operators.
    Of(&'static str),
    /// A list of such values.
    List(Box<Type>),
    /// Nothing, as what a function answers that changes its variable.
    Changed(&'static str),
    Request,
    Item,
}

impl Type {
    /// Of a word in the signatures of the library.
    pub(super) fn called(word: &str) -> Self {
        match word {
            "boolean" => Self::Of("true or false"),
            "number" | "decimal" => Self::Of("a number"),
            "text" | "letter" => Self::Of("a text"),
            "money" => Self::Of("money"),
            "date" => Self::Of("a date"),
            "timestamp" => Self::Of("a timestamp"),
            "duration" => Self::Of("a duration"),
            "user" => Self::Of("a user"),
            "map" => Self::Of("a map"),
            "calendar" => Self::Of("a calendar"),
            "problem" => Self::Of("a problem"),
            "list" => Self::List(Box::new(Self::Unknown)),
            _ => Self::Unknown,
        }
    }

    fn of_property(of: &PropertyType) -> Self {
        match of {
            PropertyType::Text
            | PropertyType::Choice
            | PropertyType::Group
            | PropertyType::Node
            | PropertyType::Resource
            | PropertyType::Attachment => Self::Of("a text"),
            PropertyType::Number | PropertyType::Decimal => Self::Of("a number"),
            PropertyType::Money => Self::Of("money"),
            PropertyType::Boolean => Self::Of("true or false"),
            PropertyType::Date => Self::Of("a date"),
            PropertyType::Timestamp => Self::Of("a timestamp"),
            PropertyType::Duration => Self::Of("a duration"),
            PropertyType::User => Self::Of("a user"),
            PropertyType::List(of) => Self::List(Box::new(Self::of_property(of))),
        }
    }

    /// In the words of the operators; none where it is not known.
    pub(super) fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Unknown => None,
            Self::Of(kind) => Some(kind),
            Self::List(_) => Some("a list"),
            Self::Changed(_) => Some("nothing"),
            Self::Request => Some("a request"),
            Self::Item => Some("an item"),
        }
    }
}

/// The names of a script, and what is known of their values.
pub(super) struct Names<'a> {
    known: &'a ScriptTypes,
    variables: BTreeMap<String, Type>,
}

impl<'a> Names<'a> {
    pub(super) fn of(ast: &AST, known: &'a ScriptTypes) -> Self {
        let mut names = Self { known, variables: BTreeMap::new() };
        let mut changing = changing(ast);
        ast.walk(&mut |path: &[ASTNode<'_>]| {
            let (name, of) = match path.last() {
                Some(ASTNode::Stmt(Stmt::Var(variable, ..))) => {
                    (variable.0.as_str(), names.type_of(&variable.1))
                }
                Some(ASTNode::Stmt(Stmt::For(each, _))) => {
                    let of = match names.type_of(&each.2.expr) {
                        Type::List(of) => *of,
                        _ => Type::Unknown,
                    };
                    (each.0.as_str(), of)
                }
                _ => return true,
            };
            // One name for two things: nothing is known of either.
            if names.variables.insert(name.to_owned(), of).is_some() {
                changing.insert(name.to_owned());
            }
            true
        });
        names.variables.retain(|name, _| !changing.contains(name));
        names
    }

    /// The type of an expression.
    pub(super) fn type_of(&self, expression: &Expr) -> Type {
        match expression {
            Expr::BoolConstant(..) | Expr::And(..) | Expr::Or(..) => Type::Of("true or false"),
            Expr::IntegerConstant(..) => Type::Of("a number"),
            Expr::StringConstant(..) | Expr::InterpolatedString(..) | Expr::CharConstant(..) => {
                Type::Of("a text")
            }
            Expr::Unit(_) => Type::Of("nothing"),
            Expr::DynamicConstant(value, _) => match kind(value) {
                "something else" | "a list" => Type::Unknown,
                kind => Type::Of(kind),
            },
            Expr::Array(values, _) => Type::List(Box::new(self.common(values))),
            Expr::Map(..) => Type::Of("a map"),
            Expr::Variable(name, ..) => self.variable(&name.1),
            Expr::Dot(pair, ..) | Expr::Index(pair, ..) => {
                let base = self.type_of(&pair.lhs);
                self.step(&base, expression, &pair.rhs)
            }
            Expr::FnCall(call, _) => self.of_call(call),
            Expr::Coalesce(parts, _) => self.common(parts),
            _ => Type::Unknown,
        }
    }

    /// What all of these are.
    fn common(&self, parts: &[Expr]) -> Type {
        let mut found = None;
        for part in parts {
            let of = self.type_of(part);
            match &found {
                None => found = Some(of),
                Some(other) if *other == of => {}
                Some(_) => return Type::Unknown,
            }
        }
        found.unwrap_or(Type::Unknown)
    }

    fn variable(&self, name: &str) -> Type {
        match (self.variables.get(name), name) {
            (Some(of), _) => of.clone(),
            (None, "request") => Type::Request,
            (None, "requester") => Type::Of("a user"),
            (None, _) => Type::Unknown,
        }
    }

    /// What stands behind a point or in brackets; chains lean to the right.
    fn step(&self, base: &Type, whole: &Expr, right: &Expr) -> Type {
        match (whole, right) {
            (Expr::Dot(..), Expr::Dot(pair, ..) | Expr::Index(pair, ..)) => {
                let base = self.one(base, &pair.lhs);
                self.step(&base, right, &pair.rhs)
            }
            (Expr::Index(..), Expr::Dot(pair, ..) | Expr::Index(pair, ..)) => {
                let base = self.element(base, &pair.lhs);
                self.step(&base, right, &pair.rhs)
            }
            (Expr::Index(..), index) => self.element(base, index),
            (_, one) => self.one(base, one),
        }
    }

    fn one(&self, base: &Type, step: &Expr) -> Type {
        match step {
            Expr::Property(name, _) => self.field(base, &name.2),
            Expr::MethodCall(call, _) => match (base, call.name.as_str()) {
                (Type::List(_), "filter" | "extract" | "order" | "order_by" | "order_desc") => {
                    base.clone()
                }
                (Type::List(of), "find") => (**of).clone(),
                (_, name) => answers(name, call.args.len() + 1),
            },
            _ => Type::Unknown,
        }
    }

    fn element(&self, base: &Type, index: &Expr) -> Type {
        match (base, index) {
            (Type::List(of), Expr::IntegerConstant(..)) => (**of).clone(),
            (base, Expr::StringConstant(name, _)) => self.field(base, name),
            _ => Type::Unknown,
        }
    }

    fn field(&self, base: &Type, name: &str) -> Type {
        match base {
            Type::Request => self.of_request(name),
            Type::Item if name == "resource" => Type::Of("a text"),
            Type::Of("a user") => match name {
                "id" | "login" | "name" => Type::Of("a text"),
                "active" => Type::Of("true or false"),
                "groups" => Type::List(Box::new(Type::Of("a text"))),
                "manager" => Type::Of("a user"),
                name => self.known.users.get(name).map_or(Type::Unknown, Type::of_property),
            },
            Type::Of("money") if name == "amount" => Type::Of("a number"),
            Type::Of("money") if name == "currency" => Type::Of("a text"),
            Type::Of("a date") if name == "weekday" => Type::Of("a text"),
            Type::Of("a date") => Type::Of("a number"),
            Type::List(_) | Type::Of("a text") if name == "len" => Type::Of("a number"),
            _ => Type::Unknown,
        }
    }

    fn of_request(&self, name: &str) -> Type {
        match name {
            "id" | "organization" | "rule" | "kind" | "step" | "title" | "reason" => {
                Type::Of("a text")
            }
            "rule_version" => Type::Of("a number"),
            "requester" => Type::Of("a user"),
            "target_users" => Type::List(Box::new(Type::Of("a user"))),
            "urgent" => Type::Of("true or false"),
            "items" => Type::List(Box::new(Type::Item)),
            name => {
                let form = self.known.request.as_ref();
                let of = form.and_then(|form| form.get(name));
                of.map_or(Type::Unknown, |(of, _)| Type::of_property(of))
            }
        }
    }

    fn of_call(&self, call: &FnCallExpr) -> Type {
        let name = call.name.as_str();
        if call.op_token.is_none() {
            return match name {
                "members" | "manager_chain" => Type::List(Box::new(Type::Of("a user"))),
                "groups_of" => Type::List(Box::new(Type::Of("a text"))),
                name => answers(name, call.args.len()),
            };
        }
        let of: Vec<Type> = call.args.iter().map(|side| self.type_of(side)).collect();
        match (name, of.as_slice()) {
            ("==" | "!=" | "<" | "<=" | ">" | ">=" | "!" | "contains", _) => {
                Type::Of("true or false")
            }
            ("+", [a, b]) if *a == Type::Of("a text") || *b == Type::Of("a text") => {
                Type::Of("a text")
            }
            ("-", [Type::Of("a date"), Type::Of("a date")]) => Type::Of("a number"),
            ("-", [Type::Of("a timestamp"), Type::Of("a timestamp")]) => Type::Of("a duration"),
            ("+" | "-", [Type::Of(a @ ("a date" | "a timestamp")), _]) => Type::Of(a),
            ("*" | "/", [Type::Of("money"), Type::Of("a number")]) => Type::Of("money"),
            ("*", [Type::Of("a number"), Type::Of("money")]) => Type::Of("money"),
            ("/", [Type::Of("money"), Type::Of("money")]) => Type::Of("a number"),
            ("+" | "-" | "*" | "/" | "%", [Type::Of(a), Type::Of(b)]) if a == b => Type::Of(a),
            ("-", [one]) => one.clone(),
            _ => Type::Unknown,
        }
    }

    /// The name of a property that the form does not have, where one is read.
    pub(super) fn unknown_property(&self, expression: &Expr) -> Option<(String, Position)> {
        let form = self.known.request.as_ref()?;
        let (name, at) = request_property(expression)?;
        let standard = self.of_request(&name) != Type::Unknown;
        (!standard && !form.contains_key(name.as_str())).then_some((name, at))
    }

    pub(super) fn unknown_message(&self, name: &str) -> String {
        let form = self.known.request.iter().flatten().map(|(name, _)| name.as_str());
        engine_core::rule::unknown_name("property", name, form)
    }

    /// Whether a property of the request may be absent.
    pub(super) fn is_optional(&self, name: &str) -> bool {
        let form = self.known.request.as_ref();
        form.and_then(|form| form.get(name)).is_some_and(|(_, required)| !required)
    }
}

/// The property of the request that an expression is, and nothing more of it.
pub(super) fn property(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Dot(pair, ..) | Expr::Index(pair, ..)
            if matches!(&pair.rhs, Expr::Property(..) | Expr::StringConstant(..)) =>
        {
            request_property(expression).map(|(name, _)| name)
        }
        _ => None,
    }
}

/// The property of the request with which an expression begins.
fn request_property(expression: &Expr) -> Option<(String, Position)> {
    let (Expr::Dot(pair, ..) | Expr::Index(pair, ..)) = expression else { return None };
    let Expr::Variable(name, ..) = &pair.lhs else { return None };
    if name.1.as_str() != "request" {
        return None;
    }
    let first = match &pair.rhs {
        Expr::Dot(pair, ..) | Expr::Index(pair, ..) => &pair.lhs,
        other => other,
    };
    match (expression, first) {
        (Expr::Dot(..), Expr::Property(name, at)) => Some((name.2.to_string(), *at)),
        (Expr::Index(..), Expr::StringConstant(name, at)) => Some((name.to_string(), *at)),
        _ => None,
    }
}

/// Names that do not have one value: assigned to, parameters of functions, caught errors.
fn changing(ast: &AST) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = ast
        .iter_functions()
        .flat_map(|function| {
            function.params.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()
        })
        .collect();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        match path.last() {
            Some(ASTNode::Stmt(Stmt::Assignment(assignment))) => {
                if let Expr::Variable(name, ..) = &assignment.1.lhs {
                    found.insert(name.1.to_string());
                }
            }
            Some(ASTNode::Stmt(Stmt::TryCatch(flow, _))) => {
                if let Expr::Variable(name, ..) = &flow.expr {
                    found.insert(name.1.to_string());
                }
            }
            _ => {}
        }
        true
    });
    found
}
