//! An organization in memory, which gets the rules, scripts and people that a document shows.

use std::{fs, sync::Arc};

use countersign_tests::share_compiled;
use engine_api::{
    document::Document,
    organization::{Bundle, OrganizationDoc, RuleFile},
};
use engine_runtime::{Caller, Clock, Ids};
use engine_server::{config::Config, data, first_party, http::AppState, local::Local};
use engine_store::{EmbeddedStore, Options};
use sdk_client::{Client, ClientError, Deed};
use serde_json::json;

use super::terminal::root;

/// An engine with one organization, and its owner's client.
pub(in crate::all) struct Office {
    state: AppState,
    client: Client,
    _folder: tempfile::TempDir,
}

impl Office {
    /// With an owner, the plugins that come with the program, those of `examples`, and nothing else.
    pub(in crate::all) async fn new() -> Self {
        assert!(first_party::are_built(), "{}", first_party::NOT_BUILT);
        let folder = tempfile::tempdir().unwrap();
        share_compiled(folder.path()).unwrap();
        let store = Arc::new(EmbeddedStore::in_memory(&Options::default()).unwrap());
        let (clock, ids) = (Clock::System, Ids::Random);
        let config = Config::default();
        let state = data::assemble(store, folder.path(), &config, clock, ids).await.unwrap();
        let org = "main".parse().unwrap();
        let owner = serde_json::from_value(json!({"login": "owner"})).unwrap();
        let owner = state.engine.create_organization(&org, owner).await.unwrap();
        first_party::install(&state, &org).await.unwrap();
        let caller = Caller::new(org, owner, "test");
        let client = Client::over(Arc::new(Local::new(state.clone(), caller)));
        install_examples(&client).await;
        Self { state, client, _folder: folder }
    }

    /// Applies a document as `countersign apply` does; the error as people read it. Doubts about a rule are
    /// an error too: a document shows what is right.
    pub(in crate::all) async fn yaml(&self, name: &str, text: &str) -> Result<(), String> {
        self.apply(&bundle(name, text)?).await
    }

    /// Takes a script.
    pub(in crate::all) async fn script(&self, name: &str, text: &str) -> Result<(), String> {
        let scripts = [(name.to_owned(), text.to_owned())].into();
        self.apply(&Bundle { scripts, ..Bundle::default() }).await
    }

    async fn apply(&self, bundle: &Bundle) -> Result<(), String> {
        let list =
            self.client.apply(bundle, Deed::Do, false).await.map_err(|error| match error {
                ClientError::Refused(body) => body.message.trim_end().to_owned(),
                other @ (ClientError::Unreachable(_)
                | ClientError::Unreadable { .. }
                | ClientError::TooLong { .. }) => other.to_string(),
            })?;
        let warnings = list.changes.iter().flat_map(|change| &change.warnings);
        let told: Vec<String> =
            warnings.map(|doubt| format!("{}: {}", doubt.field, doubt.message)).collect();
        if told.is_empty() { Ok(()) } else { Err(told.join("\n")) }
    }

    pub(in crate::all) async fn close(self) {
        self.state.engine.close().await;
    }
}

async fn install_examples(client: &Client) {
    let folder = root().join("target/examples");
    let entries = fs::read_dir(&folder);
    let entries = entries.unwrap_or_else(|_| panic!("no examples: run `cargo xtask build`"));
    for entry in entries {
        let path = entry.unwrap().path();
        let id = path.file_stem().unwrap().to_str().unwrap();
        client.install(id, fs::read(&path).unwrap(), Deed::Do).await.unwrap();
    }
}

/// A document with a field `rule` is a rule; any other is about the organization.
fn bundle(name: &str, text: &str) -> Result<Bundle, String> {
    let wrong =
        |errors: engine_api::document::Diagnostics| errors.to_string().trim_end().to_owned();
    let document = Document::parse(name, text).map_err(wrong)?;
    let mut bundle = Bundle::default();
    if document.field("rule").is_some() {
        bundle.rules.push(RuleFile { name: name.to_owned(), text: text.to_owned() });
    } else {
        bundle.organization = document.read::<OrganizationDoc>().map_err(wrong)?;
    }
    Ok(bundle)
}
