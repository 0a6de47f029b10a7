//! What an organization keeps of a component.

use engine_core::{ids::PluginId, rule::World};
use engine_host::{Grant, Plugin};

use super::Library;
use crate::organization::{InstalledPlugin, Origin};

impl Library {
    /// The document to put into an organization for a component that was added: as an administrator
    /// does it.
    #[must_use]
    pub fn installed(
        &self,
        id: PluginId,
        plugin: &Plugin,
        by: engine_core::ids::UserId,
        at: chrono::DateTime<chrono::Utc>,
    ) -> Option<InstalledPlugin> {
        let manifest = plugin.manifest();
        let world = [
            (engine_host::World::Condition, World::Condition),
            (engine_host::World::Approvers, World::Approvers),
            (engine_host::World::Validator, World::Validator),
            (engine_host::World::Executor, World::Executor),
            (engine_host::World::Notifier, World::Notifier),
        ];
        let (_, world) = world.into_iter().find(|(world, _)| plugin.serves(*world))?;
        Some(InstalledPlugin {
            id,
            digest: plugin.digest().to_owned(),
            name: manifest.name.to_string(),
            version: manifest.version.clone(),
            world,
            config: Some(manifest.config.clone().unwrap_or_else(no_settings)),
            reads: manifest.reads.request.clone(),
            grant: Grant::default(),
            at,
            by,
            origin: Origin::Administrator,
        })
    }
}

/// The schema of a plugin that has none.
fn no_settings() -> serde_json::Map<String, serde_json::Value> {
    [("additionalProperties".to_owned(), false.into())].into_iter().collect()
}
