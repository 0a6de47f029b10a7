use std::slice;

use engine_core::{
    explanation::{Explanation, Ground, Outcome},
    extension::{FailureClass, Message},
    rule::Path,
    value::Value,
};

use super::{check, compared, id, money, no_rate, tested, told, too_much, variants};

variants! { ALL, variant of Ground:
    Always All Any Not Test MissingRate Incomparable Extension Failed
}

fn choice(text: &str) -> Value {
    Value::Choice(text.to_owned())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn met(explanation: Explanation) -> Explanation {
    Explanation { outcome: Outcome::Met, ..explanation }
}

fn tests() -> Vec<(&'static str, Explanation)> {
    let (low, high) = (money("1 EUR"), money("1000 EUR"));
    let between = [low.clone(), high.clone()];
    let (growth, safety, fun) = (choice("growth"), choice("safety"), choice("fun"));
    let emea = Value::Node(id("emea"));
    let date = |text: &str| Value::Date(text.parse().unwrap());
    let span = |text: &str| Value::Duration(text.parse().unwrap());
    let (march, april) = (date("2026-03-31"), date("2026-04-01"));
    let (days, working) = (span("2d"), span("5bd"));
    let list = |values: &[Value]| Value::List(values.to_vec());
    let is = |path: &str, op: &'static str, wanted: &[Value], seen: Value| {
        compared(path, op, wanted, Some(seen))
    };
    let one = |value: &Value| slice::from_ref(value).to_vec();
    vec![
        ("equal", is("purpose", "equal", &one(&safety), growth.clone())),
        ("equal met", met(is("purpose", "equal", &one(&growth), growth.clone()))),
        ("equal empty", compared("purpose", "equal", &one(&safety), None)),
        ("not equal", is("purpose", "not_equal", &one(&growth), growth.clone())),
        ("yes", is("overtime", "equal", &[Value::Boolean(true)], Value::Boolean(false))),
        ("less", is("amount", "less", &one(&low), high.clone())),
        ("less or equal", too_much()),
        ("greater", is("amount", "greater", &one(&high), low.clone())),
        ("greater or equal", is("amount", "greater_or_equal", &one(&high), low)),
        ("greater empty", compared("amount", "greater", &one(&high), None)),
        ("between", is("amount", "between", &between, money("2000 EUR"))),
        ("between half open", is("amount", "between_half_open", &between, high.clone())),
        ("after", is("start", "greater", &one(&april), march.clone())),
        ("not before", is("start", "greater_or_equal", &one(&april), march)),
        ("longer", is("length", "less_or_equal", &one(&days), working)),
        ("in", is("purpose", "in", &[growth.clone(), safety.clone()], fun.clone())),
        ("in met", met(is("purpose", "in", &[growth.clone(), safety.clone()], growth.clone()))),
        ("not in one", is("purpose", "not_in", &one(&fun), fun.clone())),
        ("not in two", is("purpose", "not_in", &[fun.clone(), growth.clone()], fun.clone())),
        ("not in three", is("purpose", "not_in", &[fun.clone(), growth.clone(), safety], fun)),
        ("within", is("unit", "within", &one(&emea), emea.clone())),
        ("contains", is("tags", "contains", &one(&growth), list(&[choice("a"), choice("b")]))),
        ("contains empty", is("tags", "contains", &one(&growth), list(&[]))),
        ("matches", is("code", "matches", &[text("[A-Z]+")], text("x"))),
        ("matches empty", compared("code", "matches", &[text("[A-Z]+")], None)),
        ("is set", compared("amount", "is_set", &[Value::Boolean(true)], None)),
        ("is not set", is("amount", "is_set", &[Value::Boolean(false)], high)),
    ]
}

fn of_the_request() -> Vec<(&'static str, Explanation)> {
    let is = |path: Path, operator: &'static str, wanted: Value, seen: Option<Value>| {
        tested(path, operator, &[wanted], seen)
    };
    let group = || Value::Group(id("directors"));
    let orders = || Value::Resource(id("orders-db"));
    let yes = || Value::Boolean(true);
    vec![
        ("urgent", is(Path::Urgent, "equal", yes(), Some(Value::Boolean(false)))),
        ("not urgent", is(Path::Urgent, "equal", Value::Boolean(false), Some(yes()))),
        ("group", is(Path::Groups, "contains", group(), Some(Value::List(vec![])))),
        ("group met", met(is(Path::Groups, "contains", group(), Some(Value::List(vec![group()]))))),
        ("items", is(Path::Items, "contains", orders(), Some(Value::List(vec![])))),
        ("other items", is(Path::Items, "contains", orders(), Some(Value::List(vec![group()])))),
        ("kind", is(Path::Kind, "equal", text("sql"), Some(text("capex")))),
        ("login", is(Path::Login, "equal", text("bob"), Some(text("ann")))),
        ("profile", is(Path::Requester(id("cost_center")), "equal", text("A"), Some(text("B")))),
    ]
}

fn of_extensions() -> Vec<(&'static str, Explanation)> {
    let extension = |outcome, message: Option<&str>| {
        let message = message.map(|text| Message {
            code: "x".to_owned(),
            arguments: [].into(),
            text: text.to_owned(),
        });
        Explanation::leaf(outcome, Ground::Extension { name: "friday-freeze.rhai".into(), message })
    };
    let failed = Ground::Failed {
        name: "calendar".into(),
        class: FailureClass::Fuel,
        message: "out of fuel".into(),
    };
    let incomparable =
        Ground::Incomparable { path: Path::Property(id("amount")), seen: choice("much") };
    vec![
        ("says", extension(Outcome::Unmet, Some("No changes on Fridays."))),
        ("met", extension(Outcome::Met, None)),
        ("unmet", extension(Outcome::Unmet, None)),
        ("undecided", extension(Outcome::Undecided, None)),
        ("", Explanation::leaf(Outcome::Undecided, failed)),
        ("", no_rate()),
        ("", Explanation::leaf(Outcome::Undecided, incomparable)),
        ("", Explanation::always()),
    ]
}

fn of_several() -> Vec<(&'static str, Explanation)> {
    let purpose = || compared("purpose", "equal", &[choice("safety")], Some(choice("growth")));
    let both = || Explanation::all(vec![too_much(), purpose()]);
    let is_growth =
        || met(compared("purpose", "equal", &[choice("growth")], Some(choice("growth"))));
    vec![
        ("", both()),
        ("", Explanation::any(vec![too_much(), purpose()])),
        ("of several", Explanation::any(vec![both(), no_rate(), purpose()])),
        ("undecided", Explanation::any(vec![no_rate(), no_rate()])),
        ("one", Explanation::any(vec![purpose()])),
        ("none", Explanation::any(vec![])),
        ("met", Explanation::any(vec![is_growth(), purpose()])),
        ("", Explanation::negated(is_growth())),
        ("met", Explanation::negated(purpose())),
    ]
}

/// CND-4
#[test]
fn conditions_say_what_was_seen_and_what_was_wanted() {
    let examples: Vec<_> =
        [tests(), of_the_request(), of_extensions(), of_several()].into_iter().flatten().collect();
    let all = examples
        .iter()
        .map(|(case, explanation)| {
            (variant(&explanation.ground), *case, told(|names| names.reason(explanation)))
        })
        .collect();
    check("condition.txt", ALL, all);
}
