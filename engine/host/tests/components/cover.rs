//! A hostile executor (`tests/rogue`): what its approved plan does not cover is refused, whatever it
//! tries, and what it covers is done. Counted on the databases, past the host.

use std::{collections::BTreeMap, sync::Arc};

use engine_connect::{Begin, Cell, ConnectionConfig, Connections, Mode, Target};
use engine_core::extension::{Failure, FailureClass, Plan, Presence, Receipt};
use engine_host::{Answer, Call, ConnectionGrant, Grant, HostLimits, Plugin, Trace};
use serde_json::{Value as Json, json};

use crate::{Place, build, call, config_of, id, open_with};

/// Two databases, each with four orders and two people, and the plugin.
struct Court {
    place: Place,
    connections: Connections,
    plugin: Plugin,
    /// What stands before the names of tables.
    schema: String,
}

impl Court {
    fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let target = |name: &str| {
            let path = folder.path().join(format!("{name}.db"));
            let database = rusqlite::Connection::open(&path).unwrap();
            database.execute_batch(&setup("").join(";")).unwrap();
            Target::Sqlite { path }
        };
        let targets = [target("one"), target("two")];
        Self::new(folder, targets, String::new())
    }

    fn new(folder: tempfile::TempDir, targets: [Target; 2], schema: String) -> Self {
        let config = |target| {
            let limits = engine_connect::Limits::default();
            ConnectionConfig { target, read_only: false, limits }
        };
        let [one, two] = targets.map(config);
        let connections = Connections::new([(id("one"), one), (id("two"), two)].into());
        let host = open_with(&folder, HostLimits::default(), connections.clone(), BTreeMap::new());
        let place = Place { host, folder };
        let plugin = place.load(&build("rogue"));
        Self { place, connections, plugin, schema }
    }

    /// A call of the plugin, granted everything that it asks for.
    fn call(&self, plan: &Json, does: &Json) -> Call {
        let mut config = json!({"one": "one", "two": "two", "plan": plan, "does": does});
        // `$` stands before every name of a table.
        fill(&mut config, &self.schema);
        let write = ConnectionGrant::Write;
        let grant = Grant {
            connections: [(id("one"), write), (id("two"), write)].into(),
            blobs: true,
            ..Grant::default()
        };
        Call { config: config_of(config), grant: Arc::new(grant), ..call() }
    }

    async fn plan(&self, call: &Call) -> Answer<Plan> {
        self.place.host.plan(&self.plugin, call).await
    }

    /// The same call, after its plan was approved.
    async fn approved(&self, call: Call) -> Call {
        let plan = self.plan(&call).await.result.unwrap();
        Call { statements: plan.statements.into(), ..call }
    }

    /// What came of each attempt, those of committing last.
    async fn execute(&self, call: &Call, key: &str) -> (Vec<String>, Trace) {
        outcomes(self.place.host.execute(&self.plugin, call, key).await)
    }

    /// Orders and people of both databases, past the host.
    async fn counts(&self) -> [i64; 4] {
        let mut counts = Vec::new();
        for name in ["one", "two"] {
            for table in ["orders where state = 'open'", "people where name <> 'x'"] {
                counts.push(self.number(name, &format!("select count(*) from ${table}")).await);
            }
        }
        counts.try_into().unwrap()
    }

    async fn number(&self, connection: &str, sql: &str) -> i64 {
        let begin = Begin { mode: Mode::ReadOnly, timeout: None };
        let mut transaction = self.connections.begin(&id(connection), begin).await.unwrap();
        let rows = transaction.query(&sql.replace('$', &self.schema), &[], 10).await.unwrap().rows;
        transaction.rollback().await.unwrap();
        match rows[0][0] {
            Cell::Integer(number) => number,
            ref other => panic!("{other:?}"),
        }
    }
}

fn setup(schema: &str) -> [String; 4] {
    [
        format!("create table {schema}orders (id integer primary key, state text not null)"),
        format!("insert into {schema}orders values (1,'open'),(2,'open'),(3,'open'),(4,'open')"),
        format!("create table {schema}people (id integer primary key, name text not null)"),
        format!("insert into {schema}people values (1, 'Ann'), (2, 'Bob')"),
    ]
}

fn fill(json: &mut Json, schema: &str) {
    match json {
        Json::String(text) => *text = text.replace('$', schema),
        Json::Array(values) => values.iter_mut().for_each(|value| fill(value, schema)),
        Json::Object(fields) => fields.values_mut().for_each(|value| fill(value, schema)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

fn outcomes(answer: Answer<Receipt>) -> (Vec<String>, Trace) {
    let receipt = answer.result.unwrap();
    let outcomes = receipt.fields["outcomes"].as_array().unwrap();
    (outcomes.iter().map(text).collect(), answer.trace)
}

/// An entry of a list of texts.
pub(crate) fn text(entry: &Json) -> String {
    match entry {
        Json::String(text) => text.clone(),
        other => other["text"].as_str().unwrap().to_owned(),
    }
}

const UNTOUCHED: [i64; 4] = [4, 2, 4, 2];

fn change(on: &str, send: &str) -> Json {
    json!({"on": on, "send": send, "how": "change"})
}

/// What it plans, and what it tries instead.
fn crimes() -> Vec<(&'static str, Json, Json)> {
    let updates = json!([{"on": "one", "like": "update $orders set state = 'paid'"}]);
    let reads = json!([{"on": "one", "text": "select id from $orders"}]);
    let people = |how: &str| json!([{"on": "one", "send": "select * from $people", "how": how}]);
    vec![
        (
            "plans one table and writes another",
            updates.clone(),
            json!([change("one", "update $people set name = 'x'")]),
        ),
        (
            "plans an UPDATE and sends a DELETE",
            updates.clone(),
            json!([change("one", "delete from $orders")]),
        ),
        (
            "plans on one connection and writes on another",
            json!([{"on": "one", "text": "delete from $orders"}]),
            json!([change("two", "delete from $orders")]),
        ),
        (
            "plans a shape and smuggles another table in",
            updates.clone(),
            json!([change("one", "update $orders set state = (select max(name) from $people)")]),
        ),
        (
            "plans a text and sends more of it",
            json!([{"on": "one", "text": "delete from $orders where id = 99"}]),
            json!([change("one", "delete from $orders where id = 99 or 1 = 1")]),
        ),
        (
            "plans a change for its end and does it at once",
            json!([{"on": "one", "text": "delete from $orders", "on_revert": true}]),
            json!([change("one", "delete from $orders")]),
        ),
        (
            "plans to read and writes",
            reads.clone(),
            json!([change("one", "update $orders set state = 'paid'")]),
        ),
        ("plans nothing and writes", json!([]), json!([change("one", "delete from $orders")])),
        (
            "plans nothing and makes a table",
            json!([]),
            json!([change("one", "create table $loot (id int)")]),
        ),
        ("plans one table and reads another", reads.clone(), people("read")),
        ("plans one table and exports another", reads.clone(), people("export")),
        ("plans one table and asks for the columns of another", reads.clone(), people("describe")),
        ("plans one table and counts another", reads, people("estimate")),
        ("plans to write and reads", updates, people("read")),
    ]
}

async fn every_crime_is_refused(court: &Court) {
    for (number, (crime, plan, does)) in crimes().into_iter().enumerate() {
        let call = court.approved(court.call(&plan, &does)).await;
        let key = format!("crime-{number}");
        let (outcomes, trace) = court.execute(&call, &key).await;
        assert!(outcomes[0].contains("the approved plan does not cover"), "{crime}: {outcomes:?}");
        let denial = &trace.denials[0];
        assert_eq!(denial.capability, "statements", "{crime}");
        assert!(denial.why.contains("does not cover"), "{crime}: {denial:?}");
        assert!(court.place.host.files(&key).await.unwrap().is_empty(), "{crime}");
        assert_eq!(court.counts().await, UNTOUCHED, "{crime}");
    }
}

/// What honest plans are, and what comes of them.
async fn the_honest_pass(court: &Court) {
    let plan = json!([
        {"on": "one", "like": "update $orders set state = 'paid'"},
        {"on": "one", "text": "select id from $orders"},
        {"on": "one", "text": "select id from $people"},
        {"on": "two", "text": "delete from $orders where id = 1"},
        {"on": "two", "text": "delete from $orders where id = 2"},
    ]);
    let does = json!([
        {"on": "one", "send": "select id from $orders", "how": "read"},
        {"on": "one", "send": "select id from $orders", "how": "read"},
        {"on": "one", "send": "select id from $orders", "how": "estimate"},
        {"on": "one", "send": "select id from $people", "how": "export"},
        change("one", "update $orders set state = 'paid' where id = 1"),
        change("one", "update $orders set state = 'sent' where id > 3"),
        change("two", "delete from $orders where id = 2"),
        change("two", "delete from $orders where id = 1"),
    ]);
    let call = court.approved(court.call(&plan, &does)).await;
    let (outcomes, trace) = court.execute(&call, "honest").await;
    assert_eq!(outcomes, ["done"; 10]);
    assert_eq!(trace.denials, []);
    assert_eq!(court.counts().await, [2, 2, 2, 2]);
    assert_eq!(court.place.host.files("honest").await.unwrap()[0].rows, Some(2));
}

/// EXE-6a
#[tokio::test]
async fn what_the_plan_does_not_cover_is_refused() {
    let court = Court::sqlite();
    every_crime_is_refused(&court).await;
    the_honest_pass(&court).await;
}

/// EXE-6a
#[tokio::test]
async fn without_a_plan_nothing_is_covered() {
    let court = Court::sqlite();
    let delete = "delete from $orders";
    let planned = json!([{"on": "one", "text": delete}]);
    let call = court.call(&planned, &json!([change("one", delete)]));
    let (outcomes, _) = court.execute(&call, "k").await;
    assert!(outcomes[0].contains("it covers nothing here"), "{outcomes:?}");
    assert_eq!(court.counts().await, UNTOUCHED);
    let (outcomes, _) = court.execute(&court.approved(call).await, "k2").await;
    assert_eq!(outcomes, ["done", "done"]);
    assert_eq!(court.counts().await, [0, 2, 4, 2]);
}

/// EXE-6a: an approved change does not happen twice, in one call or in several.
#[tokio::test]
async fn a_change_happens_as_often_as_it_is_planned() {
    let court = Court::sqlite();
    let insert = "insert into $orders (state) values ('open')";
    let once = json!([{"on": "one", "text": insert}]);
    let twice = json!([change("one", insert), change("one", insert)]);
    let call = court.approved(court.call(&once, &twice)).await;
    let (outcomes, trace) = court.execute(&call, "k").await;
    assert_eq!((outcomes[0].as_str(), outcomes[2].as_str()), ("done", "done"));
    assert!(outcomes[1].contains("as often as it is planned"), "{outcomes:?}");
    assert_eq!(trace.denials.len(), 1);
    assert_eq!(court.counts().await, [5, 2, 4, 2]);
    // The marker of the first call, whatever the plugin says about it.
    court.execute(&call, "k").await;
    assert_eq!(court.counts().await, [5, 2, 4, 2]);

    let both = json!([{"on": "one", "text": insert}, {"on": "one", "text": insert}]);
    let call = court.approved(court.call(&both, &twice)).await;
    assert_eq!(court.execute(&call, "k2").await.0, ["done"; 3]);
    assert_eq!(court.counts().await, [7, 2, 4, 2]);
}

/// EXE-3: a key of its own would let an effect happen once more.
#[tokio::test]
async fn no_other_key_marks_an_effect() {
    let court = Court::sqlite();
    let delete = "delete from $orders";
    for other in ["other", "k:2", "k/revert", ""] {
        let mut call =
            court.call(&json!([{"on": "one", "text": delete}]), &json!([change("one", delete)]));
        let mut config = (*call.config).clone();
        config.extend((*config_of(json!({"key": other}))).clone());
        call.config = Arc::new(config);
        let (outcomes, _) = court.execute(&court.approved(call).await, "k").await;
        assert!(outcomes[1].contains("the key is not that of this execution"), "{outcomes:?}");
        assert_eq!(court.counts().await, UNTOUCHED, "{other}");
    }
}

/// EXE-6a
#[tokio::test]
async fn parameters_are_those_of_the_plan() {
    let court = Court::sqlite();
    let delete = "delete from $orders where id = ?";
    let plan = json!([{"on": "one", "exact": [delete, 1]}]);
    let send = |parameter: i64| json!([{"on": "one", "send": delete, "parameter": parameter, "how": "change"}]);
    let call = court.approved(court.call(&plan, &send(2))).await;
    let (outcomes, _) = court.execute(&call, "k").await;
    assert!(outcomes[0].contains("does not cover"), "{outcomes:?}");
    assert_eq!(court.counts().await, UNTOUCHED);
    let call = court.approved(court.call(&plan, &send(1))).await;
    assert_eq!(court.execute(&call, "k2").await.0, ["done", "done"]);
    assert_eq!(court.counts().await, [3, 2, 4, 2]);
}

/// EXE-3, EXE-6a: while it is found out what happened, what was approved can be read and nothing can
/// change.
#[tokio::test]
async fn a_probe_reads_what_was_approved_and_changes_nothing() {
    let court = Court::sqlite();
    let delete = "delete from $orders";
    let plan =
        json!([{"on": "one", "text": delete}, {"on": "one", "text": "select id from $orders"}]);
    let does = json!([
        {"on": "one", "send": "select id from $orders", "how": "read"},
        {"on": "one", "send": "select id from $people", "how": "read"},
        {"on": "one", "send": "select id from $orders", "how": "export"},
        change("one", delete),
        {"on": "one", "send": delete, "how": "steps"},
    ]);
    let call = court.approved(court.call(&plan, &does)).await;
    let probed = court.place.host.probe(&court.plugin, &call, "k").await;
    let Ok(Presence::Happened(receipt)) = probed.result else { panic!("{:?}", probed.result) };
    let (outcomes, _) = outcomes(Answer { result: Ok(receipt), trace: probed.trace });
    assert_eq!(outcomes[0], "done");
    assert!(outcomes[1].contains("does not cover"), "{outcomes:?}");
    for refused in &outcomes[2..5] {
        assert!(refused.contains("nothing may change while"), "{outcomes:?}");
    }
    assert_eq!(court.counts().await, UNTOUCHED);
}

/// EXE-5, EXE-6a
#[tokio::test]
async fn what_is_taken_back_has_a_plan_of_its_own() {
    let court = Court::sqlite();
    let plan = json!([
        {"on": "one", "text": "delete from $orders where id = 1"},
        {"on": "one", "text": "delete from $orders where id = 2", "on_revert": true},
    ]);
    let does = json!([
        change("one", "delete from $orders where id = 1"),
        change("one", "delete from $orders where id = 2"),
    ]);
    let call = court.approved(court.call(&plan, &does)).await;
    let done = Receipt::default();
    let done = Receipt { reference: "k".to_owned(), ..done };
    let answer = court.place.host.revert(&court.plugin, &call, &done, "k").await;
    let (outcomes, _) = outcomes(answer);
    assert!(outcomes[0].contains("does not cover"), "{outcomes:?}");
    assert_eq!(outcomes[1..], ["done", "done"]);
    assert_eq!(court.counts().await, [3, 2, 4, 2]);
}

/// EXE-6: what people approve is the host's own view, and nonsense is no plan.
#[tokio::test]
async fn a_plan_is_checked_on_the_way_in() {
    let court = Court::sqlite();
    let line = json!({"on": "one", "like": "create table $loot (id int)"});
    let many: Vec<Json> =
        (0..1_001).map(|i| json!({"on": "one", "text": format!("select {i}")})).collect();
    for (plan, says) in [
        (
            json!([{"on": "one", "text": "select 1; select 2"}]),
            "statements[0].text` is 2 statements",
        ),
        (json!([{"on": "one", "text": "nonsense"}]), "statements[0].text` is not understood"),
        (
            json!([{"on": "one", "text": "attach database 'x' as y"}]),
            "a statement that has `ATTACH",
        ),
        (json!([line]), "statements[0].kind` is `create`, which is planned by its text"),
        (json!(many), "statements` is a list of 1001, the most are 1000"),
    ] {
        let failure = court.plan(&court.call(&plan, &json!([]))).await.result.unwrap_err();
        assert_eq!(failure.class, FailureClass::BadOutput, "{failure:?}");
        assert!(failure.message.contains(says), "{failure:?}");
    }
    // What was not granted cannot be opened; what was granted for reading cannot be planned to change.
    let mut call = court.call(&json!([{"on": "one", "text": "delete from $orders"}]), &json!([]));
    let read =
        Grant { connections: [(id("one"), ConnectionGrant::Read)].into(), ..Grant::default() };
    call.grant = Arc::new(read);
    let failure: Failure = court.plan(&call).await.result.unwrap_err();
    assert!(failure.message.contains("was granted for reading only"), "{failure:?}");
}

/// EXE-6: the same plan is the same list, whatever order a plugin gives it in.
#[tokio::test]
async fn the_order_of_a_plan_does_not_count() {
    let court = Court::sqlite();
    let (a, b) =
        (json!({"on": "one", "text": "select 1"}), json!({"on": "two", "text": "select 2"}));
    let plan = async |lines: Json| {
        court.plan(&court.call(&lines, &json!([]))).await.result.unwrap().statements
    };
    let first = plan(json!([a, b])).await;
    assert_eq!(first.len(), 2);
    assert_eq!(first[0].kind, "select");
    assert_eq!(plan(json!([b, a, a])).await, first);
}

#[cfg(feature = "databases")]
mod databases {
    use super::*;
    use crate::servers::{POSTGRES, server};

    impl Court {
        /// A schema of its own, which both connections lead to.
        async fn postgres() -> Self {
            let target = Target::Postgres(server(POSTGRES, "postgres"));
            let schema = format!("rogue_{}.", std::process::id());
            let folder = tempfile::tempdir().unwrap();
            let court = Self::new(folder, [target.clone(), target], schema.clone());
            let name = schema.trim_end_matches('.');
            let mut statements = vec![format!("create schema {name}")];
            statements.extend(setup(&schema));
            statements.extend(["a", "b", "x"].map(|role| format!("create role {name}_{role}")));
            court.run(&statements).await;
            court
        }

        async fn run(&self, statements: &[String]) {
            let begin = Begin { mode: Mode::Atomic, timeout: None };
            let mut transaction = self.connections.begin(&id("one"), begin).await.unwrap();
            for statement in statements {
                transaction.execute(statement, &[]).await.unwrap();
            }
            let key = format!("{}{}", self.schema, statements.len());
            transaction.mark(&key, &Json::Null).await.unwrap();
            transaction.commit().await.unwrap();
        }

        async fn has_role(&self, role: &str) -> bool {
            let name = self.schema.trim_end_matches('.');
            let sql = format!(
                "select count(*) from pg_auth_members m join pg_roles r on r.oid = m.roleid \
                 join pg_roles u on u.oid = m.member \
                 where r.rolname = '{name}_{role}' and u.rolname = '{name}_x'"
            );
            self.number("one", &sql).await == 1
        }

        async fn grant(&self, planned: &str, sent: &str, how: &str, key: &str) -> Vec<String> {
            let name = self.schema.trim_end_matches('.');
            let grant = |role: &str| format!("grant {name}_{role} to {name}_x");
            let plan = json!([{"on": "one", "text": grant(planned)}]);
            let does = json!([{"on": "one", "send": grant(sent), "how": how}]);
            let call = self.approved(self.call(&plan, &does)).await;
            self.execute(&call, key).await.0
        }
    }

    /// EXE-6a
    #[tokio::test]
    async fn postgres_too() {
        let court = Court::postgres().await;
        every_crime_is_refused(&court).await;
        for how in ["change", "steps"] {
            let outcomes = court.grant("a", "b", how, how).await;
            assert!(outcomes[0].contains("does not cover `grant`"), "{outcomes:?}");
            assert!(!court.has_role("a").await && !court.has_role("b").await);
        }
        assert_eq!(court.grant("a", "a", "steps", "honest").await, ["done", "done"]);
        assert!(court.has_role("a").await && !court.has_role("b").await);
    }
}
