//! MariaDB.

use engine_connect::{Cell, Error, Mode, Probe, Secret, Target};
use serde_json::json;

use super::{
    checks,
    place::{Place, begin, name},
    proxy::{Cut, Proxy},
    servers,
};

macro_rules! on_mariadb {
    ($($check:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $check() {
            checks::$check(&servers::mariadb().await).await;
        }
    )*};
}

on_mariadb! {
    a_transaction_is_kept_whole_or_not_at_all
    parameters_are_values_and_never_text
    one_call_carries_one_statement
    transaction_control_is_refused
    a_read_only_transaction_writes_nothing
    an_answer_in_memory_is_bounded
    faults_have_their_kind
    open_transactions_are_counted
    an_effect_and_its_marker_are_one
    after_a_probe_only_a_new_attempt_can_happen
    the_marker_table_belongs_to_the_engine
    an_export_reads_back_as_it_was
    a_long_answer_streams_in_parts
    a_probe_waits_for_an_open_attempt
    an_open_attempt_makes_a_hasty_probe_ask_again
    of_many_attempts_one_wins
    a_hostile_name_means_itself
    a_password_opens_sessions_of_its_own
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_statement_is_cancelled() {
    let place = servers::mariadb().await;
    checks::an_endless_statement_is_cancelled(&place, "SELECT SLEEP(600)").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_connection_says_why_without_the_password() {
    let Target::Mariadb(server) = servers::mariadb().await.target else { unreachable!() };
    let secret = "correct horse battery staple";
    let mut wrong = server.clone();
    wrong.password = Some(Secret::new(secret));
    let mut nowhere = server.clone();
    nowhere.database = "no_such_database".to_owned();
    let mut silent = server.clone();
    silent.port = Some(1);
    for server in [wrong, nowhere, silent] {
        let place = Place::new(Target::Mariadb(server.clone()), None);
        let error = begin(&place.connections, Mode::Atomic).await.unwrap_err();
        match &error {
            Error::Credentials { .. } => assert_eq!(server.password, Some(Secret::new(secret))),
            Error::UnknownDatabase { .. } => assert_eq!(server.database, "no_such_database"),
            Error::Unreachable { .. } => assert_eq!(server.port, Some(1)),
            other => panic!("{other}"),
        }
        assert!(!format!("{error} {error:?}").contains(secret));
    }
}

/// EXE-3: the answer to a commit is lost, before the server had it or after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_in_the_commit_is_an_unknown_outcome_that_a_probe_resolves() {
    let direct = servers::mariadb().await;
    direct.run(&["CREATE TABLE hits (id INTEGER)"]).await;
    let Target::Mariadb(server) = &direct.target else { unreachable!() };
    for (cut, key) in [(Cut::BeforeServer, "acme/cut-1"), (Cut::AfterServer, "acme/cut-2")] {
        let proxy = Proxy::start(server.port.unwrap(), cut).await;
        let mut through = server.clone();
        through.port = Some(proxy.port);
        let through = Place::new(Target::Mariadb(through), None);
        let mut attempt = through.begin(Mode::Atomic).await;
        attempt.mark(key, &json!(key)).await.unwrap();
        attempt.execute("INSERT INTO hits VALUES (1)", &[]).await.unwrap();
        let error = attempt.commit().await.unwrap_err();
        assert!(matches!(error, Error::UnknownOutcome(_)), "{cut:?}: {error:?}");
        let truth = direct.connections.probe(&name(), key).await.unwrap();
        let hits = direct.rows("SELECT count(*) FROM hits").await;
        match cut {
            Cut::BeforeServer => {
                assert_eq!((truth, hits), (Probe::DidNotHappen, vec![vec![Cell::Integer(0)]]));
            }
            Cut::AfterServer => {
                assert_eq!(
                    (truth, hits),
                    (Probe::Happened(json!(key)), vec![vec![Cell::Integer(1)]])
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_as_good_as_new() {
    let place = servers::mariadb().await;
    checks::a_session_is_as_good_as_new(&place, "SET @a = 1", "SELECT @a").await;
    checks::a_session_is_as_good_as_new(&place, "SET sql_mode = ''", "SELECT @@sql_mode").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_come_exactly() {
    let place = servers::mariadb().await;
    place
        .run(&[
            "CREATE TABLE t (d DECIMAL(30,9), u BIGINT UNSIGNED, f FLOAT, g DOUBLE, day DATE, at DATETIME(3), i TIMESTAMP NULL, \
             t TIME, b VARBINARY(9), c VARCHAR(20), e ENUM('glad'), j JSON, n INTEGER)",
            "INSERT INTO t VALUES ('123456789012345678901.123456789', 18446744073709551615, 0.1, 0.1e0 + 0.2e0, '2026-03-01', \
             '2026-03-01 09:30:00.25', '2026-03-01 09:30:00', '-100:00:01', x'00ff', 'ä€', 'glad', '{\"a\": 1.10}', NULL)",
        ])
        .await;
    let expected = vec![
        Cell::Decimal("123456789012345678901.123456789".into()),
        Cell::Decimal("18446744073709551615".into()),
        Cell::Double("0.1".into()),
        Cell::Double("0.30000000000000004".into()),
        Cell::Date("2026-03-01".into()),
        Cell::Timestamp("2026-03-01T09:30:00.250000".into()),
        Cell::Instant("2026-03-01T09:30:00Z".into()),
        Cell::Time("-100:00:01".into()),
        Cell::Bytes(vec![0, 255]),
        Cell::Text("ä€".into()),
        Cell::Text("glad".into()),
        Cell::Text("{\"a\": 1.10}".into()),
        Cell::Null,
    ];
    assert_eq!(place.rows("SELECT * FROM t").await, std::slice::from_ref(&expected));
    let mut transaction = place.begin(Mode::Atomic).await;
    let sql = "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    transaction.execute(sql, &expected).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(place.rows("SELECT * FROM t").await, [expected.clone(), expected]);
}

/// DDL ends the transaction there: an atomic one says so, and steps are made for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_commits_is_noticed() {
    let place = servers::mariadb().await;
    place.run(&["CREATE TABLE orders (id INTEGER)"]).await;
    for sql in ["TRUNCATE TABLE orders", "CREATE TABLE other (id INTEGER)", "ANALYZE TABLE orders"]
    {
        let mut transaction = place.begin(Mode::Atomic).await;
        transaction.execute("INSERT INTO orders VALUES (1)", &[]).await.unwrap();
        let error = match transaction.execute(sql, &[]).await {
            Err(error) => error,
            Ok(_) => transaction.commit().await.unwrap_err(),
        };
        assert!(matches!(error, Error::EndedEarly), "{sql}: {error}");
        assert!(error.class().may_have_happened());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_leave_a_trace_that_a_probe_finds() {
    let place = servers::mariadb().await;
    let (key, intent, receipt) = ("acme/grant", json!({"user": "ann"}), json!({"granted": true}));
    let account = format!("ann_{}", std::process::id());
    let create = format!("CREATE USER IF NOT EXISTS {account} IDENTIFIED BY 'x'");

    let mut unmarked = place.begin(Mode::Steps).await;
    assert!(matches!(unmarked.execute(&create, &[]).await, Err(Error::Refused(_))));
    drop(unmarked);

    let mut attempt = place.begin(Mode::Steps).await;
    attempt.mark(key, &intent).await.unwrap();
    attempt.execute(&create, &[]).await.unwrap();
    // Another attempt is held off as long as this one lives, and a probe waits for it.
    let mut rival = place.begin(Mode::Steps).await;
    assert!(rival.mark(key, &intent).await.unwrap_err().class().is_retryable());
    let hasty = place.with(engine_connect::Limits { statement_ms: 1_500, ..Default::default() });
    assert!(hasty.probe(&name(), key).await.unwrap_err().class().is_retryable());
    drop(attempt);
    assert_eq!(place.connections.probe(&name(), key).await.unwrap(), Probe::Begun(intent.clone()));

    // What the last attempt knew counts.
    let wiser = json!({"user": "ann", "kept": []});
    let mut second = place.begin(Mode::Steps).await;
    second.mark(key, &wiser).await.unwrap();
    drop(second);
    assert_eq!(place.connections.probe(&name(), key).await.unwrap(), Probe::Begun(wiser));

    let mut retry = place.begin(Mode::Steps).await;
    retry.mark(key, &intent).await.unwrap();
    retry.execute(&create, &[]).await.unwrap();
    retry.mark(key, &receipt).await.unwrap();
    retry.commit().await.unwrap();
    assert_eq!(
        place.connections.probe(&name(), key).await.unwrap(),
        Probe::Happened(receipt.clone())
    );
    let mut late = place.begin(Mode::Steps).await;
    match late.mark(key, &intent).await.unwrap_err() {
        Error::AlreadyHappened(stored) => assert_eq!(stored, receipt),
        other => panic!("{other:?}"),
    }
}
