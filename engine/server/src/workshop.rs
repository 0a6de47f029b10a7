//! A plugin host beside an engine, where extensions are tried.

mod input;
pub(crate) mod words;

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, anyhow, ensure};
use chrono::DateTime;
use engine_api::{catalogue::Names, directory::DirectoryDoc, document::Document};
use engine_connect::Blobs;
use engine_core::directory::Directory;
use engine_host::{Call, Host, HostLimits, Plugin, ScriptLimits, World};
use engine_runtime::{Caller, Change, Clock, Engine, EngineError, EngineOptions, Ids, Library};
use engine_store::{EmbeddedStore, Options};
use serde_json::json;

pub(crate) use self::input::Input;
use crate::{caches, config::Config};

/// A plugin host in a folder that is gone afterwards; what it compiles is kept for the next one.
pub(crate) struct Workshop {
    pub(crate) host: Host,
    folder: tempfile::TempDir,
}

impl Workshop {
    /// With nothing that could be granted.
    pub(crate) fn bare() -> anyhow::Result<Self> {
        Self::without(ScriptLimits::default())
    }

    /// The same, with time enough for scripts: what they may do is counted all the same.
    pub(crate) fn patient() -> anyhow::Result<Self> {
        Self::without(ScriptLimits { deadline: Duration::from_secs(10), ..ScriptLimits::default() })
    }

    fn without(script: ScriptLimits) -> anyhow::Result<Self> {
        let (runtime, config) = (tokio::runtime::Handle::current(), Config::default());
        tokio::task::block_in_place(|| runtime.block_on(Self::within(&config, script)))
    }

    /// With what an operator configured.
    pub(crate) async fn open(config: &Config) -> anyhow::Result<Self> {
        Self::within(config, ScriptLimits::default()).await
    }

    async fn within(config: &Config, script: ScriptLimits) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let limits = HostLimits { compile_on_all_cores: true, script, ..HostLimits::default() };
        Ok(Self { host: caches::host(folder.path(), config, limits).await?, folder })
    }

    /// On the machine of a host, where what it has compiled need not be compiled again; with nothing that
    /// could be granted.
    pub(crate) async fn beside(host: &Host) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let blobs = Blobs::open(folder.path().join("blobs")).await?;
        Ok(Self { host: host.apart(folder.path(), blobs)?, folder })
    }

    /// A component that the host takes.
    pub(crate) fn load(&self, component: &[u8]) -> anyhow::Result<Plugin> {
        Ok(tokio::task::block_in_place(|| self.host.load(component))?)
    }

    /// What a file says that an extension is asked about, and in which of its worlds.
    pub(crate) async fn asked(&self, file: &Path) -> anyhow::Result<(Call, Option<World>)> {
        let input = read(file)?;
        let world = input.world;
        Ok((self.call(input).await?, world))
    }

    /// What an extension is asked about.
    pub(crate) async fn call(&self, input: Input) -> anyhow::Result<Call> {
        let directory = self.people(&input.directory).await?;
        input::call(input, directory)
    }

    /// The people of the input, made by an engine in memory as `apply` would make them.
    async fn people(&self, doc: &DirectoryDoc) -> anyhow::Result<Arc<Directory>> {
        let store = Arc::new(EmbeddedStore::in_memory(&Options::default())?);
        let library = Library::new(self.host.clone(), self.folder.path().join("components"));
        let options = EngineOptions {
            store,
            extensions: Arc::new(library),
            clock: Clock::manual(DateTime::UNIX_EPOCH),
            ids: Ids::counted(),
        };
        let engine = Engine::open(options).await?;
        let people = settled(&engine, doc).await;
        engine.close().await;
        people
    }
}

/// The people of an organization that is made of them.
async fn settled(engine: &Engine, doc: &DirectoryDoc) -> anyhow::Result<Arc<Directory>> {
    let org = "trial".parse()?;
    let owner = serde_json::from_value(json!({ "login": "trial-owner" }))?;
    let owner = engine.create_organization(&org, owner).await?;
    let mut changes = vec![Change::SetUserProperties(doc.user_properties.clone())];
    changes.extend(doc.groups.iter().cloned().map(Change::PutGroup));
    changes.extend(doc.users.iter().cloned().map(Change::PutUser));
    changes.extend(doc.nodes.iter().cloned().map(Change::PutNode));
    changes.extend(doc.resources.iter().cloned().map(Change::PutResource));
    let caller = Caller::new(org.clone(), owner, "cli");
    engine.organize(&caller, changes, false).await.map_err(|error| match error {
        EngineError::Rejected(rejection) => {
            let names = Directory::default();
            anyhow!(Names::of_directory(&names).rejection(&rejection))
        }
        other => anyhow!(other),
    })?;
    Ok(Arc::clone(&engine.organization(&org)?.organization.directory))
}

/// The world that a plugin is asked in: the one that the input says, or the first that it serves.
pub(crate) fn asked_as(plugin: &Plugin, said: Option<World>) -> anyhow::Result<World> {
    let worlds = &plugin.manifest().worlds;
    let world = said.or_else(|| worlds.first().copied()).context("the plugin serves no world")?;
    ensure!(worlds.contains(&world), "the plugin does not serve `{world}`");
    Ok(world)
}

fn read(path: &Path) -> anyhow::Result<Input> {
    let text = std::fs::read_to_string(path);
    let text = text.with_context(|| format!("cannot read `{}`", path.display()))?;
    Ok(Document::parse(&path.to_string_lossy(), &text)?.read()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn people_who_make_no_sense_leave_nothing_behind() {
        let workshop = Workshop::bare().unwrap();
        let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
        let before = tasks();
        let doc = json!({ "users": [{ "login": "ann", "groups": ["nowhere"] }] });
        let refused = workshop.people(&serde_json::from_value(doc).unwrap()).await.unwrap_err();
        assert!(refused.to_string().contains("nowhere"), "{refused}");
        let until = std::time::Instant::now() + Duration::from_secs(60);
        while tasks() != before {
            assert!(std::time::Instant::now() < until, "{} tasks are left", tasks());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
