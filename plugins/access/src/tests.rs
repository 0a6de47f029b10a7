use sdk_plugin::{
    Class, Column, Coverage, ErrorKind, HostError, RowSet,
    testing::{FakeDatabase, Host, person},
};
use serde_json::Value as Json;

use super::*;

fn one_row() -> Result<RowSet, HostError> {
    let column = Column { name: "1".to_owned(), kind: "int".to_owned() };
    Ok(RowSet { columns: vec![column], rows: vec![vec![Some(1_i64.into())]] })
}

fn host(database: &FakeDatabase, config: Json) -> Host {
    Host::new(MANIFEST)
        .config(config)
        .connection("sales", database)
        .requester("ann")
        .person(person("ann").name("Ann").property("db", "an\"n"))
}

/// When a change is sent, and its text.
fn exact(planned: &Planned) -> Option<String> {
    let Coverage::Exact { text, parameters: Some(_) } = &planned.what else { return None };
    Some(format!("{:?} {text}", planned.during))
}

fn role() -> Json {
    json!({"connection": "sales", "account_property": "db", "role": "reporting"})
}

fn tables() -> Json {
    json!({
        "connection": "sales", "account_property": "db",
        "privileges": ["SELECT", "INSERT"], "tables": ["public.orders"],
    })
}

#[test]
fn the_plan_names_people_accounts_and_rights() {
    let database = FakeDatabase::scripted(&Database::PostgreSql);
    let plan = host(&database, tables()).plan::<Access>().unwrap();
    let lines: Vec<_> = plan.effects.iter().map(|effect| effect.summary.text.as_str()).collect();
    assert_eq!(
        lines,
        [
            "Ann, as an\"n, gets SELECT on public.orders",
            "Ann, as an\"n, gets INSERT on public.orders"
        ]
    );
    assert_eq!(plan.binding["grants"][0], "sales: an\"n: SELECT on public.orders");
    let changes: Vec<_> = plan.statements.iter().filter_map(exact).collect();
    assert_eq!(
        changes,
        [
            r#"Execute GRANT SELECT ON TABLE "public"."orders" TO "an""n""#,
            r#"Revert REVOKE SELECT ON TABLE "public"."orders" FROM "an""n""#,
            r#"Execute GRANT INSERT ON TABLE "public"."orders" TO "an""n""#,
            r#"Revert REVOKE INSERT ON TABLE "public"."orders" FROM "an""n""#,
        ]
    );
    assert!(database.statements().is_empty());
}

#[test]
fn a_role_is_granted_once_with_quoted_names() {
    let database = FakeDatabase::scripted(&Database::PostgreSql);
    let host = host(&database, role());
    assert_eq!(host.probe::<Access>("k"), Ok(Presence::DidNotHappen));
    let receipt = host.execute::<Access>("k").unwrap();
    assert_eq!(host.execute::<Access>("k"), Ok(receipt.clone()));
    assert_eq!(database.statements(), [r#"GRANT "reporting" TO "an""n""#]);
    assert_eq!(host.probe::<Access>("k"), Ok(Presence::Happened(receipt)));
}

#[test]
fn mariadb_accounts_have_a_host() {
    let database = FakeDatabase::scripted(&Database::MariaDb);
    let host = host(&database, tables())
        .target_user("bob")
        .target_user("cleo")
        .person(person("bob").property("db", "bob"))
        .person(person("cleo").property("db", "cleo@10.0.0.%"));
    host.execute::<Access>("k").unwrap();
    let statements = database.statements();
    assert_eq!(statements[0], "GRANT SELECT ON `public`.`orders` TO `bob`@`%`");
    assert_eq!(statements[3], "GRANT INSERT ON `public`.`orders` TO `cleo`@`10.0.0.%`");
}

/// EXE-6c: however it is written.
#[test]
fn an_account_of_mariadb_has_one_name_in_plans() {
    let database = FakeDatabase::scripted(&Database::MariaDb);
    let grants = |account: &str| {
        let host = host(&database, role()).person(person("ann").property("db", account));
        host.plan::<Access>().unwrap().binding["grants"].clone()
    };
    assert_eq!(grants("ann"), json!(["sales: ann@%: role reporting"]));
    assert_eq!(grants("ann@%"), grants("ann"));
    assert_ne!(grants("ann@10.0.0.1"), grants("ann"));
}

#[test]
fn what_was_there_before_is_left_alone_at_the_end() {
    let database =
        FakeDatabase::scripted(&Database::PostgreSql).answer("pg_auth_members", one_row());
    let host = host(&database, role());
    let receipt = host.execute::<Access>("k").unwrap();
    assert_eq!(receipt.texts("kept"), ["sales: an\"n: role reporting"]);
    host.revert::<Access>(receipt, "k:revert").unwrap();
    assert!(database.statements().is_empty());
}

#[test]
fn a_grant_is_taken_back_where_it_still_is() {
    let gone = FakeDatabase::scripted(&Database::PostgreSql);
    let receipt = host(&gone, role()).execute::<Access>("k").unwrap();
    host(&gone, role()).revert::<Access>(receipt.clone(), "r").unwrap();
    assert_eq!(gone.statements().len(), 1, "the catalogue says that nothing is left to revoke");

    let there = FakeDatabase::scripted(&Database::PostgreSql).answer("pg_auth_members", one_row());
    let first = host(&there, role()).revert::<Access>(receipt.clone(), "r").unwrap();
    assert_eq!(host(&there, role()).revert::<Access>(receipt, "r"), Ok(first));
    assert_eq!(there.statements(), [r#"REVOKE "reporting" FROM "an""n""#]);
}

/// EXE-6c
#[test]
fn what_other_grants_give_too_stays() {
    let there = FakeDatabase::scripted(&Database::PostgreSql).answer("relacl", one_row());
    let insert = "sales: an\"n: INSERT on public.orders";
    let receipt = Receipt::new("k")
        .with("accounts", vec!["an\"n".to_owned()])
        .with("still_held", vec![insert.to_owned()]);
    let receipt = host(&there, tables()).revert::<Access>(receipt, "r").unwrap();
    assert_eq!(receipt.texts("revoked"), ["sales: an\"n: SELECT on public.orders"]);
    assert_eq!(there.statements(), [r#"REVOKE SELECT ON TABLE "public"."orders" FROM "an""n""#]);
}

/// EXE-6c: it found the right there, and an earlier grant had given it.
#[test]
fn the_last_grant_takes_back_what_the_first_gave() {
    let there =
        || FakeDatabase::scripted(&Database::PostgreSql).answer("pg_auth_members", one_row());
    let right = "sales: an\"n: role reporting".to_owned();
    let database = there();
    let receipt = host(&database, role()).execute::<Access>("k").unwrap();
    assert_eq!(receipt.texts("kept"), [right.as_str()]);
    let receipt = receipt.with("given_before", vec![right.clone()]);
    host(&database, role()).revert::<Access>(receipt, "r").unwrap();
    assert_eq!(database.statements(), [r#"REVOKE "reporting" FROM "an""n""#]);

    // It never began, and nobody knew.
    let (database, unknown) = (there(), Receipt::new("k").with("given_before", vec![right]));
    host(&database, role()).revert::<Access>(unknown.clone(), "r").unwrap();
    assert_eq!(database.statements(), [r#"REVOKE "reporting" FROM "an""n""#]);
    let moved = host(&there(), role()).person(person("ann").property("db", "other"));
    let error = moved.revert::<Access>(unknown, "r").unwrap_err();
    assert_eq!(error.message.code, "another_account");
}

/// The profile has changed since; the receipt has not.
#[test]
fn a_grant_is_taken_back_from_the_account_that_got_it() {
    let before = host(&FakeDatabase::scripted(&Database::PostgreSql), role());
    let plan = before.plan::<Access>().unwrap();
    let receipt = before.execute::<Access>("k").unwrap();
    let there = FakeDatabase::scripted(&Database::PostgreSql).answer("pg_auth_members", one_row());
    let host = host(&there, role()).person(person("ann").property("db", "other")).approved(&plan);
    host.revert::<Access>(receipt, "r").unwrap();
    assert_eq!(there.statements(), [r#"REVOKE "reporting" FROM "an""n""#]);
}

#[test]
fn half_a_grant_on_mariadb_is_looked_up_and_completed() {
    let failing = Err(HostError::new(ErrorKind::Unavailable, "gone away"));
    let database =
        FakeDatabase::scripted(&Database::MariaDb).answer("GRANT INSERT", failing.clone());
    let plain = || host(&database, tables()).person(person("ann").property("db", "ann"));
    let error = plain().execute::<Access>("k").unwrap_err();
    assert_eq!(error.class, Class::UnknownOutcome);
    assert_eq!(database.statements(), ["GRANT SELECT ON `public`.`orders` TO `ann`@`%`"]);
    // The script's catalogue is empty: as if a person had taken the first one back.
    assert_eq!(plain().probe::<Access>("k"), Ok(Presence::DidNotHappen));

    let first = FakeDatabase::scripted(&Database::MariaDb).answer("GRANT SELECT", failing);
    let host = host(&first, tables()).person(person("ann").property("db", "ann"));
    let error = host.execute::<Access>("k").unwrap_err();
    assert_eq!(error.class, Class::Retryable { after_ms: None }, "nothing was granted yet");
}

/// EXE-5: nobody knows how far it came, and there is no receipt.
#[test]
fn half_a_grant_is_taken_back_by_what_was_begun() {
    let failing = Err(HostError::new(ErrorKind::Unavailable, "gone away"));
    let database = FakeDatabase::scripted(&Database::MariaDb).answer("GRANT INSERT", failing);
    let host = host(&database, tables()).person(person("ann").property("db", "ann"));
    host.execute::<Access>("k").unwrap_err();
    let _ = database.clone().answer("mysql.tables_priv", one_row());
    host.revert::<Access>(Receipt::new("k"), "k/revert").unwrap();
    assert_eq!(
        database.statements(),
        [
            "GRANT SELECT ON `public`.`orders` TO `ann`@`%`",
            "REVOKE SELECT ON `public`.`orders` FROM `ann`@`%`",
            "REVOKE INSERT ON `public`.`orders` FROM `ann`@`%`",
        ]
    );
}

#[test]
fn what_never_began_has_nothing_to_take_back() {
    let database =
        FakeDatabase::scripted(&Database::MariaDb).answer("mysql.tables_priv", one_row());
    let host = host(&database, tables()).person(person("ann").property("db", "ann"));
    host.revert::<Access>(Receipt::new("k"), "k/revert").unwrap();
    assert!(database.statements().is_empty());
}

#[test]
fn a_person_without_an_account_is_named() {
    let database = FakeDatabase::scripted(&Database::PostgreSql);
    let error = |host: Host| host.plan::<Access>().unwrap_err().message.text;
    let bare = host(&database, role()).person(person("ann").name("Ann"));
    assert_eq!(error(bare), "the profile of Ann has no `db`");
    let left = host(&database, role()).person(person("ann").inactive());
    assert_eq!(error(left), "`ann` is not an active user");
}

#[test]
fn settings_that_grant_nothing_are_refused() {
    let code = |database: Database, config| {
        let database = FakeDatabase::scripted(&database);
        host(&database, config).plan::<Access>().unwrap_err().message.code
    };
    let none = json!({"connection": "sales", "account_property": "db"});
    assert_eq!(code(Database::PostgreSql, none), "nothing_to_grant");
    assert_eq!(code(Database::Sqlite, role()), "unsupported_database");
    let mut odd = tables();
    odd["privileges"] = json!(["ALL; DROP"]);
    assert_eq!(code(Database::PostgreSql, odd), "bad_config");
}
