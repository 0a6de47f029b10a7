//! The plugins that come with the program.

use engine_core::{
    directory::OrganizationRole,
    ids::{OrgId, PluginId},
};
use engine_runtime::{Caller, Change, EngineError, InstalledPlugin, Origin, PluginFile};

use crate::http::AppState;

include!(concat!(env!("OUT_DIR"), "/components.rs"));

/// Name, digest and bytes. The bytes are not looked at before they are needed: they take memory then.
type Component<'a> = (&'a str, &'a str, &'a [u8]);

/// What the program says where it has none.
pub const NOT_BUILT: &str = "built without the first-party plugins; run `cargo xtask build`";

/// Those that every organization has from the start; the others are installed by whoever wants them.
const FROM_THE_START: [&str; 5] = ["access", "calendar", "export", "org-chart", "sql"];

/// The component of this name that comes with the program.
pub(crate) fn component(name: &str) -> Option<&'static [u8]> {
    COMPONENTS.iter().find(|(found, ..)| *found == name).map(|(.., bytes)| *bytes)
}

/// Whether this component comes with the program.
pub(crate) fn includes(component: &[u8]) -> bool {
    COMPONENTS.iter().any(|(.., bytes)| *bytes == component)
}

/// Whether there are any.
#[must_use]
pub fn are_built() -> bool {
    !COMPONENTS.is_empty()
}

/// Installs those that an organization lacks, each under its name and with nothing granted, and
/// replaces those that an earlier program brought; what they were granted stays. What an
/// administrator installed is left alone. Says which, such as `sql 0.2.0 instead of 0.1.0`.
///
/// # Errors
/// Where a component is not accepted, or the organization has no owner.
pub async fn install(state: &AppState, org: &OrgId) -> Result<Vec<String>, EngineError> {
    let from_the_start = |(name, ..): &&Component| FROM_THE_START.contains(name);
    let components: Vec<_> = COMPONENTS.iter().filter(from_the_start).copied().collect();
    install_all(state, org, &components).await
}

async fn install_all(
    state: &AppState,
    org: &OrgId,
    components: &[Component<'_>],
) -> Result<Vec<String>, EngineError> {
    let organization = state.engine.organization(org)?;
    let owner = organization.organization.directory.with_role(OrganizationRole::Owner).next();
    let owner = owner.ok_or(EngineError::NoSuchOrganization)?.id.clone();
    let (mut installed, mut changes) = (Vec::new(), Vec::new());
    for (name, digest, bytes) in components {
        let id: PluginId = name.parse()?;
        let before = organization.plugins.get(&id);
        if !before.is_none_or(|before| is_outdated(before, digest)) {
            continue;
        }
        let plugin = state.library.add_component(bytes.to_vec()).await?;
        let now = state.engine.now();
        let Some(new) = state.library.file(&plugin, owner.clone(), now) else { continue };
        let instead = before.map(|before| format!(" instead of {}", before.file.version));
        installed.push(format!("{id} {}{}", new.version, instead.unwrap_or_default()));
        let file = PluginFile { origin: Origin::FirstParty, ..new };
        changes.push(Change::PutPlugin { plugin: id, file });
    }
    if !changes.is_empty() {
        let caller = Caller::new(org.clone(), owner, "engine");
        state.engine.organize(&caller, changes, false).await?;
    }
    Ok(installed)
}

/// Whether a plugin is one that an earlier program brought.
fn is_outdated(installed: &InstalledPlugin, digest: &str) -> bool {
    match installed.file.origin {
        Origin::Administrator => false,
        Origin::FirstParty => installed.file.digest != digest,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use engine_host::Grant;
    use engine_runtime::{Clock, Ids, PluginChange};
    use engine_store::{EmbeddedStore, Options};
    use serde_json::json;

    use super::*;
    use crate::{config::Config, data};

    /// The plugin `calendar`, which asks for nothing.
    fn calendar() -> &'static [u8] {
        component("calendar").expect(NOT_BUILT)
    }

    /// The same with a note at its end: another file, which does the same.
    fn another(note: u8) -> Vec<u8> {
        [calendar(), &[0, 3, 1, b'n', note]].concat()
    }

    struct Place {
        state: AppState,
        org: OrgId,
        caller: Caller,
        _folder: tempfile::TempDir,
    }

    impl Place {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = Arc::new(EmbeddedStore::in_memory(&Options::default()).unwrap());
            let clock = Clock::manual("2026-03-02T09:00:00Z".parse().unwrap());
            let config = Config::default();
            let state = data::assemble(store, folder.path(), &config, clock, Ids::counted());
            let state = state.await.unwrap();
            let org: OrgId = "main".parse().unwrap();
            let owner = serde_json::from_value(json!({"login": "olga"})).unwrap();
            let owner = state.engine.create_organization(&org, owner).await.unwrap();
            let caller = Caller::new(org.clone(), owner, "test");
            Self { state, org, caller, _folder: folder }
        }

        async fn start_with(&self, component: &[u8]) -> Vec<String> {
            let digest = engine_host::digest(component);
            let components = [("calendar", digest.as_str(), component)];
            install_all(&self.state, &self.org, &components).await.unwrap()
        }

        fn installed(&self) -> Arc<InstalledPlugin> {
            let organization = self.state.engine.organization(&self.org).unwrap();
            organization.plugins["calendar"].clone()
        }

        async fn change(&self, change: Change) {
            self.state.engine.organize(&self.caller, vec![change], false).await.unwrap();
        }

        async fn install_by_hand(&self, component: &[u8]) {
            let plugin = self.state.library.add_component(component.to_vec()).await.unwrap();
            let (id, by) = ("calendar".parse().unwrap(), self.caller.user.clone());
            let now = self.state.engine.now();
            let file = self.state.library.file(&plugin, by, now).unwrap();
            self.change(Change::PutPlugin { plugin: id, file }).await;
        }
    }

    #[tokio::test]
    async fn a_newer_program_replaces_what_an_older_one_brought() {
        let place = Place::new().await;
        assert_eq!(place.start_with(calendar()).await, ["calendar 0.1.0"]);
        let before = place.installed();
        assert_eq!(before.file.origin, Origin::FirstParty);
        let grant = Grant { blobs: true, ..Grant::default() };
        let plugin = before.id.clone();
        let change = PluginChange::Grant(grant.clone());
        place.change(Change::ChangePlugin { plugin, change }).await;
        assert_eq!(place.start_with(calendar()).await, [""; 0], "it is there already");

        let newer = another(1);
        assert_eq!(place.start_with(&newer).await, ["calendar 0.1.0 instead of 0.1.0"]);
        let after = place.installed();
        assert_eq!(after.file.digest, engine_host::digest(&newer));
        assert_ne!(after.file.digest, before.file.digest);
        assert_eq!((&after.grant, after.file.origin), (&grant, Origin::FirstParty));
    }

    #[tokio::test]
    async fn what_an_administrator_installed_is_left_alone() {
        let place = Place::new().await;
        place.start_with(calendar()).await;
        let theirs = another(2);
        place.install_by_hand(&theirs).await;
        assert_eq!(place.start_with(calendar()).await, [""; 0]);
        assert_eq!(place.start_with(&another(3)).await, [""; 0]);
        assert_eq!(place.installed().file.digest, engine_host::digest(&theirs));
    }

    /// Whoever installs the very file that came with the program wants to keep it.
    #[tokio::test]
    async fn the_same_file_installed_by_hand_stays_as_well() {
        let place = Place::new().await;
        place.start_with(calendar()).await;
        place.install_by_hand(calendar()).await;
        assert_eq!(place.installed().file.origin, Origin::Administrator);
        assert_eq!(place.start_with(&another(1)).await, [""; 0]);
        place.change(Change::RemovePlugin("calendar".parse().unwrap())).await;
        assert_eq!(place.start_with(&another(1)).await, ["calendar 0.1.0"]);
    }
}
