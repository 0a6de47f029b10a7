//! Scripts against a small organization.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::NaiveDate;
use engine_core::{
    directory::{Directory, Group, OrganizationRole, User, UserKind},
    extension::{ConfigValue, Facts, FailureClass, Item, Message, NomineeKind, ResolvedConfig},
    ids::{PropertyName, UserId},
    money::Rates,
    value::Value,
};
use serde_json::json;

use super::*;

mod check;
mod helpers;
mod hostile;

fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: fmt::Debug,
{
    text.parse().unwrap()
}

fn user(login: &str, manager: Option<&str>) -> User {
    let manager = manager.map(|login| (id("manager"), Value::User(id(&format!("u-{login}")))));
    User {
        id: id(&format!("u-{login}")),
        login: id(login),
        name: login.to_uppercase(),
        email: None,
        time_zone: None,
        active: login != "dan",
        kind: UserKind::Person,
        role: OrganizationRole::User,
        groups: match login {
            "cleo" => [id("staff"), id("finance")].into(),
            _ => [id("staff")].into(),
        },
        properties: manager
            .into_iter()
            .chain((login == "ann").then(|| (id("cost_center"), Value::Text("cc-7".into()))))
            .collect(),
        replacement: engine_core::directory::Replacement::default(),
    }
}

fn directory() -> Directory {
    let mut directory = Directory::default();
    directory.put_group(Group { id: id("staff"), name: "Staff".into() });
    directory.put_group(Group { id: id("finance"), name: "Finance".into() });
    for (login, manager) in
        [("ann", Some("bob")), ("bob", Some("cleo")), ("cleo", None), ("dan", None)]
    {
        directory.put_user(user(login, manager));
    }
    directory
}

fn properties() -> BTreeMap<PropertyName, Value> {
    [
        ("amount", Value::Money(id("900 EUR"))),
        ("limit", Value::Money(id("1000 USD"))),
        ("rate", Value::Decimal(id("0.1"))),
        ("count", Value::Number(7)),
        ("start", Value::Date(id("2026-03-02"))),
        ("length", Value::Duration(id("3d"))),
        ("tags", Value::List(vec![Value::Text("capex".into()), Value::Text("it".into())])),
        ("owner", Value::User(id("u-bob"))),
    ]
    .into_iter()
    .map(|(name, value)| (id(name), value))
    .collect()
}

fn config() -> ResolvedConfig {
    let plain = json!({"limit": "500 EUR", "factor": 1.5, "nested": {"who": ["bob"]}});
    let plain = plain.as_object().unwrap().clone().into_iter();
    let mut config: ResolvedConfig =
        plain.map(|(key, value)| (key, ConfigValue::Json(value))).collect();
    config.insert("most".into(), ConfigValue::Property(Value::Money(id("1000 EUR"))));
    config
}

fn call() -> Call {
    let facts = Facts {
        organization: id("acme"),
        request: id("r1"),
        rule: id("capex"),
        rule_version: 3,
        kind: id("spend"),
        step: Some(id("unit")),
        requester: id("u-ann"),
        target_users: vec![],
        urgent: false,
        title: "A desk".into(),
        reason: "The old one broke".into(),
        properties: properties(),
        items: vec![Item {
            resource: id("db"),
            fields: [(id("role"), Value::Choice("read".into()))].into(),
        }],
        now: id("2026-03-06T22:30:00Z"),
    };
    let rates = Rates {
        base: id("EUR"),
        as_of: NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(),
        rates: [(id("USD"), id("0.92"))].into(),
    };
    Call {
        config: Arc::new(config()),
        rates: Some(Arc::new(rates)),
        zone: chrono_tz::Europe::Riga,
        ..Call::new(Arc::new(facts), Arc::new(directory()))
    }
}

fn scripts() -> Scripts {
    // The machine that runs the tests may be slow, and the tests are not optimized.
    Scripts::new(ScriptLimits { deadline: Duration::from_secs(20), ..ScriptLimits::default() })
}

fn condition(text: &str) -> Answer<Verdict> {
    let scripts = scripts();
    let script = scripts.compile(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    scripts.condition(&script, &call())
}

fn approvers(text: &str) -> Answer<Vec<Nominee>> {
    let scripts = scripts();
    scripts.approvers(&scripts.compile(text).unwrap(), &call())
}

fn fails(text: &str) -> Failure {
    match condition(text).result {
        Ok(verdict) => panic!("`{text}` answered {verdict:?}"),
        Err(failure) => failure,
    }
}

/// CND-3
#[test]
fn a_condition_ends_in_true_or_in_a_text() {
    for met in [
        "true",
        "request.amount < money(\"1000 EUR\")",
        "request[\"amount\"] < money(1000, \"EUR\") && request.count == 7",
        "request.rate + 0.2 == 0.3",
        "\"capex\" in request.tags",
        "request.start < date(\"2026-03-03\") && request.start + 1 == date(\"2026-03-03\")",
        "request.length <= duration(\"72h\")",
        "request.missing == ()",
        "!(request.missing != ())",
        "requester.login == \"ann\" && requester.groups.contains(\"staff\")",
        "manager_of(requester) == request.owner && manager_of(\"bob\").login == \"cleo\"",
        "manager_of(user(\"cleo\")) == ()",
        "request.amount < money(config.limit) * 2",
        "request.amount < config.most && config.nested.who[0] == \"bob\"",
        "request.amount.amount * config.factor == 1350",
        "7 / 2 == 3.5 && 6 / 2 == 3",
        "round(2.5, 0) == 3 && round(1.005, 2) == decimal(\"1.01\")",
        "request.urgent == false && request.kind == \"spend\" && request.step == \"unit\"",
        "request.items[0].resource == \"db\" && request.items[0].role == \"read\"",
        "request.target_users[0] == requester",
        "weekday() == \"saturday\" && weekday(\"UTC\") == \"friday\" && hour() == 0",
        "today() == date(\"2026-03-07\") && now() > timestamp(\"2026-03-06T22:29:59Z\")",
        "fn double(x) { x * 2 } double(request.count) == 14",
        "let sum = 0; for n in [1, 2, 3] { sum += n; } sum == 6",
        "`${request.amount} by ${requester}` == \"900 EUR by ann\"",
    ] {
        assert_eq!(condition(met).result, Ok(Verdict::Met), "{met}");
    }
    let why = Message {
        code: "script_message".into(),
        arguments: BTreeMap::new(),
        text: "not on a weekend".into(),
    };
    let text = "if weekday() in [\"saturday\", \"sunday\"] { \"not on a weekend\" } else { true }";
    assert_eq!(condition(text).result, Ok(Verdict::Unmet(why)));
}

#[test]
fn a_condition_never_ends_in_anything_else() {
    for text in ["false", "5", "()", "[]", "request", "", "\"\"", "let x = 1;"] {
        let failure = fails(text);
        assert_eq!(failure.class, FailureClass::BadOutput, "{text}");
    }
    assert!(fails("false").message.contains("ended in `false`"));
}

/// A comparison that would silently be false stops the script instead.
#[test]
fn nonsense_comparisons_throw() {
    for text in [
        "request.missing > 5",
        "() > 5",
        "\"5\" > 4",
        "\"5\" == 4",
        "\"5\" != 4",
        "request.amount > 500",
        "request.amount == \"900 EUR\"",
        "request.start > \"2026-01-01\"",
        "request.owner == \"bob\"",
        "request.amount > money(\"5 GBP\")",
        "request.length > duration(\"2bd\")",
        "true > false",
        "5 in request.tags",
        "1 / 0 == 0",
        "[1] == [\"1\"]",
    ] {
        assert_eq!(fails(text).class, FailureClass::Trap, "{text}");
    }
    assert!(fails("request.amount > 500").message.contains("write `money(\"500 EUR\")`"));
}

#[test]
fn money_of_two_currencies_compares_through_the_rates() {
    assert_eq!(condition("request.amount < request.limit").result, Ok(Verdict::Met));
    let scripts = scripts();
    let script = scripts.compile("request.amount < request.limit").unwrap();
    let call = Call { rates: None, ..call() };
    let failure = scripts.condition(&script, &call).result.unwrap_err();
    assert!(failure.message.contains("there is no rate for EUR"), "{failure:?}");
    assert_eq!(fails("request.amount + request.limit == request.limit").class, FailureClass::Trap);
}

#[test]
fn what_is_read_is_recorded() {
    let answer =
        condition("request.amount < money(\"1 EUR\") || manager_of(requester).login == \"bob\"");
    assert_eq!(answer.result, Ok(Verdict::Met));
    let reads: Vec<_> = answer.trace.reads.words().into_iter().collect();
    assert_eq!(reads, ["directory.u-ann.manager", "directory.u-bob.login", "request.amount"]);
    assert!(answer.trace.fuel > 0);
}

/// STP-2
#[test]
fn approvers_are_a_list_of_logins() {
    let answer = approvers(
        "let found = members(\"staff\"); found.push(\"ann\"); found.push(user(\"dan\")); found",
    );
    let found: Vec<_> = answer.result.unwrap().into_iter().map(|nominee| nominee.who).collect();
    let user = |id: &str| NomineeKind::User(UserId::parse(id).unwrap());
    assert_eq!(found, [user("u-ann"), user("u-bob"), user("u-cleo"), user("u-dan")]);
    assert_eq!(approvers("[]").result, Ok(vec![]));
    for (text, why) in [
        ("\"ann\"", "expected a list of logins"),
        ("[5]", "at [0]: expected a login or a user, found a value of type `i64`"),
        ("[\"ann\", \"eve\"]", "at [1]: nobody has the login `eve`"),
        ("[manager_of(\"cleo\")]", "at [0]: expected a login"),
    ] {
        let failure = approvers(text).result.unwrap_err();
        assert_eq!(failure.class, FailureClass::BadOutput);
        assert!(failure.message.contains(why), "{failure:?}");
    }
}

#[test]
fn what_never_ends_is_ended() {
    for (text, class) in [
        ("loop { }", FailureClass::Fuel),
        ("let x = 0; while true { x += 1; }", FailureClass::Fuel),
        ("fn f(x) { f(x + 1) } f(0)", FailureClass::Memory),
        ("let x = \"a\"; loop { x += x; }", FailureClass::Memory),
        ("let x = []; loop { x.push(1); }", FailureClass::Memory),
        ("let x = [1]; loop { x.push(x); }", FailureClass::Memory),
    ] {
        assert_eq!(fails(text).class, class, "{text}");
    }
}

#[test]
fn the_deadline_ends_a_script_with_operations_left() {
    let limits = ScriptLimits {
        operations: u64::MAX,
        deadline: Duration::from_millis(5),
        ..ScriptLimits::default()
    };
    let scripts = Scripts::new(limits);
    let script = scripts.compile("loop { }").unwrap();
    let start = Instant::now();
    let answer = scripts.condition(&script, &call());
    assert_eq!(answer.result.unwrap_err().class, FailureClass::Deadline);
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn mistakes_have_a_place() {
    let scripts = scripts();
    let error = scripts.compile("let x = 1;\nif x > {").unwrap_err();
    assert_eq!(error.line, 2);
    let error = scripts.compile("  requestor.login == 5").unwrap_err();
    assert_eq!((error.line, error.column), (1, 3));
    assert_eq!(error.snippet, "1 |   requestor.login == 5\n  |   ^");
    let failure = fails("let x = 1;\nthrow \"too late\"");
    assert_eq!(failure.message, "line 2, column 1: too late");
    assert!(failure.detail.unwrap().ends_with("2 | throw \"too late\"\n  | ^"));
    let failure = fails("fn f(a) {\n  a > \"5\"\n}\nf(1)");
    assert!(failure.message.starts_with("line 2, column 5: a number and a text"), "{failure:?}");
}

#[test]
fn nothing_reaches_outside() {
    let scripts = scripts();
    for text in
        ["eval(\"1\")", "print(1)", "debug(1)", "sleep(1)", "timestamp()", "import \"x\" as x;"]
    {
        let refused = match scripts.compile(text) {
            Err(_) => true,
            Ok(script) => scripts.condition(&script, &call()).result.is_err(),
        };
        assert!(refused, "{text}");
    }
    assert!(scripts.compile(&" ".repeat(MAX_SCRIPT_BYTES + 1)).is_err());
    assert_eq!(fails("request = 5").class, FailureClass::Trap);
    assert_eq!(fails("config.unknown == 5").class, FailureClass::Trap);
}

#[test]
fn compiled_scripts_are_kept_and_bounded() {
    let scripts = Scripts::new(ScriptLimits { cached_scripts: 2, ..ScriptLimits::default() });
    let first = scripts.compile("true").unwrap();
    assert!(Arc::ptr_eq(&first.inner, &scripts.compile("true").unwrap().inner));
    for n in 0..9 {
        scripts.compile(&format!("{n} == {n}")).unwrap();
        assert!(scripts.compiled.lock().unwrap().len() <= 2);
    }
    assert!(Arc::ptr_eq(&first.inner, &scripts.compile("true").unwrap().inner));
}

#[test]
fn a_run_leaves_nothing_behind_for_the_next() {
    let scripts = scripts();
    let script = scripts.compile("request.title == \"A desk\"").unwrap();
    assert_eq!(scripts.condition(&script, &call()).result, Ok(Verdict::Met));
    assert!(frame::with(|_| Ok(())).is_err());
}
