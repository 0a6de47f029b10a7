//! SQLite.

use std::path::PathBuf;

use engine_connect::{Error, Mode, Secret, Target};

use super::{
    checks,
    place::{Place, begin, name},
};

macro_rules! on_sqlite {
    ($($check:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $check() {
            checks::$check(&Place::sqlite()).await;
        }
    )*};
}

on_sqlite! {
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
    an_unknown_connection_is_named
    a_probe_waits_for_an_open_attempt
    an_open_attempt_makes_a_hasty_probe_ask_again
    of_many_attempts_one_wins
    a_hostile_name_means_itself
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_statement_is_cancelled() {
    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    checks::an_endless_statement_is_cancelled(&Place::sqlite(), endless).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_outside_the_file_is_reached() {
    let place = Place::sqlite();
    place.run(&["CREATE TABLE orders (id INTEGER)"]).await;
    for sql in [
        "ATTACH DATABASE '/tmp/other.db' AS other",
        "ATTACH DATABASE ':memory:' AS other",
        "DETACH DATABASE main",
        "PRAGMA journal_mode = OFF",
        "PRAGMA writable_schema = ON",
        "SELECT * FROM pragma_table_info('orders')",
        "SELECT load_extension('evil')",
        "VACUUM INTO '/tmp/copy.db'",
        "CREATE TEMP TABLE orders (id INTEGER)",
        "CREATE TEMP TRIGGER t AFTER INSERT ON orders BEGIN DELETE FROM orders; END",
        "CREATE VIRTUAL TABLE v USING fts5(a)",
        "CREATE TRIGGER t AFTER INSERT ON orders BEGIN DELETE FROM \"countersign\" || '_effects'; END",
        "UPDATE sqlite_schema SET sql = ''",
    ] {
        let mut transaction = place.begin(Mode::Atomic).await;
        assert!(transaction.execute(sql, &[]).await.is_err(), "{sql}");
        transaction.rollback().await.unwrap();
    }
    assert!(!PathBuf::from("/tmp/copy.db").exists());
}

#[test]
fn a_file_asks_for_no_password() {
    let error = Place::sqlite().connections.with_password(&name(), Secret::new("a")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the connection `orders-db` is a file, which asks for no password"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_no_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "not a database, and long enough to be looked at as a header of one")
        .unwrap();
    for path in [folder.path().join("missing.db"), text] {
        let place = Place::new(Target::Sqlite { path: path.clone() }, None);
        let error = begin(&place.connections, Mode::Atomic).await.unwrap_err();
        assert!(matches!(error, Error::UnknownDatabase { .. }), "{error}");
    }
    assert!(!folder.path().join("missing.db").exists());
}
