//! What is said about scripts that are not run.

use engine_core::value::PropertyType;

use super::*;

fn known() -> ScriptTypes {
    let form = [
        ("amount", PropertyType::Money, true),
        ("limit", PropertyType::Money, false),
        ("count", PropertyType::Number, true),
        ("start", PropertyType::Date, true),
        ("purpose", PropertyType::Choice, true),
        ("owner", PropertyType::User, true),
        ("tags", PropertyType::List(Box::new(PropertyType::Choice)), true),
        ("secret", PropertyType::Boolean, true),
    ];
    ScriptTypes {
        request: Some(
            form.into_iter().map(|(name, of, required)| (id(name), (of, required))).collect(),
        ),
        users: [(id("grade"), PropertyType::Number)].into(),
    }
}

fn findings(text: &str, role: Option<ScriptRole>) -> ScriptFindings {
    let scripts = scripts();
    let script = scripts.compile(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    scripts.check(&script, role, &known())
}

fn fine(text: &str) {
    assert_eq!(findings(text, None), ScriptFindings::default(), "{text}");
}

fn warns(text: &str, why: &str) {
    let found = findings(text, None);
    let told: Vec<String> = found.warnings.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|told| told.contains(why)), "{text}: {told:?}");
    assert!(found.warnings.iter().all(|warning| warning.snippet.contains('^')), "{text}");
}

#[test]
fn comparisons_that_fail_are_told_before_they_do() {
    for (text, why) in [
        (
            "request.amount > 500",
            "money and a number cannot be compared: write `money(\"500 EUR\")`",
        ),
        ("request[\"amount\"] > 500", "line 1, column 19: money and a number"),
        ("request.amount == \"500 EUR\"", "money and a text cannot be compared"),
        ("let limit = money(\"5 EUR\"); limit < request.count", "money and a number"),
        ("request.start < \"2026-03-02\"", "write `date(\"2026-03-02\")`"),
        ("request.owner == \"bob\"", "compare the user's `.login`"),
        ("request.owner < requester", "a user and a user cannot be compared"),
        ("requester.grade == \"senior\"", "a number and a text"),
        ("manager_of(requester) == \"bob\"", "a user and a text"),
        ("for tag in request.tags { if tag == 5 { return true; } } true", "a text and a number"),
        ("request.amount.currency == 5", "a text and a number"),
        ("sum([1, 2]) == 5 && request.tags.len == \"2\"", "a number and a text"),
        ("members(\"staff\")[0] == \"ann\"", "a user and a text"),
        ("days_between(request.start, today()) > \"3\"", "a number and a text"),
        ("let t = \"a\"; t.replace(\"a\", \"b\") == \"b\"", "`replace` changes its variable"),
        ("request.limit > request.amount", "`limit` need not be there"),
        ("request.count / 0 == 1", "divided by `0`"),
        ("request.amount + 5 == request.amount", "money and a number do not add up"),
        ("if request.amount { true } else { \"no\" }", "expected true or false, found money"),
        ("request.count && true", "expected true or false, found a number"),
        ("request.amuont == request.amount", "unknown property `amuont`; did you mean `amount`?"),
    ] {
        warns(text, why);
    }
}

#[test]
fn what_is_right_or_not_known_is_not_told() {
    for text in [
        "request.amount > money(\"500 EUR\") && request.count == 7",
        "request.limit == () || request.limit > request.amount",
        "(request.limit ?? money(\"0 EUR\")) > request.amount",
        "request.purpose == \"it\" && \"it\" in request.tags && request.secret",
        "request.owner == requester && manager_of(requester) != ()",
        "let x = request.amount; x = 5; x == 5",
        "let x = 5; { let x = \"a\"; x == \"a\" }",
        "fn f(amount) { amount == 5 } let amount = request.amount; f(5)",
        "config.limit == 5 && config.name == \"a\"",
        "request.tags.some(|tag| tag == \"it\")",
        "request.items.all(|item| item.role == \"read\")",
        "requester.grade ?? 3 > 2",
        "request.title.to_lower().contains(\"desk\")",
        "request.start - today() > 3",
        "now() - duration(\"1h\") < now() && today() + 3 > today()",
        "request.amount / request.amount > 2",
        "first_manager_where(requester, |m| m.grade > 3) != ()",
        "try { user(\"x\"); } catch (e) { return e == 5; } true",
    ] {
        fine(text);
    }
}

#[test]
fn functions_that_there_are_not_are_errors() {
    let errors = |text: &str| -> Vec<String> {
        findings(text, None).errors.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        errors("true && membres(\"staff\") == []"),
        ["line 1, column 9: unknown function `membres`; did you mean `members`?"]
    );
    assert_eq!(
        errors("in_group(\"staff\")"),
        ["line 1, column 1: `in_group` takes 2 values, found 1"]
    );
    assert_eq!(errors("requester.in_group(\"staff\")"), [""; 0]);
    assert_eq!(errors("fn f(a) { a } f(1, 2) == 1"), [""; 0]);
    assert_eq!(errors("let f = |a| a; f.call(1) == 1"), [""; 0]);
    for text in ["sleep(1)", "timestamp()"] {
        assert_eq!(errors(text).len(), 1, "{text}");
    }
}

#[test]
fn the_end_of_a_script_is_its_answer() {
    use ScriptRole::{Approvers, Condition, Validator};
    for (role, text, why) in [
        (Condition, "false", "a condition does not end in `false`"),
        (Condition, "if request.secret { true } else { false }", "does not end in `false`"),
        (Condition, "members(\"staff\")", "this is a list"),
        (Condition, "return request.amount;", "this is money"),
        (Approvers, "true", "approvers are a list of logins or users; this is true or false"),
        (Approvers, "[5]", "this is a list with a number"),
        (Approvers, "manager_of(requester)", "this is a user"),
        (Validator, "\"no\"", "a validator ends in a list of problems; this is a text"),
        (Validator, "[\"no\"]", "this is a list with a text"),
    ] {
        let found = findings(text, Some(role));
        let told: Vec<String> = found.warnings.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|told| told.contains(why)), "{text}: {told:?}");
    }
    for (role, text) in [
        (Condition, "request.secret || \"it\" in request.tags"),
        (Condition, "if request.secret { true } else { \"secret things only\" }"),
        (Approvers, "let l = members(\"staff\"); l.push(requester); l"),
        (Approvers, "[]"),
        (Approvers, "[\"ann\", manager_of(requester).login]"),
        (Validator, "let l = []; l.push(problem(\"x\")); l"),
        (Validator, "[problem(\"amount\", \"too much\")]"),
    ] {
        assert_eq!(findings(text, Some(role)), ScriptFindings::default(), "{text}");
    }
}
