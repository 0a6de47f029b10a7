//! The engine over a real socket, with an executor that does nothing.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
};

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use axum::{Router, serve::ListenerExt as _};
use engine_core::{
    extension::{Failure, Nominee, Plan, Presence, Problem, Receipt, Verdict},
    ids::{OrgId, PluginId, UserId},
    question::Source,
    request::ExecutionState,
    rule::World,
};
use engine_host::HostLimits;
use engine_runtime::{
    Caller, Change, Clock, Engine, EngineOptions, ExtensionCall, Extensions, Ids, Library,
    ListQuery, PluginFile,
};
use engine_server::{
    config::Config,
    data,
    http::{AppState, Installing, router},
};
use engine_store::{EmbeddedStore, List, Options, Order, Store};
use serde_json::{Value as Json, json};
use tokio::{net::TcpListener, sync::watch};

use super::{client::Target, ends::Ends, watched::Watched};

/// How many people the organization has, beside its owner, the requester and the approver.
const PEOPLE: usize = 100;

/// What stands before a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    None,
    /// A component is asked, in a fresh instance.
    Wasm,
}

/// Questions go to the real host; orders are carried out by doing nothing.
#[derive(Debug)]
struct Idle(Library);

#[async_trait]
impl Extensions for Idle {
    fn attach(&self, engine: &Engine) {
        self.0.attach(engine);
    }

    async fn condition(&self, source: &Source, call: &ExtensionCall) -> Result<Verdict, Failure> {
        self.0.condition(source, call).await
    }

    async fn approvers(
        &self,
        source: &Source,
        call: &ExtensionCall,
    ) -> Result<Vec<Nominee>, Failure> {
        self.0.approvers(source, call).await
    }

    async fn problems(
        &self,
        source: &Source,
        call: &ExtensionCall,
    ) -> Result<Vec<Problem>, Failure> {
        self.0.problems(source, call).await
    }

    async fn plan(&self, _: &PluginId, _: &ExtensionCall) -> Result<Plan, Failure> {
        Ok(Plan::default())
    }

    async fn execute(&self, _: &PluginId, _: &ExtensionCall, _: &str) -> Result<Receipt, Failure> {
        Ok(Receipt::default())
    }

    async fn probe(&self, _: &PluginId, _: &ExtensionCall, _: &str) -> Result<Presence, Failure> {
        Ok(Presence::DidNotHappen)
    }

    async fn revert(
        &self,
        _: &PluginId,
        _: &ExtensionCall,
        _: &Receipt,
        _: &str,
    ) -> Result<(), Failure> {
        Ok(())
    }
}

/// An engine that serves.
pub(crate) struct EngineUnderLoad {
    engine: Engine,
    pub(crate) store: Arc<Watched>,
    transactions: watch::Receiver<u64>,
    owner: Caller,
    target: Target,
}

impl EngineUnderLoad {
    pub(crate) async fn start(folder: &Path, condition: Condition) -> Result<Self> {
        let data = folder.join("data");
        let ends = Arc::new(Ends::default());
        let store = EmbeddedStore::open(&data, &Options::default())?;
        let store = Arc::new(Watched::new(store, &data, Arc::clone(&ends)));
        let host = data::host(&data, None, &Config::default(), HostLimits::default()).await?;
        let library = Library::new(host, data.join("components"));
        let engine = Engine::open(EngineOptions {
            store: Arc::clone(&store) as Arc<dyn Store>,
            extensions: Arc::new(Idle(library.clone())),
            clock: Clock::System,
            ids: Ids::Random,
        })
        .await?;
        let owner = organization(&engine, &library, condition).await?;
        let requester = token(&engine, &owner, "ann").await?;
        let approver = token(&engine, &owner, "bob").await?;
        let address = serve(router(AppState {
            engine: engine.clone(),
            library,
            trust: Arc::default(),
            installing: Installing::default(),
        }))
        .await?;
        let target = Target { address, calls_execution: false, requester, approver, ends };
        let transactions = store.activity();
        Ok(Self { engine, store, transactions, owner, target })
    }

    pub(crate) fn target(&self) -> Target {
        self.target.clone()
    }

    /// How many transactions have become durable.
    pub(crate) fn transactions(&self) -> u64 {
        *self.transactions.borrow()
    }

    /// Reads everything back: so many requests there are, and the execution of each has succeeded.
    pub(crate) async fn check(&self, expected: usize) -> Result<()> {
        let (mut count, mut after) = (0, None);
        loop {
            let query = ListQuery { list: List::All, order: Order::NewestFirst, after, limit: 200 };
            let page = self.engine.list(&self.owner, &query).await?;
            for item in &page.items {
                let executions = &item.request.executions;
                let done = |state: &_| matches!(state, ExecutionState::Succeeded { .. });
                ensure!(executions.len() == 1 && done(&executions[0].state), "{:?}", item.request);
            }
            count += page.items.len();
            let Some(next) = page.next else { break };
            after = Some(next);
        }
        ensure!(count == expected, "{count} requests instead of {expected}");
        self.engine.close().await;
        Ok(())
    }
}

/// Serves as `countersign serve` does; says where.
pub(crate) async fn serve(router: Router) -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    tokio::spawn(axum::serve(listener, router).into_future());
    Ok(address)
}

/// A log as `countersign serve` writes it, into a file.
pub(crate) fn start_log(path: &Path) -> Result<()> {
    let file = std::fs::File::create(path)?;
    let log = tracing_subscriber::fmt().with_env_filter("info").with_ansi(false);
    log.with_writer(std::sync::Mutex::new(file)).init();
    Ok(())
}

async fn organization(engine: &Engine, library: &Library, condition: Condition) -> Result<Caller> {
    let org: OrgId = "acme".parse()?;
    let owner = engine.create_organization(&org, from(json!({"login": "olga"}))?).await?;
    let caller = Caller::new(org, owner.clone(), "bench");
    let mut changes = Vec::new();
    let named = ["ann".to_owned(), "bob".to_owned()];
    for login in named.into_iter().chain((0..PEOPLE).map(|number| format!("user-{number}"))) {
        changes.push(Change::PutUser(from(json!({"login": login}))?));
    }
    let mut rule = json!({
        "rule": "change",
        "kind": "change",
        "form": [{"name": "amount", "type": "money", "required": true}],
        "steps": [{"id": "owner", "approvers": [{"id": "bob", "who": {"user": "bob"}}]}],
        "executors": [{"id": "run", "plugin": "idle"}],
    });
    if condition == Condition::Wasm {
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        rule["when"] = json!({"plugin": "calendar", "config": {"days": days}});
        let file = calendar(engine, library, &owner).await?;
        changes.push(Change::PutPlugin { plugin: "calendar".parse()?, file });
    }
    let file = PluginFile {
        digest: "0".repeat(64),
        name: "Idle".to_owned(),
        version: "1.0.0".to_owned(),
        worlds: [World::Executor].into(),
        config: None,
        reads: Vec::new(),
        at: engine.now(),
        by: owner,
        origin: Default::default(),
        signer: None,
    };
    changes.push(Change::PutPlugin { plugin: "idle".parse()?, file });
    engine.organize(&caller, changes, false).await?;
    let publish = Change::Publish { definition: from(rule)?, comment: "first".to_owned() };
    engine.organize(&caller, vec![publish], false).await?;
    Ok(caller)
}

async fn calendar(engine: &Engine, library: &Library, owner: &UserId) -> Result<PluginFile> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/components/calendar.wasm");
    let file = std::fs::read(&path)
        .with_context(|| format!("no plugin at `{}`: run `cargo xtask build`", path.display()))?;
    let plugin = library.add_component(file).await?;
    let file = library.file(&plugin, owner.clone(), engine.now());
    file.context("the calendar is no plugin")
}

async fn token(engine: &Engine, owner: &Caller, login: &str) -> Result<String> {
    let state = engine.organization(&owner.org)?;
    let user = state.organization.directory.by_login(&login.parse()?).context("no such login")?;
    let token = engine.make_token(owner, &user.id, "bench", None).await?;
    Ok(format!("Bearer {}", token.text))
}

fn from<T: serde::de::DeserializeOwned>(json: Json) -> Result<T> {
    Ok(serde_json::from_value(json)?)
}
