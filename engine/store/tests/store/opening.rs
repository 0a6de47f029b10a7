//! Data folders that are fine, and that are not.

use std::{fs, path::Path};

use engine_store::{Commit, EmbeddedStore, Millis, OpenError, Options, Outcome, Store, StoreError};
use redb::{Database, TableDefinition};

use crate::{change, id, index};

fn options() -> Options {
    Options { reserve: 64 << 10, ..Options::default() }
}

fn refusal(folder: &Path) -> OpenError {
    EmbeddedStore::open(folder, &options()).map(drop).unwrap_err()
}

#[tokio::test]
async fn what_was_committed_is_there_after_closing_and_opening() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("data/acme");
    for n in 0..3 {
        let store = EmbeddedStore::open(&inner, &options()).unwrap();
        let commit = Commit {
            requests: vec![change("r-1", n, index(1, "pending"))],
            ..Commit::new(id("acme"), Millis(1))
        };
        assert!(matches!(store.commit(commit).await, Ok(Outcome::Committed { .. })));
        store.close().await;
        let late = store.commit(Commit::new(id("acme"), Millis(1))).await;
        assert!(matches!(late, Err(StoreError::Stopped(_))), "{late:?}");
    }
    let store = EmbeddedStore::open(&inner, &options()).unwrap();
    let loaded = store.load(&id("acme"), &id("r-1")).await.unwrap().unwrap();
    assert_eq!(loaded.sequence.0, 3);
}

#[test]
fn a_folder_is_used_by_one_store_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path(), &options()).unwrap();
    let error = refusal(folder.path());
    assert_eq!(error.code(), "data_in_use");
    assert!(error.to_string().ends_with("is in use by another process"), "{error}");
    drop(store);
    EmbeddedStore::open(folder.path(), &options()).unwrap();
}

#[test]
fn a_file_that_is_no_store_is_named() {
    for content in ["", "redb", "hello, I am a text file\n", "SQLite format 3\0"] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.redb");
        fs::write(&file, content).unwrap();
        let error = refusal(folder.path());
        assert_eq!(error.code(), "data_not_a_store", "{content:?}");
        assert!(error.to_string().contains("store.redb"), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), content, "it is left as it was");
    }
}

#[test]
fn a_database_of_another_program_is_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let theirs = Database::create(folder.path().join("store.redb")).unwrap();
    let write = theirs.begin_write().unwrap();
    write.open_table(TableDefinition::<&str, &str>::new("theirs")).unwrap();
    write.commit().unwrap();
    drop(theirs);
    assert_eq!(refusal(folder.path()).code(), "data_not_a_store");
}

#[test]
fn a_folder_of_another_version_is_refused_with_both_numbers() {
    let folder = tempfile::tempdir().unwrap();
    drop(EmbeddedStore::open(folder.path(), &options()).unwrap());
    let newer = Database::open(folder.path().join("store.redb")).unwrap();
    let write = newer.begin_write().unwrap();
    let about = TableDefinition::<&str, u64>::new("about");
    write.open_table(about).unwrap().insert("data_version", 7).unwrap();
    write.commit().unwrap();
    drop(newer);
    let error = refusal(folder.path());
    assert_eq!(error.code(), "data_other_version");
    assert!(
        error.to_string().ends_with("has data version 7: this program reads version 1"),
        "{error}"
    );
}

#[test]
fn a_store_that_was_cut_short_in_the_making_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("store.redb.new"), "half a").unwrap();
    EmbeddedStore::open(folder.path(), &options()).unwrap();
}

#[test]
fn a_truncated_store_is_damaged_or_unreadable_and_never_taken_for_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    drop(EmbeddedStore::open(folder.path(), &options()).unwrap());
    let file = folder.path().join("store.redb");
    let content = fs::read(&file).unwrap();
    fs::write(&file, &content[..100]).unwrap();
    let error = refusal(folder.path());
    assert!(matches!(error.code(), "data_damaged" | "data_io"), "{error:?}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(refusal(&file.join("data")).code(), "data_io");
}
