//! Role × command of the organization (FIN-17), as an engine answers: each command is tried, and changes
//! nothing.

use std::{fmt::Write, sync::Arc};

use engine_core::ids::{OrgId, UserId};
use engine_host::Grant;
use engine_runtime::{Caller, Change, Clock, Engine, EngineError, Ids, PluginChange};
use engine_server::{config::Config, data};
use engine_store::{EmbeddedStore, Options};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

/// Every role, and a person who has it.
const ROLES: [(&str, &str); 7] = [
    ("owner", "olga"),
    ("administrator", "adm"),
    ("workflow manager", "wim"),
    ("auditor", "aud"),
    ("user", "ann"),
    ("service account", "bot"),
    ("deactivated administrator", "gone"),
];

/// Everybody, the owner aside.
const PEOPLE: &str = r#"[
    {"login": "adm", "role": "administrator", "groups": ["staff"]},
    {"login": "wim", "role": "workflow_manager"},
    {"login": "aud", "role": "auditor"},
    {"login": "ann"},
    {"login": "bob"},
    {"login": "gil"},
    {"login": "bot", "kind": "service"},
    {"login": "gone", "role": "administrator", "active": false}
]"#;

pub(super) async fn write() -> String {
    let mut text = format!(
        "# Who may change the organization\n\n{}\n\
         What an engine answers to every command about the organization from every role (FIN-17, DIR-3); commands about\n\
         requests are in [states.md](states.md). `ok`: it is carried out. `forbidden`: it is not this person's command.\n\
         `not_found` is all that somebody hears who is deactivated (FIN-13). “own”: about the caller themself.\n",
        super::note()
    );
    let columns: Vec<&str> = ROLES.iter().map(|(role, _)| *role).collect();
    writeln!(text, "\n| command | {} |", columns.join(" | ")).unwrap();
    writeln!(text, "|---|{}", "---|".repeat(columns.len())).unwrap();
    let office = Office::new().await;
    for (name, make) in COMMANDS {
        let mut answers = Vec::new();
        for (_, login) in ROLES {
            answers.push(office.answer(login, make(login)).await);
        }
        writeln!(text, "| {name} | {} |", answers.join(" | ")).unwrap();
    }
    let mut tokens =
        [("make a token of one's own", Vec::new()), ("make a token of another", Vec::new())];
    for (_, login) in ROLES {
        tokens[0].1.push(office.token(login, login).await);
        tokens[1].1.push(office.token(login, "bob").await);
    }
    for (name, answers) in tokens {
        writeln!(text, "| {name} | {} |", answers.join(" | ")).unwrap();
    }
    text
}

type Make = fn(&str) -> Change;

const COMMANDS: [(&str, Make); 30] = [
    ("publish a rule", |_| publish("buy")),
    ("retire a rule", |_| Change::RetireRule(read(json!("spare")))),
    ("restart the requests of a rule", |_| Change::RestartRequests {
        rule: read(json!("spare")),
        comment: None,
    }),
    ("delete a rule", |_| Change::DeleteRule(read(json!("spare")))),
    ("put rules into a group", |_| {
        Change::PutRuleGroup(read(json!({"id": "spending", "rules": ["spare"]})))
    }),
    ("remove a rule group", |_| Change::RemoveRuleGroup(read(json!("spending")))),
    ("set the settings", |_| Change::SetSettings(read(json!({"urgent": true})))),
    ("set the rates", |_| {
        let rates: engine_api::directory::RatesDoc =
            read(json!({"base": "EUR", "as_of": "2026-03-01"}));
        Change::SetRates(rates.0)
    }),
    ("declare properties of people", |_| {
        Change::SetUserProperties(read(json!({"manager": "user"})))
    }),
    ("add a user", |_| put(json!({"login": "new"}))),
    ("change a user's groups and properties", |_| {
        put(json!({"login": "bob", "groups": ["staff"], "properties": {"manager": "ann"}}))
    }),
    ("change a user's role", |_| put(json!({"login": "bob", "role": "auditor"}))),
    ("make somebody the owner", |_| put(json!({"login": "bob", "role": "owner"}))),
    ("change one's own groups", |me| own(me, &json!({"groups": ["others"]}))),
    ("change one's own properties", |me| own(me, &json!({"properties": {"manager": "bob"}}))),
    ("deactivate a user", |_| deactivate("bob")),
    ("deactivate oneself", deactivate),
    ("deactivate the owner", |_| deactivate("olga")),
    ("hand the owner's role over", |_| Change::TransferOwnership(read(json!("bob")))),
    ("let somebody stand in for oneself", |me| delegate(me, "bob")),
    ("let somebody stand in for another", |_| delegate("bob", "gil")),
    ("stand in for another, by oneself", |me| delegate("bob", me)),
    ("choose what not to be told", |_| Change::MuteNotices { about: vec!["comment".to_owned()] }),
    ("add a group", |_| Change::PutGroup(read(json!("more")))),
    ("add a node with permissions for others", |_| node("bob")),
    ("give oneself a permission at a node", node),
    ("add a resource", |_| Change::PutResource(read(json!({"id": "db"})))),
    ("add a script", |_| Change::PutScript {
        name: read(json!("always.rhai")),
        text: "true".to_owned(),
    }),
    ("grant a plugin what it may use", |_| Change::ChangePlugin {
        plugin: read(json!("sql")),
        change: PluginChange::Grant(Grant::default()),
    }),
    ("disable a plugin, or go back to an earlier version", |_| Change::ChangePlugin {
        plugin: read(json!("sql")),
        change: PluginChange::Disable { comment: String::new() },
    }),
];

fn read<T: DeserializeOwned>(json: Json) -> T {
    serde_json::from_value(json).unwrap()
}

fn put(user: Json) -> Change {
    Change::PutUser(read(user))
}

/// The caller's own document, changed.
fn own(me: &str, change: &Json) -> Change {
    let people: Vec<Json> = serde_json::from_str(PEOPLE).unwrap();
    let owner = json!({"login": "olga", "role": "owner"});
    let mut document = people.into_iter().find(|user| user["login"] == me).unwrap_or(owner);
    let fields = change.as_object().unwrap().clone();
    document.as_object_mut().unwrap().extend(fields);
    put(document)
}

fn deactivate(login: &str) -> Change {
    Change::Deactivate { login: read(json!(login)), replace_by: None, force: false }
}

fn delegate(of: &str, to: &str) -> Change {
    let doc = read(json!({"to": to, "until": "2999-12-31"}));
    Change::Delegate { of: read(json!(of)), doc }
}

fn node(login: &str) -> Change {
    let permissions = json!([{"user": login, "level": "create"}]);
    Change::PutNode(read(json!({"id": "paris", "permissions": permissions})))
}

fn publish(rule: &str) -> Change {
    let definition = read(json!({
        "rule": rule,
        "kind": "buy",
        "steps": [{"id": "s", "approvers": [{"id": "staff", "who": {"group": "staff"}}]}],
    }));
    Change::Publish { definition, comment: "the first".to_owned() }
}

struct Office {
    engine: Engine,
    org: OrgId,
    _folder: tempfile::TempDir,
}

impl Office {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(EmbeddedStore::in_memory(&Options::default()).unwrap());
        let start = "2026-03-02T09:00:00Z".parse().unwrap();
        let (clock, ids) = (Clock::manual(start), Ids::counted());
        let config = Config::default();
        let state = data::assemble(store, folder.path(), &config, clock, ids).await.unwrap();
        let (engine, org): (Engine, OrgId) = (state.engine, read(json!("main")));
        let owner = engine.create_organization(&org, read(json!({"login": "olga"}))).await.unwrap();
        let people: Vec<Json> = serde_json::from_str(PEOPLE).unwrap();
        let mut changes: Vec<Change> = ["staff", "others"]
            .map(|group| Change::PutGroup(read(json!(group))))
            .into_iter()
            .collect();
        changes.extend(people.into_iter().map(put));
        changes.push(publish("spare"));
        let caller = Caller::new(org.clone(), owner, "test");
        engine.organize(&caller, changes, false).await.unwrap();
        Self { engine, org, _folder: folder }
    }

    fn user(&self, login: &str) -> UserId {
        let state = self.engine.organization(&self.org).unwrap();
        let user = state.organization.directory.by_login(&read(json!(login)));
        user.unwrap().id.clone()
    }

    async fn answer(&self, login: &str, change: Change) -> String {
        let caller = Caller::new(self.org.clone(), self.user(login), "test");
        said(self.engine.organize(&caller, vec![change], true).await.map(drop))
    }

    async fn token(&self, login: &str, of: &str) -> String {
        let caller = Caller::new(self.org.clone(), self.user(login), "test");
        said(self.engine.make_token(&caller, &self.user(of), "mine", None).await.map(drop))
    }
}

fn said(answer: Result<(), EngineError>) -> String {
    match answer {
        Ok(()) => "ok".to_owned(),
        Err(error) => match error.code() {
            Some(code) => format!("`{}`", code.as_str()),
            None => panic!("a failure: {error}"),
        },
    }
}
