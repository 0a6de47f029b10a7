//! Scripts that want too much: every one ends, and what a helper does is counted.

use super::{helpers::validator, *};

/// An organization in which `u-0` is below `u-1`, and so on.
fn tower(height: usize, top: Option<&str>) -> Call {
    let mut directory = Directory::default();
    directory.put_group(Group { id: id("staff"), name: "Staff".into() });
    for level in 0..height {
        let above = format!("u-{}", level + 1);
        let manager = if level + 1 < height { Some(above.as_str()) } else { top };
        let manager = manager.map(|manager| (id("manager"), Value::User(id(manager))));
        let person = user(&level.to_string(), None);
        directory.put_user(User { properties: manager.into_iter().collect(), ..person });
    }
    let facts = Facts { requester: id("u-0"), ..Facts::clone(&call().facts) };
    Call { directory: Arc::new(directory), facts: Arc::new(facts), ..call() }
}

fn run(text: &str, call: &Call) -> Answer<Verdict> {
    let scripts = scripts();
    scripts.condition(&scripts.compile(text).unwrap(), call)
}

#[test]
fn a_chain_of_managers_is_not_free_and_has_an_end() {
    let short = run("manager_chain(requester).len == 1", &tower(2, None));
    let long = run("manager_chain(requester).len == 99", &tower(100, None));
    assert_eq!((&short.result, &long.result), (&Ok(Verdict::Met), &Ok(Verdict::Met)));
    assert!(long.trace.fuel >= short.trace.fuel + 98, "{} {}", short.trace.fuel, long.trace.fuel);
    let far = tower(10_000, None);
    let failure = run("manager_chain(requester).len == 5", &far).result.unwrap_err();
    assert!(failure.message.contains("more than 100 managers"), "{failure:?}");
    let storm = "let n = 0; loop { n += manager_chain(requester, 100).len; }";
    let answer = run(storm, &far);
    assert_eq!(answer.result.unwrap_err().class, FailureClass::Fuel);
    assert!(answer.trace.host_calls < 100_000, "{}", answer.trace.host_calls);
}

#[test]
fn managers_that_go_round_are_told() {
    let failure = run("manager_chain(requester).len == 5", &tower(5, Some("u-2"))).result;
    assert!(failure.unwrap_err().message.contains("the managers go round: `2` comes twice"));
    let text = "first_manager_where(requester, |boss| false) == ()";
    assert!(run(text, &tower(5, Some("u-0"))).result.unwrap_err().message.contains("go round"));
    // Who is their own manager is at the top.
    let own = run("manager_chain(requester).len == 4", &tower(5, Some("u-4")));
    assert_eq!(own.result, Ok(Verdict::Met));
}

#[test]
fn a_large_group_is_counted_and_bounded() {
    let many = tower(1_000, None);
    let answer = run("members(\"staff\").len == 1000", &many);
    assert_eq!(answer.result, Ok(Verdict::Met));
    assert!(answer.trace.fuel >= 1_000, "{}", answer.trace.fuel);
    let failure = run("members(\"staff\").len == 5", &tower(3_000, None)).result.unwrap_err();
    assert_eq!(failure.class, FailureClass::Memory, "{failure:?}");
    let storm = "loop { members(\"staff\"); }";
    assert_eq!(run(storm, &many).result.unwrap_err().class, FailureClass::Fuel);
}

/// Each uses up its operations well before a call of the interpreter for each would.
#[test]
fn storms_of_helpers_end() {
    for text in [
        "loop { add_business_days(today(), 2000); }",
        "loop { business_days_between(date(\"2026-01-01\"), date(\"2046-01-01\")); }",
        "loop { now() + duration(\"10000bd\"); }",
        "let l = []; l.pad(2000, 1); loop { sum(l); }",
        "let l = []; l.pad(2000, money(\"1 USD\")); loop { sum(l, \"EUR\"); }",
        "let l = []; l.pad(2000, 1); loop { max(l); }",
        "let l = []; l.pad(2000, \"2026-03-02\"); loop { calendar(#{holidays: l}); }",
        "let t = \"a\"; t.pad(60000, \"a\"); loop { matches(t, \"*a*a*a*b\"); }",
        "let l = []; l.pad(2000, \"abc\"); loop { join(l, \", \"); }",
        "loop { in_group(requester, \"staff\"); }",
        "loop { first_manager_where(requester, |boss| false); }",
    ] {
        let answer = condition(text);
        assert_eq!(answer.result.unwrap_err().class, FailureClass::Fuel, "{text}");
        assert!(answer.trace.fuel >= ScriptLimits::default().operations, "{text}");
    }
    // None of them can be caught by the script that wants too much.
    let caught = "try { add_business_days(today(), 2000000); } catch { } true";
    assert_eq!(fails(caught).class, FailureClass::Fuel);
}

#[test]
fn huge_texts_are_refused_and_not_kept() {
    let long = "let t = \"a\"; t.pad(60000, \"a\"); ";
    for (call, why) in [
        ("user(t) == 5", "is not a login"),
        ("in_group(requester, t)", "is not a group id"),
        ("request[t] == 5", "is not a property name"),
        ("requester[t] == 5", "is not a property name"),
        ("date(t) == 5", "is not a date"),
        ("money(1, t) == 5", "is not a currency"),
        ("money(t) == 5", "is not money"),
        ("today(t) == 5", "is not a time zone"),
        ("matches(t, t)", "is too long for a pattern"),
        ("problem(t) == 5", "60000 bytes: expected 1 to"),
        ("problem(t, \"x\") == 5", "is not a property name"),
        ("property_of(requester, t) == 5", "is not a property name"),
    ] {
        let answer = condition(&format!("{long}{call}"));
        let failure = answer.result.unwrap_err();
        assert!(failure.message.contains(why), "{call}: {failure:?}");
        assert!(failure.message.len() < 500, "{call}: {} bytes", failure.message.len());
        assert!(answer.trace.reads.words().iter().all(|read| read.len() < 200), "{call}");
    }
}

#[test]
fn deep_calls_and_deep_texts_end() {
    let deep = "fn f(n) { first_manager_where(\"ann\", |boss| f(n + 1)) } f(0) == ()";
    assert_eq!(fails(deep).class, FailureClass::Memory);
    let nested = format!("{}1{} == 1", "(".repeat(5_000), ")".repeat(5_000));
    assert!(scripts().compile(&nested).is_err());
    let joined = "let l = [\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]; l.pad(2000, l[0]); join(l, \"\") == \"\"";
    assert_eq!(fails(joined).class, FailureClass::Memory);
}

/// The worst pattern takes as many steps as it is long for each letter, and no more.
#[test]
fn patterns_match_as_people_expect() {
    for (text, pattern, is_match) in [
        ("", "", true),
        ("", "*", true),
        ("", "?", false),
        ("abc", "a*c", true),
        ("abc", "a*b", false),
        ("abc", "***", true),
        ("abc", "a?c", true),
        ("abc", "a?", false),
        ("mississippi", "*iss*p?", true),
        ("mississippi", "*sip*pp", false),
        ("ä-1", "?-1", true),
        ("a.c", "a.c", true),
        ("abc", "a.c", false),
    ] {
        let wanted = format!("matches(\"{text}\", \"{pattern}\") == {is_match}");
        assert_eq!(condition(&wanted).result, Ok(Verdict::Met), "{wanted}");
    }
}

#[test]
fn a_validator_is_held_to_the_same_limits() {
    assert_eq!(validator("loop { }").result.unwrap_err().class, FailureClass::Fuel);
    let much = "let l = []; loop { l.push(problem(\"x\")); }";
    assert_eq!(validator(much).result.unwrap_err().class, FailureClass::Memory);
}
