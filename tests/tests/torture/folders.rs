//! A folder that cannot be opened, and a database that cannot be entered.

use std::path::Path;

use engine_api::{command::DecisionWord, view::RequestView};
use redb::{Database, ReadableDatabase as _, TableDefinition};
use tokio::process::Command;

use super::{
    census::settled,
    engine::{command, finish},
    place::{People, Place, submission, text},
    target::{Kind, Target},
};

/// Where the store says which version wrote it.
const ABOUT: TableDefinition<'static, &'static str, u64> = TableDefinition::new("about");
const VERSION: &str = "data_version";
/// Of no account.
const NOT_THE_PASSWORD: &str = "hunter2-of-nobody";

fn serve(place: &Place) -> Command {
    let mut serve = command(&["serve", "--listen", "127.0.0.1:0", "--data"]);
    serve.arg(place.data()).arg("--config").arg(place.config());
    serve
}

/// Runs `serve`, which must refuse with this code and these words.
async fn refuses(place: &Place, code: &str, words: &[&str]) {
    let refused = finish(serve(place)).await;
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(text(&refused.stdout).is_empty());
    for word in words.iter().chain([&code]) {
        assert!(said.contains(word), "no `{word}` in: {said}");
    }
}

#[tokio::test]
async fn a_folder_in_use_is_refused() {
    let place = Place::empty().await;
    let engine = place.start().await;
    refuses(&place, "[data_in_use]", &["in use by another process"]).await;
    let owner = place.people(&engine).owner;
    owner.me().await.expect("the first engine goes on");
    engine.kill().await;
    let engine = place.start().await;
    engine.stop().await;
}

#[tokio::test]
async fn a_folder_of_another_version_is_refused_and_left_alone() {
    let place = Place::empty().await;
    let file = place.data().join("store.redb");
    let ours = version(&file, 999);
    refuses(&place, "[data_other_version]", &["999", &ours.to_string()]).await;
    assert_eq!(version(&file, ours), 999, "the refused start has changed the folder");
    let engine = place.start().await;
    place.people(&engine).owner.me().await.expect("the organization is still there");
    engine.stop().await;
}

/// Sets the version, and answers the one before.
fn version(file: &Path, to: u64) -> u64 {
    let database = Database::open(file).unwrap();
    let before = database.begin_read().unwrap().open_table(ABOUT).unwrap();
    let before = before.get(VERSION).unwrap().unwrap().value();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(ABOUT).unwrap().insert(VERSION, to).unwrap();
    transaction.commit().unwrap();
    before
}

/// EXE-4: the password is wrong where the execution begins; the approved request stays, and runs when
/// it is right again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_fails_the_execution_and_loses_nothing() {
    let targets = Target::all().await;
    let place = Place::near(&targets).await;
    let engine = place.start().await;
    let mut seen = Vec::new();
    for kind in Kind::ALL {
        let submitted = place.people(&engine).ann.submit(&submission(kind, "one")).await;
        seen.push((kind, submitted.unwrap()));
    }
    engine.stop().await;

    place.connect(&targets, |_| NOT_THE_PASSWORD.to_owned());
    let engine = place.start().await;
    for (kind, seen) in &seen {
        is_locked_out(&place.people(&engine), *kind, seen).await;
    }
    engine.stop().await;

    place.connect(&targets, |target| target.server.password.clone());
    let engine = place.start().await;
    let owner = place.people(&engine).owner;
    for (_, seen) in &seen {
        owner.retry(&seen.id, "effect").await.unwrap();
        let view = settled(&owner, &seen.id).await;
        assert_eq!(view.executions[0].state, "succeeded", "{view:?}");
    }
    engine.stop().await;
    for target in &targets {
        assert_eq!(target.effects().await, [("one".to_owned(), 1)].into());
    }
}

/// A new submission is refused, since nobody can say what it would do; what was submitted before is
/// approved, and its execution fails without any doubt about its effect.
async fn is_locked_out(people: &People, kind: Kind, seen: &RequestView) {
    let refused = people.ann.submit(&submission(kind, "two")).await.unwrap_err();
    assert_eq!(refused.code(), Some("invalid"), "{refused:?}");
    names_the_connection(&refused.to_string(), kind);
    people.bob.decide(seen, DecisionWord::Approve, "right").await.unwrap();
    let view = settled(&people.owner, &seen.id).await;
    let failure = view.executions[0].failure.as_ref().expect("a failure");
    assert_eq!((view.status.as_str(), failure.class.as_str()), ("approved", "permanent"));
    assert!(!failure.may_have_happened, "{failure:?}");
    names_the_connection(&failure.message, kind);
}

/// Whoever reads it knows which connection's account to look at, and does not learn the password.
fn names_the_connection(said: &str, kind: Kind) {
    let names = format!("the database of `{}` refuses the account: ", kind.name());
    assert!(said.contains(&names), "no `{names}` in: {said}");
    assert!(!said.contains(NOT_THE_PASSWORD), "{said}");
    println!("{said}");
}
