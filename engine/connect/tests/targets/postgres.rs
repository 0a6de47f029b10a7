//! PostgreSQL.

use engine_connect::{Cell, Error, Mode, Probe, Secret, Target};
use serde_json::json;

use super::{
    checks,
    place::{Place, begin, name},
    proxy::{Cut, Proxy},
    servers,
};

macro_rules! on_postgres {
    ($($check:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $check() {
            checks::$check(&servers::postgres().await).await;
        }
    )*};
}

on_postgres! {
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
    let place = servers::postgres().await;
    checks::an_endless_statement_is_cancelled(&place, "SELECT pg_sleep(600)").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_connection_says_why_without_the_password() {
    let Target::Postgres(server) = servers::postgres().await.target else { unreachable!() };
    let secret = "correct horse battery staple";
    let mut wrong = server.clone();
    wrong.password = Some(Secret::new(secret));
    let mut nowhere = server.clone();
    nowhere.database = "no_such_database".to_owned();
    let mut silent = server.clone();
    silent.port = Some(1);
    for server in [wrong, nowhere, silent] {
        let place = Place::new(Target::Postgres(server.clone()), None);
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
    let direct = servers::postgres().await;
    direct.run(&["CREATE TABLE hits (id INTEGER)"]).await;
    let Target::Postgres(server) = &direct.target else { unreachable!() };
    for (cut, key) in [(Cut::BeforeServer, "acme/cut-1"), (Cut::AfterServer, "acme/cut-2")] {
        let proxy = Proxy::start(server.port.unwrap(), cut).await;
        let mut through = server.clone();
        through.port = Some(proxy.port);
        let through = Place::new(Target::Postgres(through), None);
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
    let place = servers::postgres().await;
    checks::a_session_is_as_good_as_new(&place, "SET search_path = evil", "SHOW search_path").await;
    checks::a_session_is_as_good_as_new(&place, "SET TIME ZONE 'Asia/Tokyo'", "SHOW timezone")
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_come_exactly() {
    let place = servers::postgres().await;
    place
        .run(&["CREATE TYPE mood AS ENUM ('glad')", "CREATE DOMAIN amount AS numeric(30, 9)"])
        .await;
    for (sql, expected) in [
        ("true", Cell::Boolean(true)),
        ("9223372036854775807::bigint", Cell::Integer(i64::MAX)),
        ("-7::smallint", Cell::Integer(-7)),
        (
            "123456789012345678901.123456789::amount",
            Cell::Decimal("123456789012345678901.123456789".into()),
        ),
        ("12500.00::numeric(12,2)", Cell::Decimal("12500.00".into())),
        ("1e30::numeric", Cell::Decimal("1000000000000000000000000000000".into())),
        ("0.1::float8 + 0.2::float8", Cell::Double("0.30000000000000004".into())),
        ("0.1::real", Cell::Double("0.1".into())),
        ("'ä€🦀'::text", Cell::Text("ä€🦀".into())),
        ("'\\x00ff'::bytea", Cell::Bytes(vec![0, 255])),
        ("'2026-03-01'::date", Cell::Date("2026-03-01".into())),
        ("'24:00'::time", Cell::Time("24:00:00".into())),
        ("'2026-03-01 09:30'::timestamp", Cell::Timestamp("2026-03-01T09:30:00".into())),
        ("'2026-03-01 09:30+02'::timestamptz", Cell::Instant("2026-03-01T07:30:00Z".into())),
        ("'infinity'::timestamptz", Cell::Instant("infinity".into())),
        ("'{\"a\": 1.10}'::jsonb", Cell::Text("{\"a\": 1.10}".into())),
        ("'{a,NULL,\"b c\"}'::text[]", Cell::Text("[\"a\",null,\"b c\"]".into())),
        ("'glad'::mood", Cell::Text("glad".into())),
        (
            "'67e55044-10b1-426f-9247-bb680e5fe0c8'::uuid",
            Cell::Text("67e55044-10b1-426f-9247-bb680e5fe0c8".into()),
        ),
        ("'1 year 2 days -0.5 seconds'::interval", Cell::Text("P12M2DT-0.500000S".into())),
        ("NULL::integer", Cell::Null),
    ] {
        assert_eq!(place.rows(&format!("SELECT {sql}")).await, [[expected]], "{sql}");
    }
    let mut transaction = place.begin(Mode::ReadOnly).await;
    let error = transaction.query("SELECT '10.0.0.1'::inet AS place", &[], 1).await.unwrap_err();
    assert!(error.to_string().contains("cast it to text"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parameters_take_the_type_that_is_wanted() {
    let place = servers::postgres().await;
    let sql = "SELECT $1::numeric = 12500.10, $2::date = '2026-03-01', $3::timestamptz = '2026-03-01 07:30+00', \
               $4::bytea = '\\x00ff', $5::boolean, $6::int IS NULL, $7::float8 = 0.1, $8::text = 'a'";
    let params = [
        Cell::Decimal("12500.10".into()),
        Cell::Date("2026-03-01".into()),
        Cell::Instant("2026-03-01T07:30:00Z".into()),
        Cell::Bytes(vec![0, 255]),
        Cell::Boolean(true),
        Cell::Null,
        Cell::Double("0.1".into()),
        Cell::Text("a".into()),
    ];
    let mut transaction = place.begin(Mode::ReadOnly).await;
    let rows = transaction.query(sql, &params, 1).await.unwrap().rows;
    assert!(rows[0].iter().all(|cell| *cell == Cell::Boolean(true)), "{rows:?}");
    assert!(matches!(transaction.query("SELECT $1::text", &[], 1).await, Err(Error::Value(_))));
}
