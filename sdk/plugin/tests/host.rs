//! The host of tests is as strict as the engine where authors err.

use sdk_plugin::{
    Class, Connection, Database, ErrorKind, HostError, Marker, Mode,
    prelude::*,
    testing::{FakeDatabase, Host, money, person, user},
};
use serde_json::json;

const MANIFEST: &str = r#"{
    "name": "test", "version": "0.1.0", "contract": "1.0.0",
    "worlds": ["condition", "executor"], "about": "Whatever a test asks",
    "reads": {"request": ["amount", {"config": "also"}], "users": ["manager"]}
}"#;

/// A condition that does what the test's settings say.
struct Asks;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Ask {
    Amount(Also),
    Text(Also),
    Undeclared(Also),
    Manager(String),
    Members(String),
}

#[derive(Deserialize)]
struct Also {}

#[derive(Deserialize)]
struct Config {
    ask: Ask,
    also: Option<String>,
}

impl Condition for Asks {
    type Config = Config;

    fn evaluate(config: Config) -> Result<Verdict> {
        let seen = match config.ask {
            Ask::Amount(_) => request::get::<Money>("amount")?.to_string(),
            Ask::Text(_) => request::get::<String>("amount")?,
            Ask::Undeclared(_) => {
                let name = config.also.as_deref().unwrap_or("salary");
                request::get::<Money>(name)?.to_string()
            }
            Ask::Manager(of) => {
                let manager = directory::property::<UserId>(&user(&of), "manager")?;
                manager.map(|id| id.0).unwrap_or_default()
            }
            Ask::Members(group) => members(&GroupId(group))?.join(" "),
        };
        unmet("seen", seen)
    }
}

fn members(group: &GroupId) -> Result<Vec<String>> {
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page = directory::members(group, after.as_deref())?;
        names.extend(page.members.into_iter().map(|member| member.name));
        after = page.next;
        if after.is_none() {
            return Ok(names);
        }
    }
}

fn ask(host: Host, ask: &serde_json::Value) -> Result<String, Error> {
    host.config(json!({"ask": ask})).evaluate::<Asks>().map(|verdict| match verdict {
        Verdict::Unmet(message) => message.text,
        Verdict::Met => "met".to_owned(),
    })
}

#[test]
fn a_property_is_there_and_of_its_type_or_the_failure_says_so() {
    let host = || Host::new(MANIFEST);
    let error = ask(host(), &json!({"amount": {}})).unwrap_err();
    assert_eq!(error.message.text, "the request has no `amount`");
    let host = host().property("amount", money("12.50 EUR"));
    assert_eq!(ask(host, &json!({"amount": {}})), Ok("12.50 EUR".to_owned()));
    let host = Host::new(MANIFEST).property("amount", money("12.50 EUR"));
    let error = ask(host, &json!({"text": {}})).unwrap_err();
    assert_eq!(error.class, Class::Permanent);
    assert_eq!(
        error.message.text,
        "`amount` is money, expected text, choice, duration or attachment"
    );
}

#[test]
#[should_panic(expected = "`salary` is not declared under `reads.request` in manifest.json")]
fn a_property_that_is_not_declared_ends_the_test() {
    let host = Host::new(MANIFEST).property("salary", money("1 EUR"));
    let _ = ask(host, &json!({"undeclared": {}}));
}

#[test]
fn settings_declare_names_too() {
    let host = Host::new(MANIFEST).property("salary", money("1 EUR"));
    let config = json!({"ask": {"undeclared": {}}, "also": "salary"});
    assert_eq!(host.config(config).evaluate::<Asks>(), unmet("seen", "1 EUR"));
}

#[test]
fn settings_that_do_not_fit_are_a_failure() {
    let error = Host::new(MANIFEST).config(json!({"ask": 1})).evaluate::<Asks>().unwrap_err();
    assert_eq!((error.class, error.message.code.as_str()), (Class::Permanent, "bad_config"));
}

#[test]
fn people_are_found_page_by_page() {
    let host = || {
        ["ann", "bob", "cleo"].into_iter().fold(Host::new(MANIFEST), |host, name| {
            host.person(person(name).group("staff").property("manager", user("cleo")))
        })
    };
    assert_eq!(ask(host(), &json!({"members": "staff"})), Ok("ann bob cleo".to_owned()));
    let host = host().person(person("bob").group("staff").inactive());
    assert_eq!(ask(host, &json!({"members": "staff"})), Ok("ann cleo".to_owned()));
    let alone = Host::new(MANIFEST).person(person("ann"));
    assert_eq!(ask(alone, &json!({"manager": "ann"})), Ok(String::new()));
}

/// An executor of two statements, in the mode that the settings name.
struct Runs;

#[derive(Deserialize)]
struct Run {
    steps: bool,
    /// Whether it runs while it should plan.
    #[serde(default)]
    early: bool,
}

impl Executor for Runs {
    type Config = Run;

    fn plan(config: Run) -> Result<Plan> {
        if config.early {
            Self::execute(config, "k")?;
        }
        let connection = Connection::open("db")?;
        let plan = Plan::binding(json!({}));
        Ok(["GRANT a TO b", "GRANT c TO d"]
            .iter()
            .fold(plan, |plan, text| plan.covers(Planned::exact(&connection, text, &[]))))
    }

    fn execute(config: Run, once_key: &str) -> Result<Receipt> {
        let connection = Connection::open("db")?;
        let transaction =
            connection.begin(if config.steps { Mode::Steps } else { Mode::Atomic })?;
        if let Some(earlier) = transaction.mark(once_key, Receipt::new("begun"))? {
            return Ok(earlier);
        }
        transaction.execute("GRANT a TO b", &[], None)?;
        transaction.execute("GRANT c TO d", &[], None)?;
        Ok(transaction.commit(once_key, Receipt::new("done"))?)
    }

    fn probe(_config: Run, once_key: &str) -> Result<Presence> {
        Ok(Connection::open("db")?.marker_of(once_key)?.into())
    }
}

fn broken(database: &Database) -> FakeDatabase {
    let gone = Err(HostError::new(ErrorKind::Unavailable, "gone away"));
    FakeDatabase::scripted(database).answer("GRANT c", gone)
}

fn runs(database: &FakeDatabase, steps: bool) -> Host {
    Host::new(MANIFEST).connection("db", database).config(json!({"steps": steps}))
}

#[test]
fn a_plan_cannot_write() {
    let database = FakeDatabase::scripted(&Database::PostgreSql);
    let early = runs(&database, false).config(json!({"steps": false, "early": true}));
    let error = early.plan::<Runs>().unwrap_err();
    assert_eq!(error.class, Class::Refused);
    assert!(database.statements().is_empty());
}

#[test]
fn a_failed_transaction_leaves_nothing_where_the_database_can() {
    let database = broken(&Database::PostgreSql);
    for steps in [true, false] {
        let host = runs(&database, steps);
        assert!(host.execute::<Runs>("k").is_err());
        assert!(database.statements().is_empty());
        assert_eq!(host.probe::<Runs>("k"), Ok(Presence::DidNotHappen));
    }
}

#[test]
fn steps_on_mariadb_stay_and_are_known_to_have_begun() {
    let database = broken(&Database::MariaDb);
    let error = runs(&database, false).execute::<Runs>("k").unwrap_err();
    assert_eq!(error.class, Class::Refused, "a GRANT cannot be rolled back");
    assert!(runs(&database, true).execute::<Runs>("k").is_err());
    assert_eq!(database.statements(), ["GRANT a TO b"]);
    let presence = runs(&database, true).probe::<Runs>("k").unwrap();
    assert!(matches!(presence, Presence::CannotTell(_)), "{presence:?}");
}

#[test]
fn an_effect_happens_once() {
    let database = FakeDatabase::scripted(&Database::MariaDb);
    let host = runs(&database, true);
    let done = host.execute::<Runs>("k").unwrap();
    assert_eq!(host.execute::<Runs>("k"), Ok(done.clone()));
    assert_eq!(database.statements().len(), 2);
    assert_eq!(host.probe::<Runs>("k"), Ok(Presence::Happened(done.clone())));
    assert_eq!(Presence::from(Marker::Done(done.clone())), Presence::Happened(done));
}

/// An executor that plans one thing and does another, as the settings say.
struct Does;

#[derive(Deserialize)]
struct Doing {
    plan: Vec<Line>,
    send: Vec<(String, Option<i64>)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Exact(String, i64),
    Text(String),
    Like(String),
    Revert(String),
}

impl Executor for Does {
    type Config = Doing;

    fn plan(config: Doing) -> Result<Plan> {
        let db = Connection::open("db")?;
        config.plan.iter().try_fold(Plan::binding(json!({})), |plan, line| {
            let planned = match line {
                Line::Exact(text, n) => vec![Planned::exact(&db, text, &[Some((*n).into())])],
                Line::Text(text) => vec![Planned::text(&db, text)],
                Line::Like(text) => {
                    db.classify(text)?.iter().map(|found| Planned::like(&db, found)).collect()
                }
                Line::Revert(text) => vec![Planned::text(&db, text).on_revert()],
            };
            Ok(planned.into_iter().fold(plan, Plan::covers))
        })
    }

    fn execute(config: Doing, once_key: &str) -> Result<Receipt> {
        let transaction = Connection::open("db")?.begin(Mode::Atomic)?;
        for (text, number) in &config.send {
            let parameters: Vec<_> = number.iter().map(|n| Some((*n).into())).collect();
            transaction.execute(text, &parameters, None)?;
        }
        Ok(transaction.commit(once_key, Receipt::new("done"))?)
    }

    fn probe(_: Doing, _: &str) -> Result<Presence> {
        Connection::open("db")?.begin(Mode::Atomic)?;
        Ok(Presence::DidNotHappen)
    }

    fn revert(config: Doing, _: Receipt, once_key: &str) -> Result<Receipt> {
        Self::execute(config, once_key)
    }
}

fn does(plan: &serde_json::Value, send: &serde_json::Value) -> (Host, FakeDatabase) {
    let database = FakeDatabase::scripted(&Database::PostgreSql);
    let config = json!({"plan": plan, "send": send});
    (Host::new(MANIFEST).connection("db", &database).config(config), database)
}

/// What `engine/host/tests/components/cover.rs` shows of the engine.
#[test]
fn only_what_is_planned_is_sent() {
    let update = "update orders set a = $1";
    for (plan, send, is_covered) in [
        (json!([{"text": update}]), json!([[update, 1]]), true),
        (json!([{"exact": [update, 1]}]), json!([[update, 1]]), true),
        (json!([{"exact": [update, 1]}]), json!([[update, 2]]), false),
        (json!([{"text": update}]), json!([[update, 1], [update, 2]]), false),
        (json!([{"text": update}, {"text": update}]), json!([[update, 1], [update, 2]]), true),
        (
            json!([{"text": update}, {"exact": [update, 1]}]),
            json!([[update, 1], [update, 2]]),
            true,
        ),
        (json!([{"text": "select 1"}]), json!([["select 1", null], ["select 1", null]]), true),
        (json!([{"like": update}]), json!([["update orders set b = 1", null], [update, 2]]), true),
        (json!([{"like": update}]), json!([["update people set a = 1", null]]), false),
        (json!([{"like": update}]), json!([["delete from orders", null]]), false),
        (json!([{"like": "grant a to b"}]), json!([["grant a to b", null]]), false),
        (json!([{"text": "grant a to b"}]), json!([["grant b to b", null]]), false),
        (json!([{"revert": update}]), json!([[update, 1]]), false),
        (json!([]), json!([["select 1", null]]), false),
    ] {
        let (host, database) = does(&plan, &send);
        let done = host.execute::<Does>("k");
        assert_eq!(done.is_ok(), is_covered, "{plan} {send}: {done:?}");
        let sent = if is_covered { send.as_array().unwrap().len() } else { 0 };
        assert_eq!(database.statements().len(), sent, "{plan} {send}");
    }
}

#[test]
fn what_is_taken_back_has_its_own_plan_and_a_probe_changes_nothing() {
    let (host, database) =
        does(&json!([{"revert": "revoke a from b"}]), &json!([["revoke a from b", null]]));
    assert!(host.execute::<Does>("k").is_err());
    assert!(host.probe::<Does>("k").is_err());
    assert!(database.statements().is_empty());
    host.revert::<Does>(Receipt::new("k"), "k/revert").unwrap();
    assert_eq!(database.statements(), ["revoke a from b"]);
}

#[test]
fn the_error_says_what_the_plan_lacks() {
    let (host, _) = does(&json!([]), &json!([["delete from orders", null]]));
    let error = host.execute::<Does>("k").unwrap_err();
    assert_eq!(error.class, Class::Refused);
    assert_eq!(
        error.message.text,
        "the plan does not cover this `delete` on `db`: add \
         `.covers(Planned::exact(&connection, text, parameters))` to what `plan` answers, for: delete from orders"
    );
}

#[test]
fn the_kind_of_a_host_error_says_what_follows() {
    let retryable = Class::Retryable { after_ms: None };
    for (kind, class) in [
        (ErrorKind::Denied, Class::Refused),
        (ErrorKind::Invalid, Class::Permanent),
        (ErrorKind::NotFound, Class::Permanent),
        (ErrorKind::Rejected, Class::Permanent),
        (ErrorKind::Limit, Class::Permanent),
        (ErrorKind::Busy, retryable),
        (ErrorKind::Unavailable, retryable),
        (ErrorKind::UnknownOutcome, Class::UnknownOutcome),
        (ErrorKind::Internal, retryable),
    ] {
        assert_eq!(Error::from(HostError::new(kind, "why")).class, class, "{kind:?}");
    }
    assert_eq!(Error::from("x".parse::<i64>().unwrap_err()).class, Class::Permanent);
}
