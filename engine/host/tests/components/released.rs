//! The components that were built with each release of the contract run for ever, and answer as they
//! did: one in each language, each using what the contract offered (`tests/released`).
//!
//! What they answered stands beside them (`sdk/wit/released/VERSION/answers.json`); where it does not yet,
//! `UPDATE=1` writes it, once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use engine_connect::{Blobs, Http, Secret};
use engine_core::{
    directory::{Directory, Group, OrganizationRole, User, UserKind},
    extension::{Facts, Failure, Item, Message},
    value::Value,
};
use engine_host::{
    Answer, Call, ConnectionGrant, Grant, Host, HostLimits, HostOptions, HttpGrant, Limits, Lookup,
    Method, Notice, Plugin,
};
use serde::Serialize;
use serde_json::{Value as Json, json};
use wasmtime::component::types::ComponentItem;

use crate::{build, built::compiled, call, config_of, guest, id, orders, out::Other};

/// What was kept of a release.
struct Release {
    version: String,
    folder: PathBuf,
}

impl Release {
    /// All of them, in order.
    fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/wit/released");
        let release = |folder: PathBuf| {
            let version = folder.file_name().unwrap().to_str().unwrap().to_owned();
            Self { version, folder }
        };
        sorted(&folder).into_iter().map(release).collect()
    }

    /// Its component in a language.
    fn component(&self, language: &str) -> Vec<u8> {
        let path = self.folder.join(format!("{language}.wasm.gz"));
        let packed =
            fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut component = Vec::new();
        flate2::read::GzDecoder::new(packed).read_to_end(&mut component).unwrap();
        component
    }

    /// Compares what a component answers with what was answered at the release. Statements as text are
    /// offered to plugins in Rust alone, so executors differ.
    async fn check(&self, name: &str, language: &str, component: &[u8]) {
        let path = self.folder.join("answers.json");
        let mut found = answers(component).await;
        let executor = found.as_object_mut().unwrap().remove("executor").unwrap();
        let kind = if language == "rust" { "executor in rust" } else { "executor, interpreted" };
        let text = fs::read_to_string(&path).unwrap_or_else(|_| "{}".to_owned());
        let mut expected: Json = serde_json::from_str(&text).unwrap();
        if std::env::var("UPDATE").is_ok_and(|value| value == "1") {
            for (key, found) in [("all", &found), (kind, &executor)] {
                if expected.get(key).is_none() {
                    expected[key] = found.clone();
                }
            }
            fs::write(&path, format!("{expected:#}\n")).unwrap();
        }
        for (key, found) in found.as_object().unwrap() {
            let expected = &expected["all"][key];
            assert!(found == expected, "{name}: {key} is\n{found:#}\nand not\n{expected:#}");
        }
        let expected = &expected[kind];
        assert!(executor == *expected, "{name}: executor is\n{executor:#}\nand not\n{expected:#}");
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

const PONG: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\npong";

/// A value of each type (DIR-6), and the name of its property.
fn values() -> Vec<(&'static str, Value)> {
    vec![
        ("text", Value::Text("Grüße \"\\\n".to_owned())),
        ("number", Value::Number(-9_007_199_254_740_991)),
        ("decimal", Value::Decimal(id("-999999999999999999.123456789"))),
        ("money", Value::Money(id("1200.50 EUR"))),
        ("boolean", Value::Boolean(true)),
        ("date", Value::Date(id("2028-02-29"))),
        ("timestamp", Value::Timestamp(id("2026-03-02T09:00:00.000001Z"))),
        ("duration", Value::Duration(id("5bd"))),
        ("choice", Value::Choice("high".to_owned())),
        ("user", Value::User(id("u-bob"))),
        ("group", Value::Group(id("staff"))),
        ("node", Value::Node(id("hamburg"))),
        ("resource", Value::Resource(id("shop"))),
        ("attachment", Value::Attachment("a".repeat(64))),
    ]
}

fn user(login: &str, properties: &[(&str, Value)]) -> User {
    let properties = properties.iter().map(|(name, value)| (id(name), value.clone()));
    User {
        id: id(&format!("u-{login}")),
        login: id(login),
        name: format!("{}{}", login[..1].to_uppercase(), &login[1..]),
        email: None,
        time_zone: None,
        active: true,
        kind: UserKind::Person,
        role: OrganizationRole::User,
        groups: [id("staff")].into(),
        properties: properties.collect(),
        replacement: engine_core::directory::Replacement::default(),
    }
}

fn people() -> Directory {
    let mut directory = Directory::default();
    directory.put_group(Group { id: id("staff"), name: "Staff".into() });
    directory.put_user(user("ann", &[("manager", Value::User(id("u-bob")))]));
    directory.put_user(user("bob", &[("limit", Value::Money(id("5000 EUR")))]));
    directory
}

/// A host with everything that the contract can reach, and one component.
struct Stage {
    host: Host,
    plugin: Plugin,
    other: Other,
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn new(component: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let statement = "select id, state from orders where state = ? order by id".to_owned();
        let lookups = [("orders".to_owned(), Lookup { statement, max_rows: 10 })].into();
        let patient = |limits| Limits { deadline: Duration::from_secs(60), ..limits };
        let host = Host::open(HostOptions {
            folder: folder.path().join("host"),
            compiled: Some(compiled()),
            limits: HostLimits {
                condition: patient(Limits::condition()),
                approvers: patient(Limits::approvers()),
                validator: patient(Limits::validator()),
                notifier: patient(Limits::notifier()),
                compile_on_all_cores: true,
                ..HostLimits::default()
            },
            connections: orders(&folder),
            blobs: Blobs::open(folder.path().join("blobs")).await.unwrap(),
            http: Http::default(),
            secrets: [("token".to_owned(), Secret::new("s3cret"))].into(),
            lookups: [(id("orders-db"), lookups)].into(),
        })
        .unwrap();
        let plugin = host.load(component).unwrap_or_else(|error| panic!("{error}"));
        Self { host, plugin, other: Other::new(Some(PONG)), _folder: folder }
    }

    fn call(&self, fails: Option<&str>) -> Call {
        let mut config = json!({"url": format!("{}/hook", self.other.origin), "kinds": {}});
        let (mut properties, kinds) = (BTreeMap::new(), &mut config["kinds"]);
        for (name, value) in values() {
            let list = format!("{name}s");
            kinds[name] = json!(name);
            kinds[&list] = json!(name);
            properties.insert(id(&list), Value::List(vec![value.clone(), value.clone()]));
            properties.insert(id(name), value);
        }
        if let Some(fails) = fails {
            config["fails"] = json!(fails);
        }
        let price = [(id("price"), Value::Money(id("1200.5 EUR")))].into();
        let facts = Facts {
            step: Some(id("finance")),
            target_users: vec![id("u-bob")],
            urgent: true,
            title: "Ein Tisch 🪑".to_owned(),
            properties,
            items: vec![Item { resource: id("desk-1"), fields: price }],
            ..(*call().facts).clone()
        };
        let http =
            HttpGrant { methods: [Method::Get, Method::Post].into(), private_addresses: true };
        let grant = Grant {
            connections: [(id("orders-db"), ConnectionGrant::Write)].into(),
            lookups: [(id("orders-db"), ["orders".to_owned()].into())].into(),
            blobs: true,
            secrets: ["token".to_owned()].into(),
            http: [(self.other.origin.parse().unwrap(), http)].into(),
        };
        let config = config_of(config);
        Call { config, grant: Arc::new(grant), ..Call::new(Arc::new(facts), Arc::new(people())) }
    }

    /// What came of a question, with what was logged.
    fn asked<T: Serialize>(answer: Answer<T>) -> Json {
        let log: Vec<&str> = answer.trace.log.iter().map(|event| event.message.as_str()).collect();
        match told(answer.result) {
            answer if log.is_empty() => answer,
            answer => json!({ "answer": answer, "log": log }),
        }
    }

    async fn questions(&self, fails: Option<&str>) -> Json {
        let (host, plugin, call) = (self.host.clone(), self.plugin.clone(), self.call(fails));
        let asking = move || {
            json!({
                "condition": Self::asked(host.condition(&plugin, &call)),
                "approvers": Self::asked(host.approvers(&plugin, &call)),
                "validator": Self::asked(host.validate(&plugin, &call)),
            })
        };
        tokio::task::spawn_blocking(asking).await.unwrap()
    }

    async fn effects(&self) -> Json {
        let (host, plugin, call) = (&self.host, &self.plugin, self.call(None));
        let plan = host.plan(plugin, &call).await.result.unwrap();
        let call = Call { statements: plan.statements.clone().into(), ..call };
        let before = told(host.probe(plugin, &call, "k1").await.result);
        let receipt = host.execute(plugin, &call, "k1").await.result.unwrap();
        let again = told(host.execute(plugin, &call, "k1").await.result);
        let after = told(host.probe(plugin, &call, "k1").await.result);
        let done = receipt.clone();
        json!({
            "plan": plan,
            "probed before": before,
            "executed": receipt,
            "executed again": again,
            "probed after": after,
            "reverted": told(host.revert(plugin, &call, &done, "k2").await.result),
        })
    }

    async fn notice(&self, fails: Option<&str>) -> Json {
        let content = Message {
            code: "approval_needed".to_owned(),
            text: "Ann asks for a desk.".to_owned(),
            arguments: [("by".to_owned(), Value::User(id("u-ann")))].into(),
        };
        let notice = Notice {
            id: "n1".to_owned(),
            organization: id("acme"),
            recipient: id("u-bob"),
            content,
            subject: "A request waits".to_owned(),
            text: "Ann asks for a desk.\nPlease decide.".to_owned(),
            link: Some("https://approve.example.org/r1".to_owned()),
            request: Some(id("r1")),
            at: id("2026-03-06T22:30:00Z"),
        };
        let call = Call { notice: Some(Arc::new(notice)), ..self.call(fails) };
        told(self.host.deliver(&self.plugin, &call, "k3").await.result)
    }

    /// What the other system was sent, as far as it is the same everywhere.
    fn heard(&self) -> Vec<Json> {
        let told = |heard: &String| {
            let (head, body) = heard.split_once("\r\n\r\n").unwrap();
            let mut lines: Vec<&str> = head.lines().collect();
            let first = lines.remove(0);
            lines.retain(|line| {
                ["authorization", "content-type", "x-token"]
                    .iter()
                    .any(|name| line.starts_with(name))
            });
            lines.sort_unstable();
            let body = serde_json::from_str(body).unwrap_or_else(|_| json!(body));
            json!({ "call": first, "headers": lines, "body": body })
        };
        self.other.heard().iter().map(told).collect()
    }
}

fn told<T: Serialize>(result: Result<T, Failure>) -> Json {
    match result {
        Ok(answer) => serde_json::to_value(answer).unwrap(),
        Err(failure) => json!({
            "failure": failure.class,
            "message": failure.message,
            "after_ms": failure.retry_after_ms,
        }),
    }
}

/// Everything that a component can be asked.
async fn answers(component: &[u8]) -> Json {
    let stage = Stage::new(component).await;
    let mut answers = stage.questions(None).await;
    for fails in ["permanent", "retryable", "refused"] {
        answers[fails] = stage.questions(Some(fails)).await["condition"].clone();
    }
    for fails in ["retryable", "unknown"] {
        answers[format!("notifier {fails}")] = stage.notice(Some(fails)).await;
    }
    answers["executor"] = stage.effects().await;
    answers["notifier"] = stage.notice(None).await;
    answers["heard"] = json!(stage.heard());
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_release_built_runs() {
    let releases = Release::all();
    assert_eq!(releases.first().map(|release| release.version.as_str()), Some("1.0.0"));
    for release in &releases {
        for language in ["rust", "js", "python"] {
            let name = format!("contract {} in {language}", release.version);
            release.check(&name, language, &release.component(language)).await;
        }
    }
}

/// What is not released yet has nothing to be compared with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_built_now_answers_the_same() {
    let now = guest::contract_version();
    match Release::all().iter().find(|release| release.version == now) {
        Some(release) => release.check("what is built now", "rust", &build("released")).await,
        None => drop(answers(&build("released")).await),
    }
}

/// The component of a release is of use for what it uses: every function that there was.
#[test]
fn what_was_released_uses_everything() {
    for release in Release::all() {
        let engine = wasmtime::Engine::default();
        let component = release.component("rust");
        let component = wasmtime::component::Component::from_binary(&engine, &component).unwrap();
        let mut used = BTreeSet::new();
        for (name, import) in component.component_type().imports(&engine) {
            let ComponentItem::ComponentInstance(import) = import.ty else { continue };
            let Some(interface) = name.strip_prefix("countersign:plugin/") else { continue };
            let interface = interface.split('@').next().unwrap();
            for (function, item) in import.exports(&engine) {
                if matches!(item.ty, ComponentItem::ComponentFunc(_)) {
                    used.insert(format!("{interface}.{function}"));
                }
            }
        }
        assert_eq!(used, guest::imports(&release.folder), "contract {}", release.version);
    }
}
