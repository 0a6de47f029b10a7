//! The helpers: each example of the library, and what is refused.

use std::collections::BTreeSet;

use super::*;
use crate::script::library::script_functions;

/// A run of a script that ends in a list of problems.
pub(super) fn validator(text: &str) -> Answer<Vec<Problem>> {
    let scripts = scripts();
    scripts.validator(&scripts.compile(text).unwrap(), &call())
}

/// `docs/scripts.md` says that every example is true.
#[test]
fn every_example_is_true() {
    let scripts = scripts();
    let mut wrong = Vec::new();
    for function in script_functions().iter().flat_map(|chapter| chapter.functions) {
        let example = function.example;
        match scripts.compile(example).map(|script| scripts.condition(&script, &call()).result) {
            Ok(Ok(Verdict::Met)) => {}
            other => wrong.push(format!("{}: `{example}`: {other:?}", function.signature)),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Every function that is registered stands in the library, with as many values, and no other does.
#[test]
fn the_library_is_what_is_registered() {
    // Operators and what a loop or `[…]` calls are no names.
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let registered = scripts().interpreter().engine.collect_fn_metadata(
        None,
        |function| Some((function.metadata.name.to_string(), function.metadata.num_params)),
        true,
    );
    let registered: BTreeSet<(String, Option<usize>)> = registered
        .into_iter()
        .filter_map(|(name, count)| match name.strip_prefix("get$") {
            Some(property) => Some((property.to_owned(), None)),
            None => is_name(&name).then_some((name, Some(count))),
        })
        .filter(|(name, _)| !["print", "debug", "equals"].contains(&name.as_str()))
        .collect();
    let told: BTreeSet<(String, Option<usize>)> = script_functions()
        .iter()
        .flat_map(|chapter| chapter.functions)
        .map(|f| (f.name().to_owned(), f.parameters().map(|parameters| parameters.len())))
        .collect();
    let missing: Vec<_> = registered.difference(&told).collect();
    let invented: Vec<_> = told.difference(&registered).collect();
    assert!(
        missing.is_empty() && invented.is_empty(),
        "missing {missing:?}\ninvented {invented:?}"
    );
}

#[test]
fn examples_use_what_they_show() {
    for function in script_functions().iter().flat_map(|chapter| chapter.functions) {
        let name = function.name();
        assert!(function.example.contains(name), "{} has another example", function.signature);
    }
}

/// What each helper is refused with, at its place.
#[test]
fn what_makes_no_sense_is_told_where_it_stands() {
    for (text, why) in [
        ("add_days(date(\"2026-02-30\"), 1) == 5", "`2026-02-30` is not a date"),
        ("date(2026, 2, 30) == 5", "there is no day 30 of month 2 of 2026"),
        ("date(2026, -2, 9999999999) == 5", "there is no day 9999999999"),
        ("add_months(date(\"2026-03-02\"), 9223372036854775807) == 5", "is out of range"),
        ("add_weeks(date(\"2026-03-02\"), -9223372036854775807) == 5", "is out of range"),
        ("date(\"2026-03-02\") + duration(\"90m\") == 5", "a date has no time of day"),
        ("now() - duration(\"2bd\") == 5", "take them from its date"),
        ("now() - (now() + duration(\"1h\")) == 5", "a duration is never negative"),
        ("duration(\"1h\") + duration(\"1bd\") == 5", "business days need a calendar"),
        ("duration(\"1h\") * -1 == 5", "is no duration"),
        ("duration(\"1h\") * 9223372036854775807 == 5", "is no duration"),
        ("duration(\"2bd\").seconds == 5", "has no number of seconds"),
        ("hour(\"Mars/Base\") == 5", "`Mars/Base` is not a time zone"),
        ("start_of_day(date(262142, 12, 31)) + duration(\"36500d\") == 5", "is out of range"),
        ("round(money(\"1 XTS\")) == 5", "write `round(money, 2)`"),
        ("round(money(\"1 EUR\"), 99) == 5", "the places to round to are 0 to 28"),
        ("convert(money(\"1 GBP\"), \"EUR\") == 5", "there is no rate for GBP"),
        ("convert(money(\"1 EUR\"), \"euro\") == 5", "`euro` is not a currency"),
        ("convert(money(\"999999999999999999 EUR\"), \"USD\") == 5", "too many digits in USD"),
        ("sum([money(\"1 EUR\"), money(\"1 USD\")]) == 5", "write `sum(list, \"EUR\")`"),
        ("sum([1, money(\"1 USD\")]) == 5", "money and numbers cannot be summed up"),
        ("sum([1, \"2\"]) == 5", "the list at [1]: expected a number or money, found a text"),
        ("sum([1], \"EUR\") == 5", "the list at [0]: expected money, found a number"),
        ("min([1, \"a\"]) == 5", "cannot be compared"),
        ("max([requester]) == 5", "cannot be compared"),
        ("min(1, ()) == 5", "nothing"),
        ("money(\"1 EUR\") / money(\"1 USD\") == 5", "are of two currencies"),
        ("money(\"1 EUR\") / money(\"0 EUR\") == 5", "cannot be divided"),
        ("in_group(requester, \"stuff\") == 5", "there is no group `stuff`"),
        ("in_group((), \"staff\") == 5", "expected a user or a login, found nothing"),
        ("in_group(7, \"staff\") == 5", "expected a user or a login, found a number"),
        ("manager_of(\"eve\") == 5", "nobody has the login `eve`"),
        ("groups_of(\"Eve!\") == 5", "is not a login"),
        ("manager_chain(requester, -1) == 5", "is no number of managers"),
        ("property_of(requester, \"limit\") == 5", "`limit` is not set for this user"),
        ("property_of(requester, \"Limit!\") == 5", "`Limit!` is not a property name"),
        ("request[\"Amount\"] == 5", "`Amount` is not a property name"),
        ("first_manager_where(requester, |boss| boss.login) == 5", "bool"),
        ("is_business_day(today(), calendar(#{working_days: []}))", "at least one day of the week"),
        ("is_business_day(today(), calendar(#{days: []}))", "unknown field `days`"),
        (
            "is_business_day(today(), calendar(#{holidays: [5]}))",
            "expected texts or dates, found a number",
        ),
        ("add_business_days(today(), 9223372036854775807) == 5", "used up its operations"),
        ("matches(\"a\", \"*\".to_upper() + `${[].len}`) == 5", "cannot be compared"),
        ("join([[1]], \",\") == 5", "a list cannot be part of a text"),
        ("problem(\"No field!\", \"text\") == 5", "is not a property name"),
        ("problem(\"  \") == 5", "a problem's text has 2 bytes: expected 1 to"),
    ] {
        let failure = fails(text);
        assert!(failure.message.contains(why), "{text}: {}", failure.message);
        assert!(failure.message.starts_with("line 1, column "), "{text}: {}", failure.message);
        assert!(failure.detail.unwrap().contains('^'), "{text}");
    }
}

#[test]
fn values_of_a_wrong_type_are_told() {
    for text in [
        "add_days(\"2026-03-02\", 1) == 5",
        "is_business_day(\"2026-03-02\")",
        "matches(5, \"5\")",
        "in_group(requester, 5)",
        "sum(5) == 5",
        "round(\"5 EUR\") == 5",
        "seconds_between(today(), today()) == 5",
        "first_manager_where(requester, 5) == ()",
    ] {
        let failure = fails(text);
        assert_eq!(failure.class, FailureClass::Trap, "{text}");
        assert!(failure.message.starts_with("line 1, column 1: "), "{text}: {}", failure.message);
        let name = text.split('(').next().unwrap();
        assert!(failure.message.contains(&format!("`{name}` takes (")), "{}", failure.message);
    }
    assert!(
        fails("add_days(\"2026-03-02\", 1) == 5")
            .message
            .ends_with("`add_days` takes (date, number), found (text, number)")
    );
}

/// Every read stands in the trace.
#[test]
fn helpers_record_what_they_read() {
    let reads = |text: &str| {
        let answer = condition(text);
        assert_eq!(answer.result, Ok(Verdict::Met), "{text}");
        answer.trace.reads.words().into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        reads("in_group(requester, \"staff\")"),
        "directory.group.staff directory.u-ann.groups"
    );
    assert_eq!(
        reads("manager_chain(\"ann\").len == 2"),
        "directory.login.ann directory.u-ann.manager directory.u-bob.manager directory.u-cleo.manager"
    );
    // Nothing is read above the manager that is found.
    assert_eq!(
        reads("first_manager_where(requester, |boss| true) != ()"),
        "directory.u-ann.manager"
    );
    assert_eq!(reads("is_business_day(date(\"2026-03-02\"))"), "calendar");
    assert_eq!(reads("convert(money(\"1 USD\"), \"EUR\") == money(\"0.92 EUR\")"), "rates");
    assert_eq!(
        reads("property_of(requester, \"cost_center\") == \"cc-7\""),
        "directory.u-ann.cost_center"
    );
}

#[test]
fn without_rates_only_one_currency_adds_up() {
    let scripts = scripts();
    let call = Call { rates: None, ..call() };
    let run = |text: &str| scripts.condition(&scripts.compile(text).unwrap(), &call).result;
    assert_eq!(run("sum([money(\"1 EUR\")], \"EUR\") == money(\"1 EUR\")"), Ok(Verdict::Met));
    let failure = run("sum([money(\"1 EUR\")], \"USD\") == money(\"1 USD\")").unwrap_err();
    assert!(failure.message.contains("there is no rate for EUR"), "{failure:?}");
}

#[test]
fn the_organizations_calendar_counts() {
    let scripts = scripts();
    let calendar = serde_json::from_value(json!({"holidays": ["2026-03-09"]})).unwrap();
    let call = Call { calendar: Arc::new(calendar), ..call() };
    for text in [
        "!is_business_day(date(\"2026-03-09\"))",
        "add_business_days(date(\"2026-03-06\"), 1) == date(\"2026-03-10\")",
        "timestamp(\"2026-03-06T09:00:00Z\") + duration(\"1bd\") == timestamp(\"2026-03-10T09:00:00Z\")",
    ] {
        let script = scripts.compile(text).unwrap();
        assert_eq!(scripts.condition(&script, &call).result, Ok(Verdict::Met), "{text}");
    }
}

#[test]
fn a_validator_ends_in_problems() {
    let answer = validator(
        "let found = [];
         if request.amount > money(\"500 EUR\") { found.push(problem(\"amount\", \"too much\")); }
         if weekday() == \"saturday\" { found.push(problem(\"not at weekends\")); }
         found",
    );
    let found: Vec<_> = answer
        .result
        .unwrap()
        .into_iter()
        .map(|problem| (problem.property.map(|name| name.to_string()), problem.why.text))
        .collect();
    let wanted =
        [(Some("amount".to_owned()), "too much".to_owned()), (None, "not at weekends".to_owned())];
    assert_eq!(found, wanted);
    assert!(answer.trace.reads.contains("request.amount"));
    let of_item = validator("[problem(request.items[0], \"role\", \"not yours\")]").result.unwrap();
    let found = of_item.first().map(|found| (found.item.as_ref(), found.property.as_ref()));
    assert_eq!(found, Some((Some(&id("db")), Some(&id("role")))));
    assert_eq!(validator("[]").result, Ok(vec![]));
    for (text, why) in [
        ("true", "the script ended in true or false: expected a list of problems"),
        ("\"no\"", "the script ended in a text: expected a list of problems"),
        ("problem(\"x\")", "expected a list of problems"),
        ("[\"no\"]", "the script's list at [0]: expected a problem such as"),
        ("let l = []; l.pad(101, problem(\"x\")); l", "in 101 problems: the most are 100"),
    ] {
        let failure = validator(text).result.unwrap_err();
        assert_eq!(failure.class, FailureClass::BadOutput, "{text}");
        assert!(failure.message.contains(why), "{text}: {}", failure.message);
    }
    let failure = validator("throw \"broken\"").result.unwrap_err();
    assert_eq!(
        (failure.class, failure.message.as_str()),
        (FailureClass::Trap, "line 1, column 1: broken")
    );
}
