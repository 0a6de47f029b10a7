//! What is on the agenda and cannot be done keeps nothing else waiting.

use std::{sync::Arc, time::Duration};

use engine_core::{command::Submit, ids::OrgId, rule::Target};
use engine_runtime::{Caller, Change, Clock, Engine, Ids};
use engine_server::{config::Config, data};
use engine_store::{AgendaChange, Body, Commit, EmbeddedStore, Lane, Millis, Options, Store};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

/// How long the engine may take to look at its agenda.
const PATIENCE: Duration = Duration::from_secs(60);

fn read<T: DeserializeOwned>(json: Json) -> T {
    serde_json::from_value(json).unwrap()
}

async fn organize(engine: &Engine, caller: &Caller, change: Change) {
    engine.organize(caller, vec![change], false).await.unwrap();
}

fn submission(engine: &Engine) -> Submit {
    Submit {
        id: engine.next_id("r").parse().unwrap(),
        properties: Default::default(),
        items: Vec::new(),
        picks: Default::default(),
        target_users: Vec::new(),
        title: "A new press".to_owned(),
        reason: "The old one broke".to_owned(),
        urgent: false,
        approval_expires: None,
        ends: None,
    }
}

/// STP-6a: the request is blocked although an entry before it makes no sense.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_cannot_be_read_is_put_off() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(EmbeddedStore::in_memory(&Options::default()).unwrap());
    let (config, kept) = (Config::default(), Arc::clone(&store) as Arc<dyn Store>);
    let state = data::assemble(kept, folder.path(), &config, Clock::System, Ids::Random);
    let engine = state.await.unwrap().engine;
    let org: OrgId = "main".parse().unwrap();
    let owner = engine.create_organization(&org, read(json!({"login": "olga"}))).await.unwrap();
    let caller = Caller::new(org.clone(), owner, "test");
    organize(&engine, &caller, Change::PutUser(read(json!({"login": "bob"})))).await;
    let definition = read(json!({
        "rule": "buy",
        "kind": "buy",
        "steps": [{"id": "s", "approvers": [{"id": "bob", "who": {"user": "bob"}}]}],
    }));
    organize(&engine, &caller, Change::Publish { definition, comment: "first".to_owned() }).await;
    let submission = submission(&engine);
    let id = submission.id.clone();
    engine.submit(&caller, &Target::Rule("buy".parse().unwrap()), submission).await.unwrap();

    let mut nonsense = Commit::new(org.clone(), Millis(0));
    nonsense.agenda.push(AgendaChange::Put {
        lane: Lane::Recount,
        key: "0".parse().unwrap(),
        due: Millis(0),
        body: Body { schema: 1, json: b"{}".to_vec() },
    });
    store.commit(nonsense).await.unwrap();
    let mut activity = store.activity();
    let login = "bob".parse().unwrap();
    organize(&engine, &caller, Change::Deactivate { login, replace_by: None, force: true }).await;

    let blocked = async {
        while engine.request(&caller, &id).await.unwrap().request.blocked.is_none() {
            activity.changed().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, blocked).await.expect("the request is not blocked");
    engine.close().await;
}
