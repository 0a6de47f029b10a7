//! What an organization keeps of a component.

use engine_host::Plugin;

use super::Library;
use crate::plugin::{Origin, PluginFile};

impl Library {
    /// What to install of a component that was added, as an administrator does it; none where it serves
    /// no world.
    #[must_use]
    pub fn file(
        &self,
        plugin: &Plugin,
        by: engine_core::ids::UserId,
        at: chrono::DateTime<chrono::Utc>,
    ) -> Option<PluginFile> {
        let manifest = plugin.manifest();
        (!manifest.worlds.is_empty()).then(|| PluginFile {
            digest: plugin.digest().to_owned(),
            name: manifest.name.to_string(),
            version: manifest.version.clone(),
            worlds: manifest.worlds.clone(),
            config: Some(manifest.config.clone().unwrap_or_else(no_settings)),
            reads: manifest.reads.request.clone(),
            at,
            by,
            origin: Origin::Administrator,
            signer: None,
        })
    }
}

/// The schema of a plugin that has none.
fn no_settings() -> serde_json::Map<String, serde_json::Value> {
    [("additionalProperties".to_owned(), false.into())].into_iter().collect()
}
