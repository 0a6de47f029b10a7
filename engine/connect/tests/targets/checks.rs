//! The checks themselves. Each takes a fresh place.

use std::time::Duration;

use engine_connect::{
    Begin, Blobs, Cell, CsvOptions, Dialect, Error, Limits, Mode, Probe, error::StatementFault,
    export_csv,
};
#[cfg(feature = "databases")]
use engine_connect::{Connections, Secret, Target};
use engine_core::extension::FailureClass;
use serde_json::json;

use super::place::{Place, begin, name};

const ORDERS: &[&str] = &[
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, note VARCHAR(200))",
    "INSERT INTO orders VALUES (1, 'one'), (2, 'two'), (3, '-3'), (4, NULL)",
];

pub(crate) async fn a_transaction_is_kept_whole_or_not_at_all(place: &Place) {
    place.run(ORDERS).await;
    let count = "SELECT count(*) FROM orders";
    let mut kept = place.begin(Mode::Atomic).await;
    assert_eq!(kept.execute("DELETE FROM orders WHERE id > 2", &[]).await.unwrap(), 2);
    kept.commit().await.unwrap();
    assert_eq!(place.rows(count).await, [[Cell::Integer(2)]]);

    let mut undone = place.begin(Mode::Atomic).await;
    undone.execute("DELETE FROM orders", &[]).await.unwrap();
    undone.rollback().await.unwrap();
    let mut dropped = place.begin(Mode::Atomic).await;
    dropped.execute("DELETE FROM orders", &[]).await.unwrap();
    drop(dropped);
    assert_eq!(place.rows(count).await, [[Cell::Integer(2)]]);
}

pub(crate) async fn parameters_are_values_and_never_text(place: &Place) {
    place.run(ORDERS).await;
    let hostile = "x'; DROP TABLE orders; --";
    let insert = match place.dialect() {
        Dialect::Postgres => "INSERT INTO orders VALUES ($1, $2)",
        Dialect::Sqlite | Dialect::Mariadb => "INSERT INTO orders VALUES (?, ?)",
    };
    let mut transaction = place.begin(Mode::Atomic).await;
    let params = [Cell::Integer(9), Cell::Text(hostile.to_owned())];
    assert_eq!(transaction.execute(insert, &params).await.unwrap(), 1);
    let select = place.with_parameter("SELECT note FROM orders WHERE id = ?");
    let rows = transaction.query(&select, &[Cell::Integer(9)], 10).await.unwrap();
    assert_eq!(rows.rows, [[Cell::Text(hostile.to_owned())]]);
    assert_eq!(rows.columns[0].name, "note");
    // Described, a statement does not run.
    assert_eq!(transaction.describe(&select).await.unwrap()[0].name, "note");
    assert_eq!(transaction.describe("DELETE FROM orders").await.unwrap(), []);
    let estimate = transaction.estimate("DELETE FROM orders", &[]).await.unwrap();
    assert_eq!(estimate.is_some(), place.dialect() != Dialect::Sqlite);
    assert!(transaction.estimate("ANALYZE DELETE FROM orders", &[]).await.is_err());
    assert_eq!(transaction.query("SELECT id FROM orders", &[], 9).await.unwrap().rows.len(), 5);
    transaction.commit().await.unwrap();
}

pub(crate) async fn one_call_carries_one_statement(place: &Place) {
    place.run(ORDERS).await;
    for sql in ["SELECT 1; DELETE FROM orders", "DELETE FROM orders; COMMIT"] {
        let mut transaction = place.begin(Mode::Atomic).await;
        assert!(transaction.execute(sql, &[]).await.is_err(), "{sql}");
        transaction.rollback().await.unwrap();
    }
    assert_eq!(place.rows("SELECT count(*) FROM orders").await, [[Cell::Integer(4)]]);
}

pub(crate) async fn transaction_control_is_refused(place: &Place) {
    place.run(ORDERS).await;
    for sql in [
        "COMMIT",
        "/* x */ commit",
        "ROLLBACK",
        "BEGIN",
        "SAVEPOINT a",
        "-- x\nEND",
        "/*!COMMIT*/",
        "/*M!COMMIT*/ AND NO CHAIN",
        "/* /* */ */ COMMIT",
        ";COMMIT",
    ] {
        let mut transaction = place.begin(Mode::Atomic).await;
        transaction.execute("DELETE FROM orders", &[]).await.unwrap();
        let refused = transaction.execute(sql, &[]).await;
        assert!(refused.is_err(), "{sql}");
        let _ = transaction.rollback().await;
        assert_eq!(place.rows("SELECT count(*) FROM orders").await, [[Cell::Integer(4)]], "{sql}");
    }
}

pub(crate) async fn a_read_only_transaction_writes_nothing(place: &Place) {
    place.run(ORDERS).await;
    for sql in ["DELETE FROM orders", "CREATE TABLE other (id INTEGER)", "DROP TABLE orders"] {
        let mut transaction = place.begin(Mode::ReadOnly).await;
        let error = transaction.execute(sql, &[]).await.unwrap_err();
        assert_eq!(error.class(), FailureClass::Permanent, "{sql}: {error}");
        transaction.rollback().await.unwrap();
    }
    let mut transaction = place.begin(Mode::ReadOnly).await;
    assert!(transaction.execute("SET TRANSACTION READ WRITE", &[]).await.is_err());
    let connections = place.read_only();
    assert!(matches!(begin(&connections, Mode::Atomic).await, Err(Error::ReadOnlyConnection(_))));
    let mut reading = begin(&connections, Mode::ReadOnly).await.unwrap();
    assert_eq!(reading.query("SELECT id FROM orders", &[], 10).await.unwrap().rows.len(), 4);
    reading.rollback().await.unwrap();
    assert_eq!(place.rows("SELECT count(*) FROM orders").await, [[Cell::Integer(4)]]);
}

pub(crate) async fn an_answer_in_memory_is_bounded(place: &Place) {
    place.run(ORDERS).await;
    let mut transaction = place.begin(Mode::ReadOnly).await;
    let error = transaction.query("SELECT id FROM orders", &[], 3).await.unwrap_err();
    assert!(matches!(error, Error::TooManyRows(3)), "{error}");
    assert_eq!(error.class(), FailureClass::Refused);
    let small = place.with(Limits { bytes: 100, ..Limits::default() });
    let mut transaction = begin(&small, Mode::ReadOnly).await.unwrap();
    let error = transaction.query("SELECT id, note FROM orders", &[], 100).await.unwrap_err();
    assert!(matches!(error, Error::TooManyBytes(100)), "{error}");
}

pub(crate) async fn faults_have_their_kind(place: &Place) {
    place.run(ORDERS).await;
    for (sql, expected) in [
        ("SELEKT 1", StatementFault::Wrong),
        ("SELECT * FROM nowhere", StatementFault::Wrong),
        ("INSERT INTO orders VALUES (1, 'again')", StatementFault::Constraint),
    ] {
        let mut transaction = place.begin(Mode::Atomic).await;
        match transaction.execute(sql, &[]).await.unwrap_err() {
            Error::Statement { fault, .. } => assert_eq!(fault, expected, "{sql}"),
            other => panic!("{sql}: {other:?}"),
        }
        transaction.rollback().await.unwrap();
    }
}

pub(crate) async fn an_endless_statement_is_cancelled(place: &Place, endless: &str) {
    place.run(ORDERS).await;
    let hasty = Limits { statement_ms: 300, open: 1, ..Limits::default() };
    let connections = place.with(hasty);
    let mut transaction = begin(&connections, Mode::Atomic).await.unwrap();
    transaction.execute("DELETE FROM orders", &[]).await.unwrap();
    let begun = std::time::Instant::now();
    let error = transaction.execute(endless, &[]).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(error.class(), FailureClass::Deadline, "{error}");
    assert!(transaction.rollback().await.is_err());
    // Its locks are gone, and so is what it did.
    place.run(&["UPDATE orders SET note = 'free' WHERE id = 1"]).await;
    assert_eq!(place.rows("SELECT count(*) FROM orders").await, [[Cell::Integer(4)]]);
    let mut next = begin(&connections, Mode::Atomic).await.unwrap();
    next.execute("DELETE FROM orders WHERE id = 1", &[]).await.unwrap();
    next.commit().await.unwrap();
}

pub(crate) async fn open_transactions_are_counted(place: &Place) {
    place.run(ORDERS).await;
    let connections = place.with(Limits { open: 1, connect_ms: 200, ..Limits::default() });
    let first = begin(&connections, Mode::ReadOnly).await.unwrap();
    let error = begin(&connections, Mode::ReadOnly).await.unwrap_err();
    assert!(matches!(error, Error::Busy { open: 1, .. }), "{error}");
    drop(first);
    begin(&connections, Mode::ReadOnly).await.unwrap();
}

pub(crate) async fn an_effect_and_its_marker_are_one(place: &Place) {
    place.run(ORDERS).await;
    let (key, receipt) = ("acme/r-1/fix", json!({"affected": 1}));
    let mut transaction = place.begin(Mode::Atomic).await;
    transaction.mark(key, &json!({"affected": null})).await.unwrap();
    transaction.execute("UPDATE orders SET note = 'fixed' WHERE id = 1", &[]).await.unwrap();
    transaction.mark(key, &receipt).await.unwrap();
    transaction.commit().await.unwrap();

    let mut again = place.begin(Mode::Atomic).await;
    match again.mark(key, &json!({})).await.unwrap_err() {
        Error::AlreadyHappened(stored) => assert_eq!(stored, receipt),
        other => panic!("{other:?}"),
    }
    again.rollback().await.unwrap();
    let probe = place.connections.probe(&name(), key).await.unwrap();
    assert_eq!(probe, Probe::Happened(receipt));
}

pub(crate) async fn after_a_probe_only_a_new_attempt_can_happen(place: &Place) {
    place.run(ORDERS).await;
    let (key, receipt) = ("acme/r-2/fix", json!({"affected": 2}));
    // An attempt that was undone.
    let mut undone = place.begin(Mode::Atomic).await;
    undone.mark(key, &receipt).await.unwrap();
    undone.rollback().await.unwrap();
    for _ in 0..3 {
        let probe = place.connections.probe(&name(), key).await.unwrap();
        assert_eq!(probe, Probe::DidNotHappen);
    }
    let mut retry = place.begin(Mode::Atomic).await;
    retry.mark(key, &receipt).await.unwrap();
    retry.commit().await.unwrap();
    let probe = place.connections.probe(&name(), key).await.unwrap();
    assert_eq!(probe, Probe::Happened(receipt));
}

pub(crate) async fn the_marker_table_belongs_to_the_engine(place: &Place) {
    place.run(ORDERS).await;
    for sql in ["DELETE FROM countersign_effects", "SELECT * FROM Countersign_Effects"] {
        let mut transaction = place.begin(Mode::Atomic).await;
        assert!(matches!(transaction.execute(sql, &[]).await, Err(Error::Refused(_))), "{sql}");
    }
    for key in ["", "a b", "ключ", &"k".repeat(201)] {
        let mut transaction = place.begin(Mode::Atomic).await;
        assert!(matches!(transaction.mark(key, &json!({})).await, Err(Error::BadKey(_))), "{key}");
    }
}

pub(crate) async fn an_export_reads_back_as_it_was(place: &Place) {
    place
        .run(&[
            "CREATE TABLE sheet (id INTEGER PRIMARY KEY, note VARCHAR(200))",
            "INSERT INTO sheet VALUES (1, '=1+1'), (2, '@SUM(A1)'), (3, '-5'), (4, 'a,\"b\"'), (5, NULL), (-6, 'plain')",
        ])
        .await;
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path()).await.unwrap();
    let sql = "SELECT id, note, -id AS minus FROM sheet ORDER BY id DESC";
    let mut transaction = place.begin(Mode::ReadOnly).await;
    let writer = blobs.create("text/csv", 1 << 20).await.unwrap();
    let stream = transaction.stream(sql, &[]).await.unwrap();
    let (report, _pin) = export_csv(stream, writer, CsvOptions::new(6)).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!((report.rows, report.escaped), (6, 3));
    assert_eq!(report.columns, ["id", "note", "minus"]);

    let bytes = blobs.read(&report.blob.sha256, 0, 1 << 20).await.unwrap();
    assert_eq!(
        String::from_utf8(bytes).unwrap(),
        "id,note,minus\r\n5,,-5\r\n4,\"a,\"\"b\"\"\",-4\r\n3,'-5,-3\r\n2,'@SUM(A1),-2\r\n1,'=1+1,-1\r\n-6,plain,6\r\n"
    );

    let mut transaction = place.begin(Mode::ReadOnly).await;
    let writer = blobs.create("text/csv", 1 << 20).await.unwrap();
    let stream = transaction.stream(sql, &[]).await.unwrap();
    let error = export_csv(stream, writer, CsvOptions::new(5)).await.unwrap_err();
    assert!(matches!(error, Error::TooManyRows(5)), "{error}");
}

pub(crate) async fn a_long_answer_streams_in_parts(place: &Place) {
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) \
                   SELECT a.i AS a, b.i AS b FROM n a, n b WHERE b.i <= 20 ORDER BY a.i, b.i";
    let mut transaction = place.begin(Mode::ReadOnly).await;
    let mut stream = transaction.stream(numbers, &[]).await.unwrap();
    let (mut rows, mut parts) = (0, 0);
    while let Some(batch) = stream.next().await.unwrap() {
        parts += 1;
        for row in batch.rows {
            rows += 1;
            assert_eq!(row.len(), 2);
        }
    }
    assert_eq!(rows, 18_000);
    assert!(parts > 10, "{parts}");
    transaction.commit().await.unwrap();

    // Abandoned half-way, the transaction is over and the connection stays usable for others.
    let mut transaction = place.begin(Mode::ReadOnly).await;
    let mut stream = transaction.stream(numbers, &[]).await.unwrap();
    stream.next().await.unwrap();
    drop(stream);
    assert!(matches!(transaction.query("SELECT 1", &[], 1).await, Err(Error::Over(_))));
    assert_eq!(place.rows("SELECT 1").await.len(), 1);
}

pub(crate) async fn an_unknown_connection_is_named(place: &Place) {
    let other = engine_core::ids::ResourceId::parse("other-db").unwrap();
    let begun = place.connections.begin(&other, Begin { mode: Mode::Atomic, timeout: None }).await;
    let error = begun.unwrap_err();
    assert_eq!(error.to_string(), "no connection is called `other-db`");
}

/// The probe of a task of its own, and proof that it waits.
async fn waiting_probe(place: &Place, key: &str) -> tokio::task::JoinHandle<Result<Probe, Error>> {
    let (connections, key) = (place.connections.clone(), key.to_owned());
    let mut probe = tokio::spawn(async move { connections.probe(&name(), &key).await });
    let early = tokio::time::timeout(Duration::from_millis(300), &mut probe).await;
    assert!(early.is_err(), "a probe answered while an attempt was open: {early:?}");
    probe
}

pub(crate) async fn a_probe_waits_for_an_open_attempt(place: &Place) {
    let receipt = json!({"affected": 3});
    let mut attempt = place.begin(Mode::Atomic).await;
    attempt.mark("acme/kept", &receipt).await.unwrap();
    let probe = waiting_probe(place, "acme/kept").await;
    attempt.commit().await.unwrap();
    assert_eq!(probe.await.unwrap().unwrap(), Probe::Happened(receipt.clone()));

    let mut attempt = place.begin(Mode::Atomic).await;
    attempt.mark("acme/undone", &receipt).await.unwrap();
    let probe = waiting_probe(place, "acme/undone").await;
    attempt.rollback().await.unwrap();
    assert_eq!(probe.await.unwrap().unwrap(), Probe::DidNotHappen);

    // The same for an attempt that took over a fence.
    let mut attempt = place.begin(Mode::Atomic).await;
    attempt.mark("acme/undone", &receipt).await.unwrap();
    let probe = waiting_probe(place, "acme/undone").await;
    attempt.commit().await.unwrap();
    assert_eq!(probe.await.unwrap().unwrap(), Probe::Happened(receipt));
}

pub(crate) async fn an_open_attempt_makes_a_hasty_probe_ask_again(place: &Place) {
    let mut attempt = place.begin(Mode::Atomic).await;
    attempt.mark("acme/open", &json!(1)).await.unwrap();
    let hasty = place.with(Limits { statement_ms: 300, ..Limits::default() });
    let error = hasty.probe(&name(), "acme/open").await.unwrap_err();
    assert!(error.class().is_retryable(), "{error}");
    attempt.commit().await.unwrap();
    assert_eq!(
        place.connections.probe(&name(), "acme/open").await.unwrap(),
        Probe::Happened(json!(1))
    );
}

/// Many attempts and probes at once: one effect at most, and no probe denies what is kept.
pub(crate) async fn of_many_attempts_one_wins(place: &Place) {
    place.run(&["CREATE TABLE hits (attempt INTEGER)"]).await;
    let connections = place.with(Limits { open: 12, ..Limits::default() });
    let key = "acme/race";
    let attempts = (0..8).map(|n| {
        let connections = connections.clone();
        tokio::spawn(async move {
            let mut attempt = begin(&connections, Mode::Atomic).await?;
            attempt.mark(key, &json!(n)).await?;
            attempt.execute(&format!("INSERT INTO hits VALUES ({n})"), &[]).await?;
            attempt.commit().await?;
            Ok::<i32, Error>(n)
        })
    });
    let attempts: Vec<_> = attempts.collect();
    let probes: Vec<_> = (0..4)
        .map(|_| {
            let connections = connections.clone();
            tokio::spawn(async move { connections.probe(&name(), key).await })
        })
        .collect();
    let mut winners = Vec::new();
    for attempt in attempts {
        match attempt.await.unwrap() {
            Ok(n) => winners.push(n),
            Err(Error::AlreadyHappened(_) | Error::Fenced) => {}
            Err(error) => assert!(error.class().is_retryable(), "{error}"),
        }
    }
    for probe in probes {
        match probe.await.unwrap() {
            Ok(Probe::Happened(receipt)) => assert_eq!(receipt, json!(winners[0])),
            Ok(Probe::DidNotHappen) => {}
            Ok(Probe::Begun(_)) => panic!("an atomic effect is never half begun"),
            Err(error) => assert!(error.class().is_retryable(), "{error}"),
        }
    }
    let hits = place.rows("SELECT attempt FROM hits").await;
    assert_eq!(hits.len(), winners.len());
    assert!(hits.len() <= 1, "{hits:?}");
    let last = place.connections.probe(&name(), key).await.unwrap();
    assert_eq!(last != Probe::DidNotHappen, winners.len() == 1, "{last:?} {winners:?}");
}

/// What one user of a connection sets is gone for the next.
#[cfg(feature = "databases")]
pub(crate) async fn a_session_is_as_good_as_new(place: &Place, set: &str, get: &str) {
    let single = place.with(Limits { open: 1, ..Limits::default() });
    let ask = async || {
        let mut transaction = begin(&single, Mode::Atomic).await.unwrap();
        let rows = transaction.query(get, &[], 10).await.unwrap().rows;
        transaction.commit().await.unwrap();
        rows
    };
    let before = ask().await;
    let mut transaction = begin(&single, Mode::Atomic).await.unwrap();
    transaction.execute(set, &[]).await.unwrap();
    assert_ne!(transaction.query(get, &[], 10).await.unwrap().rows, before);
    transaction.commit().await.unwrap();
    assert_eq!(ask().await, before);
}

/// Names that mean something else when they are not quoted.
pub(crate) async fn a_hostile_name_means_itself(place: &Place) {
    for name in
        ["select", "a\"b", "a`b", "x'; DROP TABLE y; --", "a\\", "/*!50000 x */", "имя", "a b"]
    {
        let quoted = place.dialect().quote_identifier(name).unwrap();
        place.run(&[&format!("CREATE TABLE {quoted} ({quoted} INTEGER)")]).await;
        let mut transaction = place.begin(Mode::ReadOnly).await;
        let rows =
            transaction.query(&format!("SELECT {quoted} FROM {quoted}"), &[], 1).await.unwrap();
        assert_eq!(rows.columns[0].name, name);
        let text = place.dialect().quote_text(name).unwrap();
        let rows = transaction.query(&format!("SELECT {text}"), &[], 1).await.unwrap();
        assert_eq!(rows.rows, [[Cell::Text(name.to_owned())]]);
        transaction.rollback().await.unwrap();
    }
}

/// Servers only: the sessions of the operator's password are not shared with those of another.
#[cfg(feature = "databases")]
pub(crate) async fn a_password_opens_sessions_of_its_own(place: &Place) {
    let (Target::Postgres(server) | Target::Mariadb(server)) = &place.target else {
        unreachable!()
    };
    let right = server.password.clone().unwrap();
    let read = |connections: Connections| async move {
        let mut transaction = begin(&connections, Mode::ReadOnly).await?;
        let rows = transaction.query("SELECT 1", &[], 1).await?.rows.len();
        transaction.commit().await.map(|_| rows)
    };
    let wrong = || Secret::new("none of them");
    assert_eq!(read(place.connections.clone()).await.unwrap(), 1);
    let other = place.connections.with_password(&name(), wrong()).unwrap();
    assert!(matches!(read(other).await, Err(Error::Credentials { .. })));
    assert_eq!(read(place.connections.clone()).await.unwrap(), 1);

    let mut locked = server.clone();
    locked.password = Some(wrong());
    let locked = Place::new(
        match place.target {
            Target::Mariadb(_) => Target::Mariadb(locked),
            Target::Postgres(_) | Target::Sqlite { .. } => Target::Postgres(locked),
        },
        None,
    );
    let opened = locked.connections.with_password(&name(), right).unwrap();
    assert_eq!(read(opened).await.unwrap(), 1);
    assert!(matches!(read(locked.connections.clone()).await, Err(Error::Credentials { .. })));
}
