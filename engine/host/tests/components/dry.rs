//! Executors that are asked again dry: they come to the same, and nothing is reached.

#[cfg(feature = "databases")]
mod databases;

use std::{collections::BTreeMap, sync::Arc};

use engine_connect::{Begin, Blobs, Cell, Connections, Http, Mode, Secret};
use engine_core::extension::{Failure, FailureClass, Receipt};
use engine_host::{
    Answer, Answered, Asked, Call, Capsule, ConnectionGrant, Grant, Host, HostLimits, HostOptions,
    LimitChanges, Method, Order, Plugin, World,
};
use rusqlite::Connection;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::{
    Place, build,
    built::compiled,
    call, config_of, guest, id, orders,
    out::{Other, granted},
};

/// A host with four orders, a secret, and a plugin; and another that has the plugin alone.
struct Stage {
    folder: TempDir,
    connections: Connections,
    host: Host,
    plugin: Plugin,
    elsewhere: Place,
    there: Plugin,
    limits: LimitChanges,
}

impl Stage {
    async fn open(plugin: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let connections = orders(&folder);
        // The table of markers is there, as after the first effect.
        let begin = Begin { mode: Mode::Atomic, timeout: None };
        let transaction = connections.begin(&id("orders-db"), begin).await.unwrap();
        transaction.rollback().await.unwrap();
        Self::of(plugin, folder, connections, "s3cret").await
    }

    /// With these connections, and this for the secret `token`.
    async fn of(plugin: &str, folder: TempDir, connections: Connections, token: &str) -> Self {
        let host = Host::open(HostOptions {
            folder: folder.path().join("host"),
            compiled: Some(compiled()),
            limits: HostLimits::default(),
            connections: connections.clone(),
            blobs: Blobs::open(folder.path().join("blobs")).await.unwrap(),
            http: Http::default(),
            secrets: [("token".to_owned(), Secret::new(token))].into(),
            lookups: BTreeMap::new(),
        })
        .unwrap();
        let (file, elsewhere) = (build(plugin), Place::new());
        let (plugin, there) = (host.load(&file).unwrap(), elsewhere.load(&file));
        let limits = LimitChanges::default();
        Self { folder, connections, host, plugin, elsewhere, there, limits }
    }

    /// Gives an order; what came of it, as it is read again.
    async fn order(&self, call: &Call, order: Order) -> Capsule {
        let (host, plugin) = (&self.host, &self.plugin);
        let answer = match &order {
            Order::Plan => said(host.plan(plugin, call).await),
            Order::Execute(key) => said(host.execute(plugin, call, key).await),
            Order::Probe(key) => said(host.probe(plugin, call, key).await),
            Order::Revert { done, once_key } => {
                said(host.revert(plugin, call, done, once_key).await)
            }
        };
        let (digest, limits) = (plugin.digest(), self.limits);
        let asked = Asked { plugin: "it", digest, world: World::Executor, limits };
        let (_, text) = Capsule::of_order(&asked, call, order, answer).sealed().unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    async fn execute(&self, call: &Call, key: &str) -> Capsule {
        self.order(call, Order::Execute(key.to_owned())).await
    }

    async fn probe(&self, call: &Call, key: &str) -> Capsule {
        self.order(call, Order::Probe(key.to_owned())).await
    }

    /// A plan, and the call after it was approved.
    async fn plan(&self, call: Call) -> (Capsule, Call) {
        let planned = self.order(&call, Order::Plan).await;
        let Answered::Plan(plan) = &planned.answer else { panic!("{:?}", planned.answer) };
        let statements = plan.statements.clone().into();
        (planned, Call { statements, ..call })
    }

    /// Where there is nothing to reach.
    async fn again(&self, capsule: &Capsule) -> Answer<Answered> {
        let (host, plugin) = (self.elsewhere.host.clone(), self.there.clone());
        let capsule = capsule.clone();
        tokio::task::spawn_blocking(move || host.replay(&plugin, &capsule)).await.unwrap()
    }

    async fn repeats(&self, capsule: &Capsule) {
        let again = self.again(capsule).await;
        assert!(!capsule.trace.exchanges.is_empty(), "{capsule:#?}");
        assert!(capsule.is_repeated_by(&again), "{capsule:#?}\n{again:#?}");
        assert_eq!(capsule.trace.exchanges, again.trace.exchanges);
    }

    async fn fails(&self, capsule: &Capsule) -> (Failure, Answer<Answered>) {
        let again = self.again(capsule).await;
        (again.result.clone().unwrap_err(), again)
    }

    /// Rows of a table, past the host.
    async fn count(&self, table: &str) -> i64 {
        let begin = Begin { mode: Mode::ReadOnly, timeout: None };
        let mut transaction = self.connections.begin(&id("orders-db"), begin).await.unwrap();
        let found = transaction.query(&format!("select count(*) from {table}"), &[], 1).await;
        transaction.rollback().await.unwrap();
        match found.unwrap().rows[0][0] {
            Cell::Integer(number) => number,
            ref other => panic!("{other:?}"),
        }
    }

    fn database(&self) -> Connection {
        Connection::open(self.folder.path().join("orders.db")).unwrap()
    }

    fn number(&self, query: &str) -> i64 {
        self.database().query_row(query, [], |row| row.get(0)).unwrap()
    }
}

fn said<T: Into<Answered>>(answer: Answer<T>) -> Answer<Answered> {
    let Answer { result, trace } = answer;
    Answer { result: result.map(Into::into), trace }
}

fn with(config: Json, grant: Grant) -> Call {
    Call { config: config_of(config), grant: Arc::new(grant), recording: true, ..call() }
}

fn connections(granted: ConnectionGrant) -> Grant {
    Grant { connections: [(id("orders-db"), granted)].into(), blobs: true, ..Grant::default() }
}

fn insert() -> Call {
    insert_into("orders")
}

fn insert_into(table: &str) -> Call {
    let statement = format!("insert into {table} (state) values ('new')");
    let config = json!({"connection": "orders-db", "statement": statement, "max_rows": 1});
    with(config, connections(ConnectionGrant::Write))
}

fn text(capsule: &Capsule) -> String {
    serde_json::to_string(capsule).unwrap()
}

#[tokio::test]
async fn a_statement_is_run_again_without_its_database() {
    let stage = Stage::open("sql").await;
    let call = a_statement_again(&stage, "orders", "k1").await;
    let unkept = Call { recording: false, ..call };
    let answer = stage.host.execute(&stage.plugin, &unkept, "k2").await;
    assert_eq!(answer.trace.exchanges, []);
}

/// Adds an order to four, and does all of it again dry; the call.
async fn a_statement_again(stage: &Stage, table: &str, key: &str) -> Call {
    let (planned, call) = stage.plan(insert_into(table)).await;
    let capsules = [
        planned,
        stage.probe(&call, key).await,
        stage.execute(&call, key).await,
        stage.execute(&call, key).await,
        stage.probe(&call, key).await,
    ];
    assert_eq!(capsules[2].answer, capsules[3].answer, "the receipt of the first");
    assert_ne!(capsules[1].answer, capsules[4].answer);
    assert_eq!(stage.count(table).await, 5);
    for capsule in &capsules {
        stage.repeats(capsule).await;
    }
    assert_eq!(stage.count(table).await, 5);
    call
}

/// EXE-7: the rows of an export pass neither the plugin nor its capsule.
#[tokio::test]
async fn an_export_is_run_again_without_a_file() {
    let stage = Stage::open("export").await;
    let config = json!({
        "connection": "orders-db", "query": "select id, state from orders order by id",
        "max_rows": 10, "file_name": "orders.csv",
    });
    let (planned, call) = stage.plan(with(config, connections(ConnectionGrant::Read))).await;
    let capsules = [
        planned,
        stage.execute(&call, "k1").await,
        stage.execute(&call, "k1").await,
        stage.probe(&call, "k1").await,
        stage.probe(&call, "k2").await,
    ];
    for capsule in &capsules {
        stage.repeats(capsule).await;
        assert!(!text(capsule).contains("paid"), "{}", text(capsule));
    }
    assert_eq!(stage.host.files("k1").await.unwrap().len(), 1);
    assert_eq!(stage.elsewhere.host.files("k1").await.unwrap(), []);
}

const PONG: &str = "HTTP/1.1 200 OK\r\nx-secret: h1dden\r\n\r\npong";

/// What a plugin does that tries everything, and what it is refused.
fn everything(url: &str) -> Json {
    let does = |how: &str, send: &str| json!({"on": "orders-db", "how": how, "send": send});
    json!({
        "one": "orders-db", "two": "nowhere", "url": url, "asked": url, "secret": "token",
        "plan": [
            {"on": "orders-db", "text": "select id, state from orders"},
            {"on": "orders-db", "text": "update orders set state = 'sent' where id = 1"},
            {"on": "orders-db", "text": "delete from orders where id = 2", "on_revert": true},
        ],
        "does": [
            does("read", "select id, state from orders"),
            does("describe", "select id, state from orders"),
            does("estimate", "select id, state from orders"),
            does("export", "select id, state from orders"),
            does("change", "update orders set state = 'sent' where id = 1"),
            does("change", "delete from orders where id = 2"),
            does("change", "nonsense"),
            {"on": "orders-db", "how": "read", "send": "select 1", "password": "token"},
            {"on": "nowhere", "how": "read", "send": "select 1"},
        ],
        "calls": [
            {"method": "POST", "url": url, "secret": "token", "header": ["x-trace", "7"]},
            {"url": url},
            {"url": "http://127.0.0.1:1/"},
            {"method": "POST", "url": url, "header": ["host", "elsewhere"]},
        ],
        "steps": [
            {"name": "charge", "answer": "c-1"}, {"name": "charge", "answer": "c-2"},
            {"name": "charge", "look": true}, {"name": "mail"},
        ],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_tried_comes_to_the_same_and_reaches_nobody() {
    let stage = Stage::open("rogue").await;
    let other = Other::new(Some(PONG));
    let mut grant = granted(&other.origin, &[Method::Post, Method::Get]);
    grant.connections = connections(ConnectionGrant::Write).connections;
    grant.blobs = true;
    let config = everything(&format!("{}/tickets", other.origin));
    let (planned, call) = stage.plan(with(config, grant)).await;
    let done = Receipt::default();
    let capsules = [
        planned,
        stage.execute(&call, "k1").await,
        stage.probe(&call, "k1").await,
        stage.execute(&call, "k1").await,
        stage.order(&call, Order::Revert { done, once_key: "k1".to_owned() }).await,
    ];
    let heard = other.heard().len();
    assert!(heard >= 5, "{heard}");
    assert_eq!(
        stage.number("select count(*) from orders where state = 'sent'"),
        1,
        "{:?}",
        capsules[1].answer
    );
    let changed = stage.number("select sum(id * length(state)) from orders");
    for capsule in &capsules {
        stage.repeats(capsule).await;
        for secret in ["s3cret", "h1dden"] {
            assert!(!text(capsule).contains(secret), "{}", text(capsule));
        }
    }
    assert!(capsules[1].trace.denials.len() >= 3, "{:?}", capsules[1]);
    assert!(text(&capsules[1]).contains("pong") && text(&capsules[1]).contains("paid"));
    assert_eq!(other.heard().len(), heard);
    assert_eq!(stage.number("select sum(id * length(state)) from orders"), changed);
}

fn rogue(does: &Json) -> Call {
    let plan = json!([
        {"on": "orders-db", "text": "select id from orders"},
        {"on": "orders-db", "text": "update orders set state = 'sent'"},
        {"on": "orders-db", "text": "update orders set state = 'lost'"},
    ]);
    let config = json!({"one": "orders-db", "two": "orders-db", "plan": plan, "does": does});
    with(config, connections(ConnectionGrant::Write))
}

fn does(how: &str, send: &str) -> Json {
    json!({"on": "orders-db", "how": how, "send": send})
}

/// What a capsule would have been of a version that does something else.
fn other_version(capsule: &Capsule, does: &Json) -> Capsule {
    Capsule { config: (*rogue(does).config).clone(), ..capsule.clone() }
}

#[tokio::test]
async fn a_version_that_asks_something_else_is_told_what() {
    let stage = Stage::open("rogue").await;
    let sent = does("change", "update orders set state = 'sent'");
    let (_, call) = stage.plan(rogue(&json!([sent]))).await;
    let capsule = stage.execute(&call, "k1").await;
    stage.repeats(&capsule).await;

    let lost = json!([does("change", "update orders set state = 'lost'")]);
    let (failure, again) = stage.fails(&other_version(&capsule, &lost)).await;
    assert_eq!(failure.class, FailureClass::Contract, "{failure:?}");
    assert!(
        failure.message.contains(
            "it asks `transaction.execute` (update orders set state = 'lost'), where it asked \
             `transaction.execute` (update orders set state = 'sent') the first time"
        ),
        "{failure:?}"
    );
    assert!(!capsule.gave(&again));

    // What the plan does not cover is refused before anything is asked.
    let (failure, again) =
        stage.fails(&other_version(&capsule, &json!([does("change", "delete from orders")]))).await;
    assert!(failure.message.contains("it asks `transaction.commit` (orders-db)"), "{failure:?}");
    assert!(again.trace.denials[0].why.contains("does not cover"), "{:?}", again.trace.denials);
    let ungranted = Capsule { grant: Grant::default(), ..capsule.clone() };
    let again = stage.again(&ungranted).await;
    assert!(again.trace.denials[0].why.contains("not granted"), "{:?}", again.trace.denials);
    assert_eq!(stage.number("select count(*) from orders where state = 'sent'"), 4);
}

/// A plan is looked at by the host, which asks for the language of each connection.
#[tokio::test]
async fn a_version_that_plans_less_is_told_what_it_asks_instead() {
    let stage = Stage::open("rogue").await;
    let (planned, _) = stage.plan(rogue(&json!([]))).await;
    stage.repeats(&planned).await;
    let plan = json!([{"on": "orders-db", "text": "select id from orders"}]);
    let less = config_of(json!({"one": "orders-db", "two": "orders-db", "plan": plan}));
    let (failure, _) = stage.fails(&Capsule { config: (*less).clone(), ..planned }).await;
    assert_eq!(failure.class, FailureClass::Contract, "{failure:?}");
    assert!(
        failure.message.contains(
            "it asks `connection.kind` (orders-db), where it asked `connection.open` (orders-db) \
             the first time"
        ),
        "{failure:?}"
    );
}

#[tokio::test]
async fn a_version_that_asks_for_less_is_not_the_same() {
    let stage = Stage::open("rogue").await;
    let read = does("read", "select id from orders");
    let (_, call) = stage.plan(rogue(&json!([read, read]))).await;
    let capsule = stage.execute(&call, "k1").await;
    let less = json!([read, does("estimate", "select id from orders")]);
    let again = stage.again(&other_version(&capsule, &less)).await;
    assert_eq!(again.result, Ok(capsule.answer.clone()));
    assert!(!capsule.gave(&again));
    let left = capsule.left_out(&again).unwrap();
    assert_eq!(left, "`transaction.query` (select id from orders)");
}

#[tokio::test]
async fn of_rows_that_are_too_many_nothing_is_kept() {
    let stage = Stage::open("rogue").await;
    let many = "insert into orders (state) select 'bulky' || hex(zeroblob(1000)) from orders o,
        orders p, orders q, orders r";
    stage.database().execute_batch(many).unwrap();
    let plan = json!([{"on": "orders-db", "text": "select id, state from orders"}]);
    let does = json!([does("read", "select id, state from orders")]);
    let config = json!({"one": "orders-db", "two": "orders-db", "plan": plan, "does": does});
    let (planned, call) = stage.plan(with(config, connections(ConnectionGrant::Read))).await;
    assert!(!planned.is_cut());
    let capsule = stage.execute(&call, "k1").await;
    assert!(capsule.is_cut() && !text(&capsule).contains("bulky"));
    let (failure, _) = stage.fails(&capsule).await;
    assert_eq!(failure.class, FailureClass::Unavailable);
    assert!(failure.message.contains("too large to be kept"), "{failure:?}");
}

#[test]
fn a_script_is_asked_again_by_its_text() {
    let place = Place::new();
    let text = "if request.amount > 100 { \"too much\" } else { true }";
    let script = place.host.compile_script(text).unwrap();
    let answer = said(place.host.script_condition(&script, &call()));
    let limits = LimitChanges::default();
    let digest = script.digest();
    let asked = Asked { plugin: "limit.rhai", digest: &digest, world: World::Condition, limits };
    let script = Some(text.to_owned());
    let capsule = Capsule { script, ..Capsule::of(&asked, &call(), answer) };
    let capsule: Capsule = serde_json::from_slice(&capsule.sealed().unwrap().1).unwrap();
    let elsewhere = Place::new().host;
    let again =
        |text: &str| elsewhere.replay_script(&elsewhere.compile_script(text).unwrap(), &capsule);
    assert!(capsule.is_repeated_by(&again(capsule.script.as_deref().unwrap())));
    assert!(!capsule.gave(&again("true")));
}

/// How far a plugin comes in its time is another thing at every moment.
#[tokio::test]
async fn what_ran_out_of_time_cannot_be_repeated() {
    let mut stage = Stage::open("vandal").await;
    let (fuel, deadline_ms) = (Some(u64::MAX / 2), Some(300));
    stage.limits = LimitChanges { fuel, deadline_ms, ..LimitChanges::default() };
    let config = json!({"at": "execute", "deed": "hold"});
    let (planned, call) = stage.plan(with(config, connections(ConnectionGrant::Write))).await;
    assert!(!planned.ran_out_of_time());
    let limits = stage.host.limits(&stage.plugin, World::Executor, &stage.limits);
    let capsule = stage.execute(&Call { limits, ..call }, "k1").await;
    let Answered::Failed(failure) = &capsule.answer else { panic!("{:?}", capsule.answer) };
    assert_eq!(failure.class, FailureClass::Deadline, "{failure:?}");
    assert!(capsule.trace.exchanges.iter().all(|exchange| exchange.answer.is_some()));
    assert!(capsule.ran_out_of_time());
}

#[test]
fn what_found_no_place_cannot_be_repeated() {
    let place = Place::with(HostLimits { concurrent_questions: 0, ..HostLimits::default() });
    let plugin = place.load(&guest::condition("(i32.const 1024)"));
    let answer = said(place.host.condition(&plugin, &call()));
    let (digest, limits) = (plugin.digest(), LimitChanges::default());
    let asked = Asked { plugin: "it", digest, world: World::Condition, limits };
    assert!(Capsule::of(&asked, &call(), answer).ran_out_of_time());
}

/// What was waited for in vain is not waited for again.
#[tokio::test]
async fn what_was_late_is_late_again() {
    let mut stage = Stage::open("sql").await;
    let (_, call) = stage.plan(insert()).await;
    // All places of the connection are taken, for longer than the call may take.
    let mut open = Vec::new();
    for _ in 0..engine_connect::Limits::default().open {
        let begin = Begin { mode: Mode::ReadOnly, timeout: None };
        open.push(stage.connections.begin(&id("orders-db"), begin).await.unwrap());
    }
    stage.limits = LimitChanges { deadline_ms: Some(1_000), ..LimitChanges::default() };
    let limits = stage.host.limits(&stage.plugin, World::Executor, &stage.limits);
    let capsule = stage.execute(&Call { limits, ..call }, "k1").await;
    drop(open);
    let Answered::Failed(failure) = &capsule.answer else { panic!("{:?}", capsule.answer) };
    assert_eq!(failure.class, FailureClass::Deadline, "{failure:?}");
    let last = capsule.trace.exchanges.last().unwrap();
    assert_eq!((last.call.as_str(), &last.answer), ("connection.begin", &None), "{last:?}");
    assert!(!capsule.ran_out_of_time());
    let start = std::time::Instant::now();
    stage.repeats(&capsule).await;
    assert!(start.elapsed() < std::time::Duration::from_secs(5));
    assert_eq!(stage.number("select count(*) from orders"), 4);
}
