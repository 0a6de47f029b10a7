//! EXE-6c: grants of one right, made and taken back while others are under way.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use engine_core::{
    command::{Command, Decide, Seen, Submit},
    extension::{Failure, Nominee, Plan, Presence, Problem, Receipt, Verdict},
    ids::{ExecutionId, Login, OrgId, PluginId, RequestId},
    question::Source,
    request::Choice,
    rule::{Target, World},
};
use engine_runtime::{
    Caller, Change, Clock, Engine, EngineError, EngineOptions, ExtensionCall, Extensions, Ids,
    Origin, PluginFile,
};
use engine_store::Store;
use serde_json::json;
use tokio::sync::{
    Semaphore,
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use crate::place::in_memory;

/// How long the engine may take, on the machine's clock.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(5);

/// One door, whose right every execution gives. Where it is told to wait, it begins and ends only when it
/// is let.
#[derive(Debug)]
struct Door {
    calls: UnboundedSender<String>,
    /// The calls that wait, such as `execute r2`.
    waits: &'static [&'static str],
    let_go: Semaphore,
    /// What a probe finds of an execution whose end nobody saw.
    is_there: bool,
}

impl Door {
    fn tell(&self, text: String) {
        // Nobody may be listening any more.
        let _ = self.calls.send(text);
    }

    async fn call(&self, method: &str, call: &ExtensionCall) {
        let name = format!("{method} {}", call.facts.request);
        self.tell(name.clone());
        if self.waits.contains(&name.as_str()) {
            self.let_go.acquire().await.unwrap().forget();
            self.tell(format!("{name} ended"));
        }
    }
}

#[async_trait]
impl Extensions for Door {
    async fn condition(&self, _: &Source, _: &ExtensionCall) -> Result<Verdict, Failure> {
        Ok(Verdict::Met)
    }

    async fn approvers(&self, _: &Source, _: &ExtensionCall) -> Result<Vec<Nominee>, Failure> {
        Ok(Vec::new())
    }

    async fn problems(&self, _: &Source, _: &ExtensionCall) -> Result<Vec<Problem>, Failure> {
        Ok(Vec::new())
    }

    async fn plan(&self, _: &PluginId, call: &ExtensionCall) -> Result<Plan, Failure> {
        self.tell(format!("plan {}", call.facts.request));
        Ok(Plan { binding: json!({"grants": ["ann: the door"]}), ..Plan::default() })
    }

    async fn execute(
        &self,
        _: &PluginId,
        call: &ExtensionCall,
        _: &str,
    ) -> Result<Receipt, Failure> {
        self.call("execute", call).await;
        Ok(Receipt::default())
    }

    async fn probe(&self, _: &PluginId, _: &ExtensionCall, _: &str) -> Result<Presence, Failure> {
        let found = Presence::Happened(Receipt::default());
        Ok(if self.is_there { found } else { Presence::DidNotHappen })
    }

    async fn revert(
        &self,
        _: &PluginId,
        call: &ExtensionCall,
        _: &Receipt,
        _: &str,
    ) -> Result<(), Failure> {
        self.call("revert", call).await;
        Ok(())
    }
}

/// An engine, its door, and what the door was called for.
struct Running {
    engine: Engine,
    door: Arc<Door>,
    calls: UnboundedReceiver<String>,
    olga: Caller,
    bob: Caller,
}

impl Running {
    /// A new organization.
    async fn new(store: Arc<dyn Store>, waits: &'static [&'static str]) -> Self {
        let org: OrgId = "main".parse().unwrap();
        let nobody = Caller::new(org.clone(), "nobody".parse().unwrap(), "test");
        let mut running = Self::open(store, waits, false, (nobody.clone(), nobody)).await;
        let doc = |login: &str| serde_json::from_value(json!({"login": login})).unwrap();
        let owner = running.engine.create_organization(&org, doc("olga")).await.unwrap();
        running.olga = Caller::new(org.clone(), owner.clone(), "test");
        let door = PluginFile {
            digest: "door".to_owned(),
            name: "door".to_owned(),
            version: "0.0.0".to_owned(),
            worlds: [World::Executor].into(),
            config: None,
            reads: Vec::new(),
            at: running.engine.now(),
            by: owner,
            origin: Origin::Administrator,
            signer: None,
        };
        let rule = json!({
            "rule": "access", "kind": "access",
            "steps": [{"id": "s", "approvers": [{"id": "bob", "who": {"user": "bob"}}]}],
            "executors": [{"id": "grant", "plugin": "door"}],
        });
        let definition = Box::new(serde_json::from_value(rule).unwrap());
        for change in [
            Change::PutUser(doc("bob")),
            Change::PutPlugin { plugin: "door".parse().unwrap(), file: door },
            Change::Publish { definition, comment: String::new() },
        ] {
            running.engine.organize(&running.olga, vec![change], false).await.unwrap();
        }
        let login: Login = "bob".parse().unwrap();
        let organization = running.engine.organization(&org).unwrap();
        let bob = organization.organization.directory.by_login(&login).unwrap().id.clone();
        running.bob = Caller::new(org, bob, "test");
        running
    }

    async fn open(
        store: Arc<dyn Store>,
        waits: &'static [&'static str],
        is_there: bool,
        (olga, bob): (Caller, Caller),
    ) -> Self {
        let (tell, calls) = unbounded_channel();
        let door = Arc::new(Door { calls: tell, waits, let_go: Semaphore::new(0), is_there });
        let extensions: Arc<dyn Extensions> = door.clone();
        let options = EngineOptions { store, extensions, clock: Clock::System, ids: Ids::Random };
        Self { engine: Engine::open(options).await.unwrap(), door, calls, olga, bob }
    }

    /// Olga asks and Bob approves.
    async fn approved(&self, id: &str) {
        let submit = Submit {
            id: id.parse().unwrap(),
            properties: [].into(),
            items: Vec::new(),
            picks: Default::default(),
            target_users: Vec::new(),
            title: "The door".to_owned(),
            reason: "To get in".to_owned(),
            urgent: false,
            approval_expires: None,
            ends: None,
        };
        let rule = Target::Rule("access".parse().unwrap());
        self.engine.submit(&self.olga, &rule, submit).await.unwrap();
        let seen = Some(Seen { revision: 1, step: Some("s".parse().unwrap()) });
        let comment = Some("fine".to_owned());
        let choice = Choice::Approve;
        let decide = Decide { choice, comment, concern: None, items: None, step: None, seen };
        self.command(&self.bob, id, Command::Decide(decide)).await.unwrap();
    }

    async fn revoke(&self, id: &str) {
        let (execution, comment) = (grant(), "not needed any more".to_owned());
        self.command(&self.olga, id, Command::Revoke { execution, comment }).await.unwrap();
    }

    async fn command(&self, by: &Caller, id: &str, command: Command) -> Result<(), EngineError> {
        self.engine.command(by, &id.parse().unwrap(), command).await.map(drop)
    }

    /// The next call that is no plan.
    async fn next(&mut self) -> String {
        self.next_of(|call| !call.starts_with("plan ")).await
    }

    async fn next_of(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        let next = async {
            loop {
                let call = self.calls.recv().await.unwrap();
                if wanted(&call) {
                    return call;
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.unwrap()
    }

    async fn is(&self, id: &str, state: &str) {
        let request: RequestId = id.parse().unwrap();
        let becomes = async {
            while self.state(&request).await != state {
                tokio::time::sleep(POLL).await;
            }
        };
        let became = tokio::time::timeout(PATIENCE, becomes).await;
        assert!(became.is_ok(), "{id} is {}, not {state}", self.state(&request).await);
    }

    async fn state(&self, id: &RequestId) -> &'static str {
        let seen = self.engine.request(&self.olga, id).await.unwrap();
        seen.request.execution(&grant()).unwrap().state.as_str()
    }
}

fn grant() -> ExecutionId {
    "grant".parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_is_not_given_while_it_is_taken_back() {
    let mut running = Running::new(in_memory(), &["revert r1"]).await;
    running.approved("r1").await;
    assert_eq!(running.next().await, "execute r1");
    running.is("r1", "active").await;
    running.revoke("r1").await;
    assert_eq!(running.next().await, "revert r1");

    running.approved("r2").await;
    // Its second plan is made when it is about to start.
    for _ in 0..2 {
        running.next_of(|call| call == "plan r2").await;
    }
    running.is("r2", "scheduled").await;
    running.door.let_go.add_permits(1);
    assert_eq!(running.next().await, "revert r1 ended");
    assert_eq!(running.next().await, "execute r2");
    running.is("r1", "revoked").await;
    running.is("r2", "active").await;
    running.revoke("r2").await;
    assert_eq!(running.next().await, "revert r2");
    running.is("r2", "revoked").await;
    running.engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_does_not_end_before_it_knows_what_becomes_of_another() {
    let mut running = Running::new(in_memory(), &["execute r2"]).await;
    running.approved("r1").await;
    assert_eq!(running.next().await, "execute r1");
    running.is("r1", "active").await;
    running.approved("r2").await;
    assert_eq!(running.next().await, "execute r2");
    running.revoke("r1").await;
    running.is("r1", "revoking").await;

    running.door.let_go.add_permits(1);
    assert_eq!(running.next().await, "execute r2 ended");
    running.is("r2", "active").await;
    running.is("r1", "revoked").await;
    running.revoke("r2").await;
    assert_eq!(running.next().await, "revert r2", "and r1 was never taken back");
    running.is("r2", "revoked").await;
    running.engine.close().await;
}

/// EXE-3: whether the other one gave the right is found out before this one ends.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_engine_that_died_was_giving_is_counted_or_not_as_it_turns_out() {
    for is_there in [true, false] {
        let store = in_memory();
        let mut first = Running::new(Arc::clone(&store), &["execute r2"]).await;
        first.approved("r1").await;
        first.is("r1", "active").await;
        first.approved("r2").await;
        first.next_of(|call| call == "execute r2").await;
        first.revoke("r1").await;
        first.engine.abandon();
        let people = (first.olga.clone(), first.bob.clone());
        drop(first);

        let mut second = Running::open(store, &[], is_there, people).await;
        second.is("r2", "active").await;
        second.is("r1", "revoked").await;
        second.revoke("r2").await;
        second.is("r2", "revoked").await;
        let mut calls = Vec::new();
        while calls.last().is_none_or(|call| call != "revert r2") {
            calls.push(second.next().await);
        }
        // Where it had not happened, it is either given again and then left to it, or taken back first.
        let taken_back = calls.iter().position(|call| call == "revert r1");
        let given = calls.iter().position(|call| call == "execute r2");
        assert_eq!(given.is_some(), !is_there, "{calls:?}");
        assert!(taken_back.is_none_or(|at| given.is_some_and(|given| at < given)), "{calls:?}");
        second.engine.close().await;
    }
}
