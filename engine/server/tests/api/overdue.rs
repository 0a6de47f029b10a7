//! EXE-5: what should have been taken back while the engine was down.

use std::{future::pending, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use engine_core::{
    command::{Command, Decide, Seen, Submit},
    extension::{Failure, Nominee, Plan, Presence, Problem, Receipt, Verdict},
    ids::{Login, OrgId, PluginId, RequestId},
    question::Source,
    request::Choice,
    rule::{Target, World},
};
use engine_runtime::{
    Caller, Change, Clock, Engine, EngineOptions, ExtensionCall, Extensions, Ids, Origin,
    PluginFile,
};
use engine_store::{Limit, Store};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::place::in_memory;

/// How long the engine may take to catch up, on the machine's clock.
const PATIENCE: Duration = Duration::from_secs(60);

/// Executors that tell what they are called for; the one called `slow` never ends where it hangs.
#[derive(Debug)]
struct Executors {
    calls: UnboundedSender<String>,
    hangs: bool,
}

impl Executors {
    fn tell(&self, method: &str, plugin: &PluginId) {
        // Nobody may be listening any more.
        let _ = self.calls.send(format!("{method} {plugin}"));
    }
}

#[async_trait]
impl Extensions for Executors {
    async fn condition(&self, _: &Source, _: &ExtensionCall) -> Result<Verdict, Failure> {
        Ok(Verdict::Met)
    }

    async fn approvers(&self, _: &Source, _: &ExtensionCall) -> Result<Vec<Nominee>, Failure> {
        Ok(Vec::new())
    }

    async fn problems(&self, _: &Source, _: &ExtensionCall) -> Result<Vec<Problem>, Failure> {
        Ok(Vec::new())
    }

    async fn plan(&self, _: &PluginId, _: &ExtensionCall) -> Result<Plan, Failure> {
        Ok(Plan::default())
    }

    async fn execute(
        &self,
        plugin: &PluginId,
        _: &ExtensionCall,
        _: &str,
    ) -> Result<Receipt, Failure> {
        self.tell("execute", plugin);
        if self.hangs && plugin.as_str() == "slow" {
            pending::<()>().await;
        }
        Ok(Receipt::default())
    }

    async fn probe(
        &self,
        plugin: &PluginId,
        _: &ExtensionCall,
        _: &str,
    ) -> Result<Presence, Failure> {
        self.tell("probe", plugin);
        Ok(Presence::DidNotHappen)
    }

    async fn revert(
        &self,
        plugin: &PluginId,
        _: &ExtensionCall,
        _: &Receipt,
        _: &str,
    ) -> Result<(), Failure> {
        self.tell("revert", plugin);
        Ok(())
    }
}

/// An engine on a store, and what its executors are called for.
struct Running {
    engine: Engine,
    calls: UnboundedReceiver<String>,
}

impl Running {
    async fn open(store: Arc<dyn Store>, clock: Clock, hangs: bool) -> Self {
        let (tell, calls) = unbounded_channel();
        let extensions = Arc::new(Executors { calls: tell, hangs });
        let options = EngineOptions { store, extensions, clock, ids: Ids::Random };
        Self { engine: Engine::open(options).await.unwrap(), calls }
    }

    /// Waits until all of these calls have come, in any order.
    async fn called(&mut self, mut wanted: Vec<&str>) {
        let all = async {
            while !wanted.is_empty() {
                let call = self.calls.recv().await.unwrap();
                wanted.retain(|one| *one != call);
            }
        };
        tokio::time::timeout(PATIENCE, all).await.unwrap();
    }

    /// An owner, Bob who decides, and two rules: a grant of two hours, and work that takes its time.
    async fn populate(&self, org: &OrgId) -> (Caller, Caller) {
        let doc = |login: &str| serde_json::from_value(json!({"login": login})).unwrap();
        let owner = self.engine.create_organization(org, doc("olga")).await.unwrap();
        let olga = Caller::new(org.clone(), owner, "test");
        let mut changes = vec![Change::PutUser(doc("bob"))];
        for plugin in ["door", "slow"] {
            let file = self.file(plugin, &olga);
            changes.push(Change::PutPlugin { plugin: plugin.parse().unwrap(), file });
        }
        let bob = json!([{"id": "s", "approvers": [{"id": "bob", "who": {"user": "bob"}}]}]);
        for rule in [
            json!({"rule": "access", "kind": "access", "steps": bob, "executors": [{"id": "do", "plugin": "door", "window": {"length": "2h"}}]}),
            json!({"rule": "work", "kind": "work", "steps": bob, "executors": [{"id": "do", "plugin": "slow"}]}),
        ] {
            let definition = Box::new(serde_json::from_value(rule).unwrap());
            changes.push(Change::Publish { definition, comment: String::new() });
        }
        for change in changes {
            self.engine.organize(&olga, vec![change], false).await.unwrap();
        }
        let login: Login = "bob".parse().unwrap();
        let organization = self.engine.organization(org).unwrap();
        let bob = organization.organization.directory.by_login(&login).unwrap().id.clone();
        (olga, Caller::new(org.clone(), bob, "test"))
    }

    fn file(&self, plugin: &str, by: &Caller) -> PluginFile {
        PluginFile {
            digest: plugin.to_owned(),
            name: plugin.to_owned(),
            version: "0.0.0".to_owned(),
            worlds: [World::Executor].into(),
            config: None,
            reads: Vec::new(),
            at: self.engine.now(),
            by: by.user.clone(),
            origin: Origin::Administrator,
            signer: None,
        }
    }

    /// Olga asks and Bob approves.
    async fn approved(&self, rule: &str, olga: &Caller, bob: &Caller) -> RequestId {
        let id: RequestId = rule.parse().unwrap();
        let submit = Submit {
            id: id.clone(),
            properties: [].into(),
            items: Vec::new(),
            picks: Default::default(),
            target_users: Vec::new(),
            title: "A lathe".to_owned(),
            reason: "The old one broke".to_owned(),
            urgent: false,
            approval_expires: None,
            ends: None,
        };
        self.engine.submit(olga, &Target::Rule(rule.parse().unwrap()), submit).await.unwrap();
        let seen = Some(Seen { revision: 1, step: Some("s".parse().unwrap()) });
        let comment = Some("fine".to_owned());
        let decide = Decide {
            choice: Choice::Approve,
            comment,
            concern: None,
            items: None,
            step: None,
            seen,
        };
        self.engine.command(bob, &id, Command::Decide(decide)).await.unwrap();
        id
    }

    async fn state(&self, caller: &Caller, id: &RequestId) -> &'static str {
        let seen = self.engine.request(caller, id).await.unwrap();
        seen.request.executions[0].state.as_str()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_ended_while_the_engine_was_down_is_taken_back_before_all_else() {
    let (store, org) = (in_memory(), "main".parse().unwrap());
    // The engine dies three hours ago, with a grant of two hours and work under way.
    let then = Clock::manual(Utc::now() - TimeDelta::hours(3));
    let mut first = Running::open(Arc::clone(&store), then, true).await;
    let (olga, bob) = first.populate(&org).await;
    let grant = first.approved("access", &olga, &bob).await;
    first.engine.settle().await.unwrap();
    assert_eq!(first.state(&olga, &grant).await, "active");
    let work = first.approved("work", &olga, &bob).await;
    first.called(vec!["execute door", "execute slow"]).await;
    assert_eq!(first.state(&olga, &work).await, "running");
    first.engine.abandon();
    drop(first);
    let end = store.log(&org).await.unwrap().end;

    let mut second = Running::open(Arc::clone(&store), Clock::System, false).await;
    second.called(vec!["revert door", "execute slow"]).await;
    second.engine.settle().await.unwrap();
    assert_eq!(second.state(&olga, &grant).await, "lapsed");
    assert_eq!(second.state(&olga, &work).await, "succeeded");
    let events = store.changes(&org, end, Limit::MAX).await.unwrap();
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds.first(), Some(&"grant_ending"), "{kinds:?}");
    assert!(kinds.contains(&"grant_ended") && kinds.contains(&"execution_succeeded"), "{kinds:?}");
    second.engine.close().await;
}
