//! What can be said about a script without running it.
//!
//! A script has no declared types: what is said here is what follows from the types of the properties
//! that it reads and from what functions answer. Where that is not known, nothing is said.

mod ends;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use engine_core::{ids::PropertyName, value::PropertyType};
use rhai::{AST, ASTNode, Engine, Expr, FnCallExpr, Position, Stmt};

use self::types::{Names, Type};
use super::{
    Script, ScriptError,
    library::script_functions,
    operators::{compares, incomparable, orders},
};

/// What a script is used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptRole {
    /// It ends in `true`, or in a text (CND-3).
    Condition,
    /// It ends in a list of logins or users (STP-2).
    Approvers,
    /// It ends in a list of problems.
    Validator,
}

/// What is known of a request that a script is asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptTypes {
    /// The form of its rule: the type of each property, and whether it is always there. None where the
    /// rule is not known.
    pub request: Option<BTreeMap<PropertyName, (PropertyType, bool)>>,
    /// The types of users' properties, as far as they are declared.
    pub users: BTreeMap<PropertyName, PropertyType>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptFindings {
    /// What fails whenever it is reached.
    pub errors: Vec<ScriptError>,
    /// What fails, or is not what was meant, for the types that are known.
    pub warnings: Vec<ScriptError>,
}

/// What the language has under a name that is none of a function.
const BUILT_IN: [&str; 9] =
    ["Fn", "call", "curry", "type_of", "is_shared", "is_def_var", "is_def_fn", "in", "!in"];

/// Looks at a script.
pub(super) fn check(
    engine: &Engine,
    script: &Script,
    role: Option<ScriptRole>,
    known: &ScriptTypes,
) -> ScriptFindings {
    let (text, ast) = (&script.inner.text, &script.inner.ast);
    let mut checker = Checker {
        text,
        names: Names::of(ast, known),
        functions: functions(engine, ast),
        tested: tested(ast),
        found: ScriptFindings::default(),
    };
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        match path.last() {
            Some(ASTNode::Stmt(statement)) => checker.statement(statement),
            Some(ASTNode::Expr(expression)) => checker.expression(expression),
            _ => {}
        }
        true
    });
    if let Some(role) = role {
        let wrong = ends::check(ast, &checker.names, role);
        checker.found.warnings.extend(wrong.into_iter().map(|(at, why)| told(text, at, why)));
    }
    checker.found.in_order()
}

struct Checker<'a> {
    text: &'a str,
    names: Names<'a>,
    /// Every function that can be called, by name, with the numbers of values that it takes.
    functions: BTreeMap<String, BTreeSet<usize>>,
    /// Properties of the request of which the script asks whether they are there.
    tested: BTreeSet<String>,
    found: ScriptFindings,
}

impl Checker<'_> {
    fn warn(&mut self, at: Position, message: String) {
        self.found.warnings.push(told(self.text, at, message));
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::If(flow, _) | Stmt::While(flow, _) | Stmt::Do(flow, ..) => {
                self.needs_boolean(&flow.expr);
            }
            Stmt::FnCall(call, at) => self.call(call, *at, 0),
            // What stands in the others is looked at by itself.
            _ => {}
        }
    }

    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::And(parts, _) | Expr::Or(parts, _) => {
                parts.iter().for_each(|part| self.needs_boolean(part));
            }
            Expr::FnCall(call, at) => self.call(call, *at, 0),
            Expr::MethodCall(call, at) => self.call(call, *at, 1),
            Expr::Dot(..) | Expr::Index(..) => {
                if let Some((name, at)) = self.names.unknown_property(expression) {
                    let message = self.names.unknown_message(&name);
                    self.warn(at, message);
                }
            }
            _ => {}
        }
    }

    fn needs_boolean(&mut self, condition: &Expr) {
        let found = self.names.type_of(condition);
        if let Some(kind) = found.kind().filter(|kind| *kind != "true or false") {
            let message = format!("expected true or false, found {kind}");
            self.warn(condition.start_position(), message);
        }
    }

    /// A call of a function or an operator; `receivers` stand before the point.
    fn call(&mut self, call: &FnCallExpr, at: Position, receivers: usize) {
        let name = call.name.as_str();
        if let (true, [left, right]) = (call.op_token.is_some(), call.args.as_slice()) {
            return self.operator(name, left, right, at);
        }
        if call.op_token.is_some() || BUILT_IN.contains(&name) || !is_name(name) {
            return;
        }
        let count = call.args.len() + receivers;
        let takes = match self.functions.get(name) {
            None => {
                let known = self.functions.keys().map(String::as_str);
                let message = engine_core::rule::unknown_name("function", name, known);
                return self.found.errors.push(told(self.text, at, message));
            }
            Some(takes) if takes.contains(&count) => return,
            Some(takes) => takes,
        };
        let counts: Vec<String> = takes.iter().map(ToString::to_string).collect();
        let message = format!("`{name}` takes {} values, found {count}", counts.join(" or "));
        self.found.errors.push(told(self.text, at, message));
    }

    fn operator(&mut self, name: &str, left: &Expr, right: &Expr, at: Position) {
        let (a, b) = (self.names.type_of(left), self.names.type_of(right));
        match name {
            "==" | "!=" => self.comparison((left, &a), (right, &b), compares, at),
            "<" | "<=" | ">" | ">=" => {
                self.comparison((left, &a), (right, &b), orders, at);
                self.may_be_absent(left);
                self.may_be_absent(right);
            }
            "/" | "%" if matches!(right, Expr::IntegerConstant(0, _)) => {
                self.warn(at, "nothing can be divided by `0`".to_owned());
            }
            "+" | "-" => {
                if let (Some("money"), Some("a number")) | (Some("a number"), Some("money")) =
                    (a.kind(), b.kind())
                {
                    let message = "money and a number do not add up: write `money(\"5 EUR\")`";
                    self.warn(at, message.to_owned());
                }
            }
            _ => {}
        }
    }

    fn comparison(
        &mut self,
        (left, a): (&Expr, &Type),
        (right, b): (&Expr, &Type),
        fits: fn(&str, &str) -> bool,
        at: Position,
    ) {
        for (side, of) in [(left, a), (right, b)] {
            if let (Type::Changed(name), false) = (of, matches!(side, Expr::Unit(_))) {
                let message = format!(
                    "`{name}` changes its variable and answers nothing: there is nothing to compare"
                );
                return self.warn(at, message);
            }
        }
        let (Some(a), Some(b)) = (a.kind(), b.kind()) else { return };
        if !fits(a, b) {
            self.warn(at, incomparable(a, b));
        }
    }

    /// Nothing has no order: a property that need not be there is asked for first.
    fn may_be_absent(&mut self, side: &Expr) {
        let Some(name) = types::property(side) else { return };
        if self.names.is_optional(&name) && !self.tested.contains(&name) {
            let message = format!(
                "`{name}` need not be there: test for `request.{name} == ()` first, or write `(request.{name} ?? …)`"
            );
            self.warn(side.start_position(), message);
        }
    }
}

impl ScriptFindings {
    fn in_order(mut self) -> Self {
        for list in [&mut self.errors, &mut self.warnings] {
            list.sort_by_key(|found| (found.line, found.column));
            list.dedup();
        }
        self
    }
}

fn told(text: &str, at: Position, message: String) -> ScriptError {
    ScriptError::at(text, at, message)
}

/// Names that are made by the compiler, such as those of closures, are none that can be written.
fn is_name(name: &str) -> bool {
    name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

fn functions(engine: &Engine, ast: &AST) -> BTreeMap<String, BTreeSet<usize>> {
    let mut found: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    let native = engine.collect_fn_metadata(
        None,
        |function| Some((function.metadata.name.to_string(), function.metadata.num_params)),
        true,
    );
    let scripted = ast.iter_functions().map(|f| (f.name.to_owned(), f.params.len()));
    for (name, count) in native.into_iter().chain(scripted) {
        found.entry(name).or_default().insert(count);
    }
    // A function of the script can be called as a method, with what stands before the point as `this`.
    for function in ast.iter_functions() {
        found.entry(function.name.to_owned()).or_default().insert(function.params.len() + 1);
    }
    found
}

/// Properties of the request that are compared with nothing, or stand before `??`.
fn tested(ast: &AST) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Expr(expression)) = path.last() {
            found.extend(tested_by(expression));
        }
        true
    });
    found
}

fn tested_by(expression: &Expr) -> Vec<String> {
    match expression {
        Expr::Coalesce(parts, _) => parts.iter().filter_map(types::property).collect(),
        Expr::FnCall(call, _) if matches!(call.name.as_str(), "==" | "!=") => {
            let is_nothing = |side: &Expr| matches!(side, Expr::Unit(_));
            match call.args.as_slice() {
                [side, other] if is_nothing(other) => types::property(side).into_iter().collect(),
                [other, side] if is_nothing(other) => types::property(side).into_iter().collect(),
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// What a function of so many values answers, by the library.
fn answers(name: &str, count: usize) -> Type {
    let mut found: Option<Type> = None;
    for function in script_functions().iter().flat_map(|chapter| chapter.functions) {
        let takes = function.parameters().map(|parameters| parameters.len());
        if function.name() != name || takes != Some(count) {
            continue;
        }
        let answer = function.answers().map_or(Type::Changed(function.name()), Type::called);
        match &found {
            Some(other) if *other != answer => return Type::Unknown,
            Some(_) | None => found = Some(answer),
        }
    }
    found.unwrap_or(Type::Unknown)
}
