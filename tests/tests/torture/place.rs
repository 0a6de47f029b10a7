//! A data folder with a small organization, made as an operator makes it: `init`, `apply`, `serve`.
//!
//! Ann submits and Bob decides. The rule `postgres` puts a row into a table of effects on PostgreSQL,
//! and the rule `mariadb` on MariaDB.

use std::{fmt::Write as _, fs, path::PathBuf};

use countersign_tests::share_compiled;
use engine_api::{
    command::SubmitRequest,
    organization::{NewToken, TokenMade},
};
use sdk_client::Client;
use tempfile::TempDir;

use super::{
    engine::{Engine, command, finish},
    proxy::Proxy,
    target::{Kind, Target},
};

/// Connections open at once, of each database.
const OPEN: u32 = 8;

/// The folder and what its people need.
pub(super) struct Place {
    folder: TempDir,
    tokens: Tokens,
    // Lines to the databases live as long as the place.
    proxies: Vec<Proxy>,
}

struct Tokens {
    owner: String,
    ann: String,
    bob: String,
}

/// Everybody, speaking to the engine as it runs now.
#[derive(Clone)]
pub(super) struct People {
    pub(super) owner: Client,
    pub(super) ann: Client,
    pub(super) bob: Client,
}

impl Place {
    /// A folder with an organization that has no database.
    pub(super) async fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tokens = Tokens { owner: String::new(), ann: String::new(), bob: String::new() };
        let mut place = Self { folder, tokens, proxies: Vec::new() };
        fs::write(place.config(), "").unwrap();
        place.tokens.owner = place.init().await;
        place
    }

    /// A folder with rules for these databases, reached directly.
    pub(super) async fn near(targets: &[Target]) -> Self {
        Self::of(targets, &documents(targets)).await
    }

    /// A folder with these files of an organization, and the databases reached directly.
    pub(super) async fn of(targets: &[Target], documents: &[(String, String)]) -> Self {
        let mut place = Self::empty().await;
        place.connect(targets, |target| target.server.password.clone());
        place.populate(documents).await;
        place
    }

    /// A folder with rules for these databases, reached over slow lines.
    pub(super) async fn far(targets: &[Target], seed: u64) -> Self {
        let mut place = Self::empty().await;
        for (target, seed) in targets.iter().zip(seed..) {
            let server = (target.server.host.clone(), target.server.port);
            place.proxies.push(Proxy::start(server, seed).await);
        }
        place.connect(targets, |target| target.server.password.clone());
        place.populate(&documents(targets)).await;
        place
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(super) fn config(&self) -> PathBuf {
        self.folder.path().join("countersign.toml")
    }

    /// What all engines of this place have logged.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub(super) async fn start(&self) -> Engine {
        Engine::start(&self.data(), &self.config(), &self.log()).await
    }

    pub(super) fn people(&self, engine: &Engine) -> People {
        let client = |token: &str| Client::http(&engine.url, token).unwrap();
        let Tokens { owner, ann, bob } = &self.tokens;
        People { owner: client(owner), ann: client(ann), bob: client(bob) }
    }

    /// Writes the configuration file.
    pub(super) fn connect(&self, targets: &[Target], password: impl Fn(&Target) -> String) {
        let mut text = String::new();
        for (place, target) in targets.iter().enumerate() {
            let (kind, server) = (target.kind.name(), &target.server);
            let near = (server.host.as_str(), server.port);
            let (host, port) =
                self.proxies.get(place).map_or(near, |proxy| ("127.0.0.1", proxy.port));
            write!(
                text,
                "[connections.{kind}]\nlimits = {{ open = {OPEN} }}\n\
                 target = {{ kind = \"{kind}\", host = \"{host}\", port = {port}, \
                 database = \"{}\", user = \"{}\", password = \"{}\" }}\n",
                target.database,
                server.user,
                password(target)
            )
            .unwrap();
        }
        fs::write(self.config(), text).unwrap();
    }

    /// Makes the organization, and answers its owner's token.
    async fn init(&self) -> String {
        share_compiled(&self.data()).unwrap();
        let mut init = command(&["init", "--owner", "olga", "--data"]);
        init.arg(self.data()).arg("--config").arg(self.config());
        let made = finish(init).await;
        let (said, wrong) = (text(&made.stdout), text(&made.stderr));
        assert!(made.status.success(), "{wrong}");
        assert!(!wrong.contains("cargo xtask build"), "{wrong}");
        said.trim().to_owned()
    }

    async fn populate(&mut self, documents: &[(String, String)]) {
        let files = self.folder.path().join("organization");
        fs::create_dir(&files).unwrap();
        for (name, text) in documents {
            fs::write(files.join(format!("{name}.yaml")), text).unwrap();
        }
        let mut apply = command(&["apply", "--data"]);
        apply.arg(self.data()).arg("--config").arg(self.config()).arg("-f").arg(files);
        let applied = finish(apply).await;
        assert!(applied.status.success(), "{}", text(&applied.stderr));
        let engine = self.start().await;
        let owner = self.people(&engine).owner;
        self.tokens.ann = token(&owner, "ann").await;
        self.tokens.bob = token(&owner, "bob").await;
        engine.stop().await;
    }
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A request of Ann's whose effect is a row with this name.
pub(super) fn submission(kind: Kind, name: &str) -> SubmitRequest {
    SubmitRequest {
        rule: Some(kind.name().to_owned()),
        properties: [("names".to_owned(), vec![name].into())].into(),
        title: name.to_owned(),
        reason: "to be counted".to_owned(),
        ..SubmitRequest::default()
    }
}

async fn token(owner: &Client, login: &str) -> String {
    let wanted = NewToken { user: Some(login.to_owned()), name: "test".to_owned(), expires: None };
    let TokenMade { token, .. } = owner.make_token(&wanted).await.unwrap();
    token
}

fn documents(targets: &[Target]) -> Vec<(String, String)> {
    let rules = targets.iter().map(|target| (target.kind.name().to_owned(), rule(target.kind)));
    rules.chain([("organization".to_owned(), organization(targets))]).collect()
}

fn organization(targets: &[Target]) -> String {
    let mut text = "directory:\n  users: [{login: ann}, {login: bob}]\n  resources:\n".to_owned();
    let mut grants = "plugins:\n  sql:\n    connections:\n".to_owned();
    for target in targets {
        let name = target.kind.name();
        writeln!(text, "    - {{id: {name}, owner: bob}}").unwrap();
        writeln!(grants, "      {name}: write").unwrap();
    }
    text + &grants
}

fn rule(kind: Kind) -> String {
    let (name, parameter) = (kind.name(), kind.parameter());
    format!(
        "rule: {name}\n\
         kind: sql\n\
         form: [{{name: names, type: list of text, required: true}}]\n\
         steps:\n  - id: owner\n    approvers: [{{id: bob, who: {{user: bob}}}}]\n\
         executors:\n  - id: effect\n    plugin: sql\n    config:\n      connection: {name}\n      \
         statement: \"INSERT INTO effects (request) VALUES ({parameter})\"\n      \
         parameters: {{property: names}}\n      max_rows: 1\n"
    )
}
